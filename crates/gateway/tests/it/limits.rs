//! What callers cannot make the server do.

use std::time::Duration;

use gateway::listen::Limits;

use crate::support::{Event, limited};

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
    assert!(running.metrics.text().contains("cardea_connections_turned_away_total 1"));
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
