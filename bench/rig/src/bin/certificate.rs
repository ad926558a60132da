//! Makes an authority and a certificate for `localhost` that it has signed.
//!
//! ```console
//! $ certificate --folder target/bench/tls
//! ```
//!
//! Writes `authority.pem`, `certificate.pem` and `key.pem`, and both of the latter in one file as haproxy wants them:
//! `both.pem`. The key is an ECDSA key on P-256.

use std::io;
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rig::arguments::Arguments;

fn main() -> io::Result<()> {
    let mut given = Arguments::of_process()?;
    let folder: PathBuf = given.need("folder")?;
    given.end()?;
    std::fs::create_dir_all(&folder)?;
    for (name, text) in files().map_err(io::Error::other)? {
        std::fs::write(folder.join(name), text)?;
    }
    Ok(())
}

fn files() -> Result<[(&'static str, String); 4], rcgen::Error> {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, "The benchmark's authority");
    let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let certificate =
        CertificateParams::new(vec![String::from("localhost")])?.signed_by(&key, &issuer)?.pem();
    let key = key.serialize_pem();
    let both = format!("{certificate}{key}");
    Ok([
        ("authority.pem", issuer.pem()),
        ("certificate.pem", certificate),
        ("key.pem", key),
        ("both.pem", both),
    ])
}
