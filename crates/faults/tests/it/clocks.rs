//! The wall clock jumps, forwards and back, under the running program: `libfaketime` stands between it and the system's
//! clock; the monotonic one goes on as it is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use faults::FaultProxy;
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;
use serde_json::{Value, json};

use crate::harness::{Api, Backend, Folder, Gateway, Start, Tenant, Wire, ask, eventually};
use crate::process::Held;

const BY_TOKEN: &str = "/token/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21";

fn library() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").expect("a directory").flatten();
    let mut paths = folders.map(|each| each.path().join("faketime/libfaketimeMT.so.1"));
    paths.find(|path| path.exists()).expect("Debian's package `faketime`: `./test faults` installs it")
}

/// Sets how far the clock of the program is off.
fn set(start: &Path, offset: &str) {
    let fresh = start.with_extension("new");
    std::fs::write(&fresh, format!("{offset}\n")).expect("a file");
    std::fs::rename(fresh, start).expect("renamed");
}

/// A gateway whose wall clock is off by what stands in a file.
fn by_its_own_clock(start: Start, clock: &Path) -> Start {
    start
        .variable("LD_PRELOAD", library().to_str().expect("UTF-8"))
        .variable("FAKETIME_TIMESTAMP_FILE", clock.to_str().expect("UTF-8"))
        .variable("FAKETIME_NO_CACHE", "1")
        .variable("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .variable("DONT_FAKE_MONOTONIC", "1")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_go_on_when_the_clock_jumps_and_expired_is_what_has_expired() {
    let tenant = Tenant::start().await;
    let folder = tenant.folder();
    let clock = folder.beside("clock");
    set(&clock, "+0");
    let start: Start = tenant.gateway(folder);
    let gateway = by_its_own_clock(start, &clock)
        .set("identity.retry-seconds", "1")
        .set("tokens.openid-retry-seconds", "1")
        .set("tokens.openid-interval-seconds", "1")
        .start()
        .await;
    let hello = json!({ "messages": [{ "role": "user", "content": "Say hello" }] });
    let call = async || ask(&gateway, BY_TOKEN, &tenant.token("Team Red"), &hello).await.status;
    assert_eq!(call().await, 200);
    let before = Held::at_rest(&gateway).await;
    // Five minutes: within the life of tokens, beyond what is fresh. Two hours: a token of now has expired there. A year back:
    // it is not valid yet. And again as it was.
    for (offset, expected) in [("+5m", 200), ("+2h", 401), ("+0", 200), ("-1y", 401), ("+0", 200)] {
        set(&clock, offset);
        eventually(offset, async || (call().await == expected).then_some(())).await;
        assert_eq!(gateway.ask("GET", "/-/ready").await.status, 200, "{offset}");
    }
    before.and_kept(3).again(&gateway).await;
    assert_eq!(gateway.terminate().await, 0);
    let records = gateway.records();
    assert!(records.iter().all(|record| record["totalTime"].as_u64().is_some_and(|time| time < 60_000)));
    assert!(records.iter().all(|record| record["timeGenerated"] != Value::Null));
}

/// A certificate of its own authority for this machine, good from yesterday to tomorrow.
struct OfToday {
    root: String,
    chain: String,
    key: KeyPair,
}

impl OfToday {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let root = params.self_signed(&key).expect("a certificate").pem();
        let issuer = Issuer::new(params, key);
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let [from, to] = [day(-1), day(2)].map(|(year, month, day)| rcgen::date_time_ymd(year, month, day));
        (params.not_before, params.not_after) = (from, to);
        let key = KeyPair::generate().expect("a key");
        let chain = params.signed_by(&key, &issuer).expect("a certificate").pem();
        Self { root, chain, key }
    }

    fn server(&self) -> rustls::ServerConfig {
        use rustls_pki_types::pem::PemObject as _;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let chain = rustls_pki_types::CertificateDer::from_pem_slice(self.chain.as_bytes()).expect("PEM");
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("TLS")
            .with_no_client_auth()
            .with_single_cert(vec![chain], PrivatePkcs8KeyDer::from(self.key.serialize_der()).into())
            .expect("a certificate");
        // A session that is resumed has no certificate to be judged.
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        config
    }
}

/// Midnight, so many days from today.
fn day(after: i64) -> (i32, u8, u8) {
    let date = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(after * 24);
    let date = date.to_zoned(jiff::tz::TimeZone::UTC);
    let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
    (date.year().into(), month, day)
}

/// A backend's certificate is judged by the time of the handshake; the gateway's own, by callers. What was saved, kept
/// connections and keys of callers know no clock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_are_judged_by_the_clock_of_the_handshake() {
    let certificate = OfToday::new();
    let backend = Backend::over_tls(certificate.server()).await;
    let (_, port) = backend
        .url()
        .rsplit_once(':')
        .map(|(host, port)| (host.to_owned(), port.to_owned()))
        .expect("a port");
    let proxy = FaultProxy::of_bytes(format!("127.0.0.1:{port}").parse().expect("an address")).await;
    let proxy = proxy.expect("a port");
    let api = Api::new("one").to(&format!("https://localhost:{}", proxy.address().port())).with_key();
    let folder = Folder::new().api(&api).subscription("team", "/apis", "key-of-the-folder");
    for (name, text) in [("roots.pem", &certificate.root), ("tls.crt", &certificate.chain)] {
        std::fs::write(folder.beside(name), text).expect("a file");
    }
    std::fs::write(folder.beside("tls.key"), certificate.key.serialize_pem()).expect("a file");
    let clock = folder.beside("clock");
    set(&clock, "+0");
    let start = Start::new(folder)
        .set("outbound.extra-roots", "roots.pem")
        .set("listen.tls.certificate", "tls.crt")
        .set("listen.tls.key", "tls.key");
    let gateway: Gateway = by_its_own_clock(start, &clock).start().await;
    let before = Held::at_rest(&gateway).await;
    let call = async || {
        let wire = Wire::Tls { root: certificate.root.clone(), offer: &["h2"] };
        gateway.get("/one").key("key-of-the-folder").over(wire).send().await.status
    };
    for (offset, expected) in [("+0", 200), ("+9d", 500), ("+0", 200), ("-9d", 500), ("+0", 200)] {
        set(&clock, offset);
        // A connection that is there is used, whatever the clock says.
        assert!([200, expected].contains(&call().await), "{offset}");
        proxy.cut();
        eventually(offset, async || (call().await == expected).then_some(())).await;
        gateway.signal("HUP");
        assert_eq!(gateway.ask("GET", "/-/ready").await.status, 200, "{offset}");
    }
    let broken = gateway.records().iter().filter(|record| record["responseCode"] == 500).count();
    assert!(broken >= 2);
    for record in gateway.records().iter().filter(|record| record["responseCode"] == 500) {
        assert_eq!(record["lastError"]["reason"], "BackendConnectionFailure", "{record}");
    }
    before.and_kept(1).again(&gateway).await;
}
