//! The one outbound HTTP client: names, sockets, TLS, pooled connections.
//!
//! A [`Destination`] says where a call goes and how (scheme, host, HTTP version, TLS, guard); it is made once per
//! backend and shared. A [`Client`] sends requests there over connections that it keeps.
//!
//! ```no_run
//! # async fn call(client: net::Client<String>) -> Result<(), Box<dyn std::error::Error>> {
//! let backend: http::Uri = "https://models.example/openai".parse()?;
//! let destination = net::Destination::new(&backend, net::Options::default())?;
//! let request = http::Request::post("/openai/v1/chat/completions").body(String::from("{}"))?;
//! let response = client.send(&destination, request).await?;
//! # drop(response); Ok(()) }
//! ```
//!
//! Each stage of a call has a limit of its own ([`Timeouts`]), but the wait for the answer's head, which whoever calls
//! bounds ([`Client::send_within`]). Each destination has a bound on requests and connections ([`Bounds`]). Dropping the future of
//! [`Client::send`], or the answer's body, cancels the call: the stream is reset (HTTP/2) or the connection is closed
//! (HTTP/1.1). It follows no redirects, decodes no bodies, adds no credentials and repeats nothing that was sent.

mod answer;
mod client;
mod destination;
mod dial;
mod error;
mod failures;
mod guard;
mod pool;
mod prepare;
mod proxy;
mod resolve;
mod settings;
mod stream;
mod timeouts;
mod tls;

pub use answer::Incoming;
pub use client::Client;
pub use destination::{Destination, DestinationError, HttpVersion, Options};
pub use error::{Error, ErrorKind, Retry};
pub use guard::{AddressClass, Guard};
pub use proxy::Proxy;
pub use resolve::{Lookup, LookupFuture, NameSettings};
pub use settings::{Bounds, ClientSettings};
pub use timeouts::Timeouts;
pub use tls::{
    ClientCertificate, RevocationCheck, RevocationLists, Roots, Tls, TlsError, TlsSettings, Trust, Validation,
};
