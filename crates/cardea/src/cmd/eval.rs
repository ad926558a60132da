//! `cardea eval`: one policy expression with a request of a file, or one after the other at a prompt.

mod prompt;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use evaluation::{Outcome, Session};
use request_file::RequestFile;
use serde_json::{Map, Value};
use source::render_all;

use super::{evaluate, read_settings};
use crate::cli::{Eval, EvalFormat};
use crate::console;

/// Runs the command.
///
/// # Errors
/// When a file cannot be read, or makes no request.
pub(crate) fn run(args: &Eval) -> anyhow::Result<ExitCode> {
    let settings = read_settings(args.common.settings.as_deref())?;
    let request = evaluate::request(args.request.as_deref())?;
    let request = match &args.variables {
        Some(path) => request.with_variables(&variables(path)?)?,
        None => request,
    };
    let mut session = Session::new(&request, settings.of_requests().expression)?;
    match &args.expression {
        Some(expression) => one(&mut session, expression, args.format),
        None => prompt::run(&mut session),
    }
}

/// A file of names and values.
fn variables(path: &Path) -> anyhow::Result<Map<String, Value>> {
    let named = || format!("`{}`", path.display());
    let text = std::fs::read_to_string(path).with_context(named)?;
    RequestFile::variables(&text).with_context(named)
}

fn one(session: &mut Session, expression: &str, format: EvalFormat) -> anyhow::Result<ExitCode> {
    let (outcome, problems) = session.evaluate(expression, None);
    match format {
        EvalFormat::Json => console::line(&serde_json::to_string_pretty(&outcome)?),
        EvalFormat::Text if problems.is_empty() => console::line(&shown(&outcome)),
        EvalFormat::Text => console::err(&render_all(&problems)),
    }
    let is_value = matches!(outcome, Outcome::Value { .. });
    Ok(if is_value { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Type and value in a line, or the exception.
fn shown(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Value { value, .. } if value == "null" => value.clone(),
        Outcome::Value { ty, value } => format!("{ty}  {value}"),
        Outcome::Exception { class, message } => format!("throws {class}: {message}"),
        Outcome::Refused { problems } => {
            problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("\n")
        }
    }
}
