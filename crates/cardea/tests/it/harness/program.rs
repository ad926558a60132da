//! The program, run to its end.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run of the program left.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `cardea` with these arguments and an environment of nothing but these variables.
pub(crate) fn program(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let output = command()
        .args(arguments)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("the program can be run");
    Output {
        code: output.status.code().expect("the program ended by itself"),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// The program with nothing of this process' environment.
pub(crate) fn command() -> Command {
    match option_env!("CARGO_BIN_EXE_cardea") {
        Some(path) => command_of(Path::new(path)),
        None => command_of(&beside_the_tests()),
    }
}

/// The program that was built into the same target directory, for tests of other crates.
fn beside_the_tests() -> PathBuf {
    let own = std::env::current_exe().expect("a path");
    let target = own.ancestors().nth(2).expect("the target directory");
    let path = target.join("cardea");
    assert!(path.exists(), "build it first: `cargo build --package cardea`, or run `./test faults`");
    path
}

/// The same of another file.
pub(crate) fn command_of(path: &Path) -> Command {
    let mut command = Command::new(path);
    command.env_clear();
    command
}
