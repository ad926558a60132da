//! Sending a request.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;

use crate::answer::Incoming;
use crate::destination::Destination;
use crate::error::{Error, ErrorKind};
use crate::pool::{Pool, Wish};
use crate::settings::ClientSettings;

/// Sends requests whose bodies are `B`, over connections that it keeps. Cheap to clone; clones share connections.
pub struct Client<B> {
    pool: Arc<Pool<B>>,
}

impl<B> Clone for Client<B> {
    fn clone(&self) -> Self {
        Self { pool: Arc::clone(&self.pool) }
    }
}

impl<B> fmt::Debug for Client<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

impl<B> Client<B>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    /// A client without connections.
    #[must_use]
    pub fn new(settings: ClientSettings) -> Self {
        Self { pool: Pool::new(settings) }
    }

    /// Sends a request and gives the head of the answer; the body follows as it is read.
    ///
    /// Path, query, method, headers and body are the request's; scheme and host are the destination's, but for a
    /// `Host` header that the request brings. `Content-Length` or chunked framing follow the body's size hint.
    ///
    /// A kept connection that turns out to be dead before anything of the request was sent is replaced, once, by a
    /// new one. Nothing else is repeated.
    ///
    /// # Errors
    /// When no answer's head could be had; [`Error::retry`] says whether the request may be sent again.
    pub async fn send(&self, to: &Destination, request: Request<B>) -> Result<Response<Incoming>, Error> {
        self.try_send(to, request).await.inspect_err(|error| self.pool.failures().note(error))
    }

    async fn try_send(&self, to: &Destination, request: Request<B>) -> Result<Response<Incoming>, Error> {
        let lease = self.pool.lease(to, Wish::Any).await?;
        let reused = lease.is_reused();
        let failed = match lease.send(to.inner(), request).await {
            Ok(response) => return Ok(response),
            Err(failed) => failed,
        };
        let Some(request) = failed.unsent.filter(|_| reused) else { return Err(failed.error) };
        let lease = self.pool.lease(to, Wish::Fresh).await?;
        lease.send(to.inner(), request).await.map_err(|failed| failed.error)
    }

    /// How many calls have failed, answers that broke off included, by what went wrong.
    #[must_use]
    pub fn failures(&self) -> Vec<(ErrorKind, u64)> {
        self.pool.failures().counts()
    }

    /// Requests that are under way, from their sending until their answer's body is gone.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.pool.requests()
    }

    /// Open connections that carry no request at the moment.
    #[must_use]
    pub fn idle_connections(&self) -> usize {
        self.pool.idle()
    }
}
