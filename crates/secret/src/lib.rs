//! Secret values that cannot be printed, serialised or compared in variable time.
//!
//! A [`Secret`] has no `Debug` of its content, no `Display`, no `Serialize` and no `PartialEq`; its memory is wiped
//! when it is dropped. A [`SecretSlot`] is a named place whose secret can be replaced while requests run.

mod slot;

pub use slot::{SecretSlot, Unset};

use std::fmt;
use std::sync::Arc;

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

/// Text that must not leave the process but where it is meant to go. Cloning shares the memory.
#[derive(Clone)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// Takes a secret over; the given string's memory becomes the secret's.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Arc::new(Zeroizing::new(text.into())))
    }

    /// The secret text. Every call is a place to review: it may go to the wire or into a keyed hash, nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }

    /// Whether `other` is the same text, in time that depends on its length only.
    #[must_use]
    pub fn matches(&self, other: &str) -> bool {
        let (own, other) = (self.0.as_bytes(), other.as_bytes());
        if own.len() != other.len() {
            return false;
        }
        // Many bytes at a time: byte by byte a token takes longer than the rest of what is done with it.
        let (own, own_rest) = own.as_chunks::<64>();
        let (other, other_rest) = other.as_chunks::<64>();
        let same = |(own, other): (&[u8; 64], &[u8; 64])| differences(own, other).ct_eq(&0);
        let blocks = own.iter().zip(other).map(same).fold(Choice::from(1), |all, same| all & same);
        let (own, own_rest) = own_rest.as_chunks::<8>();
        let (other, other_rest) = other_rest.as_chunks::<8>();
        let same =
            |(own, other): (&[u8; 8], &[u8; 8])| u64::from_ne_bytes(*own).ct_eq(&u64::from_ne_bytes(*other));
        let eights = own.iter().zip(other).map(same).fold(blocks, |all, same| all & same);
        (eights & own_rest.ct_eq(other_rest)).into()
    }

    /// Whether it is a clone of `other`, or the other way round: the same text in the same place.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether it holds no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The bits in which two blocks differ, eight bytes laid over each other: all of both are looked at, whatever they are.
fn differences(own: &[u8; 64], other: &[u8; 64]) -> u64 {
    let (own, _) = own.as_chunks::<8>();
    let (other, _) = other.as_chunks::<8>();
    let differ = |(own, other): (&[u8; 8], &[u8; 8])| u64::from_ne_bytes(*own) ^ u64::from_ne_bytes(*other);
    own.iter().zip(other).map(differ).fold(0, |all, differ| all | differ)
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_is_compared_but_never_shown() {
        let secret = Secret::new("sk-planted");
        assert!(secret.matches("sk-planted"));
        assert!(!secret.matches("sk-plantee") && !secret.matches("sk") && !secret.matches("rk-planted"));
        assert!(Secret::new("").matches("") && !Secret::new("12345678").matches("12345679"));
        assert!(secret.is_same(&secret.clone()) && !secret.is_same(&Secret::new("sk-planted")));
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }

    #[test]
    fn one_byte_that_differs_is_seen_wherever_it_stands() {
        for length in [1, 7, 8, 63, 64, 65, 71, 128, 200] {
            let text = "a".repeat(length);
            let secret = Secret::new(text.as_str());
            assert!(secret.matches(&text), "{length}");
            for at in 0..length {
                let other = format!("{}b{}", "a".repeat(at), "a".repeat(length - at - 1));
                assert!(!secret.matches(&other), "{at} of {length}");
            }
        }
    }
}
