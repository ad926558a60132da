//! The JSON that requests carry. It is read with a limit, and its memory is wiped.

use std::collections::BTreeMap;

use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use secret::Secret;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::{NewSecret, Problem, SecretChange};

/// Bytes of a body: a value of 25 KB in which every byte is escaped, and what may stand beside it.
const LIMIT: usize = 256 * 1024;

#[derive(Deserialize)]
struct SetBody {
    value: Option<String>,
    #[serde(flatten)]
    about: About,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct About {
    content_type: Option<String>,
    attributes: Option<Attributes>,
    tags: Option<BTreeMap<String, String>>,
}

#[derive(Default, Deserialize)]
struct Attributes {
    enabled: Option<bool>,
    nbf: Option<i64>,
    exp: Option<i64>,
}

impl From<About> for SecretChange {
    fn from(about: About) -> Self {
        let Attributes { enabled, nbf, exp } = about.attributes.unwrap_or_default();
        Self { content_type: about.content_type, enabled, not_before: nbf, expires: exp, tags: about.tags }
    }
}

/// Reads a body to its end.
pub(super) async fn read(body: Incoming) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let collected = Limited::new(body, LIMIT).collect().await.map_err(|error| {
        if error.is::<http_body_util::LengthLimitError>() {
            Problem::TooLarge(LIMIT)
        } else {
            Problem::BadParameter("the request's body did not arrive whole".to_owned())
        }
    })?;
    Ok(Zeroizing::new(collected.to_bytes().to_vec()))
}

/// The body of a set.
pub(super) fn new_secret(bytes: &[u8]) -> Result<NewSecret, Problem> {
    let body: SetBody = serde_json::from_slice(bytes).map_err(|error| not_valid(&error))?;
    let value = body.value.ok_or_else(|| Problem::BadParameter("Property value is required".to_owned()))?;
    Ok(NewSecret { value: Secret::new(value), about: body.about.into() })
}

/// The body of an update.
pub(super) fn change(bytes: &[u8]) -> Result<SecretChange, Problem> {
    let body: About = serde_json::from_slice(bytes).map_err(|error| not_valid(&error))?;
    Ok(body.into())
}

/// Where the body is wrong. The text of a JSON error may repeat a value, so it is not shown.
fn not_valid(error: &serde_json::Error) -> Problem {
    let what = if error.is_data() { "has a member of another type" } else { "is not JSON" };
    let (line, column) = (error.line(), error.column());
    Problem::BadParameter(format!("the request's body {what} (line {line}, column {column})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_read_and_what_is_not_known_is_passed_over() {
        let body = br#"{"value":"x","contentType":"t","attributes":{"enabled":false,"nbf":1,"exp":2,"more":[]},"tags":{"a":"b"},"more":{}}"#;
        let new = new_secret(body).unwrap();
        assert_eq!((new.value.expose(), new.about.content_type.as_deref()), ("x", Some("t")));
        assert_eq!(
            (new.about.enabled, new.about.not_before, new.about.expires),
            (Some(false), Some(1), Some(2))
        );
        assert_eq!(new.about.tags.unwrap()["a"], "b");
        assert!(change(b"{}").unwrap().enabled.is_none());
    }

    #[test]
    fn what_is_wrong_is_told_without_the_value() {
        for bad in [
            "",
            "[",
            "{}",
            r#"{"value":null}"#,
            r#"{"value":{"planted":1}}"#,
            r#"{"value":["planted"]}"#,
            r#"{"value":"planted","attributes":{"enabled":"planted"}}"#,
            r#"{"value":"planted""#,
        ] {
            let problem = new_secret(bad.as_bytes()).unwrap_err().to_string();
            assert!(!problem.contains("planted"), "{problem}");
        }
        assert!(change(b"").is_err());
    }
}
