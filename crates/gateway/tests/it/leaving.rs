//! A caller that goes away ends what was begun for it.

use net::HttpVersion;

use crate::support::{Event, client, get, start};

#[tokio::test]
async fn leaving_before_the_answer_drops_the_handler() {
    for request in [
        "GET /wait HTTP/1.1\r\nhost: a\r\n\r\n",
        "POST /wait HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody",
        "POST /wait HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
        // The body is never read: its end has come with the head all the same.
        "POST /unread HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody",
        // In the middle of the body: reading it fails.
        "POST /wait HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nbody",
    ] {
        let mut running = start();
        let mut caller = running.connect().await;
        caller.send(request).await;
        assert_eq!(running.events.recv().await, Some(Event::Called));
        drop(caller);
        running.dropped().await;
    }
}

#[tokio::test]
async fn leaving_within_the_answer_drops_its_body() {
    let mut running = start();
    let mut caller = running.connect().await;
    caller.send("GET /stream HTTP/1.1\r\nhost: a\r\n\r\n").await;
    running.frame("one").await;
    caller.read_until("one").await;
    drop(caller);
    running.dropped().await;
}

#[tokio::test]
async fn an_http2_caller_can_leave_one_stream() {
    let mut running = start();
    let client = client();
    let to = running.destination(HttpVersion::Http2);
    let (other, given_up) = (client.clone(), to.clone());
    let call = tokio::spawn(async move { other.send(&given_up, get("/wait")).await.map(drop) });
    assert_eq!(running.events.recv().await, Some(Event::Called));
    call.abort();
    running.dropped().await;

    let response = client.send(&to, get("/stream")).await.unwrap();
    drop(response);
    running.dropped().await;
    assert_eq!(running.server.connections(), 1);
}
