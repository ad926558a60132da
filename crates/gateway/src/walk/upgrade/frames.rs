//! Where the frames of a WebSocket begin and end, seen from the bytes that pass (RFC 6455 5.2).
//!
//! ```text
//! 81 05 68 65 6c 6c 6f    a text message, `hello`: one frame of seven bytes
//! ```
//!
//! Nothing is kept but the header of the frame that is under way. Nothing is refused either: what the two sides say to each
//! other is theirs, reserved bits and extensions included. Bytes that cannot be frames only end the counting, and then
//! nobody can say a word between them.

/// A control frame's payload is no longer than this (RFC 6455 5.5).
const CONTROL_PAYLOAD: u64 = 125;

/// Follows the frames of one direction.
#[derive(Debug, Default)]
pub(super) struct Frames {
    head: [u8; 14],
    /// How many bytes of the head are there.
    have: usize,
    /// Bytes of the payload that are still to come, once the head is complete.
    payload: Option<u64>,
    /// Bytes of the payload that have passed.
    passed: u64,
    messages: u64,
    code: [u8; 2],
    is_closed: bool,
    is_lost: bool,
}

impl Frames {
    /// Takes bytes that pass.
    pub(super) fn advance(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.is_lost {
            let taken = self.step(bytes);
            bytes = bytes.get(taken..).unwrap_or_default();
        }
    }

    /// Takes bytes up to the end of the frame that is under way, at least none; says how many that are. None when the frame
    /// does not end in them, or where it ends cannot be told: then all were taken.
    pub(super) fn finish(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while !self.is_between() {
            let rest = bytes.get(at..).filter(|rest| !rest.is_empty() && !self.is_lost)?;
            at += self.step(rest);
        }
        Some(at)
    }

    /// Whether the next byte begins a frame.
    pub(super) fn is_between(&self) -> bool {
        self.have == 0 && !self.is_lost
    }

    /// Whether a close frame has passed.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// What the close frame gave as its reason, if it did.
    pub(super) fn code(&self) -> Option<u16> {
        Some(u16::from_be_bytes(self.code)).filter(|code| self.is_closed && *code != 0)
    }

    /// Messages that have passed whole; pings, pongs and closes are none.
    pub(super) fn messages(&self) -> u64 {
        self.messages
    }

    /// Takes at least one byte: of the head, or of the payload.
    fn step(&mut self, bytes: &[u8]) -> usize {
        let Some(left) = self.payload else {
            if let (Some(place), Some(byte)) = (self.head.get_mut(self.have), bytes.first()) {
                *place = *byte;
                self.have += 1;
            }
            self.look();
            return 1;
        };
        let taken = left.min(bytes.len() as u64);
        let length = usize::try_from(taken).unwrap_or(bytes.len());
        if self.is_close_frame() {
            self.note_code(bytes.get(..length).unwrap_or_default());
        }
        self.passed += taken;
        self.payload = Some(left - taken);
        if left == taken {
            self.end();
        }
        length
    }

    /// Begins the payload if the head is complete.
    fn look(&mut self) {
        let [first, second, extended @ ..] = self.head;
        let wide = match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let mask = if second & 0x80 == 0 { 0 } else { 4 };
        if self.have < 2 || self.have < 2 + wide + mask {
            return;
        }
        let length = match wide {
            0 => u64::from(second & 0x7f),
            _ => extended.iter().take(wide).fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
        };
        let is_control = first & 0x08 != 0;
        let is_whole = first & 0x80 != 0;
        if length > i64::MAX as u64 || is_control && (length > CONTROL_PAYLOAD || !is_whole) {
            self.is_lost = true;
            return;
        }
        self.payload = Some(length);
        if length == 0 {
            self.end();
        }
    }

    fn is_close_frame(&self) -> bool {
        let [first, ..] = self.head;
        first & 0x0f == 0x8
    }

    /// The first two bytes of a close frame's payload, without their mask.
    fn note_code(&mut self, bytes: &[u8]) {
        let [_, second, mask @ ..] = self.head;
        let is_masked = second & 0x80 != 0;
        let places = self.code.iter_mut().zip(mask).skip(usize::try_from(self.passed).unwrap_or(2));
        for ((place, mask), byte) in places.zip(bytes) {
            *place = if is_masked { byte ^ mask } else { *byte };
        }
    }

    fn end(&mut self) {
        let [first, ..] = self.head;
        let is_control = first & 0x08 != 0;
        self.messages += u64::from(!is_control && first & 0x80 != 0);
        if self.is_close_frame() {
            self.is_closed = true;
            // RFC 6455 7.1.5: one byte is no status.
            if self.passed < 2 {
                self.code = [0, 0];
            }
        }
        (self.have, self.payload, self.passed) = (0, None, 0);
    }
}

/// A close frame with a reason (RFC 6455 7.4.1). Towards a server it is masked, as everything of a client's.
pub(super) fn close(code: u16, mask: Option<[u8; 4]>) -> Vec<u8> {
    let [high, low] = code.to_be_bytes();
    match mask {
        None => vec![0x88, 2, high, low],
        Some(mask) => {
            let [first, second, third, fourth] = mask;
            vec![0x88, 0x82, first, second, third, fourth, high ^ first, low ^ second]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::{Chance, FACTOR};

    /// RFC 6455 5.7: the examples of frames, and what they are.
    #[test]
    fn the_examples_of_the_rfc_are_counted() {
        let long = [&[0x82, 0x7e, 0x01, 0x00][..], &[7; 256]].concat();
        let longer = [&[0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0][..], &[7; 65_536]].concat();
        let cases: [(&str, &[u8], u64); 7] = [
            ("an unmasked text", &[0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f], 1),
            ("a masked text", &[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58], 1),
            ("a text in two frames", &[0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f], 1),
            ("a ping", &[0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f], 0),
            ("a masked pong", &[0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58], 0),
            ("256 bytes", &long, 1),
            ("64 KiB", &longer, 1),
        ];
        for (what, bytes, messages) in cases {
            for size in [1, 3, bytes.len()] {
                let mut frames = Frames::default();
                bytes.chunks(size).for_each(|chunk| frames.advance(chunk));
                assert_eq!((frames.messages(), frames.is_between()), (messages, true), "{what} by {size}");
                assert!(!frames.is_closed(), "{what}");
                let mut again = Frames::default();
                assert_eq!(again.finish(bytes), Some(0), "{what}: nothing was under way");
                again.advance(&bytes[..1]);
                assert!(again.finish(&[&bytes[1..], b"more"].concat()).is_some(), "{what}");
            }
        }
    }

    #[test]
    fn a_close_frame_is_read_masked_or_not() {
        for mask in [None, Some([1, 2, 3, 4])] {
            let bytes = close(1001, mask);
            for size in [1, bytes.len()] {
                let mut frames = Frames::default();
                bytes.chunks(size).for_each(|chunk| frames.advance(chunk));
                assert_eq!((frames.is_closed(), frames.code()), (true, Some(1001)), "{mask:?}");
            }
        }
        let mut bare = Frames::default();
        bare.advance(&[0x88, 0x00]);
        assert_eq!((bare.is_closed(), bare.code()), (true, None));
    }

    #[test]
    fn a_frame_under_way_is_finished_and_no_more() {
        let mut frames = Frames::default();
        frames.advance(&[0x81, 0x05, b'h']);
        assert!(!frames.is_between());
        assert_eq!(frames.finish(b"el"), None);
        assert_eq!(frames.finish(b"lo\x81\x01x"), Some(2));
        assert!(frames.is_between());
    }

    #[test]
    fn bytes_that_are_no_frames_end_the_counting() {
        for bytes in [&[0x09, 0x00][..], &[0x89, 0x7e, 0x01, 0x00], &[0x82, 0x7f, 0xff, 0, 0, 0, 0, 0, 0, 0]]
        {
            let mut frames = Frames::default();
            frames.advance(bytes);
            frames.advance(&[0x81, 0x00]);
            assert_eq!((frames.messages(), frames.is_between()), (0, false), "{bytes:?}");
            assert_eq!(frames.finish(&[0x81, 0x00]), None);
        }
    }

    /// What a reader who has all bytes at once makes of them.
    #[derive(Debug, Default, PartialEq)]
    struct Read {
        messages: u64,
        is_closed: bool,
        code: Option<u16>,
        /// Places where a frame ends.
        ends: Vec<usize>,
        is_lost: bool,
    }

    fn read(bytes: &[u8]) -> Read {
        let mut read = Read { ends: vec![0], ..Read::default() };
        let mut at = 0;
        while let Some(&[first, second]) = bytes.get(at..at + 2) {
            let wide = [0, 2, 8][usize::from(second & 0x7f).saturating_sub(125).min(2)];
            let mask = if second & 0x80 == 0 { 0 } else { 4 };
            let begin = at + 2 + wide + mask;
            let Some(head) = bytes.get(at + 2..begin) else { break };
            let (length, mask) = head.split_at(wide);
            let length = length.iter().fold(0_u128, |sum, byte| sum << 8 | u128::from(*byte));
            let length = if wide == 0 { u128::from(second & 0x7f) } else { length };
            let (is_control, is_whole) = (first & 0x08 != 0, first & 0x80 != 0);
            if length >> 63 != 0 || is_control && (length > 125 || !is_whole) {
                read.is_lost = true;
                break;
            }
            let Some(payload) =
                usize::try_from(length).ok().and_then(|length| bytes.get(begin..begin + length))
            else {
                break;
            };
            at = begin + payload.len();
            read.ends.push(at);
            read.messages += u64::from(!is_control && is_whole);
            if first & 0x0f == 8 {
                read.is_closed = true;
                let byte = |at: usize| Some(payload.get(at)? ^ mask.get(at).copied().unwrap_or_default());
                let code = byte(0).zip(byte(1)).map(|(high, low)| u16::from_be_bytes([high, low]));
                read.code = code.filter(|code| *code != 0);
            }
        }
        read
    }

    /// RFC 6455 5.2, 5.5 and 7.1.5, in whatever pieces the bytes come.
    #[test]
    fn fuzz_frames_are_the_same_in_whatever_pieces_they_come() {
        let seeds: [&[u8]; 8] = [
            &[0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f],
            &[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58],
            &[0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f],
            &[0x89, 0x00, 0x8a, 0x80, 1, 2, 3, 4],
            &[0x82, 0x7e, 0x00, 0x03, 7, 7, 7],
            &[0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 3, 4, 9, 9],
            &[0x88, 0x82, 1, 2, 3, 4, 0x02, 0xeb],
            &[0x88, 0x01, 0x03, 0x88, 0x02, 0x03, 0xe9],
        ];
        let mut chance = Chance::new();
        for _ in 0..20_000 * FACTOR {
            let joined: Vec<u8> = (0..1 + chance.below(4)).flat_map(|_| chance.of(&seeds).to_vec()).collect();
            let bytes = chance.mutated(&joined);
            let expected = read(&bytes);
            let mut frames = Frames::default();
            chance.pieces(&bytes, 9).into_iter().for_each(|piece| frames.advance(piece));
            let is_between = !expected.is_lost && expected.ends.last() == Some(&bytes.len());
            assert_eq!(
                (frames.messages(), frames.is_between()),
                (expected.messages, is_between),
                "{bytes:x?}"
            );
            // A close frame that is under way may have brought its code already.
            if is_between {
                assert_eq!(
                    (frames.is_closed(), frames.code()),
                    (expected.is_closed, expected.code),
                    "{bytes:x?}"
                );
            }
            // The rest of a frame under way, and no more.
            let (start, rest) = bytes.split_at(chance.below(bytes.len() + 1));
            let mut frames = Frames::default();
            frames.advance(start);
            let end = expected.ends.iter().find(|end| **end >= start.len());
            assert_eq!(frames.finish(rest), end.map(|end| end - start.len()), "{start:x?} {rest:x?}");
        }
    }
}
