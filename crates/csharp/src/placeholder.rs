//! Placeholders that stand for secret named values in a text.
//!
//! A secret's text does not go through the parser: the caller puts `U+FDD0 <decimal index> U+FDD1` where it belongs. In
//! a string literal the placeholder stays in the literal's value, to be replaced when the expression runs. Elsewhere
//! the text itself is needed; [`placeholder_positions`] tells the caller which ones those are. U+FDD0 and U+FDD1 are
//! noncharacters: no document has a use for them.

use source::Span;

use crate::lex::lex;
use crate::token::{Token, TokenKind};

/// Opens a placeholder.
pub(crate) const OPEN: char = '\u{FDD0}';
/// Closes a placeholder.
pub(crate) const CLOSE: char = '\u{FDD1}';

/// The placeholder of the secret with this index.
#[must_use]
pub fn placeholder(index: usize) -> String {
    format!("{OPEN}{index}{CLOSE}")
}

/// Where a placeholder stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// In the text of a string, also of an interpolated one: it stays.
    InString,
    /// In a character literal.
    InCharacter,
    /// In a comment: it does not matter.
    InComment,
    /// In the code itself, or in the format of a hole: it has to be replaced before parsing.
    Bare,
}

/// A placeholder found in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placeholder {
    /// The secret's index.
    pub index: usize,
    /// Where it stands in terms of C#.
    pub position: Position,
    /// From `U+FDD0` to `U+FDD1`.
    pub span: Span,
}

/// All placeholders of a text in order.
#[must_use]
pub fn placeholder_positions(text: &str) -> Vec<Placeholder> {
    if !text.contains(OPEN) {
        return Vec::new();
    }
    let lexed = lex(text);
    let found = text.match_indices(OPEN);
    found.filter_map(|(at, _)| place(text, at, &lexed.tokens)).collect()
}

fn place(text: &str, at: usize, tokens: &[Token]) -> Option<Placeholder> {
    let (index, length) = leading(text.get(at..)?)?;
    let span = Span::between(at, at + length);
    let after = tokens.partition_point(|token| token.span.start <= span.start);
    let token = after.checked_sub(1).and_then(|before| tokens.get(before));
    let position = match token {
        Some(token) if token.span.end >= span.end => position_in(token.kind),
        _ => Position::InComment,
    };
    Some(Placeholder { index, position, span })
}

fn position_in(kind: TokenKind) -> Position {
    match kind {
        TokenKind::Str | TokenKind::VerbatimStr | TokenKind::BadString | TokenKind::InterpolatedText => {
            Position::InString
        }
        TokenKind::Char => Position::InCharacter,
        _ => Position::Bare,
    }
}

/// A piece of a string literal's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text as it stands in the document.
    Text(&'a str),
    /// The text of the secret with this index.
    Secret(usize),
}

/// The pieces of a string literal's value; one text when there is no placeholder.
#[must_use]
pub fn pieces(value: &str) -> Vec<Piece<'_>> {
    let mut list = Vec::new();
    let mut rest = value;
    while let Some((before, found)) = rest.find(OPEN).and_then(|at| rest.split_at_checked(at)) {
        let Some((index, length)) = leading(found) else { break };
        if !before.is_empty() {
            list.push(Piece::Text(before));
        }
        list.push(Piece::Secret(index));
        rest = found.get(length..).unwrap_or("");
    }
    if !rest.is_empty() || list.is_empty() {
        list.push(Piece::Text(rest));
    }
    list
}

/// The index and the length in bytes of the placeholder with which a text begins.
pub(crate) fn leading(text: &str) -> Option<(usize, usize)> {
    let digits = text.strip_prefix(OPEN)?;
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    digits.get(length..)?.strip_prefix(CLOSE)?;
    let index = digits.get(..length)?.parse().ok()?;
    Some((index, OPEN.len_utf8() + length + CLOSE.len_utf8()))
}

#[cfg(test)]
mod tests {
    use super::{Piece, Position, pieces, placeholder, placeholder_positions};

    #[test]
    fn positions_are_those_of_the_code() {
        let text = "\"a\0\" + @\"\0\" + $\"b\0{x + \0:\0}\" + '\0' + \0 // \0\n/* \0 */";
        let mut numbered = String::new();
        for (index, part) in text.split('\0').enumerate() {
            if index > 0 {
                numbered.push_str(&placeholder(index - 1));
            }
            numbered.push_str(part);
        }
        let found: Vec<_> = placeholder_positions(&numbered);
        let positions: Vec<_> = found.iter().map(|each| each.position).collect();
        use Position::{Bare, InCharacter, InComment, InString};
        let expected = [InString, InString, InString, Bare, Bare, InCharacter, Bare, InComment, InComment];
        assert_eq!(positions, expected);
        for (index, each) in found.iter().enumerate() {
            assert_eq!((each.index, each.span.of(&numbered)), (index, placeholder(index).as_str()));
        }
    }

    #[test]
    fn a_value_comes_apart_at_its_placeholders() {
        let value = format!("a{}{}b", placeholder(0), placeholder(17));
        assert_eq!(pieces(&value), [Piece::Text("a"), Piece::Secret(0), Piece::Secret(17), Piece::Text("b")]);
        assert_eq!(pieces("a"), [Piece::Text("a")]);
        assert_eq!(pieces(""), [Piece::Text("")]);
    }
}
