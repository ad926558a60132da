//! What an expression throws: a .NET exception by its class name and message.
//!
//! The messages are .NET Framework 4.8's (`decisions.md` 14), because policies read them: `ex.Message`,
//! `context.LastError.Message`. An exceeded limit is an exception too, one that `catch` does not catch.

use std::fmt;

use crate::Text;

/// A thrown exception.
#[derive(Clone, PartialEq, Eq)]
pub struct Exception(Box<Inner>);

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    class: &'static str,
    message: Text,
    limit: bool,
}

impl Exception {
    /// An exception of a .NET class given by its full name, such as `System.FormatException`.
    #[must_use]
    pub fn new(class: &'static str, message: impl Into<Text>) -> Self {
        Self(Box::new(Inner { class, message: message.into(), limit: false }))
    }

    /// A limit of the evaluator was reached. C# code cannot catch it.
    #[must_use]
    pub fn limit(message: &'static str) -> Self {
        let message = Text::from_static(message);
        Self(Box::new(Inner { class: "Cardea.LimitExceededException", message, limit: true }))
    }

    /// `System.NullReferenceException`.
    #[must_use]
    pub fn null_reference() -> Self {
        Self::new(
            "System.NullReferenceException",
            Text::from_static("Object reference not set to an instance of an object."),
        )
    }

    /// `System.InvalidCastException` of an unboxing to another type.
    #[must_use]
    pub fn invalid_cast() -> Self {
        Self::new("System.InvalidCastException", Text::from_static("Specified cast is not valid."))
    }

    /// `System.ArgumentNullException` for a parameter.
    #[must_use]
    pub fn argument_null(parameter: &str) -> Self {
        let message = format!("Value cannot be null.\r\nParameter name: {parameter}");
        Self::new("System.ArgumentNullException", message)
    }

    /// `System.ArgumentException` for a parameter.
    #[must_use]
    pub fn argument(message: &str, parameter: &str) -> Self {
        Self::new("System.ArgumentException", format!("{message}\r\nParameter name: {parameter}"))
    }

    /// `System.ArgumentOutOfRangeException` for a parameter.
    #[must_use]
    pub fn out_of_range(message: &str, parameter: &str) -> Self {
        Self::new("System.ArgumentOutOfRangeException", format!("{message}\r\nParameter name: {parameter}"))
    }

    /// `System.FormatException`.
    #[must_use]
    pub fn format(message: &'static str) -> Self {
        Self::new("System.FormatException", Text::from_static(message))
    }

    /// `System.OverflowException`.
    #[must_use]
    pub fn overflow(message: &'static str) -> Self {
        Self::new("System.OverflowException", Text::from_static(message))
    }

    /// `System.IndexOutOfRangeException`.
    #[must_use]
    pub fn index_out_of_range() -> Self {
        Self::new(
            "System.IndexOutOfRangeException",
            Text::from_static("Index was outside the bounds of the array."),
        )
    }

    /// `System.InvalidOperationException`.
    #[must_use]
    pub fn invalid_operation(message: &'static str) -> Self {
        Self::new("System.InvalidOperationException", Text::from_static(message))
    }

    /// `System.Collections.Generic.KeyNotFoundException`.
    #[must_use]
    pub fn key_not_found() -> Self {
        Self::new(
            "System.Collections.Generic.KeyNotFoundException",
            Text::from_static("The given key was not present in the dictionary."),
        )
    }

    /// The full name of its .NET class.
    #[must_use]
    pub fn class(&self) -> &'static str {
        self.0.class
    }

    /// Its message; tainted when it may show a secret.
    #[must_use]
    pub fn message(&self) -> &Text {
        &self.0.message
    }

    /// Whether a limit of the evaluator was reached.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        self.0.limit
    }

    /// The same exception with a message that must not be shown.
    #[must_use]
    pub fn tainted(mut self) -> Self {
        self.0.message = self.0.message.clone().tainted();
        self
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({:?})", self.0.class, self.0.message)
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.message.is_tainted() {
            return write!(f, "{}: (not shown)", self.0.class);
        }
        f.write_str(self.0.message.as_str())
    }
}

impl std::error::Error for Exception {}
