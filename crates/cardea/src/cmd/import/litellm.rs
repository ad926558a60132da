//! `cardea import litellm`.

use std::process::ExitCode;

use import::litellm::{Imported, Request, Row, plan};
use model::ApiId;
use serde_json::{Value, json};
use source::render_all;

use super::openapi::{definition, told};
use super::report::Told;
use super::{files, report};
use crate::cli::import::Litellm;
use crate::console;

/// Runs the command.
///
/// # Errors
/// When something cannot be read or written.
pub(super) fn run(args: &Litellm) -> anyhow::Result<ExitCode> {
    let file = definition(&args.file)?;
    let folder = files::folder(&args.writing.into)?;
    let request = Request {
        api: args.api_id.clone().map_or_else(|| ApiId::new("litellm"), Ok)?,
        path: args.path.clone(),
        products: args.product.clone(),
    };
    match plan(&file, &request, folder.as_ref()) {
        Ok(imported) => report::finish(&with_rows(&imported), &args.writing, folder.as_ref()),
        Err(problems) => {
            console::err(&format!("{}\n", render_all(&problems)));
            Ok(ExitCode::FAILURE)
        }
    }
}

fn with_rows(imported: &Imported) -> Told<'_> {
    let mut told = told(&imported.outcome);
    told.head = format!("{}\nIts models: {}.", told.head, imported.models.join(", "));
    let lines: String = imported.rows.iter().map(line).collect();
    told.callers = format!("\nWhat became of the settings:\n{lines}{}", told.callers);
    told.facts.insert("models".to_owned(), imported.models.clone().into());
    told.facts.insert("report".to_owned(), imported.rows.iter().map(row).collect());
    told
}

fn line(row: &Row) -> String {
    format!("  {:<13} {}: {}\n", row.verdict.as_str(), row.setting, row.what)
}

fn row(row: &Row) -> Value {
    json!({ "line": row.line, "setting": row.setting, "verdict": row.verdict.as_str(), "text": row.what })
}
