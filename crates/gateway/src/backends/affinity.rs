//! Session affinity: a cookie keeps a caller at one member of a pool.
//!
//! COMPAT: the gateway sets the cookie that the pool names and honours it (`policies-a.md` 4.4). What its value looks like
//! and which attributes it has is not documented: ours is a digest that does not show which backend it stands for, with
//! `Path=/; HttpOnly`, for the session of the browser.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use model::{BackendId, SessionAffinity};
use policy::{Affinity, PoolTarget};

/// The cookie of a pool with a value for each of its members; the pool's name is the [`model::qualified`] one.
#[must_use]
pub fn affinity<'a>(
    given: &SessionAffinity,
    pool: &str,
    members: impl Iterator<Item = &'a BackendId>,
) -> Affinity {
    Affinity {
        cookie: Arc::clone(&given.cookie),
        values: members.map(|member| value(pool, member)).collect(),
    }
}

/// The same in every process, so that replicas agree.
fn value(pool: &str, member: &BackendId) -> Arc<str> {
    let names = [pool, member.as_str()].map(str::to_ascii_lowercase).join("\n");
    let digest = digest(&SHA256, names.as_bytes());
    let shown: String = digest.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    shown.into()
}

/// The place of the member that the caller's cookie asks for.
pub(crate) fn wanted(affinity: &Affinity, headers: &HeaderMap) -> Option<usize> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, given) = pairs.find(|(name, _)| *name == &*affinity.cookie)?;
    affinity.values.iter().position(|value| **value == *given.trim_matches('"'))
}

/// Tells the caller which member it is at, unless it knows.
pub(crate) fn set_cookie(target: &PoolTarget, asked: &HeaderMap, answer: &mut HeaderMap) {
    let Some(affinity) = &target.pool().affinity else { return };
    let Some(place) = target.tried().last().copied() else { return };
    if wanted(affinity, asked) == Some(place) {
        return;
    }
    let Some(value) = affinity.values.get(place) else { return };
    if let Ok(cookie) = HeaderValue::try_from(format!("{}={value}; Path=/; HttpOnly", affinity.cookie)) {
        answer.append(SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_that_is_not_ours_asks_for_nobody() {
        let ids = ["a", "b"].map(|id| BackendId::new(id).unwrap());
        let given = SessionAffinity { cookie: "SessionId".into() };
        let affinity = affinity(&given, "pool", ids.iter());
        let own = &affinity.values[1];
        for (cookies, expected) in [
            (vec![format!("x=1; SessionId={own}")], Some(1)),
            (vec!["x=1".to_owned(), format!("SessionId=\"{own}\"")], Some(1)),
            (vec![format!("sessionid={own}")], None),
            (vec!["SessionId=b".to_owned(), String::new()], None),
            (vec![], None),
        ] {
            let mut headers = HeaderMap::new();
            for each in &cookies {
                headers.append(COOKIE, each.parse().unwrap());
            }
            assert_eq!(wanted(&affinity, &headers), expected, "{cookies:?}");
        }
    }
}
