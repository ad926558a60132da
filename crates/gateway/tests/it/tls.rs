//! TLS: which certificate is shown, what is known of the caller.

use std::sync::Arc;

use gateway::listen::{
    CertificatePem, ClientCertificates, ListenSettings, RuntimeKind, TlsListen, TlsListenError, UnknownNames,
};
use net::{ClientCertificate, Destination, ErrorKind, HttpVersion, Options, Roots, Tls, TlsSettings};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use secret::Secret;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{Running, client, get, start_with, text};

struct Authority {
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: rcgen::Issuer::new(params, key), pem }
    }

    /// A certificate for these names, and its key, both PEM.
    fn sign(&self, names: &[&str]) -> (String, Secret) {
        let key = rcgen::KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let certificate =
            rcgen::CertificateParams::new(names).unwrap().signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), Secret::new(key.serialize_pem()))
    }

    fn server(&self, names: &[&str]) -> CertificatePem {
        let (chain, key) = self.sign(names);
        CertificatePem { chain, key }
    }

    fn client(&self) -> ClientCertificate {
        let (chain_pem, key_pem) = self.sign(&["caller"]);
        ClientCertificate { chain_pem, key_pem }
    }
}

fn started(tls: &TlsListen) -> Running {
    start_with(ListenSettings { tls: Some(tls.clone()), ..ListenSettings::default() }, RuntimeKind::PerCore)
}

/// What `/about` says to a caller who trusts these authorities.
async fn about(
    running: &Running,
    trusted: &Authority,
    version: HttpVersion,
    client_certificate: Option<ClientCertificate>,
) -> Result<String, net::Error> {
    let settings = TlsSettings {
        extra_roots_pem: vec![trusted.pem.clone()],
        client_certificates: client_certificate.into_iter().collect(),
        ..TlsSettings::default()
    };
    let tls = Tls::new(settings, Roots::only(&[]).unwrap()).unwrap();
    let url = format!("https://localhost:{}", running.server.address().port()).parse().unwrap();
    let to = Destination::new(&url, Options { version, tls, ..Options::default() }).unwrap();
    Ok(text(client().send(&to, get("/about")).await?).await)
}

#[tokio::test]
async fn a_certificate_is_chosen_by_name_and_replaced_while_the_server_runs() {
    let (old, new) = (Authority::new(), Authority::new());
    let certificates = [old.server(&["elsewhere.example"]), old.server(&["other.example", "localhost"])];
    let tls = TlsListen::new(&certificates, &ClientCertificates::No).unwrap();
    let running = started(&tls);
    for (version, said) in [(HttpVersion::Http1, "HTTP/1.1"), (HttpVersion::Http2Or1, "HTTP/2.0")] {
        let about = about(&running, &old, version, None).await.unwrap();
        assert!(about.starts_with(&format!("{said} https tls 1.3 name localhost certificate 0")), "{about}");
    }
    tls.replace(&[new.server(&["localhost"])]).unwrap();
    about(&running, &new, HttpVersion::Http1, None).await.unwrap();
    let error = about(&running, &old, HttpVersion::Http1, None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls);
    // What cannot be used changes nothing.
    assert_eq!(tls.replace(&[]), Err(TlsListenError::NoCertificate));
    let (chain, _) = new.sign(&["localhost"]);
    let (_, key) = new.sign(&["localhost"]);
    assert_eq!(tls.replace(&[CertificatePem { chain, key }]), Err(TlsListenError::Key));
    about(&running, &new, HttpVersion::Http1, None).await.unwrap();
}

#[tokio::test]
async fn a_name_that_no_certificate_has_is_refused_where_the_listener_is_set_so() {
    let ours = Authority::new();
    for (names, is_served) in [("*.example", false), ("localhost", true)] {
        let certificates = [ours.server(&["elsewhere.example"]), ours.server(&[names])];
        let tls = TlsListen::with(&certificates, &ClientCertificates::No, UnknownNames::Refused).unwrap();
        let running = started(&tls);
        let about = about(&running, &ours, HttpVersion::Http1, None).await;
        assert_eq!(about.is_ok(), is_served, "{about:?}");
    }
}

/// RFC 6125 6.4.3: a wildcard stands for one label.
#[tokio::test]
async fn a_certificate_with_a_wildcard_is_shown_for_names_under_it() {
    let ours = Authority::new();
    let certificates = [ours.server(&["other.example"]), ours.server(&["*.a.example"])];
    let tls = TlsListen::with(&certificates, &ClientCertificates::No, UnknownNames::Refused).unwrap();
    let running = started(&tls);
    for (name, is_shown) in [("b.a.example", true), ("c.b.a.example", false), ("other.example", true)] {
        let shaken = handshake(&running, &caller(&ours), name).await;
        assert_eq!(shaken.is_ok(), is_shown, "{name}");
    }
}

#[tokio::test]
async fn a_session_is_resumed_also_after_certificates_were_replaced() {
    let ours = Authority::new();
    let tls = TlsListen::new(&[ours.server(&["localhost"])], &ClientCertificates::No).unwrap();
    let running = started(&tls);
    let caller = caller(&ours);
    let first = handshake(&running, &caller, "localhost").await.unwrap();
    assert_eq!(first, rustls::HandshakeKind::Full);
    tls.replace(&[ours.server(&["localhost"])]).unwrap();
    let second = handshake(&running, &caller, "localhost").await.unwrap();
    assert_eq!(second, rustls::HandshakeKind::Resumed);
}

/// A caller who remembers sessions.
fn caller(trusted: &Authority) -> tokio_rustls::TlsConnector {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    Arc::new(builder.with_no_client_auth()).into()
}

/// How the handshake of a caller went.
async fn handshake(
    running: &Running,
    connector: &tokio_rustls::TlsConnector,
    name: &'static str,
) -> std::io::Result<rustls::HandshakeKind> {
    let tcp = running.connect().await.0;
    let mut tls = connector.connect(name.try_into().unwrap(), tcp).await?;
    // Tickets come with the first answer.
    tls.write_all(b"GET /hello HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await?;
    let _read = tls.read_to_end(&mut Vec::new()).await;
    Ok(tls.get_ref().1.handshake_kind().unwrap())
}

#[tokio::test]
async fn a_callers_certificate_is_asked_for_as_the_listener_is_set() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let required = ClientCertificates::Required { roots: vec![ours.pem.clone()] };
    for (callers, certificate, seen) in [
        (&ClientCertificates::No, Some(&ours), Some(false)),
        (&ClientCertificates::Asked, None, Some(false)),
        (&ClientCertificates::Asked, Some(&theirs), Some(true)),
        (&required, Some(&ours), Some(true)),
        (&required, Some(&theirs), None),
        (&required, None, None),
    ] {
        let tls = TlsListen::new(&[ours.server(&["localhost"])], callers).unwrap();
        let running = started(&tls);
        let about = about(&running, &ours, HttpVersion::Http1, certificate.map(Authority::client)).await;
        let said = about.ok().map(|about| !about.contains("certificate 0 "));
        assert_eq!(said, seen, "{callers:?} {}", certificate.is_some());
    }
}

#[tokio::test]
async fn what_is_not_tls_costs_its_connection_only() {
    let ours = Authority::new();
    let tls = TlsListen::new(&[ours.server(&["localhost"])], &ClientCertificates::No).unwrap();
    let running = started(&tls);
    let mut caller = running.connect().await;
    caller.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.read_all_bytes().await;
    about(&running, &ours, HttpVersion::Http1, None).await.unwrap();
    let server = Arc::clone(&running.server);
    drop(caller);
    server.shutdown(std::time::Duration::from_secs(20)).await;
    // It is counted when the connection has ended, which the caller can see a moment before.
    assert!(running.metrics.text().contains("cardea_tls_handshake_failures_total 1"));
}
