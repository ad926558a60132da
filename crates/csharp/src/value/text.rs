//! Strings and characters: escapes to text.

use std::sync::Arc;

use source::Span;

use crate::Problem;
use crate::ast::Literal;

/// How a text is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Between the quotes of `"…"`.
    Regular,
    /// Between the quotes of `@"…"`.
    Verbatim,
    /// Between the holes of `$"…"`.
    Interpolated,
    /// Between the holes of `$@"…"`.
    VerbatimInterpolated,
}

impl Style {
    const fn verbatim(self) -> bool {
        matches!(self, Self::Verbatim | Self::VerbatimInterpolated)
    }

    const fn braces(self) -> bool {
        matches!(self, Self::Interpolated | Self::VerbatimInterpolated)
    }
}

/// The value of the inside of a string that begins at `start` of the text.
pub(crate) fn string(inside: &str, start: u32, style: Style, problems: &mut Vec<Problem>) -> Arc<str> {
    let special: &[char] = match style {
        Style::Regular => &['\\'],
        Style::Verbatim => &['"'],
        Style::Interpolated => &['\\', '{', '}'],
        Style::VerbatimInterpolated => &['"', '{', '}'],
    };
    if !inside.contains(special) {
        return inside.into();
    }
    let mut decoder = Decoder { inside, at: 0, start, out: String::new(), high: None, problems };
    decoder.run(style);
    decoder.out.into()
}

/// The value of a character literal with its apostrophes; a string when somebody wrote one with apostrophes.
pub(crate) fn character(text: &str, span: Span, problems: &mut Vec<Problem>) -> Literal {
    let inside = text.strip_prefix('\'').unwrap_or(text);
    let closed = inside.strip_suffix('\'');
    let inside = closed.unwrap_or(inside);
    if let Some(unit) = escaped_unit(inside) {
        return Literal::Char(unit);
    }
    let value = string(inside, span.start + 1, Style::Regular, problems);
    let mut units = value.encode_utf16();
    match (units.next(), units.next()) {
        (Some(unit), None) => return Literal::Char(unit),
        _ if closed.is_none() => {}
        (None, _) => {
            let message = "empty character literal (CS1011)";
            let help = "for a string without characters write `\"\"`";
            problems.push(Problem::new("csharp-empty-character", span, message).help(help));
        }
        (Some(_), Some(_)) => {
            let help = apostrophe_help(inside);
            let message = "too many characters in character literal (CS1012)";
            problems.push(Problem::new("csharp-apostrophe-string", span, message).help(help));
        }
    }
    Literal::Str(value)
}

fn apostrophe_help(inside: &str) -> String {
    let general = "C# writes strings in double quotes";
    if inside.len() > 60 || inside.contains(crate::placeholder::OPEN) {
        return general.into();
    }
    format!("{general}: `\"{}\"`", inside.replace('"', "\\\""))
}

/// `\uD800` and its like: a lone half of a pair is a character in C#, but not text.
fn escaped_unit(inside: &str) -> Option<u16> {
    let digits = inside.strip_prefix("\\u").or_else(|| inside.strip_prefix("\\x"))?;
    let fits = (1..=4).contains(&digits.len()) && (digits.len() == 4 || inside.starts_with("\\x"));
    let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if fits && hex { u16::from_str_radix(digits, 16).ok() } else { None }
}

/// The name that an identifier spells: without its `@`.
pub(crate) fn name(text: &str) -> Arc<str> {
    let plain = text.strip_prefix('@').unwrap_or(text);
    if !plain.contains('\\') {
        return Arc::from(plain);
    }
    let mut name = String::with_capacity(plain.len());
    let mut rest = plain;
    while let Some(c) = rest.chars().next() {
        let (c, length) = name_escape(rest).unwrap_or((c, c.len_utf8()));
        name.push(c);
        rest = rest.get(length..).unwrap_or_default();
    }
    Arc::from(name)
}

/// The letter that `\u0061` or `\U00000061` at the beginning of a text stands for, and its length there (C# specification, 6.4.2).
pub(crate) fn name_escape(text: &str) -> Option<(char, usize)> {
    let (digits, length) = match text.as_bytes() {
        [b'\\', b'u', ..] => (text.get(2..6)?, 6),
        [b'\\', b'U', ..] => (text.get(2..10)?, 10),
        _ => return None,
    };
    let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let c = char::from_u32(u32::from_str_radix(digits, 16).ok().filter(|_| hex)?)?;
    (c.is_alphanumeric() || c == '_').then_some((c, length))
}

struct Decoder<'a> {
    inside: &'a str,
    at: usize,
    /// Where `inside` begins in the text.
    start: u32,
    out: String,
    /// The first half of a surrogate pair, whose second half must follow.
    high: Option<(u16, usize)>,
    problems: &'a mut Vec<Problem>,
}

impl Decoder<'_> {
    fn run(&mut self, style: Style) {
        while let Some(c) = self.next() {
            let from = self.at - c.len_utf8();
            match c {
                '\\' if !style.verbatim() => self.escape(from),
                '"' if style.verbatim() => {
                    self.next();
                    self.push('"');
                }
                '{' | '}' if style.braces() => self.brace(c, from),
                _ => self.push(c),
            }
        }
        self.end_pair();
    }

    fn next(&mut self) -> Option<char> {
        let c = self.inside.get(self.at..)?.chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn push(&mut self, c: char) {
        self.end_pair();
        self.out.push(c);
    }

    fn brace(&mut self, c: char, from: usize) {
        let doubled = self.inside.get(self.at..).is_some_and(|rest| rest.starts_with(c));
        if doubled {
            self.next();
        } else {
            let message = format!("a `{c}` in an interpolated string has to be doubled (CS8086)");
            self.problem("csharp-lone-brace", from, message, "write `}}` for the character itself");
        }
        self.push(c);
    }

    fn escape(&mut self, from: usize) {
        let Some(c) = self.next() else { return };
        let simple = match c {
            '\'' | '"' | '\\' => c,
            '0' => '\0',
            'a' => '\x07',
            'b' => '\x08',
            'f' => '\x0C',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0B',
            'u' => return self.unit(from, 4, 4),
            'U' => return self.unit(from, 8, 8),
            'x' => return self.unit(from, 1, 4),
            _ => return self.unknown_escape(from),
        };
        self.push(simple);
    }

    /// Between `least` and `most` hexadecimal digits.
    fn unit(&mut self, from: usize, least: usize, most: usize) {
        let rest = self.inside.get(self.at..).unwrap_or("");
        let length = rest.bytes().take(most).take_while(u8::is_ascii_hexdigit).count();
        let code = rest.get(..length).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        self.at += length;
        match (code, code.and_then(char::from_u32)) {
            (Some(_), Some(c)) if length >= least => self.push(c),
            (Some(half @ 0xD800..=0xDFFF), None) if length >= least => self.half(half, from),
            _ => self.unknown_escape(from),
        }
    }

    fn half(&mut self, half: u32, from: usize) {
        let half = u16::try_from(half).unwrap_or_default();
        let pair = self.high.map(|(high, _)| char::decode_utf16([high, half]).next());
        if let Some(Some(Ok(c))) = pair {
            self.high = None;
            return self.out.push(c);
        }
        self.end_pair();
        if half < 0xDC00 {
            self.high = Some((half, from));
        } else {
            self.lone_half(from);
        }
    }

    fn end_pair(&mut self) {
        if let Some((_, from)) = self.high.take() {
            self.lone_half(from);
        }
    }

    fn lone_half(&mut self, from: usize) {
        let message = "half of a surrogate pair is not supported in a string";
        self.problem("csharp-lone-surrogate", from, message, "write both halves, or the character itself");
        self.out.push(char::REPLACEMENT_CHARACTER);
    }

    fn unknown_escape(&mut self, from: usize) {
        let help = "write `\\\\` for a backslash, or a verbatim string: `@\"…\"`";
        self.problem("csharp-escape", from, "unrecognized escape sequence (CS1009)", help);
    }

    fn problem(&mut self, code: source::Code, from: usize, message: impl Into<String>, help: &str) {
        let span = Span::between(self.start as usize + from, self.start as usize + self.at);
        self.problems.push(Problem::new(code, span, message).help(help));
    }
}

#[cfg(test)]
mod tests {
    use super::{Literal, Style, character, string};
    use source::Span;

    fn decode(inside: &str, style: Style) -> Result<String, String> {
        let mut problems = Vec::new();
        let value = string(inside, 0, style, &mut problems);
        problems.first().map_or(Ok(value.to_string()), |problem| Err(problem.message.clone()))
    }

    /// C# specification 6.4.5.5 and 6.4.5.6.
    #[test]
    fn escapes_are_resolved() {
        assert_eq!(
            decode(r#"\'\"\\\0\a\b\f\n\r\t\v"#, Style::Regular).unwrap(),
            "'\"\\\0\x07\x08\x0C\n\r\t\x0B"
        );
        assert_eq!(decode(r"\u0041\x41g\U0001F600\uD83D\uDE00", Style::Regular).unwrap(), "AAg😀😀");
        assert_eq!(decode(r#"a""b\n"#, Style::Verbatim).unwrap(), "a\"b\\n");
        assert_eq!(decode(r"{{a}}\t", Style::Interpolated).unwrap(), "{a}\t");
        assert!(decode(r"\d", Style::Regular).unwrap_err().contains("CS1009"));
        assert!(decode(r"\u41", Style::Regular).unwrap_err().contains("CS1009"));
        assert!(decode(r"\uD83Dx", Style::Regular).unwrap_err().contains("surrogate"));
        assert!(decode("a}", Style::Interpolated).unwrap_err().contains("CS8086"));
    }

    #[test]
    fn a_character_is_one_utf16_unit() {
        let read = |text: &str| {
            let mut problems = Vec::new();
            let value = character(text, Span::default(), &mut problems);
            (value, problems.pop().map(|problem| problem.code))
        };
        assert_eq!(read("'a'"), (Literal::Char(97), None));
        assert_eq!(read(r"'\''"), (Literal::Char(39), None));
        assert_eq!(read(r"'\uD800'"), (Literal::Char(0xD800), None));
        assert_eq!(read("''").1, Some("csharp-empty-character"));
        assert_eq!(read("'key'"), (Literal::Str("key".into()), Some("csharp-apostrophe-string")));
        assert_eq!(read("'😀'").1, Some("csharp-apostrophe-string"));
    }
}
