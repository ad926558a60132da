//! Calls with a time limit, repeated where the other side asks for it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{Request, Response, StatusCode};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::settings::{Calls, PlainHttp};
use crate::transport::{CallError, Transport};

/// A transport with the limits of each call.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    transport: Arc<dyn Transport>,
    calls: Calls,
}

/// How often a call is made when the other side is busy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempts {
    /// All calls, the first included.
    pub count: u32,
    /// The wait before the second; it doubles.
    pub backoff: Duration,
    /// All calls and waits together.
    pub total: Duration,
    /// Which answers are no answer yet.
    pub busy: fn(StatusCode) -> bool,
}

impl Caller {
    /// Calls through `transport`.
    pub(crate) fn new(transport: Arc<dyn Transport>, calls: Calls) -> Self {
        Self { transport, calls }
    }

    /// One call.
    pub(crate) async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, CallError> {
        let limit = self.calls.total_timeout;
        let called = timeout(limit, self.transport.call(request, self.calls.answer_bytes)).await;
        called.map_err(|_| CallError::Timeout(limit))?
    }

    /// A call that is made again while the answer says "busy" or breaks off. The last answer is given, whatever it
    /// says.
    pub(crate) async fn call_often(
        &self,
        request: &Request<Bytes>,
        attempts: Attempts,
    ) -> Result<Response<Bytes>, CallError> {
        let until = Instant::now() + attempts.total;
        let mut backoff = attempts.backoff;
        let mut left = attempts.count.max(1);
        loop {
            left -= 1;
            let made = timeout_at(until, self.call(request.clone())).await;
            let outcome = made.unwrap_or(Err(CallError::Timeout(attempts.total)));
            let again = match &outcome {
                Ok(answer) => (attempts.busy)(answer.status()),
                Err(error) => error.is_passing(),
            };
            let wait = outcome.as_ref().ok().and_then(retry_after).unwrap_or(backoff);
            if !again || left == 0 || Instant::now() + wait >= until {
                return outcome;
            }
            sleep(wait).await;
            backoff = backoff.saturating_mul(2);
        }
    }
}

/// Whether an answer asks to be asked again: too many requests, or a failure of the other side.
pub(crate) fn is_busy(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

/// RFC 9110 10.2.3, in seconds.
fn retry_after(answer: &Response<Bytes>) -> Option<Duration> {
    let seconds = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Whether a URL may be called: with TLS always, without it only where the setting allows.
pub(crate) fn may_call(url: &url::Url, plain: PlainHttp) -> Result<(), String> {
    match (url.scheme(), plain) {
        _ if url.host().is_none() => Err("it names no host".to_owned()),
        ("https", _) | ("http", PlainHttp::Anywhere) => Ok(()),
        ("http", PlainHttp::Loopback) if is_loopback(url) => Ok(()),
        ("http", PlainHttp::Loopback) => {
            Err("it is not `https`, and plain `http` is allowed at loopback addresses only".to_owned())
        }
        _ => Err("it must start with `https://`".to_owned()),
    }
}

fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6761 6.3: names under `localhost` are loopback.
    #[test]
    fn plain_http_is_for_loopback_unless_it_is_allowed() {
        for (url, loopback_only, anywhere) in [
            ("https://login.example/x", true, true),
            ("http://login.example/x", false, true),
            ("http://127.0.0.1:8080", true, true),
            ("http://[::1]:8080", true, true),
            ("http://localhost:1", true, true),
            ("http://vault.localhost:1", true, true),
            ("http://notlocalhost", false, true),
            ("ftp://127.0.0.1", false, false),
            ("file:///etc/passwd", false, false),
        ] {
            let parsed = url.parse().unwrap();
            assert_eq!(may_call(&parsed, PlainHttp::Loopback).is_ok(), loopback_only, "{url}");
            assert_eq!(may_call(&parsed, PlainHttp::Anywhere).is_ok(), anywhere, "{url}");
        }
    }
}
