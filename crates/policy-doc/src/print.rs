//! A document as text again.

use crate::Document;

/// How to write a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Exactly as it was read.
    AsRead,
    /// The management API's `xml`: well-formed, the C# entity-encoded.
    Xml,
    /// The management API's `rawxml`: the C# as people write it.
    RawXml,
}

/// Writes a document.
#[must_use]
pub fn print(document: &Document, format: Format) -> String {
    let _ = format;
    document.file.text().to_owned()
}
