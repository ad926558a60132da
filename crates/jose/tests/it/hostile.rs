//! A table of tokens that people make who mean harm, or who are careless: `tests/cases/hostile`.
//!
//! A file is lines of `word: value`; `#` says why, and by which source. The token is put together of
//!
//! - `header`, `claims`: text to encode, or `header-part`, `claims-part`, `signature-part`: as they shall stand there
//! - `sign`: `rsa RS256` (a key of `keys.json`), or `hmac NAME` with the bytes that [`secret_bytes`] knows
//! - `encrypt`: `dir A128GCM secret16` or a key of `keys.json`; `extra`: members of the outer header; `content`: what is
//!   encrypted instead of the token; `part`: `4 AAAA`, a part (from 0) as it shall stand there instead
//! - `token`: all of it as it shall stand there
//!
//! In values, `{{a*9000}}` is that many `a`. `keys` (`rsa alg=PS256 id=x, secret`), `decryption-keys`, `allow` (`HS256
//! unsigned`) say what the gateway has. The last line is `refused: TEXT` or `verified: CLAIMS`.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jose::sign::{ContentEncryption, Management, Recipient, encrypt};
use jose::{Allowed, DecryptionKey, Key, Limits, Received, SignatureAlgorithm, TokenProblem};
use serde_json::{Map, Value};

use crate::keys;

/// A case file.
pub(crate) struct Case(Vec<(String, String)>);

impl Case {
    pub(crate) fn read(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        Self(lines.map(|line| line.split_once(':').unwrap_or_else(|| panic!("{line}"))).map(entry).collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    fn list(&self, name: &str) -> impl Iterator<Item = &str> {
        self.get(name).unwrap_or_default().split(',').map(str::trim).filter(|each| !each.is_empty())
    }
}

fn entry((name, value): (&str, &str)) -> (String, String) {
    let known = "header header-part claims claims-part signature-part sign encrypt extra content part token keys \
                 decryption-keys allow refused verified";
    assert!(known.split_whitespace().any(|each| each == name), "unknown word {name}");
    (name.to_owned(), expand(value.strip_prefix(' ').unwrap_or(value)))
}

/// `{{a*3}}` is `aaa`.
fn expand(value: &str) -> String {
    let Some((before, rest)) = value.split_once("{{") else { return value.to_owned() };
    let Some((inner, after)) = rest.split_once("}}") else { return value.to_owned() };
    match inner.rsplit_once('*').and_then(|(text, count)| Some(text.repeat(count.parse().ok()?))) {
        Some(repeated) => format!("{before}{repeated}{}", expand(after)),
        None => format!("{before}{{{{{inner}}}}}{}", expand(after)),
    }
}

fn base64url(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// What somebody might take for the secret of an HS* token.
fn secret_bytes(name: &str) -> Vec<u8> {
    let jwk = keys::jwk("rsa");
    let text = |name: &str| jwk[name].as_str().unwrap().to_owned();
    match name {
        "secret" => URL_SAFE_NO_PAD.decode(keys::jwk("secret")["k"].as_str().unwrap()).unwrap(),
        "nothing" => Vec::new(),
        "rsa-modulus" => URL_SAFE_NO_PAD.decode(text("n")).unwrap(),
        "rsa-modulus-text" => text("n").into_bytes(),
        "rsa-public-jwk" => serde_json::to_vec(&keys::signing("rsa").public_jwk().unwrap()).unwrap(),
        _ => name.strip_prefix("secret").unwrap().parse().map(|length| vec![b'k'; length]).unwrap(),
    }
}

fn signature(case: &Case, signed: &str) -> String {
    let Some((key, algorithm)) = case.get("sign").map(|sign| sign.split_once(' ').unwrap()) else {
        return case.get("signature-part").unwrap_or_default().to_owned();
    };
    if key == "hmac" {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret_bytes(algorithm));
        return base64url(hmac::sign(&key, signed.as_bytes()));
    }
    keys::sign_text(key, SignatureAlgorithm::from_name(algorithm).unwrap(), signed)
}

/// Header and claims as text, of a case that has them.
pub(crate) fn texts(case: &Case) -> Option<(String, String)> {
    Some((case.get("header")?.to_owned(), case.get("claims").unwrap_or("{}").to_owned()))
}

/// A token with the HMAC of what stands in it.
pub(crate) fn sealed(header: &[u8], claims: &[u8]) -> String {
    let signed = format!("{}.{}", base64url(header), base64url(claims));
    let key = hmac::Key::new(hmac::HMAC_SHA256, &secret_bytes("secret"));
    let tag = base64url(hmac::sign(&key, signed.as_bytes()));
    format!("{signed}.{tag}")
}

fn inner(case: &Case) -> String {
    let part = |name: &str| {
        let raw = case.get(&format!("{name}-part")).map(str::to_owned);
        raw.unwrap_or_else(|| base64url(case.get(name).unwrap_or("{}")))
    };
    let signed = format!("{}.{}", part("header"), part("claims"));
    let signature = signature(case, &signed);
    format!("{signed}.{signature}")
}

pub(crate) fn token(case: &Case) -> String {
    if let Some(token) = case.get("token") {
        return token.to_owned();
    }
    let inner = inner(case);
    let token = match case.get("encrypt") {
        Some(how) => encrypted(how, case, case.get("content").unwrap_or(&inner)),
        None => inner,
    };
    let Some((index, other)) = case.get("part").map(|part| part.split_once(' ').unwrap()) else {
        return token;
    };
    let mut parts: Vec<&str> = token.split('.').collect();
    parts[index.parse::<usize>().unwrap()] = other;
    parts.join(".")
}

fn encrypted(how: &str, case: &Case, content: &str) -> String {
    let [management, encryption, key] = how.split_whitespace().collect::<Vec<_>>().try_into().unwrap();
    let extra: Map<String, Value> = serde_json::from_str(case.get("extra").unwrap_or("{}")).unwrap();
    let ways =
        (Management::from_name(management).unwrap(), ContentEncryption::from_name(encryption).unwrap());
    let bytes;
    let public;
    let recipient = if key.starts_with("secret") {
        bytes = secret_bytes(key);
        Recipient::Bytes(&bytes)
    } else {
        public = keys::verifying(key);
        Recipient::Key(&public)
    };
    encrypt(&recipient, ways, &extra, content.as_bytes()).unwrap().expose().to_owned()
}

fn allowed(case: &Case) -> Allowed {
    let words: Vec<&str> = case.get("allow").unwrap_or_default().split_whitespace().collect();
    let named: Vec<_> = words.iter().filter_map(|word| SignatureAlgorithm::from_name(word)).collect();
    let allowed = if named.is_empty() { Allowed::all() } else { Allowed::only(named) };
    if words.contains(&"unsigned") { allowed.and_unsigned() } else { allowed }
}

fn decryption_key(name: &str) -> DecryptionKey {
    match name.strip_prefix("secret") {
        Some(_) => DecryptionKey::symmetric(&secret_bytes(name)).unwrap(),
        None => keys::decryption(name),
    }
}

fn outcome(case: &Case) -> Result<Value, TokenProblem> {
    let limits = Limits::default();
    let keys: Vec<Key> = case.list("keys").map(keys::verifying).collect();
    let decryption_keys: Vec<DecryptionKey> = case.list("decryption-keys").map(decryption_key).collect();
    let token = match Received::parse(&token(case), &limits)? {
        Received::Signed(token) => token,
        Received::Encrypted(outer) => outer.decrypt(&decryption_keys, &limits)?,
    };
    token.verify(&keys, &allowed(case)).map(|token| Value::Object(Map::clone(&token.claims)))
}

#[test]
fn hostile_tokens_are_refused_for_the_reason_that_the_case_says() {
    let cases = crate::cases::files("hostile");
    assert!(cases.len() >= 100, "{} cases", cases.len());
    let mut wrong = String::new();
    for (name, text) in cases {
        let case = Case::read(&text);
        let expected = match case.get("verified") {
            Some(claims) => Ok(serde_json::from_str(claims).unwrap()),
            None => Err(case.get("refused").unwrap_or_else(|| panic!("{name} expects nothing")).to_owned()),
        };
        let found = outcome(&case).map_err(|problem| problem.to_string());
        if found != expected {
            wrong.push_str(&format!("{name}\n  expected {expected:?}\n  found    {found:?}\n"));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
