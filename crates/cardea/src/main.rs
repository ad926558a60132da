//! The `cardea` program.

fn main() {}
