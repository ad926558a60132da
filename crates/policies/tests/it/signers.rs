//! Keys and tokens of examples. Keys are made when a test first names them, and kept while the tests run; none is in the
//! repository.

use std::collections::HashMap;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jose::sign::{ContentEncryption, KeyKind, Management, Recipient, SigningKey, encrypt, unsigned};
use jose::{Curve, Key, SignatureAlgorithm};
use model::{Certificate, CertificateId, Collection};
use parking_lot::Mutex;
use policy::NamedValueTable;
use secret::{Secret, SecretSlot};
use serde_json::{Map, Value};

use crate::script::When;

/// Everything that was made, by the words that asked for it: making RSA keys takes time.
static MADE: LazyLock<Mutex<HashMap<String, SigningKey>>> = LazyLock::new(Mutex::default);

/// The shared secret of each `HS` key: 32 bytes that begin with its name.
fn shared_secret(name: &str) -> [u8; 32] {
    let mut bytes = [b'.'; 32];
    bytes.iter_mut().zip(name.bytes()).for_each(|(to, from)| *to = from);
    bytes
}

/// The keys, tokens and certificates of an example.
#[derive(Debug, Default)]
pub(crate) struct Signers {
    keys: HashMap<String, SigningKey>,
    tokens: HashMap<String, String>,
    pub(crate) certificates: Collection<Certificate>,
}

impl Signers {
    /// Makes what an example names.
    pub(crate) fn of(when: &When) -> Result<Self, String> {
        let mut signers = Self::default();
        for (word, rest) in &when.settings {
            match word.as_str() {
                "key" => signers.key(rest)?,
                "token" => signers.token(rest)?,
                "encrypted" => signers.encrypted(rest)?,
                "certificate" => signers.certificate(rest)?,
                _ => {}
            }
        }
        Ok(signers)
    }

    /// `NAME KIND`.
    fn key(&mut self, text: &str) -> Result<(), String> {
        let (name, kind) = text.split_once(' ').ok_or("a key is `NAME KIND`")?;
        let mut made = MADE.lock();
        let key = match made.get(text) {
            Some(key) => key.clone(),
            None => made.entry(text.to_owned()).or_insert(generate(name, kind)?).clone(),
        };
        self.keys.insert(name.to_owned(), key);
        Ok(())
    }

    /// The public halves of these keys, as a provider publishes them.
    pub(crate) fn published(&self, names: &str) -> Result<Vec<Key>, String> {
        names
            .split_whitespace()
            .map(|name| self.known(name)?.verifying_key().map_err(|why| why.to_string()))
            .collect()
    }

    fn known(&self, name: &str) -> Result<&SigningKey, String> {
        self.keys.get(name).ok_or_else(|| format!("there is no key `{name}`"))
    }

    /// `NAME KEY [ALGORITHM] {claims} [header {members}]`; the key `nobody` signs nothing.
    fn token(&mut self, text: &str) -> Result<(), String> {
        let (head, json) = text.split_once('{').ok_or("a token has claims in braces")?;
        let (claims, header) = match json.split_once(" header ") {
            Some((claims, header)) => (claims, object(header)?),
            None => (json, Map::new()),
        };
        let claims = object(&format!("{{{claims}"))?;
        let words: Vec<&str> = head.split_whitespace().collect();
        let (name, key, algorithm) = match words.as_slice() {
            [name, key] => (name, key, None),
            [name, key, algorithm] => (name, key, Some(named(algorithm)?)),
            _ => return Err("a token is `NAME KEY [ALGORITHM] {claims}`".to_owned()),
        };
        let token = if *key == "nobody" {
            unsigned(&claims)
        } else {
            let key = self.known(key)?;
            let signed = key.sign(algorithm.unwrap_or(key.algorithm()), &header, &claims);
            signed.map_err(|why| why.to_string())?.expose().to_owned()
        };
        self.tokens.insert((*name).to_owned(), token);
        Ok(())
    }

    /// `NAME = TOKEN for KEY`: with the shared secret of an `HS` key itself, else for its public half.
    fn encrypted(&mut self, text: &str) -> Result<(), String> {
        let wrong = "an encrypted token is `NAME = TOKEN for KEY`";
        let (name, rest) = text.split_once(" = ").ok_or(wrong)?;
        let (inner, key) = rest.split_once(" for ").ok_or(wrong)?;
        let content = self.tokens.get(inner).ok_or("there is no such token")?.clone().into_bytes();
        let verifying = self.known(key)?.verifying_key().map_err(|why| why.to_string())?;
        let secret = shared_secret(key);
        let (recipient, how) = if verifying.is_symmetric() {
            (Recipient::Bytes(&secret), (Management::Direct, ContentEncryption::A128CbcHs256))
        } else {
            (Recipient::Key(&verifying), (Management::RsaOaep, ContentEncryption::A256CbcHs512))
        };
        let token = encrypt(&recipient, how, &Map::new(), &content).map_err(|why| why.to_string())?;
        self.tokens.insert(name.to_owned(), token.expose().to_owned());
        Ok(())
    }

    /// `NAME = KEY`, or `NAME unset`.
    fn certificate(&mut self, text: &str) -> Result<(), String> {
        let (name, key) = text.split_once(" = ").map_or((text, None), |(name, key)| (name, Some(key)));
        let name = name.trim_end_matches(" unset");
        let slot = |part: &str| SecretSlot::unset(format!("{part} of the certificate {name}"));
        let (chain, private) = (slot("chain"), slot("key"));
        if let Some(key) = key {
            let (certificate, pem) = certificate(self.known(key)?)?;
            chain.replace(certificate);
            private.replace(pem);
        }
        let id = CertificateId::new(name).map_err(|why| why.to_string())?;
        let certificate = Certificate { id, thumbprint: None, chain, key: private, origin: None };
        self.certificates.insert(certificate).map_err(|why| why.to_string())
    }

    /// `{{k-n}}` and `{{k-e}}` of RSA keys, `{{k-secret}}` of shared ones, for documents.
    pub(crate) fn name_values(&self, table: &mut NamedValueTable) {
        for (name, key) in &self.keys {
            match key.public_jwk() {
                None => table.plain(&format!("{name}-secret"), &STANDARD.encode(shared_secret(name))),
                Some(jwk) => {
                    for member in ["n", "e"] {
                        let value = jwk.get(member).and_then(Value::as_str);
                        value.into_iter().for_each(|value| table.plain(&format!("{name}-{member}"), value));
                    }
                }
            }
        }
    }

    /// Puts tokens in the place of `{token NAME}`; `{mangled NAME}` has another signature.
    pub(crate) fn fill(&self, text: &str) -> String {
        self.tokens.iter().fold(text.to_owned(), |text, (name, token)| {
            text.replace(&format!("{{token {name}}}"), token)
                .replace(&format!("{{mangled {name}}}"), &mangled(token))
        })
    }
}

/// The first character of the signature, changed.
fn mangled(token: &str) -> String {
    let Some((signed, signature)) = token.rsplit_once('.') else { return token.to_owned() };
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    let rest: String = signature.chars().skip(1).collect();
    format!("{signed}.{other}{rest}")
}

fn generate(name: &str, kind: &str) -> Result<SigningKey, String> {
    let kind = match kind {
        "HS" => {
            let key = SigningKey::symmetric(&shared_secret(name));
            return key.map(|key| key.with_id(name)).map_err(|why| why.to_string());
        }
        "RS256" => KeyKind::Rsa2048,
        "ES256" => KeyKind::Ec(Curve::P256),
        "ES384" => KeyKind::Ec(Curve::P384),
        "ES512" => KeyKind::Ec(Curve::P521),
        _ => return Err(format!("`{kind}` is not a kind of key of an example")),
    };
    SigningKey::generate(kind).map(|key| key.with_id(name)).map_err(|why| why.to_string())
}

/// A certificate of a key that signs itself, and the key, both PEM.
fn certificate(key: &SigningKey) -> Result<(Secret, Secret), String> {
    let pem = key.to_pem().map_err(|why| why.to_string())?;
    let pair = rcgen::KeyPair::from_pem(pem.expose()).map_err(|why| why.to_string())?;
    let parameters = rcgen::CertificateParams::new(vec!["signer.example".to_owned()]);
    let made =
        parameters.and_then(|parameters| parameters.self_signed(&pair)).map_err(|why| why.to_string())?;
    Ok((Secret::new(made.pem()), pem))
}

fn object(text: &str) -> Result<Map<String, Value>, String> {
    serde_json::from_str(text).map_err(|why| format!("{text}: {why}"))
}

fn named(name: &str) -> Result<SignatureAlgorithm, String> {
    SignatureAlgorithm::from_name(name).ok_or_else(|| format!("`{name}` is not an algorithm"))
}
