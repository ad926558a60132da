//! The C# of policy expressions: lexer, parser, syntax tree; never fails, returns a tree and problems.

pub mod ast;
mod problem;

pub use problem::{Limits, Parsed, Problem};
