//! Why a token was refused.
//!
//! API Management shows the text of the library that refused ("library text", in `context.LastError.Message`). Its
//! library is Microsoft.IdentityModel, so where that has a text for the case, the text is that: the `IDX` numbers are
//! those of its `LogMessages.cs`. Left out is what it only shows on demand: the token, and the exceptions inside.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::SignatureAlgorithm;

/// A word out of a token, safe to print: at most 64 characters, none of them a control character, a quote or a
/// direction mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown(Arc<str>);

impl Shown {
    const LONGEST: usize = 64;

    /// Makes a word safe to print.
    #[must_use]
    pub fn new(text: &str) -> Self {
        // Nearly all words of tokens that are accepted.
        if text.len() <= Self::LONGEST && text.bytes().all(is_plain_byte) {
            return Self(text.into());
        }
        let mut shown = String::with_capacity(text.len().min(Self::LONGEST) + 3);
        for (index, character) in text.chars().enumerate() {
            if index == Self::LONGEST {
                shown.push('…');
                break;
            }
            shown.push(if is_plain(character) { character } else { '\u{FFFD}' });
        }
        Self(shown.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, to be kept.
    #[must_use]
    pub fn into_shared(self) -> Arc<str> {
        self.0
    }
}

/// Whether a byte is a character for which [`is_plain`] holds.
fn is_plain_byte(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'\'' | b'"' | b'`' | b'<' | b'>')
}

/// Whether a character is what it looks like: neither control nor quote, nor one that turns or hides others.
fn is_plain(character: char) -> bool {
    let hidden = matches!(character, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}');
    !character.is_control() && !hidden && !matches!(character, '\'' | '"' | '`' | '<' | '>')
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A part of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The header.
    Header,
    /// What is signed: the claims.
    Payload,
    /// The signature.
    Signature,
    /// The encrypted key of a JWE.
    EncryptedKey,
    /// The initialisation vector of a JWE.
    Vector,
    /// The encrypted content of a JWE.
    Ciphertext,
    /// The authentication tag of a JWE.
    Tag,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
            Self::EncryptedKey => "encrypted key",
            Self::Vector => "initialization vector",
            Self::Ciphertext => "ciphertext",
            Self::Tag => "authentication tag",
        })
    }
}

/// Why a token was refused. No text of the token is in it but its key id and the names of its algorithms, bounded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenProblem {
    /// Longer than [`crate::Limits::token_bytes`].
    #[error(
        "IDX10209: Token has length: '{bytes}' which is larger than the MaximumTokenSizeInBytes: '{limit}'."
    )]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The longest allowed.
        limit: usize,
    },
    /// Neither three nor five parts.
    #[error("IDX12741: JWT must have three segments (JWS) or five segments (JWE).")]
    Segments,
    /// A part is not Base64url, or not as RFC 7515 wants it.
    #[error("IDX10400: Unable to decode the {0} as Base64url encoded string.")]
    Encoding(Part),
    /// Header or claims are not one JSON object with each member once, within [`crate::Limits`].
    #[error(
        "the token's {0} is not a JSON object that names each of its members once and stays within the limits"
    )]
    Json(Part),
    /// The header says something that is not understood, so that the token must be refused.
    #[error("the token's header is refused: {0}")]
    Header(HeaderProblem),
    /// It has no signature, and one is required.
    #[error("IDX10504: Unable to validate signature, token does not have a signature.")]
    Unsigned,
    /// Its algorithm is not known.
    #[error("IDX10652: The algorithm '{alg}' is not supported.")]
    AlgorithmUnknown {
        /// What `alg` (or `enc`) says.
        alg: Shown,
    },
    /// Its algorithm is known, but not among those that are accepted.
    #[error("IDX10696: The algorithm '{alg}' is not in the user-defined accepted list of algorithms.")]
    AlgorithmNotAllowed {
        /// What `alg` says.
        alg: SignatureAlgorithm,
    },
    /// No key to verify it with: none was given (no `kid`), or none has its key id. Keys may have been rotated.
    #[error("{}", key_not_found(kid.as_ref()))]
    KeyNotFound {
        /// The id of the key that it wants.
        kid: Option<Shown>,
    },
    /// No key verifies it.
    #[error("{}", signature_invalid(*tried, kid.as_ref()))]
    SignatureInvalid {
        /// How many keys there were to try.
        tried: usize,
        /// The id of the key that it names.
        kid: Option<Shown>,
    },
    /// No key decrypts it.
    #[error("{}", undecryptable(*tried))]
    Undecryptable {
        /// How many keys there were to try.
        tried: usize,
    },
    /// It is encrypted in a way that is refused, or not understood.
    #[error(
        "IDX10611: Decryption failed. Encryption is not supported for: Algorithm: '{alg}', Encryption: '{enc}'{why}"
    )]
    EncryptionNotSupported {
        /// What `alg` says.
        alg: Shown,
        /// What `enc` says.
        enc: Shown,
        /// Why, beginning with a colon; may be empty.
        why: &'static str,
    },
    /// What was encrypted is no signed token.
    #[error("the encrypted content is not a token with three segments (JWS)")]
    NotNested,
    /// A claim with a meaning of its own is not of the type that RFC 7519 wants.
    #[error("the claim '{0}' is not what RFC 7519 wants it to be")]
    ClaimType(&'static str),
    /// It has no `exp`, and one is required.
    #[error(
        "IDX10225: Lifetime validation failed. The token is missing an Expiration Time. Tokentype: 'System.IdentityModel.Tokens.Jwt.JwtSecurityToken'."
    )]
    NoExpiration,
    /// `exp` has passed.
    #[error(
        "IDX10223: Lifetime validation failed. The token is expired. ValidTo (UTC): '{}', Current time (UTC): '{}'.", moment(*expires), moment(*now)
    )]
    Expired {
        /// `exp`.
        expires: Timestamp,
        /// When it was looked at.
        now: Timestamp,
    },
    /// `nbf` has not come.
    #[error(
        "IDX10222: Lifetime validation failed. The token is not yet valid. ValidFrom (UTC): '{}', Current time (UTC): '{}'.", moment(*from), moment(*now)
    )]
    NotYetValid {
        /// `nbf`.
        from: Timestamp,
        /// When it was looked at.
        now: Timestamp,
    },
    /// `nbf` comes after `exp`.
    #[error(
        "IDX10224: Lifetime validation failed. The NotBefore (UTC): '{}' is after Expires (UTC): '{}'.", moment(*from), moment(*expires)
    )]
    NeverValid {
        /// `nbf`.
        from: Timestamp,
        /// `exp`.
        expires: Timestamp,
    },
}

/// What a header says that makes the token unacceptable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderProblem {
    /// Longer than [`crate::Limits::header_bytes`].
    #[error("it is too long")]
    TooLong,
    /// `alg` (or `enc` of a JWE) is missing or no string.
    #[error("`{0}` is missing or not a string")]
    NoAlgorithm(&'static str),
    /// `crit` names extensions that must be understood. None is.
    #[error("`crit` demands extensions, and none is understood")]
    Critical,
    /// `b64` (RFC 7797): the payload would not be Base64url.
    #[error("`b64` is not supported")]
    Unencoded,
    /// `zip`: a small token could become a large one.
    #[error("`zip` is not supported")]
    Compressed,
    /// A member with a meaning of its own is not of the type that it must have.
    #[error("`{0}` is not a string")]
    NotText(&'static str),
    /// `alg` says `none`, yet there is a signature.
    #[error("`alg` is `none`, but there is a signature")]
    SignedByNone,
}

impl From<HeaderProblem> for TokenProblem {
    fn from(problem: HeaderProblem) -> Self {
        Self::Header(problem)
    }
}

fn key_not_found(kid: Option<&Shown>) -> String {
    match kid {
        Some(kid) => {
            format!("IDX10501: Signature validation failed. Unable to match key: kid: '{kid}'.")
        }
        None => {
            "IDX10500: Signature validation failed. No security keys were provided to validate the signature."
                .to_owned()
        }
    }
}

fn signature_invalid(tried: usize, kid: Option<&Shown>) -> String {
    match kid {
        Some(kid) => {
            format!("IDX10511: Signature validation failed. Keys tried: '{tried}'. kid: '{kid}'.")
        }
        None => format!("IDX10503: Signature validation failed. Keys tried: '{tried}'."),
    }
}

fn undecryptable(tried: usize) -> String {
    match tried {
        0 => "IDX10609: Decryption failed. No Keys tried.".to_owned(),
        _ => format!("IDX10603: Decryption failed. Keys tried: '{tried}'."),
    }
}

/// A time as .NET's invariant culture prints it, which is how the library's texts have it.
fn moment(time: Timestamp) -> impl fmt::Display {
    time.to_zoned(TimeZone::UTC).strftime("%m/%d/%Y %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_token_are_shown_short_and_harmless() {
        assert_eq!(Shown::new("key-1").as_str(), "key-1");
        assert_eq!(Shown::new("a\r\nb\u{202E}'").as_str(), "a\u{FFFD}\u{FFFD}b\u{FFFD}\u{FFFD}");
        assert_eq!(Shown::new(&"k".repeat(100)).as_str(), format!("{}…", "k".repeat(64)));
    }

    #[test]
    fn texts_are_those_of_the_library_behind_api_management() {
        let at = |second| Timestamp::from_second(second).unwrap();
        // RFC 7519 section 3.1's `exp`.
        let expired = TokenProblem::Expired { expires: at(1_300_819_380), now: at(1_300_819_381) };
        assert_eq!(
            expired.to_string(),
            "IDX10223: Lifetime validation failed. The token is expired. ValidTo (UTC): '03/22/2011 18:43:00', \
             Current time (UTC): '03/22/2011 18:43:01'."
        );
        let unknown = TokenProblem::KeyNotFound { kid: Some(Shown::new("k")) };
        assert_eq!(
            unknown.to_string(),
            "IDX10501: Signature validation failed. Unable to match key: kid: 'k'."
        );
    }
}
