//! Expressions in a text: where one begins, and where C# says that it ends.
//!
//! The C# is read entity-decoded, because `&quot;)&quot;` is a string with a bracket in it.

use csharp::{ScanError, scan_code};
use source::{Diagnostic, Location, Span};

use crate::Form;
use crate::decode::{Entity, entity};

/// Whether entities are decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entities {
    /// Yes.
    Decoded,
    /// No: in CDATA, and in text that is decoded already.
    Plain,
}

/// The form of the expression that begins `text`.
pub(crate) fn form_at(text: &str) -> Option<Form> {
    let mut bytes = text.bytes();
    match (bytes.next()?, bytes.next()?) {
        (b'@', b'(') => Some(Form::Expression),
        (b'@', b'{') => Some(Form::Block),
        _ => None,
    }
}

/// Where an expression begins in `text`.
pub(crate) fn find_expression(text: &str) -> Option<usize> {
    memchr::memchr_iter(b'@', text.as_bytes()).find(|&at| text.get(at..).and_then(form_at).is_some())
}

/// Whether word processors and web pages put this character where a quote was meant.
pub(crate) fn is_typographic_quote(c: char) -> bool {
    matches!(c, '“' | '”' | '„' | '‟' | '‘' | '’' | '‚' | '‛' | '«' | '»')
}

/// Why an expression has no end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Endless {
    error: ScanError,
    /// The character at which the error lies.
    pub(crate) span: Span,
    /// How far was read.
    pub(crate) read_to: usize,
}

/// Where the expression ends whose `@` stands at `start`: behind the closing bracket.
pub(crate) fn end_of_code(text: &str, start: usize, entities: Entities) -> Result<usize, Endless> {
    let begin = Characters { text, at: start + 1, entities };
    let mut characters = begin;
    match scan_code(&mut characters) {
        Ok(_) => Ok(characters.at),
        Err(error) => {
            let mut wrong = begin;
            wrong.by_ref().take(error.at).for_each(drop);
            let from = wrong.at;
            wrong.next();
            Err(Endless { error, span: Span::between(from, wrong.at), read_to: characters.at })
        }
    }
}

impl Endless {
    /// The report, at the place to which the caller mapped [`Self::span`].
    pub(crate) fn diagnostic(&self, at: Location) -> Diagnostic {
        Diagnostic::error(self.error.code(), self.error.to_string()).at(at).maybe_help(self.error.help())
    }
}

/// The characters that a text stands for.
#[derive(Clone, Copy)]
struct Characters<'t> {
    text: &'t str,
    at: usize,
    entities: Entities,
}

impl Iterator for Characters<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let rest = self.text.get(self.at..)?;
        let character = rest.chars().next()?;
        if character == '&'
            && self.entities == Entities::Decoded
            && let Entity::Character(decoded, length) = entity(rest)
        {
            self.at += length;
            return Some(decoded);
        }
        self.at += character.len_utf8();
        Some(character)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_ends_where_the_decoded_text_says() {
        let text = r#"a @(f(&quot;)&quot;) &lt; 2) b"#;
        let start = find_expression(text).unwrap();
        assert_eq!(end_of_code(text, start, Entities::Decoded).unwrap(), text.len() - 2);
        assert_eq!(end_of_code(text, start, Entities::Plain).unwrap(), text.find(") &lt;").unwrap() + 1);
    }

    #[test]
    fn the_place_of_an_error_is_one_in_the_text() {
        let text = "@(&quot;a)";
        let endless = end_of_code(text, 0, Entities::Decoded).unwrap_err();
        assert_eq!(endless.span.of(text), "&quot;");
    }
}
