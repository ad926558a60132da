//! Origins, methods and header names as `cors` compares them.

use expr::{Exception, Expected, Heap, Text, Value};
use http::HeaderName;
use policy::SettingValue;

/// `*` or an origin in one form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OriginRule {
    /// Any.
    Any,
    /// This one.
    Only(String),
}

/// `*`, a method or the name of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name(pub(super) Text);

/// An origin in one form: lower case, without the scheme's own port and without a slash at the end.
pub(super) fn normal(origin: &str) -> Option<String> {
    let origin = origin.trim().to_ascii_lowercase();
    let (scheme, rest) = origin.split_once("://")?;
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    let fits_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let fits = |c: char| c.is_ascii_graphic() && !matches!(c, '/' | '?' | '#' | '@' | '*' | ',');
    if scheme.is_empty() || !scheme.chars().all(fits_scheme) || authority.is_empty() || !authority.chars().all(fits) {
        return None;
    }
    let own = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => "",
    };
    let authority = Some(own).filter(|own| !own.is_empty()).and_then(|own| authority.strip_suffix(own)).unwrap_or(authority);
    Some(format!("{scheme}://{authority}"))
}

impl OriginRule {
    fn read(text: &Text) -> Option<Self> {
        match text.as_str().trim() {
            "*" => Some(Self::Any),
            origin => normal(origin).map(Self::Only),
        }
    }
}

impl SettingValue for OriginRule {
    fn expected() -> Expected {
        Expected::String
    }

    fn from_text(text: &Text) -> Result<Self, String> {
        Self::read(text).ok_or_else(|| {
            "it must be `*`, or scheme, host and port such as `https://portal.example:8443`, without a path".to_owned()
        })
    }

    fn from_value(value: Value, heap: &Heap) -> Result<Self, Exception> {
        let text = Text::from_value(value, heap)?;
        Self::read(&text).ok_or_else(|| Exception::format("The value is not an origin."))
    }
}

impl SettingValue for Name {
    fn expected() -> Expected {
        Expected::String
    }

    fn from_text(text: &Text) -> Result<Self, String> {
        let trimmed = Text::copied(text.as_str().trim());
        let fits = HeaderName::from_bytes(trimmed.as_bytes()).is_ok();
        if fits { Ok(Self(trimmed)) } else { Err("it must be `*` or a name".to_owned()) }
    }

    fn from_value(value: Value, heap: &Heap) -> Result<Self, Exception> {
        let text = Text::from_value(value, heap)?;
        Self::from_text(&text).map_err(|_| Exception::format("The value is not a name."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_have_one_form() {
        let cases = [
            ("HTTPS://Portal.Example:443/", Some("https://portal.example")),
            ("http://localhost:8080/", Some("http://localhost:8080")),
            ("http://localhost:8", Some("http://localhost:8")),
            ("https://[2001:db8::1]:444", Some("https://[2001:db8::1]:444")),
            ("capacitor://localhost", Some("capacitor://localhost")),
            ("https://a.example/path", None),
            ("https://*.example", None),
            ("portal.example", None),
            ("null", None),
        ];
        for (given, wanted) in cases {
            assert_eq!(normal(given).as_deref(), wanted, "{given}");
        }
    }
}
