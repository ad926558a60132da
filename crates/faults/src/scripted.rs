//! A server of HTTP/2 with prior knowledge that does what a script says, and knows no more of HTTP than that takes.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

use crate::frames::{self, Frame, Incoming};
use crate::script::{Last, Step};

/// Connections that are served at a time; further ones wait to be accepted.
const CONNECTIONS: usize = 1024;
const EVENT: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"}}]}\n\n";
const LAST_EVENT: &str = "data: [DONE]\n\n";
/// What windows are before anybody says otherwise (RFC 9113 section 6.9.2).
const WINDOW: i64 = 65_535;

#[derive(Debug)]
struct Shared {
    script: Vec<Step>,
    connections: AtomicU64,
    requests: AtomicU64,
    releases: Semaphore,
}

/// A running server. Dropping it ends it and all its connections.
#[derive(Debug)]
pub struct Scripted {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

impl Scripted {
    /// A server on a free port of loopback.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn start(script: Vec<Step>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            script,
            connections: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            releases: Semaphore::new(0),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, accepting })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections so far.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Heads of requests so far.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// Counts anew.
    pub fn forget(&self) {
        self.shared.connections.store(0, Ordering::Relaxed);
        self.shared.requests.store(0, Ordering::Relaxed);
    }

    /// Lets one [`Step::Wait`] go on.
    pub fn release(&self) {
        self.shared.releases.add_permits(1);
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let has_room = connections.len() < CONNECTIONS;
        tokio::select! {
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if has_room => {
                // A failed accept concerns the connection that failed, not the listener.
                if let Ok((stream, _)) = accepted {
                    shared.connections.fetch_add(1, Ordering::Relaxed);
                    let connection = Connection::new(stream, Arc::clone(&shared));
                    connections.spawn(async move {
                        // Its errors are those of the other side leaving: nobody is to be told.
                        let _ended = connection.serve().await;
                    });
                }
            }
        }
    }
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// The next step follows.
    Step,
    /// The other side has given up the stream: its next request begins anew.
    Stream,
    /// The connection is over.
    Over,
}

struct Connection {
    stream: TcpStream,
    incoming: Incoming,
    shared: Arc<Shared>,
    /// Whether SETTINGS was sent, and what has come is acknowledged.
    is_open: bool,
    /// The stream of the request, and those that came meanwhile.
    ours: u32,
    heads: std::collections::VecDeque<(u32, bool)>,
    has_request_end: bool,
    was_given_up: bool,
    first_window: i64,
    window: i64,
    stream_window: i64,
    pause: Option<Duration>,
    /// Fields that stand in the next head.
    fields: Vec<u8>,
    /// Answers to the other side's SETTINGS, PING and DATA: they go out between frames.
    replies: Vec<u8>,
    /// Whether the script wants the end of a body: otherwise its windows stay as they are.
    takes_bodies: bool,
    /// Whether half of a frame has been sent: what would follow were part of it.
    is_torn: bool,
}

impl Connection {
    fn new(stream: TcpStream, shared: Arc<Shared>) -> Self {
        let _unchanged = stream.set_nodelay(true);
        let takes_bodies = shared.script.contains(&Step::RequestEnd);
        Self {
            stream,
            incoming: Incoming::new(),
            shared,
            is_open: false,
            ours: 0,
            heads: std::collections::VecDeque::new(),
            has_request_end: false,
            was_given_up: false,
            first_window: WINDOW,
            window: WINDOW,
            stream_window: WINDOW,
            pause: None,
            fields: Vec::new(),
            replies: Vec::new(),
            takes_bodies,
            is_torn: false,
        }
    }

    async fn serve(mut self) -> io::Result<()> {
        let script = self.shared.script.clone();
        let first = script.iter().position(|step| *step == Step::Request).unwrap_or(script.len());
        let (once, each) = script.split_at(first);
        let mut next = self.steps(once).await?;
        // A frame that is half out makes the rest of its connection meaningless.
        while next != Next::Over && !each.is_empty() && !self.is_torn {
            next = self.steps(each).await?;
        }
        Ok(())
    }

    async fn steps(&mut self, steps: &[Step]) -> io::Result<Next> {
        for step in steps {
            let next = self.step(step).await?;
            if next != Next::Step {
                return Ok(next);
            }
        }
        Ok(Next::Step)
    }

    async fn step(&mut self, step: &Step) -> io::Result<Next> {
        match step {
            Step::Settings => self.open().await?,
            Step::Request => return self.request().await,
            Step::RequestEnd => return self.until(|this| this.has_request_end).await,
            Step::Head { status, length } => self.head(*status, *length).await?,
            Step::Field(name, value) => self.fields.extend(frames::field(name, value)),
            Step::Event => return self.data(EVENT).await,
            Step::LastEvent => return self.data(LAST_EVENT).await,
            Step::End => self.send(frames::DATA, frames::FIRST_FLAG, Vec::new()).await?,
            Step::Trailers(name, value) => {
                let flags = frames::END_HEADERS | frames::FIRST_FLAG;
                self.send(frames::HEADERS, flags, frames::field(name, value)).await?;
            }
            Step::Wait => return self.released().await,
            Step::Slowly(pause) => self.pause = Some(*pause),
            Step::ResetStream(code) => {
                self.send(frames::RST_STREAM, 0, code.to_be_bytes().to_vec()).await?;
            }
            Step::GoAway(last, code) => self.go_away(*last, *code).await?,
            Step::Part => self.half(frames::DATA, EVENT.as_bytes().to_vec()).await?,
            Step::PartOfTheHead => self.half(frames::HEADERS, frames::field(":status", "200")).await?,
            Step::Garbage => self.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno".as_bytes()).await?,
            Step::Stray => {
                let stray = Frame::new(frames::DATA, 0, self.ours + 100, EVENT.as_bytes().to_vec());
                self.write(&stray.bytes()).await?;
            }
            Step::EndlessHead => return self.endless_head().await,
            Step::EndlessBody => loop {
                let next = self.data(EVENT).await?;
                if next != Next::Step {
                    return Ok(next);
                }
            },
            Step::First(step) if self.shared.requests.load(Ordering::Relaxed) <= 1 => {
                let next = Box::pin(self.step(step)).await?;
                return Ok(if next == Next::Step { Next::Stream } else { next });
            }
            Step::First(_) => {}
            Step::Hang => return self.until(|_| false).await,
            Step::Close => return self.close().await,
            Step::Reset => {
                self.stream.set_zero_linger()?;
                return Ok(Next::Over);
            }
        }
        Ok(Next::Step)
    }

    async fn open(&mut self) -> io::Result<()> {
        self.is_open = true;
        self.write(&Frame::new(frames::SETTINGS, 0, 0, Vec::new()).bytes()).await?;
        self.reply().await
    }

    async fn request(&mut self) -> io::Result<Next> {
        self.pause = None;
        while self.heads.is_empty() {
            let Some(frame) = self.incoming.next(&mut self.stream).await? else { return Ok(Next::Over) };
            self.take(&frame).await?;
        }
        if let Some((stream, has_end)) = self.heads.pop_front() {
            (self.ours, self.has_request_end, self.stream_window) = (stream, has_end, self.first_window);
            self.was_given_up = false;
        }
        Ok(Next::Step)
    }

    async fn head(&mut self, status: u16, length: Option<u64>) -> io::Result<()> {
        let mut fields = frames::field(":status", &status.to_string());
        let kind = if status == 200 { "text/event-stream" } else { "text/plain" };
        fields.extend(frames::field("content-type", kind));
        if let Some(length) = length {
            fields.extend(frames::field("content-length", &length.to_string()));
        }
        fields.append(&mut self.fields);
        self.send(frames::HEADERS, frames::END_HEADERS, fields).await
    }

    /// DATA, as soon as the windows let it.
    async fn data(&mut self, text: &str) -> io::Result<Next> {
        let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
        let next = self.until(|this| this.window >= length && this.stream_window >= length).await?;
        if next == Next::Step {
            self.window -= length;
            self.stream_window -= length;
            self.send(frames::DATA, 0, text.as_bytes().to_vec()).await?;
        }
        Ok(next)
    }

    async fn go_away(&mut self, last: Last, code: u32) -> io::Result<()> {
        let last = match last {
            Last::Below => self.ours.saturating_sub(2),
            Last::Ours => self.ours,
            Last::Above => self.ours + 2,
        };
        let payload = [last.to_be_bytes(), code.to_be_bytes()].concat();
        self.write(&Frame::new(frames::GOAWAY, 0, 0, payload).bytes()).await
    }

    async fn endless_head(&mut self) -> io::Result<Next> {
        self.send(frames::HEADERS, 0, frames::field(":status", "200")).await?;
        loop {
            let more =
                Frame::new(frames::CONTINUATION, 0, self.ours, frames::field("x-more", &"a".repeat(100)));
            self.write(&more.bytes()).await?;
        }
    }

    async fn close(&mut self) -> io::Result<Next> {
        self.stream.shutdown().await?;
        // What still comes is read, or the system would reset the connection.
        while self.incoming.next(&mut self.stream).await?.is_some() {}
        Ok(Next::Over)
    }

    async fn released(&mut self) -> io::Result<Next> {
        let shared = Arc::clone(&self.shared);
        let permit = shared.releases.acquire();
        tokio::pin!(permit);
        loop {
            tokio::select! {
                permit = &mut permit => {
                    permit.map_err(io::Error::other)?.forget();
                    return Ok(Next::Step);
                }
                frame = self.incoming.next(&mut self.stream) => {
                    let Some(frame) = frame? else { return Ok(Next::Over) };
                    self.take(&frame).await?;
                    if self.was_given_up {
                        return Ok(Next::Stream);
                    }
                }
            }
        }
    }

    /// Takes frames until something is so, or the other side leaves.
    async fn until(&mut self, so: impl Fn(&Self) -> bool) -> io::Result<Next> {
        while !so(self) {
            if self.was_given_up {
                return Ok(Next::Stream);
            }
            let Some(frame) = self.incoming.next(&mut self.stream).await? else { return Ok(Next::Over) };
            self.take(&frame).await?;
        }
        Ok(Next::Step)
    }

    async fn take(&mut self, frame: &Frame) -> io::Result<()> {
        match frame.kind {
            frames::HEADERS => {
                self.shared.requests.fetch_add(1, Ordering::Relaxed);
                self.heads.push_back((frame.stream, frame.has(frames::FIRST_FLAG)));
            }
            frames::DATA => return self.body(frame).await,
            frames::RST_STREAM => self.was_given_up |= frame.stream == self.ours,
            frames::SETTINGS if !frame.has(frames::FIRST_FLAG) => return self.settings(frame).await,
            frames::PING if !frame.has(frames::FIRST_FLAG) && self.is_open => {
                let pong = Frame::new(frames::PING, frames::FIRST_FLAG, 0, frame.payload.clone());
                self.replies.extend(pong.bytes());
                return self.reply().await;
            }
            frames::WINDOW_UPDATE => {
                let more = <[u8; 4]>::try_from(frame.payload.as_slice()).map_or(0, u32::from_be_bytes);
                match frame.stream {
                    0 => self.window += i64::from(more),
                    stream if stream == self.ours => self.stream_window += i64::from(more),
                    _ => {}
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A piece of a request's body: as much may follow.
    async fn body(&mut self, frame: &Frame) -> io::Result<()> {
        let has_end = frame.has(frames::FIRST_FLAG);
        if frame.stream == self.ours {
            self.has_request_end |= has_end;
        } else if let Some(waiting) = self.heads.iter_mut().find(|(stream, _)| *stream == frame.stream) {
            waiting.1 |= has_end;
        }
        let length = u32::try_from(frame.payload.len()).unwrap_or(0);
        if length == 0 || !self.takes_bodies {
            return Ok(());
        }
        for stream in [0, frame.stream] {
            let more = Frame::new(frames::WINDOW_UPDATE, 0, stream, length.to_be_bytes().to_vec());
            self.replies.extend(more.bytes());
        }
        self.reply().await
    }

    async fn settings(&mut self, frame: &Frame) -> io::Result<()> {
        const INITIAL_WINDOW_SIZE: u16 = 4;
        for (name, value) in frames::settings(&frame.payload) {
            if name == INITIAL_WINDOW_SIZE {
                self.stream_window += i64::from(value) - self.first_window;
                self.first_window = i64::from(value);
            }
        }
        self.replies.extend(Frame::new(frames::SETTINGS, frames::FIRST_FLAG, 0, Vec::new()).bytes());
        self.reply().await
    }

    async fn half(&mut self, kind: u8, payload: Vec<u8>) -> io::Result<()> {
        self.is_torn = true;
        let frame = Frame::new(kind, 0, self.ours, payload).bytes();
        self.write(frame.get(..frame.len() / 2).unwrap_or_default()).await
    }

    async fn send(&mut self, kind: u8, flags: u8, payload: Vec<u8>) -> io::Result<()> {
        self.write(&Frame::new(kind, flags, self.ours, payload).bytes()).await
    }

    /// Sends what is owed, unless it would stand within a frame, or nothing may be said yet.
    async fn reply(&mut self) -> io::Result<()> {
        if !self.is_open || self.is_torn {
            return Ok(());
        }
        let replies = std::mem::take(&mut self.replies);
        self.stream.write_all(&replies).await
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(pause) = self.pause else { return self.stream.write_all(bytes).await };
        let was_torn = std::mem::replace(&mut self.is_torn, true);
        for byte in bytes {
            self.listen(pause).await?;
            self.stream.write_all(std::slice::from_ref(byte)).await?;
        }
        self.is_torn = was_torn;
        self.reply().await
    }

    /// Takes what comes for so long. An error when the stream is given up meanwhile: a frame is half out.
    async fn listen(&mut self, pause: Duration) -> io::Result<()> {
        let over = tokio::time::sleep(pause);
        tokio::pin!(over);
        loop {
            tokio::select! {
                () = &mut over => return Ok(()),
                frame = self.incoming.next(&mut self.stream) => {
                    let Some(frame) = frame? else { return Err(io::ErrorKind::BrokenPipe.into()) };
                    Box::pin(self.take(&frame)).await?;
                    if self.was_given_up {
                        return Err(io::ErrorKind::BrokenPipe.into());
                    }
                }
            }
        }
    }
}
