//! The instance metadata service of a virtual machine.
//!
//! Facts: management 3.3. `Metadata: true` proves that no forwarded request asks. It may be busy or not yet there: 404,
//! 410, 429 and 5xx are asked again; 400 says that there is no such identity.

use bytes::Bytes;
use http::{Request, StatusCode};
use url::Url;

use super::sources::Named;

/// The path, and the version that every client library asks for.
const PATH: &str = "/metadata/identity/oauth2/token";
const API_VERSION: &str = "2018-02-01";

/// The request for a token of `resource`.
pub(super) fn request(base: &Url, resource: &str, named: &Named) -> Result<Request<Bytes>, String> {
    let text = format!("{}{PATH}", base.as_str().trim_end_matches('/'));
    let mut url = Url::parse(&text).map_err(|error| error.to_string())?;
    url.query_pairs_mut().append_pair("api-version", API_VERSION).append_pair("resource", resource);
    named.write(&mut url, "msi_res_id");
    let request = Request::get(url.as_str()).header("Metadata", "true");
    request.body(Bytes::new()).map_err(|error| error.to_string())
}

/// Whether it should be asked again.
pub(super) fn is_busy(status: StatusCode) -> bool {
    matches!(status.as_u16(), 404 | 410 | 429 | 500..=599)
}
