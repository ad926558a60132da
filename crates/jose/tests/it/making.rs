//! Tokens and keys of our own, which the vectors' reader must take, and what other programs need of them.

use jose::sign::{KeyKind, SignError, SigningKey};
use jose::{Allowed, BadKey, Curve, DecryptionKey, Key, Limits, SignatureAlgorithm as A, Unverified};
use serde_json::{Map, json};

use crate::cases::object;
use crate::keys;

fn verified(token: &str, key: &Key) -> bool {
    Unverified::parse(token, &Limits::default()).unwrap().verify([key], &Allowed::all()).is_ok()
}

#[test]
fn every_kind_of_key_signs_and_is_published_and_read_back() {
    for (kind, algorithms) in [
        (KeyKind::Rsa2048, &[A::Rs256, A::Rs384, A::Rs512, A::Ps256, A::Ps384, A::Ps512][..]),
        (KeyKind::Ec(Curve::P256), &[A::Es256]),
        (KeyKind::Ec(Curve::P384), &[A::Es384]),
        (KeyKind::Ec(Curve::P521), &[A::Es512]),
    ] {
        let key = SigningKey::generate(kind).unwrap().with_id("k1");
        let published = Key::from_jwk(&key.public_jwk().unwrap()).unwrap();
        let again = SigningKey::from_pem(key.to_pem().unwrap().expose().as_bytes()).unwrap();
        assert_eq!(published.id(), Some("k1"));
        assert_eq!(
            again.verifying_key().unwrap().fingerprint(),
            Key::from_jwk(&again.public_jwk().unwrap()).unwrap().fingerprint()
        );
        for algorithm in A::ALL {
            let signed = again.sign(algorithm, &Map::new(), &object(json!({ "sub": "a" })));
            match signed {
                Ok(token) => assert!(algorithms.contains(&algorithm) && verified(token.expose(), &published)),
                Err(problem) => assert_eq!(problem, SignError::OtherKind(algorithm)),
            }
        }
        assert!(algorithms.contains(&key.algorithm()));
        assert!(!key.public_jwk().unwrap().contains_key("d"), "the private part stays here");
    }
    let secret = SigningKey::generate(KeyKind::Symmetric).unwrap();
    let token = secret.sign(A::Hs512, &Map::new(), &Map::new()).unwrap();
    assert!(verified(token.expose(), &secret.verifying_key().unwrap()));
    assert_eq!((secret.public_jwk(), secret.to_pem().err()), (None, Some(BadKey::Kind)));
}

/// What Entra wants of a client assertion: RS256 or PS256, `x5t` or `x5t#S256`.
#[test]
fn a_certificate_names_the_key_that_signs() {
    let key = SigningKey::generate(KeyKind::Rsa2048).unwrap();
    let private = key.to_pem().unwrap();
    let pair = rcgen::KeyPair::from_pem(private.expose()).unwrap();
    let certificate =
        rcgen::CertificateParams::new(["client.example".to_owned()]).unwrap().self_signed(&pair).unwrap();
    let file = format!("{}{}", private.expose(), certificate.pem());
    let key = SigningKey::from_pem(file.as_bytes()).unwrap();
    let extra =
        object(json!({ "x5t": key.x5t().unwrap(), "x5t#S256": key.x5t_s256().unwrap(), "alg": "none" }));
    let token = key.sign(A::Ps256, &extra, &object(json!({ "aud": "https://login.example" }))).unwrap();
    let parsed = Unverified::parse(token.expose(), &Limits::default()).unwrap();
    assert_eq!(parsed.header()["alg"], "PS256", "the algorithm is what signs");
    assert_eq!(parsed.header()["x5t"].as_str().unwrap().len(), 27, "SHA-1 in Base64url");

    let certified = Key::certificate_pem(file.as_bytes()).unwrap();
    assert_eq!(certified.x5t_s256(), Some(key.x5t_s256().unwrap().as_str()));
    assert!(verified(token.expose(), &certified));
    assert_eq!(certified.x5t(), Some(jose::thumbprint(certificate.der()).as_str()));
    let public = pair.public_key_pem();
    assert!(verified(token.expose(), &Key::public_key_pem(public.as_bytes()).unwrap()));

    let jwk = key.public_jwk().unwrap();
    assert_eq!(jwk["x5t"], json!(key.x5t().unwrap()));
    let only_certificate = object(json!({ "kty": "RSA", "x5c": jwk["x5c"] }));
    assert!(verified(token.expose(), &Key::from_jwk(&only_certificate).unwrap()));
    assert_eq!(
        keys::signing("rsa").with_certificates(certificate.pem().as_bytes()).unwrap_err(),
        BadKey::OtherCertificate
    );
}

#[test]
fn what_is_no_private_key_is_refused() {
    let public = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
    let ed25519 = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
    for text in ["", "no key", public, ed25519] {
        assert_eq!(SigningKey::from_pem(text.as_bytes()).unwrap_err(), BadKey::Private, "{text}");
        assert_eq!(DecryptionKey::from_pem(text.as_bytes()).unwrap_err(), BadKey::Private, "{text}");
    }
    assert_eq!(Key::public_key_pem(public.as_bytes()).unwrap_err(), BadKey::Kind);
    assert_eq!(Key::certificate(b"no certificate").unwrap_err(), BadKey::Certificate);
}

#[test]
fn private_keys_in_pem_decrypt() {
    use jose::sign::{ContentEncryption, Management, Recipient, encrypt};
    for (kind, management) in
        [(KeyKind::Rsa2048, Management::RsaOaep), (KeyKind::Ec(Curve::P256), Management::EcdhEs)]
    {
        let key = SigningKey::generate(kind).unwrap();
        let public = key.verifying_key().unwrap();
        let ways = (management, ContentEncryption::A256CbcHs512);
        let token =
            encrypt(&Recipient::Key(&public), ways, &object(json!({ "kid": "7" })), b"content").unwrap();
        let outer = jose::Encrypted::parse(token.expose(), &Limits::default()).unwrap();
        let private = DecryptionKey::from_pem(key.to_pem().unwrap().expose().as_bytes()).unwrap();
        assert_eq!(*outer.open([&private]).unwrap(), b"content");
        assert_eq!(*outer.open([&private.clone().with_id("7")]).unwrap(), b"content");
        assert!(outer.open([&private.with_id("8")]).is_err(), "another key is meant");
    }
}
