//! The sections of `cardea.toml`. Each doc comment here is the setting's documentation.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::configuration::Configuration;
use super::expressions::Expressions;
use super::identity::{Identity, Tokens, Vault};
use super::listen::{Listen, Listener};
use super::outbound::Outbound;
use super::vault_server::VaultServer;
use super::web_sockets::WebSockets;

/// All settings.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Settings {
    /// Refuses to start, or to change to, a configuration with any error. Default: false; then an API with errors
    /// keeps its last good version, or is answered with 500.
    pub strict: bool,
    /// Where callers come in.
    pub listen: Listen,
    /// More places where callers come in, beside `[listen]`, which has the limits and times for all of them. `tls` is a
    /// table as `[listen.tls]`.
    pub listeners: Vec<Listener>,
    /// Where operators look in.
    pub admin: Admin,
    /// Threads.
    pub runtime: Runtime,
    /// What is written.
    pub log: Log,
    /// When the artifact folder is read anew.
    pub configuration: Configuration,
    /// What one request may use.
    pub limits: Limits,
    /// What policy expressions may use. One that exceeds a limit fails with `ExpressionValueEvaluationFailure`, which no
    /// `catch` in it catches.
    pub expressions: Expressions,
    /// What is kept on disk.
    pub state: State,
    /// How secrets are read.
    pub secrets: Secrets,
    /// Calls to backends.
    pub outbound: Outbound,
    /// WebSockets.
    pub websocket: WebSockets,
    /// How the gateway signs in: managed identity, or what stands for it outside of Azure.
    pub identity: Identity,
    /// Callers' tokens and the keys that they are verified with.
    pub tokens: Tokens,
    /// Secrets of key vaults.
    pub vault: Vault,
    /// The vaults that `cardea vault serve` serves.
    pub vault_server: VaultServer,
    /// The file they were read from.
    #[serde(skip)]
    pub origin: Option<PathBuf>,
}

/// `[admin]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Admin {
    /// Whether there is an admin listener. Default: true.
    pub enabled: bool,
    /// Its address and port. It asks for no credential: keep it on loopback. Default: `127.0.0.1:8081`.
    pub address: SocketAddr,
}

impl Default for Admin {
    fn default() -> Self {
        Self { enabled: true, address: SocketAddr::from(([127, 0, 0, 1], 8081)) }
    }
}

/// `[runtime]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Runtime {
    /// `per-core`: each thread has its own connections; `shared`: threads share them. Default: `per-core`.
    pub kind: RuntimeKind,
    /// Threads for requests. Default: one a core.
    pub threads: Option<usize>,
}

/// How threads share work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RuntimeKind {
    /// Each thread has its own connections.
    #[default]
    PerCore,
    /// Threads share connections.
    Shared,
}

/// `[log]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Log {
    /// Where the record of each request goes: `stdout`, `off`, or a file. Default: `stdout`.
    pub access: AccessLogTo,
    /// What the program says of itself on standard error: `error`, `warn`, `info`, `debug`, or a filter such as
    /// `info,gateway=debug`. Default: `info`.
    pub level: String,
    /// `text` or `json`. Default: `text`.
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self { access: AccessLogTo::default(), level: "info".to_owned(), format: LogFormat::default() }
    }
}

/// Where the record of each request goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(crate) enum AccessLogTo {
    /// Standard output.
    #[default]
    Stdout,
    /// Nowhere.
    Off,
    /// A file; opened anew at SIGHUP.
    File(PathBuf),
}

impl From<String> for AccessLogTo {
    fn from(text: String) -> Self {
        match text.as_str() {
            "stdout" => Self::Stdout,
            "off" => Self::Off,
            _ => Self::File(text.into()),
        }
    }
}

/// How the program's own log looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}

/// `[limits]`
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Limits {
    /// Bytes of a caller's body that a policy reads; beyond it 413. Bodies that no policy reads are not limited.
    /// Default: 33554432.
    pub request_body: u64,
    /// Bytes of a backend's body that a policy reads; beyond it 500. Default: 33554432.
    pub response_body: u64,
    /// Bytes that a compressed body may expand to when a policy reads it. Default: 67108864.
    pub expanded_body: u64,
    /// Bytes of bodies that policies read, and of those that are kept to be sent again, of all requests together; beyond it
    /// 503. Default: 268435456.
    pub buffered_bytes: u64,
    /// Bytes of a request's head. Default: 65536.
    pub request_head: usize,
    /// Bytes of a caller's body that are kept while it is sent to a backend whose credential comes from a vault, so that a
    /// 401 can be answered with the rotated credential, or over HTTP/2, where a backend may refuse a call that it has not
    /// looked at. A longer body is sent once only. Default: 1048576.
    pub resent_body: u64,
}

impl Default for Limits {
    fn default() -> Self {
        let own = policy::Limits::default();
        Self {
            request_body: own.request_body,
            response_body: own.response_body,
            expanded_body: own.expanded_body,
            buffered_bytes: 256 * 1024 * 1024,
            request_head: 64 * 1024,
            resent_body: 1024 * 1024,
        }
    }
}

impl Settings {
    /// What one request may use, as the gateway takes it.
    #[must_use]
    pub(crate) fn of_requests(&self) -> policy::Limits {
        policy::Limits {
            request_body: self.limits.request_body,
            response_body: self.limits.response_body,
            expanded_body: self.limits.expanded_body,
            expression: self.expressions.of_evaluation(),
            evaluation: self.expressions.time(),
            body_in_line: self.expressions.body_in_line,
            heap: self.expressions.memory,
        }
    }
}

/// `[state]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct State {
    /// Directory of everything that is kept. Default: `cardea-state`.
    pub dir: PathBuf,
    /// File of the key that seals what is secret; see `cardea sealing-key create`. The environment variable
    /// `CARDEA_SEALING_KEY` may hold the key itself instead. Default: none; then no subscription can be made here.
    pub sealing_key_file: Option<PathBuf>,
    /// Whether the configuration that is served is saved in the directory, sealed, so that the gateway starts from it and
    /// serves it while the folder is away. Without a sealing key it is not. Default: true.
    pub save_configuration: bool,
    /// Milliseconds without a change after which it is saved. Default: 2000.
    pub save_milliseconds: u64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            dir: PathBuf::from("cardea-state"),
            sealing_key_file: None,
            save_configuration: true,
            save_milliseconds: 2000,
        }
    }
}

impl State {
    /// How long nothing must have changed before a configuration is saved; none when it is not.
    #[must_use]
    pub(crate) fn saves_after(&self) -> Option<Duration> {
        self.save_configuration.then(|| Duration::from_millis(self.save_milliseconds))
    }
}

/// `[secrets]`
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Secrets {
    /// Seconds between looks at the files that secrets come from. Default: 5.
    pub refresh_seconds: u64,
}

impl Default for Secrets {
    fn default() -> Self {
        Self { refresh_seconds: 5 }
    }
}
