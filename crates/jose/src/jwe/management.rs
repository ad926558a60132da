//! How a recipient comes to the key of the content (`alg`; RFC 7518 section 4).

use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm};

/// The ways that are supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Management {
    /// The shared secret is the key of the content.
    Direct,
    /// RSAES-OAEP with SHA-1, as RFC 7518 section 4.3 has it by default.
    RsaOaep,
    /// RSAES-OAEP with SHA-256.
    RsaOaep256,
    /// AES Key Wrap with 128 bits.
    A128Kw,
    /// AES Key Wrap with 192 bits.
    A192Kw,
    /// AES Key Wrap with 256 bits.
    A256Kw,
    /// Key agreement on a curve; what is agreed on is the key of the content.
    EcdhEs,
    /// Key agreement on a curve; what is agreed on unwraps the key of the content, 128 bits.
    EcdhEsA128Kw,
    /// As before, 192 bits.
    EcdhEsA192Kw,
    /// As before, 256 bits.
    EcdhEsA256Kw,
}

impl Management {
    const ALL: [Self; 10] = [
        Self::Direct,
        Self::RsaOaep,
        Self::RsaOaep256,
        Self::A128Kw,
        Self::A192Kw,
        Self::A256Kw,
        Self::EcdhEs,
        Self::EcdhEsA128Kw,
        Self::EcdhEsA192Kw,
        Self::EcdhEsA256Kw,
    ];

    /// What stands in `alg`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Direct => "dir",
            Self::RsaOaep => "RSA-OAEP",
            Self::RsaOaep256 => "RSA-OAEP-256",
            Self::A128Kw => "A128KW",
            Self::A192Kw => "A192KW",
            Self::A256Kw => "A256KW",
            Self::EcdhEs => "ECDH-ES",
            Self::EcdhEsA128Kw => "ECDH-ES+A128KW",
            Self::EcdhEsA192Kw => "ECDH-ES+A192KW",
            Self::EcdhEsA256Kw => "ECDH-ES+A256KW",
        }
    }

    /// The way of an `alg` member.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.name() == name)
    }

    /// The way of an `alg` member, or why it is refused, beginning with a colon.
    pub(crate) fn accepted(name: &str) -> Result<Self, &'static str> {
        match name {
            // Bleichenbacher's attack of 1998 and its heirs: whoever can ask a gateway often enough whether a padding is
            // right reads what was encrypted for it, and RFC 8725 section 3.2 says not to.
            "RSA1_5" => Err(": its padding can be guessed, use RSA-OAEP"),
            _ => Self::from_name(name).ok_or(""),
        }
    }

    pub(crate) fn oaep(self) -> Option<&'static OaepAlgorithm> {
        match self {
            Self::RsaOaep => Some(&OAEP_SHA1_MGF1SHA1),
            Self::RsaOaep256 => Some(&OAEP_SHA256_MGF1SHA256),
            _ => None,
        }
    }

    /// Bytes of the key that wraps, where one does.
    pub(crate) fn wrapping_bytes(self) -> Option<usize> {
        match self {
            Self::A128Kw | Self::EcdhEsA128Kw => Some(16),
            Self::A192Kw | Self::EcdhEsA192Kw => Some(24),
            Self::A256Kw | Self::EcdhEsA256Kw => Some(32),
            _ => None,
        }
    }

    pub(crate) fn is_agreement(self) -> bool {
        matches!(self, Self::EcdhEs | Self::EcdhEsA128Kw | Self::EcdhEsA192Kw | Self::EcdhEsA256Kw)
    }
}
