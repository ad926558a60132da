//! Facts about the APIs of language models. Pure: no IO, no clock, no global state but the vocabularies.
//!
//! So far it counts tokens, see [`count`].

pub mod count;
