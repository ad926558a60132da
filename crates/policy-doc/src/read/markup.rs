//! What begins with `<`: comments, CDATA, processing instructions, and the choice between start and end tags.

use source::{Diagnostic, Span};

use super::Reader;
use crate::name::starts_name;
use crate::resolve::quoted;
use crate::value::{Part, PartKind};
use crate::{Child, RawValue};

/// The two ways of writing that something was left out.
pub(super) const ELLIPSES: [&str; 2] = ["...", "…"];

/// Whether a text is nothing but dots that stand for something left out.
pub(super) fn is_unfilled(text: &str) -> bool {
    ELLIPSES.contains(&text.trim())
}

impl Reader<'_> {
    /// Whether a `<` that is markup stands here; any other `<` is text.
    pub(super) fn is_at_markup(&self) -> bool {
        let Some(rest) = self.cursor.rest().strip_prefix('<') else { return false };
        let is_name = |rest: &str| rest.starts_with(starts_name);
        rest.starts_with(['/', '!', '?'])
            || is_name(rest)
            || ELLIPSES.iter().any(|dots| rest.starts_with(dots))
    }

    pub(super) fn markup(&mut self) {
        let rest = self.cursor.rest();
        if rest.starts_with("<!--") {
            self.comment();
        } else if rest.starts_with("<![CDATA[") {
            self.cdata();
        } else if rest.starts_with("<!") {
            self.declaration();
        } else if rest.starts_with("<?") {
            self.instruction();
        } else if rest.starts_with("</") {
            self.end_tag();
        } else if rest.starts_with("<.") || rest.starts_with("<…") {
            self.unfilled_tag();
        } else {
            self.start_tag();
        }
    }

    /// COMPAT: comments are not searched for expressions; published documents comment out policies with unescaped
    /// C# in them, and `--` in a comment is accepted (expressions reference, section 2.2).
    fn comment(&mut self) {
        let start = self.cursor.at();
        self.cursor.take("<!--");
        let inside = self.go_past("-->", "comment");
        let span = self.cursor.span_from(start);
        if let Some(inside) = inside {
            self.check_hyphens(inside);
            self.push(Child::Comment(span));
        } else {
            self.push(Child::Skipped(span));
        }
    }

    fn check_hyphens(&mut self, inside: Span) {
        let text = self.slice(inside);
        let found = text.find("--").or_else(|| text.ends_with('-').then(|| text.len() - 1));
        let Some(found) = found else { return };
        let start = inside.start as usize + found;
        let problem = if text.get(..found).is_some_and(|before| before.ends_with("<!")) {
            Diagnostic::warning("nested-comment", "a comment begins inside of a comment")
                .at(self.at(Span::between(start - 2, start + 2)))
                .label(self.at(Span::new(inside.start - 4, inside.start)), "this one is still open")
                .help("close the first one with `-->`; what stands between them is not read")
        } else {
            Diagnostic::warning("hyphens-in-comment", "`--` stands inside of a comment")
                .at(self.at(Span::between(start, start + 2)))
                .help("XML does not allow it, and the document is refused where XML is checked: write `- -`")
        };
        self.report(problem);
    }

    fn cdata(&mut self) {
        let start = self.cursor.at();
        self.cursor.take("<![CDATA[");
        let Some(inside) = self.go_past("]]>", "CDATA section") else {
            self.push_skipped(start);
            return;
        };
        let (written, broken) = self.cdata_expression(inside);
        let part = Part { span: inside, kind: PartKind::CData };
        let value = RawValue::new(self.file, part).with_expression(written).broken_if(broken);
        self.may_begin &= value.is_blank();
        self.push(Child::CData(value));
    }

    fn instruction(&mut self) {
        let start = self.cursor.at();
        self.cursor.take("<?");
        let found = self.go_past("?>", "processing instruction").is_some();
        let span = self.cursor.span_from(start);
        self.push(if found { Child::ProcessingInstruction(span) } else { Child::Skipped(span) });
    }

    /// `<!DOCTYPE ...>` and the like. Policy documents have none, and entity definitions are a known attack.
    fn declaration(&mut self) {
        let start = self.cursor.at();
        self.cursor.take("<!");
        let word = self.cursor.skip_while(|c| c.is_alphanumeric());
        let message =
            format!("{} is not accepted in a policy document", quoted(&format!("<!{}", self.slice(word))));
        self.cursor.skip_while(|c| !matches!(c, '[' | '>'));
        if self.cursor.starts_with("[") {
            self.cursor.skip_while(|c| c != ']');
        }
        self.go_past_tag();
        let span = self.cursor.span_from(start);
        self.error(
            "declaration",
            span,
            message,
            "remove it; entities other than XML's five are not known here",
        );
        self.push(Child::Skipped(span));
    }

    fn unfilled_tag(&mut self) {
        let start = self.cursor.at();
        self.go_past_tag();
        let span = self.cursor.span_from(start);
        self.report_unfilled(span);
        self.push(Child::Skipped(span));
    }

    pub(super) fn report_unfilled(&mut self, span: Span) {
        let dots = quoted(self.slice(span).trim());
        let message = format!("placeholder {dots} was not filled in");
        self.error("unfilled-placeholder", span, message, "write what belongs there, or remove it");
    }

    /// Goes past the next `>`, or to the end.
    pub(super) fn go_past_tag(&mut self) {
        let end = self.cursor.find_byte(b'>').map_or(self.file.text().len(), |at| at + 1);
        self.cursor.go_to(end);
    }

    /// Goes past `end` and gives what stands before it. Without any the problem is reported, and what is left of
    /// the document is passed.
    fn go_past(&mut self, end: &str, what: &str) -> Option<Span> {
        let start = self.cursor.at();
        let Some(found) = self.cursor.find(end) else {
            let message = format!("this {what} is not closed");
            let opening = Span::between(start.saturating_sub(2), start);
            self.error("unclosed-markup", opening, message, &format!("close it with `{end}`"));
            self.cursor.go_to(self.file.text().len());
            return None;
        };
        self.cursor.go_to(found + end.len());
        Some(Span::between(start, found))
    }
}
