//! Keys that a document gives: `issuer-signing-keys` and `decryption-keys`.
//!
//! ```xml
//! <issuer-signing-keys>
//!     <key>{{signing-key}}</key>
//!     <key certificate-id="signer" />
//!     <key id="2026-01" n="..." e="AQAB" />
//! </issuer-signing-keys>
//! ```
//!
//! What a key is made of may be rotated while requests run (a secret named value, the files of a certificate). It is then
//! made anew at its next use, without compiling anything again.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use expr::Text;
use jose::{BadKey, DecryptionKey, Key, TokenDigest};
use model::{Certificate, CertificateId};
use policy::spec::{AttributeSpec, ChildSpec, Kind, attribute, child, text};
use policy::{CompileCx, Exchange, Fault, FaultKind, Reader, Reported, Setting};
use secret::{Secret, SecretSlot, Unset};
use source::{Diagnostic, did_you_mean};

const KEY: &[AttributeSpec] = &[
    attribute("id", Kind::String, "The key is for tokens whose `kid` is this only.").literal(),
    attribute("certificate-id", Kind::String, "The certificate that holds the key.").literal(),
    attribute("n", Kind::String, "The modulus of an RSA key, Base64url.").literal(),
    attribute("e", Kind::String, "The exponent of an RSA key, Base64url.").literal(),
];

const SECRET: &[ChildSpec] = &[text("A shared secret, Base64.")];

/// `issuer-signing-keys`.
pub(crate) const SIGNING_KEYS: ChildSpec = child("issuer-signing-keys", "Keys of whoever signs tokens.")
    .times(0, 1)
    .children(&[child("key", "A key: Base64 text, a certificate, or `n` and `e`.")
        .times(1, u32::MAX)
        .attributes(KEY)
        .children(SECRET)]);

/// `decryption-keys`.
pub(crate) const DECRYPTION_KEYS: ChildSpec = child("decryption-keys", "Keys that open encrypted tokens.")
    .times(0, 1)
    .children(&[child("key", "A key: Base64 text, or a certificate with its private key.")
        .times(1, u32::MAX)
        .attributes(&[
            attribute("id", Kind::String, "The key is for tokens whose `kid` is this, or that have none.")
                .literal(),
            attribute("certificate-id", Kind::String, "The certificate whose private key it is.").literal(),
        ])
        .children(SECRET)]);

/// `decryption-keys` of `validate-azure-ad-token`.
pub(crate) const CERTIFICATES: ChildSpec =
    child("decryption-keys", "Keys that open encrypted tokens.").times(0, 1).children(&[child(
        "key", "A key.",
    )
    .times(1, u32::MAX)
    .attributes(&[attribute("certificate-id", Kind::String, "The certificate whose private key it is.")
        .required()
        .literal()])]);

/// A kind of key: one that verifies, or one that decrypts.
pub(crate) trait KeyKind: Clone + Sized {
    /// Of a shared secret.
    fn of_secret(bytes: &[u8]) -> Result<Self, BadKey>;
    /// Of the part of a certificate that it needs, in PEM.
    fn of_pem(pem: &str) -> Result<Self, BadKey>;
    /// That part.
    fn part(certificate: &Certificate) -> &SecretSlot;
    /// For tokens that name it.
    fn named(self, id: &str) -> Self;
}

impl KeyKind for Key {
    fn of_secret(bytes: &[u8]) -> Result<Self, BadKey> {
        Self::symmetric(bytes)
    }

    fn of_pem(pem: &str) -> Result<Self, BadKey> {
        Self::certificate_pem(pem.as_bytes())
    }

    fn part(certificate: &Certificate) -> &SecretSlot {
        &certificate.chain
    }

    fn named(self, id: &str) -> Self {
        self.with_id(id)
    }
}

impl KeyKind for DecryptionKey {
    fn of_secret(bytes: &[u8]) -> Result<Self, BadKey> {
        Self::symmetric(bytes)
    }

    fn of_pem(pem: &str) -> Result<Self, BadKey> {
        Self::from_pem(pem.as_bytes())
    }

    fn part(certificate: &Certificate) -> &SecretSlot {
        &certificate.key
    }

    fn named(self, id: &str) -> Self {
        self.with_id(id)
    }
}

/// A key that a document gives.
#[derive(Debug)]
pub(crate) struct ConfiguredKey<K> {
    id: Option<Text>,
    origin: KeyOrigin,
    held: ArcSwapOption<Held<K>>,
}

/// What a key is made of.
#[derive(Debug)]
enum KeyOrigin {
    /// A shared secret, Base64.
    Secret(Setting<Text>),
    /// A part of a certificate, PEM.
    Certificate(SecretSlot),
    /// It is known for good.
    Fixed,
}

/// A key that was made, and of what.
#[derive(Debug)]
pub(crate) struct Held<K> {
    /// What it was made of.
    made_of: Secret,
    /// The key.
    pub(crate) key: K,
    /// Tells it from every other key.
    pub(crate) fingerprint: TokenDigest,
}

/// Why text is no key. Shows nothing of the text.
#[derive(Debug, thiserror::Error)]
enum NoKey {
    #[error("it is not Base64")]
    Base64,
    #[error(transparent)]
    Bad(#[from] BadKey),
}

/// The keys of a child of this name; none when it is not there.
pub(crate) fn compile<K: KeyKind>(
    reader: &Reader<'_>,
    list: &str,
    cx: &mut CompileCx<'_>,
    numbers: impl Fn(&Reader<'_>, &mut CompileCx<'_>) -> Result<Option<(String, K)>, Reported>,
) -> Result<Vec<ConfiguredKey<K>>, Reported> {
    let Some(list) = reader.child(list) else { return Ok(Vec::new()) };
    let keys: Vec<_> = list.children("key").map(|key| compile_one(&key, cx, &numbers)).collect();
    keys.into_iter().collect()
}

fn compile_one<K: KeyKind>(
    reader: &Reader<'_>,
    cx: &mut CompileCx<'_>,
    numbers: &impl Fn(&Reader<'_>, &mut CompileCx<'_>) -> Result<Option<(String, K)>, Reported>,
) -> Result<ConfiguredKey<K>, Reported> {
    let id = reader.literal::<Text>("id", cx)?;
    let has_text = reader.element().texts().any(|text| !text.raw().trim().is_empty());
    let has_numbers = reader.has("n") || reader.has("e");
    let forms = [has_text, reader.has("certificate-id"), has_numbers];
    if forms.iter().filter(|there| **there).count() != 1 {
        return Err(cx.report(wrong_form(reader)));
    }
    let key = if has_text {
        ConfiguredKey { id, origin: KeyOrigin::Secret(reader.text(cx)?), held: ArcSwapOption::empty() }
    } else if let Some((text, key)) = numbers(reader, cx)? {
        let key =
            ConfiguredKey { id, origin: KeyOrigin::Fixed, held: ArcSwapOption::empty() }.holding(key, &text);
        return Ok(key);
    } else {
        let slot = certificate::<K>(reader, cx)?;
        ConfiguredKey { id, origin: KeyOrigin::Certificate(slot), held: ArcSwapOption::empty() }
    };
    key.try_now(reader, cx)?;
    Ok(key)
}

fn wrong_form(reader: &Reader<'_>) -> Diagnostic {
    let forms: Vec<&str> = ["certificate-id", "n"]
        .into_iter()
        .filter(|name| reader.attribute_specs().iter().any(|spec| spec.name == *name))
        .map(|name| if name == "n" { "`n` with `e`" } else { "`certificate-id`" })
        .collect();
    Diagnostic::error("wrong-key", "a `key` must say in one way what it is")
        .at(reader.location())
        .help(format!("write Base64 text or {}", forms.join(" or ")))
}

/// The key of `n` and `e`, which signing keys may have.
pub(crate) fn numbers(
    reader: &Reader<'_>,
    cx: &mut CompileCx<'_>,
) -> Result<Option<(String, Key)>, Reported> {
    if !reader.has("n") && !reader.has("e") {
        return Ok(None);
    }
    let modulus = reader.literal::<Text>("n", cx);
    let exponent = reader.literal::<Text>("e", cx);
    let (Some(modulus), Some(exponent)) = (modulus?, exponent?) else {
        let diagnostic = Diagnostic::error("wrong-key", "a `key` needs both `n` and `e`");
        return Err(
            cx.report(diagnostic.at(reader.location()).help("write modulus and exponent, each in Base64url"))
        );
    };
    let (n, e) = (modulus.as_str().trim(), exponent.as_str().trim());
    let key = Key::rsa_base64url(n, e).map_err(|why| {
        let message = format!("`n` and `e` are no key: {why}");
        cx.report(Diagnostic::error("wrong-key", message).at(reader.location()))
    })?;
    Ok(Some((format!("{n}.{e}"), key)))
}

/// No key is made of numbers here.
pub(crate) fn no_numbers<K>(_: &Reader<'_>, _: &mut CompileCx<'_>) -> Result<Option<(String, K)>, Reported> {
    Ok(None)
}

fn certificate<K: KeyKind>(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<SecretSlot, Reported> {
    let name = reader.literal::<Text>("certificate-id", cx)?.ok_or(Reported)?;
    let name = name.as_str().trim();
    let known = cx.certificates();
    if let Some(found) = CertificateId::new(name).ok().and_then(|id| known.get(&id)) {
        return Ok(K::part(found).clone());
    }
    let near = did_you_mean(name, known.iter().map(|each| each.id.as_str()));
    let help = near.map_or_else(
        || "define it under `[certificates]` in `overlay.toml`".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    let message = format!("there is no certificate `{name}`");
    Err(cx.report(
        Diagnostic::error("unknown-certificate", message).at(reader.location_of("certificate-id")).help(help),
    ))
}

impl<K: KeyKind> ConfiguredKey<K> {
    fn holding(self, key: K, made_of: &str) -> Self {
        self.held.store(Some(Arc::new(self.held(key, Secret::new(made_of)))));
        self
    }

    fn held(&self, key: K, made_of: Secret) -> Held<K> {
        let id = self.id.as_ref().map(Text::as_str);
        let fingerprint = TokenDigest::of(&format!("{}\n{}", id.unwrap_or(""), made_of.expose()));
        Held { key: id.map_or_else(|| key.clone(), |id| key.clone().named(id)), made_of, fingerprint }
    }

    /// Makes the key when the document is loaded, if what it is made of is known: then a wrong one is an error of the
    /// document.
    fn try_now(&self, reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<(), Reported> {
        let text = match &self.origin {
            KeyOrigin::Secret(Setting::Fixed(text)) => Secret::new(text.as_str()),
            KeyOrigin::Certificate(slot) => match slot.load() {
                Ok(text) => text,
                Err(_) => return Ok(()),
            },
            KeyOrigin::Secret(_) | KeyOrigin::Fixed => return Ok(()),
        };
        self.make(text).map(drop).map_err(|why| {
            let message = format!("this `key` cannot be used: {why}");
            cx.report(Diagnostic::error("wrong-key", message).at(reader.location()))
        })
    }

    /// The key of this moment.
    pub(crate) fn get(&self, exchange: &mut Exchange) -> Result<Arc<Held<K>>, Fault> {
        match &self.origin {
            KeyOrigin::Fixed => self.held.load_full().ok_or_else(|| Fault::new(FaultKind::Internal)),
            KeyOrigin::Secret(setting) => self.of(setting.get(exchange)?.as_str()),
            KeyOrigin::Certificate(slot) => {
                self.of(slot.load().map_err(|unset| unavailable(&unset))?.expose())
            }
        }
    }

    /// The key that is made of this text: the one that is held, unless the text is another.
    fn of(&self, text: &str) -> Result<Arc<Held<K>>, Fault> {
        match self.held.load_full() {
            Some(held) if held.made_of.matches(text) => Ok(held),
            _ => self.make(Secret::new(text)).map_err(|why| {
                Fault::with_message(FaultKind::PolicyFailure, format!("A key cannot be used: {why}."))
            }),
        }
    }

    fn make(&self, text: Secret) -> Result<Arc<Held<K>>, NoKey> {
        let key = match &self.origin {
            KeyOrigin::Certificate(_) => K::of_pem(text.expose())?,
            KeyOrigin::Secret(_) | KeyOrigin::Fixed => K::of_secret(&base64(text.expose())?)?,
        };
        let held = Arc::new(self.held(key, text));
        self.held.store(Some(Arc::clone(&held)));
        Ok(held)
    }
}

/// The keys of this moment.
pub(crate) fn held<K: KeyKind>(
    keys: &[ConfiguredKey<K>],
    exchange: &mut Exchange,
) -> Result<Vec<Arc<Held<K>>>, Fault> {
    keys.iter().map(|key| key.get(exchange)).collect()
}

/// COMPAT: as `Convert.FromBase64String`: the alphabet with `+` and `/`, padded, white space anywhere.
fn base64(text: &str) -> Result<zeroize::Zeroizing<Vec<u8>>, NoKey> {
    let packed: zeroize::Zeroizing<String> = zeroize::Zeroizing::new(text.split_whitespace().collect());
    STANDARD.decode(packed.as_bytes()).map(zeroize::Zeroizing::new).map_err(|_| NoKey::Base64)
}

fn unavailable(unset: &Unset) -> Fault {
    Fault::with_message(FaultKind::SecretUnavailable, format!("The {} has no value.", unset.name))
}
