//! Values that were planted must not be found where they do not belong.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;

use vault::{AuditFilter, NewSecret, Permission};

use crate::harness::{SetClock, grant, name, on_disk, operator, serve};

const PLANTED: [&str; 3] = ["planted-value-1f3a", "planted-value-9b7c", "planted-value-44d0"];

/// What the log has written.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn in_files(dir: &Path, text: &str) -> bool {
    let mut files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    files.any(|path| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[tokio::test]
async fn no_value_is_in_a_file_a_log_the_audit_or_a_debug_text() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // For all threads: what others of these tests write does no harm here.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let clock = SetClock::new("2026-11-21T08:00:00Z");
    let dir = tempfile::tempdir().unwrap();
    let running = serve(on_disk(dir.path(), &clock).await.vaults()).await;
    let vault = running.vaults.only().unwrap();
    grant(&vault, "app", &Permission::ALL, None).await;

    let [first, second, third] = PLANTED;
    let new = NewSecret::new(first);
    let mut shown = vec![format!("{new:?}")];
    let set = vault.set(&operator(), &name("planted-name"), new).await.unwrap();
    shown.push(format!("{set:?} {vault:?}"));
    let body = format!(r#"{{"value":"{second}"}}"#);
    running.ask(Some("app"), "PUT /secrets/planted-name?api-version=7.4", &body).await;
    let read = running.ask(Some("app"), "GET /secrets/planted-name/?api-version=7.4", "").await;
    assert!(read.body.contains(second));
    for broken in [format!(r#"{{"value":"{third}""#), format!(r#"{{"value":["{third}"]}}"#)] {
        let refused = running.ask(Some("app"), "PUT /secrets/planted-name?api-version=7.4", &broken).await;
        assert_eq!(refused.status, 400);
        shown.push(refused.body);
    }
    running.ask(Some("app"), "DELETE /secrets/planted-name?api-version=7.4", "").await;
    let filter = AuditFilter { vault: vault.name().clone(), secret: None, who: None, limit: 100 };
    shown.push(format!("{:?}", vault.records(&filter).await.unwrap()));
    shown.push(String::from_utf8(log.0.lock().clone()).unwrap());

    let log = shown.last().unwrap();
    assert!(log.contains("SecretGet") && log.contains("planted-name"), "the search itself must work: {log}");
    assert!(in_files(dir.path(), "planted-name"));
    for planted in PLANTED {
        assert!(!in_files(dir.path(), planted));
        assert!(shown.iter().all(|text| !text.contains(planted)), "{shown:#?}");
    }
    running.end().await;
}
