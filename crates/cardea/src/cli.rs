//! The command line: one definition, from which parser, help, completions and manual pages come.

pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod vault;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// A self-hosted AI gateway that runs Azure API Management policies.
#[derive(Debug, Parser)]
#[command(
    name = "cardea",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = "Start here: `cardea demo`. Every command explains itself: `cardea check --help`."
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a gateway with an example configuration in front of a simulated model, and print calls to try
    #[cfg(feature = "demo")]
    Demo(Demo),
    /// Serve a folder of APIs, products, policies and backends
    Serve(Serve),
    /// Compile a folder exactly as `serve` would, and print every problem
    Check(Check),
    /// Evaluate a policy expression with a request of a file, or many at a prompt
    Eval(Eval),
    /// Say what changes for callers between two folders, the most dangerous first
    Diff(Diff),
    /// Say who can reach which backend and which deployment
    Access(Access),
    /// Ask the gateway on this machine whether it is ready to serve
    Health(Health),
    /// Write the configuration of a gateway that runs, or of a folder, as a folder
    Export(export::Export),
    /// Make APIs of the folder out of definitions
    #[command(subcommand)]
    Import(import::Import),
    /// Make, rotate, suspend and list subscriptions and their keys
    #[command(subcommand)]
    Subscription(Subscription),
    /// Serve and manage a vault of secrets that speaks Key Vault's interface
    #[command(subcommand)]
    Vault(vault::Vault),
    /// Make the key that seals what is kept on disk
    #[command(subcommand)]
    SealingKey(SealingKey),
    /// Run one of the simulated services alone
    #[cfg(feature = "demo")]
    #[command(subcommand)]
    Simulate(Simulate),
    /// Print the completions of a shell
    #[command(after_help = "Example:\n  cardea completions bash > /etc/bash_completion.d/cardea")]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Write manual pages
    #[command(after_help = "Example:\n  cardea man target/man && man -l target/man/cardea-check.1")]
    Man {
        /// Directory for the pages; made if it is not there
        directory: PathBuf,
    },
}

/// `cardea demo`
#[cfg(feature = "demo")]
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cardea demo            serves until Ctrl-C\n  cardea demo --check    makes the calls itself and compares the answers\n\nEverything listens on loopback. Keys are made anew at every start."
)]
pub(crate) struct Demo {
    /// Make the printed calls, print a table of expected and actual, and end; fails on a difference
    #[arg(long)]
    pub check: bool,
    /// Port of the gateway; a free one is taken when it is not free, or for 0
    #[arg(long, default_value_t = 8400, value_name = "PORT")]
    pub port: u16,
    /// Print addresses and keys as JSON on one line, for programs that drive the demo
    #[arg(long, hide = true)]
    pub json: bool,
}

/// `cardea serve`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cardea serve --artifacts apim\n  cardea serve --artifacts apim --settings cardea.toml --strict\n\nSignals: SIGTERM and SIGINT drain and end; SIGHUP reads the folder anew and reopens log files."
)]
pub(crate) struct Serve {
    /// The folder, in the layout of APIOps
    #[arg(long, value_name = "DIR")]
    pub artifacts: PathBuf,
    /// What is put over the folder
    #[command(flatten)]
    pub reading: Reading,
    /// What the command shares with others
    #[command(flatten)]
    pub common: Common,
    /// Refuse to start, or to change to, a configuration with errors
    #[arg(long)]
    pub strict: bool,
    /// Address and port to listen on, over the settings
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<std::net::SocketAddr>,
    /// Take over the sockets of the process that serves with the same state directory; it ends when this one serves
    #[arg(long)]
    pub take_over: bool,
}

/// `cardea check`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cardea check apim\n  cardea check apim --format sarif > cardea.sarif\n  cardea check apim --evaluate --request request.yaml\n\nNeeds no network and no secrets, unless `--resolve` asks for them. Ends with 0 when there are no errors, 1 when there are, 2 when the folder cannot be read."
)]
pub(crate) struct Check {
    /// The folder, in the layout of APIOps
    #[arg(value_name = "DIR")]
    pub artifacts: PathBuf,
    /// What is put over the folder
    #[command(flatten)]
    pub reading: Reading,
    /// What the command shares with others
    #[command(flatten)]
    pub common: Common,
    /// Read the secrets of environment, files and vaults too, and report those that cannot be read
    #[arg(long)]
    pub resolve: bool,
    /// Count warnings as errors
    #[arg(long)]
    pub deny_warnings: bool,
    /// How problems are written
    #[arg(long, value_enum, default_value_t = CheckFormat::Text, value_name = "FORMAT")]
    pub format: CheckFormat,
    /// Evaluate every expression of the documents in the folder, whatever its layout
    #[arg(long)]
    pub evaluate: bool,
    /// The request to evaluate with (docs/request-file.md); without it a GET of http://localhost/
    #[arg(long, value_name = "FILE", requires = "evaluate")]
    pub request: Option<PathBuf>,
    /// What stands for named values that neither the folder nor the request file has; without it they are errors
    #[arg(long, value_name = "TEXT", requires = "evaluate")]
    pub unknown_named_values: Option<String>,
}

/// `cardea eval`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cardea eval '@(context.Request.Headers.GetValueOrDefault(\"X-Team\", \"none\"))' --request request.yaml\n  cardea eval '@{ var n = 1; return n + 1; }'\n  cardea eval            asks for one expression after the other\n\nNamed values are not put in. Ends with 0 when there is a value, 1 when there is an exception or the expression does not compile,\n2 when a file cannot be read."
)]
pub(crate) struct Eval {
    /// `@( expression )`, `@{ statements }`, or an expression alone
    #[arg(value_name = "EXPRESSION")]
    pub expression: Option<String>,
    /// The request to evaluate with (docs/request-file.md); without it a GET of http://localhost/
    #[arg(long, value_name = "FILE")]
    pub request: Option<PathBuf>,
    /// Variables over those of the request file: a JSON or YAML file of names and values
    #[arg(long, value_name = "FILE")]
    pub variables: Option<PathBuf>,
    /// How the result is written
    #[arg(long, value_enum, default_value_t = EvalFormat::Text, value_name = "FORMAT", requires = "expression")]
    pub format: EvalFormat,
    /// What the command shares with others
    #[command(flatten)]
    pub common: Common,
}

/// How the result of an expression is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EvalFormat {
    /// For people
    Text,
    /// One JSON document
    Json,
}

/// How the problems of a folder are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people: each with its source line
    Text,
    /// One JSON document; files are named from the working directory
    Json,
    /// SARIF 2.1.0 for code scanning; files are named from the root of the repository
    Sarif,
    /// Workflow commands of GitHub Actions; files are named from the root of the repository
    Github,
}

/// `cardea diff`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cardea diff main/apim apim\n  cardea diff apim apim --overrides-a staging.yaml --overrides-b production.yaml\n\nNeeds no network and no secrets, and shows none. Ends with 0 when nothing changes for callers, 1 when something does, 2 when\na folder cannot be read or has errors; what is printed then may not be all."
)]
pub(crate) struct Diff {
    /// The folder as it is, in the layout of APIOps
    #[arg(value_name = "A")]
    pub a: PathBuf,
    /// The folder as it will be
    #[arg(value_name = "B")]
    pub b: PathBuf,
    /// Override file of APIOps (YAML) that is put over A
    #[arg(long, value_name = "FILE")]
    pub overrides_a: Option<PathBuf>,
    /// Override file of APIOps (YAML) that is put over B
    #[arg(long, value_name = "FILE")]
    pub overrides_b: Option<PathBuf>,
    /// Only the APIs of this gateway in `gateways`; over the settings
    #[arg(long, value_name = "NAME")]
    pub gateway: Option<String>,
    /// What the command shares with others
    #[command(flatten)]
    pub common: Common,
    /// How the difference is written
    #[arg(long, value_enum, default_value_t = PlanFormat::Text, value_name = "FORMAT")]
    pub format: PlanFormat,
}

/// `cardea access`
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  cardea access apim\n\nNeeds no network and no secrets. Ends with 0, or with 2 when the folder cannot be read or has errors."
)]
pub(crate) struct Access {
    /// The folder, in the layout of APIOps
    #[arg(value_name = "DIR")]
    pub artifacts: PathBuf,
    /// What is put over the folder
    #[command(flatten)]
    pub reading: Reading,
    /// What the command shares with others
    #[command(flatten)]
    pub common: Common,
    /// How the table is written
    #[arg(long, value_enum, default_value_t = PlanFormat::Text, value_name = "FORMAT")]
    pub format: PlanFormat,
}

/// How a difference or a table of access is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people
    Text,
    /// One JSON document; files are named from the working directory
    Json,
}

/// `cardea health`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cardea health           is it ready: the probe of an orchestrator\n  cardea health --live    does it answer at all\n\nAsks the admin listener. Ends with 0 when it is ready, 1 when it is not or nobody answers, 2 when the settings are wrong."
)]
pub(crate) struct Health {
    /// Ask only whether it answers, not whether it is ready
    #[arg(long)]
    pub live: bool,
    /// Address and port of the admin listener; from the state directory and the settings when not given
    #[arg(long, value_name = "ADDRESS")]
    pub admin: Option<std::net::SocketAddr>,
    /// What the command shares with others
    #[command(flatten)]
    pub common: Common,
}

/// How a folder is read.
#[derive(Debug, Args)]
pub(crate) struct Reading {
    /// Override file of APIOps (YAML), put over the folder; over the settings
    #[arg(long, value_name = "FILE")]
    pub overrides: Option<PathBuf>,
    /// Only the APIs of this gateway in `gateways`; over the settings
    #[arg(long, value_name = "NAME")]
    pub gateway: Option<String>,
}

/// What several commands take.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Settings file; the environment comes over it
    #[arg(long, value_name = "FILE", env = "CARDEA_SETTINGS", hide_env_values = true)]
    pub settings: Option<PathBuf>,
}

/// `cardea subscription`
#[derive(Debug, Subcommand)]
#[command(
    after_help = "A change takes effect at once in a gateway that runs on the same state directory.\nKeys are shown when they are made, and never again here."
)]
pub(crate) enum Subscription {
    /// Make a subscription and print its keys
    #[command(
        after_help = "Examples:\n  cardea subscription create team-a --product starter\n  cardea subscription create ci --api azure-openai --display-name \"Build server\"\n  cardea subscription create ops --all-apis"
    )]
    Create(CreateSubscription),
    /// Replace a key by a new one and print it
    #[command(after_help = "Example:\n  cardea subscription rotate team-a --key secondary")]
    Rotate {
        /// The subscription
        id: String,
        /// Which key
        #[arg(long, value_enum, default_value_t = WhichKey::Primary)]
        key: WhichKey,
        /// What the command shares with others
        #[command(flatten)]
        common: Common,
    },
    /// Make a subscription's keys stop working for a time
    #[command(after_help = "Example:\n  cardea subscription suspend team-a")]
    Suspend(ChangeSubscription),
    /// Make the keys of a suspended or cancelled subscription work again
    #[command(after_help = "Example:\n  cardea subscription activate team-a")]
    Activate(ChangeSubscription),
    /// End a subscription: its keys stop working
    #[command(after_help = "Example:\n  cardea subscription cancel team-a")]
    Cancel(ChangeSubscription),
    /// List subscriptions, without keys
    #[command(after_help = "Example:\n  cardea subscription list --json")]
    List {
        /// What the command shares with others
        #[command(flatten)]
        common: Common,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// `cardea subscription create`
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("scope").required(true).args(["product", "api", "all_apis"]))]
pub(crate) struct CreateSubscription {
    /// Its name
    pub id: String,
    /// Its keys open this product
    #[arg(long, value_name = "ID")]
    pub product: Option<String>,
    /// Its keys open this API
    #[arg(long, value_name = "ID")]
    pub api: Option<String>,
    /// Its keys open all APIs
    #[arg(long)]
    pub all_apis: bool,
    /// Its name for people; the name itself when not given
    #[arg(long, value_name = "TEXT")]
    pub display_name: Option<String>,
    /// What the command shares with others
    #[command(flatten)]
    pub common: Common,
}

/// A subscription to change.
#[derive(Debug, Args)]
pub(crate) struct ChangeSubscription {
    /// The subscription
    pub id: String,
    /// What the command shares with others
    #[command(flatten)]
    pub common: Common,
}

/// Which of a subscription's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WhichKey {
    /// The first
    Primary,
    /// The second
    Secondary,
}

/// `cardea sealing-key`
#[derive(Debug, Subcommand)]
pub(crate) enum SealingKey {
    /// Make a key and write it to a new file that only its owner can read
    #[command(
        after_help = "Example:\n  cardea sealing-key create /etc/cardea/sealing.key\n\nKeep a copy elsewhere: what it seals cannot be read without it."
    )]
    Create {
        /// The file; must not be there yet
        file: PathBuf,
    },
}

/// `cardea simulate`
#[cfg(feature = "demo")]
#[derive(Debug, Subcommand)]
pub(crate) enum Simulate {
    /// A model service that speaks the wires of Azure OpenAI, Azure OpenAI v1 and OpenAI
    #[command(
        after_help = "Example:\n  CARDEA_SIMULATOR_KEY=secret cardea simulate models --port 8401\n\nFaults can be asked for with the header `x-simulate`: see docs/model-simulator.md."
    )]
    Models {
        /// Port on loopback; 0 takes a free one
        #[arg(long, default_value_t = 8401, value_name = "PORT")]
        port: u16,
        /// Environment variable that holds the first key; keys are made and printed without it
        #[arg(long, default_value = "CARDEA_SIMULATOR_KEY", value_name = "NAME")]
        key_variable: String,
    },
    /// An identity provider in the shape of Microsoft Entra ID, and a machine's managed identity endpoints
    #[command(
        after_help = "Example:\n  cardea simulate identity --ca-file ca.pem\n\nIt makes tokens for whoever asks it, on loopback: see docs/identity-simulator.md."
    )]
    Identity(SimulateIdentity),
}

/// `cardea simulate identity`
#[cfg(feature = "demo")]
#[derive(Debug, clap::Args)]
pub(crate) struct SimulateIdentity {
    /// Port of the identity provider on loopback, over HTTPS; 0 takes a free one
    #[arg(long, default_value_t = 8403, value_name = "PORT")]
    pub port: u16,
    /// Port of the managed identity endpoints on loopback, over HTTP; 0 takes a free one
    #[arg(long, default_value_t = 8404, value_name = "PORT")]
    pub machine_port: u16,
    /// File to write the certificate authority's certificate to, in PEM: what clients must trust
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Who is there: tenants with their applications, users and managed identities, in TOML or JSON
    #[arg(long, value_name = "FILE")]
    pub directory: Option<PathBuf>,
    /// Folder for the challenges of Azure Arc's endpoint, which there is none of without it; clients read
    /// `/var/opt/azcmagent/tokens` only
    #[arg(long, value_name = "FOLDER")]
    pub arc_folder: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_definition_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
