//! From policy documents to steps.
//!
//! A document is compiled once for its scope, whatever the number of operations it applies to; [`splice`](crate::splice)
//! then puts the scopes of an operation together. Every problem is reported, in one pass; nothing is skipped.

mod check;
mod context;
mod document;
mod reader;
mod uses;
mod value;
mod wanted;

pub use context::{Backends, CompileCx, Fragments, Knowledge};
pub use document::{CompiledDocument, Item, compile_document};
pub use reader::Reader;
pub use uses::Uses;
pub use wanted::{Wanted, wanted};
