//! What somebody asks an import for, besides the definition.

use std::str::FromStr;

use artifacts::{RequiredQuery, Syntax, service_url};
use model::{ApiId, ApiPath, BackendId, DisplayName, ProductId, VersionSetId};
use url::Url;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Name of the API as a resource; made of its title when not given.
    pub api: Option<ApiId>,
    /// The suffix under which it is reached; the name for a new API when not given.
    pub path: Option<ApiPath>,
    /// Its name for people; the definition's title when not given.
    pub title: Option<DisplayName>,
    /// What is said about it; the definition's description when not given.
    pub description: Option<String>,
    /// Products that are to hold it.
    pub products: Vec<ProductId>,
    /// The backend entity that its calls go to, instead of to the service's URL.
    pub backend: Option<Target>,
    /// Which server its calls go to.
    pub server: Option<ServerChoice>,
    /// Values for variables of the server.
    pub variables: Vec<(String, String)>,
    /// Whether callers need a key.
    pub subscription_required: Option<bool>,
    /// Where callers put their key.
    pub keys: KeyChoice,
    /// The version set that it belongs to, and its version there.
    pub version: Option<(VersionSetId, String)>,
    /// What becomes of required query parameters.
    pub required_query: Option<RequiredQuery>,
    /// How the definition is written; as it came when not given.
    pub format: Option<Syntax>,
}

/// A backend entity.
#[derive(Clone, Debug)]
pub enum Target {
    /// One that is there.
    Existing(BackendId),
    /// One to be made, for this URL.
    Url(Url),
}

/// A server.
#[derive(Clone, Debug)]
pub enum ServerChoice {
    /// This one, whatever the definition says.
    Url(Url),
    /// The definition's first (1), second, ...
    Number(usize),
}

impl FromStr for Target {
    type Err = String;

    /// A URL, or else the name of a backend that is there.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains("://") {
            return service_url(text).map(Self::Url).map_err(|error| error.to_string());
        }
        BackendId::new(text).map(Self::Existing).map_err(|error| error.to_string())
    }
}

impl FromStr for ServerChoice {
    type Err = String;

    /// A number, or else a URL.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(number) => Ok(Self::Number(number)),
            Err(_) => service_url(text).map(Self::Url).map_err(|error| error.to_string()),
        }
    }
}

/// Where callers put their key.
#[derive(Clone, Debug, Default)]
pub struct KeyChoice {
    /// As the definition's security schemes say.
    pub of_definition: bool,
    /// In this header.
    pub header: Option<String>,
    /// In this query parameter.
    pub query: Option<String>,
}
