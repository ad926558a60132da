//! `cardea vault`: the commands of the secret vault.

use clap::{Args, Subcommand, ValueEnum};

use super::Common;

/// `cardea vault`
#[derive(Debug, Subcommand)]
#[command(
    after_help = "All commands but `serve` work on the state directory itself, also while the vault is served, and take effect at once.\nThe sealing key is needed: see `cardea sealing-key create`."
)]
pub(crate) enum Vault {
    /// Serve the vaults over HTTPS, as Key Vault's clients expect them
    #[command(
        after_help = "Example:\n  cardea vault serve --settings cardea.toml\n\nThe section [vault-server] of the settings says where, with which certificate, and whose tokens are taken.\nSignals: SIGTERM and SIGINT drain and end; SIGHUP reads the certificate anew."
    )]
    Serve {
        /// What the command shares with others
        #[command(flatten)]
        common: Common,
    },
    /// Make a secret, or a new version of it; the value is read from standard input
    #[command(
        after_help = "Examples:\n  cardea vault set provider-key < key.txt\n  printf %s \"$KEY\" | cardea vault set provider-key --content-type text/plain --tag team=a\n\nThe value never stands on the command line, where others could see it. One line break at its end is left off."
    )]
    Set(SetSecret),
    /// List secrets, without their values
    #[command(after_help = "Examples:\n  cardea vault list\n  cardea vault list --deleted --json")]
    List {
        /// Those that are deleted and can be recovered
        #[arg(long)]
        deleted: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Which vault
        #[command(flatten)]
        place: Place,
    },
    /// Show the versions of a secret, or with --reveal its value and nothing else
    #[command(
        after_help = "Examples:\n  cardea vault show provider-key\n  cardea vault show provider-key --reveal"
    )]
    Show {
        /// The secret
        name: String,
        /// Print the value; it is recorded
        #[arg(long)]
        reveal: bool,
        /// Which version; the newest without it
        #[arg(long, value_name = "VERSION", requires = "reveal")]
        version: Option<String>,
        /// Which vault
        #[command(flatten)]
        place: Place,
    },
    /// Refuse to give out a version's value
    #[command(after_help = "Example:\n  cardea vault disable provider-key")]
    Disable(OneVersion),
    /// Give out a version's value again
    #[command(after_help = "Example:\n  cardea vault enable provider-key")]
    Enable(OneVersion),
    /// Delete a secret with all versions, so that it can be recovered
    #[command(after_help = "Example:\n  cardea vault delete provider-key")]
    Delete(OneSecret),
    /// Take a deleted secret back
    #[command(after_help = "Example:\n  cardea vault recover provider-key")]
    Recover(OneSecret),
    /// Remove a deleted secret for good
    #[command(after_help = "Example:\n  cardea vault purge provider-key\n\nThis cannot be undone.")]
    Purge(OneSecret),
    /// Let an identity do something with all secrets, or with one
    #[command(
        after_help = "Examples:\n  cardea vault grant 3975aeed-7d08-453b-b6f4-445f32698091 --permission get --secret provider-key\n  cardea vault grant 3975aeed-7d08-453b-b6f4-445f32698091 --permission get --permission list\n\nAn application id counts for tokens of the application itself, not for those of its users."
    )]
    Grant {
        /// Object id (`oid`) of a user or application, or application id (`appid`)
        identity: String,
        /// What it may do; can be given several times
        #[arg(long, value_enum, required = true, value_name = "PERMISSION")]
        permission: Vec<Permission>,
        /// For this secret only
        #[arg(long, value_name = "NAME")]
        secret: Option<String>,
        /// Which vault
        #[command(flatten)]
        place: Place,
    },
    /// Take back what was granted
    #[command(
        after_help = "Examples:\n  cardea vault revoke 3975aeed-7d08-453b-b6f4-445f32698091 --permission get --secret provider-key\n  cardea vault revoke 3975aeed-7d08-453b-b6f4-445f32698091 --all"
    )]
    Revoke {
        /// Object id or application id, as it was granted
        identity: String,
        /// What it may not do any more; can be given several times
        #[arg(long, value_enum, value_name = "PERMISSION", required_unless_present = "all")]
        permission: Vec<Permission>,
        /// As it was granted: for this secret, or without it for all
        #[arg(long, value_name = "NAME", conflicts_with = "all")]
        secret: Option<String>,
        /// Everything that the identity has in the vault
        #[arg(long, conflicts_with = "permission")]
        all: bool,
        /// Which vault
        #[command(flatten)]
        place: Place,
    },
    /// List who may do what
    #[command(after_help = "Example:\n  cardea vault access --json")]
    Access {
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Which vault
        #[command(flatten)]
        place: Place,
    },
    /// List what was done, by whom, and what came of it; the newest first
    #[command(
        after_help = "Examples:\n  cardea vault audit --secret provider-key\n  cardea vault audit --limit 1000 --json"
    )]
    Audit {
        /// Of this secret only
        #[arg(long, value_name = "NAME")]
        secret: Option<String>,
        /// Of this object id, application id or operator only
        #[arg(long, value_name = "ID")]
        who: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 50, value_name = "NUMBER")]
        limit: u32,
        /// Print JSON, one record a line
        #[arg(long)]
        json: bool,
        /// Which vault
        #[command(flatten)]
        place: Place,
    },
}

/// Which vault.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// Which vault, if the settings name several
    #[arg(long, value_name = "NAME")]
    pub vault: Option<String>,
    /// What the command shares with others
    #[command(flatten)]
    pub common: Common,
}

/// A secret.
#[derive(Debug, Args)]
pub(crate) struct OneSecret {
    /// The secret
    pub name: String,
    /// Which vault
    #[command(flatten)]
    pub place: Place,
}

/// A version of a secret.
#[derive(Debug, Args)]
pub(crate) struct OneVersion {
    /// The secret
    pub name: String,
    /// Which version; the newest without it
    #[arg(long, value_name = "VERSION")]
    pub version: Option<String>,
    /// Which vault
    #[command(flatten)]
    pub place: Place,
}

/// `cardea vault set`
#[derive(Debug, Args)]
pub(crate) struct SetSecret {
    /// The secret
    pub name: String,
    /// What kind of value it is
    #[arg(long, value_name = "TEXT")]
    pub content_type: Option<String>,
    /// Not to be used before, such as 2026-12-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    pub not_before: Option<String>,
    /// Not to be used from then on, such as 2027-12-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    pub expires: Option<String>,
    /// A tag; can be given several times
    #[arg(long, value_name = "NAME=TEXT")]
    pub tag: Vec<String>,
    /// Which vault
    #[command(flatten)]
    pub place: Place,
}

/// What an identity may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Permission {
    /// Read values
    Get,
    /// List secrets and versions, without values
    List,
    /// Make secrets and versions, and change their attributes
    Set,
    /// Delete secrets, so that they can be recovered
    Delete,
    /// Recover deleted secrets
    Recover,
    /// Remove deleted secrets for good
    Purge,
}
