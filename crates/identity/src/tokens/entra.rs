//! Entra's token endpoint: client credentials with a secret, a certificate or a federated token.
//!
//! Facts: management 2.2. `scope` is the resource with `/.default` appended to it as it is written: a resource that ends
//! in `/` gives `//.default`, and a token whose audience ends in `/`.

use bytes::Bytes;
use http::Request;
use http::header::{ACCEPT, CONTENT_TYPE};
use url::{Url, form_urlencoded};

/// RFC 7523 2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How the gateway proves who it is, in one request.
pub(super) enum Proof<'a> {
    Secret(&'a str),
    Assertion(&'a str),
}

/// The request for a token of `resource`.
pub(super) fn request(
    endpoint: &Url,
    client_id: &str,
    resource: &str,
    proof: &Proof<'_>,
) -> Result<Request<Bytes>, String> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("client_id", client_id)
        .append_pair("grant_type", "client_credentials")
        .append_pair("scope", &format!("{resource}/.default"));
    match proof {
        Proof::Secret(secret) => form.append_pair("client_secret", secret),
        Proof::Assertion(assertion) => form
            .append_pair("client_assertion_type", ASSERTION_TYPE)
            .append_pair("client_assertion", assertion),
    };
    let request = Request::post(endpoint.as_str())
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(ACCEPT, "application/json");
    request.body(Bytes::from(form.finish())).map_err(|error| error.to_string())
}
