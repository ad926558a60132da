//! The endpoint of servers that Azure Arc manages: who asks must be able to read a file of the machine.
//!
//! COMPAT: "Authenticate against Azure resources with Azure Arc-enabled servers": 401 with `Basic realm=<file>`, then the
//! file's content as `Authorization: Basic`. There is only the machine's own identity.

use std::fs;
use std::path::{Path, PathBuf};

use http::StatusCode;
use serde_json::json;

use super::imds::body;
use super::{Inner, NoToken, Selector, token};
use crate::identity::State;
use crate::random;
use crate::web::{Answer, Asked};

const VERSIONS: [&str; 2] = ["2019-11-01", "2020-06-01"];
/// Challenges that are open; the oldest are given up first.
const MOST: usize = 100;

/// A file and what it holds.
#[derive(Debug)]
pub(super) struct Challenge {
    file: PathBuf,
    secret: String,
}

pub(super) fn answer(state: &State, endpoints: &Inner, asked: &Asked) -> Answer {
    let Some(folder) = &endpoints.arc_folder else {
        return problem(StatusCode::NOT_FOUND, "This machine is not managed by Azure Arc.");
    };
    if asked.header("metadata").is_none_or(|value| !value.eq_ignore_ascii_case("true")) {
        return problem(StatusCode::BAD_REQUEST, "Required metadata header not specified");
    }
    if !asked.query.get("api-version").is_some_and(|version| VERSIONS.contains(&version)) {
        return problem(StatusCode::BAD_REQUEST, "The api-version is not supported");
    }
    let Some(resource) = asked.query.get("resource") else {
        return problem(StatusCode::BAD_REQUEST, "Required query variable 'resource' is missing");
    };
    let presented = asked.header("authorization").and_then(|value| value.strip_prefix("Basic "));
    match presented {
        None => challenge(endpoints, folder),
        Some(secret) if !met(endpoints, secret.trim()) => {
            problem(StatusCode::FORBIDDEN, "The challenge was not met.")
        }
        Some(_) => given(state, resource),
    }
}

fn given(state: &State, resource: &str) -> Answer {
    let own = Selector { client_id: None, object_id: None, resource_id: None };
    match token(state, &own, resource) {
        Ok(token) => Answer::json(StatusCode::OK, &body(&token)).to(&token.client),
        Err(NoToken::Identity | NoToken::Several) => problem(StatusCode::BAD_REQUEST, "Identity not found"),
        Err(NoToken::Refused(refusal)) => problem(StatusCode::BAD_REQUEST, &refusal.sentence()),
    }
}

/// Writes a secret where only this machine can read it.
fn challenge(endpoints: &Inner, folder: &Path) -> Answer {
    let secret = random::text();
    let file = folder.join(format!("{}.key", random::text()));
    if fs::write(&file, &secret).is_err() {
        return problem(StatusCode::INTERNAL_SERVER_ERROR, "The challenge cannot be written.");
    }
    let realm = format!("Basic realm={}", file.display());
    let mut challenges = endpoints.challenges.lock();
    if challenges.len() == MOST {
        give_up(&challenges.remove(0));
    }
    challenges.push(Challenge { file, secret });
    problem(StatusCode::UNAUTHORIZED, "The challenge is to be met.").with("www-authenticate", &realm)
}

/// Whether that is the secret of an open challenge, which is closed now.
fn met(endpoints: &Inner, secret: &str) -> bool {
    let mut challenges = endpoints.challenges.lock();
    let Some(place) = challenges.iter().position(|open| open.secret == secret) else { return false };
    give_up(&challenges.remove(place));
    true
}

fn give_up(challenge: &Challenge) {
    // A file that is gone already is what is wanted.
    let _gone = fs::remove_file(&challenge.file);
}

fn problem(status: StatusCode, text: &str) -> Answer {
    Answer::json(status, &json!({ "error": "invalid_request", "error_description": text }))
}
