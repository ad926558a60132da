//! XML as LINQ to XML (`System.Xml.Linq`) has it: documents, elements, attributes and the other nodes as shared, mutable
//! objects of the [`Heap`](crate::Heap).
//!
//! Nodes know their parent and are cloned when they are added to a second container, as `XContainer` does. Axes such as
//! `Elements()` walk the tree while it may change. The reader is our own, because policies see .NET's `XmlException` with its
//! line and position; it is a pull reader, which `XmlReader` uses as well. It reads text only: no external entity is
//! ever fetched, and entities that a document type declares are not expanded (a reference to one is refused).

mod convert;
mod markup;
mod names;
mod node;
mod read;
mod tree;
mod walk;
mod write;

pub(crate) use convert::{content_text, to_scalar};
pub(crate) use markup::{Event, Markup, Settings, Tag};
pub(crate) use names::{Name, NameTable, XmlName, local_name};
pub(crate) use node::{Declaration, DocumentType, Element, XmlKind, XmlNode};
pub(crate) use read::{Wanted, build_node, read};
pub(crate) use walk::{Axis, Walk};
pub(crate) use write::{WriteOptions, declaration_text, write};

/// Deepest nesting of elements that is read, written or copied.
pub(crate) const MAX_DEPTH: usize = 256;

/// The exception of what is nested more deeply.
pub(crate) fn too_deep() -> crate::Exception {
    crate::Exception::limit("The XML is nested too deeply.")
}
