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
            let decoder = ruzstd::decoding::StreamingDecoder::new(input);
            bounded(decoder.map_err(|_| Inflate::Broken("zstd".to_owned()))?, "zstd", limit)
        }
        other => Err(Inflate::Unknown(other.chars().take(32).collect())),
    }
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

    /// `hi` as Node 20's zlib (brotli) and Zstandard's command line 1.5.4 compress it.
    #[test]
    fn brotli_and_zstd_are_decoded() {
        let brotli = Bytes::from_static(&[0x8b, 0x00, 0x80, 0x68, 0x69, 0x03]);
        assert_eq!(decoded(&brotli, &coded("br"), 9).unwrap(), "hi");
        let zstd = Bytes::from_static(b"\x28\xb5\x2f\xfd\x04\x58\x11\x00\x00hi\xfa\x38\x26\xea");
        assert_eq!(decoded(&zstd, &coded("zstd"), 9).unwrap(), "hi");
    }
}
