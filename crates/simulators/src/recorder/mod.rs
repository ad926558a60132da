//! What the simulator received, in order, and how each call went: for tests in process ([`Recorder`]) and for people
//! over HTTP (`GET /_simulator/requests`).
//!
//! Credentials are never kept. In headers and queries they are replaced by `sha256:…` of their value, so that a test
//! can prove which one arrived, and [`Credential`] says which key of which account it was.

mod redaction;
mod view;

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Version};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::account::KeyName;

pub(crate) use redaction::{digest, redacted_headers, redacted_query};
pub(crate) use view::view;

/// Requests that are kept; the oldest leave first.
const MAX_REQUESTS: usize = 2_000;
/// Bytes of one body that are kept.
const MAX_BODY: usize = 1024 * 1024;
/// Bytes of all bodies that are kept; the oldest requests leave first.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Who called, as far as the simulator could tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// No credential of a form that the wire knows.
    None,
    /// A key of an account.
    Key {
        /// The account's name.
        account: String,
        /// Which of its keys.
        key: KeyName,
    },
    /// A key or token that was refused: `sha256:…` of it.
    Refused(String),
    /// A token that the verifier accepted: the principal it named.
    Token(String),
    /// An application that proved at a token endpoint who it is, or whose browser did: its id.
    Client(String),
}

/// How a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is being answered.
    InProgress,
    /// It was answered to the end.
    Answered,
    /// The simulator broke the connection, as it was asked to.
    Cut,
    /// The caller went away before the end.
    CallerGone,
}

/// One request and what became of it.
#[derive(Clone, Debug)]
pub struct RecordedRequest {
    /// Its place in the order of arrival, from 1; not reset by [`Recorder::clear`].
    pub number: u64,
    /// The HTTP version it came with.
    pub version: Version,
    /// The method.
    pub method: Method,
    /// The path as it was sent.
    pub path: String,
    /// The query as it was sent but for credentials, without the question mark.
    pub query: Option<String>,
    /// The headers as they were sent but for credentials.
    pub headers: HeaderMap,
    /// The body, at most its first MiB.
    pub body: Bytes,
    /// Length of the body as it was sent.
    pub body_length: usize,
    /// Who called.
    pub credential: Credential,
    /// The status that was answered, once it is known.
    pub status: Option<StatusCode>,
    /// Frames of the body that were handed over: events of a stream, or 1.
    pub frames: usize,
    /// How it went.
    pub outcome: Outcome,
}

#[derive(Default)]
struct Kept {
    last: u64,
    bytes: usize,
    requests: VecDeque<RecordedRequest>,
}

impl Kept {
    fn add(&mut self, request: RecordedRequest) {
        self.requests.push_back(request);
        self.shrink();
    }

    fn received(&mut self, number: u64, body: &Bytes) {
        let start = body.get(..MAX_BODY).map_or_else(|| body.clone(), Bytes::copy_from_slice);
        if let Some(request) = self.requests.iter_mut().rev().find(|kept| kept.number == number) {
            self.bytes += start.len();
            request.body = start;
            request.body_length = body.len();
        }
        self.shrink();
    }

    fn shrink(&mut self) {
        while self.requests.len() > MAX_REQUESTS || self.bytes > MAX_BYTES {
            let gone = self.requests.pop_front();
            self.bytes -= gone.map_or(self.bytes, |request| request.body.len());
        }
    }
}

/// The record of a simulator. A handle: clones see the same requests.
#[derive(Clone, Default)]
pub struct Recorder {
    kept: Arc<Mutex<Kept>>,
    changed: Arc<Notify>,
}

impl Recorder {
    /// Everything since the last [`Recorder::clear`], at most the last 2,000 requests.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.kept.lock().requests.iter().cloned().collect()
    }

    /// Forgets all requests. Those in progress are not recorded any further.
    pub fn clear(&self) {
        let mut kept = self.kept.lock();
        kept.requests.clear();
        kept.bytes = 0;
        drop(kept);
        self.changed.notify_waiters();
    }

    /// Waits until the record is as `expected` and returns it. It waits for ever if that never comes: bound it.
    pub async fn wait_until(&self, expected: impl Fn(&[RecordedRequest]) -> bool) -> Vec<RecordedRequest> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Registered before the look, so that no change falls between the two.
            changed.as_mut().enable();
            let requests = self.requests();
            if expected(&requests) {
                return requests;
            }
            changed.await;
        }
    }

    /// Waits until no request is in progress.
    pub(crate) async fn settled(&self) {
        let over = |request: &RecordedRequest| request.outcome != Outcome::InProgress;
        self.wait_until(|requests| requests.iter().all(over)).await;
    }

    /// Takes a request down and follows it from now on. The given number does not matter.
    pub(crate) fn begin(&self, mut request: RecordedRequest) -> Ticket {
        let mut kept = self.kept.lock();
        kept.last += 1;
        request.number = kept.last;
        kept.add(request);
        let number = kept.last;
        drop(kept);
        self.changed.notify_waiters();
        Ticket { recorder: self.clone(), number, over: false }
    }

    fn update(&self, number: u64, change: impl FnOnce(&mut RecordedRequest)) {
        if let Some(request) = self.kept.lock().requests.iter_mut().rev().find(|kept| kept.number == number) {
            change(request);
        }
        self.changed.notify_waiters();
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Recorder({} requests)", self.kept.lock().requests.len())
    }
}

/// Follows one request to its end. Dropped before that, the caller has gone away.
#[derive(Debug)]
pub(crate) struct Ticket {
    recorder: Recorder,
    number: u64,
    over: bool,
}

impl Ticket {
    pub(crate) fn received(&self, body: &Bytes) {
        self.recorder.kept.lock().received(self.number, body);
    }

    pub(crate) fn called_by(&self, credential: Credential) {
        self.recorder.update(self.number, |request| request.credential = credential);
    }

    pub(crate) fn answers(&self, status: StatusCode) {
        self.recorder.update(self.number, |request| request.status = Some(status));
    }

    pub(crate) fn frame_sent(&self) {
        self.recorder.update(self.number, |request| request.frames += 1);
    }

    pub(crate) fn end(&mut self, outcome: Outcome) {
        self.over = true;
        self.recorder.update(self.number, |request| request.outcome = outcome);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.over {
            self.end(Outcome::CallerGone);
        }
    }
}
