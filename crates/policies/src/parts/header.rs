//! Names and values of headers as settings, and the headers of a request with the `Host` that the caller sent.

use std::borrow::Cow;

use expr::{Exception, Expected, Heap, Text, Value};
use http::{HeaderName, HeaderValue, header};
use policy::{Exchange, SettingValue};

/// The name of a header, and how the author wrote it.
#[derive(Clone, Debug)]
pub(crate) struct FieldName {
    /// For lookup.
    pub(crate) name: HeaderName,
    /// For messages.
    pub(crate) written: Text,
}

impl FieldName {
    fn read(text: &Text) -> Option<Self> {
        let written = text.as_str().trim();
        let name = HeaderName::from_bytes(written.as_bytes()).ok()?;
        Some(Self { name, written: Text::copied(written).tainted_if(text.is_tainted()) })
    }
}

impl SettingValue for FieldName {
    fn expected() -> Expected {
        Expected::String
    }

    fn from_text(text: &Text) -> Result<Self, String> {
        Self::read(text).ok_or_else(|| {
            "it must be the name of a header: letters, digits and ``!#$%&'*+-.^_`|~``".to_owned()
        })
    }

    fn from_value(value: Value, heap: &Heap) -> Result<Self, Exception> {
        let text = Text::from_value(value, heap)?;
        Self::read(&text).ok_or_else(|| Exception::format("The value is not the name of a header."))
    }
}

/// The value of a header. One that derives from a secret is marked, so that nobody prints it.
#[derive(Clone, Debug)]
pub(crate) struct FieldValue(pub(crate) HeaderValue);

impl FieldValue {
    /// Takes text; none when it holds a line break or another control character.
    pub(crate) fn read(text: &Text) -> Option<Self> {
        let bytes = text.as_bytes();
        let is_blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
        // Without blanks around it the text itself is the value, and a long one is not copied.
        let value = match is_blank(bytes.first()) || is_blank(bytes.last()) {
            true => HeaderValue::from_bytes(text.as_str().trim_matches([' ', '\t']).as_bytes()),
            false => HeaderValue::from_maybe_shared(text.to_bytes()),
        };
        let mut value = value.ok()?;
        value.set_sensitive(text.is_tainted());
        Some(Self(value))
    }
}

impl SettingValue for FieldValue {
    fn expected() -> Expected {
        Expected::String
    }

    fn from_text(text: &Text) -> Result<Self, String> {
        Self::read(text).ok_or_else(|| {
            "the value of a header can hold neither line breaks nor other control characters".to_owned()
        })
    }

    fn from_value(value: Value, heap: &Heap) -> Result<Self, Exception> {
        let text = Text::from_value(value, heap)?;
        Self::read(&text).ok_or_else(|| {
            Exception::format("The value of a header cannot hold line breaks or other control characters.")
        })
    }
}

/// The values of a header of the request, one by one. `Host` is the caller's unless a policy set another.
pub(crate) fn of_request<'a>(exchange: &'a Exchange, name: &HeaderName) -> Vec<Cow<'a, str>> {
    let values = exchange.request.headers.get_all(name).iter();
    let found: Vec<_> = values.map(|value| text(value.as_bytes())).collect();
    if found.is_empty() && name == header::HOST {
        return vec![Cow::Owned(exchange.request.original.host_header())];
    }
    found
}

/// As `String::from_utf8_lossy`, which looks at each byte by itself also where all of them are plain.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// One header value out of several, joined with `,`; sensitive when one of them is.
pub(crate) fn joined(values: &[HeaderValue]) -> Option<HeaderValue> {
    if let [only] = values {
        return Some(only.clone());
    }
    let bytes: Vec<&[u8]> = values.iter().map(HeaderValue::as_bytes).collect();
    let mut value = HeaderValue::from_bytes(&bytes.join(&b","[..])).ok()?;
    value.set_sensitive(values.iter().any(HeaderValue::is_sensitive));
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_cannot_get_into_a_header() {
        for bad in ["a\r\nX: b", "a\nb", "a\0b", "a\u{7f}"] {
            assert!(FieldValue::read(&Text::copied(bad)).is_none(), "{bad:?}");
        }
        let value = FieldValue::read(&Text::copied(" grün\t")).unwrap();
        assert_eq!(value.0.as_bytes(), "grün".as_bytes());
    }

    #[test]
    fn a_value_that_holds_a_secret_is_marked_even_when_joined() {
        let secret = FieldValue::read(&Text::from_static("k-1").tainted()).unwrap().0;
        let both = joined(&[HeaderValue::from_static("a"), secret]).unwrap();
        assert!(both.is_sensitive());
        assert_eq!(both.as_bytes(), b"a,k-1");
    }
}
