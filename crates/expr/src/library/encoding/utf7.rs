//! UTF-7: what is not plain ASCII stands as base64 of UTF-16 between `+` and `-`.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Characters that stand for themselves.
fn is_direct(c: char) -> bool {
    c.is_ascii_alphanumeric() || "\t\r\n '(),-./:?".contains(c)
}

pub(super) fn encode(text: &str) -> Vec<u8> {
    let mut out = String::with_capacity(text.len());
    let mut run: Vec<u8> = Vec::new();
    let flush = |run: &mut Vec<u8>, out: &mut String| {
        if !run.is_empty() {
            out.push('+');
            out.push_str(&ENGINE.encode(&run));
            out.push('-');
            run.clear();
        }
    };
    for c in text.chars() {
        if is_direct(c) {
            flush(&mut run, &mut out);
            out.push(c);
        } else if c == '+' && run.is_empty() {
            out.push_str("+-");
        } else {
            run.extend(c.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    flush(&mut run, &mut out);
    out.into_bytes()
}

pub(super) fn decode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        if *first != b'+' {
            out.push(char::from(*first));
            rest = after;
            continue;
        }
        let length = after
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
            .count();
        let (code, tail) = after.split_at_checked(length).unwrap_or((after, &[]));
        rest = tail.strip_prefix(b"-").unwrap_or(tail);
        if length == 0 {
            out.push('+');
            continue;
        }
        let pairs = ENGINE.decode(code).unwrap_or_default();
        let units: Vec<u16> = pairs.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
        out.push_str(&String::from_utf16_lossy(&units));
    }
    out
}
