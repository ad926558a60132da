//! The section of `cardea.toml` about when the artifact folder is read anew. Each doc comment here is the setting's
//! documentation.

use std::path::PathBuf;

use serde::Deserialize;

/// `[configuration]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Configuration {
    /// How changes of the artifact folder are noticed: `watch`, the system tells of them; `poll`, the folder is looked at
    /// again and again, for network file systems, which tell nothing; `off`, the folder is read when SIGHUP or
    /// `POST /-/reload` asks for it, which they may always. Default: `watch`.
    pub follow: Follow,
    /// Seconds between looks at the folder with `poll`, and at an override file. Default: 10.
    pub poll_seconds: u64,
    /// Milliseconds without another change before a changed folder is read. Default: 500.
    pub quiet_milliseconds: u64,
    /// Milliseconds after the first change after which the folder is read though changes go on. Default: 10000.
    pub delay_milliseconds: u64,
    /// Seconds that a read waits while git checks out, and while files change under it. After that the configuration
    /// before goes on, and the folder is read again later. Default: 10.
    pub settle_seconds: u64,
    /// Whether every answer says which configuration it was made with, in the header `cardea-configuration`. Callers see
    /// it. Default: false.
    pub debug_header: bool,
    /// Override file of APIOps (YAML), put over the folder and read again with it; `--overrides` comes over it. Default:
    /// none.
    pub override_file: Option<PathBuf>,
    /// The gateway in `gateways` whose APIs are served; `--gateway` comes over it. Default: none; then all APIs are served.
    pub gateway: Option<String>,
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            follow: Follow::default(),
            poll_seconds: 10,
            quiet_milliseconds: 500,
            delay_milliseconds: 10_000,
            settle_seconds: 10,
            debug_header: false,
            override_file: None,
            gateway: None,
        }
    }
}

/// How changes of the artifact folder are noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Follow {
    /// The system tells of them.
    #[default]
    Watch,
    /// The folder is looked at again and again.
    Poll,
    /// Somebody asks.
    Off,
}
