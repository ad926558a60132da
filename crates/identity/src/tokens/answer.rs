//! What sources answer.
//!
//! Facts: management 3.3 and 2.2. `expires_on` (seconds since 1970) and `expires_in` (seconds) come as numbers or as
//! strings; `refresh_in` says when the source would like to be asked again. Errors are an object with `error` and
//! `error_description` (Entra, instance metadata), or another shape, of which only the status is told.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use jiff::Timestamp;
use policy::AccessToken;
use secret::Secret;
use serde_json::Value;

use super::file::is_header_text;

/// A longer life is taken for this one. Those of managed identities live for 24 hours.
const LONGEST_LIFE: Duration = Duration::from_secs(30 * 24 * 3_600);

/// A token with its times.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) token: AccessToken,
    /// When it was granted.
    pub(super) at: Timestamp,
    /// From here on it is renewed beside the calls.
    pub(super) renew_at: Timestamp,
    /// From here on calls wait for another, since this one might expire on its way.
    pub(super) last_minute: Timestamp,
}

/// Reads an answer; the text says why there is no token.
pub(super) fn read(
    answer: &Response<Bytes>,
    now: Timestamp,
    renew_before: Duration,
) -> Result<Granted, String> {
    if answer.status() != StatusCode::OK {
        return Err(refusal(answer));
    }
    let body: Value = serde_json::from_slice(answer.body())
        .map_err(|_| "it answered 200 with something else than JSON".to_owned())?;
    let token = body.get("access_token").and_then(Value::as_str).filter(|token| is_header_text(token));
    let token = token.ok_or("it answered 200 without a usable `access_token`")?;
    let life = life(&body, now).ok_or("it answered 200 without a usable `expires_on` or `expires_in`")?;
    if life.is_zero() {
        return Err("it gave a token that has expired already: compare the clocks".to_owned());
    }
    Ok(times(token, seconds(&body, "refresh_in"), life.min(LONGEST_LIFE), now, renew_before))
}

fn times(token: &str, refresh_in: Option<u64>, life: Duration, now: Timestamp, before: Duration) -> Granted {
    let after = |span: Duration| now.checked_add(span).unwrap_or(Timestamp::MAX);
    // A token that lives hardly longer than the time before: at half of its life, so that it is not renewed at once.
    let ahead = life.checked_sub(before).unwrap_or_default().max(life / 2);
    let wished = refresh_in.map(Duration::from_secs).filter(|wished| !wished.is_zero());
    Granted {
        token: AccessToken { token: Secret::new(token), expires: after(life) },
        at: now,
        renew_at: after(wished.unwrap_or(ahead).min(ahead)),
        last_minute: after(life - (life / 10).min(Duration::from_secs(30))),
    }
}

fn life(body: &Value, now: Timestamp) -> Option<Duration> {
    match seconds(body, "expires_on") {
        Some(at) => Some(Duration::from_secs(at.saturating_sub(u64::try_from(now.as_second()).ok()?))),
        None => Some(Duration::from_secs(seconds(body, "expires_in")?)),
    }
}

/// A number of seconds, written as a number or as a string.
fn seconds(body: &Value, name: &str) -> Option<u64> {
    match body.get(name)? {
        Value::String(text) => text.trim().parse().ok(),
        number => number.as_u64(),
    }
}

/// The status and the code that came with it. Descriptions are left out: they quote what was sent.
fn refusal(answer: &Response<Bytes>) -> String {
    let status = answer.status();
    if status.is_redirection() {
        return format!("it answered {status}, and redirects are not followed");
    }
    match code(answer.body()) {
        Some(code) => format!("it answered {status} with `{code}`"),
        None => format!("it answered {status}"),
    }
}

fn code(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let error = body.get("error").and_then(Value::as_str).filter(|code| is_code(code));
    let description = body.get("error_description").and_then(Value::as_str).and_then(entra_code);
    match (error, description) {
        (Some(error), Some(entra)) => Some(format!("{error}, {entra}")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    }
}

/// RFC 6749 5.2 codes and the like: `invalid_client`.
fn is_code(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// The number that begins Entra's descriptions: `AADSTS7000215`.
fn entra_code(description: &str) -> Option<&str> {
    let digits = description.strip_prefix("AADSTS")?;
    let end = digits.find(|character: char| !character.is_ascii_digit()).unwrap_or(digits.len());
    ((1..=10).contains(&end)).then(|| description.get(.."AADSTS".len() + end))?
}

/// What somebody has to look at before this can work, where the status tells.
pub(super) fn hint(status: StatusCode) -> Option<&'static str> {
    match status {
        StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND => {
            Some("see that this identity exists and is assigned here, and that the resource is right")
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Some("see that tenant, client id and credential belong together and have not expired")
        }
        _ => None,
    }
}

/// Text that may be a header's value.
pub(super) fn header(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_700_000_000;
    const FIVE_MINUTES: Duration = Duration::from_secs(300);

    fn now() -> Timestamp {
        Timestamp::from_second(NOW).unwrap()
    }

    fn read_json(status: u16, body: &Value) -> Result<Granted, String> {
        let answer = Response::builder().status(status).body(Bytes::from(body.to_string())).unwrap();
        read(&answer, now(), FIVE_MINUTES)
    }

    /// Shapes of management 3.3: seconds as numbers and as strings.
    #[test]
    fn expiry_and_renewal_follow_what_the_source_says() {
        for (body, expires, renew) in [
            (json!({"access_token": "t", "expires_in": 3600}), 3600, 3300),
            (json!({"access_token": "t", "expires_in": "3600"}), 3600, 3300),
            (json!({"access_token": "t", "expires_on": NOW + 3600}), 3600, 3300),
            (
                json!({"access_token": "t", "expires_on": (NOW + 3600).to_string(), "expires_in": 5}),
                3600,
                3300,
            ),
            (json!({"access_token": "t", "expires_in": "86400", "refresh_in": "43200"}), 86400, 43200),
            (json!({"access_token": "t", "expires_in": 3600, "refresh_in": 9000}), 3600, 3300),
            (json!({"access_token": "t", "expires_in": 200}), 200, 100),
            (json!({"access_token": "t", "expires_in": u64::MAX}), 2_592_000, 2_591_700),
        ] {
            let granted = read_json(200, &body).unwrap();
            let seconds = |at: Timestamp| at.as_second() - NOW;
            assert_eq!(
                (seconds(granted.token.expires), seconds(granted.renew_at)),
                (expires, renew),
                "{body}"
            );
            assert!(granted.last_minute < granted.token.expires && granted.last_minute > granted.renew_at);
        }
    }

    #[test]
    fn what_is_no_token_is_refused_with_the_code_that_came() {
        for (status, body, why) in [
            (200, json!([]), "it answered 200 without a usable `access_token`"),
            (200, json!({"access_token": "a b"}), "it answered 200 without a usable `access_token`"),
            (
                200,
                json!({"access_token": "t", "expires_on": "soon"}),
                "it answered 200 without a usable `expires_on` or `expires_in`",
            ),
            (
                200,
                json!({"access_token": "t", "expires_on": NOW}),
                "it gave a token that has expired already: compare the clocks",
            ),
            (302, json!({}), "it answered 302 Found, and redirects are not followed"),
            (500, json!({"error": {"code": "x"}}), "it answered 500 Internal Server Error"),
            (400, json!({"error": "planted secret~"}), "it answered 400 Bad Request"),
            (
                401,
                json!({"error": "invalid_client", "error_description": "AADSTS7000215: 'planted'"}),
                "it answered 401 Unauthorized with `invalid_client, AADSTS7000215`",
            ),
        ] {
            assert_eq!(read_json(status, &body).unwrap_err(), why);
        }
    }
}
