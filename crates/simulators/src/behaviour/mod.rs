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
//! | part | meaning |
//! |---|---|
//! | `latency=200ms` | wait before the status line (`ms`, `s`; at most ten minutes) |
//! | `pace=20ms` | wait before each frame but the first |
//! | `words=50` | answer with that many words instead of an echo (at most 20,000) |
//! | `status=429` | answer with this status (400 to 599) and the error body of the wire |
//! | `retry-after=3`, `retry-after-ms=2500` | those headers on that answer; the first is passed on as it is written |
//! | `remaining-requests=0`, `remaining-tokens=-1` | those values in the `x-ratelimit-remaining-*` headers |
//! | `cut-after=5` | break the connection in the middle of the frame that follows the fifth |
//! | `cut=reset`, `cut=close` | how to break it: a TCP reset, or a plain close (unless set) |
//! | `hang=before-head` | never answer |
//! | `hang=after-head` | status and headers, then nothing |
//! | `hang=between-frames`, `hang=after-3` | go silent after the first, after the third frame |
//! | `hang=before-end` | every frame, but the answer never ends |
//! | `gzip` | compress, whatever the caller accepts |
//! | `garbage` | a body, or a second frame, that is not JSON |
//! | `once`, `first=3` | only the first, the first three requests with exactly this list; later ones are answered well |
//! | `label=x` | nothing; makes two lists different for `once` and `first` |
//!
//! A whole answer has one frame. What is not in the table is refused, so that a typing error is not mistaken for a
//! service that behaves.

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
/// another, see the module's table.
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
