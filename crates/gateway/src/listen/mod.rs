//! Room 1: sockets, TLS, HTTP/1.1 and HTTP/2, and the end of them all (drain).
//!
//! A [`Handler`] answers requests; a [`Server`] feeds it. A caller that goes away drops the handler's future, or the
//! answer's body: that is what ends the call to the model.
//!
//! ```no_run
//! # use gateway::listen::*;
//! # async fn run<H: Handler>(handler: H, metrics: gateway::metrics::ListenMetrics) -> std::io::Result<()> {
//! let plane = std::sync::Arc::new(DataPlane::start(&RuntimeSettings::default())?);
//! let settings = ListenSettings { address: ([127, 0, 0, 1], 8080).into(), ..ListenSettings::default() };
//! let server = Server::start(settings, handler, &plane, metrics)?;
//! println!("listening on {}", server.address());
//! server.shutdown(std::time::Duration::from_secs(30)).await;
//! # Ok(()) }
//! ```
//!
//! HTTP/1.1's syntax is hyper's: it refuses obs-fold, bare CR, NUL and blanks before a colon. What it lets pass and we do
//! not is in `heads`, which sees the bytes, and in `conformance`, which sees the head. All are answered alike (`guarded`).

mod alone;
mod answer;
mod authority;
mod body;
mod chunks;
mod closing;
mod conformance;
mod connection;
mod forwarding;
mod guarded;
mod heads;
mod lends;
mod lent;
mod networks;
mod owed;
mod parked;
mod preface;
mod registry;
mod runtime;
mod serve;
mod server;
mod settings;
mod stream;
mod tls;
mod turns;
mod watched;
mod words;

pub use body::CallerBody;
pub(crate) use closing::Closing;
use closing::Endings;
pub use conformance::Refusal;
pub(crate) use conformance::opens_web_socket;
pub use connection::{Connection, TlsInfo};
pub use forwarding::{Forwarded, Forwarding, ForwardingHeaders};
pub use networks::{Network, Networks, NotANetwork};
pub(crate) use registry::{Held, HeldSlot};
pub use runtime::{DataPlane, RuntimeKind, RuntimeSettings};
pub use server::{Bound, Drained, Server};
pub use settings::{Limits, ListenSettings};
pub use tls::{CertificatePem, ClientCertificates, TlsListen, TlsListenError, UnknownNames};

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, request};
use http_body::Body;

/// An error of a body, of whatever kind.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Answers requests. One value serves all connections.
pub trait Handler: Send + Sync + 'static {
    /// The answers' bodies.
    type Body: Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static;

    /// Answers one request. The future is dropped when the caller goes away.
    fn handle(
        &self,
        request: Request<CallerBody>,
        connection: Arc<Connection>,
    ) -> impl Future<Output = Response<Self::Body>> + Send;

    /// The answer to a request that was not handed to `handle`, or that it panicked on.
    fn refuse(&self, why: Refusal, head: &request::Parts, connection: &Connection) -> Response<Self::Body>;
}
