//! `cargo run -p oracle -- eval '"a" + 1'`: the command without the rest of `xtask`.

use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    oracle::command::run(&arguments).unwrap_or_else(|failure| {
        let _ = writeln!(std::io::stderr(), "{failure}");
        ExitCode::FAILURE
    })
}
