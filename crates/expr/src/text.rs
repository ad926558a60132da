//! Text as expressions see it: a .NET string's behaviour on UTF-8 memory.
//!
//! ```
//! use expr::Text;
//! let text = Text::from_static("gr\u{fc}n");
//! assert_eq!((text.length(), text.substring(0, 2).unwrap().as_str()), (4, "gr"));
//! ```
//!
//! Positions and lengths are UTF-16 code units, as in .NET; ASCII text (nearly all of it) answers from its bytes.
//! Cloning never allocates. Text of up to 22 bytes lives in the value itself; longer text is shared. Text derived from a secret
//! is *tainted* and shows nothing in `Debug`.
//!
//! Difference from .NET: half of a surrogate pair cannot be represented; it becomes U+FFFD.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

const INLINE: usize = 22;
const TAINT: u8 = 0x80;
const INTERNED: u8 = 0x40;
const LENGTH: u8 = 0x3F;

/// An immutable .NET string. 24 bytes, clones without allocation.
#[derive(Clone)]
pub struct Text(Repr);

#[derive(Clone)]
enum Repr {
    /// The length and, in the highest bits, the taint and whether it is interned.
    Inline {
        meta: u8,
        bytes: [u8; INLINE],
    },
    Static {
        tainted: bool,
        text: &'static str,
    },
    Shared {
        tainted: bool,
        interned: bool,
        text: Arc<str>,
    },
    /// INVARIANT: valid UTF-8, checked when it is made.
    Buffer {
        tainted: bool,
        bytes: Arc<Bytes>,
    },
}

impl Text {
    /// The empty string.
    pub const EMPTY: Self = Self::from_static("");

    /// Text that is part of the program.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        Self(Repr::Static { tainted: false, text })
    }

    /// Text of a configuration or of a request, copied only when it is short.
    #[must_use]
    pub fn from_shared(text: &Arc<str>) -> Self {
        Self::inline(text)
            .unwrap_or_else(|| Self(Repr::Shared { tainted: false, interned: false, text: Arc::clone(text) }))
    }

    /// A copy.
    #[must_use]
    pub fn copied(text: &str) -> Self {
        Self::inline(text)
            .unwrap_or_else(|| Self(Repr::Shared { tainted: false, interned: false, text: text.into() }))
    }

    /// Bytes of a message, without copying them when they are long; none when they are not UTF-8.
    #[must_use]
    pub fn from_bytes(bytes: &Bytes) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let shared = || Self(Repr::Buffer { tainted: false, bytes: Arc::new(bytes.clone()) });
        Some(Self::inline(text).unwrap_or_else(shared))
    }

    /// Text put together from whole texts.
    pub(crate) fn joined(bytes: &[u8]) -> Self {
        Self::inline_bytes(bytes).unwrap_or_else(|| {
            let text = std::str::from_utf8(bytes).unwrap_or_default();
            Self(Repr::Shared { tainted: false, interned: false, text: text.into() })
        })
    }

    /// Long text put together from whole texts, kept where it is.
    pub(crate) fn of_joined(bytes: Vec<u8>) -> Self {
        Self(Repr::Buffer { tainted: false, bytes: Arc::new(bytes.into()) })
    }

    fn inline(text: &str) -> Option<Self> {
        Self::inline_bytes(text.as_bytes())
    }

    /// INVARIANT: valid UTF-8.
    fn inline_bytes(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; INLINE];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        let meta = u8::try_from(text.len()).ok()?;
        Some(Self(Repr::Inline { meta, bytes }))
    }

    /// The text as UTF-8.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Inline { meta, bytes } => {
                let bytes = bytes.get(..usize::from(meta & LENGTH)).unwrap_or_default();
                std::str::from_utf8(bytes).unwrap_or_default()
            }
            Repr::Static { text, .. } => text,
            Repr::Shared { text, .. } => text,
            Repr::Buffer { bytes, .. } => std::str::from_utf8(bytes).unwrap_or_default(),
        }
    }

    /// The UTF-8 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Inline { meta, bytes } => bytes.get(..usize::from(meta & LENGTH)).unwrap_or_default(),
            Repr::Static { text, .. } => text.as_bytes(),
            Repr::Shared { text, .. } => text.as_bytes(),
            Repr::Buffer { bytes, .. } => bytes,
        }
    }

    /// The UTF-8 bytes for the wire; long text of a message is not copied.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        match &self.0 {
            Repr::Static { text, .. } => Bytes::from_static(text.as_bytes()),
            Repr::Buffer { bytes, .. } => bytes.as_ref().clone(),
            Repr::Shared { .. } | Repr::Inline { .. } => Bytes::copy_from_slice(self.as_bytes()),
        }
    }

    /// The text as shared text.
    #[must_use]
    pub fn to_shared(&self) -> Arc<str> {
        match &self.0 {
            Repr::Shared { text, .. } => Arc::clone(text),
            _ => self.as_str().into(),
        }
    }

    /// Whether it derives from a secret.
    #[must_use]
    pub fn is_tainted(&self) -> bool {
        match &self.0 {
            Repr::Inline { meta, .. } => meta & TAINT != 0,
            Repr::Static { tainted, .. } | Repr::Shared { tainted, .. } | Repr::Buffer { tainted, .. } => {
                *tainted
            }
        }
    }

    /// The same text, known to derive from a secret.
    #[must_use]
    pub fn tainted(mut self) -> Self {
        match &mut self.0 {
            Repr::Inline { meta, .. } => *meta |= TAINT,
            Repr::Static { tainted, .. } | Repr::Shared { tainted, .. } | Repr::Buffer { tainted, .. } => {
                *tainted = true;
            }
        }
        self
    }

    /// The same text, tainted if `by` is true.
    #[must_use]
    pub fn tainted_if(self, by: bool) -> Self {
        if by { self.tainted() } else { self }
    }

    /// The same text as a constant of a program: equal ones are one string object.
    #[must_use]
    pub fn interned(mut self) -> Self {
        match &mut self.0 {
            Repr::Inline { meta, .. } => *meta |= INTERNED,
            Repr::Shared { interned, .. } => *interned = true,
            Repr::Static { .. } => {}
            Repr::Buffer { bytes, tainted } => {
                let text = std::str::from_utf8(bytes).unwrap_or_default().into();
                self.0 = Repr::Shared { tainted: *tainted, interned: true, text };
            }
        }
        self
    }

    /// Whether it is a constant of a program, or the empty string.
    pub(crate) fn is_interned(&self) -> bool {
        match &self.0 {
            Repr::Inline { meta, .. } => meta & INTERNED != 0,
            Repr::Shared { interned, .. } => *interned,
            Repr::Static { .. } => true,
            Repr::Buffer { .. } => false,
        }
    }

    /// Whether both are the same string object, as far as that can be told: the empty string is, equal constants are,
    /// shared memory is.
    #[must_use]
    pub fn is_same_object(&self, other: &Self) -> bool {
        let inline = |text: &Self| matches!(text.0, Repr::Inline { .. });
        (self.is_empty() && other.is_empty())
            || (self.is_interned() && other.is_interned() && self == other)
            || (!inline(self)
                && !inline(other)
                && self.as_bytes().as_ptr() == other.as_bytes().as_ptr()
                && self == other)
    }

    /// Length in bytes of UTF-8.
    #[must_use]
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Whether it is the empty string.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `String.Length`: UTF-16 code units.
    #[must_use]
    pub fn length(&self) -> usize {
        let bytes = self.as_bytes();
        if bytes.is_ascii() { bytes.len() } else { self.as_str().encode_utf16().count() }
    }

    /// `String[index]`: the UTF-16 code unit at a position.
    #[must_use]
    pub fn unit(&self, index: usize) -> Option<u16> {
        let bytes = self.as_bytes();
        if bytes.is_ascii() {
            return bytes.get(index).map(|&byte| u16::from(byte));
        }
        self.as_str().encode_utf16().nth(index)
    }

    /// All UTF-16 code units.
    pub fn units(&self) -> impl Iterator<Item = u16> + '_ {
        self.as_str().encode_utf16()
    }

    /// Text from UTF-16 code units; unpaired surrogates become U+FFFD.
    #[must_use]
    pub fn from_units(units: &[u16]) -> Self {
        String::from_utf16_lossy(units).into()
    }

    /// `String.Substring`; none when the range is not inside the text. Keeps the taint.
    #[must_use]
    pub fn substring(&self, start: usize, length: usize) -> Option<Self> {
        let end = start.checked_add(length)?;
        let text = self.as_str();
        let part = if text.is_ascii() {
            if start == 0 && end == text.len() {
                return Some(self.clone());
            }
            Self::copied(text.get(start..end)?)
        } else {
            let units: Vec<u16> = text.encode_utf16().collect();
            Self::from_units(units.get(start..end)?)
        };
        Some(part.tainted_if(self.is_tainted()))
    }

    /// The position in UTF-16 units of a position in bytes.
    #[must_use]
    pub fn units_before(&self, byte: usize) -> usize {
        let before = self.as_str().get(..byte).unwrap_or_default();
        if before.is_ascii() { byte } else { before.encode_utf16().count() }
    }

    /// The position in bytes of a position in UTF-16 units; none past the end.
    #[must_use]
    pub fn byte_of(&self, unit: usize) -> Option<usize> {
        let text = self.as_str();
        if text.is_ascii() {
            return (unit <= text.len()).then_some(unit);
        }
        let mut units = 0;
        for (byte, c) in text.char_indices() {
            if units >= unit {
                return Some(byte);
            }
            units += c.len_utf16();
        }
        (units >= unit).then_some(text.len())
    }
}

/// Where the first half of a surrogate pair waits for the second: characters at the end of the last private plane.
const HELD: u32 = 0x10_F800;

/// Appends a UTF-16 unit to UTF-8 text. Halves of a pair that come one right after the other become the character.
///
/// Who has appended the last unit calls [`release_half`].
pub(crate) fn push_unit(text: &mut String, unit: u16) {
    let held = text.chars().next_back().and_then(held_half);
    if let (Some(high), 0xDC00..=0xDFFF) = (held, unit) {
        text.pop();
        text.extend(char::decode_utf16([high, unit]).filter_map(Result::ok));
        return;
    }
    release_half(text);
    let own = match unit {
        0xD800..=0xDBFF => char::from_u32(HELD + u32::from(unit) - 0xD800),
        unit => char::from_u32(unit.into()),
    };
    text.push(own.unwrap_or(char::REPLACEMENT_CHARACTER));
}

fn held_half(c: char) -> Option<u16> {
    let offset = u32::from(c).checked_sub(HELD).filter(|offset| *offset < 0x400)?;
    u16::try_from(0xD800 + offset).ok()
}

/// Half of a pair at the end of a text, to which nothing came, becomes U+FFFD.
pub(crate) fn release_half(text: &mut String) {
    if text.as_bytes().last().is_some_and(|byte| !byte.is_ascii())
        && text.chars().next_back().and_then(held_half).is_some()
    {
        text.pop();
        text.push(char::REPLACEMENT_CHARACTER);
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::inline(&text)
            .unwrap_or_else(|| Self(Repr::Shared { tainted: false, interned: false, text: text.into() }))
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::copied(text)
    }
}

impl From<Arc<str>> for Text {
    fn from(text: Arc<str>) -> Self {
        Self::from_shared(&text)
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Text {}

impl std::hash::Hash for Text {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_tainted() { f.write_str("\"…\"") } else { fmt::Debug::fmt(self.as_str(), f) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_utf16_units() {
        let text = Text::copied("a\u{1F600}b, and so on, a long text");
        assert_eq!(text.length(), "a\u{1F600}b, and so on, a long text".encode_utf16().count());
        assert_eq!(text.unit(3), Some(u16::from(b'b')));
        assert_eq!(text.substring(1, 2).unwrap().as_str(), "\u{1F600}");
        assert!(text.substring(20, 20).is_none());
        assert_eq!((text.units_before(5), text.byte_of(3)), (3, Some(5)));
    }

    #[test]
    fn tainted_text_stays_tainted_and_is_never_shown() {
        for text in
            [Text::copied("short").tainted(), Text::from_static("a text that is longer than 22").tainted()]
        {
            assert!(text.clone().is_tainted() && text.substring(1, 3).unwrap().is_tainted());
            assert_eq!(format!("{text:?}"), "\"…\"");
        }
    }

    #[test]
    fn halves_that_follow_each_other_are_one_character() {
        let mut text = String::from("a");
        for unit in "\u{1F600}b".encode_utf16().chain([0xD83D]) {
            push_unit(&mut text, unit);
        }
        release_half(&mut text);
        assert_eq!(text, "a\u{1F600}b\u{FFFD}");
    }

    #[test]
    fn bytes_of_a_message_are_not_copied() {
        let bytes = Bytes::from(vec![b'x'; 100]);
        let text = Text::from_bytes(&bytes).unwrap();
        assert_eq!(text.as_bytes().as_ptr(), bytes.as_ptr());
        assert!(Text::from_bytes(&Bytes::from_static(b"\xff")).is_none());
    }
}
