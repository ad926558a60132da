//! The policies, as a reader of their documents sees them.
//!
//! Two things hold examples: the declaration of each policy (`SPEC.examples`, which its reference page shows) and the
//! files under `tests/cases`. Both are written in the small language of [`script`] and run by [`walk`] on ports that
//! are not real: no socket, no clock. Adding a case is adding a file, or a heading in one.

mod after_the_call;
mod case_file;
mod cases;
mod compare;
mod documents;
mod examples;
mod hostile;
mod language;
mod message;
mod providers;
mod reference;
mod rotation;
mod script;
mod signers;
mod tidy;
mod values;
mod walk;
mod world;
