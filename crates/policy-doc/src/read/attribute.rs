//! Attributes: `name="value"` in all the ways in which people write it.

use source::{Diagnostic, Span};

use super::Reader;
use super::markup::is_unfilled;
use crate::code::{Entities, find_expression, is_typographic_quote};
use crate::name::{continues_name, next_reference, starts_name};
use crate::resolve::quoted;
use crate::value::{Part, PartKind};
use crate::{Attribute, Quote, RawValue, WrittenExpression};

/// What was read as a value.
struct Read {
    span: Span,
    written: Option<WrittenExpression>,
    broken: bool,
}

impl Read {
    fn literal(span: Span) -> Self {
        Self { span, written: None, broken: false }
    }

    fn broken(span: Span) -> Self {
        Self { span, written: None, broken: true }
    }
}

impl Reader<'_> {
    /// Reads the attribute whose name begins here; `blank` is the white space before it.
    pub(super) fn attribute(&mut self, blank: Span, attributes: &mut Vec<Attribute>) {
        let Some(name_span) = self.cursor.take_name() else { return };
        if blank.is_empty() && !attributes.is_empty() {
            let message = format!("there is no blank before the attribute {}", quoted(self.slice(name_span)));
            self.error("missing-blank", name_span, message, "put a blank between attributes");
        }
        let behind = self.cursor.at();
        self.cursor.skip_blank();
        if !self.cursor.take("=") {
            self.cursor.go_to(behind);
            let name = self.slice(name_span);
            let message = format!("the attribute {} has no value", quoted(name));
            return self.error("attribute-without-value", name_span, message, "write it as `name=\"value\"`");
        }
        self.cursor.skip_blank();
        let (read, quote) = self.value(name_span);
        let part = Part { span: read.span, kind: PartKind::Attribute };
        let value = RawValue::new(self.file, part).with_expression(read.written).broken_if(read.broken);
        attributes.push(Attribute { name: self.slice(name_span).into(), name_span, value, quote });
    }

    fn value(&mut self, name: Span) -> (Read, Quote) {
        match self.cursor.peek() {
            Some('"') => (self.quoted('"'), Quote::Double),
            Some('\'') => (self.quoted('\''), Quote::Single),
            Some(c) if is_typographic_quote(c) => (self.typographic(), Quote::Unquoted),
            _ => (self.unquoted(name), Quote::Unquoted),
        }
    }

    fn quoted(&mut self, quote: char) -> Read {
        self.cursor.skip_char();
        let start = self.cursor.at();
        self.cursor.skip_blank();
        let begin = self.cursor.at();
        let Some(form) = self.form_here().filter(|_| !self.is_markup_tag()) else {
            self.cursor.go_to(start);
            return self.literal(quote, start);
        };
        match self.expression(form, self.file.text().len(), Entities::Decoded) {
            Ok(written) => self.behind_expression(quote, start, written),
            Err(endless) => {
                let read = self.after_trouble(quote, start);
                self.report_endless(begin, read.span.end as usize, Some(endless));
                read
            }
        }
    }

    /// Behind an expression only white space and the closing quote may stand.
    fn behind_expression(&mut self, quote: char, start: usize, written: WrittenExpression) -> Read {
        self.cursor.skip_blank();
        let at = self.cursor.at();
        if self.cursor.peek() == Some(quote) {
            self.cursor.skip_char();
            return Read { span: Span::between(start, at), written: Some(written), broken: false };
        }
        if self.cursor.peek().is_some_and(is_typographic_quote) {
            return self.end_at_typographic(start, at);
        }
        self.cursor.go_to(written.span.start as usize);
        if self.likely_end(quote).is_some_and(|likely| likely < written.span.end as usize) {
            let read = self.after_trouble(quote, start);
            self.report_endless(written.span.start as usize, read.span.end as usize, None);
            return read;
        }
        self.cursor.go_to(at);
        let Some(plain) = self.cursor.find_byte(quote as u8) else { return self.unclosed(start, at) };
        let end = self.closing_quote(quote, at, plain);
        self.cursor.go_to(end + 1);
        self.check_behind(written, Span::between(at, end));
        Read::broken(Span::between(start, end))
    }

    /// The first quote from here that looks like the end of a value.
    fn likely_end(&self, quote: char) -> Option<usize> {
        let at = self.cursor.at();
        let quotes = memchr::memchr_iter(quote as u8, self.cursor.rest().as_bytes());
        quotes.map(|found| at + found).find(|&found| self.ends_value(found + 1))
    }

    /// Goes on behind a value whose expression has no end: at the first quote that looks like the closing one.
    fn after_trouble(&mut self, quote: char, start: usize) -> Read {
        let end = self.likely_end(quote);
        let Some(end) = end else {
            self.cursor.skip_while(|c| c != '\n');
            return Read::broken(self.cursor.span_from(start));
        };
        self.cursor.go_to(end + 1);
        Read::broken(Span::between(start, end))
    }

    /// Whether what stands at `at` is what follows a closed value: the end of the tag, or another attribute.
    fn ends_value(&self, at: usize) -> bool {
        let rest = self.file.text().get(at..).unwrap_or("");
        let next = rest.trim_start();
        if next.starts_with('>') || next.starts_with("/>") {
            return true;
        }
        let is_name = next.len() < rest.len() && next.starts_with(starts_name);
        is_name && next.trim_start_matches(continues_name).trim_start().starts_with('=')
    }

    /// A value that does not begin with an expression.
    fn literal(&mut self, quote: char, start: usize) -> Read {
        let Some(plain) = self.cursor.find_byte(quote as u8) else { return self.unclosed(start, start) };
        let end = self.closing_quote(quote, start, plain);
        let span = Span::between(start, end);
        self.cursor.go_to(end + 1);
        if end != plain && !self.is_markup_tag() {
            let problem = crate::resolve::mixed(Diagnostic::error, self.at(span));
            self.report(problem);
            return Read::broken(span);
        }
        if end == plain && !self.is_delimited() {
            return self.odd_end(quote, span);
        }
        self.checked(span)
    }

    fn checked(&mut self, span: Span) -> Read {
        if !self.is_markup_tag() && is_unfilled(self.slice(span)) {
            self.report_unfilled(span);
            return Read::broken(span);
        }
        if !(self.is_markup_tag() && find_expression(self.slice(span)).is_some()) {
            self.check_literal(span, PartKind::Attribute);
        }
        Read::literal(span)
    }

    /// The quote that closes a value, when quotes inside of expressions are passed over; `plain` is the first quote.
    fn closing_quote(&mut self, quote: char, start: usize, plain: usize) -> usize {
        let text = self.file.text();
        let (mut from, mut end) = (start, plain);
        while let Some(found) = text.get(from..end).and_then(find_expression) {
            let Some(behind) = self.end_of_expression(from + found) else {
                from += found + 2;
                continue;
            };
            from = behind;
            if behind > end {
                let rest = text.as_bytes().get(behind..).unwrap_or_default();
                let Some(next) = memchr::memchr(quote as u8, rest) else { return plain };
                end = behind + next;
            }
        }
        end
    }

    /// Whether white space or the end of the tag follows.
    fn is_delimited(&self) -> bool {
        let rest = self.cursor.rest();
        rest.is_empty()
            || rest.starts_with(char::is_whitespace)
            || rest.starts_with('>')
            || rest.starts_with("/>")
    }

    /// A closing quote with more text directly behind it: finds out which mistake it is.
    fn odd_end(&mut self, quote: char, span: Span) -> Read {
        let (start, end) = (span.start as usize, span.end as usize);
        let text = self.slice(span);
        if let Some(at) = self.typographic_end(text, start) {
            return self.end_at_typographic(start, at);
        }
        if text.contains(['<', '\n']) {
            return self.unclosed(start, start);
        }
        if self.is_at_attribute() {
            return self.checked(span);
        }
        let Some(close) = self.later_end(quote) else { return self.checked(span) };
        let message = "the value ends at this quote, but more text follows".to_owned();
        let instead = if quote == '"' { "&quot;" } else { "&apos;" };
        let help = format!("write `{instead}` for a quote inside of the value");
        self.error("quote-in-value", Span::between(end, end + 1), message, &help);
        self.cursor.go_to(close + 1);
        Read::broken(Span::between(start, close))
    }

    /// The next quote on this line that looks like the closing one.
    fn later_end(&self, quote: char) -> Option<usize> {
        let line = self.cursor.rest().split(['<', '\n']).next().unwrap_or("");
        let quotes = memchr::memchr_iter(quote as u8, line.as_bytes());
        let end = quotes.map(|found| self.cursor.at() + found).find(|&found| self.ends_value(found + 1))?;
        let between = self.slice(Span::between(self.cursor.at(), end));
        // Another attribute in between: its end is not this one's.
        (!between.contains(&format!("={quote}"))).then_some(end)
    }

    /// Whether `name="` or `name='` follows.
    fn is_at_attribute(&self) -> bool {
        let rest = self.cursor.rest();
        let behind = rest.trim_start_matches(continues_name);
        rest.starts_with(starts_name) && (behind.starts_with("=\"") || behind.starts_with("='"))
    }

    /// A value that has no closing quote. It ends with its line or tag.
    fn unclosed(&mut self, start: usize, from: usize) -> Read {
        let opening = Span::between(start.saturating_sub(1), start);
        self.error(
            "unclosed-value",
            opening,
            "this quote is not closed",
            "close the value with the same quote",
        );
        self.cursor.go_to(from);
        self.cursor.skip_while(|c| !matches!(c, '\n' | '<' | '>'));
        let end = self.cursor.at();
        let is_empty_tag =
            self.cursor.starts_with(">") && end > start && self.file.text().get(end - 1..end) == Some("/");
        let end = if is_empty_tag { end - 1 } else { end };
        self.cursor.go_to(end);
        Read::broken(Span::between(start, end))
    }

    /// `name=“value”`
    fn typographic(&mut self) -> Read {
        let open = self.cursor.at();
        self.cursor.skip_char();
        let start = self.cursor.at();
        self.report_typographic(Span::between(open, start));
        let rest = self.cursor.rest();
        let is_quote = |&(_, c): &(usize, char)| is_typographic_quote(c) || matches!(c, '"' | '\'');
        let ends = |&(at, c): &(usize, char)| self.ends_value(start + at + c.len_utf8());
        let end = rest.char_indices().filter(is_quote).find(ends);
        let Some((at, c)) = end else {
            self.cursor.skip_while(|c| !matches!(c, '\n' | '<' | '>'));
            return Read::broken(self.cursor.span_from(start));
        };
        self.cursor.go_to(start + at + c.len_utf8());
        Read::broken(Span::between(start, start + at))
    }

    /// Where a typographic quote in `text` looks like the end of the value.
    fn typographic_end(&self, text: &str, start: usize) -> Option<usize> {
        let ends =
            |&(at, c): &(usize, char)| is_typographic_quote(c) && self.ends_value(start + at + c.len_utf8());
        text.char_indices().find(ends).map(|(at, _)| start + at)
    }

    /// Ends a value at the typographic quote that stands at `at`.
    fn end_at_typographic(&mut self, start: usize, at: usize) -> Read {
        self.cursor.go_to(at);
        self.cursor.skip_char();
        self.report_typographic(self.cursor.span_from(at));
        Read::broken(Span::between(start, at))
    }

    /// A value without quotes.
    ///
    /// COMPAT: published how-tos print `tenant-id={{TENANT_ID}}`; exactly one named value is accepted so.
    fn unquoted(&mut self, name: Span) -> Read {
        let start = self.cursor.at();
        if let Some((0, reference)) = next_reference(self.cursor.rest(), 0) {
            self.cursor.go_to(start + reference.len() + "{{}}".len());
            if self.is_delimited() {
                return Read::literal(self.cursor.span_from(start));
            }
        }
        let end = if self.form_here().is_some() { self.end_of_expression(start) } else { None };
        self.cursor.go_to(end.unwrap_or(self.cursor.at()));
        while !self.is_delimited() && !self.cursor.starts_with("<") {
            self.cursor.skip_char();
        }
        let span = self.cursor.span_from(start);
        self.report_unquoted(name, span);
        Read::broken(span)
    }

    fn report_unquoted(&mut self, name: Span, span: Span) {
        let text = self.slice(span);
        if is_unfilled(text) {
            return self.report_unfilled(span);
        }
        let name = self.slice(name);
        if text.is_empty() {
            let message = format!("the attribute {} has no value", quoted(name));
            return self.error("attribute-without-value", span, message, "write it as `name=\"value\"`");
        }
        let message = format!("the value {} is not in quotes", quoted(text));
        let outer = if text.contains('"') { '\'' } else { '"' };
        let shown = quoted(&format!("{name}={outer}{text}{outer}"));
        self.error("unquoted-value", span, message, &format!("write {shown}"));
    }
}
