//! Base64url as RFC 7515 section 2 has it: no padding, no line breaks, no bits left over.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// The bytes, if `text` is the one encoding of them.
pub(crate) fn decode(text: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// The one encoding of the bytes.
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Plain Base64, which `x5c` is written in.
pub(crate) fn decode_standard(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Plain Base64, which `x5c` and PEM are written in.
pub(crate) fn encode_standard(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn there_is_one_way_to_write_bytes() {
        // RFC 4648 section 10: "fo" is Zm8, padded Zm8=.
        assert_eq!(decode("Zm8").as_deref(), Some(&b"fo"[..]));
        for other in ["Zm8=", "Zm9", "Zm 8", "Zm8\n", "Z", "Zm+/"] {
            assert_eq!(decode(other), None, "{other:?}");
        }
    }
}
