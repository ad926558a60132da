//! The endpoint of App Service, Functions and Container Apps.
//!
//! Facts: management 3.3. The header proves that the request comes from the app's own sandbox.

use bytes::Bytes;
use http::Request;
use secret::Secret;
use url::Url;

use super::answer;
use super::sources::Named;

const API_VERSION: &str = "2019-08-01";

/// The request for a token of `resource`.
pub(super) fn request(
    endpoint: &Url,
    header: &Secret,
    resource: &str,
    named: &Named,
) -> Result<Request<Bytes>, String> {
    let mut url = endpoint.clone();
    url.query_pairs_mut().append_pair("api-version", API_VERSION).append_pair("resource", resource);
    named.write(&mut url, "mi_res_id");
    let header = answer::header(header.expose()).ok_or("the identity header is not a header's value")?;
    let request = Request::get(url.as_str()).header("X-IDENTITY-HEADER", header).header("Metadata", "true");
    request.body(Bytes::new()).map_err(|error| error.to_string())
}
