//! A real C# compiler and runtime, asked what expressions give: Roslyn and Json.NET on Mono (`tests/oracle`).
//!
//! ```console
//! $ cargo xtask oracle eval '"abc".Substring(1)'
//! .NET    string  "bc"
//! Cardea  string  "bc"
//! ```
//!
//! [`Oracle`] is the process; [`ours`] gives Cardea's answer in the same form; [`compare`] tells how two answers differ. For
//! development only: no program that is shipped uses it. What the oracle says of `context` proves nothing, its model is ours
//! (`decisions` about .NET: Mono is an approximation of .NET Framework 4.8, where it differs a case file says so).

mod answer;
mod cases;
pub mod command;
mod compare;
mod documents;
mod folder;
mod known;
mod mono;
mod ours;
mod process;
mod random;

pub use answer::{Answer, Fault, Question};
pub use compare::{Difference, compare};
pub use expr::dump::readable;
pub use ours::{Session, ours};
pub use process::{Error, Oracle};
