//! The values of literals: escapes resolved, digits read.
//!
//! The lexer knows where a literal ends; what it means, and what is wrong inside of it, is found here.

mod number;
mod text;

pub(crate) use number::{int, real};
pub(crate) use text::{Style, character, name, name_escape, string};
