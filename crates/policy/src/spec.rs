//! What a policy says of itself. From this one constant come the checks of a document (unknown attributes, wrong
//! section, wrong scope, repetition), its reference page, the schema, and the example tests.

use crate::section::{Scopes, Sections};
use expr::Facts;

/// The declaration of a policy. See `docs/adding-a-policy.md`.
#[derive(Clone, Copy, Debug)]
pub struct PolicySpec {
    /// Element name, such as `set-header`.
    pub element: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Where it may stand in a document.
    pub sections: Sections,
    /// In documents of which scopes.
    pub scopes: Scopes,
    /// How often in one section of one document.
    pub repeat: Repeat,
    /// Attributes besides `id`, which every policy has.
    pub attributes: &'static [AttributeSpec],
    /// Child elements, and text.
    pub children: &'static [ChildSpec],
    /// Whether the children must stand in the order in which they are declared.
    pub order: Order,
    /// What running it reads beyond what its expressions read. In `outbound` and `on-error` the headers of the request may be
    /// gone unless [`Facts::REQUEST_HEADERS`] stands here.
    pub reads: Facts,
    /// Behaviour in prose, a paragraph each; goes to the reference page.
    pub notes: &'static [&'static str],
    /// Declared deviations from API Management.
    pub differences: &'static [&'static str],
    /// The documentation page that is followed.
    pub source: &'static str,
    /// Examples; each is a test.
    pub examples: &'static [Example],
}

/// How often a policy may stand in one section of one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// As often as wanted.
    Many,
    /// Once in a section.
    OncePerSection,
}

/// In which order child elements of different names may stand.
///
/// Documentation asks for the order of the policy statement; the published schemas enforce it for most policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// In that of the declaration.
    AsDeclared,
    /// In any.
    Any,
}

/// An attribute of a policy or of one of its children.
#[derive(Clone, Copy, Debug)]
pub struct AttributeSpec {
    /// Its name.
    pub name: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: bool,
    /// Whether a policy expression may stand as its value.
    pub expression: bool,
    /// What holds when it is absent, as documentation shows it.
    pub default: Option<&'static str>,
    /// One sentence.
    pub doc: &'static str,
}

/// What a value is, for documentation and schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    String,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// A number.
    Double,
    /// Whole seconds.
    Seconds,
    /// Whole milliseconds.
    Milliseconds,
    /// One of these words.
    Enum(&'static [&'static str]),
    /// Any value that a context variable may hold.
    Any,
}

/// An attribute that is optional and takes expressions, to be refined by the methods.
#[must_use]
pub const fn attribute(name: &'static str, kind: Kind, doc: &'static str) -> AttributeSpec {
    AttributeSpec { name, kind, required: false, expression: true, default: None, doc }
}

impl AttributeSpec {
    /// It must be there.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// A policy expression may not stand as its value.
    #[must_use]
    pub const fn literal(mut self) -> Self {
        self.expression = false;
        self
    }

    /// What holds when it is absent.
    #[must_use]
    pub const fn default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }
}

/// A child element, or the element's text.
#[derive(Clone, Copy, Debug)]
pub struct ChildSpec {
    /// Element name; [`ChildSpec::TEXT`] for text, [`ChildSpec::POLICIES`] for any policies.
    pub name: &'static str,
    /// At least so many.
    pub min: u32,
    /// At most so many.
    pub max: u32,
    /// The child's attributes.
    pub attributes: &'static [AttributeSpec],
    /// The child's children.
    pub children: &'static [ChildSpec],
    /// One sentence.
    pub doc: &'static str,
}

impl ChildSpec {
    /// Stands for the element's own text.
    pub const TEXT: &'static str = "#text";
    /// Stands for any policies.
    pub const POLICIES: &'static str = "#policies";
    /// Stands for markup that is kept as it is.
    pub const MARKUP: &'static str = "#markup";

    /// With these attributes.
    #[must_use]
    pub const fn attributes(mut self, attributes: &'static [AttributeSpec]) -> Self {
        self.attributes = attributes;
        self
    }

    /// With these children.
    #[must_use]
    pub const fn children(mut self, children: &'static [ChildSpec]) -> Self {
        self.children = children;
        self
    }

    /// Exactly or at least so many, at most so many.
    #[must_use]
    pub const fn times(mut self, min: u32, max: u32) -> Self {
        self.min = min;
        self.max = max;
        self
    }

    /// Whether it is a real element, not text, policies or markup.
    #[must_use]
    pub fn is_element(&self) -> bool {
        !self.name.starts_with('#')
    }
}

/// A child element that may stand any number of times, to be refined by the methods.
#[must_use]
pub const fn child(name: &'static str, doc: &'static str) -> ChildSpec {
    ChildSpec { name, min: 0, max: u32::MAX, attributes: &[], children: &[], doc }
}

/// The element's text (often an expression); at most once.
#[must_use]
pub const fn text(doc: &'static str) -> ChildSpec {
    child(ChildSpec::TEXT, doc).times(0, 1)
}

/// An example that documentation shows and a test runs.
///
/// `when` and `then` are lines of the small language of `docs/adding-a-policy.md`.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// What it shows.
    pub title: &'static str,
    /// A whole policy document, or the content of the section that the policy may first stand in.
    pub document: &'static str,
    /// The request and what the backend answers.
    pub when: &'static str,
    /// What must be seen afterwards.
    pub then: &'static str,
}
