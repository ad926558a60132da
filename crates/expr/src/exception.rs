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
    cause: Option<Exception>,
    /// `HelpLink` and `Source`, which only expressions set.
    help: Option<Text>,
    source: Option<Text>,
}

impl Exception {
    /// An exception of a .NET class given by its full name, such as `System.FormatException`.
    #[must_use]
    pub fn new(class: &'static str, message: impl Into<Text>) -> Self {
        Self(Box::new(Inner {
            class,
            message: message.into(),
            limit: false,
            cause: None,
            help: None,
            source: None,
        }))
    }

    /// A limit of the evaluator was reached. C# code cannot catch it.
    #[must_use]
    pub fn limit(message: &'static str) -> Self {
        let message = Text::from_static(message);
        let mut exception = Self::new("Cardea.LimitExceededException", message);
        exception.0.limit = true;
        exception
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

    /// The same exception with the one that led to it: `InnerException`.
    #[must_use]
    pub fn caused_by(mut self, cause: Self) -> Self {
        self.0.cause = Some(cause);
        self
    }

    /// The exception that led to it.
    #[must_use]
    pub fn cause(&self) -> Option<&Self> {
        self.0.cause.as_ref()
    }

    /// `Exception.HelpLink`, which is null until it is set.
    pub(crate) fn help(&mut self) -> &mut Option<Text> {
        &mut self.0.help
    }

    /// `Exception.Source`, which is null until it is set.
    pub(crate) fn origin(&mut self) -> &mut Option<Text> {
        &mut self.0.source
    }

    /// `Exception.ToString()` without the stack trace: class and message, and those of the exceptions that led to it.
    #[must_use]
    pub fn description(&self) -> Text {
        let mut text = self.0.class.to_owned();
        if !self.0.message.is_empty() {
            text.push_str(": ");
            text.push_str(self.0.message.as_str());
        }
        let mut tainted = self.0.message.is_tainted();
        if let Some(cause) = &self.0.cause {
            let inner = cause.description();
            tainted |= inner.is_tainted();
            text.push_str(" ---> ");
            text.push_str(inner.as_str());
            text.push_str("\r\n   --- End of inner exception stack trace ---");
        }
        Text::from(text).tainted_if(tainted)
    }

    /// `Exception.HResult`.
    #[must_use]
    pub fn code(&self) -> i32 {
        let code: u32 = match self.0.class {
            "System.NullReferenceException" | "System.ArgumentNullException" => 0x8000_4003,
            "System.ArgumentException" => 0x8007_0057,
            "System.ArgumentOutOfRangeException" => 0x8013_1502,
            "System.ArithmeticException" => 0x8007_0216,
            "System.ArrayTypeMismatchException" => 0x8013_1503,
            "System.DivideByZeroException" => 0x8002_0012,
            "System.FormatException" | "System.UriFormatException" => 0x8013_1537,
            "System.IndexOutOfRangeException" => 0x8013_1508,
            "System.InvalidCastException" => 0x8000_4002,
            "System.InvalidOperationException" => 0x8013_1509,
            "System.Collections.Generic.KeyNotFoundException" => 0x8013_1577,
            "System.NotSupportedException" => 0x8013_1515,
            "System.OverflowException" => 0x8013_1516,
            "System.Security.Cryptography.CryptographicException" => 0x8013_1430,
            "System.SystemException" => 0x8013_1501,
            "System.Xml.XmlException" => 0x8013_1940,
            _ => 0x8013_1500,
        };
        code.cast_signed()
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
