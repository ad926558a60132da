//! Expressions at a prompt, one after the other, with the variables that were set before.
//!
//! ```text
//! > context.Request.Method
//! string  "GET"
//! > :set n 5
//! int  5
//! > @{ return (int)context.Variables["n"] + 1; }
//! int  6
//! ```
//!
//! A block may go over several lines. What is read comes from a terminal, with history and editing, or from a pipe.

use std::process::ExitCode;

use csharp::{ScanErrorKind, scan_code};
use evaluation::Session;
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;
use source::render_all;

use super::shown;
use crate::console;

const HELP: &str = "\
an expression, @( expression ) or @{ statements }   shows its type and its value
:set NAME EXPRESSION                                gives the variable the value
:help                                               shows this
:quit                                               ends, as Ctrl-D does
";

/// Longest program, in bytes: what is longer was not meant to be one.
const LONGEST: usize = 1024 * 1024;

/// Reads and evaluates until there is no more.
pub(super) fn run(session: &mut Session) -> anyhow::Result<ExitCode> {
    let mut editor = DefaultEditor::new()?;
    let mut pending = String::new();
    loop {
        let prompt = if pending.is_empty() { "> " } else { "... " };
        match editor.readline(prompt) {
            Ok(line) => {
                pending.push_str(&line);
                pending.push('\n');
            }
            Err(ReadlineError::Interrupted) => {
                pending.clear();
                continue;
            }
            Err(ReadlineError::Eof) => return Ok(ExitCode::SUCCESS),
            Err(error) => return Err(error.into()),
        }
        if is_open(&pending) {
            continue;
        }
        let input = std::mem::take(&mut pending);
        // A history that cannot take it is no reason to end.
        let _added = editor.add_history_entry(input.trim());
        if !answer(session, input.trim()) {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

/// Whether more lines belong to it: brackets or strings are open.
fn is_open(input: &str) -> bool {
    let text = input.trim_start();
    let program =
        text.strip_prefix(":set").and_then(|rest| rest.split_once('@')).map_or(text, |(_, rest)| rest);
    let code = program.strip_prefix('@').unwrap_or(program);
    if !code.starts_with(['(', '{']) || input.len() > LONGEST {
        return false;
    }
    let open = |kind| matches!(kind, ScanErrorKind::UnclosedBracket(_) | ScanErrorKind::UnclosedComment);
    scan_code(&mut code.chars()).is_err_and(|error| open(error.kind))
}

/// Does what a line says; whether to go on.
fn answer(session: &mut Session, input: &str) -> bool {
    let command =
        input.strip_prefix(':').map(|rest| rest.split_once(char::is_whitespace).unwrap_or((rest, "")));
    match command {
        None if input.is_empty() => {}
        None => show(session, input, None),
        Some(("quit" | "q", _)) => return false,
        Some(("set", rest)) => match rest.trim().split_once(char::is_whitespace) {
            Some((name, program)) => show(session, program, Some(name)),
            None => console::out(HELP),
        },
        Some(_) => console::out(HELP),
    }
    true
}

fn show(session: &mut Session, program: &str, variable: Option<&str>) {
    let (outcome, problems) = session.evaluate(program, variable);
    match problems.is_empty() {
        true => console::line(&shown(&outcome)),
        false => console::out(&render_all(&problems)),
    }
}
