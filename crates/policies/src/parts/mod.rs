//! What several policies are made of: words, headers, changes of named things, refusals.
//!
//! A policy that needs a part takes it from here instead of writing it again: `set-header` and `set-query-parameter`
//! are the same [`Amendment`](amendment::Amendment) of different things.

pub(crate) mod amendment;
pub(crate) mod header;
pub(crate) mod note;
pub(crate) mod refusal;
pub(crate) mod token;
pub(crate) mod words;
