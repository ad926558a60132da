//! Behaviour of expressions, as a policy author sees it.

mod cases;
mod fuzz;
mod host;
mod limits;
