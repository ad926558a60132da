//! HTTP/2 frame by frame (RFC 9113 section 4), written by hand: a library would refuse to send what these cases send.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What a client sends first: its preface and empty settings.
pub(crate) const OPENING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// Types of frames.
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const CONTINUATION: u8 = 9;

/// Flags of frames.
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// One frame.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    pub(crate) fn new(kind: u8, flags: u8, stream: u32, payload: impl Into<Vec<u8>>) -> Self {
        Self { kind, flags, stream, payload: payload.into() }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let length = u32::try_from(self.payload.len()).expect("a frame").to_be_bytes();
        let mut bytes = length[1..].to_vec();
        bytes.extend([self.kind, self.flags]);
        bytes.extend(self.stream.to_be_bytes());
        bytes.extend_from_slice(&self.payload);
        bytes
    }
}

/// Fields in HPACK, each as a literal that is not indexed (RFC 7541 section 6.2.2), not Huffman coded.
pub(crate) fn block(fields: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            integer(&mut block, text.len());
            block.extend_from_slice(text);
        }
    }
    block
}

/// An integer with a prefix of seven bits (RFC 7541 section 5.1).
fn integer(into: &mut Vec<u8>, number: usize) {
    if number < 127 {
        into.push(u8::try_from(number).expect("seven bits"));
        return;
    }
    into.push(127);
    let mut rest = number - 127;
    while rest >= 128 {
        into.push(u8::try_from(rest % 128).expect("seven bits") | 128);
        rest /= 128;
    }
    into.push(u8::try_from(rest).expect("seven bits"));
}

/// The status in a block of an answer's fields that comes first on its connection: `:status` is its first field.
pub(crate) fn status(block: &[u8]) -> Option<u16> {
    let indexed = [200, 204, 206, 304, 400, 404, 500];
    match block {
        // RFC 7541 appendix A: 8 to 14 of the static table.
        [first, ..] if first & 0x80 != 0 => indexed.get(usize::from(first & 0x7f).checked_sub(8)?).copied(),
        // A literal with the name of an entry of the table.
        [0x40..=0x7f, length, rest @ ..] => {
            let text = rest.get(..usize::from(length & 0x7f))?;
            if length & 0x80 == 0 {
                std::str::from_utf8(text).ok()?.parse().ok()
            } else {
                huffman_digits(text)
            }
        }
        _ => None,
    }
}

/// Three digits in the Huffman code of HPACK (RFC 7541 appendix B).
fn huffman_digits(coded: &[u8]) -> Option<u16> {
    let bits: Vec<u16> =
        coded.iter().flat_map(|byte| (0..8).rev().map(move |at| u16::from(byte >> at & 1))).collect();
    let number = |from: usize, length: usize| -> Option<u16> {
        Some(bits.get(from..from + length)?.iter().fold(0, |sum, bit| sum * 2 + bit))
    };
    let (mut at, mut value) = (0, 0);
    for _ in 0..3 {
        let short = number(at, 5)?;
        let digit = if short < 3 { short } else { number(at, 6)?.checked_sub(0x19)?.checked_add(3)? };
        at += if short < 3 { 5 } else { 6 };
        value = value * 10 + digit;
    }
    Some(value)
}

/// One field as a literal that is put into the dynamic table (RFC 7541 section 6.2.1).
pub(crate) fn indexed(name: &[u8], value: &[u8]) -> Vec<u8> {
    let mut block = vec![0x40];
    for text in [name, value] {
        integer(&mut block, text.len());
        block.extend_from_slice(text);
    }
    block
}

/// A connection.
pub(crate) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    /// Connects and sends the opening.
    pub(crate) async fn open(to: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(to).await.expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        stream.write_all(OPENING).await.expect("sent");
        Self { stream, read: Vec::new() }
    }

    /// Sends bytes; false when the other side has closed.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok()
    }

    /// The next frame; none when the other side has closed.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.take() {
                return Some(frame);
            }
            if !matches!(self.stream.read_buf(&mut self.read).await, Ok(1..)) {
                return None;
            }
        }
    }

    fn take(&mut self) -> Option<Frame> {
        let [high, middle, low, kind, flags, a, b, c, d, rest @ ..] = self.read.as_slice() else {
            return None;
        };
        let length = u32::from_be_bytes([0, *high, *middle, *low]) as usize;
        let payload = rest.get(..length)?.to_vec();
        let stream = u32::from_be_bytes([*a, *b, *c, *d]) & 0x7fff_ffff;
        let frame = Frame { kind: *kind, flags: *flags, stream, payload };
        self.read.drain(..9 + length);
        Some(frame)
    }
}

#[test]
fn statuses_are_read_in_every_way_of_writing_them() {
    assert_eq!(status(&[0x88]), Some(200));
    assert_eq!(status(&[0x8c, 1, 2]), Some(400));
    assert_eq!(status(&[0x48, 3, b'4', b'0', b'5']), Some(405));
    // RFC 7541 C.6.1: 302.
    assert_eq!(status(&[0x48, 0x82, 0x64, 0x02]), Some(302));
}
