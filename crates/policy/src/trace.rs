//! What `trace` policies say about a request.

use std::sync::Arc;

use expr::{Exception, Expected, Heap, Text, Value};

use crate::SettingValue;

/// How much a trace matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Details.
    Verbose,
    /// Worth knowing.
    Information,
    /// Something failed.
    Error,
}

impl Severity {
    /// As the `severity` attribute says it.
    pub const NAMES: &'static [&'static str] = &["verbose", "information", "error"];

    /// The severity with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "verbose" => Some(Self::Verbose),
            "information" => Some(Self::Information),
            "error" => Some(Self::Error),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Verbose => "verbose",
            Self::Information => "information",
            Self::Error => "error",
        }
    }
}

impl SettingValue for Severity {
    fn expected() -> Expected {
        Expected::Enum(Self::NAMES)
    }

    fn from_text(text: &Text) -> Result<Self, String> {
        Self::named(text.as_str().trim()).ok_or_else(|| format!("it can be `{}`", Self::NAMES.join("`, `")))
    }

    fn from_value(value: Value, _: &Heap) -> Result<Self, Exception> {
        value.as_text().and_then(|text| Self::named(text.as_str())).ok_or_else(Exception::invalid_cast)
    }
}

/// One `trace`. Values that came from secrets are masked before they get here.
#[derive(Clone, Debug)]
pub struct TraceRecord {
    /// The `source` attribute.
    pub source: Arc<str>,
    /// How much it matters.
    pub severity: Severity,
    /// The message.
    pub message: Text,
    /// Names and values.
    pub metadata: Arc<[(Text, Text)]>,
}
