//! `cardea import`: definitions and configurations of others become APIs of the folder.

use std::path::PathBuf;

use artifacts::{RequiredQuery, Syntax};
use clap::{Args, Subcommand, ValueEnum};
use import::openapi::{ServerChoice, Target};
use model::{ApiId, ApiPath, DisplayName, ProductId, VaultSecretIdentifier, VersionSetId};

/// `cardea import`
#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Make an API of a definition in OpenAPI 3.0 or 3.1 or Swagger 2.0, or bring one up to date
    #[command(
        after_help = "Examples:\n  cardea import openapi petstore.yaml --into apim --path pets\n  curl -s https://api.example.com/openapi.json | cardea import openapi - --into apim --dry-run\n  cardea import openapi azure-openai.json --into apim --path models/openai --server-variable endpoint=contoso.openai.azure.com\n\nAn API of this name that is there is brought up to date: policies stay, and so does what people wrote into apiInformation.json.\nEnds with 1 when the definition is refused, or when the folder would have errors that it does not have now."
    )]
    Openapi(Box<Openapi>),
    /// Make an API for Azure OpenAI: operations, backend, managed identity or key
    #[command(
        after_help = "Examples:\n  cardea import azure-openai --endpoint https://contoso.openai.azure.com --api-id models --into apim\n  cardea import azure-openai --endpoint https://contoso.openai.azure.com --key-env AZURE_OPENAI_KEY --into apim\n\nWithout a key the gateway's managed identity signs in. The key itself is never written: secrets.toml says where it is."
    )]
    AzureOpenai(Box<AzureOpenai>),
    /// Make an API for a model service that speaks like OpenAI, or for any other
    #[command(
        after_help = "Examples:\n  cardea import openai-compatible --url https://api.mistral.ai/v1 --api-id mistral --key-env MISTRAL_KEY --into apim\n  cardea import openai-compatible --url http://localhost:8000/v1 --type passthrough --api-id vllm --into apim"
    )]
    OpenaiCompatible(Box<OpenaiCompatible>),
    /// Make an API of the configuration of LiteLLM's proxy, and tell what of it has no equivalent
    #[command(
        after_help = "Example:\n  cardea import litellm config.yaml --into apim\n\nKeys come from the environment variables that the file names; one that stands in clear is refused."
    )]
    Litellm(Litellm),
}

/// Where an import writes, and how.
#[derive(Debug, Args)]
pub(crate) struct Writing {
    /// The folder, in the layout of APIOps; made if it is not there
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub into: PathBuf,
    /// Show what would change, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Write even when the folder then has errors that it does not have now
    #[arg(long)]
    pub force: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `cardea import openapi`
#[derive(Debug, Args)]
pub(crate) struct Openapi {
    /// The definition, in JSON or YAML; `-` reads standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where it is written
    #[command(flatten)]
    pub writing: Writing,
    /// Name of the API in the folder; made of its title without it
    #[arg(long, value_name = "ID", value_parser = ApiId::new)]
    pub api_id: Option<ApiId>,
    /// Suffix of the gateway's URL under which the API is reached; for a new API its name without it
    #[arg(long, value_name = "PATH", value_parser = ApiPath::new)]
    pub path: Option<ApiPath>,
    /// Name for people, over the definition's title
    #[arg(long, value_name = "TEXT", value_parser = DisplayName::new)]
    pub title: Option<DisplayName>,
    /// Description, over the definition's
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// Where calls go: a URL, or the number of one of the definition's servers; without it the first HTTPS one
    #[arg(long, value_name = "URL|NUMBER")]
    pub server: Option<ServerChoice>,
    /// Value for a variable in the server's URL; can be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub server_variable: Vec<(String, String)>,
    /// Send calls to a backend: the name of one that is there, or the URL of one to be made
    #[arg(long, value_name = "ID|URL")]
    pub backend: Option<Target>,
    /// Product that is to hold the API; can be given several times
    #[arg(long, value_name = "ID", value_parser = ProductId::new)]
    pub product: Vec<ProductId>,
    /// Callers need a key, as for every new API
    #[arg(long, conflicts_with = "no_subscription_required")]
    pub subscription_required: bool,
    /// Callers need no key
    #[arg(long)]
    pub no_subscription_required: bool,
    /// Take keys from where the definition's security schemes have them
    #[arg(long)]
    pub keys_as_defined: bool,
    /// Take keys from this header
    #[arg(long, value_name = "NAME")]
    pub key_header: Option<String>,
    /// Take keys from this query parameter
    #[arg(long, value_name = "NAME")]
    pub key_query: Option<String>,
    /// The API is this version of those in a version set
    #[arg(long, value_name = "VERSION", requires = "version_set")]
    pub api_version: Option<String>,
    /// The version set, which must be there
    #[arg(long, value_name = "ID", requires = "api_version", value_parser = VersionSetId::new)]
    pub version_set: Option<VersionSetId>,
    /// What becomes of required query parameters: parts of the URL template, as API Management has it, or nothing
    #[arg(long, value_enum, value_name = "WHERE")]
    pub required_query_parameters: Option<Required>,
    /// Write the definition in this format; as it came without it
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<Format>,
}

/// What becomes of required query parameters.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Required {
    /// Calls without them mean another operation, or none
    Template,
    /// Calls without them reach the operation
    Query,
}

impl From<Required> for RequiredQuery {
    fn from(required: Required) -> Self {
        match required {
            Required::Template => Self::Template,
            Required::Query => Self::Query,
        }
    }
}

/// A format of definitions.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    /// JSON
    Json,
    /// YAML
    Yaml,
}

impl From<Format> for Syntax {
    fn from(format: Format) -> Self {
        match format {
            Format::Json => Self::Json,
            Format::Yaml => Self::Yaml,
        }
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as `name=value`".to_owned()),
    }
}

/// How a model service knows the gateway, and what the API is called.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("key").args(["key_env", "key_file", "key_vault"]))]
pub(crate) struct Service {
    /// Where it is written
    #[command(flatten)]
    pub writing: Writing,
    /// Name of the API in the folder
    #[arg(long, value_name = "ID", value_parser = ApiId::new)]
    pub api_id: Option<ApiId>,
    /// Suffix of the gateway's URL under which the API is reached; its name without it
    #[arg(long, value_name = "PATH", value_parser = ApiPath::new)]
    pub path: Option<ApiPath>,
    /// Name for people
    #[arg(long, value_name = "TEXT", value_parser = DisplayName::new)]
    pub title: Option<DisplayName>,
    /// Product that is to hold the API; can be given several times
    #[arg(long, value_name = "ID", value_parser = ProductId::new)]
    pub product: Vec<ProductId>,
    /// The service's own definition, in JSON or YAML, instead of the operations that are known
    #[arg(long, value_name = "FILE")]
    pub definition: Option<PathBuf>,
    /// How the service knows the gateway; a key when one of `--key-...` is given
    #[arg(long, value_enum, value_name = "HOW")]
    pub auth: Option<Auth>,
    /// Client id of a user-assigned managed identity
    #[arg(long, value_name = "CLIENT_ID", conflicts_with = "key")]
    pub identity: Option<String>,
    /// Environment variable of the gateway that holds the service's key
    #[arg(long, value_name = "NAME")]
    pub key_env: Option<String>,
    /// File that holds the service's key
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Secret of a key vault that is the service's key, such as `https://contoso.vault.azure.net/secrets/key`
    #[arg(long, value_name = "URL", value_parser = VaultSecretIdentifier::parse)]
    pub key_vault: Option<VaultSecretIdentifier>,
    /// Header that carries the key; without it the service's own: `api-key` for Azure, `Authorization: Bearer` for others
    #[arg(long, value_name = "NAME", requires = "key")]
    pub key_header: Option<String>,
}

/// How a service knows the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Auth {
    /// By a token of its managed identity
    ManagedIdentity,
    /// By a key
    Key,
    /// Not at all
    None,
}

/// `cardea import azure-openai`
#[derive(Debug, Args)]
pub(crate) struct AzureOpenai {
    /// Endpoint of the resource, such as `https://contoso.openai.azure.com`
    #[arg(long, value_name = "URL", value_parser = artifacts::service_url)]
    pub endpoint: url::Url,
    /// Which API of the service
    #[arg(long, value_enum, default_value_t = Style::Dated, value_name = "STYLE")]
    pub style: Style,
    /// The rest
    #[command(flatten)]
    pub service: Service,
}

/// An API of Azure OpenAI.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Style {
    /// With `api-version`; the path names the deployment
    Dated,
    /// `/openai/v1`; the body names the model
    V1,
}

/// `cardea import openai-compatible`
#[derive(Debug, Args)]
pub(crate) struct OpenaiCompatible {
    /// Base URL of the service, to which paths such as `/chat/completions` are appended
    #[arg(long, value_name = "URL", value_parser = artifacts::service_url)]
    pub url: url::Url,
    /// Which operations the API has
    #[arg(long = "type", value_enum, default_value_t = Compatible::Openai, value_name = "TYPE")]
    pub kind: Compatible,
    /// The rest
    #[command(flatten)]
    pub service: Service,
}

/// Operations of a service that is compatible.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Compatible {
    /// Chat completions
    Openai,
    /// AI model inference
    AzureAi,
    /// Everything: the client appends the path
    Passthrough,
}

/// `cardea import litellm`
#[derive(Debug, Args)]
pub(crate) struct Litellm {
    /// The configuration, in YAML; `-` reads standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where it is written
    #[command(flatten)]
    pub writing: Writing,
    /// Name of the API in the folder; `litellm` without it
    #[arg(long, value_name = "ID", value_parser = ApiId::new)]
    pub api_id: Option<ApiId>,
    /// Suffix of the gateway's URL under which the API is reached; its name without it
    #[arg(long, value_name = "PATH", value_parser = ApiPath::new)]
    pub path: Option<ApiPath>,
    /// Product that is to hold the API; can be given several times
    #[arg(long, value_name = "ID", value_parser = ProductId::new)]
    pub product: Vec<ProductId>,
}
