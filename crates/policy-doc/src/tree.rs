//! The tree of a document. Every byte of the file belongs to exactly one node, so that it can be printed back.
//!
//! INVARIANT: the nodes of a document follow each other without a gap from the end of the byte order mark to the end
//! of the file, and the children of an element do so from the end of its start tag to the beginning of its end tag.

use std::sync::Arc;

use source::{Location, SourceFile, Span};

use crate::RawValue;
use crate::value::{Part, PartKind};

/// A document as it was read. It may be incomplete where problems were reported.
#[derive(Clone, Debug)]
pub struct Document {
    /// The file it was read from.
    pub file: Arc<SourceFile>,
    /// What stands at the top: the root, and the white space, comments and processing instructions around it.
    pub nodes: Vec<Child>,
}

impl Document {
    /// The first element; none in a text without any.
    #[must_use]
    pub fn root(&self) -> Option<&Element> {
        self.nodes.iter().find_map(Child::as_element)
    }
}

/// An element with everything it holds.
#[derive(Clone, Debug)]
pub struct Element {
    /// The file it stands in.
    pub file: Arc<SourceFile>,
    /// Its name with the prefix, if it has one: `set-header`, `soap:Envelope`.
    pub name: Box<str>,
    /// Where the name stands in the start tag.
    pub name_span: Span,
    /// The start tag, from `<` to `>`.
    pub open_span: Span,
    /// The end tag; none when the start tag ends in `/>`, or the end tag is missing.
    pub close_span: Option<Span>,
    /// From the start tag to the end tag, both included.
    pub span: Span,
    /// In the order in which they were written; of attributes with one name only the first is kept.
    pub attributes: Vec<Attribute>,
    /// Everything between the tags.
    pub children: Vec<Child>,
}

impl Element {
    /// Where its name stands: the place to report problems with the element as a whole.
    #[must_use]
    pub fn location(&self) -> Location {
        Location::new(&self.file, self.name_span)
    }

    /// The attribute of this name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|each| *each.name == *name)
    }

    /// The child elements.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(Child::as_element)
    }

    /// The text and CDATA children that hold more than white space and with which the reader found nothing wrong.
    pub fn texts(&self) -> impl Iterator<Item = &RawValue> {
        self.children.iter().filter_map(Child::as_text).filter(|text| !text.is_blank() && !text.is_broken())
    }

    /// The text and CDATA directly inside of the element as one value; comments do not belong to it.
    #[must_use]
    pub fn content(&self) -> RawValue {
        let texts = || self.children.iter().filter_map(Child::as_text);
        RawValue::joined(&self.file, self.inner_span(), texts())
    }

    /// What stands between the tags as one value, for `set-body` and `xsl-transform`: with child elements it is the
    /// exact text of the markup (comments and entities stay as written), without any it is [`Self::content`].
    #[must_use]
    pub fn inner(&self) -> RawValue {
        if self.elements().next().is_none() {
            return self.content();
        }
        let span = self.inner_span();
        RawValue::new(&self.file, Part { span, kind: PartKind::Markup })
    }

    /// The element with its tags as one value of markup: its exact text, in which named values are put in.
    #[must_use]
    pub fn outer(&self) -> RawValue {
        RawValue::new(&self.file, Part { span: self.span, kind: PartKind::Markup })
    }

    /// The exact text between the tags.
    #[must_use]
    pub fn inner_raw(&self) -> &str {
        self.inner_span().of(self.file.text())
    }

    /// Where the text between the tags stands.
    #[must_use]
    pub fn inner_span(&self) -> Span {
        let end = self.close_span.map_or(self.span.end, |close| close.start);
        Span::new(self.open_span.end, end.max(self.open_span.end))
    }
}

/// An attribute.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Its name, with the prefix if it has one.
    pub name: Box<str>,
    /// Where the name stands.
    pub name_span: Span,
    /// What it holds, without the quotes.
    pub value: RawValue,
    /// How the value is delimited.
    pub quote: Quote,
}

impl Attribute {
    /// Where its name stands.
    #[must_use]
    pub fn location(&self) -> Location {
        Location::new(self.value.file(), self.name_span)
    }
}

/// How an attribute's value is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quote {
    /// `"`
    Double,
    /// `'`
    Single,
    /// Not at all: `tenant-id={{TENANT_ID}}`.
    Unquoted,
}

/// A node between two tags.
#[derive(Clone, Debug)]
pub enum Child {
    /// An element.
    Element(Element),
    /// Text, white space included.
    Text(RawValue),
    /// `<!-- ... -->`
    Comment(Span),
    /// The inside of `<![CDATA[ ... ]]>`; its `raw` text is without the brackets.
    CData(RawValue),
    /// `<? ... ?>`, the XML declaration included.
    ProcessingInstruction(Span),
    /// What could not be understood, such as an end tag that closes nothing. A problem was reported for it.
    Skipped(Span),
}

impl Child {
    /// The element, if it is one.
    #[must_use]
    pub fn as_element(&self) -> Option<&Element> {
        if let Self::Element(element) = self { Some(element) } else { None }
    }

    /// The value, if it is text or CDATA.
    #[must_use]
    pub fn as_text(&self) -> Option<&RawValue> {
        if let Self::Text(value) | Self::CData(value) = self { Some(value) } else { None }
    }

    /// Where it stands, brackets included.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Element(element) => element.span,
            Self::Text(value) => value.span(),
            Self::CData(value) => cdata_span(value.span()),
            Self::Comment(span) | Self::ProcessingInstruction(span) | Self::Skipped(span) => *span,
        }
    }
}

/// The span of a whole CDATA section from that of its inside.
fn cdata_span(inside: Span) -> Span {
    let open = Span::between(0, "<![CDATA[".len()).len();
    let close = Span::between(0, "]]>".len()).len();
    Span::new(inside.start.saturating_sub(open), inside.end.saturating_add(close))
}
