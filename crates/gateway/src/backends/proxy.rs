//! A proxy as backends and policies name it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Uri};
use secret::Secret;

/// The proxy of a URL. `sign_in` is user name and password with a colon between them.
///
/// COMPAT: between gateway and proxy it is HTTP only, signed in with `Basic` or NTLM (`policies-a.md` 4.3); we do not have
/// NTLM. The URL's path does not count, as in .NET.
///
/// # Errors
/// Why it cannot be one; never holds the password.
pub fn outbound_proxy(url: &str, sign_in: Option<&Secret>) -> Result<net::Proxy, String> {
    let read: Uri = url.trim().parse().map_err(|_| "it is not a URL".to_owned())?;
    if read.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err("it must not hold a user name or password".to_owned());
    }
    let value = |pair: &Secret| HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair.expose())));
    let value = sign_in.map(value).transpose().map_err(|_| "it cannot be signed in to".to_owned())?;
    net::Proxy::new(&read, value).map_err(|error| match error {
        net::DestinationError::Scheme => "its address must start with `http://`".to_owned(),
        other => other.to_string(),
    })
}
