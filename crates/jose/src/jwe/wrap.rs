//! AES Key Wrap (RFC 3394), which A128KW, A192KW and A256KW are.
//!
//! `aws-lc-rs` wraps with AES-128 and AES-256 only, so the six rounds are written out here once for all three, over its
//! AES.

use aws_lc_rs::cipher::{
    self, DecryptingKey, DecryptionContext, EncryptingKey, EncryptionContext, UnboundCipherKey,
};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use zeroize::Zeroizing;

use crate::key::Wiped;

/// RFC 3394 section 2.2.3.1.
const INITIAL: [u8; 8] = [0xA6; 8];
const HALF: usize = 8;
const ROUNDS: usize = 6;

/// The key that is wrapped, if this is the key that wrapped it.
pub(crate) fn unwrap(wrapping: &[u8], wrapped: &[u8]) -> Option<Wiped> {
    let (first, rest) = wrapped.split_at_checked(HALF)?;
    if rest.len() < 2 * HALF || !rest.len().is_multiple_of(HALF) {
        return None;
    }
    let cipher = DecryptingKey::ecb(key(wrapping)?).ok()?;
    let mut state = Zeroizing::new([0; HALF]);
    state.copy_from_slice(first);
    let mut halves = Zeroizing::new(rest.to_vec());
    let count = halves.len() / HALF;
    for round in (0..ROUNDS).rev() {
        for (index, half) in halves.chunks_exact_mut(HALF).enumerate().rev() {
            let mut block = block(&counted(&state, round * count + index + 1)?, half);
            cipher.decrypt(&mut *block, DecryptionContext::None).ok()?;
            part(&block, &mut state, half);
        }
    }
    verify_slices_are_equal(&*state, &INITIAL).ok().map(|()| halves)
}

/// Wraps a key of a multiple of eight bytes.
pub(crate) fn wrap(wrapping: &[u8], content_key: &[u8]) -> Option<Vec<u8>> {
    if content_key.len() < 2 * HALF || !content_key.len().is_multiple_of(HALF) {
        return None;
    }
    let cipher = EncryptingKey::ecb(key(wrapping)?).ok()?;
    let mut state = INITIAL;
    let mut halves = Zeroizing::new(content_key.to_vec());
    let count = halves.len() / HALF;
    for round in 0..ROUNDS {
        for (index, half) in halves.chunks_exact_mut(HALF).enumerate() {
            let mut block = block(&state, half);
            cipher.less_safe_encrypt(&mut *block, EncryptionContext::None).ok()?;
            part(&block, &mut state, half);
            state = counted(&state, round * count + index + 1)?;
        }
    }
    Some([&state[..], &halves].concat())
}

fn key(bytes: &[u8]) -> Option<UnboundCipherKey> {
    let algorithm = match bytes.len() {
        16 => &cipher::AES_128,
        24 => &cipher::AES_192,
        32 => &cipher::AES_256,
        _ => return None,
    };
    UnboundCipherKey::new(algorithm, bytes).ok()
}

/// The state with the number of the step in it.
fn counted(state: &[u8; HALF], step: usize) -> Option<[u8; HALF]> {
    let step = u64::try_from(step).ok()?;
    Some((u64::from_be_bytes(*state) ^ step).to_be_bytes())
}

fn block(state: &[u8; HALF], half: &[u8]) -> Zeroizing<[u8; 2 * HALF]> {
    let mut block = Zeroizing::new([0; 2 * HALF]);
    for (to, from) in block.iter_mut().zip(state.iter().chain(half)) {
        *to = *from;
    }
    block
}

fn part(block: &[u8; 2 * HALF], state: &mut [u8; HALF], half: &mut [u8]) {
    let (first, second) = block.split_at(HALF);
    state.copy_from_slice(first);
    half.copy_from_slice(second);
}

#[cfg(test)]
mod tests {
    use super::{unwrap, wrap};

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        digits
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    /// RFC 3394 sections 4.1 to 4.6.
    #[test]
    fn the_vectors_of_rfc_3394() {
        let wrapping = bytes("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F");
        let wrapped = bytes("00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F");
        for (wrapping_bytes, wrapped_bytes, expected) in [
            (16, 16, "1FA68B0A8112B447 AEF34BD8FB5A7B82 9D3E862371D2CFE5"),
            (24, 16, "96778B25AE6CA435 F92B5B97C050AED2 468AB8A17AD84E5D"),
            (32, 16, "64E8C3F9CE0F5BA2 63E9777905818A2A 93C8191E7D6E8AE7"),
            (24, 24, "031D33264E15D332 68F24EC260743EDC E1C6C7DDEE725A93 6BA814915C6762D2"),
            (32, 24, "A8F9BC1612C68B3F F6E6F4FBE30E71E4 769C8B80A32CB895 8CD5D17D6B254DA1"),
            (32, 32, "28C9F404C4B810F4 CBCCB35CFB87F826 3F5786E2D80ED326 CBC7F0E71A99F43B FB988B9B7A02DD21"),
        ] {
            let (wrapping, content) = (&wrapping[..wrapping_bytes], &wrapped[..wrapped_bytes]);
            let expected = bytes(expected);
            assert_eq!(wrap(wrapping, content).unwrap(), expected);
            assert_eq!(*unwrap(wrapping, &expected).unwrap(), content);
            for index in 0..expected.len() {
                let mut mangled = expected.clone();
                mangled[index] ^= 1;
                assert!(unwrap(wrapping, &mangled).is_none(), "byte {index}");
            }
        }
    }
}
