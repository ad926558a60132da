//! Certificates: whom we trust, and what we present.

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http::{Response, Version};
use http_body_util::BodyExt as _;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use net::{
    ClientCertificate, Destination, ErrorKind, HttpVersion, Options, Retry, Roots, Timeouts, Tls,
    TlsSettings, Validation,
};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use secret::Secret;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;

use crate::server::{self, client, full, get, text};

type Issuer = rcgen::Issuer<'static, rcgen::KeyPair>;

fn authority() -> (Issuer, String) {
    authority_named("rcgen self signed cert")
}

fn authority_named(name: &str) -> (Issuer, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let pem = params.self_signed(&key).unwrap().pem();
    (rcgen::Issuer::new(params, key), pem)
}

fn signed(by: &Issuer, name: &str) -> (rcgen::Certificate, rcgen::KeyPair) {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
    (params.signed_by(&key, by).unwrap(), key)
}

/// TLS for `name`, as a server.
fn acceptor(by: &Issuer, name: &str, alpn: &[&str], callers: Option<&str>) -> TlsAcceptor {
    let (certificate, key) = signed(by, name);
    let builder =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap();
    let builder = match callers {
        None => builder.with_no_client_auth(),
        Some(pem) => {
            let mut roots = RootCertStore::empty();
            roots.add(rustls_pki_types::pem::PemObject::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
            let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.allow_unauthenticated().build().unwrap())
        }
    };
    let key = rustls_pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let mut config = builder.with_single_cert(vec![certificate.der().clone()], key).unwrap();
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

/// A TLS server for `name`; it says which HTTP version it heard and whether a certificate was presented.
async fn tls_server(by: &Issuer, name: &str, alpn: &[&str], callers: Option<&str>) -> SocketAddr {
    let acceptor = acceptor(by, name, alpn, callers);
    let (address, _) = server::serving(move |tcp| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(tls) = acceptor.accept(tcp).await else { return };
            let known = tls.get_ref().1.peer_certificates().is_some();
            let is_resumed = tls.get_ref().1.handshake_kind() == Some(rustls::HandshakeKind::Resumed);
            let service = service_fn(move |request: http::Request<hyper::body::Incoming>| async move {
                let version = if request.version() == Version::HTTP_2 { "2" } else { "1" };
                let text = if known { "known" } else { "unknown" };
                let answer =
                    Response::builder().header("heard", version).header("resumed", is_resumed.to_string());
                let answer = answer.body(full(text));
                Ok::<_, std::convert::Infallible>(answer.unwrap())
            });
            let _ended =
                auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(tls), service).await;
        }
    })
    .await;
    address
}

fn destination(host: &str, address: SocketAddr, version: HttpVersion, settings: TlsSettings) -> Destination {
    let tls = Tls::new(settings, Roots::only(&[]).unwrap()).unwrap();
    let url = format!("https://{host}:{}", address.port()).parse().unwrap();
    Destination::new(&url, Options { version, tls, ..Options::default() }).unwrap()
}

#[tokio::test]
async fn a_certificate_is_checked_as_far_as_the_backend_says() {
    let (issuer, pem) = authority();
    let (_, stranger) = authority();
    let good = tls_server(&issuer, "localhost", &[], None).await;
    let misnamed = tls_server(&issuer, "elsewhere.example", &[], None).await;
    let check = |chain, name| Validation { chain, name };
    for (address, roots, validation, trusted) in [
        (good, &pem, check(true, true), true),
        (good, &stranger, check(true, true), false),
        (good, &stranger, check(true, false), false),
        (good, &stranger, check(false, true), true),
        (misnamed, &pem, check(true, true), false),
        (misnamed, &pem, check(true, false), true),
        (misnamed, &pem, check(false, true), false),
        (misnamed, &stranger, check(false, false), true),
    ] {
        let settings =
            TlsSettings { validation, extra_roots_pem: vec![roots.clone()], client_certificates: Vec::new() };
        let answer =
            client().send(&destination("localhost", address, HttpVersion::Http1, settings), get("/")).await;
        match answer {
            Ok(_) => assert!(trusted, "{validation:?} {}", address == good),
            Err(error) => {
                assert!(!trusted, "{validation:?} {}: {error}", address == good);
                assert_eq!((error.kind(), error.retry()), (ErrorKind::Tls, Retry::Never));
            }
        }
    }
}

#[tokio::test]
async fn a_client_certificate_is_presented_to_a_server_that_asks() {
    let (issuer, pem) = authority();
    let address = tls_server(&issuer, "localhost", &[], Some(&pem)).await;
    let (certificate, key) = signed(&issuer, "gateway");
    let own = ClientCertificate { chain_pem: certificate.pem(), key_pem: Secret::new(key.serialize_pem()) };
    let (stranger, _) = authority_named("stranger");
    let (certificate, key) = signed(&stranger, "gateway");
    let other = ClientCertificate { chain_pem: certificate.pem(), key_pem: Secret::new(key.serialize_pem()) };
    for (client_certificates, expected) in [
        (vec![], "unknown"),
        (vec![own.clone()], "known"),
        // The server says which authority it knows.
        (vec![other.clone(), own.clone()], "known"),
        (vec![own, other.clone()], "known"),
    ] {
        let settings =
            TlsSettings { extra_roots_pem: vec![pem.clone()], client_certificates, ..TlsSettings::default() };
        let to = destination("localhost", address, HttpVersion::Http1, settings);
        assert_eq!(text(client().send(&to, get("/")).await.unwrap()).await, expected);
    }
}

#[tokio::test]
async fn the_http_version_is_what_both_sides_want() {
    let (issuer, pem) = authority();
    let both = tls_server(&issuer, "localhost", &["h2", "http/1.1"], None).await;
    let old = tls_server(&issuer, "localhost", &["http/1.1"], None).await;
    let silent = tls_server(&issuer, "localhost", &[], None).await;
    for (address, version, heard) in [
        (both, HttpVersion::Http1, Some("1")),
        (both, HttpVersion::Http2Or1, Some("2")),
        (both, HttpVersion::Http2, Some("2")),
        (old, HttpVersion::Http2Or1, Some("1")),
        (silent, HttpVersion::Http2Or1, Some("1")),
        (old, HttpVersion::Http2, None),
        (silent, HttpVersion::Http2, None),
    ] {
        let settings = TlsSettings { extra_roots_pem: vec![pem.clone()], ..TlsSettings::default() };
        let answer = client().send(&destination("localhost", address, version, settings), get("/")).await;
        match answer {
            Ok(answer) => assert_eq!(Some(answer.headers()["heard"].to_str().unwrap()), heard),
            Err(error) => {
                assert_eq!(heard, None, "{version:?}: {error}");
                assert_eq!(error.kind(), ErrorKind::Tls);
            }
        }
    }
}

/// What a server of HTTP/2 over TLS does before it ends its connection.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ends {
    ResetInTheHandshake,
    ClosedInTheHandshake,
    SilentInTheHandshake,
    ClosedAfterTheHandshake,
    ClosedAfterTheHead,
}

async fn ending(how: Ends, acceptor: TlsAcceptor) -> SocketAddr {
    let (address, _) = server::serving(move |mut tcp| {
        let acceptor = acceptor.clone();
        async move {
            if !matches!(how, Ends::ClosedAfterTheHandshake | Ends::ClosedAfterTheHead) {
                // The record's head of the ClientHello, and of the rest as much as has come.
                tcp.read_exact(&mut [0; 5]).await.unwrap();
                let _read = tcp.try_read(&mut [0; 16 * 1024]);
                match how {
                    Ends::ResetInTheHandshake => tcp.set_zero_linger().unwrap(),
                    Ends::SilentInTheHandshake => std::future::pending().await,
                    _ => tcp.shutdown().await.unwrap(),
                }
                return;
            }
            let mut connection = h2::server::handshake(acceptor.accept(tcp).await.unwrap()).await.unwrap();
            let Some(Ok((_, mut respond))) = connection.accept().await else { return };
            if how == Ends::ClosedAfterTheHead {
                let mut sending = respond.send_response(Response::new(()), false).unwrap();
                sending.send_data(bytes::Bytes::from("half"), false).unwrap();
                std::future::poll_fn(|cx| Poll::Ready(connection.poll_accept(cx).is_ready())).await;
            }
        }
    })
    .await;
    address
}

/// What breaks before the request was sent may be sent again; what TLS itself refuses stays refused (above).
#[tokio::test]
async fn http2_over_tls_may_end_at_every_moment() {
    let (issuer, pem) = authority();
    for (how, kinds, retry) in [
        (Ends::ResetInTheHandshake, &[ErrorKind::Tls][..], Retry::Safe),
        (Ends::ClosedInTheHandshake, &[ErrorKind::Tls], Retry::Safe),
        (Ends::SilentInTheHandshake, &[ErrorKind::TlsTimeout], Retry::Safe),
        (Ends::ClosedAfterTheHandshake, &[ErrorKind::Closed, ErrorKind::Reset], Retry::IfIdempotent),
        (Ends::ClosedAfterTheHead, &[ErrorKind::Closed, ErrorKind::Reset], Retry::IfIdempotent),
    ] {
        let address = ending(how, acceptor(&issuer, "localhost", &["h2"], None)).await;
        let settings = TlsSettings { extra_roots_pem: vec![pem.clone()], ..TlsSettings::default() };
        let tls = Tls::new(settings, Roots::only(&[]).unwrap()).unwrap();
        let url = format!("https://localhost:{}", address.port()).parse().unwrap();
        let handshake = if how == Ends::SilentInTheHandshake { 50 } else { 10_000 };
        let timeouts = Timeouts { tls: Duration::from_millis(handshake), ..Timeouts::default() };
        let to = Destination::new(
            &url,
            Options { version: HttpVersion::Http2, tls, timeouts, ..Options::default() },
        );
        let client = client();
        let error = match client.send(&to.unwrap(), get("/")).await {
            Ok(response) => {
                assert_eq!((how, response.version()), (Ends::ClosedAfterTheHead, Version::HTTP_2));
                response.into_body().collect().await.unwrap_err()
            }
            Err(error) => error,
        };
        assert!(kinds.contains(&error.kind()) && error.retry() == retry, "{how:?}: {error:?}");
        assert_eq!(client.requests(), 0, "{how:?}");
    }
}

/// RFC 8446 2.2: the second handshake is shorter. Destinations with other settings have sessions of their own.
#[tokio::test]
async fn the_second_connection_resumes_the_session_of_the_first() {
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let (issuer, pem) = authority();
        let address = tls_server(&issuer, "localhost", &["h2", "http/1.1"], None).await;
        let settings = net::ClientSettings {
            max_idle_per_destination: 0,
            max_age: Duration::ZERO,
            ..net::ClientSettings::default()
        };
        let client = net::Client::<server::Body>::new(settings);
        let resumed = async |tls: &Tls| {
            let url = format!("https://localhost:{}", address.port()).parse().unwrap();
            let options = Options { version, tls: tls.clone(), ..Options::default() };
            let response = client.send(&Destination::new(&url, options).unwrap(), get("/")).await.unwrap();
            let resumed = response.headers()["resumed"] == "true";
            // The server's tickets come with the answer.
            text(response).await;
            resumed
        };
        let settings = TlsSettings { extra_roots_pem: vec![pem.clone()], ..TlsSettings::default() };
        let tls = Tls::new(settings.clone(), Roots::system()).unwrap();
        assert_eq!((resumed(&tls).await, resumed(&tls).await, resumed(&tls).await), (false, true, true));
        let other = Tls::new(settings, Roots::system()).unwrap();
        assert!(!resumed(&other).await);
    }
}
