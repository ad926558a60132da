//! An answer that takes long is written without the HTTP library from some moment on: nobody sees when.

use std::sync::Arc;
use std::time::Duration;

use gateway::listen::{Drained, Limits};

use crate::support::{Event, Raw, Running, limited};

const SHORT: Duration = Duration::from_millis(30);

/// A server that looks at connections all the time.
fn watchful() -> Running {
    limited(Limits { head_timeout: SHORT, write_gap: SHORT, ..Limits::default() })
}

/// Others are closed for their silence meanwhile: longer than a request is left to the library.
async fn a_while(running: &Running) {
    for _ in 0..12 {
        assert_eq!(running.connect().await.read_all().await, "");
    }
}

/// A caller of a stream that has been under way for a while.
async fn long_stream(running: &mut Running, ahead: &str) -> Raw {
    let mut caller = running.connect().await;
    caller.send(&format!("GET /stream HTTP/1.1\r\nhost: a\r\n\r\n{ahead}")).await;
    assert_eq!(running.events.recv().await, Some(Event::Called));
    running.frame("one").await;
    let begin = caller.read_until("3\r\none\r\n").await;
    assert!(begin.contains("transfer-encoding: chunked"), "{begin}");
    a_while(running).await;
    caller
}

#[tokio::test]
async fn a_stream_goes_on_chunk_by_chunk_and_the_next_request_follows() {
    for ahead in ["", "GET /hello HTTP/1.1\r\nhost: a\r\n\r\n"] {
        let mut running = watchful();
        let mut caller = long_stream(&mut running, ahead).await;
        running.frame("two").await;
        assert_eq!(caller.read_until("two\r\n").await, "3\r\ntwo\r\n");
        // An empty chunk would be the last.
        running.frame("").await;
        running.frame("twelve bytes").await;
        assert_eq!(caller.read_until("bytes\r\n").await, "C\r\ntwelve bytes\r\n");
        if ahead.is_empty() {
            caller.send("GET /hello HTTP/1.1\r\nhost: a\r\n\r\n").await;
            a_while(&running).await;
        }
        running.frames = None;
        let rest = caller.read_until("hello").await;
        assert!(rest.starts_with("0\r\n\r\nHTTP/1.1 200 OK\r\n"), "{rest}");
        caller.send("GET /hello HTTP/1.1\r\nhost: a\r\n\r\n").await.read_until("hello").await;
        assert_eq!(running.server.connections(), 1);
    }
}

#[tokio::test]
async fn a_caller_that_leaves_ends_it() {
    let mut running = watchful();
    let caller = long_stream(&mut running, "").await;
    drop(caller);
    running.dropped().await;
}

#[tokio::test]
async fn a_caller_that_asked_to_close_is_closed_behind_it() {
    let mut running = watchful();
    let mut caller = running.connect().await;
    caller.send("POST /stream HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 1\r\n\r\nx").await;
    running.frame("one").await;
    caller.read_until("one\r\n").await;
    a_while(&running).await;
    running.frame("two").await;
    running.frames = None;
    assert_eq!(caller.read_all().await, "3\r\ntwo\r\n0\r\n\r\n");
}

#[tokio::test]
async fn it_ends_before_the_server_does() {
    let mut running = watchful();
    let mut caller = long_stream(&mut running, "").await;
    let server = Arc::clone(&running.server);
    let shutdown = tokio::spawn(async move { server.shutdown(Duration::from_secs(60)).await });
    while tokio::net::TcpStream::connect(running.server.address()).await.is_ok() {
        tokio::task::yield_now().await;
    }
    running.frame("two").await;
    running.frames = None;
    assert_eq!(caller.read_all().await, "3\r\ntwo\r\n0\r\n\r\n");
    assert_eq!(shutdown.await.unwrap(), Drained { cut: 0 });
}
