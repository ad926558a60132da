//! End tags, and what to do with those that are wrong or missing.

use source::{Diagnostic, Span};

use super::Reader;
use crate::resolve::quoted;
use crate::{Child, Element};

impl Reader<'_> {
    pub(super) fn end_tag(&mut self) {
        let start = self.cursor.at();
        self.cursor.take("</");
        let name = self.cursor.take_name().unwrap_or_default();
        self.cursor.skip_blank();
        if !self.cursor.take(">") {
            self.bad_end_tag(name);
        }
        let span = self.cursor.span_from(start);
        self.may_begin = true;
        self.close(span, name);
    }

    /// An end tag that holds more than a name, or does not end.
    fn bad_end_tag(&mut self, name: Span) {
        let message = format!("the end tag {} is not closed", quoted(&format!("</{}", self.slice(name))));
        self.error("unclosed-tag", name, message, "an end tag holds a name only and is closed with `>`");
        self.cursor.skip_while(|c| !matches!(c, '<' | '>' | '\n'));
        self.cursor.take(">");
    }

    fn close(&mut self, span: Span, name: Span) {
        let text = self.slice(name);
        let is_open = |element: &Element| *element.name == *text;
        match self.open.iter().rposition(is_open) {
            Some(at) => {
                while self.open.len() > at + 1 {
                    self.report_unclosed(Some(span));
                    self.finish(None, span.start);
                }
                self.finish(Some(span), span.end);
            }
            None if self.open.is_empty() || self.is_followed_by_own_end_tag() => self.stray_end_tag(span),
            None => {
                self.report_mismatch(span);
                self.finish(Some(span), span.end);
            }
        }
    }

    /// Whether the innermost open element's own end tag comes next: then the one before it closes nothing.
    fn is_followed_by_own_end_tag(&self) -> bool {
        let next = self.cursor.rest().trim_start().strip_prefix("</");
        let own = self.open.last().map(|element| &*element.name);
        matches!((next, own), (Some(next), Some(own)) if next.strip_prefix(own).is_some_and(|rest| rest.trim_start().starts_with('>')))
    }

    fn stray_end_tag(&mut self, span: Span) {
        let message = format!("{} closes nothing", quoted(self.slice(span)));
        self.error("stray-end-tag", span, message, "remove it, or add the start tag");
        self.push(Child::Skipped(span));
    }

    fn report_mismatch(&mut self, span: Span) {
        let Some(element) = self.open.last() else { return };
        let (name, opened) = (element.name.clone(), element.name_span);
        let message = format!("{} does not close `<{name}>`", quoted(self.slice(span)));
        let problem = Diagnostic::error("mismatched-end-tag", message)
            .at(self.at(span))
            .label(self.at(opened), format!("`<{name}>` is opened here"))
            .help(format!("write `</{name}>`"));
        self.report(problem);
    }

    /// Reports that the innermost open element lacks its end tag.
    fn report_unclosed(&mut self, before: Option<Span>) {
        let Some(element) = self.open.last() else { return };
        let (name, opened) = (element.name.clone(), element.name_span);
        let mut problem = Diagnostic::error("unclosed-element", format!("`<{name}>` is not closed"))
            .at(self.at(opened))
            .help(format!("add `</{name}>`, or end the start tag with `/>`"));
        if let Some(before) = before {
            problem = problem.label(self.at(before), "it should be closed before this");
        }
        self.report(problem);
    }

    /// Ends the innermost open element.
    fn finish(&mut self, close_span: Option<Span>, end: u32) {
        let Some(mut element) = self.open.pop() else { return };
        element.close_span = close_span;
        element.span.end = end;
        if self.markup_from.is_some_and(|from| self.open.len() < from) {
            self.markup_from = None;
        }
        self.push(Child::Element(element));
    }

    /// Ends everything that is open at the end of the text.
    pub(super) fn close_all(&mut self) {
        let end = Span::between(0, self.file.text().len()).end;
        while !self.open.is_empty() {
            if !self.stopped {
                self.report_unclosed(None);
            }
            self.finish(None, end);
        }
    }
}
