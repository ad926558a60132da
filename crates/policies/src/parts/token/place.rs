//! Where a caller put its token: a header, a query parameter, or wherever an expression finds it.
//!
//! The token is found as it stands at this moment: a policy that ran before may have put it there.

use std::ops::Range;

use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue};
use policy::spec::{AttributeSpec, Kind, attribute};
use policy::{CompileCx, Exchange, Fault, Reader, Reported, Setting, TokenPlace, query};
use secret::Secret;
use source::Diagnostic;

use crate::parts::header::{self, FieldName};
use crate::parts::refusal;

/// `header-name` of both policies.
pub(crate) const HEADER: AttributeSpec =
    attribute("header-name", Kind::String, "The header that holds the token.");
/// `query-parameter-name` of both policies.
pub(crate) const QUERY: AttributeSpec =
    attribute("query-parameter-name", Kind::String, "The query parameter that holds the token.");
/// `token-value` of both policies.
pub(crate) const VALUE: AttributeSpec =
    attribute("token-value", Kind::String, "The token itself, without `Bearer`, usually as an expression.");

const PLACES: [&str; 3] = ["header-name", "query-parameter-name", "token-value"];

/// Where the token stands.
#[derive(Debug)]
pub(crate) enum Place {
    /// In a header; in `Authorization` behind a scheme.
    Header(Setting<FieldName>),
    /// In the query.
    Query(Setting<expr::Text>),
    /// An expression finds it.
    Value(Setting<expr::Text>),
}

/// What was found there.
#[derive(Debug)]
pub(crate) enum Found {
    /// A token, or what the caller takes for one.
    Token(Spot),
    /// None.
    Absent,
    /// Several, of which a backend might read another one.
    Several,
}

/// A token that was found. One in a header is not copied before it is known to be worth it.
#[derive(Debug)]
pub(crate) struct Spot {
    place: TokenPlace,
    at: At,
}

#[derive(Debug)]
enum At {
    /// In the only value of a header of the request.
    Header(HeaderName, Range<usize>),
    /// Here.
    Text(Secret),
}

impl Spot {
    /// The text of the token, as long as the request is what it was.
    pub(crate) fn text<'a>(&'a self, exchange: &'a Exchange) -> Option<&'a str> {
        match &self.at {
            At::Header(name, range) => {
                str::from_utf8(exchange.request.headers.get(name)?.as_bytes().get(range.clone())?).ok()
            }
            At::Text(text) => Some(text.expose()),
        }
    }

    /// The text of the token, kept.
    pub(crate) fn secret(&self, exchange: &Exchange) -> Secret {
        match &self.at {
            At::Text(text) => text.clone(),
            At::Header(..) => Secret::new(self.text(exchange).unwrap_or_default()),
        }
    }

    /// Where the token was found.
    pub(crate) fn into_place(self) -> TokenPlace {
        self.place
    }
}

/// The place that an element names. `Ok(None)` when it names none.
pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Option<Place>, Reported> {
    let header = reader.optional("header-name", cx);
    let query = reader.optional("query-parameter-name", cx);
    let value = reader.optional("token-value", cx);
    for (index, one) in PLACES.iter().enumerate() {
        for other in PLACES.iter().skip(index + 1) {
            refusal::both(reader, one, other, cx)?;
        }
    }
    Ok(match (header?, query?, value?) {
        (Some(name), ..) => Some(Place::Header(name)),
        (_, Some(name), _) => Some(Place::Query(name)),
        (.., Some(value)) => Some(Place::Value(value)),
        _ => None,
    })
}

/// Reports that an element says nowhere where its token is.
pub(crate) fn missing(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Reported {
    let message = format!("`{}` does not say where the token is", reader.name());
    let diagnostic = Diagnostic::error("missing-attribute", message).at(reader.location());
    cx.report(diagnostic.help("write one of `header-name`, `query-parameter-name` and `token-value`"))
}

impl Place {
    /// Whether it is known to be another header than `Authorization`, or no header at all: no scheme stands there then.
    pub(crate) fn has_no_scheme(&self) -> bool {
        match self {
            Self::Header(name) => name.fixed().is_some_and(|name| name.name != AUTHORIZATION),
            Self::Query(_) | Self::Value(_) => true,
        }
    }

    /// The place, as far as it is known when the document is loaded.
    pub(crate) fn known(&self) -> TokenPlace {
        match self {
            Self::Header(name) => name.fixed().map(|name| TokenPlace::Header(name.name.clone())),
            Self::Query(name) => name.fixed().map(|name| TokenPlace::Query(name.to_shared())),
            Self::Value(_) => None,
        }
        .unwrap_or(TokenPlace::Computed)
    }

    /// The token of this request. `scheme` is the one that must stand before it in `Authorization`.
    pub(crate) fn find(&self, scheme: Option<&str>, exchange: &mut Exchange) -> Result<Found, Fault> {
        match self {
            Self::Header(name) => {
                // Most names are known: they are not copied, with how they were written, to be looked at.
                let computed = if name.fixed().is_none() { Some(name.get(exchange)?) } else { None };
                let name = computed.as_ref().or(name.fixed()).map_or(&AUTHORIZATION, |name| &name.name);
                Ok(in_header(name, scheme, exchange))
            }
            Self::Query(name) => {
                let name = name.get(exchange)?;
                exchange.caller.token_parameters.push(name.to_shared());
                let values = query::values(exchange.request.query(), name.as_str());
                let values = values.into_iter().map(|value| Some(value.trim().to_owned()));
                Ok(one(values, TokenPlace::Query(name.to_shared())))
            }
            Self::Value(value) => {
                let value = value.get(exchange)?;
                Ok(one([Some(value.as_str().trim().to_owned())].into_iter(), TokenPlace::Computed))
            }
        }
    }
}

fn text(value: &HeaderValue) -> Option<&str> {
    str::from_utf8(value.as_bytes()).ok()
}

/// Where a part of a text stands in it.
fn range_in(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    start..start + part.len()
}

/// A token that stands in a header.
fn in_header(name: &HeaderName, scheme: Option<&str>, exchange: &Exchange) -> Found {
    let place = TokenPlace::Header(name.clone());
    let bare = |value| match *name == AUTHORIZATION {
        true => behind_scheme(value, scheme),
        false => Some(str::trim(value)),
    };
    let mut values = exchange.request.headers.get_all(name).iter();
    if let (Some(value), None) = (values.next().and_then(text), values.next()) {
        return match bare(value).filter(|token| !token.is_empty()) {
            Some(token) => Found::Token(Spot { place, at: At::Header(name.clone(), range_in(value, token)) }),
            None => Found::Absent,
        };
    }
    let values = header::of_request(exchange, name);
    one(values.iter().map(|value| bare(value).map(str::to_owned)), place)
}

fn one(mut values: impl Iterator<Item = Option<String>>, place: TokenPlace) -> Found {
    match (values.next(), values.next()) {
        (_, Some(_)) => Found::Several,
        (Some(Some(token)), None) if !token.is_empty() => {
            Found::Token(Spot { place, at: At::Text(Secret::new(token)) })
        }
        _ => Found::Absent,
    }
}

/// The token in the value of `Authorization`. Schemes compare without regard to case (RFC 9110, 11.1).
///
/// COMPAT: with a scheme that is required and missing, the service answers "JWT not present." (third-party tests of a
/// live service, "without Bearer in the header"). Without a required scheme, whatever scheme is there is left out.
fn behind_scheme<'v>(value: &'v str, required: Option<&str>) -> Option<&'v str> {
    let value = value.trim();
    let (scheme, token) = match value.split_once([' ', '\t']) {
        Some((scheme, token)) => (scheme, token.trim()),
        None => ("", value),
    };
    required.is_none_or(|required| required.eq_ignore_ascii_case(scheme)).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::behind_scheme;

    #[test]
    fn a_scheme_is_left_out_or_demanded() {
        assert_eq!(behind_scheme("Bearer a.b.c", None), Some("a.b.c"));
        assert_eq!(behind_scheme("a.b.c", None), Some("a.b.c"));
        assert_eq!(behind_scheme("bearer  a.b.c ", Some("Bearer")), Some("a.b.c"));
        assert_eq!(behind_scheme("a.b.c", Some("Bearer")), None);
        assert_eq!(behind_scheme("Basic a.b.c", Some("Bearer")), None);
    }
}
