//! Reporting: the limit on problems, and the checks of the document as a whole.

use source::{Diagnostic, Location, Span};

use super::Reader;
use crate::Child;
use crate::decode::is_allowed;

impl Reader<'_> {
    pub(super) fn at(&self, span: Span) -> Location {
        Location::new(self.file, span)
    }

    /// Reports a problem, and stops the reading when there are too many.
    pub(super) fn report(&mut self, problem: Diagnostic) {
        if self.problems.len() < self.limits.problems {
            self.problems.push(problem);
        } else if self.problems.len() == self.limits.problems {
            let at = problem.at;
            let many = Diagnostic::error("too-many-problems", "too many problems: the reading stops here")
                .help("repair the ones above first");
            self.problems.push(Diagnostic { at, ..many });
            self.stopped = true;
        }
    }

    pub(super) fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>, help: &str) {
        let problem = Diagnostic::error(code, message).at(self.at(span)).help(help);
        self.report(problem);
    }

    /// Ends the reading because a bound is reached. What is being read is finished first.
    pub(super) fn stop(&mut self, code: &'static str, message: String, help: &str) {
        let here = Span::between(self.cursor.at(), self.cursor.at());
        self.error(code, here, message, help);
        self.stopped = true;
    }

    /// Keeps what was not read.
    pub(super) fn skip_rest(&mut self) {
        let start = self.cursor.at();
        self.cursor.go_to(self.file.text().len());
        if start < self.cursor.at() {
            self.push_skipped(start);
        }
    }

    pub(super) fn check_size(&mut self) {
        let (bytes, limit) = (self.file.text().len(), self.limits.bytes);
        if bytes > limit {
            let message = format!("the document has {bytes} bytes, more than the limit of {limit}");
            self.stop("document-too-large", message, "move parts of it into policy fragments");
        }
    }

    /// Reports the first character that no document may hold.
    pub(super) fn check_characters(&mut self) {
        let text = self.cursor.rest();
        let marks = ["\u{FDD0}", "\u{FDD1}"]
            .iter()
            .any(|mark| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some());
        let controls = text.bytes().any(|byte| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r'));
        if !marks && !controls {
            return;
        }
        let from = self.cursor.at();
        let found = text.char_indices().find(|&(_, c)| !is_allowed(c));
        if let Some((at, c)) = found {
            let span = Span::between(from + at, from + at + c.len_utf8());
            let message = format!("the character U+{:04X} may not stand in a document", u32::from(c));
            self.error(
                "forbidden-character",
                span,
                message,
                "remove it; in C# write it as an escape such as `\\u0001`",
            );
        }
    }

    pub(super) fn check_root(&mut self) {
        let roots: Vec<Span> =
            self.nodes.iter().filter_map(Child::as_element).map(|each| each.name_span).collect();
        match roots.as_slice() {
            [] if !self.problems.has_errors() => {
                let help = "a document is one `<policies>` element, a fragment one `<fragment>` element";
                self.error("no-root-element", Span::new(0, 0), "the document has no element", help);
            }
            [first, second, ..] => {
                let problem =
                    Diagnostic::error("second-root-element", "the document has more than one root element")
                        .at(self.at(*second))
                        .label(self.at(*first), "the first one")
                        .help("put both into one `<policies>` or `<fragment>` element");
                self.report(problem);
            }
            _ => {}
        }
    }
}
