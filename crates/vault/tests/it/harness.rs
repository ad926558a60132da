//! A vault server on loopback, a clock that stands still, and a client.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use policy::Clock;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use secret::Secret;
use store::{SealingKey, Store};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use vault::{
    Actor, Authenticating, Authenticator, Caller, CallerKind, CertificatePem, Grant, NotAuthenticated,
    Permission, Rules, SecretName, Server, ServerSettings, Vault, VaultName, Vaults,
};

pub(crate) const SUFFIX: &str = "vault.test";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A clock that is set.
#[derive(Debug)]
pub(crate) struct SetClock(std::sync::atomic::AtomicI64);

impl SetClock {
    pub(crate) fn new(text: &str) -> Arc<Self> {
        Arc::new(Self(at(text).as_second().into()))
    }

    pub(crate) fn set(&self, text: &str) {
        self.0.store(at(text).as_second(), std::sync::atomic::Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(std::sync::atomic::Ordering::SeqCst)).unwrap()
    }
}

/// Takes a token for the object id of an application; some are special.
#[derive(Debug)]
pub(crate) struct NamesAsTokens;

impl Authenticator for NamesAsTokens {
    fn authorization(&self) -> &str {
        "https://login.test/tenant-1"
    }

    fn authenticate<'a>(&'a self, token: &'a str, resource: &'a str, _now: Timestamp) -> Authenticating<'a> {
        assert!(resource.starts_with("https://vault.test:"), "{resource}");
        let caller = |object: &str, app: &str, kind| Caller {
            object_id: Some(object.into()),
            app_id: Some(app.into()),
            issuer: "https://login.test/tenant-1/v2.0".into(),
            kind,
        };
        let answer = match token {
            "bad" => Err(NotAuthenticated::Refused("the token has expired".into())),
            "authority-away" => Err(NotAuthenticated::Unavailable("connection refused".into())),
            _ => match token.split_once('/') {
                Some((user, app)) => Ok(caller(user, app, CallerKind::User)),
                None => Ok(caller(token, "app-1", CallerKind::Application)),
            },
        };
        Box::pin(async move { answer })
    }
}

pub(crate) fn operator() -> Actor {
    Actor::Operator("tester".into())
}

pub(crate) fn sealing_key() -> SealingKey {
    SealingKey::parse(&Secret::new("ab".repeat(32))).unwrap()
}

pub(crate) fn vaults(store: Store, names: &[&str], rules: Rules, clock: Arc<SetClock>) -> Vaults {
    Vaults::new(store, names.iter().map(|name| VaultName::new(name).unwrap()), rules, clock)
}

pub(crate) async fn on_disk(dir: &Path, clock: &Arc<SetClock>) -> Vault {
    let store = Store::open(dir, Some(sealing_key()), clock.now()).await.unwrap();
    vaults(store, &["main"], Rules::default(), Arc::clone(clock)).only().unwrap()
}

pub(crate) async fn in_memory(clock: &Arc<SetClock>, rules: Rules) -> Vault {
    let store = Store::in_memory(clock.now()).await.unwrap();
    vaults(store, &["main"], rules, Arc::clone(clock)).only().unwrap()
}

pub(crate) fn name(text: &str) -> SecretName {
    SecretName::new(text).unwrap()
}

pub(crate) async fn grant(vault: &Vault, identity: &str, permissions: &[Permission], secret: Option<&str>) {
    for permission in permissions {
        let grant = Grant {
            vault: vault.name().clone(),
            identity: identity.to_owned(),
            secret: secret.map(name),
            permission: *permission,
        };
        vault.grant(&operator(), &grant).await.unwrap();
    }
}

pub(crate) fn certificate() -> CertificatePem {
    let made = rcgen::generate_simple_self_signed([format!("*.{SUFFIX}"), "localhost".to_owned()]).unwrap();
    CertificatePem { chain: made.cert.pem(), key: Secret::new(made.signing_key.serialize_pem()) }
}

/// A running server with what a client needs to trust it.
pub(crate) struct Running {
    pub(crate) server: Server,
    pub(crate) vaults: Vaults,
    roots: RootCertStore,
}

pub(crate) async fn serve(vaults: Vaults) -> Running {
    serve_with(vaults, |settings| settings).await
}

pub(crate) async fn serve_with(
    vaults: Vaults,
    change: impl FnOnce(ServerSettings) -> ServerSettings,
) -> Running {
    let certificate = certificate();
    let settings = change(ServerSettings::new(([127, 0, 0, 1], 0).into(), SUFFIX, certificate.clone()));
    let server = Server::start(settings, vaults.clone(), Arc::new(NamesAsTokens)).await.unwrap();
    Running { server, vaults, roots: roots(&certificate) }
}

pub(crate) fn roots(certificate: &CertificatePem) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate.chain.as_bytes()).unwrap()).unwrap();
    roots
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: String,
}

impl Running {
    pub(crate) fn port(&self) -> u16 {
        self.server.address().port()
    }

    pub(crate) fn host(&self) -> String {
        format!("main.{SUFFIX}:{}", self.port())
    }

    pub(crate) fn trust(&mut self, certificate: &CertificatePem) {
        self.roots = roots(certificate);
    }

    pub(crate) async fn connect(&self) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_root_certificates(self.roots.clone()).with_no_client_auth();
        let tcp = TcpStream::connect(self.server.address()).await?;
        let name = ServerName::try_from(format!("main.{SUFFIX}")).unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, tcp).await
    }

    /// Sends one request on a connection of its own.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        let stream = self.connect().await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        let driving = tokio::spawn(connection);
        let response = sender.send_request(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        driving.abort();
        let body = String::from_utf8(body.to_vec()).unwrap();
        Answer { status: head.status.as_u16(), headers: head.headers, body }
    }

    /// Sends `METHOD /path` as somebody.
    pub(crate) async fn ask(&self, token: Option<&str>, line: &str, body: &str) -> Answer {
        let (method, path) = line.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(path).header("host", self.host());
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.send(request.body(Full::from(body.to_owned())).unwrap()).await
    }

    pub(crate) async fn end(self) {
        self.server.shutdown(Duration::from_secs(5)).await;
    }
}
