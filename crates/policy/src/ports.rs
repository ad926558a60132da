//! What policies need from outside, as traits: time, the call to the backend.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::{Exchange, StepFuture};

/// The time of day, and how much of it has passed.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
}

/// Randomness that nobody can foresee.
pub trait Rng: Send + Sync + fmt::Debug {
    /// Fills the bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// The call to the backend.
pub trait Forward: Send + Sync + fmt::Debug {
    /// Sends the exchange's request to its target and puts the answer's head and its arriving body into the exchange.
    fn forward<'a>(&'a self, exchange: &'a mut Exchange, options: ForwardOptions) -> StepFuture<'a>;
}

/// How `forward-request` wants the call made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForwardOptions {
    /// How long to wait for the head of the response.
    pub timeout: Duration,
    /// Which protocol towards the backend.
    pub version: HttpVersion,
    /// Whether 3xx answers with a `Location` are followed.
    pub redirects: Redirects,
    /// Whether the request's body is kept, so that it can be sent again.
    pub request_body: RequestBody,
    /// Whether chunks of the answer are passed on at once.
    pub response_body: ResponseBody,
    /// How long to wait for `100 Continue` before the body is sent; none: it is sent at once.
    pub continue_timeout: Option<Duration>,
    /// Whether 400 to 599 is an error.
    pub error_status: ErrorStatus,
}

/// The protocol towards the backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2 where the backend offers it, otherwise HTTP/1.1.
    Http2Or1,
    /// HTTP/2; over plain text with prior knowledge.
    Http2,
}

/// What to do with 3xx answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirects {
    /// The caller gets them.
    Passed,
    /// The gateway follows them.
    Followed,
}

/// How the request's body is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestBody {
    /// As it arrives.
    Streamed,
    /// Read whole and kept.
    Kept,
}

/// How the answer's body is passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseBody {
    /// Each chunk as it arrives.
    AtOnce,
    /// In chunks of 8 KiB, where whoever makes the call gathers; the gateway passes each chunk as it arrives.
    Chunked,
}

/// What 400 to 599 means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorStatus {
    /// An answer like any other.
    Answer,
    /// An error: processing goes to `on-error`.
    Fault,
}

/// Everything outside that steps may use.
#[derive(Clone, Debug)]
pub struct Ports {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// The call to the backend.
    pub forward: Arc<dyn Forward>,
}
