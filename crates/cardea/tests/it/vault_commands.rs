//! `cardea vault`: secrets in the state directory, and the vault that serves them over HTTPS.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::harness::{Authority, Output, command, eventually, program};

/// A state directory with a sealing key and settings.
struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new(more: &str) -> Self {
        let place = Self { dir: tempfile::tempdir().unwrap() };
        let key = place.path("sealing.key");
        let made = program(&["sealing-key", "create", key.to_str().unwrap()], &[]);
        assert_eq!(made.code, 0, "{made:?}");
        place.settings(&format!("[state]\ndir = \"state\"\nsealing-key-file = \"sealing.key\"\n{more}"));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn settings(&self, text: &str) {
        std::fs::write(self.path("cardea.toml"), text).unwrap();
    }

    /// Runs `cardea vault …` with something on standard input.
    fn run_with(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = command()
            .arg("vault")
            .args(arguments)
            .env("CARDEA_SETTINGS", self.path("cardea.toml"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        Output {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, "")
    }

    /// What a command that went well has printed.
    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.code, 0, "{arguments:?}: {output:?}");
        output.stdout
    }

    fn set(&self, name: &str, value: &str) {
        let output = self.run_with(&["set", name], value);
        assert_eq!(output.code, 0, "{output:?}");
    }
}

fn in_files(dir: &Path, text: &str) -> bool {
    let mut files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    files.any(|path| std::fs::read(path).unwrap().windows(text.len()).any(|part| part == text.as_bytes()))
}

#[test]
fn a_value_is_read_from_standard_input_and_shown_only_when_asked_for() {
    let place = Place::new("");
    let set =
        place.run_with(&["set", "key", "--tag", "team=a", "--content-type", "text/plain"], "planted-55d1\n");
    assert!(set.stdout.starts_with("secret key in vault main has the new version "), "{set:?}");
    assert_eq!(set.stderr, "the line break at the end of the value was left off\n");
    let listed = place.ok(&["list"]) + &place.ok(&["list", "--json"]) + &place.ok(&["show", "key"]);
    let listed = listed + &place.ok(&["audit", "--json"]) + &format!("{set:?}");
    assert!(listed.contains("team=a") && !listed.contains("planted-55d1"), "{listed}");
    assert!(!in_files(&place.path("state"), "planted-55d1"));
    assert_eq!(place.ok(&["show", "key", "--reveal"]), "planted-55d1\n");

    place.set("key", "two\nlines\n\n");
    assert_eq!(place.ok(&["show", "key", "--reveal"]), "two\nlines\n\n", "one line break is left off");
    for nothing in ["", "\n"] {
        let refused = place.run_with(&["set", "key"], nothing);
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{refused:?}");
    }
}

#[test]
fn secrets_are_switched_deleted_recovered_and_purged() {
    let place = Place::new("");
    place.set("key", "x");
    place.ok(&["disable", "key"]);
    let refused = place.run(&["show", "key", "--reveal"]);
    assert!(refused.code == 2 && refused.stderr.contains("disabled secret"), "{refused:?}");
    place.ok(&["enable", "key"]);
    assert_eq!(place.ok(&["show", "key", "--reveal"]), "x\n");
    place.ok(&["delete", "key"]);
    assert_eq!(place.ok(&["list"]), "no secrets in vault main\n");
    assert!(place.ok(&["list", "--deleted"]).starts_with("key "));
    let taken = place.run_with(&["set", "key"], "y");
    assert!(taken.code == 2 && taken.stderr.contains("recovered or purged"), "{taken:?}");
    place.ok(&["recover", "key"]);
    place.ok(&["delete", "key"]);
    place.ok(&["purge", "key"]);
    assert_eq!(place.ok(&["list", "--deleted"]), "no deleted secrets in vault main\n");
}

#[test]
fn access_is_granted_listed_and_taken_back() {
    let place = Place::new("");
    place.ok(&["grant", "oid-1", "--permission", "get", "--permission", "list", "--secret", "key"]);
    place.ok(&["grant", "oid-1", "--permission", "set"]);
    let all: serde_json::Value = serde_json::from_str(&place.ok(&["access", "--json"])).unwrap();
    assert_eq!(all.as_array().unwrap().len(), 3, "{all}");
    let wrong = place.run(&["revoke", "oid-1", "--permission", "get"]);
    assert!(wrong.code == 2 && wrong.stderr.contains("was not granted"), "{wrong:?}");
    place.ok(&["revoke", "oid-1", "--permission", "get", "--secret", "key"]);
    place.ok(&["revoke", "oid-1", "--all"]);
    assert_eq!(place.ok(&["access"]), "nothing is granted in vault main\n");
    assert!(place.ok(&["audit"]).contains("AccessGrant get oid-1  key"));
}

#[test]
fn without_a_sealing_key_and_with_settings_that_cannot_be_it_says_what_to_do() {
    let place = Place::new("");
    place.settings("[state]\ndir = \"other\"\n");
    for arguments in [&["list"][..], &["set", "key"], &["serve"]] {
        let refused = place.run(arguments);
        assert!(refused.code == 2 && refused.stderr.contains("cardea sealing-key create"), "{refused:?}");
    }
    let sealed = "[state]\ndir = \"state\"\nsealing-key-file = \"sealing.key\"\n[vault-server]\n";
    for (more, expected) in [
        ("", "`vault-server.tenant` is needed"),
        ("tenant = \"common\"", "one tenant"),
        ("tenant = \"cardea-demo-tenant\"", "issuer of the demo"),
        ("tenant = \"t\"", "`vault-server.tls` is needed"),
        ("recoverable-days = 6", "must be 7 to 90"),
        ("vaults = [\"a_b\"]", "cannot be the name of a vault"),
    ] {
        place.settings(&format!("{sealed}{more}"));
        let refused = place.run(&["serve"]);
        assert!(refused.code == 2 && refused.stderr.contains(expected), "{more}: {refused:?}");
    }
    place.settings(&format!("{sealed}vaults = [\"one\", \"two\"]"));
    let several = place.run(&["list"]);
    assert!(several.code == 2 && several.stderr.contains("one, two with --vault"), "{several:?}");
    assert_eq!(place.ok(&["list", "--vault", "TWO"]), "no secrets in vault two\n");
}

/// `cardea vault serve`, until it is dropped.
struct Served {
    child: Child,
    port: u16,
}

impl Served {
    /// Starts it and waits until it says where it is.
    fn start(place: &Place) -> Self {
        let mut child = command()
            .args(["vault", "serve"])
            .env("CARDEA_SETTINGS", place.path("cardea.toml"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut errors = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("vault main at ") {
            line.clear();
            assert!(errors.read_line(&mut line).unwrap() > 0, "it ended");
        }
        // What it says later must not fill the pipe.
        std::thread::spawn(move || errors.read_to_end(&mut Vec::new()));
        let (_, rest) = line.split_once("main.vault.localhost:").unwrap();
        let port = rest.split(',').next().unwrap().parse().unwrap();
        Self { child, port }
    }

    fn signal(&self, name: &str) {
        let sent = std::process::Command::new("kill").args([name, &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Asks without a token, trusting one authority; none when the certificate is not by that one.
    async fn ask(&self, trusted: &str) -> Option<String> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(trusted.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
        let tcp = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = TlsConnector::from(config).connect(name, tcp).await.ok()?;
        let request = "PUT /secrets/key?api-version=7.4 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        Some(answer)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

#[tokio::test]
async fn it_serves_challenges_renews_its_certificate_and_ends_when_told() {
    let place = Place::new(
        "[vault-server]\naddress = \"127.0.0.1:0\"\ntenant = \"tenant-1\"\nauthority = \"https://login.test\"\n[vault-server.tls]\ncertificate = \"vault.pem\"\nkey = \"vault.key\"\n",
    );
    let write = |authority: &Authority| {
        let own = authority.server();
        std::fs::write(place.path("vault.pem"), &own.pem).unwrap();
        std::fs::write(place.path("vault.key"), own.key_pem()).unwrap();
    };
    let (first, second) = (Authority::new(), Authority::new());
    write(&first);
    let mut served = Served::start(&place);
    let answer = served.ask(&first.pem).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    let port = served.port;
    let challenge = format!(
        "Bearer authorization=\"https://login.test/tenant-1\", resource=\"https://vault.localhost:{port}\""
    );
    assert!(answer.contains(&challenge), "{answer}");

    write(&second);
    served.signal("-HUP");
    eventually("the new certificate", async || served.ask(&second.pem).await).await;
    assert_eq!(served.ask(&first.pem).await, None);

    // The command line works beside it.
    place.set("key", "x");
    served.signal("-TERM");
    assert!(served.child.wait().unwrap().success());
}
