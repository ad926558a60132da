//! `byte[].Encrypt(…)` and `byte[].Decrypt(…)`: the policy language's extension methods for symmetric encryption.
//!
//! The algorithm is named as for `SymmetricAlgorithm.Create`; published policies use `"Aes"` only. As .NET does by default:
//! CBC and PKCS #7.

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey,
    PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;

use crate::eval::{Cx, Eval};
use crate::{Exception, Text, Value};

use super::arguments::{bytes, text};
use super::{TypeSpec, member};

pub(super) const TYPES: &[TypeSpec] = &[TypeSpec {
    members: &[
        member("static byte[] Encrypt(this byte[] input, string alg, byte[] key, byte[] iv)", |cx, a| {
            run(cx, a, encrypt)
        }),
        member("static byte[] Decrypt(this byte[] input, string alg, byte[] key, byte[] iv)", |cx, a| {
            run(cx, a, decrypt)
        }),
    ],
    ..TypeSpec::statics("Cardea.ByteArrayExtensions", "azure/api-management/api-management-policy-expressions")
}];

type Cipher = fn(UnboundCipherKey, [u8; 16], Vec<u8>) -> Option<Vec<u8>>;

fn run(cx: &mut Cx<'_>, args: &[Value], cipher: Cipher) -> Eval {
    let algorithm = text(args, 1, "alg")?.as_str();
    let plain = algorithm.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
    if !matches!(plain.as_str(), "aes" | "aesmanaged" | "aescryptoserviceprovider" | "rijndael" | "rijndaelmanaged") {
        let message = format!("The algorithm '{algorithm}' is not supported; use 'Aes'.");
        return Err(Exception::new("System.Security.Cryptography.CryptographicException", message));
    }
    let input = bytes(cx.heap, args, 0, "input")?.to_vec();
    let key = key(bytes(cx.heap, args, 2, "rgbKey")?)?;
    let iv: [u8; 16] = bytes(cx.heap, args, 3, "rgbIV")?.try_into().map_err(|_| {
        cryptographic("Specified initialization vector (IV) does not match the block size for this algorithm.")
    })?;
    cx.grow(input.len())?;
    let output = cipher(key, iv, input);
    cx.heap.bytes(output.ok_or_else(|| cryptographic("Padding is invalid and cannot be removed."))?)
}

fn cryptographic(message: &'static str) -> Exception {
    Exception::new("System.Security.Cryptography.CryptographicException", Text::from_static(message))
}

fn key(bytes: &[u8]) -> Result<UnboundCipherKey, Exception> {
    let algorithm = match bytes.len() {
        16 => &AES_128,
        24 => &AES_192,
        32 => &AES_256,
        _ => return Err(cryptographic("Specified key is not a valid size for this algorithm.")),
    };
    UnboundCipherKey::new(algorithm, bytes)
        .map_err(|_| cryptographic("Specified key is not a valid size for this algorithm."))
}

fn encrypt(key: UnboundCipherKey, iv: [u8; 16], mut input: Vec<u8>) -> Option<Vec<u8>> {
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).ok()?;
    key.less_safe_encrypt(&mut input, EncryptionContext::Iv128(FixedLength::from(iv))).ok()?;
    Some(input)
}

fn decrypt(key: UnboundCipherKey, iv: [u8; 16], mut input: Vec<u8>) -> Option<Vec<u8>> {
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).ok()?;
    let plain = key.decrypt(&mut input, DecryptionContext::Iv128(FixedLength::from(iv))).ok()?;
    Some(plain.to_vec())
}

#[cfg(test)]
mod tests {
    use super::{decrypt, encrypt, key};

    /// NIST SP 800-38A, F.2.1: the first block of AES-128 in CBC mode.
    #[test]
    fn a_published_vector_and_back() {
        let bytes = |hex: &str| -> Vec<u8> {
            (0..hex.len() / 2).map(|at| u8::from_str_radix(hex.get(at * 2..at * 2 + 2).unwrap(), 16).unwrap()).collect()
        };
        let own_key = || key(&bytes("2b7e151628aed2a6abf7158809cf4f3c")).ok().unwrap();
        let iv: [u8; 16] = bytes("000102030405060708090a0b0c0d0e0f").try_into().unwrap();
        let plain = bytes("6bc1bee22e409f96e93d7e117393172a");
        let cipher = encrypt(own_key(), iv, plain.clone()).unwrap();
        assert_eq!(cipher[..16], bytes("7649abac8119b246cee98e9b12e9197d"));
        assert_eq!(cipher.len(), 32, "a block of padding");
        assert_eq!(decrypt(own_key(), iv, cipher), Some(plain));
        assert_eq!(decrypt(own_key(), iv, vec![0; 16]), None);
        assert!(key(&[0; 5]).is_err());
    }
}
