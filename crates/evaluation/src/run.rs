//! Compiles and evaluates the expressions of documents.

use std::sync::Arc;

use expr::dump::dump;
use expr::{CompileEnv, Exception, Heap, Limits, Program, compile};
use policy::NamedValueTable;
use policy_doc::Document;
use request_file::{Error, RequestFile};
use source::{Diagnostic, Diagnostics, Location, SourceFile};

use crate::report::{Documents, Expressions, Fault, Outcome, Report, Result as Evaluated};
use crate::{NamedValues, Written, written};

/// Bytes that the objects of one expression may take.
pub const MEMORY: usize = 64 * 1024 * 1024;

/// What stands for a text that was made of a secret.
const MASKED: &str = "***";

/// With what expressions are evaluated.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// The request.
    pub request: &'a RequestFile,
    /// The named values.
    pub names: &'a NamedValues,
    /// What one expression may take.
    pub limits: Limits,
}

/// Evaluates every expression of the documents.
///
/// # Errors
/// When the file does not make a request.
pub fn evaluate(documents: &[Arc<SourceFile>], setting: &Setting<'_>) -> Result<Report, Error> {
    // An unusable file is told once, also where there is no expression.
    setting.request.host(&mut Heap::new(MEMORY))?;
    let mut report = Report {
        documents: Documents::default(),
        expressions: Expressions::default(),
        results: Vec::new(),
        problems: Diagnostics::new(),
    };
    for file in documents {
        let (document, problems) = policy_doc::read(file);
        report.documents.found += 1;
        let loaded = !problems.has_errors();
        report.problems.append(problems);
        if all(&document, setting, &mut report)? && loaded {
            report.documents.loaded += 1;
        }
    }
    Ok(report)
}

/// Whether all expressions of a document compiled.
fn all(document: &Document, setting: &Setting<'_>, report: &mut Report) -> Result<bool, Error> {
    let names = setting.names.of(document);
    let (found, problems) = written(document, &names);
    let unread = problems.iter().filter(|problem| problem.severity == source::Severity::Error).count();
    report.expressions.found += found.len() + unread;
    report.problems.append(problems);
    let mut clean = unread == 0;
    for expression in found {
        let outcome = one(&expression, &names, setting, &mut report.problems)?;
        let figures = &mut report.expressions;
        match outcome {
            Outcome::Refused { .. } => clean = false,
            Outcome::Value { .. } => figures.evaluated += 1,
            Outcome::Exception { .. } => figures.failed += 1,
        }
        report.results.push(Evaluated { at: expression.at, place: expression.place, outcome });
    }
    report.expressions.compiled = report.expressions.evaluated + report.expressions.failed;
    Ok(clean)
}

fn one(
    written: &Written,
    names: &NamedValueTable,
    setting: &Setting<'_>,
    problems: &mut Diagnostics,
) -> Result<Outcome, Error> {
    let env = CompileEnv { slots: names.slots() };
    let compiled = compile(written.code.text(), written.form, &written.expected, &env);
    if let Some(program) = compiled.program {
        return run(&program, setting);
    }
    let faults = compiled.problems.iter().map(|problem| {
        let hidden = written.code.hidden(problem.span).is_some();
        let message = if hidden { MASKED.to_owned() } else { problem.message.clone() };
        let at = Location::new(&written.at.file, written.code.origin(problem.span));
        let diagnostic = Diagnostic::error(problem.code, message.clone()).at(at);
        problems.push(problem.help.iter().cloned().fold(diagnostic, Diagnostic::help));
        Fault { code: problem.code, message }
    });
    Ok(Outcome::Refused { problems: faults.collect() })
}

fn run(program: &Program, setting: &Setting<'_>) -> Result<Outcome, Error> {
    let mut heap = Heap::new(MEMORY);
    let mut host = setting.request.host(&mut heap)?;
    Ok(match program.eval(&mut host, &mut heap, &setting.limits) {
        Ok(value) => {
            let ty = heap.type_name(&value);
            let masked = heap.is_tainted(&value);
            Outcome::Value { ty, value: if masked { MASKED.into() } else { dump(&value, &mut host, &mut heap) } }
        }
        Err(exception) => thrown(&exception),
    })
}

fn thrown(exception: &Exception) -> Outcome {
    let message = exception.message();
    let text = if message.is_tainted() { MASKED } else { message.as_str() };
    Outcome::Exception { class: exception.class().to_owned(), message: text.to_owned() }
}
