//! A handler whose behaviour the path chooses, and callers.

use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use gateway::listen::{
    BoxError, CallerBody, Connection, DataPlane, Handler, Limits, ListenSettings, Refusal, RuntimeKind,
    RuntimeSettings, Server,
};
use gateway::metrics::Metrics;
use http::{Request, Response, request};
use http_body::{Body as HttpBody, Frame};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use net::{Client, ClientSettings, Destination, HttpVersion, Options};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{Receiver, Sender, channel};

pub(crate) type Body = UnsyncBoxBody<Bytes, BoxError>;

pub(crate) fn full(text: impl Into<Bytes>) -> Body {
    Full::new(text.into()).map_err(|never| match never {}).boxed_unsync()
}

/// What the handler tells the test of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Called,
    /// The handler's future, or the body of its answer, was dropped.
    Dropped,
}

struct OnDrop(Sender<Event>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        let _sent = self.0.try_send(Event::Dropped);
    }
}

/// `/hello` answers; `/wait` answers never; `/stream` answers with the frames that the test sends; `/echo` sends the
/// body back as it comes, `/collect` when it is complete; `/big` answers without an end; `/about` tells of the connection; `/unread` waits without reading the body; `/panic` and `/panic-later`
/// panic.
pub(crate) struct TestHandler {
    events: Sender<Event>,
    frames: Mutex<Option<Receiver<&'static str>>>,
}

/// Frames that come through a channel.
struct Frames(Receiver<&'static str>, #[expect(dead_code, reason = "held for its drop")] OnDrop);

impl HttpBody for Frames {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.0.poll_recv(cx).map(|text| text.map(|text| Ok(Frame::data(Bytes::from(text)))))
    }
}

/// More than anybody takes.
struct Endless(#[expect(dead_code, reason = "held for its drop")] OnDrop);

impl HttpBody for Endless {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'x'; 16 * 1024])))))
    }
}

struct PanicLater;

impl HttpBody for PanicLater {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        panic!("in the body")
    }
}

impl Handler for TestHandler {
    type Body = Body;

    async fn handle(&self, request: Request<CallerBody>, connection: Arc<Connection>) -> Response<Body> {
        let on_drop = OnDrop(self.events.clone());
        let _told = self.events.try_send(Event::Called);
        match request.uri().path() {
            "/wait" => {
                let held = on_drop;
                if request.into_body().collect().await.is_ok() {
                    std::future::pending::<()>().await;
                }
                drop(held);
                Response::new(full("the body broke off"))
            }
            "/unread" => {
                let _held = (on_drop, request);
                std::future::pending().await
            }
            "/stream" => {
                let frames = self.frames.lock().take().unwrap();
                Response::new(Frames(frames, on_drop).boxed_unsync())
            }
            "/echo" => Response::new(request.into_body().map_err(Into::into).boxed_unsync()),
            "/collect" => {
                let whole = request.into_body().collect().await.map(http_body_util::Collected::to_bytes);
                match whole {
                    Ok(whole) => Response::new(full(whole)),
                    Err(error) => Response::new(full(error.to_string())),
                }
            }
            "/big" => Response::new(Endless(on_drop).boxed_unsync()),
            "/about" => Response::new(full(about(&request, &connection))),
            "/panic" => panic!("in the handler"),
            "/panic-later" => Response::new(PanicLater.boxed_unsync()),
            _ => Response::new(full("hello")),
        }
    }

    fn refuse(&self, why: Refusal, _: &request::Parts, _: &Connection) -> Response<Body> {
        let mut response = Response::new(full(why.label()));
        *response.status_mut() = why.status();
        response
    }
}

fn about(request: &Request<CallerBody>, connection: &Connection) -> String {
    let tls = connection.tls.as_ref();
    let forwarding = connection.forwarding.as_ref();
    let forwarded = forwarding.map(|forwarding| forwarding.read(request.headers())).unwrap_or_default();
    format!(
        "{:?} {} tls {} name {} certificate {} from {} to {} for {} on {}",
        request.version(),
        connection.scheme(),
        tls.map_or("none", |tls| tls.version),
        tls.and_then(|tls| tls.server_name.as_deref()).unwrap_or("none"),
        tls.and_then(|tls| tls.client_certificate.as_ref()).map_or(0, |certificate| certificate.len()),
        connection.peer,
        connection.local,
        forwarded.ip.map_or_else(|| "itself".to_owned(), |ip| ip.to_string()),
        std::thread::current().name().unwrap_or("unnamed"),
    )
}

/// A running server and what its handler is fed with and tells.
pub(crate) struct Running {
    pub(crate) server: Arc<Server>,
    pub(crate) events: Receiver<Event>,
    pub(crate) frames: Option<Sender<&'static str>>,
    pub(crate) metrics: Metrics,
}

impl Running {
    /// Sends a frame of `/stream`.
    pub(crate) async fn frame(&self, text: &'static str) {
        self.frames.as_ref().unwrap().send(text).await.unwrap();
    }

    /// Waits until the handler was dropped.
    pub(crate) async fn dropped(&mut self) {
        while self.events.recv().await.unwrap() != Event::Dropped {}
    }

    pub(crate) async fn connect(&self) -> Raw {
        Raw(TcpStream::connect(self.server.address()).await.unwrap())
    }

    pub(crate) fn destination(&self, version: HttpVersion) -> Destination {
        let url = format!("http://{}", self.server.address()).parse().unwrap();
        Destination::new(&url, Options { version, ..Options::default() }).unwrap()
    }
}

pub(crate) fn plane(kind: RuntimeKind) -> Arc<DataPlane> {
    Arc::new(DataPlane::start(&RuntimeSettings { kind, threads: NonZeroUsize::new(2) }).unwrap())
}

pub(crate) fn start() -> Running {
    start_with(ListenSettings::default(), RuntimeKind::PerCore)
}

pub(crate) fn limited(limits: Limits) -> Running {
    start_with(ListenSettings { limits, ..ListenSettings::default() }, RuntimeKind::PerCore)
}

pub(crate) fn start_with(settings: ListenSettings, kind: RuntimeKind) -> Running {
    let (events_in, events) = channel(100);
    let (frames, frames_out) = channel(100);
    let handler = TestHandler { events: events_in, frames: Mutex::new(Some(frames_out)) };
    let metrics = Metrics::new("test");
    let server = Server::start(settings, handler, &plane(kind), metrics.listen.clone()).unwrap();
    Running { server: Arc::new(server), events, frames: Some(frames), metrics }
}

pub(crate) fn client() -> Client<Body> {
    Client::new(ClientSettings::default())
}

pub(crate) fn get(path: &str) -> Request<Body> {
    Request::get(path).body(full("")).unwrap()
}

pub(crate) async fn text(response: Response<net::Incoming>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A connection whose bytes the test writes and reads itself.
pub(crate) struct Raw(pub(crate) TcpStream);

impl Raw {
    pub(crate) async fn send(&mut self, text: &str) -> &mut Self {
        self.0.write_all(text.as_bytes()).await.unwrap();
        self
    }

    /// Reads until these bytes have come; gives everything that came.
    pub(crate) async fn read_until(&mut self, end: &str) -> String {
        let mut read = Vec::new();
        while !String::from_utf8_lossy(&read).contains(end) {
            let came = self.0.read_buf(&mut read).await.unwrap();
            assert!(came > 0, "closed after {:?}", String::from_utf8_lossy(&read));
        }
        String::from_utf8(read).unwrap()
    }

    /// Reads until the other side closes, whatever it says.
    pub(crate) async fn read_all_bytes(&mut self) {
        let _ended = self.0.read_to_end(&mut Vec::new()).await;
    }

    /// Reads until the other side closes.
    pub(crate) async fn read_all(&mut self) -> String {
        let mut read = Vec::new();
        // A reset is a close too: the server may close while bytes of ours wait unread.
        let _ended = self.0.read_to_end(&mut read).await;
        String::from_utf8(read).unwrap()
    }
}
