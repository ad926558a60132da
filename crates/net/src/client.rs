//! Sending a request.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tokio::time::{Instant, timeout_at};

use crate::answer::Incoming;
use crate::destination::Destination;
use crate::error::{Error, ErrorKind, Retry};
use crate::pool::{Failed, Pool, Wish};
use crate::settings::ClientSettings;

/// Sends requests whose bodies are `B`, over connections that it keeps. Cheap to clone; clones share connections.
pub struct Client<B> {
    pool: Arc<Pool<B>>,
}

/// A request that has no answer, and why.
enum Unsent<B> {
    /// There was no idle connection.
    Yet(Request<B>),
    /// The idle connection was dead.
    Again(Request<B>),
    Failed(Error),
}

impl<B> From<Failed<B>> for Unsent<B> {
    /// Of a kept connection.
    fn from(failed: Failed<B>) -> Self {
        failed.unsent.map_or(Self::Failed(failed.error), Self::Again)
    }
}

fn late(to: &Destination) -> Error {
    Error::new(ErrorKind::HeadTimeout, Retry::IfIdempotent).at(to.authority().as_str())
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
        self.try_send(to, request, None).await.inspect_err(|error| self.pool.failures().note(error))
    }

    /// As [`send`](Self::send), where the head of the answer must have come within `limit`, counted from the call of this
    /// function. The request is on its way when it returns, if there is an idle connection.
    pub fn send_within<'a>(
        &'a self,
        to: &'a Destination,
        request: Request<B>,
        limit: Duration,
    ) -> impl Future<Output = Result<Response<Incoming>, Error>> + Send + 'a {
        let now = Instant::now();
        // Moments beyond what clocks can tell never come.
        let due = now.checked_add(limit);
        let begun = match self.pool.idle_lease(to, now) {
            Some(lease) => lease.start(to.inner(), request, due).map_err(Unsent::from),
            None => Err(Unsent::Yet(request)),
        };
        async move {
            let unsent = match begun {
                Ok(sent) => match sent.answer(to.inner()).await {
                    Ok(response) => return Ok(response),
                    Err(failed) => Unsent::from(failed),
                },
                Err(unsent) => unsent,
            };
            Box::pin(self.send_anew(to, unsent, due)).await
        }
    }

    /// Sends over a connection that has to be waited for.
    async fn send_anew(
        &self,
        to: &Destination,
        unsent: Unsent<B>,
        due: Option<Instant>,
    ) -> Result<Response<Incoming>, Error> {
        let sending = async {
            match unsent {
                Unsent::Yet(request) => self.try_send(to, request, due).await,
                Unsent::Again(request) => self.send_fresh(to, request, due).await,
                Unsent::Failed(error) => Err(error),
            }
        };
        let sent = match due {
            Some(due) => timeout_at(due, sending).await.unwrap_or_else(|_| Err(late(to))),
            None => sending.await,
        };
        sent.inspect_err(|error| self.pool.failures().note(error))
    }

    /// `due` is until when whoever calls waits for the head; connections learn from it which of them are silent.
    async fn try_send(
        &self,
        to: &Destination,
        request: Request<B>,
        due: Option<Instant>,
    ) -> Result<Response<Incoming>, Error> {
        let lease = self.pool.lease(to, Wish::Any).await?;
        let reused = lease.is_reused();
        let failed = match lease.send(to.inner(), request, due).await {
            Ok(response) => return Ok(response),
            Err(failed) => failed,
        };
        let Some(request) = failed.unsent.filter(|_| reused) else { return Err(failed.error) };
        self.send_fresh(to, request, due).await
    }

    async fn send_fresh(
        &self,
        to: &Destination,
        request: Request<B>,
        due: Option<Instant>,
    ) -> Result<Response<Incoming>, Error> {
        let lease = self.pool.lease(to, Wish::Fresh).await?;
        lease.send(to.inner(), request, due).await.map_err(|failed| failed.error)
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
