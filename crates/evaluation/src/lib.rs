//! Evaluates the expressions of policy documents, one by one, with a request file instead of a request.
//!
//! ```
//! use evaluation::{NamedValues, Setting, evaluate};
//! use request_file::RequestFile;
//! use source::SourceFile;
//!
//! let text = "<policies><inbound><set-body>@(context.Request.Method)</set-body></inbound></policies>";
//! let document = SourceFile::new("policy.xml", text);
//! let request = RequestFile::parse("request: { method: POST, url: http://localhost/ }")?;
//! let setting = Setting { request: &request, names: &NamedValues::default(), limits: expr::Limits::default() };
//! let report = evaluate(&[document], &setting)?;
//! assert_eq!((report.expressions.found, report.expressions.evaluated), (1, 1));
//! # Ok::<(), request_file::Error>(())
//! ```
//!
//! Policies do not run: the expressions of a document are evaluated in the order of its text, each with the request as the
//! file has it. What `set-variable` sets is there for those that follow. [`find`] looks for documents in a folder of any layout, [`written`] lists the expressions of one.

mod documents;
mod names;
mod report;
mod run;
mod written;

pub use documents::{Error, find};
pub use names::NamedValues;
pub use report::{Documents, Expressions, Fault, Outcome, Report, Result};
pub use run::{MEMORY, Session, Setting, evaluate};
pub use written::{Part, Written, written};
