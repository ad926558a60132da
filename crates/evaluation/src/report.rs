//! What came of evaluating.

use serde::Serialize;
use source::{Diagnostics, Location};

use crate::Written;

/// What came of the expressions of some documents.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The documents in figures.
    pub documents: Documents,
    /// The expressions in figures.
    pub expressions: Expressions,
    /// Every expression, in the order of the documents.
    pub results: Vec<Result>,
    /// What is wrong with the documents as such, and with the expressions that do not compile.
    pub problems: Diagnostics,
}

impl Report {
    /// Adds an expression and what came of it.
    pub(crate) fn add(&mut self, written: Written, outcome: Outcome) {
        let figures = &mut self.expressions;
        figures.found += 1;
        match outcome {
            Outcome::Refused { .. } => {}
            Outcome::Value { .. } => {
                (figures.compiled, figures.evaluated) = (figures.compiled + 1, figures.evaluated + 1)
            }
            Outcome::Exception { .. } => {
                (figures.compiled, figures.failed) = (figures.compiled + 1, figures.failed + 1)
            }
        }
        self.results.push(Result { at: written.at, place: written.place, outcome });
    }
}

/// Documents in figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Documents {
    /// Those that were looked at.
    pub found: usize,
    /// Those that were read without an error, and whose expressions all compiled.
    pub loaded: usize,
}

/// Expressions in figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Expressions {
    /// Those in the documents.
    pub found: usize,
    /// Those that compiled.
    pub compiled: usize,
    /// Those that gave a value.
    pub evaluated: usize,
    /// Those that threw an exception.
    pub failed: usize,
}

/// An expression and what came of it.
#[derive(Clone, Debug)]
pub struct Result {
    /// Where it stands.
    pub at: Location,
    /// Which value of which element it is: `when/@condition`.
    pub place: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of an expression.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Outcome {
    /// It does not compile.
    Refused {
        /// Why.
        problems: Vec<Fault>,
    },
    /// It gave a value.
    Value {
        /// Its type, as .NET names it.
        #[serde(rename = "type")]
        ty: String,
        /// Its text; that of secrets is masked.
        value: String,
    },
    /// It threw an exception, or took more than it may.
    Exception {
        /// The exception's class.
        class: String,
        /// Its message; that of secrets is masked.
        message: String,
    },
}

/// A problem of an expression.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The stable code.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
}
