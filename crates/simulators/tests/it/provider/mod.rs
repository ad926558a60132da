//! The identity provider and the machine's endpoints over real sockets, with TLS.

mod assertions;
mod codes;
mod discovery;
mod faults;
mod machine;
mod on_behalf_of;
mod orders;
mod tables;
mod web;
