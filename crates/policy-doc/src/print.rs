//! A document as text again: as it was read, or in one of the two formats of the management API.
//!
//! Only expressions are written differently: in `xml` the characters that XML reserves are entities, in `rawxml` they
//! stand for themselves. White space, comments and literal values stay as they are, so that reading what was printed
//! gives the same document. What XML refuses but the reader accepts (unquoted values, `&` in text, `--` in comments)
//! is mended in `xml`. Parts that the reader could not understand are copied.

use source::{MappedText, Span};

use crate::decode::{Blanks, Entity, decode, entity};
use crate::value::{Part, PartKind};
use crate::{Child, Document, Element, Quote, RawValue};

/// How to write a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Exactly as it was read.
    AsRead,
    /// The management API's `xml`: well-formed, with `&`, `<`, `>` and `"` of the C# as entities.
    Xml,
    /// The management API's `rawxml`: the C# as people write it.
    RawXml,
}

/// Writes a document.
#[must_use]
pub fn print(document: &Document, format: Format) -> String {
    let text = document.file.text();
    let mut printer = Printer { text, format, out: String::with_capacity(text.len()) };
    if text.starts_with('\u{FEFF}') {
        printer.out.push('\u{FEFF}');
    }
    printer.children(&document.nodes);
    printer.out
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    Attribute(Quote),
}

struct Printer<'t> {
    text: &'t str,
    format: Format,
    out: String,
}

impl Printer<'_> {
    /// Recursion is bounded by the depth that the reader allows.
    fn children(&mut self, children: &[Child]) {
        for child in children {
            self.child(child);
        }
    }

    fn child(&mut self, child: &Child) {
        match child {
            Child::Element(element) => self.element(element),
            Child::Text(value) => self.value(value, Place::Text),
            Child::Comment(span) => self.comment(*span),
            Child::CData(_) | Child::ProcessingInstruction(_) | Child::Skipped(_) => self.copy(child.span()),
        }
    }

    fn copy(&mut self, span: Span) {
        self.out.push_str(span.of(self.text));
    }

    fn element(&mut self, element: &Element) {
        let mut done = element.open_span.start;
        for attribute in &element.attributes {
            let value = &attribute.value;
            self.copy(Span::new(done, value.span().start));
            self.attribute(value, attribute.quote);
            done = value.span().end;
        }
        self.copy(Span::new(done, element.open_span.end));
        self.children(&element.children);
        self.copy(element.close_span.unwrap_or_default());
    }

    fn attribute(&mut self, value: &RawValue, quote: Quote) {
        let is_mended = self.format == Format::Xml && quote == Quote::Unquoted && !value.is_broken();
        let added = if is_mended { "\"" } else { "" };
        self.out.push_str(added);
        self.value(value, Place::Attribute(quote));
        self.out.push_str(added);
    }

    fn value(&mut self, value: &RawValue, place: Place) {
        if value.is_broken() || self.format == Format::AsRead {
            return self.copy(value.span());
        }
        let Some(written) = value.written_expression() else { return self.literal(value, place) };
        self.copy(Span::new(value.span().start, written.span.start));
        self.code(written.span, place);
        self.copy(Span::new(written.span.end, value.span().end));
    }

    fn code(&mut self, span: Span, place: Place) {
        let mut code = MappedText::new();
        // Text and attributes are decoded alike as long as blanks are kept.
        decode(Part { span, kind: PartKind::Text }, self.text, Blanks::Keep, &mut code);
        match self.format {
            Format::Xml => code.text().chars().for_each(|c| self.encoded(c, place)),
            Format::RawXml | Format::AsRead => self.decoded(code.text()),
        }
    }

    fn encoded(&mut self, c: char, place: Place) {
        match c {
            '&' => self.out.push_str("&amp;"),
            '<' => self.out.push_str("&lt;"),
            '>' => self.out.push_str("&gt;"),
            '"' => self.out.push_str("&quot;"),
            '\'' if place == Place::Attribute(Quote::Single) => self.out.push_str("&apos;"),
            _ => self.out.push(c),
        }
    }

    /// C# as people write it. An `&` that would begin an entity stays one, or reading it back would decode it.
    fn decoded(&mut self, code: &str) {
        let mut done = 0;
        for at in memchr::memchr_iter(b'&', code.as_bytes()) {
            if !matches!(code.get(at..).map(entity), Some(Entity::Character(..))) {
                continue;
            }
            self.out.push_str(code.get(done..at).unwrap_or(""));
            self.out.push_str("&amp;");
            done = at + 1;
        }
        self.out.push_str(code.get(done..).unwrap_or(""));
    }

    /// Literal text: in `xml`, what stands for itself where XML wants an entity becomes one.
    fn literal(&mut self, value: &RawValue, place: Place) {
        if self.format != Format::Xml {
            return self.copy(value.span());
        }
        let raw = value.raw();
        for (at, c) in raw.char_indices() {
            let is_lone = c == '&' && matches!(raw.get(at..).map(entity), Some(Entity::Lone));
            let is_quote = place == Place::Attribute(Quote::Double) && c == '"'
                || place == Place::Attribute(Quote::Single) && c == '\'';
            if is_lone || is_quote || c == '<' {
                self.encoded(c, place);
            } else {
                self.out.push(c);
            }
        }
    }

    fn comment(&mut self, span: Span) {
        let text = span.of(self.text);
        let inside = text.strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->"));
        match inside {
            Some(inside) if self.format == Format::Xml => {
                self.out.push_str("<!--");
                self.hyphens(inside);
                self.out.push_str("-->");
            }
            _ => self.out.push_str(text),
        }
    }

    /// A comment's text with a blank behind each hyphen that is followed by another one or by the comment's end.
    fn hyphens(&mut self, inside: &str) {
        let mut characters = inside.chars().peekable();
        while let Some(c) = characters.next() {
            self.out.push(c);
            if c == '-' && characters.peek().is_none_or(|&next| next == '-') {
                self.out.push(' ');
            }
        }
    }
}
