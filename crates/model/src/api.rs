//! APIs.

use std::fmt;
use std::sync::Arc;

use source::{Location, SourceFile};
use url::Url;

use crate::{
    ApiId, ApiKept, ApiPath, ApiVersion, DisplayName, HeaderText, Invalid, JsonText, Operation, PolicyText,
    Resource, WorkspaceId, qualified,
};

/// One revision of an API.
#[derive(Clone, Debug)]
pub struct Api {
    /// Its name; `name;rev=n` for a revision that is not current.
    pub id: ApiId,
    /// The workspace that it is in; none for an API of the service.
    pub workspace: Option<WorkspaceId>,
    /// Its name for people.
    pub display_name: DisplayName,
    /// What people say about it.
    pub description: Option<Arc<str>>,
    /// The suffix under which it is reached.
    pub path: ApiPath,
    /// How it may be reached.
    pub protocols: Vec<Protocol>,
    /// Where calls go unless a policy says otherwise.
    pub service_url: Option<Url>,
    /// Whether a key is needed when no open product holds it.
    pub subscription_required: bool,
    /// Where callers put their key.
    pub key_names: KeyNames,
    /// What kind of API it is.
    pub kind: ApiKind,
    /// That it is one of several versions.
    pub version: Option<ApiVersion>,
    /// The revision's name, usually a number: `;rev=<this>`.
    pub revision: Arc<str>,
    /// Whether it answers calls that name no revision.
    pub is_current: bool,
    /// Whether it can be reached at all.
    pub is_online: bool,
    /// What can be called.
    pub operations: Vec<Operation>,
    /// The definition that says so, as it was read. Its operations stand in it.
    pub definition: Option<Arc<SourceFile>>,
    /// The policy at API scope.
    pub policy: Option<PolicyText>,
    /// Where its terms of service stand.
    pub terms_of_service_url: Option<Arc<str>>,
    /// What API Management has no property for.
    pub settings: ApiSettings,
    /// What belongs to it and changes nothing yet; none when there is nothing.
    pub kept: Option<Box<ApiKept>>,
    /// What its file says beyond that.
    pub rest: Option<JsonText>,
    /// Where it was defined.
    pub origin: Option<Location>,
}

impl Api {
    /// The current, online revision 1 of an HTTPS API without operations, whose key is needed.
    #[must_use]
    pub fn new(id: ApiId, display_name: DisplayName, path: ApiPath) -> Self {
        let revision = id.revision().unwrap_or("1").into();
        let is_current = id.revision().is_none();
        Self {
            id,
            workspace: None,
            display_name,
            description: None,
            path,
            protocols: vec![Protocol::Https],
            service_url: None,
            subscription_required: true,
            key_names: KeyNames::default(),
            kind: ApiKind::Http,
            version: None,
            revision,
            is_current,
            is_online: true,
            operations: Vec::new(),
            definition: None,
            policy: None,
            terms_of_service_url: None,
            settings: ApiSettings::default(),
            kept: None,
            rest: None,
            origin: None,
        }
    }

    /// Its name with that of its workspace: `echo`, or `team/echo`.
    #[must_use]
    pub fn qualified_name(&self) -> String {
        qualified(self.workspace.as_ref(), self.id.as_str())
    }
}

impl Resource for Api {
    type Id = ApiId;
    const KIND: &'static str = "API";

    fn id(&self) -> &ApiId {
        &self.id
    }
}

/// How an API may be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Without encryption.
    Http,
    /// With encryption.
    Https,
    /// Web sockets without encryption.
    Ws,
    /// Web sockets with encryption.
    Wss,
}

/// What kind of API it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApiKind {
    /// Plain HTTP, with or without a definition.
    #[default]
    Http,
    /// SOAP as it is.
    Soap,
    /// Web sockets.
    WebSocket,
    /// GraphQL.
    GraphQl,
    /// OData.
    OData,
    /// gRPC.
    Grpc,
    /// Model Context Protocol.
    Mcp,
    /// Agent to agent.
    A2a,
}

impl ApiKind {
    /// The word for it in API Management's resources.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Soap => "soap",
            Self::WebSocket => "websocket",
            Self::GraphQl => "graphql",
            Self::OData => "odata",
            Self::Grpc => "grpc",
            Self::Mcp => "mcp",
            Self::A2a => "a2a",
        }
    }
}

/// The names under which callers send their key. Header and query name are independent of each other.
#[derive(Clone)]
pub struct KeyNames {
    /// The header, looked at first.
    pub header: HeaderText,
    /// The query parameter, looked at when the header is absent.
    pub query: Arc<str>,
}

impl KeyNames {
    /// Takes both names.
    ///
    /// # Errors
    /// [`Invalid`] when the header's name is not a token or the query parameter's name is empty.
    pub fn new(header: &str, query: &str) -> Result<Self, Invalid> {
        Invalid::check_length("query parameter name", query, 256)?;
        Ok(Self { header: HeaderText::new(header)?, query: query.into() })
    }
}

impl Default for KeyNames {
    /// `Ocp-Apim-Subscription-Key` and `subscription-key`.
    fn default() -> Self {
        Self { header: HeaderText::subscription_key(), query: "subscription-key".into() }
    }
}

impl fmt::Debug for KeyNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyNames(header {}, query {})", self.header.as_str(), self.query)
    }
}

/// What API Management has no property for, per API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ApiSettings {
    /// Whether a key may come as `Authorization: Bearer <key>`.
    pub bearer_keys: BearerKeys,
    /// What happens to the key that authenticated the caller.
    pub caller_key: CallerKey,
    /// What happens to the caller's token once a policy has validated it.
    pub caller_token: CallerToken,
    /// In which shape callers are told of errors that the gateway answers.
    pub errors: ErrorDialect,
}

/// Whether a key may come as `Authorization: Bearer <key>`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BearerKeys {
    /// No: a bearer token is not a key.
    #[default]
    Ignored,
    /// Yes, when neither header nor query parameter of the API are there.
    Accepted,
}

/// What happens to the key that authenticated the caller when the call is forwarded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CallerKey {
    /// It is taken out.
    #[default]
    Removed,
    /// It is sent on, as API Management does.
    Forwarded,
}

/// What happens to a token that a policy validated and that no later policy replaced, when the call goes to a backend
/// that has a credential of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CallerToken {
    /// It is taken out: the backend's credential says who calls.
    #[default]
    Removed,
    /// It is sent on, as API Management does.
    Forwarded,
}

/// In which shape callers are told of errors that the gateway answers, and of a stream of events that breaks off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorDialect {
    /// API Management's: `{ "statusCode": 401, "message": "..." }`. A stream breaks off.
    #[default]
    Apim,
    /// OpenAI's: `{"error":{"message":"...","type":"...","param":null,"code":null}}`. A stream ends with such an event.
    OpenAi,
    /// Anthropic's: `{"type":"error","error":{"type":"...","message":"..."},"request_id":"..."}`. A stream ends with the event
    /// `error`.
    Anthropic,
}

impl ErrorDialect {
    /// All of them, with the words for them in `overlay.toml`.
    pub const WORDS: [(&'static str, Self); 3] =
        [("apim", Self::Apim), ("openai", Self::OpenAi), ("anthropic", Self::Anthropic)];

    /// The word for it in `overlay.toml`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Apim => "apim",
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
        }
    }
}
