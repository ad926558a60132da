//! `X509ExtensionCollection`: the extensions of a certificate, as bytes.

use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use crate::eval::{Cx, Eval};
use crate::object::NativeObject;
use crate::types::Type;
use crate::{Exception, Value};

use crate::library::arguments::{count, int, text};
use crate::library::natives::{made, named, state};
use crate::library::oid::Oid;
use crate::library::{TypeSpec, member};

pub(super) const COLLECTION: TypeSpec = TypeSpec {
    bases: &["IEnumerable<X509Extension>"],
    members: &[
        member("int Count", |cx, a| Ok(count(state::<Collection>(cx, a, 0)?.0.len()))),
        member("X509Extension this[int index]", |cx, a| {
            let index = usize::try_from(int(a, 1)).map_err(|_| {
                Exception::invalid_operation("Enumeration has not started. Call MoveNext.")
            })?;
            let found = state::<Collection>(cx, a, 0)?.0.get(index).map(|(_, value)| value.clone());
            found.ok_or_else(|| {
                let message = "Index was out of range. Must be non-negative and less than the size of the collection.";
                Exception::out_of_range(message, "index")
            })
        }),
        member("X509Extension this[string oid]", |cx, a| {
            let oid = text(a, 1, "oid")?;
            let all = &state::<Collection>(cx, a, 0)?.0;
            let found = all.iter().find(|(id, _)| id == oid.as_str()).map(|(_, value)| value.clone());
            Ok(found.unwrap_or(Value::Null))
        }),
    ],
    ..TypeSpec::class(
        "System.Security.Cryptography.X509Certificates.X509ExtensionCollection",
        "api/system.security.cryptography.x509certificates.x509extensioncollection",
    )
};

pub(super) const EXTENSION: TypeSpec = TypeSpec {
    members: &[
        member("bool Critical", |cx, a| Ok(Value::Bool(state::<Extension>(cx, a, 0)?.critical))),
        member("Oid Oid", |cx, a| {
            let oid = Oid::of(&state::<Extension>(cx, a, 0)?.id);
            made(cx, oid)
        }),
        member("byte[] RawData", |cx, a| {
            let raw = state::<Extension>(cx, a, 0)?.raw.clone();
            cx.heap.bytes(raw)
        }),
    ],
    ..TypeSpec::class(
        "System.Security.Cryptography.X509Certificates.X509Extension",
        "api/system.security.cryptography.x509certificates.x509extension",
    )
};

/// Identifiers and objects.
#[derive(Debug)]
struct Collection(Vec<(String, Value)>);

impl NativeObject for Collection {
    fn class(&self) -> Type {
        named("X509ExtensionCollection")
    }

    fn items(&self) -> Option<Vec<Value>> {
        Some(self.0.iter().map(|(_, value)| value.clone()).collect())
    }
}

#[derive(Debug)]
struct Extension {
    id: String,
    critical: bool,
    raw: Vec<u8>,
}

impl NativeObject for Extension {
    fn class(&self) -> Type {
        named("X509Extension")
    }

    fn size(&self) -> usize {
        64 + self.raw.len()
    }
}

/// The extensions of a certificate given in DER.
pub(super) fn of(cx: &mut Cx<'_>, der: &[u8]) -> Eval {
    let Ok((_, certificate)) = X509Certificate::from_der(der) else { return Ok(Value::Null) };
    let mut found = Vec::new();
    for extension in certificate.extensions() {
        cx.burn(1)?;
        let id = extension.oid.to_id_string();
        let own = Extension { id: id.clone(), critical: extension.critical, raw: extension.value.to_vec() };
        found.push((id, made(cx, own)?));
    }
    made(cx, Collection(found))
}
