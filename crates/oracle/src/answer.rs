//! Questions and answers.

use expr::{Expected, Form};
use serde::Deserialize;

/// A program to compile and run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The C# text, without `@(` and `)`.
    pub code: String,
    /// Which of the two forms.
    pub form: Form,
    /// What its place wants.
    pub wants: Expected,
}

impl Question {
    /// A question about text as a document has it: `@( … )`, `@{ … }`; anything else is an expression.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let trimmed = text.trim();
        let inner = |open: &str, close: char| trimmed.strip_prefix(open)?.strip_suffix(close);
        let (code, form) = match (inner("@(", ')'), inner("@{", '}')) {
            (Some(code), _) => (code, Form::Expression),
            (_, Some(code)) => (code, Form::Block),
            _ => (trimmed, Form::Expression),
        };
        Self { code: code.to_owned(), form, wants: Expected::Any }
    }

    /// What the place wants, in a word that the driver and the case files know.
    #[must_use]
    pub fn wanted(&self) -> &'static str {
        match self.wants {
            Expected::Any => "any",
            Expected::Bool => "bool",
            Expected::Int => "int",
            Expected::Long => "long",
            Expected::Double => "double",
            Expected::String | Expected::Enum(_) => "string",
            Expected::Bytes => "bytes",
            Expected::BodyText => "body",
            Expected::Variable => "variable",
        }
    }
}

/// What compiling and running gave.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Answer {
    /// A value: the name of its type, and its text as `expr::dump` writes it.
    Value {
        /// Type at run time.
        #[serde(rename = "type")]
        ty: String,
        /// The value.
        text: String,
    },
    /// An exception.
    Exception {
        /// Full name of its class.
        #[serde(rename = "type")]
        class: String,
        /// Its message.
        message: String,
    },
    /// It does not compile.
    Refused {
        /// Why, in the order of the text.
        problems: Vec<Fault>,
    },
    /// It did not end in time, or reached a limit.
    Timeout,
}

impl Answer {
    /// Whether only API Management's list of types refuses it.
    #[must_use]
    pub fn is_by_list(&self) -> bool {
        matches!(self, Self::Refused { problems } if problems.iter().all(|problem| problem.code.starts_with("APIM")))
    }
}

/// Why a program does not compile.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Fault {
    /// The compiler's code, `CS0103`; ours where C# has none.
    pub code: String,
    /// Where, in UTF-16 units (the oracle) or bytes (ours).
    pub start: u32,
    /// Why.
    pub message: String,
}
