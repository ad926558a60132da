//! From the text of a file to the text it stands for: entities become characters.
//!
//! `a &lt; b` is read as `a < b`. In C# everything else stays as it is; in literal values line breaks are normalised
//! as XML does it.

use source::{MappedText, Span};

use crate::value::{Part, PartKind};

/// What an `&` begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entity {
    /// A character, written in this many bytes.
    Character(char, usize),
    /// `&name;` that XML does not know, written in this many bytes.
    Unknown(usize),
    /// `&#...;` that is no character XML allows, written in this many bytes.
    NoCharacter(usize),
    /// Nothing: an `&` that stands for itself.
    Lone,
}

/// Longest entity that is looked at, in bytes.
const LONGEST: usize = 34;

/// Reads the entity at the beginning of `text`, which starts with `&`.
pub(crate) fn entity(text: &str) -> Entity {
    let bytes = text.as_bytes();
    let near = bytes.get(..bytes.len().min(LONGEST)).unwrap_or(bytes);
    let name = memchr::memchr(b';', near).and_then(|end| text.get(1..end));
    let Some(name) = name else { return Entity::Lone };
    let length = name.len() + 2;
    if let Some(number) = name.strip_prefix('#') {
        return numbered(number, length);
    }
    match name {
        "lt" => Entity::Character('<', length),
        "gt" => Entity::Character('>', length),
        "amp" => Entity::Character('&', length),
        "quot" => Entity::Character('"', length),
        "apos" => Entity::Character('\'', length),
        _ if is_entity_name(name) => Entity::Unknown(length),
        _ => Entity::Lone,
    }
}

fn numbered(number: &str, length: usize) -> Entity {
    let (digits, radix) = number.strip_prefix(['x', 'X']).map_or((number, 10), |hex| (hex, 16));
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Entity::Lone;
    }
    let code = u32::from_str_radix(digits, radix).ok();
    let character = code.and_then(char::from_u32).filter(|&c| is_allowed(c));
    character.map_or(Entity::NoCharacter(length), |c| Entity::Character(c, length))
}

fn is_entity_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether a document may hold this character: XML's rule, and not one of the two that mark secrets in C#.
pub(crate) fn is_allowed(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => true,
        '\u{FDD0}' | '\u{FDD1}' | '\u{FFFE}' | '\u{FFFF}' => false,
        _ => c >= ' ',
    }
}

/// What to do with line breaks and tabs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blanks {
    /// Leave them. C# needs them: a `//` comment ends at a line break.
    Keep,
    /// As XML reads literal values: `\r\n` is a line break, and a line break or tab in an attribute is a blank.
    Normalise,
}

/// Appends what a part of the file stands for.
pub(crate) fn decode(part: Part, text: &str, blanks: Blanks, out: &mut MappedText) {
    let raw = part.span.of(text);
    let mut done = 0;
    let mut at = 0;
    while let Some(found) = next_special(raw, at, part.kind, blanks) {
        let Some((character, length)) = replacement(raw, found, part.kind) else {
            at = found + 1;
            continue;
        };
        push_plain(raw, done, found, part.span, out);
        out.push_replaced(character.encode_utf8(&mut [0; 4]), origin(part.span, found, found + length), None);
        at = found + length;
        done = at;
    }
    push_plain(raw, done, raw.len(), part.span, out);
}

fn push_plain(raw: &str, from: usize, to: usize, span: Span, out: &mut MappedText) {
    out.push_verbatim(raw.get(from..to).unwrap_or(""), origin(span, from, to).start);
}

fn origin(span: Span, from: usize, to: usize) -> Span {
    let start = span.start as usize;
    Span::between(start + from, start + to)
}

/// The next byte that may not stand for itself.
fn next_special(raw: &str, from: usize, kind: PartKind, blanks: Blanks) -> Option<usize> {
    let rest = raw.as_bytes().get(from..)?;
    let found = match (kind, blanks) {
        (PartKind::Markup, _) | (PartKind::CData, Blanks::Keep) => None,
        (PartKind::CData, Blanks::Normalise) => memchr::memchr(b'\r', rest),
        (_, Blanks::Keep) => memchr::memchr(b'&', rest),
        (PartKind::Text, Blanks::Normalise) => memchr::memchr2(b'&', b'\r', rest),
        (PartKind::Attribute, Blanks::Normalise) => {
            rest.iter().position(|byte| matches!(byte, b'&' | b'\r' | b'\n' | b'\t'))
        }
    };
    found.map(|found| from + found)
}

/// What stands for the byte at `at`, and how many bytes it replaces.
fn replacement(raw: &str, at: usize, kind: PartKind) -> Option<(char, usize)> {
    let rest = raw.get(at..)?;
    let blank = if kind == PartKind::Attribute { ' ' } else { '\n' };
    match rest.as_bytes().first()? {
        b'&' => match entity(rest) {
            Entity::Character(character, length) => Some((character, length)),
            Entity::Unknown(_) | Entity::NoCharacter(_) | Entity::Lone => None,
        },
        b'\r' if rest.starts_with("\r\n") => Some((blank, 2)),
        b'\r' => Some((blank, 1)),
        b'\n' | b'\t' => Some((' ', 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(kind: PartKind, text: &str, blanks: Blanks) -> String {
        let mut out = MappedText::new();
        decode(Part { span: Span::between(0, text.len()), kind }, text, blanks, &mut out);
        out.text().to_owned()
    }

    #[test]
    fn entities_become_characters_and_anything_else_stays() {
        let text = "a &lt; &#65;&#x42; &&amp;amp; &nbsp; &#0; &";
        assert_eq!(decoded(PartKind::Text, text, Blanks::Keep), "a < AB &&amp; &nbsp; &#0; &");
        assert_eq!(decoded(PartKind::CData, text, Blanks::Keep), text);
    }

    #[test]
    fn line_breaks_are_normalised_in_literals_only() {
        let text = "a\r\nb\tc&#10;\n";
        assert_eq!(decoded(PartKind::Attribute, text, Blanks::Normalise), "a b c\n ");
        assert_eq!(decoded(PartKind::Text, text, Blanks::Normalise), "a\nb\tc\n\n");
        assert_eq!(decoded(PartKind::Attribute, text, Blanks::Keep), "a\r\nb\tc\n\n");
    }
}
