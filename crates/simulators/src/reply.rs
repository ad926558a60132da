//! An answer before it is sent: what an operation decided, without headers of the wire and without misbehaviour.

use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::StatusCode;
use serde_json::Value;

use crate::behaviour::Behaviour;

/// What the body holds.
#[derive(Debug)]
pub(crate) enum Content {
    Json(Value),
    /// Server-sent events, each as its bytes.
    Events(Vec<Bytes>),
}

/// A good answer, or the body of a refusal.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) content: Content,
    /// Tokens that it used, for the quota.
    pub(crate) tokens: usize,
}

impl Reply {
    pub(crate) fn json(body: Value) -> Self {
        Self { status: StatusCode::OK, content: Content::Json(body), tokens: 0 }
    }

    pub(crate) fn events(events: Vec<Bytes>) -> Self {
        Self { status: StatusCode::OK, content: Content::Events(events), tokens: 0 }
    }

    pub(crate) fn using(mut self, tokens: usize) -> Self {
        self.tokens = tokens;
        self
    }
}

impl Content {
    pub(crate) fn media_type(&self) -> &'static str {
        match self {
            Self::Json(_) => "application/json",
            Self::Events(_) => "text/event-stream; charset=utf-8",
        }
    }

    /// The frames of the body, spoilt and compressed as the behaviour asks.
    pub(crate) fn frames(self, behaviour: &Behaviour) -> Vec<Bytes> {
        let mut frames = match self {
            Self::Json(body) => vec![Bytes::from(body.to_string())],
            Self::Events(events) => events,
        };
        if behaviour.garbage {
            spoil(&mut frames);
        }
        if behaviour.gzip { compressed(&frames) } else { frames }
    }
}

/// An event as its bytes: `data: {…}` alone, or with an `event:` line before it.
pub(crate) fn event(name: Option<&str>, data: &Value) -> Bytes {
    match name {
        Some(name) => Bytes::from(format!("event: {name}\ndata: {data}\n\n")),
        None => Bytes::from(format!("data: {data}\n\n")),
    }
}

/// Makes the only frame, or puts in after the first, something that is not JSON.
fn spoil(frames: &mut Vec<Bytes>) {
    match frames.as_mut_slice() {
        [] => {}
        [only] => *only = only.slice(..only.len() * 2 / 3),
        _ => frames.insert(1, Bytes::from_static(b"data: {\"id\": \"chatcmpl-\n\n")),
    }
}

/// One gzip stream, flushed after every frame so that each can be read when it arrives.
fn compressed(frames: &[Bytes]) -> Vec<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let mut out: Vec<Bytes> = frames.iter().filter_map(|frame| pressed(&mut encoder, frame)).collect();
    if let Ok(end) = encoder.finish() {
        out.push(Bytes::from(end));
    }
    match <[Bytes; 2]>::try_from(out) {
        // A whole answer stays one frame.
        Ok([only, end]) => vec![Bytes::from([only, end].concat())],
        Err(several) => several,
    }
}

/// Writing to memory cannot fail; if it did, the frame would be missing.
fn pressed(encoder: &mut GzEncoder<Vec<u8>>, frame: &[u8]) -> Option<Bytes> {
    encoder.write_all(frame).ok()?;
    encoder.flush().ok()?;
    Some(Bytes::from(std::mem::take(encoder.get_mut())))
}
