//! What callers cannot make the server do.

use std::time::Duration;

use gateway::listen::Limits;

use net::HttpVersion;

use crate::support::{Event, client, get, limited};

#[tokio::test]
async fn a_head_that_is_too_big_is_refused() {
    let limits = Limits { head_bytes: 16 * 1024, headers: 10, ..Limits::default() };
    let running = limited(limits);
    let big = format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "y".repeat(20_000));
    let many = format!("GET / HTTP/1.1\r\nhost: a\r\n{}\r\n", "x: y\r\n".repeat(11));
    for head in [big, many] {
        let mut caller = running.connect().await;
        caller.send(&head).await;
        let answer = caller.read_until("\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
}

#[tokio::test]
async fn connections_beyond_the_limit_are_turned_away_at_once() {
    let running = limited(Limits { connections: 1, ..Limits::default() });
    let mut first = running.connect().await;
    first.send("GET /hello HTTP/1.1\r\nhost: a\r\n\r\n").await.read_until("hello").await;
    let answer = running.connect().await.read_all().await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    first.send("GET /hello HTTP/1.1\r\nhost: a\r\n\r\n").await.read_until("hello").await;
    assert!(
        running.metrics.text().contains("cardea_connections_turned_away_total{reason=\"connections\"} 1")
    );
}

fn impatient() -> Limits {
    let short = Duration::from_millis(30);
    Limits { head_timeout: short, idle_timeout: short, ..Limits::default() }
}

#[tokio::test]
async fn silent_callers_are_closed() {
    let running = limited(impatient());
    let mut nothing = running.connect().await;
    assert_eq!(nothing.read_all().await, "");
    let mut half = running.connect().await;
    assert_eq!(half.send("GET / HTTP/1.1\r\nho").await.read_all().await, "");
    let mut idle = running.connect().await;
    let answer = idle.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.read_all().await;
    assert!(answer.ends_with("hello"), "{answer}");
    let mut second_half = running.connect().await;
    let request = "GET / HTTP/1.1\r\nhost: a\r\n\r\nGET / HT";
    assert!(second_half.send(request).await.read_all().await.ends_with("hello"));
}

#[tokio::test]
async fn a_request_that_takes_longer_than_those_limits_is_not_disturbed() {
    let mut running = limited(impatient());
    let mut caller = running.connect().await;
    caller.send("GET /stream HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert_eq!(running.events.recv().await, Some(Event::Called));
    // Others are closed for their silence again and again meanwhile.
    for _ in 0..4 {
        assert_eq!(running.connect().await.read_all().await, "");
    }
    running.frame("late").await;
    caller.read_until("late").await;
}

/// RFC 9110 15.5.9. The handler is told; what it says is the caller's answer.
#[tokio::test]
async fn a_body_that_stops_coming_is_given_up() {
    let short = Duration::from_millis(30);
    let gap = Limits { body_gap: short, ..Limits::default() };
    let total = Limits { body_timeout: Some(short), ..Limits::default() };
    for (limits, limit) in [(gap, "body-gap-seconds"), (total, "body-seconds")] {
        let running = limited(limits);
        let mut caller = running.connect().await;
        caller.send("POST /collect HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nhalf").await;
        let answer = caller.read_until("took longer than 30ms").await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        let counted = format!("cardea_caller_limits_total{{limit=\"{limit}\"}} 1");
        assert!(running.metrics.text().contains(&counted), "{}", running.metrics.text());
    }
}

/// Nobody waits for the body: the caller is not to blame.
#[tokio::test]
async fn a_body_that_nobody_reads_may_take_its_time() {
    let mut running = limited(Limits { body_gap: Duration::from_millis(1), ..Limits::default() });
    let mut caller = running.connect().await;
    caller.send("POST /unread HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nhalf").await;
    assert_eq!(running.events.recv().await, Some(Event::Called));
    // Others are closed for their silence meanwhile.
    let other = limited(impatient());
    assert_eq!(other.connect().await.read_all().await, "");
    assert!(running.events.try_recv().is_err());
    assert!(!running.metrics.text().contains("body-gap"));
}

#[tokio::test]
async fn a_caller_that_takes_nothing_of_its_answer_is_closed() {
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let mut running = limited(Limits { write_gap: Duration::from_millis(30), ..Limits::default() });
        let to = running.destination(version);
        let client = client();
        let response = client.send(&to, get("/big")).await.unwrap();
        running.dropped().await;
        while !running.metrics.text().contains("cardea_caller_limits_total{limit=\"write-gap-seconds\"} 1") {
            tokio::task::yield_now().await;
        }
        drop(response);
    }
}

#[tokio::test]
async fn one_address_gets_no_more_connections_than_it_may_have() {
    let running = limited(Limits { connections_per_address: 1, ..Limits::default() });
    let mut first = running.connect().await;
    first.send("GET /hello HTTP/1.1\r\nhost: a\r\n\r\n").await.read_until("hello").await;
    let answer = running.connect().await.read_all().await;
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("Retry-After: 1"), "{answer}");
    let counted = "cardea_connections_turned_away_total{reason=\"connections-per-address\"} 1";
    assert!(running.metrics.text().contains(counted));
    drop(first);
    while running.server.connections() > 0 {
        tokio::task::yield_now().await;
    }
    running.connect().await.send("GET /hello HTTP/1.1\r\nhost: a\r\n\r\n").await.read_until("hello").await;
}

/// A connection without a request gives its buffers back, and goes on when bytes come.
#[tokio::test]
async fn a_connection_that_rested_goes_on() {
    let running = limited(Limits::default());
    let mut caller = running.connect().await;
    let rests = async || {
        while !running.metrics.text().contains("cardea_connections_resting 1\n") {
            tokio::task::yield_now().await;
        }
    };
    for pieces in [1, 1, 7] {
        let request = "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello";
        for piece in request.as_bytes().chunks(request.len() / pieces) {
            caller.0.try_write(piece).unwrap();
            tokio::task::yield_now().await;
        }
        caller.read_until("hello").await;
        rests().await;
    }
    // What is refused then is refused as ever.
    let answer = caller.send("GET / HTTP/9.9\r\n\r\n").await.read_all().await;
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.ends_with("syntax"), "{answer}");
    // One that rests is closed by a drain at once.
    let mut caller = running.connect().await;
    caller.send("GET /hello HTTP/1.1\r\nhost: a\r\n\r\n").await.read_until("hello").await;
    rests().await;
    running.server.shutdown(Duration::from_secs(20)).await;
    assert_eq!(caller.read_all().await, "");
    assert!(running.metrics.text().contains("cardea_connections_resting 0\n"));
}
