//! A value as it stands in the file: an attribute's, or the text of an element.
//!
//! Nothing is decoded here before it is asked for, because what a value means depends on named values that the
//! reader does not know: see [`RawValue::resolve`].

use std::sync::Arc;

use source::{Location, MappedText, SourceFile, Span};

use crate::Form;
use crate::decode::{Blanks, decode};
use crate::name::next_reference;

/// What the reader found between quotes or tags.
#[derive(Clone, Debug)]
pub struct RawValue {
    file: Arc<SourceFile>,
    span: Span,
    parts: Parts,
    written: Option<WrittenExpression>,
    broken: bool,
}

/// Nearly every value has one part; an element's text has more where comments or CDATA interrupt it.
#[derive(Clone, Debug)]
struct Parts {
    first: Part,
    rest: Vec<Part>,
}

/// A run of the file of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) span: Span,
    pub(crate) kind: PartKind,
}

/// How a run of the file is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartKind {
    /// Entities are decoded, line breaks of literals become blanks.
    Attribute,
    /// Entities are decoded.
    Text,
    /// Taken as it is.
    CData,
    /// Elements and text together, taken as they are; never an expression.
    Markup,
}

/// An expression that stands in the file as such, before any named value is put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenExpression {
    /// `@(...)` or `@{...}`.
    pub form: Form,
    /// From the `@` to the closing bracket, both included.
    pub span: Span,
}

/// A `{{name}}` in a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The named value's display name.
    pub name: Arc<str>,
    /// Where it stands in the file, braces included.
    pub span: Span,
}

/// A part of a decoded value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text between references.
    Literal(MappedText),
    /// A `{{name}}`, not yet replaced.
    NamedValue(Reference),
}

impl RawValue {
    pub(crate) fn new(file: &Arc<SourceFile>, part: Part) -> Self {
        let parts = Parts { first: part, rest: Vec::new() };
        Self { file: Arc::clone(file), span: part.span, parts, written: None, broken: false }
    }

    pub(crate) fn with_expression(mut self, written: Option<WrittenExpression>) -> Self {
        self.written = written;
        self
    }

    /// Marks a value for which the reader has reported an error that leaves it without meaning.
    pub(crate) fn broken_if(mut self, broken: bool) -> Self {
        self.broken = broken;
        self
    }

    /// Several values as one; without any, an empty one at the beginning of `span`.
    pub(crate) fn joined<'a>(
        file: &Arc<SourceFile>,
        span: Span,
        mut values: impl Iterator<Item = &'a Self>,
    ) -> Self {
        let Some(first) = values.next() else {
            return Self::new(file, Part { span: Span::new(span.start, span.start), kind: PartKind::Text });
        };
        values.fold(first.clone(), |mut whole, next| {
            whole.written = if whole.is_blank() { next.written } else { whole.written };
            whole.span = whole.span.to(next.span);
            whole.broken |= next.broken;
            whole.parts.rest.extend(next.parts());
            whole
        })
    }

    /// The file it stands in.
    #[must_use]
    pub fn file(&self) -> &Arc<SourceFile> {
        &self.file
    }

    /// Where it stands, without quotes or brackets.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// Where it stands, for diagnostics.
    #[must_use]
    pub fn location(&self) -> Location {
        Location::new(&self.file, self.span)
    }

    /// Exactly as it stands in the file.
    #[must_use]
    pub fn raw(&self) -> &str {
        self.span.of(self.file.text())
    }

    /// Whether it holds white space only.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.parts().all(|part| part.span.of(self.file.text()).trim().is_empty())
    }

    /// Whether it is the text of markup, as literal XML in `set-body` is: such a value is never an expression.
    #[must_use]
    pub fn is_markup(&self) -> bool {
        self.parts.first.kind == PartKind::Markup
    }

    /// Whether an error was reported for it that leaves it without meaning; it resolves to nothing.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// The expression that it is as it stands in the file. With named values put in, another value may be one too.
    #[must_use]
    pub fn written_expression(&self) -> Option<WrittenExpression> {
        self.written
    }

    /// Decoded, with references left in and without normalising line breaks.
    #[must_use]
    pub fn text(&self) -> MappedText {
        self.decoded(Blanks::Keep)
    }

    /// The references to named values in it.
    #[must_use]
    pub fn references(&self) -> Vec<Reference> {
        let named = |piece| if let Piece::NamedValue(reference) = piece { Some(reference) } else { None };
        self.pieces().into_iter().filter_map(named).collect()
    }

    /// Decoded and cut at the references to named values.
    #[must_use]
    pub fn pieces(&self) -> Vec<Piece> {
        pieces(&self.text())
    }

    pub(crate) fn decoded(&self, blanks: Blanks) -> MappedText {
        let mut out = MappedText::new();
        for part in self.parts() {
            decode(part, self.file.text(), blanks, &mut out);
        }
        out
    }

    pub(crate) fn parts(&self) -> impl Iterator<Item = Part> {
        std::iter::once(self.parts.first).chain(self.parts.rest.iter().copied())
    }
}

/// Cuts decoded text at the references in it.
pub(crate) fn pieces(text: &MappedText) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut done = 0;
    while let Some((at, name)) = next_reference(text.text(), done) {
        push_literal(text, done, at, &mut pieces);
        let end = at + name.len() + "{{}}".len();
        let span = text.origin(Span::between(at, end));
        pieces.push(Piece::NamedValue(Reference { name: name.into(), span }));
        done = end;
    }
    push_literal(text, done, text.text().len(), &mut pieces);
    pieces
}

fn push_literal(text: &MappedText, from: usize, to: usize, pieces: &mut Vec<Piece>) {
    if from == 0 && to == text.text().len() && to > 0 {
        pieces.push(Piece::Literal(text.clone()));
    } else if from < to {
        pieces.push(Piece::Literal(text.slice(Span::between(from, to))));
    }
}
