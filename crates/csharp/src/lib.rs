//! The C# of policy expressions: lexer, parser, syntax tree; never fails, returns a tree and problems.
//!
//! A policy document holds C# 7.3 as `@( expression )` or `@{ statements }`. Three steps lead from its text to a tree:
//!
//! 1. [`scan_code`] finds where the code ends, over the document's decoded characters.
//! 2. The caller puts named values in. Secret ones may stay [placeholders](placeholder()) inside of strings;
//!    [`placeholder_positions`] tells which ones are.
//! 3. [`parse_expression`] or [`parse_block`] reads the text between the brackets.
//!
//! ```
//! use csharp::{Limits, ast::ExprKind, parse_expression};
//!
//! let parsed = parse_expression(r#"context.Request.Headers["a"]"#, Limits::default());
//! assert!(parsed.problems.is_empty());
//! assert!(matches!(parsed.tree.kind, ExprKind::Index { .. }));
//! ```
//!
//! Types, overloads, and whether names exist are the binder's questions, in the crate `expr`.

pub mod ast;
#[doc(hidden)]
pub mod fuzz;
mod lex;
mod literal_text;
mod parse;
mod placeholder;
mod problem;
mod scan;
mod token;
mod value;

pub use literal_text::code_spans;
pub use parse::{parse_block, parse_expression};
pub use placeholder::{Piece, Placeholder, Position, pieces, placeholder, placeholder_positions};
pub use problem::{Limits, Parsed, Problem};
pub use scan::{ScanError, ScanErrorKind, scan_code};
