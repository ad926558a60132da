//! Checks the rules of the house that no other tool knows, and reports sizes.
//!
//! ```console
//! $ cargo run -p xtask
//! ```
//!
//! `cargo run -p xtask -- folder` writes a big folder of artifacts to measure with ([`xtask::folder`]).
//!
//! `cargo xtask oracle eval '"abc".Substring(1)'` asks a real C# compiler and runtime ([`oracle`]).
//!
//! `cargo test` checks the same rules. Generated pages are not its business: the crates that know their content write
//! them (`CARDEA_UPDATE=1 cargo test`).

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use xtask::{Repository, check, folder, sizes};

fn main() -> anyhow::Result<ExitCode> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.as_slice() {
        [] => rules(),
        [command, rest @ ..] if command == "folder" => {
            folder::write(&folder::Plan::of(rest)?)?;
            Ok(ExitCode::SUCCESS)
        }
        [command, rest @ ..] if command == "oracle" => {
            oracle::command::run(rest).map_err(|failure| anyhow::anyhow!("{failure}"))
        }
        [other, ..] => anyhow::bail!("`{other}` is not a task; there are `folder` and `oracle`"),
    }
}

fn rules() -> anyhow::Result<ExitCode> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let repository = Repository::read(&root)?;
    let problems = check(&repository)?;
    let mut text = sizes::report(&repository);
    for problem in &problems {
        text.push_str(&format!("\n{problem}"));
    }
    text.push_str(&format!("\n{} problems\n", problems.len()));
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
