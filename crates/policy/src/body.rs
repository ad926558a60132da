//! Message bodies: streams that nobody looks into unless a step reads them.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;

use crate::buffers::{Buffers, Share};
use crate::compression::{self, Inflate};
use crate::fault::{Fault, FaultKind};

/// Why a body broke off.
pub type BodyError = Box<dyn Error + Send + Sync>;

/// Why the body of a backend's answer broke off.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct BrokenAnswer {
    /// [`FaultKind::Timeout`] when the backend was too slow, otherwise [`FaultKind::BackendConnectionFailure`].
    pub kind: FaultKind,
    /// What happened, as part of a sentence.
    pub what: &'static str,
    /// What the connection says.
    #[source]
    pub source: BodyError,
}

impl BrokenAnswer {
    /// The failure that a broken body of a backend's answer is.
    #[must_use]
    pub fn fault(error: &BodyError) -> Fault {
        match error.downcast_ref::<Self>() {
            Some(broken) => {
                let message = format!("The answer of the backend broke off: {}.", broken.what);
                Fault::with_message(broken.kind, message)
            }
            None => {
                let message = "The answer of the backend broke off.";
                Fault::with_message(FaultKind::BackendConnectionFailure, message)
            }
        }
    }
}

/// A body on its way: a stream of frames.
pub type Stream = Pin<Box<dyn HttpBody<Data = Bytes, Error = BodyError> + Send>>;

/// A body as it goes to the wire: empty, whole, or a stream.
#[derive(Default)]
pub enum Body {
    /// No bytes, and none announced.
    #[default]
    Empty,
    /// All of it.
    Whole(Option<Bytes>),
    /// Frames as they arrive.
    Stream(Stream),
}

impl Body {
    /// A body that is known whole.
    #[must_use]
    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        Self::Whole(Some(bytes.into()))
    }

    /// A body that arrives in frames.
    pub fn stream<B>(body: B) -> Self
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BodyError>,
    {
        if body.is_end_stream() { Self::Empty } else { Self::Stream(Box::pin(body.map_err(Into::into))) }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut *self {
            Self::Empty => Poll::Ready(None),
            Self::Whole(bytes) => {
                Poll::Ready(bytes.take().filter(|b| !b.is_empty()).map(|b| Ok(Frame::data(b))))
            }
            Self::Stream(stream) => stream.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Self::Stream(stream) => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |b| b.len() as u64)),
            Self::Stream(stream) => stream.size_hint(),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Body::Empty"),
            Self::Whole(bytes) => write!(f, "Body::Whole({} bytes)", bytes.as_ref().map_or(0, Bytes::len)),
            Self::Stream(_) => f.write_str("Body::Stream"),
        }
    }
}

/// The body of a message under the hands of policies.
#[derive(Debug, Default)]
pub enum MessageBody {
    /// The message has none: `context.Request.Body` is null.
    #[default]
    None,
    /// Still on its way; nobody has looked into it.
    Arriving(Body),
    /// Read whole, because a step reads it.
    Held(Bytes),
    /// A policy read it without `preserveContent`: what is forwarded is empty.
    Consumed,
}

/// Why a body could not be read whole.
#[derive(Debug)]
pub enum FillError {
    /// It is larger than the limit, in bytes.
    TooLarge(u64),
    /// All requests together keep as much as they may, in bytes.
    NoRoom(u64),
    /// It broke off.
    Broken(BodyError),
}

impl MessageBody {
    /// A body that arrives; [`MessageBody::None`] when the message announces none.
    #[must_use]
    pub fn arriving(body: Body) -> Self {
        if body.is_end_stream() { Self::None } else { Self::Arriving(body) }
    }

    /// Whether the message has a body, be it consumed.
    #[must_use]
    pub fn exists(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// Reads an arriving body whole, at most `limit` bytes, which are counted among `buffers` for as long as any copy of
    /// them is held. Does nothing to the others.
    ///
    /// # Errors
    /// [`FillError`] when it is longer or breaks off; the body then counts as consumed.
    pub async fn fill(&mut self, limit: u64, buffers: &Arc<Buffers>) -> Result<(), FillError> {
        let Self::Arriving(_) = self else { return Ok(()) };
        let Self::Arriving(body) = std::mem::replace(self, Self::Consumed) else { return Ok(()) };
        *self = Self::Held(collect(body, limit, Share::none(buffers)).await?);
        Ok(())
    }

    /// The bytes of a body that was read whole, decoded as its `Content-Encoding` says.
    ///
    /// # Errors
    /// When the content cannot be decoded or expands beyond `limit` bytes.
    pub fn content(&self, headers: &HeaderMap, limit: u64) -> Result<Option<Bytes>, Inflate> {
        match self {
            Self::Held(bytes) => compression::decoded(bytes, headers, limit).map(Some),
            _ => Ok(None),
        }
    }

    /// Takes it for the wire; afterwards it is consumed.
    #[must_use]
    pub fn take(&mut self) -> Body {
        match std::mem::replace(self, Self::Consumed) {
            Self::None => {
                *self = Self::None;
                Body::Empty
            }
            Self::Arriving(body) => body,
            Self::Held(bytes) => Body::whole(bytes),
            Self::Consumed => Body::whole(Bytes::new()),
        }
    }

    /// A copy for the wire that leaves it in place; none when it has not been read whole.
    #[must_use]
    pub fn copy(&self) -> Option<Body> {
        match self {
            Self::None => Some(Body::Empty),
            Self::Held(bytes) => Some(Body::whole(bytes.clone())),
            Self::Consumed => Some(Body::whole(Bytes::new())),
            Self::Arriving(_) => None,
        }
    }
}

async fn collect(mut body: Body, limit: u64, mut share: Share) -> Result<Bytes, FillError> {
    let announced = body.size_hint().lower();
    if announced > limit {
        return Err(FillError::TooLarge(limit));
    }
    // What is announced has its room before the first byte, so that what does not fit is refused at once.
    if !share.grow(announced) {
        return Err(FillError::NoRoom(share.limit()));
    }
    let mut first: Option<Bytes> = None;
    let mut rest = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(FillError::Broken)?.into_data() else { continue };
        let whole = (first.as_ref().map_or(0, Bytes::len) + rest.len() + data.len()) as u64;
        if whole > limit {
            return Err(FillError::TooLarge(limit));
        }
        if !share.grow(whole.saturating_sub(share.bytes())) {
            return Err(FillError::NoRoom(share.limit()));
        }
        match &first {
            None => first = Some(data),
            Some(start) => {
                if rest.is_empty() {
                    rest.extend_from_slice(start);
                    first = Some(Bytes::new());
                }
                rest.extend_from_slice(&data);
            }
        }
    }
    // Most bodies come in one frame: it is kept as it is.
    Ok(share.keep(if rest.is_empty() { first.unwrap_or_default() } else { rest.freeze() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::StreamBody;

    fn frames(parts: &[&'static str]) -> Body {
        let frames: Vec<Result<Frame<Bytes>, BodyError>> =
            parts.iter().map(|part| Ok(Frame::data(Bytes::from_static(part.as_bytes())))).collect();
        Body::stream(StreamBody::new(futures_util::stream::iter(frames)))
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        futures_util::FutureExt::now_or_never(future).expect("everything is at hand")
    }

    #[test]
    fn a_body_in_several_frames_is_read_whole() {
        let mut body = MessageBody::arriving(frames(&["ab", "c", "", "def"]));
        run(body.fill(6, &Buffers::new(6))).expect("six bytes fit");
        assert!(matches!(&body, MessageBody::Held(bytes) if bytes == "abcdef"), "{body:?}");
    }

    #[test]
    fn a_body_over_the_limit_is_refused_and_not_forwarded() {
        let mut body = MessageBody::arriving(frames(&["ab", "cd", "e"]));
        assert!(matches!(run(body.fill(4, &Buffers::new(100))), Err(FillError::TooLarge(4))));
        assert!(matches!(body, MessageBody::Consumed));
    }

    #[test]
    fn a_body_for_which_all_together_have_no_room_is_refused() {
        let buffers = Buffers::new(5);
        let mut held = MessageBody::arriving(frames(&["ab", "c"]));
        run(held.fill(100, &buffers)).expect("three bytes fit");
        let mut body = MessageBody::arriving(frames(&["ab", "cd"]));
        assert!(matches!(run(body.fill(100, &buffers)), Err(FillError::NoRoom(5))));
        assert_eq!(buffers.used(), 3, "what was read of it is given back");
        // Announced: refused before a byte is read.
        let whole = http_body_util::Full::new(Bytes::from_static(b"abc"));
        let mut body = MessageBody::arriving(Body::stream(whole));
        assert!(matches!(run(body.fill(100, &buffers)), Err(FillError::NoRoom(5))));
        let sent = held.take();
        drop(held);
        assert_eq!(buffers.used(), 3, "it is on its way");
        drop(sent);
        assert_eq!(buffers.used(), 0);
    }
}
