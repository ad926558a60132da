//! Where in an HTTP/1.1 message a byte is (RFC 9112): enough to know heads, frames and ends of what a well-behaved service
//! and a well-behaved client send. It judges nothing; what it does not understand lasts until the connection ends.

use crate::plan::{Fault, Stage};

/// Bytes of a frame after which it counts as begun.
const INTO_A_FRAME: u64 = 5;

/// Which message it is: a request without a length has no body, an answer without one lasts until the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Request,
    Answer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Head,
    Counted(u64),
    UntilEnd,
    /// The size of a chunk so far; whether any digit was read; whether its extension has begun.
    Size {
        value: u64,
        begun: bool,
        extension: bool,
    },
    Chunk(u64),
    AfterChunk,
    /// Bytes of the line so far.
    Trailer(u64),
    Done,
}

const NEXT_CHUNK: State = State::Size { value: 0, begun: false, extension: false };

/// A message that is passing.
#[derive(Debug)]
pub(crate) struct Progress {
    kind: Kind,
    state: State,
    head: Vec<u8>,
    body: u64,
    frames: u64,
    in_frame: u64,
}

impl Progress {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, state: State::Head, head: Vec::new(), body: 0, frames: 0, in_frame: 0 }
    }

    /// Whether its head is there.
    pub(crate) fn has_head(&self) -> bool {
        self.state != State::Head
    }

    /// Whether it is there whole.
    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Whether a fault happens before this byte, the next one, passes.
    pub(crate) fn reaches(&self, fault: &Fault, next: u8) -> bool {
        let is_head = self.state == State::Head;
        match fault.at {
            Stage::Answer => is_head && self.head.is_empty(),
            Stage::Head => is_head && self.head.len() as u64 == fault.after,
            Stage::HeadEnd => !is_head && self.body == 0,
            Stage::Frames => self.state == NEXT_CHUNK && self.frames == fault.after,
            Stage::Frame => {
                matches!(self.state, State::Chunk(_))
                    && self.frames == fault.after
                    && self.in_frame == INTO_A_FRAME
            }
            Stage::Body => !is_head && self.body == fault.after,
            Stage::End => self.state == NEXT_CHUNK && next == b'0',
            Stage::Accept | Stage::Request | Stage::Again | Stage::Bytes => false,
        }
    }

    /// One byte passes.
    pub(crate) fn pass(&mut self, byte: u8) {
        self.state = match self.state {
            State::Head => {
                self.head.push(byte);
                if self.head.ends_with(b"\r\n\r\n") { self.after_head() } else { State::Head }
            }
            State::Counted(left) => {
                self.body += 1;
                if left <= 1 { State::Done } else { State::Counted(left - 1) }
            }
            State::UntilEnd => {
                self.body += 1;
                State::UntilEnd
            }
            State::Size { value, begun, extension } => size(value, begun, extension, byte),
            State::Chunk(left) => {
                self.body += 1;
                self.in_frame += 1;
                if left <= 1 { State::AfterChunk } else { State::Chunk(left - 1) }
            }
            State::AfterChunk if byte == b'\n' => {
                self.frames += 1;
                self.in_frame = 0;
                NEXT_CHUNK
            }
            State::AfterChunk => State::AfterChunk,
            State::Trailer(_) if byte == b'\r' => self.state,
            State::Trailer(0) if byte == b'\n' => State::Done,
            State::Trailer(_) if byte == b'\n' => State::Trailer(0),
            State::Trailer(length) => State::Trailer(length + 1),
            State::Done => State::Done,
        };
    }

    fn after_head(&mut self) -> State {
        let head = String::from_utf8_lossy(&self.head).to_ascii_lowercase();
        let status = head.split(' ').nth(1).filter(|_| self.kind == Kind::Answer);
        if status == Some("101") {
            return State::UntilEnd;
        }
        if status.is_some_and(|status| status.starts_with('1')) {
            self.head.clear();
            return State::Head;
        }
        let header = |name: &str| {
            head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim))
        };
        if header("transfer-encoding").is_some_and(|coding| coding.ends_with("chunked")) {
            return NEXT_CHUNK;
        }
        match (header("content-length").and_then(|length| length.parse().ok()), self.kind) {
            (Some(0), _) | (None, Kind::Request) => State::Done,
            (Some(length), _) => State::Counted(length),
            (None, Kind::Answer) => State::UntilEnd,
        }
    }
}

fn size(value: u64, begun: bool, extension: bool, byte: u8) -> State {
    match (byte, char::from(byte).to_digit(16)) {
        (b'\n', _) if begun && value == 0 => State::Trailer(0),
        (b'\n', _) => State::Chunk(value),
        (_, Some(digit)) if !extension => State::Size {
            value: value.saturating_mul(16).saturating_add(digit.into()),
            begun: true,
            extension,
        },
        (b'\r', _) => State::Size { value, begun, extension },
        _ => State::Size { value, begun, extension: true },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Act;

    const STREAM: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
                          8\r\ndata: a\n\r\nA\r\ndata: bc\n\n\r\n0\r\n\r\n";

    /// What passes before a fault.
    fn before(message: &str, at: Stage, after: u64) -> String {
        let fault = Fault::new(at, Act::Reset).after(after);
        let mut progress = Progress::new(Kind::Answer);
        let mut passed = Vec::new();
        for byte in message.bytes() {
            if progress.reaches(&fault, byte) {
                return String::from_utf8(passed).unwrap();
            }
            progress.pass(byte);
            passed.push(byte);
        }
        panic!("never reached");
    }

    #[test]
    fn stages_of_a_stream_are_found() {
        for (at, after, ends) in [
            (Stage::Answer, 0, ""),
            (Stage::Head, 4, "HTTP"),
            (Stage::HeadEnd, 0, "chunked\r\n\r\n"),
            (Stage::Frames, 0, "chunked\r\n\r\n"),
            (Stage::Frames, 1, "8\r\ndata: a\n\r\n"),
            (Stage::Frame, 1, "A\r\ndata:"),
            (Stage::Body, 3, "8\r\ndat"),
            (Stage::End, 0, "bc\n\n\r\n"),
        ] {
            let passed = before(STREAM, at, after);
            assert!(passed.ends_with(ends) && passed.len() >= ends.len(), "{at:?}: {passed:?}");
        }
    }

    #[test]
    fn ends_of_messages_are_found() {
        for (kind, message, done) in [
            (Kind::Answer, STREAM, true),
            (
                Kind::Answer,
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                true,
            ),
            (Kind::Answer, "HTTP/1.1 200 OK\r\n\r\nok", false),
            (Kind::Answer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nok", false),
            (Kind::Answer, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", false),
            (Kind::Request, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", true),
            (
                Kind::Request,
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;x=0\r\na\r\n0\r\nt: 1\r\n\r\n",
                true,
            ),
        ] {
            let mut progress = Progress::new(kind);
            message.bytes().for_each(|byte| progress.pass(byte));
            assert_eq!(progress.is_done(), done, "{message}");
        }
    }
}
