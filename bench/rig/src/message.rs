//! Just enough HTTP/1.1: heads and bodies of messages on one connection, one after the other.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Instant;

use bytes::{Buf, BytesMut};
use tokio::io::AsyncReadExt;

use crate::dial::Stream;

/// No head and no line of a chunked body is longer.
const LINE_LIMIT: usize = 64 * 1024;

/// How long a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// So many bytes.
    Known(usize),
    /// Until the chunk of length 0.
    Chunked,
}

/// A connection with what has been read from it and not been used.
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    buffer: BytesMut,
    meter: Rc<Cell<usize>>,
    arrivals: Arrivals,
}

/// When the parts of a body came.
#[derive(Debug, Default)]
struct Arrivals {
    /// Size of a part; nothing is written down when it is 0.
    unit: usize,
    received: usize,
    times: Vec<Instant>,
}

impl Arrivals {
    fn received(&mut self, length: usize) {
        if self.unit == 0 {
            return;
        }
        self.received += length;
        while self.received / self.unit > self.times.len() {
            self.times.push(Instant::now());
        }
    }
}

impl Connection {
    /// Takes a connection over. The meter counts bytes of bodies as they arrive.
    #[must_use]
    pub fn new(stream: Stream, meter: Rc<Cell<usize>>) -> Self {
        Self { stream, buffer: BytesMut::with_capacity(64 * 1024), meter, arrivals: Arrivals::default() }
    }

    /// Writes down when each `unit` bytes of a body have come.
    #[must_use]
    pub fn with_arrivals(mut self, unit: usize) -> Self {
        self.arrivals.unit = unit;
        self
    }

    /// When the parts of the body came that was read last.
    #[must_use]
    pub fn arrivals(&self) -> &[Instant] {
        &self.arrivals.times
    }

    /// For writing.
    pub fn stream(&mut self) -> &mut Stream {
        &mut self.stream
    }

    /// The next head with its empty line; nothing when the peer has closed between messages.
    ///
    /// # Errors
    /// When the connection breaks, or the head is too long.
    pub async fn head(&mut self) -> io::Result<Option<BytesMut>> {
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                return Ok(Some(self.buffer.split_to(end + 4)));
            }
            if self.fill().await? == 0 {
                let between = self.buffer.is_empty();
                return if between { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
        }
    }

    /// Reads a body and throws it away; gives its length without the framing.
    ///
    /// # Errors
    /// When the connection breaks, or the framing makes no sense.
    pub async fn skip_body(&mut self, length: Length) -> io::Result<usize> {
        self.arrivals.received = 0;
        self.arrivals.times.clear();
        match length {
            Length::Known(length) => self.skip_content(length).await,
            Length::Chunked => self.skip_chunks().await,
        }
    }

    async fn skip_chunks(&mut self) -> io::Result<usize> {
        let mut total = 0;
        loop {
            let size = self.chunk_size().await?;
            if size == 0 {
                self.skip(2).await?;
                return Ok(total);
            }
            total += self.skip_content(size).await?;
            self.skip(2).await?;
        }
    }

    async fn skip_content(&mut self, length: usize) -> io::Result<usize> {
        let mut left = length;
        while left > 0 {
            let here = self.skip_some(left).await?;
            self.meter.set(self.meter.get() + here);
            self.arrivals.received(here);
            left -= here;
        }
        Ok(length)
    }

    async fn chunk_size(&mut self) -> io::Result<usize> {
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n") {
                let line = self.buffer.split_to(end + 2);
                let digits =
                    line.as_ref().split(|byte: &u8| matches!(byte, b';' | b'\r')).next().unwrap_or_default();
                let text =
                    std::str::from_utf8(digits).map_err(|_| invalid("the size of a chunk is not text"))?;
                return usize::from_str_radix(text, 16)
                    .map_err(|_| invalid("the size of a chunk is no number"));
            }
            self.fill_more().await?;
        }
    }

    async fn skip(&mut self, mut length: usize) -> io::Result<()> {
        while length > 0 {
            length -= self.skip_some(length).await?;
        }
        Ok(())
    }

    async fn skip_some(&mut self, most: usize) -> io::Result<usize> {
        if self.buffer.is_empty() {
            self.fill_more().await?;
        }
        let here = most.min(self.buffer.len());
        self.buffer.advance(here);
        Ok(here)
    }

    async fn fill_more(&mut self) -> io::Result<()> {
        if self.fill().await? == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    async fn fill(&mut self) -> io::Result<usize> {
        if self.buffer.len() > LINE_LIMIT {
            return Err(invalid("a line is too long"));
        }
        self.buffer.reserve(16 * 1024);
        self.stream.read_buf(&mut self.buffer).await
    }
}

/// How long the body after a head is. A message without either header has none.
///
/// # Errors
/// When the length is not a number.
pub fn body_length(head: &[u8]) -> io::Result<Length> {
    if header(head, "transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case(b"chunked")) {
        return Ok(Length::Chunked);
    }
    let Some(value) = header(head, "content-length") else { return Ok(Length::Known(0)) };
    let number = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
    number.map(Length::Known).ok_or_else(|| invalid("the length of a body is no number"))
}

/// The value of the first header of that name.
#[must_use]
pub fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a [u8]> {
    head.split(|byte| *byte == b'\n').find_map(|line| {
        let (field, value) = line.split_at_checked(name.len())?;
        let value = value.strip_prefix(b":").filter(|_| field.eq_ignore_ascii_case(name.as_bytes()))?;
        Some(value.trim_ascii())
    })
}

/// An error of a message that makes no sense.
#[must_use]
pub fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_owned())
}

/// Where the text begins. Heads are short, so this is simple.
fn find(bytes: &[u8], text: &[u8]) -> Option<usize> {
    bytes.windows(text.len()).position(|window| window == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_body_count_however_they_are_cut() {
        let mut arrivals = Arrivals { unit: 10, ..Arrivals::default() };
        for (length, parts) in [(4, 0), (5, 0), (1, 1), (25, 3), (5, 4)] {
            arrivals.received(length);
            assert_eq!(arrivals.times.len(), parts);
        }
    }

    #[test]
    fn headers_are_found_in_any_case() {
        let head = b"POST / HTTP/1.1\r\nHost: a\r\ncontent-LENGTH:  12 \r\n\r\n";
        assert_eq!(header(head, "Content-Length"), Some(b"12".as_slice()));
        assert!(matches!(body_length(head), Ok(Length::Known(12))));
        assert!(matches!(body_length(b"x\r\nTransfer-Encoding: chunked\r\n\r\n"), Ok(Length::Chunked)));
        assert_eq!(header(head, "Cookie"), None);
    }
}
