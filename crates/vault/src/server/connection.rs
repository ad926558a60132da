//! One connection, from its handshake to its end.

use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::Problem;
use crate::rest::Rest;

/// For the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// From the end of an answer to the end of the next request's head.
const HEAD: Duration = Duration::from_secs(60);
/// A connection is asked to end after this, so that none is kept for ever by who does not read.
const AGE: Duration = Duration::from_secs(600);
/// What one that was asked to end has left.
const GRACE: Duration = Duration::from_secs(30);
/// Bytes of a request's head.
const HEAD_BYTES: usize = 64 * 1024;
/// Header fields of a request.
const HEADERS: usize = 100;

/// What all connections share.
pub(super) struct Serving {
    pub(super) rest: Rest,
    pub(super) tls: TlsAcceptor,
    pub(super) stopped: watch::Receiver<bool>,
    pub(super) request_timeout: Duration,
}

impl Serving {
    /// Serves a connection until it ends, for whatever reason.
    pub(super) async fn serve(&self, tcp: TcpStream) {
        // Answers are small and whole; waiting for more of them helps nobody.
        let _set = tcp.set_nodelay(true);
        let Ok(Ok(stream)) = timeout(HANDSHAKE, self.tls.accept(tcp)).await else { return };
        let service = service_fn(|request| self.answer(request));
        let http = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .max_headers(HEADERS)
            .max_header_size(HEAD_BYTES)
            .max_buf_size(HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service);
        let mut http = pin!(http);
        let mut stopped = self.stopped.clone();
        tokio::select! {
            _ended = http.as_mut() => return,
            _told = stopped.wait_for(|stopped| *stopped) => {}
            () = sleep(AGE) => {}
        }
        http.as_mut().graceful_shutdown();
        let _cut = timeout(GRACE, http).await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let answer = timeout(self.request_timeout, self.rest.answer(request)).await;
        Ok(answer.unwrap_or_else(|_| self.rest.refuse(&Problem::TooSlow)))
    }
}
