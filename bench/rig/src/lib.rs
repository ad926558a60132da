//! What both ends of a measurement share: what is sent, and just enough HTTP/1.1 to read it.
//!
//! Both ends run on one core, so they do as little as possible: no header map, no copy of bodies.

pub mod message;
pub mod traffic;
