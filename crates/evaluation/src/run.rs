//! Compiles and evaluates the expressions of documents.

use std::sync::Arc;

use expr::dump::{dump, readable};
use expr::{CompileEnv, Exception, Heap, Limits, Problem, Program, Value, compile};
use policy::NamedValueTable;
use policy_doc::Document;
use request_file::{Error, FileHost, RequestFile};
use source::{Diagnostic, Diagnostics, Location, Severity, SourceFile};

use crate::{Fault, NamedValues, Outcome, Part, Report, Written, written};

/// Bytes that the objects of one document's expressions may take.
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
    let mut report = Report::default();
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
    let names = setting.names.of(document, setting.request);
    let (parts, problems) = written(document, &names);
    let unread = problems.count(Severity::Error);
    report.problems.append(problems);
    let mut session = Session::new(setting.request, setting.limits)?;
    let mut clean = unread == 0;
    report.expressions.found += unread;
    for part in parts {
        match part {
            Part::Variable { name, text } => session.set(&name, &text),
            Part::Expression(written) => {
                let outcome = session.one(&written, &names, &mut report.problems);
                clean &= !matches!(outcome, Outcome::Refused { .. });
                report.add(written, outcome);
            }
        }
    }
    Ok(clean)
}

/// Expressions that follow each other: each has the request as it is in the file, and the variables that were set before.
#[derive(Debug)]
pub struct Session {
    heap: Heap,
    host: FileHost,
    limits: Limits,
}

impl Session {
    /// Begins with the request of a file.
    ///
    /// # Errors
    /// When the file does not make a request.
    pub fn new(request: &RequestFile, limits: Limits) -> Result<Self, Error> {
        let mut heap = Heap::new(MEMORY);
        let host = request.host(&mut heap)?;
        Ok(Self { heap, host, limits })
    }

    /// What a program gives: `@( expression )`, `@{ statements }` or an expression alone. A variable gets its value, when
    /// one is named. Problems of the C# stand in a file named `expression`. Named values are not put in.
    pub fn evaluate(&mut self, program: &str, variable: Option<&str>) -> (Outcome, Diagnostics) {
        let file = SourceFile::new("expression", program.trim());
        let mut problems = Diagnostics::new();
        let written = Written::alone(&file, variable);
        let outcome = self.one(&written, &NamedValueTable::default(), &mut problems);
        (outcome, problems)
    }

    /// Gives a variable a text.
    fn set(&mut self, name: &str, text: &str) {
        self.host.set_variable(name, Value::text(text));
    }

    fn one(&mut self, written: &Written, names: &NamedValueTable, problems: &mut Diagnostics) -> Outcome {
        let env = CompileEnv { slots: names.slots() };
        let compiled = compile(written.code.text(), written.form, &written.expected, &env);
        if let Some(program) = compiled.program {
            return self.run(&program, written.sets.as_deref());
        }
        let faults = compiled.problems.into_iter().map(|problem| fault(written, problem, problems));
        Outcome::Refused { problems: faults.collect() }
    }

    fn run(&mut self, program: &Program, variable: Option<&str>) -> Outcome {
        let mut host = self.host.clone();
        match program.eval(&mut host, &mut self.heap, &self.limits) {
            Ok(value) => {
                if let Some(name) = variable {
                    self.host.set_variable(name, value.clone());
                }
                self.shown(&value, &mut host)
            }
            Err(exception) => thrown(&exception),
        }
    }

    fn shown(&mut self, value: &Value, host: &mut FileHost) -> Outcome {
        let ty = self.heap.type_name(value);
        let masked = self.heap.is_tainted(value);
        let text = if masked { MASKED.into() } else { readable(&dump(value, host, &mut self.heap)) };
        Outcome::Value { ty, value: text }
    }
}

/// A problem of an expression; text with a secret in it is not shown.
fn fault(written: &Written, problem: Problem, problems: &mut Diagnostics) -> Fault {
    let hidden = written.code.hidden(problem.span).is_some();
    let message = if hidden { MASKED.to_owned() } else { problem.message };
    let at = Location::new(&written.at.file, written.code.origin(problem.span));
    let diagnostic = Diagnostic::error(problem.code, message.clone()).at(at);
    problems.push(problem.help.into_iter().filter(|_| !hidden).fold(diagnostic, Diagnostic::help));
    Fault { code: problem.code, message }
}

fn thrown(exception: &Exception) -> Outcome {
    let message = exception.message();
    let text = if message.is_tainted() { MASKED } else { message.as_str() };
    Outcome::Exception { class: exception.class().to_owned(), message: text.to_owned() }
}
