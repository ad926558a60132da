//! A .NET value: what expressions compute with.
//!
//! Numbers, text, dates and enum members stand in the value itself, with their exact .NET type (so that unboxing can
//! be exact). Objects with an identity live in the request's [`Heap`](crate::Heap) and are referred to by id; objects
//! of the request in flight are [`HostRef`]s, which the host answers for. A value is 24 bytes, `Send`, and clones
//! without allocation.

use rust_decimal::Decimal;

use crate::Text;
use crate::catalogue::HostRef;
use crate::types::ClassId;

/// A value of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, also a nullable without value.
    Null,
    /// `System.Boolean`.
    Bool(bool),
    /// `System.Char`: one UTF-16 code unit.
    Char(u16),
    /// `System.SByte`.
    SByte(i8),
    /// `System.Byte`.
    Byte(u8),
    /// `System.Int16`.
    Int16(i16),
    /// `System.UInt16`.
    UInt16(u16),
    /// `System.Int32`.
    Int32(i32),
    /// `System.UInt32`.
    UInt32(u32),
    /// `System.Int64`.
    Int64(i64),
    /// `System.UInt64`.
    UInt64(u64),
    /// `System.Single`.
    Single(f32),
    /// `System.Double`.
    Double(f64),
    /// `System.Decimal`.
    Decimal(Decimal),
    /// `System.String`.
    Text(Text),
    /// `System.DateTime`.
    DateTime(DateTime),
    /// `System.DateTimeOffset`.
    DateTimeOffset(DateTimeOffset),
    /// `System.TimeSpan`, in ticks of 100 nanoseconds.
    TimeSpan(i64),
    /// `System.Guid`, in the order of its text.
    Guid([u8; 16]),
    /// A member of an enum type.
    Enum(EnumValue),
    /// An object in the heap of the request.
    Ref(HeapId),
    /// An object of the request in flight.
    Host(HostRef),
}

/// `System.DateTime`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime {
    /// Ticks of 100 nanoseconds since 0001-01-01T00:00:00.
    pub ticks: i64,
    /// What the ticks are relative to.
    pub kind: DateTimeKind,
}

/// `System.DateTimeKind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum DateTimeKind {
    /// Not known.
    Unspecified = 0,
    /// UTC.
    Utc = 1,
    /// Local time, which is UTC in the gateway.
    Local = 2,
}

/// `System.DateTimeOffset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateTimeOffset {
    /// Clock time at the offset, in ticks since 0001-01-01T00:00:00.
    pub ticks: i64,
    /// The offset from UTC in minutes.
    pub offset: i16,
}

impl DateTime {
    /// Ticks between 0001-01-01 and 1970-01-01.
    pub const UNIX_EPOCH_TICKS: i64 = 621_355_968_000_000_000;

    /// A moment in UTC, given in nanoseconds since 1970-01-01 (the nearest tick before it).
    #[must_use]
    pub fn from_unix_nanoseconds(nanoseconds: i128) -> Self {
        let ticks = i64::try_from(nanoseconds.div_euclid(100)).unwrap_or(0);
        Self { ticks: ticks.saturating_add(Self::UNIX_EPOCH_TICKS), kind: DateTimeKind::Utc }
    }
}

/// A member of an enum type, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EnumValue {
    /// The enum type.
    pub class: ClassId,
    /// The number.
    pub number: i32,
}

/// An object in a [`Heap`](crate::Heap).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HeapId(pub(crate) u32);

impl Value {
    /// Text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(Text::copied(text))
    }

    /// The text, when it is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&Text> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether it is text derived from a secret. Of objects, [`Heap::is_tainted`](crate::Heap::is_tainted) knows.
    #[must_use]
    pub fn is_tainted(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_tainted())
    }

    /// Any integer or character as a number; none for other values.
    #[must_use]
    pub fn as_integer(&self) -> Option<i128> {
        Some(match *self {
            Self::Char(n) | Self::UInt16(n) => n.into(),
            Self::SByte(n) => n.into(),
            Self::Byte(n) => n.into(),
            Self::Int16(n) => n.into(),
            Self::Int32(n) => n.into(),
            Self::UInt32(n) => n.into(),
            Self::Int64(n) => n.into(),
            Self::UInt64(n) => n.into(),
            _ => return None,
        })
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Int32(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int64(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_small_and_can_move_between_threads() {
        fn sendable<T: Send + Sync>() {}
        sendable::<Value>();
        assert_eq!(size_of::<Value>(), 24);
    }
}
