//! What both ends of a measurement share: what is sent, and just enough HTTP/1.1 to read it.
//!
//! Both ends run on one core, so they do as little as possible: no header map, no copy of bodies. Only HTTP/2 is hyper's.

pub mod arguments;
pub mod call;
pub mod caller;
pub mod counted;
pub mod dial;
pub mod message;
pub mod schedule;
pub mod traffic;
