//! The two keys of a subscription.

use secret::Secret;
use zeroize::Zeroizing;

use crate::{Rng, StoreError};

/// One of the two keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhichKey {
    /// The first key.
    Primary,
    /// The second key, so that one can be changed while the other is in use.
    Secondary,
}

impl WhichKey {
    pub(crate) const BOTH: [Self; 2] = [Self::Primary, Self::Secondary];

    /// `primary` or `secondary`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
        }
    }
}

/// The two keys of a subscription, in the open.
#[derive(Clone, Debug)]
pub struct KeyPair {
    /// The first key.
    pub primary: Secret,
    /// The second key.
    pub secondary: Secret,
}

impl KeyPair {
    /// One of them.
    #[must_use]
    pub fn get(&self, which: WhichKey) -> &Secret {
        match which {
            WhichKey::Primary => &self.primary,
            WhichKey::Secondary => &self.secondary,
        }
    }
}

/// A new key.
///
/// COMPAT: 32 lower-case hexadecimal digits, as the keys that API Management generates.
pub(crate) fn generate(rng: &dyn Rng) -> Result<Secret, StoreError> {
    let mut bytes = Zeroizing::new([0; 16]);
    rng.fill(bytes.as_mut_slice())?;
    let mut text = String::with_capacity(2 * bytes.len());
    for digit in bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]) {
        text.extend(char::from_digit(u32::from(digit), 16));
    }
    Ok(Secret::new(text))
}

/// Refuses a given key that no request could carry.
///
/// COMPAT: at most 256 characters (limit of the published resource models). That it must fit into a header is ours.
pub(crate) fn check(which: WhichKey, key: &Secret) -> Result<(), StoreError> {
    let refuse = |why| Err(StoreError::Key { which: which.name(), why });
    match key.expose() {
        "" => refuse("it is empty"),
        text if text.chars().count() > 256 => refuse("it is longer than 256 characters"),
        text if !text.chars().all(|c| c.is_ascii_graphic()) => {
            refuse("it may hold visible ASCII characters only, since it travels in a header")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Rng for Fixed {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), crate::NoRandomness> {
            bytes.iter_mut().zip(0x0e..).for_each(|(byte, value)| *byte = value);
            Ok(())
        }
    }

    #[test]
    fn a_generated_key_is_32_hexadecimal_digits() {
        assert_eq!(generate(&Fixed).unwrap().expose(), "0e0f101112131415161718191a1b1c1d");
    }

    #[test]
    fn a_given_key_must_fit_into_a_header() {
        for bad in ["", "two words", "schlüssel", "line\nbreak", &"k".repeat(257)] {
            assert!(check(WhichKey::Primary, &Secret::new(bad)).is_err(), "{bad}");
        }
        assert!(check(WhichKey::Primary, &Secret::new("k".repeat(256))).is_ok());
    }
}
