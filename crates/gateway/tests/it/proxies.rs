//! Who calls, when a proxy stands before us.

use gateway::listen::{Forwarding, ForwardingHeaders, ListenSettings, Networks, RuntimeKind};

use crate::support::{Running, start_with};

const GET: &str = "GET /about HTTP/1.1\r\nhost: a\r\n";

fn loopback() -> Networks {
    ["127.0.0.0/8".parse().unwrap()].into_iter().collect()
}

fn balanced() -> Running {
    let settings = ListenSettings { proxy_protocol_from: loopback(), ..ListenSettings::default() };
    start_with(settings, RuntimeKind::PerCore)
}

#[tokio::test]
async fn a_load_balancer_says_whom_it_connects_for() {
    let running = balanced();
    let mut caller = running.connect().await;
    let line = "PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\n";
    let answer = caller.send(&format!("{line}{GET}\r\n")).await.read_until(" on ").await;
    assert!(answer.contains("from 203.0.113.7:4711 to 192.0.2.1:443 for itself"), "{answer}");
    // It counts for the connection: a second request has the same caller.
    let answer = caller.send(&format!("{GET}\r\n")).await.read_until(" on ").await;
    assert!(answer.contains("from 203.0.113.7:4711 "), "{answer}");
    // In pieces, and of version 2.
    let mut caller = running.connect().await;
    for piece in line.as_bytes().chunks(5) {
        caller.0.try_write(piece).unwrap();
        tokio::task::yield_now().await;
    }
    assert!(
        caller.send(&format!("{GET}\r\n")).await.read_until(" on ").await.contains("from 203.0.113.7:4711 ")
    );
    let mut caller = running.connect().await;
    let block = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\x07\xc0\0\x02\x01\x12\x67\x01\xbb";
    assert_eq!(caller.0.try_write(block).unwrap(), block.len());
    let answer = caller.send(&format!("{GET}\r\n")).await.read_until(" on ").await;
    assert!(answer.contains("from 203.0.113.7:4711 to 192.0.2.1:443 "), "{answer}");
    // A balancer that looks whether we are there speaks for itself.
    let mut caller = running.connect().await;
    let answer = caller.send(&format!("PROXY UNKNOWN\r\n{GET}\r\n")).await.read_until(" on ").await;
    assert!(answer.contains("from 127.0.0.1:"), "{answer}");
}

#[tokio::test]
async fn what_is_no_proxy_header_ends_the_connection_and_is_counted() {
    let running = balanced();
    for first in
        ["GET /about HTTP/1.1\r\nhost: a\r\n\r\n", "PROXY TCP4 a b c d\r\n", "PROXY TCP4 203.0.113.7 192"]
    {
        let mut caller = running.connect().await;
        caller.send(first).await;
        tokio::io::AsyncWriteExt::shutdown(&mut caller.0).await.unwrap();
        assert_eq!(caller.read_all().await, "", "{first}");
    }
    assert!(running.metrics.text().contains("cardea_proxy_protocol_failures_total 3"));
}

#[tokio::test]
async fn such_a_header_from_elsewhere_is_no_request() {
    let settings = ListenSettings {
        proxy_protocol_from: ["10.0.0.0/8".parse().unwrap()].into_iter().collect(),
        ..ListenSettings::default()
    };
    let running = start_with(settings, RuntimeKind::PerCore);
    let mut caller = running.connect().await;
    let answer = caller.send(&format!("PROXY UNKNOWN\r\n{GET}\r\n")).await.read_all().await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    let answer = running.connect().await.send(&format!("{GET}\r\n")).await.read_until(" on ").await;
    assert!(answer.contains("from 127.0.0.1:"), "{answer}");
}

#[tokio::test]
async fn forwarding_headers_count_when_they_come_from_a_trusted_proxy() {
    let lines = "x-forwarded-for: 203.0.113.7, 127.0.0.2\r\nforwarded: for=198.51.100.9\r\n";
    for (from, headers, expected) in [
        (loopback(), ForwardingHeaders::XForwarded, "for 203.0.113.7 on"),
        (loopback(), ForwardingHeaders::Forwarded, "for 198.51.100.9 on"),
        (Networks::default(), ForwardingHeaders::XForwarded, "for itself on"),
        (
            ["10.0.0.0/8".parse().unwrap()].into_iter().collect(),
            ForwardingHeaders::XForwarded,
            "for itself on",
        ),
    ] {
        let forwarding = Forwarding { from, headers };
        let settings = ListenSettings { forwarding, ..ListenSettings::default() };
        let running = start_with(settings, RuntimeKind::PerCore);
        let answer =
            running.connect().await.send(&format!("{GET}{lines}\r\n")).await.read_until(" on ").await;
        assert!(answer.contains(expected), "{expected}: {answer}");
    }
}
