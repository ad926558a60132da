//! Where a body of chunks ends (RFC 9112 7.1). The HTTP library reads the same bytes; what it lets pass here and there
//! (blanks after a size) is broken for us.

use memchr::memchr;

/// Bytes of a line of size and extensions, and of all trailers, at most; as the library has it.
const LONGEST: usize = 16 * 1024;

/// Where the bytes of a body of chunks have come to.
#[derive(Debug)]
pub(super) struct Chunks {
    place: Place,
    /// The size of the chunk whose line is read, then what is left of it.
    left: u64,
    /// Bytes of extensions, or of trailers, so far.
    long: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Before the first digit of a size.
    Start,
    Size,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    /// At the beginning of a line of trailers.
    Line,
    /// In one.
    Trailer,
    TrailerLf,
    EndLf,
}

impl Default for Chunks {
    fn default() -> Self {
        Self { place: Place::Start, left: 0, long: 0 }
    }
}

impl Chunks {
    /// Where in these bytes the body ends, if it does.
    ///
    /// # Errors
    /// How many bytes are good before the first that cannot stand there.
    pub(super) fn look(&mut self, bytes: &[u8]) -> Result<Option<usize>, usize> {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            if let Some(run) = self.run(rest) {
                at += run;
                continue;
            }
            let next = rest.first().and_then(|byte| self.step(*byte)).ok_or(at)?;
            at += 1;
            match next {
                Next::Place(place) => self.place = place,
                Next::End => return Ok(Some(at)),
            }
        }
        Ok(None)
    }

    /// Steps over bytes that need no look each: those of a chunk, and all but the last of a trailer.
    fn run(&mut self, rest: &[u8]) -> Option<usize> {
        match self.place {
            Place::Data => {
                let here = usize::try_from(self.left).map_or(rest.len(), |left| left.min(rest.len()));
                self.left -= here as u64;
                if self.left == 0 {
                    self.place = Place::DataCr;
                }
                Some(here)
            }
            Place::Trailer => {
                let here = memchr(b'\r', rest).unwrap_or(rest.len());
                self.long = self.long.saturating_add(here);
                (here > 0 && self.long <= LONGEST).then_some(here)
            }
            _ => None,
        }
    }

    fn step(&mut self, byte: u8) -> Option<Next> {
        let place = match (self.place, byte) {
            (Place::Start, _) => {
                (self.left, self.long) = (u64::from(digit(byte)?), 0);
                Place::Size
            }
            (Place::Size, b';') => Place::Extension,
            (Place::Size | Place::Extension, b'\r') => Place::SizeLf,
            (Place::Size, _) => {
                self.left = self.left.checked_mul(16)?.checked_add(u64::from(digit(byte)?))?;
                Place::Size
            }
            (Place::Extension, byte) => {
                self.long += 1;
                let may_stand = byte == b'\t' || byte >= b' ' && byte != 0x7f;
                (may_stand && self.long <= LONGEST).then_some(Place::Extension)?
            }
            (Place::SizeLf, b'\n') if self.left == 0 => Place::Line,
            (Place::SizeLf, b'\n') => Place::Data,
            (Place::DataCr, b'\r') => Place::DataLf,
            (Place::DataLf, b'\n') => Place::Start,
            (Place::Line, b'\r') => Place::EndLf,
            (Place::Line, byte) if byte > b' ' => Place::Trailer,
            (Place::Trailer, b'\r') => Place::TrailerLf,
            (Place::TrailerLf, b'\n') => Place::Line,
            (Place::EndLf, b'\n') => return Some(Next::End),
            _ => return None,
        };
        Some(Next::Place(place))
    }
}

enum Next {
    Place(Place),
    End,
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked(bytes: &str, piece: usize) -> Result<Option<usize>, usize> {
        let mut chunks = Chunks::default();
        let mut before = 0;
        for piece in bytes.as_bytes().chunks(piece) {
            match chunks.look(piece) {
                Ok(None) => before += piece.len(),
                Ok(Some(end)) => return Ok(Some(before + end)),
                Err(good) => return Err(before + good),
            }
        }
        Ok(None)
    }

    #[test]
    fn a_body_ends_after_its_last_chunk_and_its_trailers() {
        for (body, end) in [
            ("0\r\n\r\nGET", Some(5)),
            ("000\r\n\r\n", Some(7)),
            ("5\r\nhello\r\n0\r\n\r\n", Some(15)),
            ("5;a=b; c\r\nhe\r\no\r\n0;x\r\nt: u\r\nv: w\r\n\r\nG", Some(40)),
            ("5\r\nhello\r\n", None),
            ("0\r\nt: u\r\n", None),
        ] {
            let end = end.map(|_| body.len() - body.rsplit("\r\n\r\n").next().unwrap().len());
            for piece in [1, 2, 3, body.len()] {
                assert_eq!(looked(body, piece), Ok(end), "{body:?} in {piece}");
            }
        }
    }

    /// RFC 9112 7.1: what is no chunk.
    #[test]
    fn broken_framing_is_found_at_its_first_byte() {
        for (body, good) in [
            ("\r\n", 0),
            (" 5\r\nhello", 0),
            ("+5\r\nhello", 0),
            ("0x5\r\nhello", 1),
            ("5 \r\nhello", 1),
            ("5\nhello", 1),
            ("5\rhello", 2),
            ("5;a\nhello", 3),
            ("5;a\rhello", 4),
            ("5\r\nhelloX\r\n", 8),
            ("5\r\nhello\n", 8),
            ("10000000000000000\r\n", 16),
            ("0\r\n t: u\r\n", 3),
            ("0\r\n\n", 3),
            ("0\r\nt: u\rv", 8),
        ] {
            for piece in [1, 2, body.len()] {
                assert_eq!(looked(body, piece), Err(good), "{body:?} in {piece}");
            }
        }
    }
}
