//! A caller's connection: it sends a request and reads the answer, in HTTP/1.1 or HTTP/2.

use std::cell::Cell;
use std::io::{self, IoSlice};
use std::rc::Rc;
use std::time::Instant;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::AsyncWriteExt;

use crate::call::{Call, Calls};
use crate::dial::{Dial, Protocol};
use crate::message::{Connection, Length, body_length, invalid};

/// A connection to a proxy, kept.
#[derive(Debug)]
pub enum Caller {
    /// HTTP/1.1: one request after the other.
    One(Box<Connection>),
    /// HTTP/2: a clone of it sends over the same connection.
    Two(SendRequest<Full<Bytes>>),
}

/// When things came that belong to a good answer.
#[derive(Debug)]
pub struct Answer {
    /// Its head.
    pub head: Instant,
    /// Its events, if it is a stream in HTTP/1.1.
    pub events: Vec<Instant>,
}

impl Caller {
    /// Connects. The meter counts bytes of bodies.
    ///
    /// # Errors
    /// When there is no connection.
    pub async fn open(
        dial: &Dial,
        number: usize,
        calls: &Calls,
        meter: &Rc<Cell<usize>>,
    ) -> io::Result<Self> {
        let stream = dial.connect(number).await?;
        if dial.protocol() != Protocol::Two {
            let made = Connection::new(stream, Rc::clone(meter));
            let unit = if calls.streamed { calls.unit } else { 0 };
            return Ok(Self::One(Box::new(made.with_arrivals(unit))));
        }
        let (sender, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.map_err(io::Error::other)?;
        tokio::spawn(connection);
        Ok(Self::Two(sender))
    }

    /// Another one on the same connection, where the protocol has that.
    #[must_use]
    pub fn beside(&self) -> Option<Self> {
        match self {
            Self::One(_) => None,
            Self::Two(sender) => Some(Self::Two(sender.clone())),
        }
    }

    /// A request and its whole answer.
    ///
    /// # Errors
    /// When the answer is not 200, not complete, or not there.
    pub async fn call(&mut self, calls: &Calls, call: &Call, meter: &Cell<usize>) -> io::Result<Answer> {
        match self {
            Self::One(connection) => {
                let length = begin(connection, calls, call).await?;
                let head = Instant::now();
                end(connection, calls, length).await?;
                Ok(Answer { head, events: connection.arrivals().to_vec() })
            }
            Self::Two(sender) => call_two(sender, calls, call, meter).await,
        }
    }
}

/// Sends a request and reads the head of its answer; gives the length of what follows.
///
/// # Errors
/// When the answer is not 200, or not there.
pub async fn begin(connection: &mut Connection, calls: &Calls, call: &Call) -> io::Result<Length> {
    let (head, body) = (call.text.as_bytes(), calls.body.as_ref());
    let parts = [IoSlice::new(head), IoSlice::new(body)];
    let written = connection.stream().write_vectored(&parts).await?;
    for part in [rest(head, written), rest(body, written.saturating_sub(head.len()))] {
        connection.stream().write_all(part).await?;
    }
    connection.stream().flush().await?;
    let answer = connection.head().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
    if !answer.starts_with(b"HTTP/1.1 200 ") {
        return Err(invalid(&String::from_utf8_lossy(answer.trim_ascii_end())));
    }
    body_length(&answer)
}

/// Reads the rest of the answer.
///
/// # Errors
/// When it is not complete.
pub async fn end(connection: &mut Connection, calls: &Calls, length: Length) -> io::Result<()> {
    complete(connection.skip_body(length).await?, calls)
}

fn rest(bytes: &[u8], written: usize) -> &[u8] {
    bytes.get(written..).unwrap_or_default()
}

fn complete(length: usize, calls: &Calls) -> io::Result<()> {
    match length == calls.expected {
        true => Ok(()),
        false => Err(invalid(&format!("an answer of {length} bytes, {} are right", calls.expected))),
    }
}

async fn call_two(
    sender: &mut SendRequest<Full<Bytes>>,
    calls: &Calls,
    call: &Call,
    meter: &Cell<usize>,
) -> io::Result<Answer> {
    sender.ready().await.map_err(io::Error::other)?;
    let request = call.head.clone().map(|()| Full::new(calls.body.clone()));
    let answer = sender.send_request(request).await.map_err(io::Error::other)?;
    let head = Instant::now();
    if answer.status() != StatusCode::OK {
        return Err(invalid(&format!("{:?} {:?}", answer.status(), answer.headers())));
    }
    let (mut body, mut length) = (answer.into_body(), 0);
    while let Some(frame) = body.frame().await {
        let here = frame.map_err(io::Error::other)?.data_ref().map_or(0, Bytes::len);
        meter.set(meter.get() + here);
        length += here;
    }
    complete(length, calls).map(|()| Answer { head, events: Vec::new() })
}
