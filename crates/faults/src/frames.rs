//! The frames of HTTP/2 that a script sends and understands (RFC 9113 section 6), and just enough HPACK (RFC 7541) to
//! write a head: every field a literal that is not indexed.

use std::io;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

/// `ACK` of SETTINGS and PING, `END_STREAM` of the others.
pub(crate) const FIRST_FLAG: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// What a client says first (RFC 9113 section 3.4).
const PREFACE: usize = 24;
const HEAD: usize = 9;

/// A frame.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    pub(crate) fn new(kind: u8, flags: u8, stream: u32, payload: Vec<u8>) -> Self {
        Self { kind, flags, stream, payload }
    }

    pub(crate) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Its bytes on the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let length = u32::try_from(self.payload.len()).unwrap_or(u32::MAX).to_be_bytes();
        let mut bytes = length.get(1..).unwrap_or_default().to_vec();
        bytes.extend([self.kind, self.flags]);
        bytes.extend(self.stream.to_be_bytes());
        bytes.extend(&self.payload);
        bytes
    }
}

/// The frames that a client sends.
#[derive(Debug)]
pub(crate) struct Incoming {
    read: Vec<u8>,
    had_preface: bool,
}

impl Incoming {
    pub(crate) fn new() -> Self {
        Self { read: Vec::new(), had_preface: false }
    }

    /// The next frame; none when the client left. Nothing is lost when this is dropped midway.
    pub(crate) async fn next(&mut self, stream: &mut TcpStream) -> io::Result<Option<Frame>> {
        loop {
            if let Some(frame) = self.whole() {
                return Ok(Some(frame));
            }
            if stream.read_buf(&mut self.read).await? == 0 {
                return Ok(None);
            }
        }
    }

    fn whole(&mut self) -> Option<Frame> {
        if !self.had_preface {
            self.read.get(..PREFACE)?;
            self.read.drain(..PREFACE);
            self.had_preface = true;
        }
        let [a, b, c, kind, flags, stream @ ..] = self.read.get(..HEAD)? else { return None };
        let length = usize::try_from(u32::from_be_bytes([0, *a, *b, *c])).ok()?;
        let (kind, flags, stream) = (*kind, *flags, u32::from_be_bytes(stream.try_into().ok()?));
        self.read.get(..HEAD + length)?;
        let frame: Vec<u8> = self.read.drain(..HEAD + length).collect();
        let payload = frame.get(HEAD..).unwrap_or_default().to_vec();
        Some(Frame { kind, flags, stream, payload })
    }
}

/// One field of a head (RFC 7541 section 6.2.2), of at most 126 bytes each: longer ones take another form.
pub(crate) fn field(name: &str, value: &str) -> Vec<u8> {
    let mut bytes = vec![0];
    for text in [name, value] {
        bytes.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
        bytes.extend(text.as_bytes());
    }
    bytes
}

/// The values of SETTINGS (RFC 9113 section 6.5.1).
pub(crate) fn settings(payload: &[u8]) -> impl Iterator<Item = (u16, u32)> {
    payload.chunks_exact(6).filter_map(|each| {
        let (name, value) = each.split_at_checked(2)?;
        Some((u16::from_be_bytes(name.try_into().ok()?), u32::from_be_bytes(value.try_into().ok()?)))
    })
}
