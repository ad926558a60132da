//! Messages that two readers could take for different ones, sent to the real program: each is refused and its connection
//! closed, or it passes and the backend gets exactly what the case says.
//!
//! The cases are data: `cases/desync/*.toml`, whose first lines say what they can say. After each case's bytes comes one
//! more request on the same connection. A reader that lost its place takes it for a part of something else, or answers
//! it although the connection had to end.

mod answers;
pub(crate) mod frames;
mod http1;
mod http2;
pub(crate) mod message;
mod mutations;
pub(crate) mod raw_backend;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::harness::{Api, Folder, Gateway, Start};
use message::{Malformed, Message};
use raw_backend::RawBackend;

/// All methods that OpenAPI knows.
const OPERATIONS: [&str; 8] =
    ["GET /*", "HEAD /*", "POST /*", "PUT /*", "DELETE /*", "PATCH /*", "OPTIONS /*", "TRACE /*"];

/// The request that follows each case.
const PROBE: &str = "GET /t/probe HTTP/1.1\r\nHost: gateway.example\r\nConnection: close\r\n\r\n";

/// The cases of a file.
fn cases<T: DeserializeOwned>(name: &str) -> Vec<T> {
    crate::cases::cases(&format!("desync/{name}"))
}

/// The bytes that a text of a case stands for: each character is the byte of its number.
fn bytes(text: &str) -> Vec<u8> {
    text.chars().map(|each| u8::try_from(u32::from(each)).expect("a byte")).collect()
}

/// What stands for bytes, to show and compare.
fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// A request that the backend must get.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Arrival {
    /// Method and target.
    line: String,
    #[serde(default)]
    body: String,
    /// Header lines that must be there, once each.
    #[serde(default)]
    has: Vec<String>,
    /// Names of headers that must not be there.
    #[serde(default)]
    lacks: Vec<String>,
}

impl Arrival {
    /// What is wrong with a request that came in its place.
    fn judge(&self, message: &Message, host: &str) -> Result<(), String> {
        let mut headers = self.has.iter().filter_map(|wanted| wanted.split_once(": "));
        let all = message.line.strip_suffix(" HTTP/1.1") == Some(self.line.as_str())
            && text(&message.body) == self.body
            && message.header("host") == [host]
            && headers.all(|(name, value)| message.header(name) == [value])
            && self.lacks.iter().all(|name| message.header(name).is_empty() && !message.has_trailer(name));
        if all { Ok(()) } else { Err(format!("expected {self:?} at {host}, the backend got {message:?}")) }
    }
}

/// A gateway with one open API at `/t`, in front of a backend that keeps the bytes it gets.
struct World {
    gateway: Gateway,
    backend: RawBackend,
}

impl World {
    async fn start() -> Self {
        Self::with(|start| start).await
    }

    /// One that waits a second for the rest of a body or a head.
    async fn impatient() -> Self {
        let short = |start: Start| {
            start
                .set("listen.body-gap-seconds", "1")
                .set("listen.head-seconds", "1")
                .set("listen.idle-seconds", "1")
        };
        Self::with(short).await
    }

    async fn with(set: impl FnOnce(Start) -> Start) -> Self {
        let backend = RawBackend::start().await;
        let folder = Folder::new().api(&Api::new("t").to(&backend.url()).serving(&OPERATIONS));
        let gateway = set(Start::new(folder).set("log.level", "error")).start().await;
        Self { gateway, backend }
    }

    /// What the backend got since it was asked last, as whole requests, when it gets nothing more. A request that broke
    /// off in its middle is none.
    async fn arrived(&self) -> Result<Vec<Message>, String> {
        let mut whole = Vec::new();
        for connection in self.backend.take().await {
            let mut rest = connection.as_slice();
            while !rest.is_empty() {
                match message::request(rest) {
                    Ok((message, after)) => {
                        whole.push(message);
                        rest = after;
                    }
                    Err(Malformed::Incomplete) => break,
                    Err(why) => return Err(format!("the backend got {why:?} in {:?}", text(rest))),
                }
            }
        }
        Ok(whole)
    }

    /// What is wrong with what the backend got.
    async fn judge_arrivals(&self, expected: &[Arrival]) -> Result<(), String> {
        let arrived = self.arrived().await?;
        if arrived.len() != expected.len() {
            let lines: Vec<&str> = arrived.iter().map(|each| each.line.as_str()).collect();
            return Err(format!(
                "the backend got {} requests instead of {}: {lines:?}",
                lines.len(),
                expected.len()
            ));
        }
        let host = self.backend.host();
        arrived.iter().zip(expected).try_for_each(|(message, arrival)| arrival.judge(message, &host))
    }
}
