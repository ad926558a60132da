//! Content encodings, decoded for whoever reads a body; the caller gets the original bytes.
//!
//! Coded as RFC 9110 section 8.4: `gzip`, `x-gzip`, `deflate`, `br`, `zstd`, and lists of them.

use std::fmt;
use std::io::{self, Read};

use bytes::Bytes;
use http::{HeaderMap, header};

/// Why content could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inflate {
    /// It expands to more than so many bytes.
    TooLarge(u64),
    /// It is not what its `Content-Encoding` says.
    Broken(String),
    /// A coding that we do not know.
    Unknown(String),
}

impl fmt::Display for Inflate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(limit) => write!(f, "the body expands to more than {limit} bytes"),
            Self::Broken(coding) => write!(f, "the body is not valid `{coding}` content"),
            Self::Unknown(coding) => write!(f, "the content coding `{coding}` is not known"),
        }
    }
}

impl std::error::Error for Inflate {}

/// The content behind the `Content-Encoding` of `headers`; the same bytes when there is none.
///
/// # Errors
/// [`Inflate`] when it expands beyond `limit` bytes, is broken, or has an unknown coding.
pub fn decoded(bytes: &Bytes, headers: &HeaderMap, limit: u64) -> Result<Bytes, Inflate> {
    let mut content = bytes.clone();
    let listed: Vec<&str> = headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|coding| !coding.is_empty())
        .collect();
    // The last coding was applied last, so it comes off first.
    for coding in listed.into_iter().rev() {
        content = one(&content, coding, limit)?;
    }
    Ok(content)
}

fn one(bytes: &Bytes, coding: &str, limit: u64) -> Result<Bytes, Inflate> {
    let input = bytes.as_ref();
    match coding.to_ascii_lowercase().as_str() {
        "identity" => Ok(bytes.clone()),
        "gzip" | "x-gzip" => bounded(flate2::read::MultiGzDecoder::new(input), "gzip", limit),
        "deflate" => deflate(input, limit),
        "br" => bounded(brotli_decompressor::Decompressor::new(input, 4096), "br", limit),
        "zstd" => {
            if zstd_window(input).is_some_and(|window| window > ZSTD_WINDOW) {
                return Err(Inflate::TooLarge(limit));
            }
            let decoder = ruzstd::decoding::StreamingDecoder::new(input);
            bounded(decoder.map_err(|_| Inflate::Broken("zstd".to_owned()))?, "zstd", limit)
        }
        other => Err(Inflate::Unknown(other.chars().take(32).collect())),
    }
}

/// RFC 9659: a window beyond 8 MiB is not for HTTP. The decoder makes room for it before the first byte comes out.
const ZSTD_WINDOW: u64 = 8 * 1024 * 1024;

/// The window that a frame of Zstandard asks for (RFC 8878 section 3.1.1.1), in bytes.
fn zstd_window(input: &[u8]) -> Option<u64> {
    let [0x28, 0xb5, 0x2f, 0xfd, descriptor, rest @ ..] = input else { return None };
    if descriptor & 0x20 == 0 {
        let window = rest.first()?;
        let base = 1_u64.checked_shl(10 + u32::from(window >> 3))?;
        return Some(base + base / 8 * u64::from(window & 7));
    }
    // The content in one piece: its size is the window's.
    let dictionary = [0, 1, 2, 4].get(usize::from(descriptor & 3)).copied()?;
    let (size, more) = [(1, 0), (2, 256), (4, 0), (8, 0)].get(usize::from(descriptor >> 6)).copied()?;
    let bytes = rest.get(dictionary..)?.get(..size)?;
    Some(bytes.iter().rev().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte)).saturating_add(more))
}

/// `deflate` means zlib (RFC 9110 8.4.1.2); some senders mean raw deflate, which the first byte tells.
fn deflate(input: &[u8], limit: u64) -> Result<Bytes, Inflate> {
    if input.first().is_some_and(|byte| byte & 0x0f == 8) {
        return bounded(flate2::read::ZlibDecoder::new(input), "deflate", limit);
    }
    bounded(flate2::read::DeflateDecoder::new(input), "deflate", limit)
}

fn bounded(decoder: impl Read, coding: &str, limit: u64) -> Result<Bytes, Inflate> {
    let mut out = Vec::new();
    let copied = io::copy(&mut decoder.take(limit.saturating_add(1)), &mut out);
    match copied {
        Ok(length) if length > limit => Err(Inflate::TooLarge(limit)),
        Ok(_) => Ok(out.into()),
        Err(_) => Err(Inflate::Broken(coding.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use http::HeaderValue;
    use std::io::Write as _;

    fn gzip(text: &[u8]) -> Bytes {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap().into()
    }

    fn coded(coding: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::CONTENT_ENCODING, HeaderValue::from_static(coding))])
    }

    #[test]
    fn gzip_is_decoded_and_a_bomb_is_refused() {
        assert_eq!(decoded(&gzip(b"hello"), &coded("gzip"), 100).unwrap(), "hello");
        let bomb = gzip(&vec![b'a'; 1_000_000]);
        assert_eq!(decoded(&bomb, &coded("GZIP"), 1_000), Err(Inflate::TooLarge(1_000)));
    }

    #[test]
    fn an_unknown_or_false_coding_is_an_error_and_none_is_none() {
        let plain = Bytes::from_static(b"plain");
        assert_eq!(decoded(&plain, &HeaderMap::new(), 9).unwrap(), "plain");
        assert_eq!(decoded(&plain, &coded("gzip"), 9), Err(Inflate::Broken("gzip".to_owned())));
        assert_eq!(decoded(&plain, &coded("exi"), 9), Err(Inflate::Unknown("exi".to_owned())));
    }

    /// RFC 8878 section 3.1.1.1: windows by descriptor, and by the size of content in one piece.
    #[test]
    fn zstd_frames_that_want_much_room_are_refused() {
        let frame = |head: &[u8]| Bytes::from([&[0x28, 0xb5, 0x2f, 0xfd], head, &[9, 0, 0, b'a']].concat());
        assert_eq!(decoded(&frame(&[0x00, 13 << 3]), &coded("zstd"), 9).unwrap(), "a");
        assert_eq!(zstd_window(&frame(&[0x00, 13 << 3 | 1])), Some(9 * 1024 * 1024));
        assert_eq!(zstd_window(&frame(&[0x60, 1, 0])), Some(257));
        assert_eq!(zstd_window(&frame(&[0xa1, 7, 0, 0, 0, 1])), Some(1 << 24));
        for (head, limit) in [(&[0x00, 16 << 3][..], 9), (&[0xa0, 0, 0, 0, 1], 9), (&[0x00, 0xff], 9)] {
            assert_eq!(
                decoded(&frame(head), &coded("zstd"), limit),
                Err(Inflate::TooLarge(limit)),
                "{head:?}"
            );
        }
    }

    /// `hi` as Node 20's zlib (brotli) and Zstandard's command line 1.5.4 compress it.
    #[test]
    fn brotli_and_zstd_are_decoded() {
        let brotli = Bytes::from_static(&[0x8b, 0x00, 0x80, 0x68, 0x69, 0x03]);
        assert_eq!(decoded(&brotli, &coded("br"), 9).unwrap(), "hi");
        let zstd = Bytes::from_static(b"\x28\xb5\x2f\xfd\x04\x58\x11\x00\x00hi\xfa\x38\x26\xea");
        assert_eq!(decoded(&zstd, &coded("zstd"), 9).unwrap(), "hi");
    }
}
