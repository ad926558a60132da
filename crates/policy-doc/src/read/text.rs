//! Text between tags: literal text, or an expression with nothing but white space around it.

use source::Span;

use super::Reader;
use super::markup::is_unfilled;
use crate::code::{Entities, form_at};
use crate::resolve::quoted;
use crate::value::{Part, PartKind};
use crate::{Child, RawValue, WrittenExpression};

/// Elements at the top whose direct content is elements only.
const CONTAINERS: [&str; 2] = ["policies", "fragment"];

impl Reader<'_> {
    pub(super) fn text(&mut self) {
        let start = self.cursor.at();
        let (written, mut broken) = self.text_expression();
        let behind = self.cursor.at();
        self.literal_text(if written.is_some() { behind } else { start }, broken);
        let span = self.cursor.span_from(start);
        if let Some(written) = written {
            broken |= self.check_behind(written, Span::new(written.span.end, span.end));
        }
        let is_blank = self.slice(span).trim().is_empty();
        if !is_blank && !broken {
            broken = self.check_place(span);
        }
        self.may_begin &= is_blank;
        let part = Part { span, kind: PartKind::Text };
        self.push(Child::Text(RawValue::new(self.file, part).with_expression(written).broken_if(broken)));
    }

    /// The expression that the text begins with, and whether it is broken. The cursor then stands behind it, at
    /// the end of the element as far as it can be guessed.
    fn text_expression(&mut self) -> (Option<WrittenExpression>, bool) {
        let start = self.cursor.at();
        self.cursor.skip_blank();
        let form = self.form_here().filter(|_| self.may_begin && !self.open.is_empty());
        let Some(form) = form else {
            self.cursor.go_to(start);
            return (None, false);
        };
        let begin = self.cursor.at();
        if self.is_in_markup_value() {
            let end = self.end_of_expression(begin);
            self.cursor.go_to(end.unwrap_or(begin));
            return (None, false);
        }
        match self.expression(form, self.file.text().len(), Entities::Decoded) {
            Ok(written) => (Some(written), false),
            Err(endless) => {
                self.go_to_own_end_tag();
                self.report_endless(begin, self.cursor.at(), Some(endless));
                (None, true)
            }
        }
    }

    /// Goes to what is most likely the end of the innermost open element.
    fn go_to_own_end_tag(&mut self) {
        let own = self.open.last().map_or(String::new(), |element| format!("</{}", element.name));
        let end = self.cursor.find(&own).or_else(|| self.cursor.find("</"));
        self.cursor.go_to(end.unwrap_or(self.file.text().len()));
    }

    /// Passes literal text up to the next markup and checks it. Expressions in it are passed as a whole.
    fn literal_text(&mut self, from: usize, broken: bool) {
        let mut unchecked = from;
        while let Some(found) = memchr::memchr2(b'<', b'@', self.cursor.rest().as_bytes()) {
            self.cursor.go_to(self.cursor.at() + found);
            let at = self.cursor.at();
            if self.is_at_markup() {
                return self.check_text(Span::between(unchecked, at), broken);
            }
            let end = if form_at(self.cursor.rest()).is_some() { self.end_of_expression(at) } else { None };
            if let Some(end) = end {
                self.check_text(Span::between(unchecked, at), broken);
                unchecked = end;
            }
            self.cursor.go_to(end.unwrap_or(at + 1));
        }
        self.cursor.go_to(self.file.text().len());
        self.check_text(self.cursor.span_from(unchecked), broken);
    }

    fn check_text(&mut self, span: Span, broken: bool) {
        if !broken && span.start < span.end {
            self.check_literal(span, PartKind::Text);
        }
    }

    /// Whether something stands behind the expression, which is reported then.
    pub(super) fn check_behind(&mut self, written: WrittenExpression, behind: Span) -> bool {
        let text = self.slice(behind);
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return false;
        }
        let start = behind.start as usize + (text.len() - text.trim_start().len());
        let span = Span::between(start, start + trimmed.len());
        let problem = crate::resolve::text_behind(&quoted(trimmed), self.at(span), self.at(written.span));
        self.report(problem);
        true
    }

    /// Whether this text, which is not blank, cannot stay as it is; that is reported then.
    fn check_place(&mut self, span: Span) -> bool {
        if self.is_in_markup_value() {
            return false;
        }
        let text = self.slice(span);
        let start = span.start as usize + (text.len() - text.trim_start().len());
        let trimmed = Span::between(start, start + text.trim().len());
        if is_unfilled(text) {
            self.report_unfilled(trimmed);
            return true;
        }
        let Some(place) = self.place_without_text() else { return false };
        let message = format!("the text {} does not belong {place}", quoted(text.trim()));
        self.error("stray-text", trimmed, message, "remove it, or make it a comment: `<!-- ... -->`");
        true
    }

    /// Where this is, if only elements may stand here.
    fn place_without_text(&self) -> Option<String> {
        let Some(root) = self.open.first() else { return Some("outside of the root element".into()) };
        let own = self.open.last().map_or("", |element| &*element.name);
        let is_container = self.open.len() == 1 && CONTAINERS.contains(&&*root.name);
        let is_section = self.open.len() == 2 && *root.name == *"policies";
        (is_container || is_section).then(|| format!("into `<{own}>`"))
    }
}
