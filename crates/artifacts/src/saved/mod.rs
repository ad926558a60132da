//! What was read of a folder as bytes, so that a process that starts need not read it again.
//!
//! Kept are those units of which there may be very many, APIs and subscriptions, and the overlay; whatever else a folder
//! holds is read again, and so is a unit about which there is anything to say. The bytes belong to one version of the
//! program: [`crate::Library::read`] makes no attempt to understand another one's.
//!
//! Texts of files to which places refer are not among the bytes. They are found again by name and digest when somebody
//! asks ([`source::Elsewhere`]).

mod api;
mod bytes;
mod library;
mod overlay;
mod places;
mod subscription;

pub use bytes::{Damaged, Reader, Writer};
