//! Where a caller put its token: a header, a query parameter, or wherever an expression finds it.
//!
//! The token is found as it stands at this moment: a policy that ran before may have put it there.

use http::header::AUTHORIZATION;
use policy::spec::{AttributeSpec, Kind, attribute};
use policy::{CompileCx, Exchange, Fault, PresentedToken, Reader, Reported, Setting, TokenPlace, query};
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
    Token(PresentedToken),
    /// None.
    Absent,
    /// Several, of which a backend might read another one.
    Several,
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
                let name = name.get(exchange)?.name;
                let values = header::of_request(exchange, &name);
                let place = TokenPlace::Header(name.clone());
                let bare = |value: &str| match name == AUTHORIZATION {
                    true => behind_scheme(value, scheme),
                    false => Some(value.trim().to_owned()),
                };
                Ok(one(values.iter().map(|value| bare(value)), place))
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

fn one(mut values: impl Iterator<Item = Option<String>>, place: TokenPlace) -> Found {
    match (values.next(), values.next()) {
        (_, Some(_)) => Found::Several,
        (Some(Some(token)), None) if !token.is_empty() => {
            Found::Token(PresentedToken { place, token: Secret::new(token) })
        }
        _ => Found::Absent,
    }
}

/// The token in the value of `Authorization`. Schemes compare without regard to case (RFC 9110, 11.1).
///
/// COMPAT: with a scheme that is required and missing, the service answers "JWT not present." (third-party tests of a
/// live service, "without Bearer in the header"). Without a required scheme, whatever scheme is there is left out.
fn behind_scheme(value: &str, required: Option<&str>) -> Option<String> {
    let value = value.trim();
    let (scheme, token) = match value.split_once([' ', '\t']) {
        Some((scheme, token)) => (scheme, token.trim()),
        None => ("", value),
    };
    required.is_none_or(|required| required.eq_ignore_ascii_case(scheme)).then(|| token.to_owned())
}

#[cfg(test)]
mod tests {
    use super::behind_scheme;

    #[test]
    fn a_scheme_is_left_out_or_demanded() {
        assert_eq!(behind_scheme("Bearer a.b.c", None).as_deref(), Some("a.b.c"));
        assert_eq!(behind_scheme("a.b.c", None).as_deref(), Some("a.b.c"));
        assert_eq!(behind_scheme("bearer  a.b.c ", Some("Bearer")).as_deref(), Some("a.b.c"));
        assert_eq!(behind_scheme("a.b.c", Some("Bearer")), None);
        assert_eq!(behind_scheme("Basic a.b.c", Some("Bearer")), None);
    }
}
