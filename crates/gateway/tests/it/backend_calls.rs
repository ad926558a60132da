//! Calls that fail: how often a backend gets a request, and what policies and callers are told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use gateway::{Destinations, Forwarder};
use http::Method;
use policy::{
    BaseUrl, Exchange, Fault, FaultKind, Forward as _, ForwardOptions, HttpVersion, MessageBody, Target,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::forward::{World, arriving};

/// A backend that a test writes; it counts the heads that came.
struct Scripted {
    address: SocketAddr,
    heads: Arc<AtomicUsize>,
}

impl Scripted {
    /// `serve` gets each connection and the counter.
    async fn start<F, T>(serve: F) -> Self
    where
        F: Fn(TcpStream, Arc<AtomicUsize>) -> T + Send + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&heads);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                tokio::spawn(serve(tcp, Arc::clone(&counted)));
            }
        });
        Self { address, heads }
    }

    /// Answers the first request of each connection, takes the next one and closes.
    async fn closing() -> Self {
        Self::start(|mut tcp, heads| async move {
            head(&mut tcp, &heads).await;
            tcp.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
            head(&mut tcp, &heads).await;
        })
        .await
    }

    fn target(&self) -> Target {
        Target::Url(Arc::new(BaseUrl::parse(&format!("http://{}", self.address)).unwrap()))
    }

    fn heads(&self) -> usize {
        self.heads.load(Ordering::SeqCst)
    }
}

/// Reads a request without a body.
async fn head(tcp: &mut TcpStream, heads: &AtomicUsize) {
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        let Ok(byte) = tcp.read_u8().await else { return };
        read.push(byte);
    }
    heads.fetch_add(1, Ordering::SeqCst);
}

async fn world(settings: net::ClientSettings, timeouts: net::Timeouts) -> World {
    let forwarder = Forwarder::new(settings, net::Guard::default(), 1_024);
    forwarder.configure(Arc::new(Destinations::new(net::Options { timeouts, ..net::Options::default() })));
    World::with_vault(None).await.calling_by(forwarder)
}

async fn usual() -> World {
    world(net::ClientSettings::default(), net::Timeouts::default()).await
}

fn exchange(world: &World, target: Target, method: Method) -> Exchange {
    let mut exchange = world.exchange(target);
    exchange.request.method = method;
    exchange
}

async fn called(world: &World, exchange: &mut Exchange, options: ForwardOptions) -> Result<u16, Fault> {
    let _flow = world.forwarder.forward(exchange, options).await?;
    Ok(exchange.response.as_ref().unwrap().status.as_u16())
}

/// Reads the answer, so that its connection is kept.
async fn finished(exchange: &mut Exchange) -> Bytes {
    let response = exchange.response.as_mut().unwrap();
    response.body.fill(1_000, &policy::Buffers::new(1_000)).await.unwrap();
    tokio::task::yield_now().await;
    response.body.content(&http::HeaderMap::new(), 1_000).unwrap().unwrap()
}

/// Decision 19: a connection that was closed while the request was on its way is replaced where that does no harm.
#[tokio::test]
async fn a_request_is_sent_again_where_it_does_no_harm() {
    for (method, body, again) in [
        (Method::GET, MessageBody::None, true),
        (Method::HEAD, MessageBody::None, true),
        (Method::DELETE, MessageBody::None, true),
        (Method::PUT, MessageBody::Held(Bytes::new()), true),
        (Method::POST, MessageBody::None, false),
        (Method::PATCH, MessageBody::None, false),
        (Method::PUT, arriving(Bytes::from_static(b"once")), false),
    ] {
        let (world, backend) = (usual().await, Scripted::closing().await);
        let mut first = exchange(&world, backend.target(), Method::GET);
        called(&world, &mut first, World::options()).await.unwrap();
        finished(&mut first).await;
        let mut second = exchange(&world, backend.target(), method.clone());
        let shown = format!("{method} {body:?}");
        second.request.body = body;
        match called(&world, &mut second, World::options()).await {
            Ok(status) => assert_eq!((status, again), (200, true), "{shown}"),
            Err(fault) => {
                assert_eq!((fault.kind(), again), (FaultKind::BackendConnectionFailure, false), "{shown}");
            }
        }
        assert_eq!(backend.heads(), if again { 3 } else { 2 }, "{shown}");
    }
}

/// Decision 19: however often policies make the call, it is sent once more on the gateway's own account at most.
#[tokio::test]
async fn tries_of_a_policy_and_of_the_gateway_do_not_multiply() {
    let world = usual().await;
    let backend = Scripted::closing().await;
    let mut keep = Vec::new();
    // Three connections are kept, each of which fails the request that comes next.
    for _ in 0..3 {
        let mut each = exchange(&world, backend.target(), Method::GET);
        called(&world, &mut each, World::options()).await.unwrap();
        keep.push(each);
    }
    for each in &mut keep {
        finished(each).await;
    }
    let before = backend.heads();
    let mut request = exchange(&world, backend.target(), Method::GET);
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(called(&world, &mut request, World::options()).await.is_ok());
        assert!(!request.attempts.is_left());
    }
    // Three tries of the policy and one of the gateway's.
    assert_eq!(backend.heads() - before, 4, "{answers:?}");
}

/// Beyond what a backend may have: 503 at once, with its name, and when to come again.
#[tokio::test]
async fn a_full_backend_is_answered_for_at_once() {
    let bounds = net::Bounds { requests: 1, queue: 0, ..net::Bounds::default() };
    let settings = net::ClientSettings { bounds, ..net::ClientSettings::default() };
    let world = world(settings, net::Timeouts::default()).await;
    let target = || world.backend(policy::Credentials::default());
    let mut held = exchange(&world, target(), Method::GET);
    called(&world, &mut held, World::options()).await.unwrap();
    let mut refused = exchange(&world, target(), Method::GET);
    let fault = called(&world, &mut refused, World::options()).await.unwrap_err();
    assert_eq!((fault.kind(), fault.response_status()), (FaultKind::BackendOverloaded, 503));
    let message = "The backend `model` cannot be called: too many requests to the host are under way.";
    assert_eq!(fault.message(), message);
    assert_eq!(fault.response_headers(), [(http::header::RETRY_AFTER, "1".parse().unwrap())]);
    // The answer is read to its end, and the next may come.
    finished(&mut held).await;
    drop(held);
    let mut next = exchange(&world, target(), Method::GET);
    assert_eq!(called(&world, &mut next, World::options()).await.unwrap(), 200);
}

/// Each time has a name.
#[tokio::test]
async fn a_fault_says_which_time_was_up() {
    let silent = Scripted::start(|mut tcp, heads| async move {
        head(&mut tcp, &heads).await;
        std::future::pending::<()>().await;
    })
    .await;
    let stops = Scripted::start(|mut tcp, heads| async move {
        head(&mut tcp, &heads).await;
        tcp.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await.unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    let gap = Duration::from_millis(50);
    let world =
        world(net::ClientSettings::default(), net::Timeouts { gap, ..net::Timeouts::default() }).await;
    let options = ForwardOptions { timeout: Duration::from_millis(50), ..World::options() };

    let mut waiting = exchange(&world, silent.target(), Method::GET);
    let fault = called(&world, &mut waiting, options).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Timeout);
    assert_eq!(fault.message(), "The backend did not begin to answer within 0.05 seconds.");

    let mut stopped = exchange(&world, stops.target(), Method::GET);
    called(&world, &mut stopped, World::options()).await.unwrap();
    let fault = policy::prepare(expr::Facts::RESPONSE_BODY, &mut stopped).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Timeout);
    assert_eq!(fault.message(), "The answer of the backend broke off: the answer stopped.");
}

/// The body of a request over HTTP/2 that the backend refuses to take up is at hand: it is sent again, whatever the method.
#[tokio::test]
async fn a_stream_that_the_backend_did_not_take_up_is_sent_again() {
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&taken);
    let backend = Scripted::start(move |tcp, _| {
        let counted = Arc::clone(&counted);
        async move {
            let mut connection = h2::server::handshake(tcp).await.unwrap();
            while let Some(Ok((_, mut respond))) = connection.accept().await {
                // The second request of the connection is refused.
                if counted.fetch_add(1, Ordering::SeqCst) == 1 {
                    respond.send_reset(h2::Reason::REFUSED_STREAM);
                } else {
                    let answer = http::Response::new(());
                    respond.send_response(answer, true).unwrap();
                }
            }
        }
    })
    .await;
    let world = usual().await;
    let options = ForwardOptions { version: HttpVersion::Http2, ..World::options() };
    for _ in 0..2 {
        let mut exchange = exchange(&world, backend.target(), Method::POST);
        exchange.request.body = MessageBody::Held(Bytes::from_static(b"prompt"));
        assert_eq!(called(&world, &mut exchange, options).await.unwrap(), 200);
    }
    assert_eq!(taken.load(Ordering::SeqCst), 3);
}
