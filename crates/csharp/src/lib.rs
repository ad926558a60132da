//! The C# of policy expressions: lexer, parser, syntax tree; never fails, returns a tree and problems.

pub mod ast;
mod problem;
mod scan;

pub use problem::{Limits, Parsed, Problem};
pub use scan::{ScanError, ScanErrorKind, scan_code};
