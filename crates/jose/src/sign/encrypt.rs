//! Encrypted tokens of our own, for tests and simulators.

use aws_lc_rs::agreement::PrivateKey;
use aws_lc_rs::encoding::{AsBigEndian as _, EcPublicKeyUncompressedBin};
use aws_lc_rs::rsa::{OaepPublicEncryptingKey, PublicEncryptingKey};
use secret::Secret;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::SignError;
use crate::base64url;
use crate::jwe::content::ContentEncryption;
use crate::jwe::management::Management;
use crate::jwe::{agreement, wrap};
use crate::key::{EcPublic, Key, Material, RsaPublic, Wiped};

/// For whom a token is encrypted.
#[derive(Debug)]
pub enum Recipient<'a> {
    /// Somebody who shares a secret.
    Secret(&'a Secret),
    /// Somebody who shares these bytes.
    Bytes(&'a [u8]),
    /// The owner of a public key.
    Key(&'a Key),
}

/// Encrypts content, which is a signed token where a token is wanted. The header has `alg`, `enc`, `cty` (`JWT`) and
/// what `extra` adds.
///
/// # Errors
/// [`SignError`] when the recipient's key does not fit.
pub fn encrypt(
    recipient: &Recipient<'_>,
    (management, encryption): (Management, ContentEncryption),
    extra: &Map<String, Value>,
    content: &[u8],
) -> Result<Secret, SignError> {
    let mut header = Map::new();
    header.insert("alg".to_owned(), json!(management.name()));
    header.insert("enc".to_owned(), json!(encryption.name()));
    header.insert("cty".to_owned(), json!("JWT"));
    header.extend(extra.iter().map(|(name, value)| (name.clone(), value.clone())));
    let unfit = SignError::OtherRecipient(management.name());
    let (key, encrypted_key) = content_key(recipient, management, encryption, &mut header).ok_or(unfit)?;
    let protected = base64url::encode(serde_json::to_vec(&header).map_err(|_| SignError::Failed)?);
    let sealed = encryption.seal(&key, protected.as_bytes(), content).ok_or(SignError::Failed)?;
    let parts = [encrypted_key, sealed.vector, sealed.ciphertext, sealed.tag];
    let token = parts.iter().fold(protected, |token, part| token + "." + &base64url::encode(part));
    Ok(Secret::new(token))
}

/// The key of the content, and how the recipient comes to it.
fn content_key(
    recipient: &Recipient<'_>,
    management: Management,
    encryption: ContentEncryption,
    header: &mut Map<String, Value>,
) -> Option<(Wiped, Vec<u8>)> {
    match recipient {
        Recipient::Secret(secret) => with_secret(secret.expose().as_bytes(), management, encryption),
        Recipient::Bytes(secret) => with_secret(secret, management, encryption),
        Recipient::Key(key) => match key.material() {
            Material::Symmetric(_) => None,
            Material::Rsa(rsa) => with_rsa(rsa, management, encryption),
            Material::Ec(ec) => with_point(ec, management, encryption, header),
        },
    }
}

fn with_secret(
    secret: &[u8],
    management: Management,
    encryption: ContentEncryption,
) -> Option<(Wiped, Vec<u8>)> {
    if management == Management::Direct {
        return (secret.len() == encryption.key_bytes())
            .then(|| (Zeroizing::new(secret.to_vec()), Vec::new()));
    }
    let fits = !management.is_agreement() && management.wrapping_bytes() == Some(secret.len());
    let key = encryption.fresh_key().filter(|_| fits)?;
    let wrapped = wrap::wrap(secret, &key)?;
    Some((key, wrapped))
}

fn with_rsa(
    public: &RsaPublic,
    management: Management,
    encryption: ContentEncryption,
) -> Option<(Wiped, Vec<u8>)> {
    let algorithm = management.oaep()?;
    let key = encryption.fresh_key()?;
    let public = PublicEncryptingKey::from_der(public.public_key_info()).ok()?;
    let public = OaepPublicEncryptingKey::new(public).ok()?;
    let mut encrypted = vec![0; public.ciphertext_size()];
    let length = public.encrypt(algorithm, &key, &mut encrypted, None).ok()?.len();
    encrypted.truncate(length);
    Some((key, encrypted))
}

fn with_point(
    recipient: &EcPublic,
    management: Management,
    encryption: ContentEncryption,
    header: &mut Map<String, Value>,
) -> Option<(Wiped, Vec<u8>)> {
    if !management.is_agreement() {
        return None;
    }
    let own = PrivateKey::generate(agreement::algorithm(recipient.curve())).ok()?;
    let point: EcPublicKeyUncompressedBin<'_> = own.compute_public_key().ok()?.as_be_bytes().ok()?;
    let public = EcPublic::new(recipient.curve(), point.as_ref()).ok()?;
    let (x, y) = public.coordinates();
    let epk = json!({ "kty": "EC", "crv": public.curve().name(), "x": base64url::encode(x), "y": base64url::encode(y) });
    header.insert("epk".to_owned(), epk);
    let agreed = agreement::agree_with(&own, recipient, management, encryption, header)?;
    if management.wrapping_bytes().is_none() {
        return Some((agreed, Vec::new()));
    }
    let key = encryption.fresh_key()?;
    let wrapped = wrap::wrap(&agreed, &key)?;
    Some((key, wrapped))
}
