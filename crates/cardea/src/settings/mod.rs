//! The settings of the program: `cardea.toml`, with the environment over it.
//!
//! ```toml
//! [listen]
//! address = "0.0.0.0:8080"
//!
//! [state]
//! dir = "/var/lib/cardea"
//! sealing-key-file = "/run/secrets/cardea-sealing-key"
//! ```
//!
//! Every setting can also come from the environment: `CARDEA_`, the section, two underscores, the setting, with
//! underscores for hyphens: `CARDEA_STATE__SEALING_KEY_FILE`. `docs/settings.md` lists them all.

mod configuration;
mod environment;
mod expressions;
mod file;
mod identity;
mod listen;
mod outbound;
mod vault_server;
mod web_sockets;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

pub(crate) use configuration::{Configuration, Follow};
use expressions::Expressions;
#[cfg(feature = "demo")]
pub(crate) use file::Admin;
pub(crate) use file::{AccessLogTo, LogFormat, RuntimeKind, Settings};
#[cfg(feature = "demo")]
pub(crate) use identity::Identity;
pub(crate) use identity::{IdentitySource, KnownIdentity, PlainHttp, SourceKind, Vault, VaultHost};
use listen::ApiProtocols;
#[cfg(feature = "demo")]
pub(crate) use listen::Listen;
pub(crate) use listen::{Listener, TlsFiles, UnknownNames};
pub(crate) use vault_server::VaultServerTls;

/// Reads the settings. Without a file the defaults and the environment hold.
///
/// # Errors
/// When the file cannot be read, or holds something that is not a setting.
pub(crate) fn load(
    path: Option<&Path>,
    variables: impl Iterator<Item = (String, String)>,
) -> anyhow::Result<Settings> {
    let table = match path {
        Some(path) => read(path)?,
        None => toml::Table::new(),
    };
    let mut settings = parse(table, variables)?;
    settings.check()?;
    settings.origin = path.map(Path::to_owned);
    Ok(settings)
}

/// The settings of a table with the environment over it.
///
/// # Errors
/// When one holds something that is not a setting.
pub(crate) fn parse(
    mut table: toml::Table,
    variables: impl Iterator<Item = (String, String)>,
) -> anyhow::Result<Settings> {
    for (name, text) in variables {
        environment::put_over(&mut table, &name, &text, &|table| {
            table.clone().try_into::<Settings>().is_ok()
        })?;
    }
    table
        .try_into()
        .map_err(|error: toml::de::Error| anyhow::anyhow!("the settings are not valid: {}", error.message()))
}

fn read(path: &Path) -> anyhow::Result<toml::Table> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the settings file `{}`", path.display()))?;
    // Typed first for its errors, which know line and column.
    let _typed: Settings =
        toml::from_str(&text).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
    Ok(text.parse()?)
}

impl Settings {
    fn check(&self) -> anyhow::Result<()> {
        for listener in self.listeners() {
            let half =
                |tls: &TlsFiles| tls.certificate.as_os_str().is_empty() || tls.key.as_os_str().is_empty();
            if listener.tls.as_ref().is_some_and(half) {
                bail!("`listen.tls` needs both `certificate` and `key`");
            }
            listener.settings(gateway::listen::Limits::default())?;
        }
        self.vault_server.check()?;
        let zero = |setting: &(&str, u64)| setting.1 == 0;
        let outbound = self.outbound.at_least_one();
        if let Some((name, _)) = self.at_least_one().iter().chain(&outbound).find(|each| zero(each)) {
            bail!("`{name}` must be 1 or more");
        }
        if self.expressions.depth > Expressions::DEEPEST {
            bail!("`expressions.depth` must be {} or less", Expressions::DEEPEST);
        }
        Ok(())
    }

    /// All places where callers come in; `[listen]` is the first.
    pub(crate) fn listeners(&self) -> Vec<Listener> {
        std::iter::once(self.listen.first()).chain(self.listeners.iter().cloned()).collect()
    }

    /// Whether the `protocols` of APIs are enforced.
    pub(crate) fn protocols(&self) -> gateway::Protocols {
        match self.listen.api_protocols {
            ApiProtocols::Ignored => gateway::Protocols::Ignored,
            _ if self.leaves_protocols_open() => gateway::Protocols::Ignored,
            ApiProtocols::Auto | ApiProtocols::Enforced => gateway::Protocols::Enforced,
        }
    }

    /// Whether nobody chose what `protocols` mean, and every call looks like `http`.
    pub(crate) fn leaves_protocols_open(&self) -> bool {
        let tells = |listener: &Listener| listener.tls.is_some() || !listener.forwarded_from.is_empty();
        self.listen.api_protocols == ApiProtocols::Auto && !self.listeners().iter().any(tells)
    }

    /// Settings that make no sense as 0.
    fn at_least_one(&self) -> [(&'static str, u64); 29] {
        let Self { listen, runtime, secrets, identity, tokens, vault, configuration, expressions, .. } = self;
        [
            ("listen.connections", listen.connections as u64),
            ("listen.tls-seconds", listen.tls_seconds),
            ("listen.head-seconds", listen.head_seconds),
            ("listen.headers", listen.headers as u64),
            ("listen.body-gap-seconds", listen.body_gap_seconds),
            ("listen.write-gap-seconds", listen.write_gap_seconds),
            ("listen.idle-seconds", listen.idle_seconds),
            ("listen.http2-streams", listen.http2_streams.into()),
            ("listen.http2-pending-resets", listen.http2_pending_resets as u64),
            ("runtime.threads", runtime.threads.map_or(1, |threads| threads as u64)),
            ("configuration.poll-seconds", configuration.poll_seconds),
            ("expressions.steps", expressions.steps),
            ("expressions.depth", expressions.depth.into()),
            ("expressions.milliseconds", expressions.milliseconds),
            ("expressions.regex-steps", expressions.regex_steps),
            ("expressions.memory", expressions.memory as u64),
            ("expressions.threads", expressions.threads.map_or(1, |threads| threads as u64)),
            ("secrets.refresh-seconds", secrets.refresh_seconds),
            ("identity.call-seconds", identity.call_seconds),
            ("identity.answer-bytes", identity.answer_bytes as u64),
            ("identity.attempts", identity.attempts.into()),
            ("tokens.openid-refresh-seconds", tokens.openid_refresh_seconds),
            ("tokens.openid-stale-seconds", tokens.openid_stale_seconds),
            ("tokens.openid-providers", tokens.openid_providers as u64),
            ("tokens.verified-seconds", tokens.verified_seconds),
            ("vault.refresh-seconds", vault.refresh_seconds),
            ("vault.wait-seconds", vault.wait_seconds),
            ("vault.retry-seconds", vault.retry_seconds),
            ("vault.concurrency", vault.concurrency as u64),
        ]
    }

    /// The directory of the state, relative to the settings file when it is relative.
    #[must_use]
    pub(crate) fn state_dir(&self) -> PathBuf {
        self.beside(&self.state.dir)
    }

    /// The file of the sealing key, if one is set.
    #[must_use]
    pub(crate) fn sealing_key_file(&self) -> Option<PathBuf> {
        self.state.sealing_key_file.as_deref().map(|path| self.beside(path))
    }

    /// Puts what the command line says of the folder over what the settings say.
    pub(crate) fn read_as(&mut self, reading: &crate::cli::Reading) {
        if let Some(file) = &reading.overrides {
            // Relative to the working directory, not to the settings file.
            let file = std::path::absolute(file).unwrap_or_else(|_| file.clone());
            self.configuration.override_file = Some(file);
        }
        if let Some(gateway) = &reading.gateway {
            self.configuration.gateway = Some(gateway.clone());
        }
    }

    /// The override file, if one is set.
    #[must_use]
    pub(crate) fn override_file(&self) -> Option<PathBuf> {
        self.configuration.override_file.as_deref().map(|path| self.beside(path))
    }

    /// A path as the settings file means it.
    #[must_use]
    pub(crate) fn beside(&self, path: &Path) -> PathBuf {
        match self.origin.as_deref().and_then(Path::parent) {
            Some(folder) => folder.join(path),
            None => path.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(text: &str, variables: &[(&str, &str)]) -> anyhow::Result<Settings> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        parse(text.parse()?, variables)
    }

    #[test]
    fn the_environment_comes_over_the_file() {
        let settings = from(
            "strict = true\n[listen]\naddress = \"127.0.0.1:1\"",
            &[
                ("CARDEA_LISTEN__ADDRESS", "127.0.0.1:2"),
                ("CARDEA_STATE__SEALING_KEY_FILE", "/run/key"),
                ("CARDEA_RUNTIME__THREADS", "3"),
                ("CARDEA_OUTBOUND__EXTRA_ROOTS", "a.pem, b.pem"),
                ("PATH", "/bin"),
            ],
        )
        .unwrap();
        assert!(settings.strict);
        assert_eq!(settings.listen.address.port(), 2);
        assert_eq!(settings.runtime.threads, Some(3));
        assert_eq!(settings.state.sealing_key_file.as_deref(), Some(Path::new("/run/key")));
        assert_eq!(settings.outbound.extra_roots, [PathBuf::from("a.pem"), PathBuf::from("b.pem")]);
    }

    /// Decision: every setting of the file can come from the environment. The rows are those of the page, which is made
    /// from the declarations.
    #[test]
    fn every_setting_on_the_page_can_come_from_the_environment() {
        let page = include_str!("../../../../docs/settings.md");
        let names: Vec<&str> = page
            .lines()
            .filter(|line| line.starts_with("| `"))
            .filter_map(|line| line.split('`').find(|part| part.starts_with("CARDEA_")))
            .collect();
        assert!(names.len() > 60, "{names:?}");
        // What may stand in one setting or another; a setting is there when one of them is not unknown to it.
        let values = [
            "1",
            "true",
            "text",
            "127.0.0.1:1",
            "loopback",
            "per-core",
            "json",
            "[]",
            "imds",
            "refuse",
            "poll",
            "forwarded",
            "ignored",
        ];
        for name in names {
            let found = values.iter().any(|value| {
                let read = from("", &[(name, value)]);
                read.is_ok() || read.is_err_and(|error| error.to_string().contains("missing field"))
            });
            assert!(found, "{name}: {:?}", from("", &[(name, "text")]));
        }
    }

    #[test]
    fn a_text_that_looks_like_a_number_is_text_where_text_is_wanted() {
        let settings =
            from("", &[("CARDEA_CONFIGURATION__GATEWAY", "7"), ("CARDEA_LOG__ACCESS", "true")]).unwrap();
        assert_eq!(settings.configuration.gateway.as_deref(), Some("7"));
    }

    /// The command line comes over environment and file; its paths are those of the working directory.
    #[test]
    fn what_is_put_over_the_folder_comes_from_the_command_line_first() {
        let given = "[configuration]\noverride-file = \"file.yaml\"\ngateway = \"file\"";
        let mut settings = from(given, &[("CARDEA_CONFIGURATION__GATEWAY", "environment")]).unwrap();
        settings.origin = Some("/etc/cardea/cardea.toml".into());
        let over = |settings: &Settings| (settings.override_file(), settings.configuration.gateway.clone());
        let expected = (Some("/etc/cardea/file.yaml".into()), Some("environment".to_owned()));
        assert_eq!(over(&settings), expected);
        let overrides = Some("line.yaml".into());
        settings.read_as(&crate::cli::Reading { overrides, gateway: Some("line".to_owned()) });
        let here = std::path::absolute("line.yaml").unwrap();
        assert_eq!(over(&settings), (Some(here), Some("line".to_owned())));
    }

    #[test]
    fn what_is_not_a_setting_is_refused() {
        assert!(from("[listen]\nadress = \"127.0.0.1:1\"", &[]).unwrap_err().to_string().contains("adress"));
        let error = from("", &[("CARDEA_LISTEN__PORT", "1")]).unwrap_err().to_string();
        assert!(error.contains("port"), "{error}");
        assert!(from("", &[("CARDEA_LISTN__ADDRESS", "1")]).is_err());
        let error = from("", &[("CARDEA_LISTEN_ADDRESS", "1")]).unwrap_err().to_string();
        assert!(error.contains("CARDEA_SECTION__SETTING"), "{error}");
    }

    #[test]
    fn tables_and_lists_of_tables_can_come_from_the_environment() {
        let settings = from(
            "[vault]\nrefresh-seconds = 60\n",
            &[
                ("CARDEA_IDENTITY__SOURCE__KIND", "client-secret"),
                ("CARDEA_IDENTITY__SOURCE__SECRET_ENV", "THE_SECRET"),
                ("CARDEA_IDENTITY__IDENTITIES", r#"[{ client-id = "c-1", resource-id = "/r/1" }]"#),
                ("CARDEA_VAULT__ALLOWED_HOSTS", "*.vault.localhost:8443, kv.example"),
                ("CARDEA_VAULT__OVERRIDES", r#"[{ host = "kv.example", base = "https://127.0.0.1" }]"#),
            ],
        )
        .unwrap();
        let source = settings.identity.source.unwrap();
        assert_eq!(
            (source.kind, source.secret_env.as_deref()),
            (SourceKind::ClientSecret, Some("THE_SECRET"))
        );
        assert_eq!(settings.identity.identities[0].resource_id.as_deref(), Some("/r/1"));
        assert_eq!(settings.vault.allowed_hosts, ["*.vault.localhost:8443", "kv.example"]);
        assert_eq!((&*settings.vault.overrides[0].host, settings.vault.refresh_seconds), ("kv.example", 60));
        let wrong = from("", &[("CARDEA_VAULT__OVERRIDES", "host=planted")]).unwrap_err().to_string();
        assert!(wrong.contains("CARDEA_VAULT__OVERRIDES") && !wrong.contains("planted"), "{wrong}");
    }

    #[test]
    fn a_setting_that_makes_no_sense_as_0_is_refused() {
        let settings = from("[vault]\nretry-seconds = 0", &[]).unwrap();
        assert_eq!(settings.check().unwrap_err().to_string(), "`vault.retry-seconds` must be 1 or more");
    }

    #[test]
    fn variables_that_are_no_settings_are_left_alone() {
        for name in [
            "CARDEA_SETTINGS",
            "CARDEA_SEALING_KEY",
            "CARDEA_SERVICE_HOST",
            "CARDEA_PORT_8080_TCP",
            "CARDEA_VAULT_SERVICE_HOST",
            "CARDEA_VAULT_SERVICE_PORT_HTTPS",
            "CARDEA_VAULT_PORT",
            "CARDEA_VAULT_PORT_8443_TCP",
            "CARDEA_VAULT_PORT_8443_TCP_ADDR",
        ] {
            assert!(from("", &[(name, "x")]).is_ok(), "{name}");
        }
        assert!(from("", &[("CARDEA_VAULT_SERVER_ADDRESS", "x")]).is_err());
    }
}
