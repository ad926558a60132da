//! Requests in HTTP/2, whose meaning in HTTP/1.1 is another: what the backend gets is written in that version.

use serde::Deserialize;

use super::frames::{
    CONTINUATION, Connection, DATA, END_HEADERS, END_STREAM, Frame, GOAWAY, HEADERS, RST_STREAM, block,
    status,
};
use super::{Arrival, World, bytes, cases};
use crate::harness::PATIENCE;

/// A case of `http2.toml`, which says what each member means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    rfc: String,
    frames: Vec<Sent>,
    status: Option<u16>,
    #[serde(default)]
    arrives: Vec<Arrival>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
enum Sent {
    /// HEADERS that the stream goes on after.
    Headers(Vec<String>),
    /// HEADERS that end the stream.
    Last(Vec<String>),
    /// HEADERS and CONTINUATION, one field each, that end the stream.
    Split(Vec<String>),
    Data(String),
    End(String),
}

fn fields(lines: &[String]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let pair = |line: &String| {
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("`: ` in {line:?}"));
        (bytes(name), bytes(value))
    };
    lines.iter().map(pair).collect()
}

impl Sent {
    fn frames(&self) -> Vec<Frame> {
        let headers = |lines: &[String], flags| {
            vec![Frame::new(HEADERS, flags | END_HEADERS, 1, block(&fields(lines)))]
        };
        match self {
            Self::Headers(lines) => headers(lines, 0),
            Self::Last(lines) => headers(lines, END_STREAM),
            Self::Split(lines) => split(lines),
            Self::Data(text) => vec![Frame::new(DATA, 0, 1, bytes(text))],
            Self::End(text) => vec![Frame::new(DATA, END_STREAM, 1, bytes(text))],
        }
    }
}

fn split(lines: &[String]) -> Vec<Frame> {
    let last = lines.len().saturating_sub(1);
    let frame = |(at, line): (usize, &String)| {
        let (kind, first) = if at == 0 { (HEADERS, END_STREAM) } else { (CONTINUATION, 0) };
        let flags = first | if at == last { END_HEADERS } else { 0 };
        Frame::new(kind, flags, 1, block(&fields(std::slice::from_ref(line))))
    };
    lines.iter().enumerate().map(frame).collect()
}

/// The status of the whole answer on stream 1; none when the stream or the connection was ended instead.
async fn answer(connection: &mut Connection) -> Option<u16> {
    let mut answered = None;
    while let Some(frame) = connection.next().await {
        match frame.kind {
            GOAWAY => return None,
            RST_STREAM if frame.stream == 1 => return None,
            HEADERS if frame.stream == 1 && answered.is_none() => answered = status(&frame.payload),
            _ => {}
        }
        if matches!(frame.kind, HEADERS | DATA) && frame.stream == 1 && frame.flags & END_STREAM != 0 {
            return answered;
        }
    }
    None
}

impl Case {
    async fn run(&self, world: &World) -> Result<(), String> {
        let mut connection = Connection::open(world.gateway.address).await;
        // At once: what comes after a head that was good so far finds its request on the way, and is only kept from following it.
        let frames: Vec<u8> =
            self.frames.iter().flat_map(Sent::frames).flat_map(|frame| frame.bytes()).collect();
        // It may have ended the connection already.
        let _sent = connection.send(&frames).await;
        let answered = tokio::time::timeout(PATIENCE, answer(&mut connection)).await;
        let answered = answered.map_err(|_| "no answer and no end".to_owned())?;
        drop(connection);
        let arrived = world.judge_arrivals(&self.arrives).await;
        if answered != self.status {
            return Err(format!("expected {:?}, got {answered:?}; {arrived:?}", self.status));
        }
        arrived
    }
}

#[tokio::test]
async fn what_http2_can_say_and_http1_cannot_is_refused() {
    let world = World::start().await;
    let mut wrong = Vec::new();
    for case in cases::<Case>("http2.toml") {
        let Err(why) = case.run(&world).await else { continue };
        wrong.push(format!("{} (RFC {}): {why}", case.name, case.rfc));
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
