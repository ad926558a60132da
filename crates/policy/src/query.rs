//! Query strings edited in place: parameters that nobody touches keep their order and their bytes.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What RFC 3986 calls unreserved stays as it is; everything else is escaped in names and values that we add.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The parameters of a raw query string (without `?`), each with its raw text.
pub fn parameters(query: &str) -> impl Iterator<Item = Parameter<'_>> {
    let mut rest = Some(query);
    let pieces = std::iter::from_fn(move || {
        let (piece, others) = split(rest?, b'&');
        rest = others;
        Some(piece)
    });
    pieces.filter(|raw| !raw.is_empty()).map(|raw| Parameter { raw })
}

/// What stands before a mark, and behind it if it is there. These texts are short, so that looking at byte after byte is
/// faster than any searcher.
fn split(text: &str, mark: u8) -> (&str, Option<&str>) {
    let at = text.bytes().position(|byte| byte == mark);
    at.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?)))
        .map_or((text, None), |(before, behind)| (before, Some(behind)))
}

/// One `name=value` as it stands in a query string.
#[derive(Clone, Copy, Debug)]
pub struct Parameter<'a> {
    /// As written.
    pub raw: &'a str,
}

impl<'a> Parameter<'a> {
    /// The decoded name.
    #[must_use]
    pub fn name(&self) -> Cow<'a, str> {
        decode(split(self.raw, b'=').0)
    }

    /// The decoded value; empty when there is no `=`.
    #[must_use]
    pub fn value(&self) -> Cow<'a, str> {
        decode(split(self.raw, b'=').1.unwrap_or(""))
    }

    /// Whether its name is this one; names compare without regard to ASCII case, as System.UriTemplate does.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name)
    }
}

/// Decodes `%xx` and `+`; bytes that are not UTF-8 become U+FFFD.
#[must_use]
pub fn decode(raw: &str) -> Cow<'_, str> {
    if !raw.bytes().any(|byte| byte == b'%' || byte == b'+') {
        return Cow::Borrowed(raw);
    }
    let spaced = raw.replace('+', " ");
    Cow::Owned(percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
}

/// `name=value` with both escaped.
#[must_use]
pub fn encode(name: &str, value: &str) -> String {
    format!("{}={}", escape(name), escape(value))
}

/// One component, escaped.
#[must_use]
pub fn escape(text: &str) -> String {
    utf8_percent_encode(text, COMPONENT).to_string()
}

/// All values of a parameter.
#[must_use]
pub fn values<'a>(query: Option<&'a str>, name: &str) -> Vec<Cow<'a, str>> {
    parameters(query.unwrap_or("")).filter(|each| each.is(name)).map(|each| each.value()).collect()
}

/// Removes the parameters for which `drop` holds; none when nothing is left.
#[must_use]
pub fn without(query: Option<&str>, drop: impl Fn(&Parameter<'_>) -> bool) -> Option<String> {
    let kept: Vec<&str> =
        parameters(query.unwrap_or("")).filter(|each| !drop(each)).map(|each| each.raw).collect();
    (!kept.is_empty()).then(|| kept.join("&"))
}

/// Adds a parameter at the end.
pub fn append(query: &mut Option<String>, name: &str, value: &str) {
    let pair = encode(name, value);
    match query {
        Some(text) if !text.is_empty() => {
            text.push('&');
            text.push_str(&pair);
        }
        _ => *query = Some(pair),
    }
}

/// Puts `values` where the first parameter of that name stands (at the end when there is none) and removes the others.
pub fn replace(query: &mut Option<String>, name: &str, values: &[&str]) {
    let mut fresh: Option<Vec<String>> = Some(values.iter().map(|value| encode(name, value)).collect());
    let mut parts: Vec<Cow<'_, str>> = Vec::new();
    for each in parameters(query.as_deref().unwrap_or("")) {
        if !each.is(name) {
            parts.push(Cow::Borrowed(each.raw));
        } else if let Some(new) = fresh.take() {
            parts.extend(new.into_iter().map(Cow::Owned));
        }
    }
    parts.extend(fresh.into_iter().flatten().map(Cow::Owned));
    let joined = parts.join("&");
    *query = (!joined.is_empty()).then_some(joined);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(from: &str, edit: impl FnOnce(&mut Option<String>)) -> Option<String> {
        let mut query = (!from.is_empty()).then(|| from.to_owned());
        edit(&mut query);
        query
    }

    #[test]
    fn untouched_parameters_keep_order_and_encoding() {
        let query = edited("b=%7E1&A=x&c", |query| replace(query, "a", &["1 2", "3"]));
        assert_eq!(query.as_deref(), Some("b=%7E1&a=1%202&a=3&c"));
    }

    #[test]
    fn a_new_parameter_goes_last_and_an_emptied_query_is_none() {
        assert_eq!(edited("", |query| append(query, "q", "ä&b")).as_deref(), Some("q=%C3%A4%26b"));
        assert_eq!(edited("a=1", |query| replace(query, "a", &[])), None);
        assert_eq!(without(Some("key=s&x=1"), |each| each.is("KEY")).as_deref(), Some("x=1"));
    }

    #[test]
    fn plus_and_escapes_are_decoded_for_readers() {
        assert_eq!(values(Some("q=a+b%2Bc&Q=2"), "q"), ["a b+c", "2"]);
    }
}
