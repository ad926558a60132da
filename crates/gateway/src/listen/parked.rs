//! A connection of HTTP/1.1 without a request, put aside: the HTTP library's buffers are given back until bytes come.
//!
//! The library keeps two buffers of 8 KiB and room for a request while it waits for the next one. A caller who keeps many
//! connections open would make us keep all of them.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead as _, ReadBuf};

use super::stream::Stream;

/// A connection is put aside after so long without a request.
pub(super) const AFTER: Duration = Duration::from_millis(250);
/// How often a connection with a request is looked at, to find the moment when it has none.
pub(super) const LOOK: Duration = Duration::from_secs(1);

/// Bytes that are read when some come; the library reads the rest.
const FIRST: usize = 512;

/// Waits for a caller's next bytes.
pub(super) struct Waiting(Option<Stream>);

impl Waiting {
    pub(super) fn new(stream: Stream) -> Self {
        Self(Some(stream))
    }
}

impl Future for Waiting {
    type Output = io::Result<Stream>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<Stream>> {
        let mut room = [0; FIRST];
        let mut buf = ReadBuf::new(&mut room);
        let Some(stream) = &mut self.0 else { return Poll::Ready(Err(io::ErrorKind::NotConnected.into())) };
        ready!(Pin::new(stream).poll_read(cx, &mut buf))?;
        let came = Bytes::copy_from_slice(buf.filled());
        let stream = self.0.take().filter(|_| !came.is_empty());
        Poll::Ready(
            stream.map(|stream| stream.beginning_with(came)).ok_or(io::ErrorKind::UnexpectedEof.into()),
        )
    }
}
