//! Source text, positions and diagnostics; no IO.
//!
//! Everything that reads a document (policy documents, C# expressions, artifact files) reports what is wrong
//! as [`Diagnostic`]s with byte [`Span`]s into a [`SourceFile`], and [`render`] prints them compiler style:
//!
//! ```text
//! error[unknown-policy]: `set-heder` is not a policy
//!   --> apis/echo/policy.xml:3:6
//!    |
//!  3 |     <set-heder name="x" />
//!    |      ^^^^^^^^^
//!    = help: did you mean `set-header`?
//! ```
//!
//! Text that was derived from a file (entities decoded, named values put in) is a [`MappedText`], which knows for
//! each of its bytes the place in the file it came from and whether it must stay hidden.

mod diagnostic;
mod file;
mod mapped;
mod render;
mod suggest;

pub use diagnostic::{Code, Diagnostic, Diagnostics, Label, Severity};
pub use file::{Elsewhere, LineColumn, Location, SourceFile, Span};
pub use mapped::{Hidden, MappedText, Segment};
pub use render::{render, render_all};
pub use suggest::did_you_mean;
