//! What can fail around the gateway, and what callers, operators and the gateway itself see of it: the real program, real
//! simulators, and a proxy between them that breaks what passes.
//!
//! `./test faults` runs them. They need the program in the target directory (`cargo build --package cardea`).
//! `CARDEA_FAULTS_FACTOR` makes the rounds more; `./test long` sets it.

#![cfg(test)]

mod cases;
mod certificates;
mod clocks;
mod dependencies;
mod disks;
#[expect(dead_code, unused_imports, reason = "shared with the tests of `cardea`, which use all of it")]
#[path = "../../../cardea/tests/it/harness/mod.rs"]
mod harness;
mod kills;
mod models;
mod names;
mod page;
mod process;
mod records;
mod rights;
mod stale;
mod trailers;
mod web_sockets;

/// How many times as many rounds as usual.
fn factor() -> usize {
    option_env!("CARDEA_FAULTS_FACTOR").and_then(|text| text.parse().ok()).unwrap_or(1)
}
