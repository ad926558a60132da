//! Tolerant, lossless reader of policy documents; no IO.
//!
//! A policy document looks like XML but holds C# as people write it: quotes, `<` and `&&` unescaped inside attributes
//! and text. [`read`] takes such a text, never fails, and gives a tree with the exact place of everything together
//! with all problems it found in one pass.
//!
//! ```
//! let file = source::SourceFile::new("policy.xml", r#"<inbound><when condition="@(a["k"] < 3)" /></inbound>"#);
//! let (document, problems) = policy_doc::read(&file);
//! assert!(problems.is_empty());
//! let when = document.root().and_then(|root| root.elements().next());
//! let condition = when.and_then(|when| when.attribute("condition"));
//! assert_eq!(condition.map(|each| each.value.raw()), Some(r#"@(a["k"] < 3)"#));
//! ```
//!
//! A value may hold `{{named-value}}` references. [`RawValue::resolve`] puts the named values in and tells whether the
//! value then is literal text or an expression. [`print()`] writes a document back, as it was or in one of the two
//! formats of the management API.
//!
//! What this crate does not do: it knows no policy, runs no C#, and fetches no named value.

mod code;
mod cursor;
mod decode;
mod limits;
mod name;
mod named_values;
mod print;
mod read;
mod resolve;
mod substitute;
mod tree;
mod value;

pub use limits::Limits;
pub use named_values::{Lookup, NamedValues, NoNamedValues};
pub use print::{Format, print};
pub use read::{read, read_with};
pub use resolve::{Form, Resolved, SlotRef, SlotUse, TextPiece, Unknown};
pub use tree::{Attribute, Child, Document, Element, Quote};
pub use value::{Piece, RawValue, Reference, WrittenExpression};
