//! Pages over HTTPS or HTTP: what the identity provider and the managed identity endpoints are served with.
//!
//! A [`Site`] answers a request that was read whole. Around it stand the recorder, the behaviours that somebody asked
//! for, and the simulator's own pages below `/_simulator`.

mod answer;
mod asked;
mod form;
mod own;
mod redaction;
mod serve;
mod server;

pub(crate) use answer::Answer;
pub(crate) use asked::{Asked, Door};
pub(crate) use form::Form;
pub(crate) use serve::{Power, Shared, Site};
pub(crate) use server::Server;
