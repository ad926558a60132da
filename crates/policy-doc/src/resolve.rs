//! What a value means once the named values are put in: literal text or an expression.
//!
//! `Bearer {{key}}` becomes the text `Bearer ` and a slot when `key` is secret; `@("a" + {{code}})` becomes C# that
//! holds the named value's text. A named value's own text is never searched for further references.
//!
//! COMPAT: substitution is textual and comes before the value is tested for being an expression and before C# is
//! lexed; a named value may be an expression, or source text of one (expressions reference, section 3).

use std::sync::Arc;

use csharp::Position;
use source::{Diagnostic, Diagnostics, Location, MappedText, Span};

use crate::code::{Entities, end_of_code, find_expression, form_at};
use crate::decode::Blanks;
use crate::substitute::{Item, Secret, Substituted, substitute};
use crate::{NamedValues, RawValue};

/// What a value is.
#[derive(Clone, Debug)]
pub enum Resolved {
    /// Text.
    Literal(Vec<TextPiece>),
    /// C#.
    Expression {
        /// Which of the two forms.
        form: Form,
        /// The C# between the brackets. A secret inside a string literal or a comment stands in it as U+FDD0, its
        /// slot's number in decimal digits, U+FDD1.
        code: MappedText,
        /// The secrets that were met, in the order of the text.
        slots: Vec<SlotRef>,
    },
}

/// The two forms of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `@( E )`: one C# expression.
    Expression,
    /// `@{ S }`: statements that return a value.
    Block,
}

/// A part of literal text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextPiece {
    /// Text, with plain named values put in.
    Text(MappedText),
    /// A secret.
    Slot(SlotRef),
}

/// A secret named value that a value uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotRef {
    /// The caller's number for it, from [`crate::Lookup::Secret`].
    pub slot: usize,
    /// The named value's display name.
    pub name: Arc<str>,
    /// Where `{{name}}` stands in the file.
    pub span: Span,
    /// How it is used.
    pub used: SlotUse,
}

/// How a secret is used in a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotUse {
    /// Its place is marked, and its text is loaded when it is needed: a new text needs no new compilation as long
    /// as [`SlotUse::may_hold`] is true of it.
    Marked,
    /// Its text was put into the C# source, as a hidden segment: a new text needs a new compilation.
    Inserted,
}

impl SlotUse {
    /// Whether this text can stand for a marked place: it neither changes how C# around it is read nor makes an
    /// expression of a literal.
    #[must_use]
    pub fn may_hold(text: &str) -> bool {
        let changes_code = text.contains(['"', '\\', '{', '}', '\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
        !changes_code && form_at(text.trim_start()).is_none()
    }
}

/// What to do with a reference to a named value that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// It is an error.
    Refuse,
    /// It stays as it is: in a Liquid template it may be Liquid's.
    Leave,
}

impl Resolved {
    /// The whole literal text; none for an expression and for text with a secret in it.
    #[must_use]
    pub fn as_text(&self) -> Option<String> {
        let Self::Literal(pieces) = self else { return None };
        let text = |piece: &TextPiece| match piece {
            TextPiece::Text(text) => Some(text.text().to_owned()),
            TextPiece::Slot(_) => None,
        };
        pieces.iter().map(text).collect()
    }
}

impl RawValue {
    /// Puts the named values in and tells what the value is. None when it is broken; the problem is then among
    /// `problems`, or the reader has reported it ([`RawValue::is_broken`]).
    ///
    /// A literal that contains an expression beside other text gives a warning: APIM takes it for text.
    #[must_use]
    pub fn resolve(
        &self,
        names: &dyn NamedValues,
        unknown: Unknown,
        problems: &mut Diagnostics,
    ) -> Option<Resolved> {
        if self.is_broken() {
            return None;
        }
        let substituted = substitute(self, Blanks::Keep, (names, unknown), problems)?;
        if !self.is_markup() && substituted.is_expression() {
            return self.expression(substituted, problems);
        }
        self.warn_of_mixture(problems);
        let normalised = substitute(self, Blanks::Normalise, (names, unknown), &mut Diagnostics::new())?;
        Some(Resolved::Literal(normalised.items.into_iter().map(TextPiece::from).collect()))
    }

    fn expression(&self, mut substituted: Substituted, problems: &mut Diagnostics) -> Option<Resolved> {
        if !self.place_secrets(&mut substituted, problems) {
            return None;
        }
        let text = substituted.text();
        let start = leading_blank(text.text());
        let form = text.text().get(start..).and_then(form_at)?;
        let end = match end_of_code(text.text(), start, Entities::Plain) {
            Ok(end) => end,
            Err(endless) => {
                problems.push(endless.diagnostic(self.at(text.origin(endless.span))));
                return None;
            }
        };
        if let Some(problem) = self.text_behind(&text, Span::between(start, end)) {
            problems.push(problem);
            return None;
        }
        let code = text.slice(Span::between(start + 2, end - 1));
        Some(Resolved::Expression { form, code, slots: substituted.slots() })
    }

    /// Decides for each secret whether its place is marked or its text is inserted. Only the lexer knows: inside of
    /// strings and comments a mark will do.
    fn place_secrets(&self, substituted: &mut Substituted, problems: &mut Diagnostics) -> bool {
        let text = substituted.text();
        let places = csharp::placeholder_positions(text.text());
        let mut is_complete = true;
        for (secret, place) in substituted.marked().zip(places) {
            match place.position {
                Position::Bare | Position::InCharacter if secret.text.is_some() => {
                    secret.used = SlotUse::Inserted
                }
                Position::Bare => {
                    problems.push(self.unknown_code(secret));
                    is_complete = false;
                }
                Position::InCharacter | Position::InString | Position::InComment => {}
            }
        }
        is_complete
    }

    fn unknown_code(&self, secret: &Secret) -> Diagnostic {
        let message =
            format!("the secret `{{{{{}}}}}` is C# source here, but its value is not known", secret.name);
        Diagnostic::error("secret-as-code", message)
            .at(self.at(secret.span))
            .help("put it inside of a string literal, or have the secrets read")
    }

    fn text_behind(&self, text: &MappedText, expression: Span) -> Option<Diagnostic> {
        let behind = text.text().get(expression.end as usize..)?;
        let start = expression.end as usize + leading_blank(behind);
        let span = Span::between(start, start + behind.trim().len());
        if span.is_empty() {
            return None;
        }
        let shown = text
            .hidden(span)
            .map_or_else(|| quoted(behind.trim()), |hidden| format!("`{{{{{}}}}}`", hidden.name));
        Some(text_behind(&shown, self.at(text.origin(span)), self.at(text.origin(expression))))
    }

    fn warn_of_mixture(&self, problems: &mut Diagnostics) {
        let text = self.text();
        let found = find_expression(text.text());
        if let Some(at) = found.filter(|&at| end_of_code(text.text(), at, Entities::Plain).is_ok()) {
            let span = text.origin(Span::between(at, at + 2));
            problems.push(mixed(Diagnostic::warning, self.at(span)));
        }
    }

    pub(crate) fn at(&self, span: Span) -> Location {
        Location::new(self.file(), span)
    }
}

impl From<Item> for TextPiece {
    fn from(item: Item) -> Self {
        match item {
            Item::Text(text) => Self::Text(text),
            Item::Secret(secret) => Self::Slot(secret.slot_ref(SlotUse::Marked)),
        }
    }
}

/// How much white space a text begins with, in bytes.
fn leading_blank(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// How much of what an author wrote a message quotes, in characters.
const QUOTED: usize = 40;

/// What an author wrote, fit for a message: on one line and not too long.
pub(crate) fn quoted(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(QUOTED)
        .map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c })
        .collect();
    if text.chars().nth(QUOTED).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

/// The report of a literal that contains an expression beside other text.
pub(crate) fn mixed(severity: impl Fn(source::Code, String) -> Diagnostic, at: Location) -> Diagnostic {
    let message = "an expression must be the whole value".to_owned();
    severity("mixed-expression", message)
        .at(at)
        .help("compose the text inside of C#, as in `@(\"Bearer \" + (string)context.Variables[\"token\"])`")
}

/// The report of text behind an expression.
pub(crate) fn text_behind(shown: &str, at: Location, expression: Location) -> Diagnostic {
    Diagnostic::error("text-after-expression", format!("{shown} stands after the end of the expression"))
        .at(at)
        .label(expression, "the expression")
        .help("an expression must be the whole value: compose the text inside of C#, with `+` or `$\"...\"`")
}

#[cfg(test)]
mod tests {
    use source::{Diagnostics, SourceFile, Span};
    use zeroize::Zeroizing;

    use super::{Resolved, SlotUse, Unknown};
    use crate::{Lookup, NamedValues, read};

    /// `n` is plain, `s` is secret and known.
    struct Names;

    impl NamedValues for Names {
        fn get(&self, name: &str) -> Lookup<'_> {
            match name {
                "n" => Lookup::Plain("12"),
                "s" => Lookup::Secret { slot: 7, text: Some(Zeroizing::new("planted".to_owned())) },
                _ => Lookup::Unknown,
            }
        }

        fn names(&self) -> Vec<&str> {
            vec!["n", "s"]
        }
    }

    fn resolved(text: &str) -> Resolved {
        let (document, _) = read(&SourceFile::new("a.xml", format!("<a>{text}</a>")));
        let value = document.root().unwrap().content();
        value.resolve(&Names, Unknown::Refuse, &mut Diagnostics::new()).unwrap()
    }

    #[test]
    fn code_knows_the_place_of_each_of_its_characters() {
        let Resolved::Expression { code, .. } = resolved("@(a &lt; {{n}} + b)") else {
            panic!("not an expression")
        };
        assert_eq!(code.text(), "a < 12 + b");
        let place = |part: &str| {
            let at = code.text().find(part).unwrap();
            code.origin(Span::between(at, at + part.len()))
        };
        assert_eq!((place("a"), place("<"), place("12"), place("b")), {
            (Span::new(5, 6), Span::new(7, 11), Span::new(12, 17), Span::new(20, 21))
        });
    }

    #[test]
    fn the_text_of_a_secret_in_code_is_hidden_and_its_use_is_told() {
        let Resolved::Expression { code, slots, .. } = resolved("@(f({{s}}, \"{{s}}\"))") else {
            panic!("not an expression")
        };
        assert_eq!(code.text(), "f(planted, \"\u{FDD0}7\u{FDD1}\")");
        assert_eq!(
            slots.iter().map(|slot| slot.used).collect::<Vec<_>>(),
            [SlotUse::Inserted, SlotUse::Marked]
        );
        let at = code.text().find("planted").unwrap();
        assert_eq!(code.hidden(Span::between(at + 1, at + 2)).map(|hidden| &*hidden.name), Some("s"));
    }

    #[test]
    fn what_a_marked_place_may_hold_does_not_change_the_code() {
        assert!(SlotUse::may_hold("sk-123/+= '<>&"));
        assert!(
            ["\"", "\\", "{", "}", "\n", "\u{2028}", " @(1)"].iter().all(|text| !SlotUse::may_hold(text))
        );
    }
}
