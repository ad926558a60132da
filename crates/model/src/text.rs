//! Small validated texts that several resources share.

use std::fmt;
use std::sync::Arc;

use source::{Location, SourceFile};

use crate::Invalid;

/// The text of a policy document; read and compiled elsewhere.
#[derive(Clone, Debug)]
pub struct PolicyText {
    /// The document under the name that diagnostics show.
    pub file: Arc<SourceFile>,
}

impl PolicyText {
    /// Takes a document.
    #[must_use]
    pub fn new(file: Arc<SourceFile>) -> Self {
        Self { file }
    }
}

/// A value that may hold `{{named values}}`, which are put in when the configuration is compiled.
///
/// Its `Debug` form hides the text: people write keys where they should not.
#[derive(Clone)]
pub struct ValueText {
    /// The text as it was written.
    pub text: Arc<str>,
    /// Where it was written.
    pub at: Option<Location>,
}

impl ValueText {
    /// A value from nowhere in particular.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { text: text.into(), at: None }
    }

    /// A value that stands in a file.
    #[must_use]
    pub fn located(text: &str, at: Location) -> Self {
        Self { text: text.into(), at: Some(at) }
    }

    /// Whether it refers to a named value.
    #[must_use]
    pub fn has_named_values(&self) -> bool {
        self.text.contains("{{")
    }
}

impl fmt::Debug for ValueText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ValueText({} bytes)", self.text.len())
    }
}

/// A name for people: 1 to 300 characters, not only blanks.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DisplayName(Arc<str>);

impl DisplayName {
    /// Takes a name for people.
    ///
    /// # Errors
    /// [`Invalid`] when it is empty, blank or longer than 300 characters (limit of the published resource models).
    pub fn new(text: &str) -> Result<Self, Invalid> {
        Self::of(text.into())
    }

    /// The same of a text that others hold too.
    ///
    /// # Errors
    /// [`Invalid`], likewise.
    pub fn of(text: Arc<str>) -> Result<Self, Invalid> {
        Invalid::check_length("display name", text.trim(), 300)?;
        Ok(Self(text))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name, shared.
    #[must_use]
    pub fn to_shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl fmt::Display for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DisplayName({})", self.0)
    }
}

/// The suffix under which an API is reached, without slashes at its ends; empty for an API at the root.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ApiPath(Arc<str>);

impl ApiPath {
    /// Takes a path such as `/orders/v2/`; slashes at the ends make no difference.
    ///
    /// # Errors
    /// [`Invalid`] when it is longer than 400 characters, has an empty segment, `.` or `..`, or holds a character
    /// that would end or change a URL's path (`?`, `#`, `;`, `\`, `*`, braces, `%`, blanks, control characters).
    pub fn new(text: &str) -> Result<Self, Invalid> {
        let what = "API path";
        let path = text.trim_matches('/');
        if path.is_empty() {
            return Ok(Self("".into()));
        }
        Invalid::check_length(what, path, 400)?;
        let allowed = "what may stand in the path of a URL";
        let fits = |c: char| !c.is_control() && !c.is_whitespace() && !"?#;\\*{}%<>\"".contains(c);
        Invalid::check_characters(what, path, allowed, fits)?;
        if path.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
            return Err(Invalid::rule(what, text, "has an empty segment, `.` or `..`"));
        }
        Ok(Self(path.into()))
    }

    /// The path without slashes at its ends.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its segments; none for an API at the root.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|segment| !segment.is_empty())
    }
}

impl fmt::Display for ApiPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ApiPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiPath({})", self.0)
    }
}

/// A header's name that remembers how it was written: `WWW-Authenticate` shows it so.
#[derive(Clone, PartialEq, Eq)]
pub struct HeaderText {
    shown: Arc<str>,
    name: http::HeaderName,
}

impl HeaderText {
    /// Takes a header's name.
    ///
    /// # Errors
    /// [`Invalid`] when it is not a token as HTTP wants it.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        Invalid::check_length("header name", text, 256)?;
        let name = http::HeaderName::from_bytes(text.as_bytes())
            .map_err(|_| Invalid::rule("header name", text, "is not a token as HTTP wants it"))?;
        Ok(Self { shown: text.into(), name })
    }

    /// API Management's default header for keys.
    pub(crate) fn subscription_key() -> Self {
        let name = http::HeaderName::from_static("ocp-apim-subscription-key");
        Self { shown: "Ocp-Apim-Subscription-Key".into(), name }
    }

    /// The name as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// The name for header maps.
    #[must_use]
    pub fn name(&self) -> &http::HeaderName {
        &self.name
    }
}

impl fmt::Debug for HeaderText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeaderText({})", self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_path_loses_the_slashes_at_its_ends_only() {
        let path = ApiPath::new("/my-api/OpenAI/").unwrap();
        assert_eq!(path.segments().collect::<Vec<_>>(), ["my-api", "OpenAI"]);
        assert_eq!(ApiPath::new("/").unwrap().segments().count(), 0);
        for bad in ["a//b", "a/../b", "a;rev=2", "a?b", "a b", "{x}", "a%2fb"] {
            assert!(ApiPath::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_header_name_is_shown_as_written() {
        let header = HeaderText::new("Ocp-Apim-Subscription-Key").unwrap();
        assert_eq!(
            (header.as_str(), header.name().as_str()),
            ("Ocp-Apim-Subscription-Key", "ocp-apim-subscription-key")
        );
        assert!(HeaderText::new("api key").is_err());
    }
}
