//! What the tests speak with: a folder built from pieces, a gateway that is the real program, services behind it, and
//! callers before it. Everything is on loopback with free ports, so tests run side by side.

mod backend;
mod call;
mod certificates;
mod folder;
mod gateway;
mod key_vault;
mod models;
mod program;
mod tenant;
mod wait;
mod web_socket;

pub(crate) use backend::{Backend, Seen};
pub(crate) use call::{Answer, Call, Open, Wire, raw};
pub(crate) use certificates::Authority;
pub(crate) use folder::{Api, Folder, Policy, Product};
pub(crate) use gateway::{Gateway, Start};
pub(crate) use key_vault::{CLIENT_SECRET, KeyVault};
pub(crate) use models::{CHAT, MODEL_KEY, MODEL_KEY2, models};
pub(crate) use program::{Output, command, program};
pub(crate) use tenant::{RED_KEY, Tenant, ask};
pub(crate) use wait::{PATIENCE, eventually};
pub(crate) use web_socket::{EchoServer, Socket, connect};
