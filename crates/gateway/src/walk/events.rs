//! A stream of events (`text/event-stream`) cut where its events end.
//!
//! `data: {"a":1}\n\ndata: {"b"` gives `data: {"a":1}\n\n`; the rest waits for its end. So whoever has read what came out so
//! far can be told something else next: a client reads lines that follow a begun event as part of that event, and there is
//! no way to take one back. It knows no JSON, and what it gives is byte for byte what went in.

use bytes::{Bytes, BytesMut};

/// How much of a begun event is kept back, in bytes. Of a larger one what there is passes.
const LARGEST: usize = 16 * 1024;

/// How far from its end the last event is looked at for what it says.
const LAST_WORDS: usize = 64;

/// Where a stream of events is.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// What there is of the event that has begun.
    held: BytesMut,
    /// Whether a part of the event that has begun has passed.
    is_torn: bool,
    /// Whether the last event said that it is the last.
    is_done: bool,
    place: Place,
}

impl Events {
    /// Takes the next bytes, and gives those that may pass.
    pub(super) fn take(&mut self, bytes: Bytes) -> Option<Bytes> {
        let passing = match self.is_torn || !self.held.is_empty() || !ends_event(&bytes) {
            true => self.cut(&bytes)?,
            false => {
                self.place = Place::between(&bytes);
                bytes
            }
        };
        self.is_done = says_the_end(&passing);
        Some(passing)
    }

    /// What is kept back, once the stream has ended by itself.
    pub(super) fn rest(&mut self) -> Option<Bytes> {
        (!self.held.is_empty()).then(|| self.held.split().freeze())
    }

    /// Whether an event may follow what has passed, and is read by anybody.
    pub(super) fn takes_another(&self) -> bool {
        !self.is_torn && !self.is_done
    }

    /// Whether nothing is kept back.
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Bytes that do not end where an event does. Each is looked at once, however small the pieces are.
    #[cold]
    fn cut(&mut self, bytes: &[u8]) -> Option<Bytes> {
        let end = self.place.advance(bytes);
        let before = self.held.len();
        self.held.extend_from_slice(bytes);
        self.is_torn &= end.is_none();
        let whole = end.map_or(0, |end| before + end);
        if self.is_torn || self.held.len() - whole > LARGEST {
            self.is_torn = true;
            return self.rest();
        }
        (whole > 0).then(|| self.held.split_to(whole).freeze())
    }
}

fn ends_event(bytes: &[u8]) -> bool {
    [&b"\n\n"[..], b"\n\r\n", b"\r\r"].iter().any(|end| bytes.ends_with(end))
}

/// Where in an event the last byte was.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// Whether the event has a line that is not a comment.
    has_begun: bool,
    /// Whether the line has no byte yet.
    is_new: bool,
    is_comment: bool,
    /// Whether a LF would belong to the line before.
    after_cr: bool,
}

impl Default for Place {
    fn default() -> Self {
        Self { has_begun: false, is_new: true, is_comment: false, after_cr: false }
    }
}

impl Place {
    /// After bytes that end an event.
    fn between(bytes: &[u8]) -> Self {
        Self { after_cr: bytes.ends_with(b"\r"), ..Self::default() }
    }

    /// Where in the bytes the last whole event ends, or a comment that stands between events: those keep connections
    /// alive. Lines end with LF, CRLF or CR (HTML, "Parsing an event stream").
    fn advance(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut end = None;
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'\n' if self.after_cr => self.after_cr = false,
                b'\n' | b'\r' => {
                    self.has_begun &= !self.is_new;
                    (self.is_new, self.after_cr) = (true, *byte == b'\r');
                }
                _ => {
                    self.is_comment = if self.is_new { *byte == b':' } else { self.is_comment };
                    self.has_begun |= !self.is_comment;
                    (self.is_new, self.after_cr) = (false, false);
                }
            }
            if self.is_new && !self.has_begun {
                end = Some(at + 1);
            }
        }
        end
    }
}

/// Whether the events end with the last one of OpenAI or Anthropic (`ai-gateway.md` 13.3, 14.1).
fn says_the_end(events: &[u8]) -> bool {
    let events = events.trim_ascii_end();
    let last = events.get(events.len().saturating_sub(LAST_WORDS)..).unwrap_or_default();
    last.ends_with(b"[DONE]") || last.windows(14).any(|word| word == b"\"message_stop\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::{Chance, FACTOR};

    /// What passes of each piece.
    fn passed(pieces: &[&str]) -> Vec<String> {
        let mut events = Events::default();
        let pass = |piece: &&str| events.take(Bytes::copy_from_slice(piece.as_bytes())).unwrap_or_default();
        pieces.iter().map(pass).map(|bytes| String::from_utf8(bytes.into()).unwrap()).collect()
    }

    #[test]
    fn whole_events_pass_and_begun_ones_wait_for_their_end() {
        assert_eq!(
            passed(&["data: a\n\n", "data: b\r\n\r\n", "\r\r"]),
            ["data: a\n\n", "data: b\r\n\r\n", "\r\r"]
        );
        assert_eq!(passed(&["data: a\n\ndata: ", "b\n", "\n"]), ["data: a\n\n", "", "data: b\n\n"]);
        assert_eq!(passed(&["data: a\r\n\r", "\ndata: b\r\r"]), ["data: a\r\n\r", "\ndata: b\r\r"]);
        assert_eq!(passed(&["data: a\r", "\n\r", "\nda", "ta\n\n"]), ["", "data: a\r\n\r", "\n", "data\n\n"]);
    }

    #[test]
    fn comments_between_events_pass_at_once_and_those_within_wait() {
        assert_eq!(
            passed(&[": ping\n", "data: a\n", ": ping\n", "\n"]),
            [": ping\n", "", "", "data: a\n: ping\n\n"]
        );
    }

    #[test]
    fn of_an_event_that_is_too_large_everything_passes_and_nothing_may_follow_before_its_end() {
        let large = "x".repeat(LARGEST + 1);
        let mut events = Events::default();
        assert_eq!(events.take(Bytes::from(large.clone())).unwrap().len(), large.len());
        assert!(!events.takes_another());
        assert_eq!(events.take(Bytes::from_static(b"y\n")).unwrap(), "y\n");
        assert_eq!(events.take(Bytes::from_static(b"z\n\ndata")).unwrap(), "z\n\n");
        assert!(events.takes_another());
    }

    #[test]
    fn nothing_follows_the_last_event_of_a_model() {
        for last in ["data: [DONE]\n\n", "event: message_stop\ndata: {\"type\":\"message_stop\"   }\n\n"] {
            let mut events = Events::default();
            let _passed = events.take(Bytes::from_static(last.as_bytes()));
            assert!(!events.takes_another(), "{last}");
        }
    }

    #[test]
    fn fuzz_nothing_is_lost_however_a_stream_is_cut() {
        let text =
            ": ping\r\n\r\nevent: x\rdata: \u{e4}\rdata:second\r\rdata: {\"a\":1}\n\n\n:\ndata: b\n\r\n";
        let mut chance = Chance::new();
        for _ in 0..2_000 * FACTOR {
            let bytes = chance.mutated(text.repeat(2).as_bytes());
            let mut events = Events::default();
            let mut output = Vec::new();
            for piece in chance.pieces(&bytes, 40) {
                output.extend(events.take(Bytes::copy_from_slice(piece)).unwrap_or_default());
            }
            output.extend(events.rest().unwrap_or_default());
            assert_eq!(output, bytes);
        }
    }
}
