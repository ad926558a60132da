//! The names of algorithms, and the concrete types behind them.
//!
//! Names: <https://learn.microsoft.com/dotnet/api/system.security.cryptography.cryptoconfig> (.NET Framework), without
//! regard to case. APIM's list has none of the concrete types: policies get them through `SymmetricAlgorithm`.

use super::cipher::Algorithm;
use crate::library::TypeSpec;

/// An algorithm by name.
#[derive(Debug)]
pub(super) struct Known {
    /// The concrete type.
    pub(super) class: &'static str,
    pub(super) algorithm: Algorithm,
    /// Bits of feedback that CFB has by default.
    pub(super) feedback: i32,
    pub(super) has_cfb: bool,
    names: &'static [&'static str],
}

const KNOWN: &[Known] = &[
    Known {
        class: "AesCryptoServiceProvider",
        algorithm: Algorithm::Aes,
        feedback: 8,
        has_cfb: true,
        names: &["AES", "AesCryptoServiceProvider", "System.Security.Cryptography.AesCryptoServiceProvider"],
    },
    Known {
        class: "AesManaged",
        algorithm: Algorithm::Aes,
        feedback: 128,
        has_cfb: false,
        names: &["AesManaged", "System.Security.Cryptography.AesManaged"],
    },
    Known {
        class: "RijndaelManaged",
        algorithm: Algorithm::Aes,
        feedback: 128,
        has_cfb: true,
        names: &[
            "Rijndael",
            "RijndaelManaged",
            "System.Security.Cryptography.Rijndael",
            "System.Security.Cryptography.RijndaelManaged",
            "System.Security.Cryptography.SymmetricAlgorithm",
        ],
    },
    Known {
        class: "DESCryptoServiceProvider",
        algorithm: Algorithm::Des,
        feedback: 8,
        has_cfb: true,
        names: &["DES", "System.Security.Cryptography.DES", "System.Security.Cryptography.DESCryptoServiceProvider"],
    },
    Known {
        class: "TripleDESCryptoServiceProvider",
        algorithm: Algorithm::TripleDes,
        feedback: 8,
        has_cfb: true,
        names: &[
            "3DES",
            "TripleDES",
            "Triple DES",
            "System.Security.Cryptography.TripleDES",
            "System.Security.Cryptography.TripleDESCryptoServiceProvider",
        ],
    },
    Known {
        class: "RC2CryptoServiceProvider",
        algorithm: Algorithm::Rc2,
        feedback: 8,
        has_cfb: true,
        names: &["RC2", "System.Security.Cryptography.RC2", "System.Security.Cryptography.RC2CryptoServiceProvider"],
    },
];

/// The algorithm of a name; none when nobody knows it.
pub(super) fn find(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.names.iter().any(|own| own.eq_ignore_ascii_case(name)))
}

pub(super) const AES: TypeSpec = TypeSpec {
    bases: &["SymmetricAlgorithm"],
    ..TypeSpec::class("System.Security.Cryptography.Aes", "api/system.security.cryptography.aes")
};

macro_rules! concrete {
    ($name:literal, $base:literal) => {
        TypeSpec {
            bases: &[$base],
            ..TypeSpec::class(
                concat!("System.Security.Cryptography.", $name),
                concat!("api/system.security.cryptography.", $name),
            )
        }
    };
}

pub(super) const AES_PROVIDER: TypeSpec = concrete!("AesCryptoServiceProvider", "Aes");
pub(super) const AES_MANAGED: TypeSpec = concrete!("AesManaged", "Aes");
pub(super) const RIJNDAEL: TypeSpec = concrete!("RijndaelManaged", "SymmetricAlgorithm");
pub(super) const DES: TypeSpec = concrete!("DESCryptoServiceProvider", "SymmetricAlgorithm");
pub(super) const TRIPLE_DES: TypeSpec = concrete!("TripleDESCryptoServiceProvider", "SymmetricAlgorithm");
pub(super) const RC2: TypeSpec = concrete!("RC2CryptoServiceProvider", "SymmetricAlgorithm");
