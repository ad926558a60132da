//! APIM's `Jwt`: the content of a JSON Web Token, read without verifying it.
//!
//! Claims that are no text are shown as their JSON. A claim that a token does not have reads as an empty array. One that
//! the token has elsewhere (Entra's group overage) cannot be read at all: asking for it throws, since "no groups" would be
//! wrong.

mod claims;

use std::sync::{Arc, LazyLock, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value as Json};

use crate::eval::{Cx, Eval};
use crate::object::{NativeObject, Object};
use crate::types::Type;
use crate::value::DateTime;
use crate::{Exception, Heap, Text, Value};

use super::arguments::arg;
use super::{TypeSpec, member};
use claims::Listed;
pub(crate) use claims::{Reading, reader};

/// The article "API Management policy expressions", sections "Jwt" and "AsJwt".
const SOURCE: &str = "azure/api-management/api-management-policy-expressions";

/// The property that gives the claims.
pub(crate) const CLAIMS: &str = "IReadOnlyDictionary<string, string[]> Claims";

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        members: &[
            member("string Algorithm", |cx, a| in_header(cx, a, "alg")),
            member("string Type", |cx, a| in_header(cx, a, "typ")),
            member("string Id", |cx, a| in_payload(cx, a, "jti")),
            member("string Issuer", |cx, a| in_payload(cx, a, "iss")),
            member("string Subject", |cx, a| in_payload(cx, a, "sub")),
            member("IEnumerable<string> Audiences", |cx, a| {
                let audiences = token(cx, a)?.content.values("aud").unwrap_or_default();
                cx.heap.strings(audiences)
            }),
            member(CLAIMS, claims::dictionary),
            member("DateTime? ExpirationTime", |cx, a| date(cx, a, "exp")),
            member("DateTime? IssuedAt", |cx, a| date(cx, a, "iat")),
            member("DateTime? NotBefore", |cx, a| date(cx, a, "nbf")),
        ],
        ..TypeSpec::class("Jwt", SOURCE)
    },
    TypeSpec {
        members: &[
            member("static Jwt AsJwt(this string input)", |cx, a| {
                match a.first().and_then(Value::as_text).and_then(Jwt::parse) {
                    Some(jwt) => cx.heap.jwt(jwt),
                    None => Ok(Value::Null),
                }
            }),
            member("static bool TryParseJwt(this string input, out Jwt result)", |cx, a| {
                let jwt = a.first().and_then(Value::as_text).and_then(Jwt::parse);
                let found = jwt.is_some();
                let value = jwt.map_or(Ok(Value::Null), |jwt| cx.heap.jwt(jwt))?;
                cx.outs.push(value);
                Ok(Value::Bool(found))
            }),
        ],
        ..TypeSpec::statics("Cardea.JwtExtensions", SOURCE)
    },
];

/// The content of a JSON Web Token. Its signature has been verified by whoever made it, or by nobody.
#[derive(Clone, Debug)]
pub struct Jwt {
    content: Arc<Content>,
    /// What was made of its claims, in the heap that it is in.
    made: Option<Box<Made>>,
}

/// What all requests that bring a token share.
#[derive(Debug)]
struct Content {
    header: Arc<Map<String, Json>>,
    payload: Arc<Map<String, Json>>,
    tainted: bool,
    listed: OnceLock<Listed>,
}

/// Objects that expressions were given of the claims of a token: who asks again gets the same ones.
#[derive(Clone, Debug, Default)]
struct Made {
    dictionary: Option<Value>,
    /// The values of single claims, by their place in the list.
    values: Vec<(usize, Value)>,
}

impl Jwt {
    /// Reads a token: three parts divided by dots, of which the first two are JSON objects in base64url. A leading
    /// `Bearer ` is skipped. None when it is no token.
    #[must_use]
    pub fn parse(text: &Text) -> Option<Self> {
        let token = text.as_str().trim();
        let token = token.strip_prefix("Bearer ").unwrap_or(token).trim_start();
        let mut parts = token.split('.');
        let (header, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let (header, payload) = (Arc::new(object(header)?), Arc::new(object(payload)?));
        Some(Self::of(header, payload, text.is_tainted()))
    }

    /// A token from its two objects, as a policy that verified it has them. What is made of it for one request serves its
    /// clones in others.
    #[must_use]
    pub fn new(header: Arc<Map<String, Json>>, payload: Arc<Map<String, Json>>) -> Self {
        Self::of(header, payload, false)
    }

    fn of(header: Arc<Map<String, Json>>, payload: Arc<Map<String, Json>>, tainted: bool) -> Self {
        let content = Content { header, payload, tainted, listed: OnceLock::new() };
        Self { content: Arc::new(content), made: None }
    }
}

impl Content {
    fn listed(&self) -> &Listed {
        self.listed.get_or_init(|| self.list())
    }

    fn text(&self, of: &Map<String, Json>, name: &str) -> Option<Text> {
        of.get(name).map(|value| self.shown(value))
    }

    fn shown(&self, value: &Json) -> Text {
        let text = match value {
            Json::String(text) => Text::copied(text),
            other => Text::from(other.to_string()),
        };
        text.tainted_if(self.tainted)
    }

    /// The values of a claim.
    fn values(&self, name: &str) -> Option<Vec<Text>> {
        Some(match self.payload.get(name)? {
            Json::Array(items) => items.iter().map(|item| self.shown(item)).collect(),
            one => vec![self.shown(one)],
        })
    }

    fn list(&self) -> Listed {
        let names = self.payload.keys();
        Listed {
            claims: names.map(|name| (Text::copied(name), self.values(name).unwrap_or_default())).collect(),
            elsewhere: claims_elsewhere(&self.payload).into_iter().map(Text::copied).collect(),
        }
    }
}

/// The names of claims that a token has without holding their values.
///
/// Entra leaves `groups` out of tokens of people with too many of them and says so: in `_claim_names`, as OpenID Connect
/// has it for claims that stand elsewhere (Core 5.6.2), or by `hasgroups` where there is no room for that.
/// Source: the page on access token claims of the Microsoft identity platform, "Groups overage claim".
#[must_use]
pub fn claims_elsewhere(payload: &Map<String, Json>) -> Vec<&str> {
    let named = match payload.get("_claim_names") {
        Some(Json::Object(names)) => names.keys().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    let has_groups = match payload.get("hasgroups") {
        Some(Json::Bool(has)) => *has,
        Some(Json::String(has)) => has.eq_ignore_ascii_case("true"),
        _ => false,
    };
    let mut names: Vec<&str> = named;
    if has_groups && !names.contains(&"groups") {
        names.push("groups");
    }
    names.retain(|name| !payload.contains_key(*name));
    names
}

fn object(part: &str) -> Option<Map<String, Json>> {
    let bytes = URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?;
    match serde_json::from_slice(&bytes).ok()? {
        Json::Object(members) => Some(members),
        _ => None,
    }
}

impl NativeObject for Jwt {
    fn class(&self) -> Type {
        static CLASS: LazyLock<Type> =
            LazyLock::new(|| crate::registry::registry().find("Jwt").map_or(Type::Object, Type::class));
        CLASS.clone()
    }

    fn size(&self) -> usize {
        64 * (self.content.header.len() + self.content.payload.len())
    }

    fn is_tainted(&self) -> bool {
        self.content.tainted
    }
}

impl Heap {
    /// A `Jwt`, such as `validate-jwt` puts into a variable.
    ///
    /// # Errors
    /// When the budget is used up.
    pub fn jwt(&mut self, jwt: Jwt) -> Result<Value, Exception> {
        if jwt.content.tainted {
            self.note_taint();
        }
        // Claims that were made belong to the heap in which they were made.
        self.make(Object::Native(Box::new(Jwt { made: None, ..jwt })))
    }
}

fn token<'c>(cx: &'c Cx<'_>, args: &[Value]) -> Result<&'c Jwt, Exception> {
    cx.heap.native::<Jwt>(arg(args, 0)).ok_or_else(Exception::null_reference)
}

fn in_header(cx: &mut Cx<'_>, args: &[Value], name: &str) -> Eval {
    let jwt = token(cx, args)?;
    Ok(jwt.content.text(&jwt.content.header, name).into())
}

fn in_payload(cx: &mut Cx<'_>, args: &[Value], name: &str) -> Eval {
    let jwt = token(cx, args)?;
    Ok(jwt.content.text(&jwt.content.payload, name).into())
}

/// `NumericDate`: seconds since 1970, as UTC.
fn date(cx: &mut Cx<'_>, args: &[Value], name: &str) -> Eval {
    let seconds = token(cx, args)?.content.payload.get(name).and_then(Json::as_f64);
    let Some(seconds) = seconds.filter(|seconds| seconds.abs() < 1e11) else { return Ok(Value::Null) };
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked just before")]
    let nanoseconds = (seconds * 1000.0) as i128 * 1_000_000;
    Ok(Value::DateTime(DateTime::from_unix_nanoseconds(nanoseconds)))
}
