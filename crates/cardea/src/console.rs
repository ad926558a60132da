//! What the program says to the person at the terminal. Writing to a closed pipe ends quietly.

use std::io::Write as _;

/// Writes text to standard output.
pub(crate) fn out(text: &str) {
    let mut stdout = std::io::stdout().lock();
    // Whoever closed the pipe does not want more.
    let _written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Writes a line to standard output.
pub(crate) fn line(text: &str) {
    out(&format!("{text}\n"));
}

/// Writes text to standard error.
pub(crate) fn err(text: &str) {
    let _written = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Tells what went wrong and why.
pub(crate) fn error(error: &anyhow::Error) {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    err(&format!("error: {}\n", causes.join(": ")));
}
