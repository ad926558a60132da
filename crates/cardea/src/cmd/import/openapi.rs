//! `cardea import openapi`: reads a definition, plans, shows, writes.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use import::openapi::{KeyChoice, Outcome, Request, plan};
use source::{SourceFile, render_all};

use super::{files, report};
use crate::cli::import::Openapi;
use crate::console;

/// Largest definition that is read, in bytes.
const LARGEST: u64 = 32 * 1024 * 1024;

/// Runs the command.
///
/// # Errors
/// When the definition or the folder cannot be read, or the folder cannot be written.
pub(crate) fn run(args: &Openapi) -> anyhow::Result<ExitCode> {
    let file = definition(&args.file)?;
    let folder = files::folder(&args.writing.into)?;
    match plan(&file, &request(args), folder.as_ref()) {
        Ok(outcome) => finish(args, &outcome, folder.as_ref()),
        Err(problems) => {
            console::err(&format!("{}\n", render_all(&problems)));
            Ok(ExitCode::FAILURE)
        }
    }
}

fn finish(
    args: &Openapi,
    outcome: &Outcome,
    folder: &dyn artifacts::FolderSource,
) -> anyhow::Result<ExitCode> {
    let changes = outcome.plan.changes(folder)?;
    let problems = outcome.plan.problems(folder);
    let writing = &args.writing;
    let refused = problems.has_errors() && !writing.force;
    let writes = !writing.dry_run && !refused && changes.iter().any(files::is_change);
    if writes {
        files::write(&writing.into, &outcome.plan, &changes)?;
    }
    let end = report::End { refused, writes, writing, problems: &problems };
    if writing.json {
        console::line(&report::json(outcome, &changes, &end));
    } else {
        console::out(&report::text(outcome, &changes, &end));
    }
    if !problems.is_empty() {
        console::err(&format!("{}\n", render_all(&problems)));
    }
    Ok(if refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
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
fn definition(path: &Path) -> anyhow::Result<Arc<SourceFile>> {
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
