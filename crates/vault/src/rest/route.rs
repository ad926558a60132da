//! Method, path and query as an operation.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use http::request::Parts;

use crate::limits::PAGE;
use crate::{Call, PageAfter, Problem, SecretName, VersionId};

/// Versions of the interface that mean the same for secrets.
///
/// COMPAT: `management.md` 3.1: those of the clients in use, and the versions that Key Vault has published between.
const API_VERSIONS: [&str; 15] = [
    "2016-10-01",
    "7.0",
    "7.1",
    "7.2",
    "7.3",
    "7.4",
    "7.5",
    "7.5-preview.1",
    "7.6-preview.1",
    "7.6-preview.2",
    "7.6",
    "2025-06-01-preview",
    "2025-07-01",
    "2026-01-01-preview",
    "2026-04-01",
];

/// What a request asks for.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) asked: Asked,
    /// As it was asked with; links to further pages repeat it.
    pub(super) api_version: &'static str,
}

/// An operation, as far as the head of the request tells.
#[derive(Debug)]
pub(super) enum Asked {
    /// All there is to know.
    Call(Call),
    /// The body says the rest.
    Set(SecretName),
    /// The body says the rest.
    Update(SecretName, Option<VersionId>),
}

/// Reads a request's head.
pub(super) fn read(head: &Parts) -> Result<Route, Problem> {
    let query = Query::read(head.uri.query().unwrap_or(""));
    let api_version = query.api_version()?;
    Ok(Route { asked: asked(&head.method, head.uri.path(), &query)?, api_version })
}

fn asked(method: &Method, path: &str, query: &Query) -> Result<Asked, Problem> {
    // COMPAT: Key Vault's own documentation shows requests with two slashes in front.
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let parts = match parts.as_slice() {
        [parts @ .., ""] => parts,
        parts => parts,
    };
    match parts {
        ["secrets"] => only(method, &Method::GET, || Ok(Asked::Call(Call::List(query.page()?)))),
        ["secrets", "restore"] if method == Method::POST => Err(Problem::NotSupported("Restoring a backup")),
        ["secrets", name] => secret(method, SecretName::new(name)?),
        ["secrets", name, "versions"] => only(method, &Method::GET, || {
            Ok(Asked::Call(Call::ListVersions(SecretName::new(name)?, query.page()?)))
        }),
        ["secrets", _, "backup"] => only(method, &Method::POST, || Err(Problem::NotSupported("Backing up"))),
        ["secrets", name, version] => {
            secret_version(method, SecretName::new(name)?, VersionId::new(version)?)
        }
        ["deletedsecrets"] => {
            only(method, &Method::GET, || Ok(Asked::Call(Call::ListDeleted(query.page()?))))
        }
        ["deletedsecrets", name] => deleted(method, SecretName::new(name)?),
        ["deletedsecrets", name, "recover"] => {
            only(method, &Method::POST, || Ok(Asked::Call(Call::Recover(SecretName::new(name)?))))
        }
        _ => Err(Problem::NoSuchPath(path.chars().take(200).collect())),
    }
}

fn only(
    method: &Method,
    allowed: &Method,
    then: impl FnOnce() -> Result<Asked, Problem>,
) -> Result<Asked, Problem> {
    if method == allowed { then() } else { Err(Problem::Method) }
}

fn secret(method: &Method, name: SecretName) -> Result<Asked, Problem> {
    match *method {
        Method::GET => Ok(Asked::Call(Call::Get(name, None))),
        Method::PUT => Ok(Asked::Set(name)),
        Method::PATCH => Ok(Asked::Update(name, None)),
        Method::DELETE => Ok(Asked::Call(Call::Delete(name))),
        _ => Err(Problem::Method),
    }
}

fn secret_version(method: &Method, name: SecretName, version: VersionId) -> Result<Asked, Problem> {
    match *method {
        Method::GET => Ok(Asked::Call(Call::Get(name, Some(version)))),
        Method::PATCH => Ok(Asked::Update(name, Some(version))),
        _ => Err(Problem::Method),
    }
}

fn deleted(method: &Method, name: SecretName) -> Result<Asked, Problem> {
    match *method {
        Method::GET => Ok(Asked::Call(Call::GetDeleted(name))),
        Method::DELETE => Ok(Asked::Call(Call::Purge(name))),
        _ => Err(Problem::Method),
    }
}

/// What the query says.
#[derive(Default)]
struct Query {
    api_version: Option<String>,
    max_results: Option<String>,
    skip_token: Option<String>,
}

impl Query {
    fn read(text: &str) -> Self {
        let mut query = Self::default();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            let place = match name.as_ref() {
                "api-version" => &mut query.api_version,
                "maxresults" => &mut query.max_results,
                "$skiptoken" => &mut query.skip_token,
                _ => continue,
            };
            *place = Some(value.into_owned());
        }
        query
    }

    fn api_version(&self) -> Result<&'static str, Problem> {
        let asked = self.api_version.as_deref();
        let asked = asked.ok_or_else(|| Problem::BadParameter("api-version must be specified".to_owned()))?;
        let known = API_VERSIONS.into_iter().find(|known| asked.eq_ignore_ascii_case(known));
        known.ok_or_else(|| {
            let shown: String = asked.chars().take(40).collect();
            Problem::BadParameter(format!(
                "The specified version ({shown}) is not recognized; use 7.0 to 7.6, 2025-07-01 or 2026-04-01."
            ))
        })
    }

    fn page(&self) -> Result<PageAfter, Problem> {
        let limit = match &self.max_results {
            None => PAGE,
            Some(text) => text.parse().ok().filter(|limit| (1..=PAGE).contains(limit)).ok_or_else(|| {
                Problem::BadParameter(format!("maxresults must be a number from 1 to {PAGE}"))
            })?,
        };
        let after = self.skip_token.as_deref().map(skip).transpose()?;
        Ok(PageAfter { after, limit })
    }
}

/// The token that stands for a place in a list.
pub(super) fn skip_token(after: &str) -> String {
    URL_SAFE_NO_PAD.encode(after)
}

fn skip(token: &str) -> Result<String, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).filter(|text| text.len() <= 127);
    text.ok_or_else(|| Problem::BadParameter("$skiptoken is not one of this list".to_owned()))
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn route(line: &str) -> Result<Route, Problem> {
        let (method, uri) = line.split_once(' ').unwrap();
        read(&Request::builder().method(method).uri(uri).body(()).unwrap().into_parts().0)
    }

    /// What is not an operation is refused, whatever it looks like, and never read as a neighbour of it.
    #[test]
    fn odd_paths_are_refused() {
        for path in [
            "/",
            "//",
            "/secrets//",
            "/secrets//versions",
            "/secrets/a//",
            "/secrets/a/versions/versions",
            "/secrets/../deletedsecrets",
            "/secrets/%61",
            "/secrets/a%00",
            "/secrets/a;b",
            "/Secrets",
            "/secrets/a/b/c/d",
            "/deletedsecrets/a/recover/x",
            "/deletedsecrets//recover",
            &format!("/secrets/{}", "a".repeat(128)),
            &format!("/secrets/a/{}", "0".repeat(31)),
            &"/secrets".repeat(1000),
        ] {
            for method in ["GET", "PUT", "PATCH", "DELETE", "POST"] {
                let found = route(&format!("{method} {path}?api-version=7.4"));
                assert!(found.is_err(), "{method} {path}: {found:?}");
            }
        }
    }

    #[test]
    fn the_last_of_several_parameters_counts_and_others_do_not() {
        assert_eq!(route("GET /secrets?api-version=1&api-version=7.6&x=y").unwrap().api_version, "7.6");
        assert!(route("GET /secrets?API-VERSION=7.4").is_err());
    }
}
