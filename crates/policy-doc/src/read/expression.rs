//! Expressions on the way: where they end, and what to say when they do not.

use source::Span;

use super::Reader;
use crate::code::{Endless, Entities, end_of_code, form_at};
use crate::resolve::quoted;
use crate::{Form, WrittenExpression};

/// How far may be searched in vain for ends of expressions: this many bytes, and this many times the text's length.
/// Beyond it a broken document is not worth it.
const WASTE: usize = 2 << 20;
const WASTE_TIMES: usize = 4;

impl Reader<'_> {
    /// The form of the expression that begins here.
    pub(super) fn form_here(&self) -> Option<Form> {
        form_at(self.cursor.rest())
    }

    /// Passes the expression that begins here, in text that ends at `until`. When it has no end, the cursor stays.
    pub(super) fn expression(
        &mut self,
        form: Form,
        until: usize,
        entities: Entities,
    ) -> Result<WrittenExpression, Endless> {
        let start = self.cursor.at();
        let end = self.find_end(start, until, entities)?;
        self.cursor.go_to(end);
        Ok(WrittenExpression { form, span: Span::between(start, end) })
    }

    /// Reports that the expression at `start` has no end. Its value most likely ends at `likely`: what is wrong is
    /// looked for up to there, because a missing quote or bracket makes code of everything behind.
    pub(super) fn report_endless(&mut self, start: usize, likely: usize, otherwise: Option<Endless>) {
        let nearer = self.find_end(start, likely, Entities::Decoded).err();
        if let Some(endless) = nearer.or(otherwise) {
            self.report(endless.diagnostic(self.at(endless.span)));
        }
        if self.is_wasting() && !self.stopped {
            let message = "too many expressions have no end: the reading stops here".to_owned();
            self.stop("too-many-problems", message, "repair the ones above first");
        }
    }

    /// Where the expression at `start` ends, without reporting anything.
    pub(super) fn end_of_expression(&mut self, start: usize) -> Option<usize> {
        if self.is_wasting() {
            return None;
        }
        self.find_end(start, self.file.text().len(), Entities::Decoded).ok()
    }

    fn is_wasting(&self) -> bool {
        self.wasted > WASTE.max(self.file.text().len().saturating_mul(WASTE_TIMES))
    }

    fn find_end(&mut self, start: usize, until: usize, entities: Entities) -> Result<usize, Endless> {
        let text = self.file.text().get(..until).unwrap_or("");
        let end = end_of_code(text, start, entities);
        if let Err(endless) = &end {
            self.wasted += endless.read_to.saturating_sub(start);
        }
        end
    }

    /// The expression in a CDATA section, and whether the section is broken.
    pub(super) fn cdata_expression(&mut self, inside: Span) -> (Option<WrittenExpression>, bool) {
        let text = self.slice(inside);
        let start = inside.start as usize + (text.len() - text.trim_start().len());
        let form = form_at(text.trim_start()).filter(|_| self.may_begin && !self.is_in_markup_value());
        let Some(form) = form else { return (None, false) };
        let behind = self.cursor.at();
        self.cursor.go_to(start);
        let found = self.expression(form, inside.end as usize, Entities::Plain);
        self.cursor.go_to(behind);
        match found {
            Ok(written) => {
                (Some(written), self.check_behind(written, Span::new(written.span.end, inside.end)))
            }
            Err(endless) => {
                self.report(endless.diagnostic(self.at(endless.span)));
                (None, true)
            }
        }
    }

    pub(super) fn report_typographic(&mut self, span: Span) {
        let message = format!("{} is a typographic quote", quoted(self.slice(span)));
        let help = "write `\"` (or `'`); word processors and web pages put other characters in their place";
        self.error("typographic-quote", span, message, help);
    }
}
