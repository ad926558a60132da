//! The parser as its callers see it.

mod golden;
mod limits;
mod sexpr;
