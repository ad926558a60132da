//! APIM's `BasicAuthCredentials` and `Authorization`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::eval::Eval;
use crate::object::{Dictionary, Key, NativeObject, Object};
use crate::types::Type;
use crate::{Exception, Heap, Text, Value};

use super::arguments::arg;
use super::{TypeSpec, member};

/// The article "API Management policy expressions", section "BasicAuthCredentials"; `Authorization` from the article of
/// the policy `get-authorization-context`.
const SOURCE: &str = "azure/api-management/api-management-policy-expressions";

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        members: &[
            member("string UserId", |cx, a| basic(cx.heap, a, |basic| &basic.user)),
            member("string Username", |cx, a| basic(cx.heap, a, |basic| &basic.user)),
            member("string Password", |cx, a| basic(cx.heap, a, |basic| &basic.password)),
        ],
        ..TypeSpec::class("BasicAuthCredentials", SOURCE)
    },
    TypeSpec {
        members: &[
            member("string AccessToken", |cx, a| match cx.heap.native::<Authorization>(arg(a, 0)) {
                Some(authorization) => Ok(Value::Text(authorization.access_token.clone())),
                None => Err(Exception::null_reference()),
            }),
            member("IReadOnlyDictionary<string, object> Claims", |cx, a| {
                let claims = match cx.heap.native::<Authorization>(arg(a, 0)) {
                    Some(authorization) => authorization.claims.clone(),
                    None => return Err(Exception::null_reference()),
                };
                let mut dictionary = Dictionary::new(Type::String, Type::Object);
                for (name, value) in claims {
                    dictionary.insert(Key::Text(name.clone()), Value::Text(name), Value::Text(value));
                }
                cx.heap.make(Object::Dictionary(Box::new(dictionary)))
            }),
        ],
        ..TypeSpec::class("Authorization", SOURCE)
    },
    TypeSpec {
        members: &[
            member("static BasicAuthCredentials AsBasic(this string input)", |cx, a| {
                match a.first().and_then(Value::as_text).and_then(parse) {
                    Some(basic) => cx.heap.make(Object::Native(Box::new(basic))),
                    None => Ok(Value::Null),
                }
            }),
            member("static bool TryParseBasic(this string input, out BasicAuthCredentials result)", |cx, a| {
                let basic = a.first().and_then(Value::as_text).and_then(parse);
                let found = basic.is_some();
                let value = match basic {
                    Some(basic) => cx.heap.make(Object::Native(Box::new(basic)))?,
                    None => Value::Null,
                };
                cx.outs.push(value);
                Ok(Value::Bool(found))
            }),
        ],
        ..TypeSpec::statics("Cardea.BasicExtensions", SOURCE)
    },
];

#[derive(Debug)]
struct Basic {
    user: Text,
    password: Text,
}

impl NativeObject for Basic {
    fn class(&self) -> Type {
        crate::registry::registry().find("BasicAuthCredentials").map_or(Type::Object, Type::class)
    }

    fn is_tainted(&self) -> bool {
        self.password.is_tainted()
    }
}

/// `Basic <base64>`: bytes are ISO 8859-1, the user ends at the first colon (RFC 7617, 2). The scheme is compared exactly,
/// as the policy toolkit does.
fn parse(header: &Text) -> Option<Basic> {
    let encoded = header.as_str().strip_prefix("Basic ")?.trim();
    let bytes = STANDARD.decode(encoded).ok()?;
    let text: String = bytes.into_iter().map(char::from).collect();
    let (user, password) = text.split_once(':')?;
    let tainted = header.is_tainted();
    Some(Basic {
        user: Text::copied(user).tainted_if(tainted),
        password: Text::copied(password).tainted_if(tainted),
    })
}

fn basic(heap: &Heap, args: &[Value], part: fn(&Basic) -> &Text) -> Eval {
    match heap.native::<Basic>(arg(args, 0)) {
        Some(basic) => Ok(Value::Text(part(basic).clone())),
        None => Err(Exception::null_reference()),
    }
}

#[derive(Debug)]
struct Authorization {
    access_token: Text,
    claims: Vec<(Text, Text)>,
}

impl NativeObject for Authorization {
    fn class(&self) -> Type {
        crate::registry::registry().find("Authorization").map_or(Type::Object, Type::class)
    }

    fn is_tainted(&self) -> bool {
        true
    }
}

impl Heap {
    /// An `Authorization`, such as `get-authorization-context` puts into a variable. The token is tainted.
    ///
    /// # Errors
    /// When the budget is used up.
    pub fn authorization(&mut self, access_token: Text, claims: Vec<(Text, Text)>) -> Result<Value, Exception> {
        self.note_taint();
        let access_token = access_token.tainted();
        self.make(Object::Native(Box::new(Authorization { access_token, claims })))
    }
}
