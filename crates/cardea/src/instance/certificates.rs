//! The certificates of the listeners: read when it starts, at SIGHUP, and when their files change.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use gateway::listen::{CertificatePem, ClientCertificates, TlsListen, UnknownNames};
use parking_lot::Mutex;
use secret::Secret;

use crate::settings::{self, Settings, TlsFiles};

/// The certificates of one listener.
pub(super) struct Certificates {
    tls: TlsListen,
    files: TlsFiles,
    settings: Settings,
    /// What was read last, whether or not it could be used.
    read: Mutex<Vec<CertificatePem>>,
}

impl Certificates {
    /// Reads them.
    ///
    /// # Errors
    /// When a file cannot be read or used.
    pub(super) fn read(files: &TlsFiles, settings: &Settings) -> anyhow::Result<Self> {
        let certificates = certificates(files, settings)?;
        let unknown = match files.unknown_names {
            settings::UnknownNames::First => UnknownNames::First,
            settings::UnknownNames::Refuse => UnknownNames::Refused,
        };
        let tls = TlsListen::with(&certificates, &callers(files, settings)?, unknown)?;
        Ok(Self { tls, files: files.clone(), settings: settings.clone(), read: Mutex::new(certificates) })
    }

    /// TLS as the listener takes it.
    pub(super) fn tls(&self) -> TlsListen {
        self.tls.clone()
    }

    /// Shows what is in the files now from the next handshake on. What cannot be used leaves what was.
    pub(super) fn renew(&self) {
        let fresh = certificates(&self.files, &self.settings);
        if let Ok(fresh) = &fresh {
            let mut read = self.read.lock();
            if same(&read, fresh) {
                return;
            }
            read.clone_from(fresh);
        }
        match fresh.and_then(|fresh| self.tls.replace(&fresh).map_err(Into::into)) {
            Ok(()) => tracing::info!("the listener's certificates were renewed"),
            Err(error) => {
                tracing::error!(%error, "the listener's certificates cannot be renewed; the old ones stay");
            }
        }
    }

    /// Looks at the files again and again.
    pub(super) async fn follow(all: Arc<[Self]>, every: Duration) {
        loop {
            tokio::time::sleep(every).await;
            for each in all.iter().filter(|each| each.is_readable()) {
                each.renew();
            }
        }
    }

    /// A file that is away for a moment is no reason to complain.
    fn is_readable(&self) -> bool {
        certificates(&self.files, &self.settings).is_ok()
    }
}

fn same(ones: &[CertificatePem], others: &[CertificatePem]) -> bool {
    let equal = |(one, other): (&CertificatePem, &CertificatePem)| {
        one.chain == other.chain && one.key.matches(other.key.expose())
    };
    ones.len() == others.len() && ones.iter().zip(others).all(equal)
}

/// What a caller must or may show.
fn callers(files: &TlsFiles, settings: &Settings) -> anyhow::Result<ClientCertificates> {
    if !files.client_authorities.is_empty() {
        let roots = files.client_authorities.iter().map(|path| text(settings, path));
        return Ok(ClientCertificates::Required { roots: roots.collect::<anyhow::Result<_>>()? });
    }
    let asked = files.request_client_certificate;
    Ok(if asked { ClientCertificates::Asked } else { ClientCertificates::No })
}

fn certificates(files: &TlsFiles, settings: &Settings) -> anyhow::Result<Vec<CertificatePem>> {
    let more = files.more.iter().map(|each| (&each.certificate, &each.key));
    let all = std::iter::once((&files.certificate, &files.key)).chain(more);
    let read = |(certificate, key): (&PathBuf, &PathBuf)| {
        Ok(CertificatePem { chain: text(settings, certificate)?, key: Secret::new(text(settings, key)?) })
    };
    all.map(read).collect()
}

fn text(settings: &Settings, path: &Path) -> anyhow::Result<String> {
    let path = settings.beside(path);
    std::fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))
}
