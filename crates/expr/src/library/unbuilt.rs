//! Types that APIM allows and that are not built: naming one is refused with "not yet supported".
//!
//! A type that gets a file of its own is removed here.

use super::TypeSpec;

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec::unbuilt("System.Enum"),
    TypeSpec::unbuilt("System.TimeZone"),
    TypeSpec::unbuilt("System.TimeZoneInfo"),
    TypeSpec::unbuilt("System.Base64FormattingOptions"),
    TypeSpec::unbuilt("System.IO.StringReader"),
    TypeSpec::unbuilt("System.IO.StringWriter"),
    TypeSpec::unbuilt("System.Net.IPAddress"),
    TypeSpec::unbuilt("System.Security.Cryptography.AsymmetricAlgorithm"),
    TypeSpec::unbuilt("System.Security.Cryptography.CipherMode"),
    TypeSpec::unbuilt("System.Security.Cryptography.HashAlgorithmName"),
    TypeSpec::unbuilt("System.Security.Cryptography.Oid"),
    TypeSpec::unbuilt("System.Security.Cryptography.PaddingMode"),
    TypeSpec::unbuilt("System.Security.Cryptography.RNGCryptoServiceProvider"),
    TypeSpec::unbuilt("System.Security.Cryptography.RSA"),
    TypeSpec::unbuilt("System.Security.Cryptography.RSACng"),
    TypeSpec::unbuilt("System.Security.Cryptography.RSAEncryptionPadding"),
    TypeSpec::unbuilt("System.Security.Cryptography.RSASignaturePadding"),
    TypeSpec::unbuilt("System.Security.Cryptography.SymmetricAlgorithm"),
    TypeSpec::unbuilt("System.Security.Cryptography.X509Certificates.PublicKey"),
    TypeSpec::unbuilt("System.Security.Cryptography.X509Certificates.RSACertificateExtensions"),
    TypeSpec::unbuilt("System.Security.Cryptography.X509Certificates.X500DistinguishedName"),
    TypeSpec::unbuilt("System.Security.Cryptography.X509Certificates.X509Certificate"),
    TypeSpec::unbuilt("System.Security.Cryptography.X509Certificates.X509Certificate2"),
    TypeSpec::unbuilt("System.Security.Cryptography.X509Certificates.X509ContentType"),
    TypeSpec::unbuilt("System.Security.Cryptography.X509Certificates.X509NameType"),
];
