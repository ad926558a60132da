//! One request and its whole answer, over `net`.

use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use net::{Client, ClientSettings, Destination, Incoming, Options};
use policy::PortFuture;

/// Sends requests to providers, identity endpoints and vaults.
///
/// A port, so that tests can answer without sockets; [`Outbound`] is the implementation with sockets.
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends a request, whose URI is absolute, and gives the whole answer, whatever its status. Follows no redirect.
    /// An answer with a body of more than `limit` bytes is an error.
    fn call<'a>(
        &'a self,
        request: Request<Bytes>,
        limit: usize,
    ) -> PortFuture<'a, Result<Response<Bytes>, CallError>>;
}

/// There is no answer. Names hosts, never paths, queries or headers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The address cannot be called.
    #[error("{0}")]
    Address(String),
    /// No connection could be made; nothing was sent.
    #[error("{0}")]
    Unreachable(String),
    /// The call broke after it had begun.
    #[error("{0}")]
    Broken(String),
    /// It took too long.
    #[error("there was no complete answer within {} s", .0.as_secs_f32())]
    Timeout(Duration),
    /// The answer is too large.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
}

impl CallError {
    /// Whether the same call may succeed a moment later.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Broken(_))
    }
}

/// Calls over sockets. Identity endpoints and vaults are configured by the operator, so no guard against private
/// addresses applies.
pub struct Outbound {
    client: Client<Full<Bytes>>,
    options: Options,
}

impl Outbound {
    /// Connections of their own, made with `options` (roots, connect timeout); a guard in them is left out.
    #[must_use]
    pub fn new(settings: ClientSettings, options: Options) -> Self {
        Self { client: Client::new(settings), options: Options { guard: None, ..options } }
    }

    async fn exchange(&self, request: Request<Bytes>, limit: usize) -> Result<Response<Bytes>, CallError> {
        let to = Destination::new(request.uri(), self.options.clone());
        let to = to.map_err(|error| CallError::Address(error.to_string()))?;
        let sent = self.client.send(&to, request.map(Full::new)).await;
        let (head, body) = sent.map_err(|error| of_net(&error))?.into_parts();
        Ok(Response::from_parts(head, whole(body, limit).await?))
    }
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outbound")
    }
}

impl Transport for Outbound {
    fn call<'a>(
        &'a self,
        request: Request<Bytes>,
        limit: usize,
    ) -> PortFuture<'a, Result<Response<Bytes>, CallError>> {
        Box::pin(self.exchange(request, limit))
    }
}

async fn whole(mut body: Incoming, limit: usize) -> Result<Bytes, CallError> {
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|error| of_net(&error))?.into_data() else { continue };
        if all.len().saturating_add(data.len()) > limit {
            return Err(CallError::TooLarge(limit));
        }
        all.extend_from_slice(&data);
    }
    Ok(all.freeze())
}

fn of_net(error: &net::Error) -> CallError {
    use net::ErrorKind::{Connect, ConnectTimeout, Dns, Guarded, Tls};

    let text = with_causes(error);
    match error.kind() {
        Dns | Connect | ConnectTimeout | Guarded | Tls => CallError::Unreachable(text),
        _ => CallError::Broken(text),
    }
}

fn with_causes(error: &net::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(this) = cause {
        text = format!("{text}: {this}");
        cause = this.source();
    }
    text
}
