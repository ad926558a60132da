//! One direction of a WebSocket: bytes as they come, and a word of the gateway's own between two frames.
//!
//! ```text
//! Relaying ── source ended, or a goodbye is due and a frame has ended ──▶ Saying ── written ──▶ Listening ──▶ Over
//! ```
//!
//! No byte is read while one waits to be written: a slow reader slows the sender, and what is held is one piece of
//! [`PIECE`] bytes. An idle direction holds nothing.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::frames::Frames;

/// What is read at once.
const PIECE: usize = 16 * 1024;

/// Pieces after which others on the thread get their turn.
const TURN: usize = 32;

thread_local! {
    /// Bytes between their reading and their writing, which follow each other.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; PIECE].into());
}

/// A socket that is read from and written to.
pub(super) trait Side: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Side for S {}

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Flow {
    frames: Frames,
    /// What was read and the other side has not taken yet.
    waiting: Vec<u8>,
    /// How much of that was written.
    at: usize,
    stage: Stage,
    /// A close frame that goes out when the frame under way has ended.
    goodbye: Option<Vec<u8>>,
    /// Whether the source has no more.
    ended: bool,
    unflushed: bool,
    bytes: u64,
}

/// How far a direction has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// Bytes pass.
    #[default]
    Relaying,
    /// What waits is the last.
    Saying,
    /// The sink knows that nothing follows; the source is read so that it can end.
    Listening,
    /// Nothing more happens.
    Over,
}

/// What came of a look at a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// It waits.
    Nothing,
    /// The source has ended, or broke off.
    Ended,
    /// The sink takes nothing any more.
    Refused,
}

impl Flow {
    /// Frames that have passed.
    pub(super) fn frames(&self) -> &Frames {
        &self.frames
    }

    /// Bytes that have passed.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether nothing more happens.
    pub(super) fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// Lets nothing pass any more but the frame under way and, where no close frame has passed yet, this one.
    pub(super) fn say(&mut self, close: Vec<u8>) {
        if self.stage != Stage::Relaying || self.goodbye.is_some() {
            return;
        }
        self.goodbye = Some(close);
        if self.frames.is_between() || self.ended {
            self.speak();
        }
    }

    /// Says goodbye, if no frame is cut by that and no other goodbye went before.
    fn speak(&mut self) {
        let may = self.frames.is_between() && !self.frames.is_closed();
        if let Some(close) = self.goodbye.take().filter(|_| may) {
            self.waiting.extend(close);
        }
        self.stage = Stage::Saying;
    }

    /// Moves what can be moved. `moved` is told of bytes as they are read.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut impl Side,
        to: &mut impl Side,
        mut moved: impl FnMut(usize),
    ) -> Seen {
        for _ in 0..TURN {
            match self.step(cx, from, to, &mut moved) {
                Poll::Ready(Ok(None)) => {}
                Poll::Ready(Ok(Some(seen))) => return seen,
                Poll::Ready(Err(_)) => {
                    (self.stage, self.waiting) = (Stage::Over, Vec::new());
                    return Seen::Refused;
                }
                Poll::Pending => return Seen::Nothing,
            }
        }
        cx.waker().wake_by_ref();
        Seen::Nothing
    }

    fn step(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut impl Side,
        to: &mut impl Side,
        moved: &mut impl FnMut(usize),
    ) -> Poll<io::Result<Option<Seen>>> {
        ready!(self.write(cx, to))?;
        match self.stage {
            Stage::Relaying => SCRATCH.with_borrow_mut(|piece| self.relay(cx, from, to, piece, moved)),
            Stage::Saying => {
                ready!(Pin::new(to).poll_shutdown(cx))?;
                self.stage = if self.ended { Stage::Over } else { Stage::Listening };
                Poll::Ready(Ok(None))
            }
            Stage::Listening => {
                let read = SCRATCH.with_borrow_mut(|piece| read(cx, from, piece));
                if ready!(read) == 0 {
                    (self.ended, self.stage) = (true, Stage::Over);
                }
                Poll::Ready(Ok(None))
            }
            Stage::Over => Poll::Pending,
        }
    }

    /// Writes what waits.
    fn write(&mut self, cx: &mut Context<'_>, to: &mut impl Side) -> Poll<io::Result<()>> {
        while let Some(rest) = self.waiting.get(self.at..).filter(|rest| !rest.is_empty()) {
            let written = ready!(Pin::new(&mut *to).poll_write(cx, rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            (self.at, self.unflushed) = (self.at + written, true);
        }
        if self.at > 0 {
            (self.waiting, self.at) = (Vec::new(), 0);
        }
        Poll::Ready(Ok(()))
    }

    fn relay(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut impl Side,
        to: &mut impl Side,
        piece: &mut [u8],
        moved: &mut impl FnMut(usize),
    ) -> Poll<io::Result<Option<Seen>>> {
        let Poll::Ready(count) = read(cx, from, piece) else {
            if self.unflushed {
                ready!(Pin::new(to).poll_flush(cx))?;
                self.unflushed = false;
            }
            return Poll::Pending;
        };
        if count == 0 {
            self.ended = true;
            if self.goodbye.is_some() {
                self.speak();
            }
            return Poll::Ready(Ok(Some(Seen::Ended)));
        }
        let piece = piece.get(..count).unwrap_or_default();
        let piece = match &self.goodbye {
            None => {
                self.frames.advance(piece);
                piece
            }
            Some(_) => self.last(piece),
        };
        moved(piece.len());
        self.bytes += piece.len() as u64;
        self.pass(cx, to, piece)?;
        if self.goodbye.is_some() && self.frames.is_between() {
            self.speak();
        }
        Poll::Ready(Ok(None))
    }

    /// What of a piece belongs to the frame under way.
    fn last<'p>(&mut self, piece: &'p [u8]) -> &'p [u8] {
        match self.frames.finish(piece) {
            Some(end) => piece.get(..end).unwrap_or_default(),
            None => piece,
        }
    }

    /// Writes a piece; what the sink does not take at once waits.
    fn pass(&mut self, cx: &mut Context<'_>, to: &mut impl Side, piece: &[u8]) -> io::Result<()> {
        let written = match Pin::new(to).poll_write(cx, piece)? {
            Poll::Ready(written) => written,
            Poll::Pending => 0,
        };
        self.unflushed = true;
        self.waiting.extend_from_slice(piece.get(written..).unwrap_or_default());
        Ok(())
    }
}

/// How many bytes came; none when the source has ended, or broke off, which is no different here.
fn read(cx: &mut Context<'_>, from: &mut impl Side, piece: &mut [u8]) -> Poll<usize> {
    let mut buf = ReadBuf::new(piece);
    let read = ready!(Pin::new(from).poll_read(cx, &mut buf));
    Poll::Ready(read.map_or(0, |()| buf.filled().len()))
}
