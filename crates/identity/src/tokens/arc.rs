//! The agent of Azure Arc.
//!
//! It answers the first request with 401 and names a file that only members of its group can read; its content is the
//! proof for the second request.
//!
//! Facts: management 3.3. The file must be `*.key` in the agent's own directory and hold at most 4,096 bytes: otherwise
//! whoever answers at the endpoint could have any file of the machine sent to it.

use std::path::{Component, Path, PathBuf};

use bytes::Bytes;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Request, Response};
use url::Url;

use super::{answer, file};

const API_VERSION: &str = "2020-06-01";

/// Bytes of a challenge file at most.
const LARGEST_CHALLENGE: u64 = 4_096;

/// The first request, which proves nothing.
pub(super) fn request(endpoint: &Url, resource: &str) -> Result<Request<Bytes>, String> {
    let mut url = endpoint.clone();
    url.query_pairs_mut().append_pair("api-version", API_VERSION).append_pair("resource", resource);
    let request = Request::get(url.as_str()).header("Metadata", "true");
    request.body(Bytes::new()).map_err(|error| error.to_string())
}

/// The second request, with the content of the file that the answer to the first names.
pub(super) async fn proven(
    endpoint: &Url,
    resource: &str,
    challenge: &Response<Bytes>,
    directory: &Path,
) -> Result<Request<Bytes>, String> {
    let path = challenge_file(challenge, directory)?;
    let content = file::read(&path, LARGEST_CHALLENGE).await?;
    let proof = answer::header(&format!("Basic {}", content.expose()));
    let proof = proof.ok_or_else(|| format!("`{}` holds no header's value", path.display()))?;
    let mut request = request(endpoint, resource)?;
    request.headers_mut().insert(AUTHORIZATION, proof);
    Ok(request)
}

/// The file of a challenge, if it is one that may be read.
fn challenge_file(challenge: &Response<Bytes>, directory: &Path) -> Result<PathBuf, String> {
    let header = challenge.headers().get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
    let realm = header.and_then(|text| text.trim().strip_prefix("Basic realm="));
    let realm = realm.ok_or("it answered without the challenge `WWW-Authenticate: Basic realm=<file>`")?;
    let path = PathBuf::from(realm.trim().trim_matches('"'));
    let plain = path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    let is_key = path.extension().is_some_and(|extension| extension == "key");
    if plain && path.parent() == Some(directory) && is_key {
        return Ok(path);
    }
    let (shown, directory) = (path.display(), directory.display());
    Err(format!("its challenge names `{shown}`, which is not a `.key` file in `{directory}`: it is not read"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_key_files_of_the_agents_own_directory_are_read() {
        let directory = Path::new("/var/opt/azcmagent/tokens");
        for (header, read) in [
            ("Basic realm=/var/opt/azcmagent/tokens/a.key", true),
            ("Basic realm=\"/var/opt/azcmagent/tokens/a.key\"", true),
            ("Basic realm=/var/opt/azcmagent/tokens/a.pem", false),
            ("Basic realm=/var/opt/azcmagent/tokens/sub/a.key", false),
            ("Basic realm=/var/opt/azcmagent/tokens/../a.key", false),
            ("Basic realm=/var/opt/azcmagent/tokens/../tokens/a.key", false),
            ("Basic realm=/etc/a.key", false),
            ("Basic realm=a.key", false),
            ("Basic realm=", false),
            ("Bearer realm=/var/opt/azcmagent/tokens/a.key", false),
        ] {
            let challenge = Response::builder().header(WWW_AUTHENTICATE, header).body(Bytes::new()).unwrap();
            assert_eq!(challenge_file(&challenge, directory).is_ok(), read, "{header}");
        }
        assert!(challenge_file(&Response::new(Bytes::new()), directory).is_err());
    }
}
