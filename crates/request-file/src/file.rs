//! The fields of a request file. Names are those of `context` with a small first letter.

use expr::DateTime;
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value as Json;

/// Names and values, in order.
pub(crate) type Texts = IndexMap<String, Lines>;

/// One value or many.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Lines {
    One(String),
    Many(Vec<String>),
}

impl Lines {
    pub(crate) fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// The content of a body.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Body {
    Plain(String),
    Text { text: String },
    Json { json: Json },
    Base64 { base64: String },
}

/// A moment: RFC 3339.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Moment(jiff::Timestamp);

impl Moment {
    pub(crate) fn date(self) -> DateTime {
        DateTime::from_unix_nanoseconds(self.0.as_nanosecond())
    }
}

/// The whole file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct File {
    pub(crate) now: Option<Moment>,
    pub(crate) seed: u64,
    pub(crate) timestamp: Option<Moment>,
    pub(crate) request_id: Option<uuid::Uuid>,
    pub(crate) tracing: bool,
    pub(crate) request: Request,
    pub(crate) response: Option<Response>,
    pub(crate) variables: IndexMap<String, Variable>,
    pub(crate) named_values: IndexMap<String, String>,
    pub(crate) api: Option<Api>,
    pub(crate) operation: Option<Operation>,
    pub(crate) product: Option<Product>,
    pub(crate) subscription: Option<Subscription>,
    pub(crate) user: Option<User>,
    pub(crate) deployment: Deployment,
    pub(crate) backend: Option<Backend>,
    pub(crate) workspace: Option<Named>,
    pub(crate) last_error: Option<LastError>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Request {
    pub(crate) method: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) original_url: Option<String>,
    pub(crate) ip_address: Option<String>,
    pub(crate) headers: Texts,
    pub(crate) matched_parameters: IndexMap<String, String>,
    pub(crate) body: Option<Body>,
    pub(crate) certificate: Option<String>,
    pub(crate) private_endpoint_connection: Option<Named>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Response {
    pub(crate) status: Option<i32>,
    pub(crate) reason: Option<String>,
    pub(crate) headers: Texts,
    pub(crate) body: Option<Body>,
}

/// The value of a variable.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Variable {
    Made(Made),
    Plain(Json),
}

/// A value that JSON has no type for.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum Made {
    /// The value of an expression.
    Expression(String),
    /// A `JToken`.
    Json(Json),
    /// What `send-request` keeps.
    Response(Response),
    /// What `validate-jwt` keeps, from its token.
    Jwt(String),
    /// What `get-authorization-context` keeps.
    Authorization(Authorization),
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Authorization {
    pub(crate) access_token: String,
    pub(crate) claims: IndexMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Api {
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) protocols: Vec<String>,
    pub(crate) service_url: Option<String>,
    pub(crate) subscription_key_parameter_names: KeyNames,
    pub(crate) is_current_revision: Option<bool>,
    pub(crate) revision: Option<String>,
    pub(crate) version: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct KeyNames {
    pub(crate) header: Option<String>,
    pub(crate) query: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Operation {
    pub(crate) id: Option<String>,
    pub(crate) method: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) url_template: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Product {
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) approval_required: bool,
    pub(crate) subscription_required: Option<bool>,
    pub(crate) state: Option<String>,
    pub(crate) subscriptions_limit: Option<i32>,
    pub(crate) groups: Vec<Named>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Subscription {
    pub(crate) id: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) primary_key: Option<String>,
    pub(crate) secondary_key: Option<String>,
    pub(crate) created_date: Option<Moment>,
    pub(crate) start_date: Option<Moment>,
    pub(crate) end_date: Option<Moment>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct User {
    pub(crate) id: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) groups: Vec<Named>,
    pub(crate) identities: Vec<Named>,
    pub(crate) registration_date: Option<Moment>,
}

/// A group, an identity, a workspace, a private endpoint.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Named {
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) provider: Option<String>,
    pub(crate) group_id: Option<String>,
    pub(crate) member_name: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Deployment {
    pub(crate) region: Option<String>,
    pub(crate) service_name: Option<String>,
    pub(crate) service_id: Option<String>,
    pub(crate) gateway_id: Option<String>,
    pub(crate) gateway: Option<Gateway>,
    pub(crate) certificates: IndexMap<String, String>,
    pub(crate) sustainability_info: Option<SustainabilityInfo>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Gateway {
    pub(crate) id: Option<String>,
    pub(crate) instance_id: Option<String>,
    pub(crate) is_managed: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct SustainabilityInfo {
    pub(crate) current_carbon_intensity: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Backend {
    pub(crate) id: Option<String>,
    pub(crate) azure_region: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct LastError {
    pub(crate) source: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) scope: Option<String>,
    pub(crate) section: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) policy_id: Option<String>,
    pub(crate) http_error_code: i32,
}
