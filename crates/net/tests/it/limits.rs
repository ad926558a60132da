//! What a destination may have at once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::Response;
use net::{Bounds, Client, ClientSettings, ErrorKind, HttpVersion, Options, Retry};
use tokio::sync::Semaphore;

use crate::server::{self, Body, full, get, text, to, with};

fn bounded(bounds: Bounds) -> Client<Body> {
    Client::new(ClientSettings { bounds, ..ClientSettings::default() })
}

/// A server whose answers wait for permits.
async fn waiting() -> (SocketAddr, Arc<std::sync::atomic::AtomicUsize>, Arc<Semaphore>) {
    let permits = Arc::new(Semaphore::new(0));
    let waits = Arc::clone(&permits);
    let (address, connections) = server::http(move |_| {
        let permits = Arc::clone(&waits);
        async move {
            permits.acquire().await.unwrap().forget();
            Response::new(full("hello"))
        }
    })
    .await;
    (address, connections, permits)
}

#[tokio::test(start_paused = true)]
async fn requests_beyond_the_limit_wait_in_a_queue_and_beyond_that_fail_at_once() {
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let (address, connections, permits) = waiting().await;
        let client = bounded(Bounds { requests: 2, queue: 1, ..Bounds::default() });
        let to = with(address, Options { version, ..Options::default() });
        let call = || {
            let (client, to) = (client.clone(), to.clone());
            tokio::spawn(async move { text(client.send(&to, get("/")).await.unwrap()).await })
        };
        let calls = [call(), call(), call()];
        let refused = loop {
            tokio::task::yield_now().await;
            // It may take the place in the queue before the third call does, and gives it up then.
            let soon = Duration::from_millis(20);
            if let Ok(Err(error)) = tokio::time::timeout(soon, client.send(&to, get("/"))).await {
                break error;
            }
        };
        assert_eq!((refused.kind(), refused.retry()), (ErrorKind::Full, Retry::Safe), "{version:?}");
        assert_eq!(refused.to_string(), format!("too many requests to the host are under way (`{address}`)"));
        permits.add_permits(3);
        for call in calls {
            assert_eq!(call.await.unwrap(), "hello");
        }
        assert!(connections.load(Ordering::SeqCst) <= 2);
        permits.add_permits(1);
        assert_eq!(text(client.send(&to, get("/")).await.unwrap()).await, "hello");
    }
}

/// A place is given back when the answer's body is gone, not when its head has come.
#[tokio::test(start_paused = true)]
async fn a_request_that_waits_for_too_long_fails() {
    let (address, _) = server::http(|_| async { Response::new(full("hello")) }).await;
    let queue_wait = Duration::from_millis(10);
    let client = bounded(Bounds { requests: 1, queue_wait, ..Bounds::default() });
    let held = client.send(&to(address), get("/")).await.unwrap();
    let error = client.send(&to(address), get("/")).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::QueueTimeout, Retry::Safe));
    drop(held);
    assert_eq!(text(client.send(&to(address), get("/")).await.unwrap()).await, "hello");
}

/// A caller that leaves gives its place back, whether it waits for an answer or in the queue.
#[tokio::test(start_paused = true)]
async fn whoever_leaves_makes_room() {
    let (address, _, permits) = waiting().await;
    let client = bounded(Bounds { requests: 1, queue: 1, ..Bounds::default() });
    let destination = to(address);
    let soon = Duration::from_millis(20);
    assert!(tokio::time::timeout(soon, client.send(&destination, get("/"))).await.is_err());
    let (first, second) = (client.clone(), destination.clone());
    let running = tokio::spawn(async move { first.send(&second, get("/")).await.map(drop) });
    while client.requests() == 0 {
        tokio::task::yield_now().await;
    }
    // Waits in the queue, gives up, and the next may wait.
    for _ in 0..2 {
        assert!(tokio::time::timeout(soon, client.send(&destination, get("/"))).await.is_err());
    }
    running.abort();
    permits.add_permits(10);
    assert_eq!(text(client.send(&destination, get("/")).await.unwrap()).await, "hello");
    assert_eq!(client.requests(), 0);
}

/// Destinations do not take each other's places.
#[tokio::test]
async fn a_full_destination_is_its_own_affair() {
    let (slow, _, _permits) = waiting().await;
    let (quick, _) = server::http(|_| async { Response::new(full("hello")) }).await;
    let client = bounded(Bounds { requests: 1, queue: 0, ..Bounds::default() });
    let (stuck, there) = (client.clone(), to(slow));
    let running = tokio::spawn(async move { stuck.send(&there, get("/")).await.map(drop) });
    while client.requests() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(client.send(&to(slow), get("/")).await.unwrap_err().kind(), ErrorKind::Full);
    assert_eq!(text(client.send(&to(quick), get("/")).await.unwrap()).await, "hello");
    running.abort();
}

/// Connections that other runtimes keep do not stand in the way of one that has none.
#[test]
fn an_idle_connection_of_another_runtime_makes_room() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (servers, one, other) = (runtime(), runtime(), runtime());
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let thread = std::thread::spawn(move || {
        servers.block_on(async {
            let (address, connections) = server::http(|_| async { Response::new(full("hello")) }).await;
            sender.send((address, connections)).unwrap();
            let _stopped = stopped.await;
        });
    });
    let (address, connections) = receiver.recv().unwrap();
    let client = bounded(Bounds { connections: 1, ..Bounds::default() });
    let call = async || text(client.send(&to(address), get("/")).await.unwrap()).await;
    assert_eq!(one.block_on(call()), "hello");
    assert_eq!(client.idle_connections(), 1);
    assert_eq!(other.block_on(call()), "hello");
    assert_eq!(connections.load(Ordering::SeqCst), 2);
    assert_eq!(client.idle_connections(), 1);
    stop.send(()).unwrap();
    thread.join().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_too_old_takes_no_further_request() {
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let (address, connections) = server::http(|_| async { Response::new(full("hello")) }).await;
        let settings = ClientSettings { max_age: Duration::from_secs(1), ..ClientSettings::default() };
        let client = Client::<Body>::new(settings);
        let to = with(address, Options { version, ..Options::default() });
        assert_eq!(text(client.send(&to, get("/")).await.unwrap()).await, "hello");
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(text(client.send(&to, get("/")).await.unwrap()).await, "hello");
        assert_eq!(connections.load(Ordering::SeqCst), 2, "{version:?}");
    }
}
