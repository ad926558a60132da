//! Follows the bytes of HTTP/1.1 requests, to see what the HTTP library reads but does not tell.
//!
//! The library takes `Transfer-Encoding` beside `Content-Length`, merges lengths that are the same and ends lines at a bare
//! line feed. Somebody before or behind us may read such a request differently (request smuggling), so it is refused.
//! [`Heads`] looks at each head once, finds out how long its body is, and steps over that:
//!
//! ```text
//! POST / HTTP/1.1 … content-length: 3 … │ a b c │ GET / HTTP/1.1 …
//!                                  Ended(n) after the body; the rest is the next request's
//! ```
//!
//! INVARIANT: a head that this and the library take, both take to have the same length and the same body. What only one
//! of them objects to is refused. Everything else about a head (tokens, targets, `Host`) is not judged here.

use memchr::{memchr, memchr_iter};

use super::chunks::Chunks;
use super::conformance::Refusal;

/// Of a line that comes in pieces, so much is kept. A length or coding that takes more is refused.
const KEPT: usize = 128;

/// Where the bytes have come to.
#[derive(Debug, Default)]
pub(super) struct Heads {
    place: Place,
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    /// The last byte of that line so far.
    last: u8,
    framing: Framing,
}

#[derive(Debug, Default)]
enum Place {
    /// Before a request; empty lines may come (RFC 9112 2.2).
    #[default]
    Between,
    /// In a head, after its first line.
    Head,
    /// In a body with so many bytes left.
    Sized(u64),
    /// In a body of chunks.
    Chunked(Chunks),
}

/// What a head says of its body.
#[derive(Debug, Default, Clone, Copy)]
struct Framing {
    length: Option<u64>,
    chunked: bool,
}

/// What is to become of bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// All of them belong to a request that goes on.
    Within,
    /// A request ends after so many of them.
    Ended(usize),
    /// Their head is refused.
    Refused(Refusal),
    /// The body's chunks are broken after so many of them.
    Broken(usize),
}

impl Heads {
    /// Whether no byte of a request has come.
    pub(super) fn is_between(&self) -> bool {
        matches!(self.place, Place::Between)
    }

    /// Looks at what came next.
    pub(super) fn look(&mut self, bytes: &[u8]) -> Seen {
        match &mut self.place {
            Place::Between | Place::Head => self.lines(bytes),
            Place::Sized(_) | Place::Chunked(_) => self.body(bytes, 0),
        }
    }

    /// Goes through the lines of a head.
    fn lines(&mut self, bytes: &[u8]) -> Seen {
        let mut at = 0;
        for end in memchr_iter(b'\n', bytes) {
            let line = bytes.get(at..end).unwrap_or_default();
            if self.has_fragment(line) {
                return Seen::Refused(Refusal::Syntax);
            }
            at = end + 1;
            match self.end_of_line(line) {
                Err(why) => return Seen::Refused(why),
                Ok(true) => return self.body(bytes, at),
                Ok(false) => {}
            }
        }
        let rest = bytes.get(at..).unwrap_or_default();
        if self.has_fragment(rest) {
            return Seen::Refused(Refusal::Syntax);
        }
        if !rest.is_empty() {
            self.keep(rest);
        }
        Seen::Within
    }

    /// RFC 9112 3.2: no target has a fragment. The library would leave it out.
    fn has_fragment(&self, line: &[u8]) -> bool {
        self.is_between() && memchr(b'#', line).is_some()
    }

    /// A line without its line feed, or the end of one; true at the end of a head.
    fn end_of_line(&mut self, line: &[u8]) -> Result<bool, Refusal> {
        if self.line.is_empty() {
            return self.whole(line);
        }
        self.keep(line);
        let kept = std::mem::take(&mut self.line);
        match (self.last, kept.len() < KEPT) {
            (b'\r', true) => self.whole(&kept),
            // Too long to be of interest, unless it means to be.
            (b'\r', false) if !is_of_framing(&kept) => self.whole(b"-\r"),
            _ => Err(Refusal::Framing),
        }
    }

    fn keep(&mut self, piece: &[u8]) {
        let room = KEPT - self.line.len().min(KEPT);
        self.line.extend(piece.iter().take(room));
        self.last = piece.last().copied().unwrap_or(self.last);
    }

    /// A line with its carriage return.
    fn whole(&mut self, line: &[u8]) -> Result<bool, Refusal> {
        // RFC 9112 2.2 lets us take a bare line feed for the end of a line; not everybody does.
        let Some((b'\r', line)) = line.split_last() else { return Err(Refusal::Framing) };
        match (&self.place, line.first()) {
            (Place::Between, None) => Ok(false),
            (Place::Between, Some(_)) => {
                self.place = Place::Head;
                self.framing = Framing::default();
                Ok(false)
            }
            (_, None) => Ok(true),
            (_, Some(b'c' | b'C' | b't' | b'T')) => self.framing.field(line).map(|()| false),
            // RFC 9112 5.2: a folded line.
            (_, Some(b' ' | b'\t')) => Err(Refusal::Framing),
            _ => Ok(false),
        }
    }

    /// What follows a head, or goes on in a body, from a place in the bytes.
    fn body(&mut self, bytes: &[u8], at: usize) -> Seen {
        if matches!(self.place, Place::Head) {
            self.place = match self.framing {
                Framing { chunked: true, .. } => Place::Chunked(Chunks::default()),
                Framing { length, .. } => Place::Sized(length.unwrap_or(0)),
            };
        }
        let rest = bytes.get(at..).unwrap_or_default();
        let taken = match &mut self.place {
            Place::Sized(left) => {
                let here = usize::try_from(*left).map_or(rest.len(), |left| left.min(rest.len()));
                *left -= here as u64;
                (*left == 0).then_some(here)
            }
            Place::Chunked(chunks) => match chunks.look(rest) {
                Ok(end) => end,
                Err(good) => return Seen::Broken(at + good),
            },
            _ => None,
        };
        match taken {
            Some(taken) => {
                self.place = Place::Between;
                Seen::Ended(at + taken)
            }
            None => Seen::Within,
        }
    }
}

/// Whether a line begins like one that says how long a body is.
fn is_of_framing(line: &[u8]) -> bool {
    value(line, b"content-length").or_else(|| value(line, b"transfer-encoding")).is_some()
}

/// The value of a field with this name.
fn value<'l>(line: &'l [u8], name: &[u8]) -> Option<&'l [u8]> {
    let (own, rest) = line.split_at_checked(name.len())?;
    let value = rest.strip_prefix(b":")?;
    own.eq_ignore_ascii_case(name).then_some(value)
}

impl Framing {
    /// RFC 9112 6.1 and 6.3: one length or one coding, which is `chunked`.
    fn field(&mut self, line: &[u8]) -> Result<(), Refusal> {
        if let Some(value) = value(line, b"content-length") {
            self.length = Some(self.is_unset().then(|| length(value)).flatten().ok_or(Refusal::Framing)?);
        } else if let Some(value) = value(line, b"transfer-encoding") {
            if !self.is_unset() || !value.trim_ascii().eq_ignore_ascii_case(b"chunked") {
                return Err(Refusal::Framing);
            }
            self.chunked = true;
        }
        Ok(())
    }

    fn is_unset(self) -> bool {
        self.length.is_none() && !self.chunked
    }
}

/// RFC 9110 8.6: digits and nothing else.
fn length(value: &[u8]) -> Option<u64> {
    let digits = value.trim_ascii();
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| is_number)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is seen of bytes that come in pieces of one length: how many were taken, and how it ended.
    fn seen(bytes: &[u8], piece: usize) -> (usize, Seen) {
        let mut heads = Heads::default();
        let mut taken = 0;
        for piece in bytes.chunks(piece) {
            match heads.look(piece) {
                Seen::Within => taken += piece.len(),
                Seen::Ended(here) | Seen::Broken(here) if here < piece.len() => {
                    return (taken + here, Seen::Ended(0));
                }
                Seen::Ended(here) => taken += here,
                other => return (taken, other),
            }
        }
        (taken, Seen::Within)
    }

    #[test]
    fn a_request_ends_where_its_framing_says_however_it_is_cut() {
        for (request, rest) in [
            ("GET / HTTP/1.1\r\nhost: a\r\n\r\n", "GET / HT"),
            ("\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n", "\r\nGET"),
            ("POST / HTTP/1.1\r\nContent-Length: 3\r\nhost: a\r\n\r\nabc", "GET"),
            ("POST / HTTP/1.1\r\ncontent-length:\t0 \r\n\r\n", "GET"),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=\"y\"\r\nabc\r\n0\r\n\r\n", "GET"),
            (
                "POST / HTTP/1.1\r\ntransfer-encoding:chunked\r\n\r\nA\r\n0123456789\r\n0\r\na: b\r\n\r\n",
                "GET",
            ),
        ] {
            let all = format!("{request}{rest}");
            let whole = Heads::default().look(all.as_bytes());
            assert_eq!(whole, Seen::Ended(request.len()), "{request:?}");
            for piece in [1, 2, 3, 7] {
                let mut heads = Heads::default();
                let pieces: Vec<&[u8]> = request.as_bytes().chunks(piece).collect();
                let (last, before) = pieces.split_last().unwrap();
                for piece in before {
                    assert_eq!(heads.look(piece), Seen::Within, "{request:?}");
                }
                assert_eq!(heads.look(last), Seen::Ended(last.len()), "{request:?}");
                assert!(heads.is_between());
            }
        }
    }

    #[test]
    fn what_could_be_framed_in_two_ways_is_refused_however_it_is_cut() {
        let long = format!("content-length: {}1", " ".repeat(KEPT));
        for fields in [
            "content-length: 1\r\ntransfer-encoding: chunked",
            "transfer-encoding: chunked\r\ncontent-length: 1",
            "content-length: 1\r\ncontent-length: 1",
            "content-length: 1, 1",
            "content-length: +1",
            "content-length: -1",
            "content-length: 0x1",
            "content-length:",
            "content-length: 18446744073709551616",
            "transfer-encoding: gzip, chunked",
            "transfer-encoding: chunked, chunked",
            "transfer-encoding: identity",
            "transfer-encoding: \"chunked\"",
            "transfer-encoding: chunked;x=y",
            "transfer-encoding: chunked\r\nTransfer-Encoding: chunked",
            "transfer-encoding:",
            "x: y\r\n folded: z",
            "x: y\nz: a",
            &long,
        ] {
            let request = format!("POST / HTTP/1.1\r\nhost: a\r\n{fields}\r\n\r\n");
            for piece in [1, 2, 5, request.len()] {
                let (_, how) = seen(request.as_bytes(), piece);
                // What is too long to be judged whole is refused only where it comes in pieces.
                if fields == long && piece == request.len() {
                    continue;
                }
                assert_eq!(how, Seen::Refused(Refusal::Framing), "{request:?} in {piece}");
            }
        }
    }

    #[test]
    fn fields_that_only_look_alike_mean_nothing() {
        let fields = "content-lengths: x\r\ncontent-type: a\r\nte: trailers\r\nx-content-length: 3\r\nc:d";
        let request = format!("POST / HTTP/1.1\r\n{fields}\r\nlong: {}\r\n\r\n", "y".repeat(500));
        for piece in [1, 11, request.len()] {
            assert_eq!(seen(request.as_bytes(), piece), (request.len(), Seen::Within));
        }
    }
}
