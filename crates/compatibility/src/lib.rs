//! What API Management has, what Cardea does of it, and the pages that say so.
//!
//! Three things meet here:
//!
//! - *facts* (`facts/`): what Microsoft's reference says of policies and resources, transcribed; no word of ours.
//! - *what the program shows*: the declarations of the policies, the cases that hold for them, and probes: small
//!   artifact folders that are read and compiled as `cardea check` does.
//! - *verdicts* (`verdicts/`): why something differs or has no effect, in words. Only what no program can tell.
//!
//! Each fact gets exactly one verdict. A fact that differs without a word why, and a word about what does not differ,
//! are mistakes that the tests find, as are attributes that no fact knows.
//!
//! `CARDEA_UPDATE=1 cargo test -p compatibility` writes `docs/compatibility.md` and the pages beneath it. This crate is
//! part of no program.

pub mod cases;
pub mod coverage;
pub mod declared;
pub mod facts;
pub mod notes;
pub mod page;
pub mod policies;
pub mod probe;
pub mod resources;
pub mod verdict;
