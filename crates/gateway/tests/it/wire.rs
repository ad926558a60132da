//! Requests that could be read in two ways are refused, all of them in the handler's words.

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
        (
            "RFC 9112 6.3: a coding beside a length",
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            "400",
        ),
        (
            "RFC 9112 6.3: a length beside a coding",
            "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
            "400",
        ),
        (
            "RFC 9110 8.6: two lengths",
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\na",
            "400",
        ),
        (
            "RFC 9112 6.1: a coding that is not ours",
            "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "400",
        ),
        ("RFC 9112 2.2: bare LF", "GET / HTTP/1.1\nhost: a\n\n", "400"),
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
        if status == "400" {
            let rest = caller.read_all().await;
            let said =
                ["host", "framing", "syntax"].iter().any(|label| (answer.clone() + &rest).ends_with(label));
            assert!(
                said && answer.contains("connection: close") && answer.contains("date: "),
                "{why}: {answer}"
            );
        }
    }
}

/// Nothing that follows a refused head is taken for a request, and what was asked before it is answered.
#[tokio::test]
async fn a_refused_head_is_the_last_however_it_comes() {
    let running = start();
    let good = "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nfirst";
    let bad = "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n\
        0\r\n\r\nGET /hello HTTP/1.1\r\nhost: a\r\n\r\n";
    let mut caller = running.connect().await;
    let answers = caller.send(&format!("{good}{bad}")).await.read_all().await;
    assert!(answers.contains("first") && answers.ends_with("framing"), "{answers}");
    assert_eq!(answers.matches("HTTP/1.1 ").count(), 2, "{answers}");
    let mut caller = running.connect().await;
    for piece in bad.as_bytes().chunks(9) {
        let _sent = caller.0.try_write(piece);
        tokio::task::yield_now().await;
    }
    let answers = caller.read_all().await;
    assert!(answers.starts_with("HTTP/1.1 400 ") && answers.ends_with("framing"), "{answers}");
    let metrics = running.metrics.text();
    assert!(metrics.contains("cardea_requests_refused_total{reason=\"framing\"} 2"), "{metrics}");
}

/// A caller may send requests ahead (RFC 9112 9.3.2); they are answered one after the other.
#[tokio::test]
async fn requests_that_are_sent_ahead_are_answered_in_turn() {
    let running = start();
    let mut caller = running.connect().await;
    let chunked =
        "POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\none\r\n0\r\n\r\n";
    let sized = "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\ntwo";
    let last = "GET /hello HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let answers = caller.send(&format!("{chunked}{sized}\r\n{last}")).await.read_all().await;
    let found: Vec<usize> =
        ["one", "two", "hello"].iter().map(|word| answers.find(word).unwrap_or(usize::MAX)).collect();
    assert!(found.is_sorted() && found[2] < usize::MAX, "{answers}");
    // The library's own objections come in turn as well.
    let mut caller = running.connect().await;
    let answers = caller.send(&format!("{sized}GET / HTTP/9.9\r\n\r\n")).await.read_all().await;
    assert!(answers.contains("two") && answers.ends_with("syntax"), "{answers}");
}

/// RFC 9112 7.1: what follows broken chunks is not read.
#[tokio::test]
async fn broken_chunks_end_their_request_and_the_connection() {
    let running = start();
    for chunks in ["5 \r\nhello\r\n0\r\n\r\n", "5\r\nhelloX\r\n", "+5\r\nhello\r\n", "g\r\n", "5\nhello\r\n"]
    {
        let mut caller = running.connect().await;
        let head = "POST /wait HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
        let after = "GET /hello HTTP/1.1\r\nhost: a\r\n\r\n";
        let answers = caller.send(&format!("{head}{chunks}{after}")).await.read_all().await;
        assert!(answers.ends_with("the body broke off"), "{chunks:?}: {answers}");
    }
}

/// RFC 9112 7.1.1 has recipients ignore chunk extensions; 2.2 lets an empty line come before a request.
#[tokio::test]
async fn what_every_recipient_reads_alike_is_accepted() {
    let running = start();
    for request in [
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
