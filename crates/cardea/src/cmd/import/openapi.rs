//! `cardea import openapi`: reads a definition, plans, shows, writes.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use import::openapi::{CallChange, CallChangeKind, KeyChoice, Outcome, Request, SettingChange, plan};
use serde_json::{Map, Value, json};
use source::{SourceFile, render_all};

use super::report::Told;
use super::{files, report};
use crate::cli::import::Openapi;
use crate::console;

/// Largest definition that is read, in bytes.
const LARGEST: u64 = 32 * 1024 * 1024;

/// Changed operations that are listed; of more it is said how many there are.
const LISTED: usize = 60;

/// Runs the command.
///
/// # Errors
/// When the definition or the folder cannot be read, or the folder cannot be written.
pub(crate) fn run(args: &Openapi) -> anyhow::Result<ExitCode> {
    let file = definition(&args.file)?;
    let folder = files::folder(&args.writing.into)?;
    match plan(&file, &request(args), folder.as_ref()) {
        Ok(outcome) => report::finish(&told(&outcome), &args.writing, folder.as_ref()),
        Err(problems) => {
            console::err(&format!("{}\n", render_all(&problems)));
            Ok(ExitCode::FAILURE)
        }
    }
}

/// What is told of an API that was imported.
pub(super) fn told(outcome: &Outcome) -> Told<'_> {
    Told {
        head: head(outcome),
        callers: callers(outcome),
        advice: orphans(outcome),
        plan: &outcome.plan,
        facts: facts(outcome),
    }
}

fn head(outcome: &Outcome) -> String {
    let operations = match outcome.operations {
        1 => "1 operation".to_owned(),
        number => format!("{number} operations"),
    };
    let what = if outcome.is_new { "is new" } else { "is there already and is brought up to date" };
    let server = outcome.server.as_ref().map(|url| format!(" Calls go to `{url}`.")).unwrap_or_default();
    let path = outcome.path.trim_matches('/');
    format!("The API `{}` {what}: {operations} under `/{path}`.{server}", outcome.api)
}

/// What changes for callers; of a new API everything is new.
fn callers(outcome: &Outcome) -> String {
    if outcome.is_new {
        return String::new();
    }
    let mut lines: Vec<String> = outcome.settings.iter().map(setting_line).collect();
    lines.extend(outcome.calls.iter().take(LISTED).map(call_line));
    if outcome.calls.len() > LISTED {
        lines.push(format!("  and {} more", outcome.calls.len() - LISTED));
    }
    match lines.is_empty() {
        true => "\nNothing changes for callers.\n".to_owned(),
        false => format!("\nFor callers:\n{}\n", lines.join("\n")),
    }
}

fn setting_line(setting: &SettingChange) -> String {
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
    format!("  ~ {}: {} -> {}", setting.name, shown(&setting.before), shown(&setting.after))
}

fn call_line(change: &CallChange) -> String {
    let CallChange { call, operation, .. } = change;
    let before = change.before.as_deref().unwrap_or_default();
    match change.kind {
        CallChangeKind::Added => format!("  + {call} ({operation})"),
        CallChangeKind::Removed => format!("  - {call} ({operation})"),
        CallChangeKind::Changed => format!("  ~ {call} ({operation}), before: {before}"),
        CallChangeKind::Renamed => format!("  = {call} is now `{operation}`, before: `{before}`"),
    }
}

fn orphans(outcome: &Outcome) -> String {
    if outcome.orphans.is_empty() {
        return String::new();
    }
    let names: Vec<String> = outcome.orphans.iter().map(|name| format!("`{name}`")).collect();
    let names = names.join(", ");
    format!(
        "The policies of {names} belong to no operation any more: remove them, or give their operations back.\n"
    )
}

fn facts(outcome: &Outcome) -> Map<String, Value> {
    let call = |each: &CallChange| json!({ "change": each.kind.as_str(), "operation": each.operation, "call": each.call, "before": each.before });
    let setting =
        |each: &SettingChange| json!({ "name": each.name, "before": each.before, "after": each.after });
    let mut facts = Map::new();
    let mut put = |name: &str, value: Value| facts.insert(name.to_owned(), value);
    put("api", outcome.api.as_str().into());
    put("new", outcome.is_new.into());
    put("path", outcome.path.as_str().into());
    put("server", outcome.server.clone().into());
    put("operations", outcome.operations.into());
    put("calls", outcome.calls.iter().map(call).collect());
    put("settings", outcome.settings.iter().map(setting).collect());
    put("orphans", outcome.orphans.clone().into());
    facts
}

fn request(args: &Openapi) -> Request {
    let subscription_required = match (args.subscription_required, args.no_subscription_required) {
        (true, _) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    };
    Request {
        api: args.api_id.clone(),
        path: args.path.clone(),
        title: args.title.clone(),
        description: args.description.clone(),
        products: args.product.clone(),
        backend: args.backend.clone(),
        server: args.server.clone(),
        variables: args.server_variable.clone(),
        subscription_required,
        keys: KeyChoice {
            of_definition: args.keys_as_defined,
            header: args.key_header.clone(),
            query: args.key_query.clone(),
        },
        version: args.version_set.clone().zip(args.api_version.clone()),
        required_query: args.required_query_parameters.map(Into::into),
        format: args.format.map(Into::into),
    }
}

/// The text of the definition, under the name that diagnostics show.
pub(super) fn definition(path: &Path) -> anyhow::Result<Arc<SourceFile>> {
    let (name, bytes) = if path == Path::new("-") {
        (
            "standard input".to_owned(),
            bytes(std::io::stdin().lock()).context("standard input cannot be read")?,
        )
    } else {
        let name = path.display().to_string();
        let file = std::fs::File::open(path).and_then(bytes);
        (name.clone(), file.with_context(|| format!("`{name}` cannot be read"))?)
    };
    if bytes.len() as u64 > LARGEST {
        bail!("{name} has more than {LARGEST} bytes");
    }
    let text = String::from_utf8(bytes).ok().with_context(|| format!("{name} is not UTF-8 text"))?;
    Ok(SourceFile::new(name, text.strip_prefix('\u{feff}').unwrap_or(&text)))
}

fn bytes(source: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
