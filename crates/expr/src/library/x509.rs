//! `X509Certificate2` and its family: certificates of callers, of the configuration, and from bytes.
//!
//! Names, texts and their order are those of .NET Framework on Windows. Nothing is read from files or stores. `Verify()`
//! and `VerifyNoRevocation()` ask the host, which knows whom to trust.

mod certificate;
pub(crate) mod der;
mod extensions;
mod key;
mod name;
mod pfx;
mod shown;

use std::sync::Arc;


use crate::eval::{Cx, Eval};
use crate::host::Revocation;
use crate::object::{Dictionary, Key, NativeObject, Object};
use crate::types::Type;
use crate::value::DateTime;
use crate::{Exception, Facts, Heap, Text, Value};

use super::arguments::{arg, boolean, bytes, member as number};
use super::natives::{made, named, state, state_mut};
use super::oid::Oid;
use super::{TypeSpec, member, setter, touching};
pub use certificate::Certificate;
use certificate::hexadecimal;

const SOURCE: &str = "api/system.security.cryptography.x509certificates.x509certificate2";

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        members: &[
            member("new()", |cx, _| made(cx, Held::empty("X509Certificate"))),
            member("new(byte[] data)", |cx, a| read_as(cx, a, "X509Certificate")),
            touching(Facts::HEAVY, "new(byte[] rawData, string password)", |cx, a| {
                read_as(cx, a, "X509Certificate")
            }),
            member("new(X509Certificate cert)", |cx, a| copy_as(cx, a, "X509Certificate")),
            member("new(string fileName)", no_file),
            member("new(string fileName, string password)", no_file),
            member("static X509Certificate CreateFromCertFile(string filename)", no_file),
            member("static X509Certificate CreateFromSignedFile(string filename)", no_file),
            member("void Import(string fileName)", |cx, a| no_file(cx, a.get(1..).unwrap_or_default())),
            member("string Subject", |cx, a| shown_text(cx, a, |it| name::shown(&it.subject()))),
            member("string Issuer", |cx, a| shown_text(cx, a, |it| name::shown(&it.issuer()))),
            member("string GetName()", |cx, a| shown_text(cx, a, |it| name::in_order(&it.subject()))),
            member("string GetIssuerName()", |cx, a| shown_text(cx, a, |it| name::in_order(&it.issuer()))),
            member("string GetFormat()", |_, _| Ok(Value::text("X509"))),
            member("byte[] GetCertHash()", |cx, a| some_bytes(cx, a, Certificate::hash)),
            member("string GetCertHashString()", |cx, a| shown_text(cx, a, Certificate::thumbprint)),
            member("byte[] GetCertHash(HashAlgorithmName hashAlgorithm)", |cx, a| {
                let hash = key::hash_of(cx, a, 1)?;
                cx.heap.bytes(hash)
            }),
            member("string GetCertHashString(HashAlgorithmName hashAlgorithm)", |cx, a| {
                let hash = key::hash_of(cx, a, 1)?;
                Ok(Value::Text(hexadecimal(&hash).into()))
            }),
            member("string GetEffectiveDateString()", |cx, a| {
                shown_text(cx, a, |it| shown::date(it.not_before()))
            }),
            member("string GetExpirationDateString()", |cx, a| {
                shown_text(cx, a, |it| shown::date(it.not_after()))
            }),
            // Little-endian, unlike its text.
            member("byte[] GetSerialNumber()", |cx, a| {
                some_bytes(cx, a, |it| it.serial().into_iter().rev().collect())
            }),
            member("string GetSerialNumberString()", |cx, a| shown_text(cx, a, |it| hexadecimal(&it.serial()))),
            member("byte[] GetRawCertData()", |cx, a| some_bytes(cx, a, |it| it.der().to_vec())),
            member("string GetRawCertDataString()", |cx, a| shown_text(cx, a, |it| hexadecimal(it.der()))),
            member("byte[] GetPublicKey()", |cx, a| some_bytes(cx, a, |it| key::parts(it).bits)),
            member("string GetPublicKeyString()", |cx, a| {
                shown_text(cx, a, |it| hexadecimal(&key::parts(it).bits))
            }),
            member("string GetKeyAlgorithm()", |cx, a| shown_text(cx, a, |it| key::parts(it).algorithm)),
            member("byte[] GetKeyAlgorithmParameters()", |cx, a| {
                some_bytes(cx, a, |it| key::parts(it).parameters)
            }),
            member("string GetKeyAlgorithmParametersString()", |cx, a| {
                shown_text(cx, a, |it| hexadecimal(&key::parts(it).parameters))
            }),
            member("byte[] Export(X509ContentType contentType)", export),
            member("byte[] Export(X509ContentType contentType, string password)", export),
            member("bool Equals(object obj)", equal),
            member("bool Equals(X509Certificate other)", equal),
            member("int GetHashCode()", |cx, a| {
                let hash = own(cx, a)?.hash();
                let digits = hash.iter().take(4);
                Ok(Value::Int32(digits.fold(0, |code: i32, byte| code.wrapping_shl(8) | i32::from(*byte))))
            }),
            member("string ToString()", shown::short),
            member("string ToString(bool fVerbose)", |cx, a| {
                if boolean(a, 1) { shown::long(cx, a) } else { shown::short(cx, a) }
            }),
            member("void Import(byte[] rawData)", import),
            member("void Reset()", |cx, a| {
                state_mut::<Held>(cx, a, 0)?.certificate = None;
                Ok(Value::Null)
            }),
            member("void Dispose()", |cx, a| {
                state_mut::<Held>(cx, a, 0)?.certificate = None;
                Ok(Value::Null)
            }),
        ],
        ..TypeSpec::class(
            "System.Security.Cryptography.X509Certificates.X509Certificate",
            "api/system.security.cryptography.x509certificates.x509certificate",
        )
    },
    TypeSpec {
        bases: &["X509Certificate"],
        members: &[
            member("new()", |cx, _| made(cx, Held::empty("X509Certificate2"))),
            member("new(byte[] rawData)", |cx, a| read_as(cx, a, "X509Certificate2")),
            touching(Facts::HEAVY, "new(byte[] rawData, string password)", |cx, a| {
                read_as(cx, a, "X509Certificate2")
            }),
            member("new(X509Certificate certificate)", |cx, a| copy_as(cx, a, "X509Certificate2")),
            member("new(string fileName)", no_file),
            member("new(string fileName, string password)", no_file),
            member("static X509ContentType GetCertContentType(string fileName)", no_file),
            member("void Import(byte[] rawData)", import),
            member("void Import(string fileName)", |cx, a| no_file(cx, a.get(1..).unwrap_or_default())),
            member("void Reset()", |cx, a| {
                state_mut::<Held>(cx, a, 0)?.certificate = None;
                Ok(Value::Null)
            }),
            member("bool Archived", |cx, a| Ok(Value::Bool(state::<Held>(cx, a, 0)?.archived))),
            setter("bool Archived", |cx, a| {
                state_mut::<Held>(cx, a, 0)?.archived = boolean(a, 1);
                Ok(Value::Null)
            }),
            member("X509ExtensionCollection Extensions", |cx, a| {
                let der = own(cx, a)?.der().to_vec();
                extensions::of(cx, &der)
            }),
            member("string FriendlyName", |cx, a| shown_text(cx, a, |it| it.friendly_name().to_owned())),
            setter("string FriendlyName", |cx, a| {
                let name = arg(a, 1).as_text().map_or("", Text::as_str).to_owned();
                own(cx, a)?;
                if let Some(certificate) = &mut state_mut::<Held>(cx, a, 0)?.certificate {
                    certificate.set_friendly_name(&name);
                }
                Ok(Value::Null)
            }),
            member("bool HasPrivateKey", |cx, a| Ok(Value::Bool(own(cx, a)?.has_key()))),
            member("AsymmetricAlgorithm PrivateKey", key::private),
            setter("AsymmetricAlgorithm PrivateKey", key::set_private),
            member("X500DistinguishedName SubjectName", |cx, a| {
                let name = own(cx, a)?.subject();
                made(cx, Name(name))
            }),
            member("X500DistinguishedName IssuerName", |cx, a| {
                let name = own(cx, a)?.issuer();
                made(cx, Name(name))
            }),
            member("DateTime NotBefore", |cx, a| date(cx, a, Certificate::not_before)),
            member("DateTime NotAfter", |cx, a| date(cx, a, Certificate::not_after)),
            member("PublicKey PublicKey", |cx, a| {
                let certificate = own(cx, a)?.clone();
                made(cx, key::Public::of(&certificate))
            }),
            member("byte[] RawData", |cx, a| some_bytes(cx, a, |it| it.der().to_vec())),
            member("string SerialNumber", |cx, a| shown_text(cx, a, |it| hexadecimal(&it.serial()))),
            member("Oid SignatureAlgorithm", |cx, a| {
                let oid = Oid::of(&own(cx, a)?.signature_algorithm());
                made(cx, oid)
            }),
            member("string Thumbprint", |cx, a| shown_text(cx, a, Certificate::thumbprint)),
            member("int Version", |cx, a| Ok(Value::Int32(own(cx, a)?.version()))),
            member("string GetNameInfo(X509NameType nameType, bool forIssuer)", |cx, a| {
                let (kind, of_issuer) = (number(a, 1), boolean(a, 2));
                shown_text(cx, a, |it| shown::name_info(it, kind, of_issuer))
            }),
            member("string ToString()", shown::long),
            member("string ToString(bool verbose)", |cx, a| match boolean(a, 1) {
                false => shown::long(cx, a),
                true => Err(not_supported("The verbose text of a certificate is not supported.")),
            }),
            touching(Facts::TIME, "bool Verify()", |cx, a| verify(cx, a, Revocation::Checked)),
            member("static X509ContentType GetCertContentType(byte[] rawData)", content_type),
        ],
        ..TypeSpec::class("System.Security.Cryptography.X509Certificates.X509Certificate2", SOURCE)
    },
    TypeSpec {
        members: &[touching(Facts::TIME, "static bool VerifyNoRevocation(this X509Certificate2 input)", |cx, a| {
            verify(cx, a, Revocation::Ignored)
        })],
        ..TypeSpec::statics("Cardea.CertificateExtensions", "azure/api-management/api-management-policy-expressions")
    },
    TypeSpec {
        members: &[member("string Name", |cx, a| {
            let name = name::shown(&state::<Name>(cx, a, 0)?.0);
            Ok(Value::Text(name.into()))
        })],
        ..TypeSpec::class(
            "System.Security.Cryptography.X509Certificates.X500DistinguishedName",
            "api/system.security.cryptography.x509certificates.x500distinguishedname",
        )
    },
    key::PUBLIC_KEY,
    key::RSA_EXTENSIONS,
    extensions::COLLECTION,
    extensions::EXTENSION,
    TypeSpec::enumeration(
        "System.Security.Cryptography.X509Certificates.X509ContentType",
        &[
            ("Unknown", 0),
            ("Cert", CERT),
            ("SerializedCert", 2),
            ("Pfx", PFX),
            ("Pkcs12", PFX),
            ("SerializedStore", 4),
            ("Pkcs7", 5),
            ("Authenticode", 6),
        ],
        "api/system.security.cryptography.x509certificates.x509contenttype",
    ),
    TypeSpec::enumeration(
        "System.Security.Cryptography.X509Certificates.X509NameType",
        &[
            ("SimpleName", 0),
            ("EmailName", 1),
            ("UpnName", 2),
            ("DnsName", 3),
            ("DnsFromAlternativeName", 4),
            ("UrlName", 5),
        ],
        "api/system.security.cryptography.x509certificates.x509nametype",
    ),
];

const CERT: i32 = 1;
const PFX: i32 = 3;

/// An `X509Certificate2` or `X509Certificate`; empty when it was made without bytes.
#[derive(Debug)]
struct Held {
    class: &'static str,
    certificate: Option<Certificate>,
    archived: bool,
}

impl Held {
    fn empty(class: &'static str) -> Self {
        Self { class, certificate: None, archived: false }
    }

    fn of(class: &'static str, certificate: Certificate) -> Self {
        Self { class, certificate: Some(certificate), archived: false }
    }
}

impl NativeObject for Held {
    fn class(&self) -> Type {
        named(self.class)
    }

    fn size(&self) -> usize {
        128 + self.certificate.as_ref().map_or(0, |certificate| certificate.der().len())
    }

    fn is_tainted(&self) -> bool {
        self.certificate.as_ref().is_some_and(Certificate::is_tainted)
    }

    fn taint(&mut self) {
        if let Some(certificate) = &mut self.certificate {
            certificate.taint();
        }
    }
}

/// An `X500DistinguishedName`, DER.
#[derive(Debug)]
struct Name(Vec<u8>);

impl NativeObject for Name {
    fn class(&self) -> Type {
        named("X500DistinguishedName")
    }
}

impl Heap {
    /// An `X509Certificate2`, such as `context.Request.Certificate`. The same certificate is the same object as long as
    /// the request.
    ///
    /// # Errors
    /// When the budget is used up.
    pub fn certificate(&mut self, certificate: &Certificate) -> Result<Value, Exception> {
        if let Some(known) = self.known_certificate(certificate.der()) {
            return Ok(known);
        }
        let held = Held::of("X509Certificate2", certificate.clone());
        let value = self.make(Object::Native(Box::new(held)))?;
        self.remember_certificate(Arc::clone(certificate.der()), value.clone());
        Ok(value)
    }

    /// An `IReadOnlyDictionary<string, X509Certificate2>`, such as `context.Deployment.Certificates`.
    ///
    /// # Errors
    /// When the budget is used up.
    pub fn certificates<'c>(
        &mut self,
        entries: impl IntoIterator<Item = (Text, &'c Certificate)>,
    ) -> Result<Value, Exception> {
        let mut dictionary = Dictionary::new(Type::String, named("X509Certificate2"));
        for (id, certificate) in entries {
            let value = self.certificate(certificate)?;
            dictionary.insert(Key::Text(id.clone()), Value::Text(id), value);
        }
        self.make(Object::Dictionary(Box::new(dictionary)))
    }
}

/// The certificate that the first argument is.
fn own<'c>(cx: &'c Cx<'_>, args: &[Value]) -> Result<&'c Certificate, Exception> {
    state::<Held>(cx, args, 0)?
        .certificate
        .as_ref()
        .ok_or_else(|| cryptographic("m_safeCertContext is an invalid handle."))
}

fn shown_text(cx: &mut Cx<'_>, args: &[Value], part: impl FnOnce(&Certificate) -> String) -> Eval {
    cx.burn(50)?;
    let text = part(own(cx, args)?);
    super::arguments::made(cx, text)
}

fn some_bytes(cx: &mut Cx<'_>, args: &[Value], part: impl FnOnce(&Certificate) -> Vec<u8>) -> Eval {
    cx.burn(50)?;
    let bytes = part(own(cx, args)?);
    cx.heap.bytes(bytes)
}

fn date(cx: &mut Cx<'_>, args: &[Value], part: fn(&Certificate) -> DateTime) -> Eval {
    cx.burn(50)?;
    Ok(Value::DateTime(part(own(cx, args)?)))
}

/// A constructor with bytes and perhaps a password.
fn read_as(cx: &mut Cx<'_>, args: &[Value], class: &'static str) -> Eval {
    let certificate = read(cx, arg(args, 0), arg(args, 1))?;
    made(cx, Held::of(class, certificate))
}

fn read(cx: &mut Cx<'_>, bytes: &Value, password: &Value) -> Result<Certificate, Exception> {
    let empty = || Exception::argument("Array cannot be empty or null.", "rawData");
    let bytes = cx.heap.as_bytes(bytes).filter(|bytes| !bytes.is_empty()).ok_or_else(empty)?.to_vec();
    cx.burn(bytes.len() as u64 / 16)?;
    if let Some(certificate) = Certificate::from_bytes(&bytes) {
        return Ok(certificate);
    }
    if !pfx::is_pfx(&bytes) {
        return Err(pfx::not_found());
    }
    let password = password.as_text().map_or("", Text::as_str).to_owned();
    pfx::read(cx, &bytes, &password)
}

/// Expressions see no files: there is none of any name.
fn no_file(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    if arg(args, 0).is_null() {
        return Err(Exception::argument_null("fileName"));
    }
    Err(cryptographic("The system cannot find the file specified.\r\n"))
}

fn copy_as(cx: &mut Cx<'_>, args: &[Value], class: &'static str) -> Eval {
    let held = cx.heap.native::<Held>(arg(args, 0)).ok_or_else(|| Exception::argument_null("cert"))?;
    let held = Held { class, certificate: held.certificate.clone(), archived: held.archived };
    made(cx, held)
}

fn import(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let certificate = read(cx, arg(args, 1), &Value::Null)?;
    state_mut::<Held>(cx, args, 0)?.certificate = Some(certificate);
    Ok(Value::Null)
}

fn export(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    match number(args, 1) {
        CERT => some_bytes(cx, args, |it| it.der().to_vec()),
        2 | PFX => Err(not_supported("Only X509ContentType.Cert can be exported.")),
        _ => Err(cryptographic("Invalid content type.")),
    }
}

/// Certificates are equal when issuer and serial number are.
fn equal(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let part = |index: usize| {
        let held = cx.heap.native::<Held>(arg(args, index));
        held.map(|held| held.certificate.as_ref().map(|it| (it.issuer(), it.serial())))
    };
    Ok(Value::Bool(part(1).is_some() && part(0) == part(1)))
}

fn verify(cx: &mut Cx<'_>, args: &[Value], revocation: Revocation) -> Eval {
    cx.burn(5_000)?;
    let certificate = match args.first() {
        None | Some(Value::Null) => return Err(Exception::argument_null("input")),
        _ => own(cx, args)?.clone(),
    };
    Ok(Value::Bool(cx.host.verify_certificate(&certificate, revocation)))
}

fn content_type(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let bytes = bytes(cx.heap, args, 0, "rawData")?;
    let number = match bytes {
        _ if Certificate::from_bytes(bytes).is_some() => CERT,
        _ if pfx::is_pfx(bytes) => PFX,
        _ => return Err(pfx::not_found()),
    };
    let class = crate::registry::registry().find("X509ContentType");
    Ok(class.map_or(Value::Null, |class| Value::Enum(crate::value::EnumValue { class, number })))
}

fn cryptographic(message: &'static str) -> Exception {
    Exception::new("System.Security.Cryptography.CryptographicException", Text::from_static(message))
}

fn not_supported(message: &'static str) -> Exception {
    Exception::new("System.NotSupportedException", Text::from_static(message))
}
