//! `cardea export`: a configuration as a folder.

use std::path::PathBuf;

use clap::Args;

use super::Common;

/// `cardea export`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cardea export backup                                what the gateway on this state directory has in effect\n  cardea export apim-prod --artifacts apim --overrides prod.yaml    a folder with its override file put in\n\nSecrets are never written: secrets.toml says where they are, and what stood in clear is left out and told.\nEnds with 1 when nothing was written because the folder has errors or DIR holds artifacts already."
)]
pub(crate) struct Export {
    /// The folder to write, in the layout of APIOps; made if it is not there
    #[arg(value_name = "DIR")]
    pub into: PathBuf,
    /// Write this folder, and ask no gateway
    #[arg(long, value_name = "DIR")]
    pub artifacts: Option<PathBuf>,
    /// Override file of APIOps (YAML), put over the folder; over the settings
    #[arg(long, value_name = "FILE", requires = "artifacts")]
    pub overrides: Option<PathBuf>,
    /// Address and port of the gateway's admin listener; from the state directory and the settings when not given
    #[arg(long, value_name = "ADDRESS", conflicts_with = "artifacts")]
    pub admin: Option<std::net::SocketAddr>,
    /// Put it in the place of the artifacts that DIR holds; other files stay
    #[arg(long)]
    pub replace: bool,
    /// Write a folder that has errors, without what could not be read
    #[arg(long, requires = "artifacts")]
    pub force: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// What the command shares with others
    #[command(flatten)]
    pub common: Common,
}
