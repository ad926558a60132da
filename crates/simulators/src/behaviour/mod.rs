//! How a call is answered apart from what is said: late, slowly, with an error, cut off, or not at all.
//!
//! A behaviour is written as a list, in settings or in the request header `x-simulate`:
//!
//! ```text
//! x-simulate: latency=200ms; pace=20ms
//! x-simulate: status=429; retry-after=3; retry-after-ms=2500; once
//! x-simulate: cut-after=5; cut=reset
//! ```
//!
//! All parts are in `docs/model-simulator.md`, whose table is what the tests read. What is not in it is refused, so that
//! a typing error is not mistaken for a service that behaves.

mod grammar;
mod turns;

use std::time::Duration;

use http::StatusCode;

pub use grammar::BehaviourError;
pub(crate) use turns::Turns;

/// How the connection breaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cut {
    /// The connection is closed before the body is complete.
    #[default]
    Close,
    /// The peer gets a TCP reset. On HTTP/2 the stream is reset and the connection stays, whatever is asked.
    Reset,
}

/// Where an answer stops without ending. It lasts until the caller goes away or the simulator is shut down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hang {
    /// Nothing is sent.
    BeforeHead,
    /// After this many frames; 0 is right after the headers.
    AfterFrames(usize),
    /// After the last frame.
    BeforeEnd,
}

/// How a call is answered. The default is to answer at once and well; `"latency=200ms; pace=20ms".parse()` gives
/// another, see `docs/model-simulator.md`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Behaviour {
    /// Wait before the status line.
    pub latency: Duration,
    /// Wait before each frame but the first.
    pub pace: Duration,
    /// Length of the text in words, instead of an echo.
    pub words: Option<usize>,
    /// The status of the error to answer with.
    pub status: Option<StatusCode>,
    /// Value of `retry-after` on that answer.
    pub retry_after: Option<String>,
    /// Value of `retry-after-ms` on that answer.
    pub retry_after_ms: Option<u64>,
    /// Value of `x-ratelimit-remaining-requests`.
    pub remaining_requests: Option<i64>,
    /// Value of `x-ratelimit-remaining-tokens`.
    pub remaining_tokens: Option<i64>,
    /// Break the connection in the middle of the frame after this many frames.
    pub cut_after: Option<usize>,
    /// How to break it.
    pub cut: Cut,
    /// Where to stop without ending.
    pub hang: Option<Hang>,
    /// Compress the body.
    pub gzip: bool,
    /// Send what is not JSON.
    pub garbage: bool,
    /// Only the first requests of this many that carry the same list.
    pub first: Option<u32>,
}
