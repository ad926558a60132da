//! `cardea check --evaluate`: every expression of the documents of a folder, with a request of a file.
//!
//! Documents are whatever looks like one, in any layout; named values come from the folder as APIOps lays it out. What does
//! not compile joins the problems of the folder; what throws is a note, for the request may not be one that it was written
//! for.

use std::collections::HashSet;
use std::path::Path;

use anyhow::Context as _;
use evaluation::{NamedValues, Outcome, Report, Setting};
use policy::Reading;
use request_file::RequestFile;
use source::{Diagnostic, Diagnostics};

use super::check::count;
use crate::cli::Check;
use crate::instance::Loaded;
use crate::settings::Settings;

/// Evaluates, and adds what is wrong to the problems of the folder.
pub(super) fn run(args: &Check, settings: &Settings, loaded: &mut Loaded) -> anyhow::Result<Report> {
    let request = request(args.request.as_deref())?;
    let reading = if args.resolve { Reading::Allowed } else { Reading::Withheld };
    let names = NamedValues {
        known: builder::named_values(&loaded.configuration, reading),
        others: args.unknown_named_values.as_deref().map(Into::into),
    };
    let documents = evaluation::find(&args.artifacts)?;
    let limits = settings.of_requests().expression;
    let report = evaluation::evaluate(&documents, &Setting { request: &request, names: &names, limits })?;
    add(&report, &mut loaded.problems);
    Ok(report)
}

/// The request of a file; without one a request that has nothing.
pub(super) fn request(path: Option<&Path>) -> anyhow::Result<RequestFile> {
    let Some(path) = path else { return Ok(RequestFile::parse("")?) };
    let named = || format!("`{}`", path.display());
    let text = std::fs::read_to_string(path).with_context(named)?;
    RequestFile::parse(&text).with_context(named)
}

fn add(report: &Report, problems: &mut Diagnostics) {
    let key = |problem: &Diagnostic| {
        let at = problem.at.as_ref().map(|at| (at.file.name().to_owned(), at.span));
        (problem.code, at)
    };
    let known: HashSet<_> = problems.iter().map(key).collect();
    for problem in report.problems.iter().filter(|problem| !known.contains(&key(problem))) {
        problems.push(problem.clone());
    }
    for result in &report.results {
        if let Outcome::Exception { class, message } = &result.outcome {
            let text = format!("the expression of `{}` throws `{class}`: {message}", result.place);
            problems.push(Diagnostic::note("expression-throws", text).at(result.at.clone()));
        }
    }
    *problems = std::mem::take(problems).sorted();
}

/// The last line of the report.
pub(super) fn figures(report: &Report) -> String {
    let (documents, expressions) = (report.documents, report.expressions);
    format!(
        "{}, {} loaded; {}, {} compiled, {} evaluated, {} failed\n",
        count(documents.found, "document"),
        documents.loaded,
        count(expressions.found, "expression"),
        expressions.compiled,
        expressions.evaluated,
        expressions.failed,
    )
}
