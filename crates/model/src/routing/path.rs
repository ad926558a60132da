//! Raw path segments and their one decoded form.
//!
//! A segment is compared with what a template says byte by byte while it is decoded, so that finding a route copies
//! nothing.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use indexmap::Equivalent;
use percent_encoding::percent_decode_str;

/// Why a path cannot be taken as it is: 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPath {
    /// `%` without two hexadecimal digits.
    #[error("the path has a `%` that two hexadecimal digits do not follow")]
    Escape,
    /// Escapes that do not spell UTF-8, or a zero byte.
    #[error("the path has escapes that are not text")]
    NotText,
    /// A backslash, plain or escaped: some servers take it for a slash.
    #[error("the path has a backslash")]
    Backslash,
    /// `.` or `..`, plain or escaped, alone between slashes (escaped ones too).
    #[error("the path has a segment `.` or `..`")]
    DotSegment,
}

/// Refuses a path whose decoded form could mean other segments than the raw one.
///
/// # Errors
/// Why it is refused.
pub fn check(path: &str) -> Result<(), BadPath> {
    Look::at(path).map(|_| ())
}

/// What a look at all bytes of a path has found, so that its parts need no other one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// How it is escaped; a path without `%` is plain.
    pub(super) form: Form,
    /// Whether it may name a revision.
    pub(super) has_parameters: bool,
}

impl Look {
    /// Looks at a path.
    pub(super) fn at(path: &str) -> Result<Self, BadPath> {
        // Each byte is looked at, whatever came before it: the compiler then takes many at a time.
        let any = |wanted: fn(u8) -> bool| path.bytes().fold(false, |found, byte| found | wanted(byte));
        if any(|byte| matches!(byte, b'%' | b'.' | b'\\' | 0)) {
            check_bytes(path)?;
        }
        let form = if any(|byte| byte == b'%') { Form::Path } else { Form::Plain };
        Ok(Self { form, has_parameters: any(|byte| byte == b';') })
    }
}

fn check_bytes(path: &str) -> Result<(), BadPath> {
    let mut dots = Dots::default();
    let mut rest = path.as_bytes();
    while let Some((byte, after)) = decode_first(rest, Form::Path) {
        match byte {
            b'%' if rest.len() == after.len() + 1 => return Err(BadPath::Escape),
            b'\\' => return Err(BadPath::Backslash),
            0 => return Err(BadPath::NotText),
            _ => dots.see(byte)?,
        }
        rest = after;
    }
    dots.end()?;
    percent_decode_str(path).decode_utf8().map(|_| ()).map_err(|_| BadPath::NotText)
}

/// Counts the dots of a component that has nothing but dots so far. What follows a `;` is not part of a component's
/// name for servers that know path parameters (`..;x`), so it ends there.
struct Dots(Option<u32>);

impl Default for Dots {
    fn default() -> Self {
        Self(Some(0))
    }
}

impl Dots {
    fn see(&mut self, byte: u8) -> Result<(), BadPath> {
        match byte {
            b'/' => {
                self.end()?;
                self.0 = Some(0);
            }
            b';' => {
                self.end()?;
                self.0 = None;
            }
            b'.' => self.0 = self.0.map(|count| count.saturating_add(1)),
            _ => self.0 = None,
        }
        Ok(())
    }

    fn end(&self) -> Result<(), BadPath> {
        match self.0 {
            Some(1 | 2) => Err(BadPath::DotSegment),
            _ => Ok(()),
        }
    }
}

/// How a text is escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `%XX`.
    Path,
    /// `%XX`, and `+` for a blank.
    Query,
    /// Not at all.
    Plain,
}

/// The first byte of a text, decoded, and the rest. A `%` that is no escape stands for itself.
fn decode_first(text: &[u8], form: Form) -> Option<(u8, &[u8])> {
    match (text, form) {
        ([b'%', high, low, rest @ ..], Form::Path | Form::Query) => match (hex(*high), hex(*low)) {
            (Some(high), Some(low)) => Some((high << 4 | low, rest)),
            _ => text.split_first().map(|(byte, rest)| (*byte, rest)),
        },
        ([b'+', rest @ ..], Form::Query) => Some((b' ', rest)),
        _ => text.split_first().map(|(byte, rest)| (*byte, rest)),
    }
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

/// Whether a text says what it looks like.
pub(super) fn is_plain(raw: &str, form: Form) -> bool {
    match form {
        Form::Plain => true,
        Form::Path => !raw.bytes().any(|byte| byte == b'%'),
        Form::Query => !raw.bytes().any(|byte| matches!(byte, b'%' | b'+')),
    }
}

/// A text, decoded; what is not UTF-8 is replaced.
pub(super) fn decoded(raw: &str, form: Form) -> Cow<'_, str> {
    if is_plain(raw, form) {
        return Cow::Borrowed(raw);
    }
    match form {
        Form::Plain => Cow::Borrowed(raw),
        Form::Path => percent_decode_str(raw).decode_utf8_lossy(),
        Form::Query if raw.contains('+') => {
            Cow::Owned(percent_decode_str(&raw.replace('+', " ")).decode_utf8_lossy().into_owned())
        }
        Form::Query => percent_decode_str(raw).decode_utf8_lossy(),
    }
}

/// A raw text, to be compared decoded and without regard to ASCII case.
#[derive(Clone, Copy, Debug)]
pub(super) struct Raw<'a> {
    bytes: &'a [u8],
    form: Form,
}

impl<'a> Raw<'a> {
    pub(super) fn new(text: &'a str, form: Form) -> Self {
        Self { bytes: text.as_bytes(), form }
    }

    /// Whether it says `literal`.
    pub(super) fn is(self, literal: &str) -> bool {
        let is_plain = !self.bytes.iter().any(|byte| matches!(byte, b'%' | b'+'));
        if is_plain {
            return self.bytes.eq_ignore_ascii_case(literal.as_bytes());
        }
        self.strip_prefix(literal).is_some_and(|rest| rest.bytes.is_empty())
    }

    /// Whether it says a text that is in lower case.
    pub(super) fn says(self, folded: &[u8]) -> bool {
        match (self.form, self.bytes.len().cmp(&folded.len())) {
            // An escape is longer than what it stands for.
            (_, Ordering::Less) | (Form::Plain, Ordering::Greater) => false,
            // Most callers write names as they are defined.
            (Form::Plain, Ordering::Equal) => self.bytes == folded || self.bytes.eq_ignore_ascii_case(folded),
            _ => self.compare(folded) == Ordering::Equal,
        }
    }

    /// Compares what it says with a text that is in lower case.
    pub(super) fn compare(self, folded: &[u8]) -> Ordering {
        self.map(|byte| byte.to_ascii_lowercase()).cmp(folded.iter().copied())
    }

    /// A hash of what it says, in any case, with something else.
    pub(super) fn hash_with(self, seed: u32) -> u32 {
        const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
        let start = (u64::from(seed) ^ 0x5bd1_e995).wrapping_mul(FACTOR);
        let mix = |hash: u64, byte: u8| {
            (hash.rotate_left(5) ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(FACTOR)
        };
        let mixed = match self.form {
            Form::Plain => self.bytes.iter().fold(start, |hash, byte| mix(hash, *byte)),
            Form::Path | Form::Query => self.fold(start, mix),
        };
        // The upper half is the better one.
        u32::try_from(mixed >> 32).unwrap_or(0)
    }

    /// What follows `literal`, if it begins with it.
    pub(super) fn strip_prefix(self, literal: &str) -> Option<Self> {
        let mut rest = self;
        for wanted in literal.bytes() {
            let byte = rest.next()?;
            if !byte.eq_ignore_ascii_case(&wanted) {
                return None;
            }
        }
        Some(rest)
    }

    /// How many raw bytes are left.
    pub(super) fn len(self) -> usize {
        self.bytes.len()
    }
}

impl Iterator for Raw<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let (byte, rest) = decode_first(self.bytes, self.form)?;
        self.bytes = rest;
        Some(byte)
    }
}

/// A decoded text in lower case, as a key that is found with a [`Raw`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folded(Box<[u8]>);

impl Folded {
    pub(super) fn new(text: &str) -> Self {
        Self(text.to_ascii_lowercase().into_bytes().into())
    }
}

impl Hash for Folded {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_bytes(self.0.iter().copied(), state);
    }
}

impl Hash for Raw<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_bytes(self.map(|byte| byte.to_ascii_lowercase()), state);
    }
}

impl Equivalent<Folded> for Raw<'_> {
    fn equivalent(&self, key: &Folded) -> bool {
        self.map(|byte| byte.to_ascii_lowercase()).eq(key.0.iter().copied())
    }
}

/// INVARIANT: keys and what finds them hash through this one function, so the chunks are cut at the same places.
fn hash_bytes<H: Hasher>(mut bytes: impl Iterator<Item = u8>, state: &mut H) {
    loop {
        let mut chunk = [0xff_u8; 16];
        let mut filled = 0_u8;
        for (place, byte) in chunk.iter_mut().zip(bytes.by_ref()) {
            *place = byte;
            filled += 1;
        }
        state.write(&chunk);
        if filled < 16 {
            return state.write_u8(filled);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_could_mean_other_segments_are_refused() {
        use BadPath::{Backslash, DotSegment, Escape, NotText};
        let cases = [
            ("/a/../b", DotSegment),
            ("/a/%2e%2E/b", DotSegment),
            ("/a/.%2e", DotSegment),
            ("/./a", DotSegment),
            ("/a%2f..%2fb", DotSegment),
            ("/a/..;x/b", DotSegment),
            ("/a\\b", Backslash),
            ("/a%5cb", Backslash),
            ("/a%2", Escape),
            ("/a%", Escape),
            ("/a%zz", Escape),
            ("/a%00", NotText),
            ("/a%ff", NotText),
        ];
        for (path, why) in cases {
            assert_eq!(check(path), Err(why), "{path}");
        }
        for path in
            ["/", "/a.b/.c/...", "/a%2fb", "/a%20b", "//a/", "/%e2%82%ac", "/v1.0", "/%252e%252e", "/a;x=.."]
        {
            assert_eq!(check(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn a_percent_sign_that_was_escaped_is_text() {
        assert_eq!(check("/100%25"), Ok(()));
        assert!(Raw::new("100%25", Form::Path).is("100%"));
        assert!(Raw::new("100%25", Form::Path).says(b"100%"));
        // `a%2fb` means `a/b`, whatever else looks like it.
        assert!(!Raw::new("a%2fb", Form::Path).says(b"a%2fb"));
        assert!(Raw::new("a%252fb", Form::Path).says(b"a%2fb"));
    }

    /// What a look spares others is the same for them as if nobody had looked.
    #[test]
    fn a_plain_text_hashes_and_compares_as_an_escaped_one() {
        for (plain, escaped) in
            [("Models", "%4d%6fdels"), ("", ""), ("a+b", "a%2Bb"), ("\u{20ac}", "%e2%82%ac")]
        {
            let (plain, escaped) = (Raw::new(plain, Form::Plain), Raw::new(escaped, Form::Path));
            assert_eq!(plain.hash_with(7), escaped.hash_with(7));
            let folded: Vec<u8> = plain.map(|byte| byte.to_ascii_lowercase()).collect();
            assert!(plain.says(&folded) && escaped.says(&folded));
        }
        let looked = |path| Look::at(path).map(|look| (look.form, look.has_parameters));
        assert_eq!(looked("/a.b/c"), Ok((Form::Plain, false)));
        assert_eq!(looked("/a%20b;rev=1"), Ok((Form::Path, true)));
    }
}
