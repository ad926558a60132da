//! Requests that could be read in two ways are refused, by the HTTP library or by us.

use crate::support::start;

/// Each case names the section of the RFC that lets a server refuse it.
#[tokio::test]
async fn ambiguous_requests_are_refused() {
    let running = start();
    for (why, request, status) in [
        ("RFC 9112 3.2: no Host", "GET / HTTP/1.1\r\n\r\n", "400"),
        ("RFC 9112 3.2: two Hosts", "GET / HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n", "400"),
        ("RFC 9112 3.2.2: two hosts", "GET http://b/ HTTP/1.1\r\nhost: a\r\n\r\n", "400"),
        ("RFC 9110 9.3.8: TRACE", "TRACE / HTTP/1.1\r\nhost: a\r\n\r\n", "405"),
        ("RFC 9110 9.3.6: CONNECT", "CONNECT a:80 HTTP/1.1\r\nhost: a:80\r\n\r\n", "405"),
        (
            "RFC 9112 6.3: lengths that differ",
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
            "400",
        ),
        ("RFC 9112 6.3: no length", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: +1\r\n\r\na", "400"),
        (
            "RFC 9112 6.3: chunked is not last",
            "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked, gzip\r\n\r\n",
            "400",
        ),
        (
            "RFC 9112 6.1: HTTP/1.0",
            "POST / HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            "400",
        ),
        ("RFC 9112 5.1: blank before colon", "GET / HTTP/1.1\r\nhost: a\r\nx : y\r\n\r\n", "400"),
        ("RFC 9112 5.2: folded line", "GET / HTTP/1.1\r\nhost: a\r\nx: y\r\n z\r\n\r\n", "400"),
        ("RFC 9112 2.2: bare CR", "GET / HTTP/1.1\r\nhost: a\r\nx: y\rz: 1\r\n\r\n", "400"),
        ("RFC 9110 5.5: NUL", "GET / HTTP/1.1\r\nhost: a\r\nx: y\0\r\n\r\n", "400"),
        ("RFC 9112 3: blank in target", "GET /a b HTTP/1.1\r\nhost: a\r\n\r\n", "400"),
        ("RFC 9110 10.1.1: expectation", "GET / HTTP/1.1\r\nhost: a\r\nexpect: tea\r\n\r\n", "417"),
    ] {
        let mut caller = running.connect().await;
        let answer = caller.send(request).await.read_until("\r\n\r\n").await;
        assert_eq!(answer.split(' ').nth(1), Some(status), "{why}: {answer}");
    }
}

/// What hyper lets pass. RFC 9112 2.2 allows a bare line feed as the end of a line, so it is not ambiguous for
/// recipients that follow it; 7.1.1 has recipients ignore chunk extensions.
#[tokio::test]
async fn what_every_recipient_reads_alike_is_accepted() {
    let running = start();
    for request in [
        "GET / HTTP/1.1\nhost: a\n\n",
        "\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n",
        "POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello",
        "GET http://a/ HTTP/1.1\r\nhost: a\r\n\r\n",
    ] {
        let mut caller = running.connect().await;
        let answer = caller.send(request).await.read_until("hello").await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{request}: {answer}");
    }
}

/// RFC 9112 6.1: a server that goes by the coding must close the connection after its answer, so that nothing that
/// follows is taken for a request.
#[tokio::test]
async fn a_coding_beside_a_length_wins_and_ends_the_connection() {
    let running = start();
    let mut caller = running.connect().await;
    let smuggled = "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n\
        0\r\n\r\nGET /hello HTTP/1.1\r\nhost: a\r\n\r\n";
    let answers = caller.send(smuggled).await.read_all().await;
    assert!(answers.contains("connection: close") && !answers.contains("hello"), "{answers}");
}

#[tokio::test]
async fn a_caller_that_asks_first_is_told_to_go_on() {
    let running = start();
    let mut caller = running.connect().await;
    caller
        .send("POST /collect HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n")
        .await;
    assert_eq!(caller.read_until("\r\n\r\n").await, "HTTP/1.1 100 Continue\r\n\r\n");
    caller.send("hello").await.read_until("hello").await;
}
