//! Literals.

use std::sync::Arc;

/// A literal with its value.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// `1`, `0xFFu`, `0b1`, `2L`. Its type is the first of `int`, `uint`, `long`, `ulong` that the suffix allows and
    /// that holds the value (C# specification, 6.4.5.3); `-2147483648` and `-9223372036854775808` are an `int` and
    /// a `long` when the literal is decimal.
    Int {
        /// The value without sign.
        value: u64,
        /// Which types it may have.
        suffix: IntSuffix,
        /// How it is written.
        base: IntBase,
    },
    /// `1f`.
    Float(f32),
    /// `1.0`, `1e3`, `1d`.
    Double(f64),
    /// `1.50m`: the digits as written, without suffix and separators, since zeroes behind the point count.
    Decimal(Arc<str>),
    /// `'a'`: one UTF-16 unit.
    Char(u16),
    /// `"a"`, `@"a"`, with escapes resolved. May hold placeholders of secrets.
    Str(Arc<str>),
}

/// The suffix of an integer literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntSuffix {
    /// None: `int`, `uint`, `long` or `ulong`.
    None,
    /// `u`: `uint` or `ulong`.
    U,
    /// `L`: `long` or `ulong`.
    L,
    /// `uL`: `ulong`.
    Ul,
}

/// How an integer literal is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntBase {
    /// `0b1010`.
    Binary,
    /// `10`.
    Decimal,
    /// `0xA`.
    Hexadecimal,
}
