//! Literal values: what XML refuses in them.

use source::{Diagnostic, Span};

use super::Reader;
use crate::decode::{Entity, entity};
use crate::resolve::quoted;
use crate::value::PartKind;

impl Reader<'_> {
    /// Checks a run of literal text for what XML does not allow.
    pub(super) fn check_literal(&mut self, span: Span, kind: PartKind) {
        self.check_less_than(span, kind);
        self.check_entities(span, kind);
    }

    /// COMPAT: the expressions reference (section 2.2) lets an attribute be refused as XML would; in text it takes a
    /// `<` that begins no markup for text.
    fn check_less_than(&mut self, span: Span, kind: PartKind) {
        let Some(found) = memchr::memchr(b'<', self.slice(span).as_bytes()) else { return };
        let at = span.start as usize + found;
        let message = "`<` stands for itself only inside of expressions";
        self.unescaped("unescaped-less-than", Span::between(at, at + 1), message, "&lt;", kind);
    }

    fn check_entities(&mut self, span: Span, kind: PartKind) {
        let text = self.slice(span);
        let mut lone = None;
        for at in memchr::memchr_iter(b'&', text.as_bytes()) {
            let start = span.start as usize + at;
            match entity(text.get(at..).unwrap_or("")) {
                Entity::Character(..) => {}
                Entity::Unknown(length) => self.unknown_entity(Span::between(start, start + length)),
                Entity::NoCharacter(length) => self.no_character(Span::between(start, start + length)),
                Entity::Lone => lone = lone.or(Some(start)),
            }
        }
        if let Some(start) = lone {
            let message = "`&` stands for itself only inside of expressions";
            self.unescaped("unescaped-ampersand", Span::between(start, start + 1), message, "&amp;", kind);
        }
    }

    /// What XML refuses but what has one meaning only: an error in attributes, a warning in text.
    fn unescaped(&mut self, code: &'static str, span: Span, message: &str, instead: &str, kind: PartKind) {
        let problem = match kind {
            PartKind::Attribute => Diagnostic::error(code, message),
            PartKind::Text | PartKind::CData | PartKind::Markup => Diagnostic::warning(code, message),
        };
        self.report(problem.at(self.at(span)).help(format!("write `{instead}`")));
    }

    fn unknown_entity(&mut self, span: Span) {
        let message = format!("{} is not an entity of XML", quoted(self.slice(span)));
        let help = match self.slice(span) {
            "&nbsp;" => "write `&#160;`",
            _ => {
                "XML has `&lt;`, `&gt;`, `&amp;`, `&quot;` and `&apos;`; write other characters as they are, and `&` as `&amp;`"
            }
        };
        self.error("unknown-entity", span, message, help);
    }

    fn no_character(&mut self, span: Span) {
        let message = format!("{} is not a character that a document may hold", quoted(self.slice(span)));
        self.error("forbidden-character", span, message, "remove it");
    }
}
