//! Callers that send much and take little: each is stopped or held back, memory stays bounded, and others are served
//! meanwhile.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::desync::frames::{
    CONTINUATION, Connection, DATA, END_HEADERS, END_STREAM, Frame, GOAWAY, HEADERS, PING, RST_STREAM,
    SETTINGS, block, indexed,
};
use crate::desync::raw_backend::{RawBackend, Reply};
use crate::harness::{Api, Folder, Gateway, PATIENCE, Start};

/// Bytes that a flood may make the process grow by. What it is sent is a multiple of that.
const ROOM: u64 = 48 * 1024 * 1024;

struct World {
    gateway: Gateway,
    backend: RawBackend,
}

impl World {
    async fn start() -> Self {
        let backend = RawBackend::start().await;
        let folder = Folder::new().api(&Api::new("t").to(&backend.url()));
        let gateway = Start::new(folder).set("log.level", "error").set("log.access", "off").start().await;
        let world = Self { gateway, backend };
        world.serves_others().await;
        world
    }

    async fn serves_others(&self) {
        assert_eq!(self.gateway.get("/t/other").send().await.text(), "ok");
    }

    /// Bytes of memory that the process has.
    fn memory(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.gateway.pid())).expect("a process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").trim().parse().expect("a number");
        kilobytes * 1024
    }

    async fn http2(&self) -> Connection {
        Connection::open(self.gateway.address).await
    }
}

fn fields(path: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let pairs = [(":method", "GET"), (":scheme", "http"), (":authority", "gateway.example"), (":path", path)];
    pairs.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).collect()
}

fn request(stream: u32) -> Frame {
    Frame::new(HEADERS, END_HEADERS | END_STREAM, stream, block(&fields("/t/x")))
}

/// So many requests of others, one after the other, are a long time for a connection that flows.
const LONG: usize = 100;

/// Sends the same bytes again and again, reading nothing, until so many were sent, the other side closes, or takes no
/// more while others are served. Gives how many bytes it took.
async fn pour(world: &World, connection: &mut Connection, bytes: &[u8], limit: usize) -> usize {
    let others = async || {
        for _ in 0..LONG {
            world.serves_others().await;
        }
    };
    let mut taken = 0;
    while taken < limit {
        let is_sent = tokio::select! {
            biased;
            is_sent = connection.send(bytes) => is_sent,
            () = others() => false,
        };
        if !is_sent {
            break;
        }
        taken += bytes.len();
    }
    taken
}

/// Whether the connection is ended with an error.
async fn is_ended(connection: &mut Connection) -> bool {
    let ended = async {
        while let Some(frame) = connection.next().await {
            if frame.kind == GOAWAY && frame.payload.get(7).is_some_and(|code| *code != 0) {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, ended).await.is_ok()
}

/// CVE-2023-44487.
#[tokio::test]
async fn requests_that_are_taken_back_at_once_end_the_connection() {
    let world = World::start().await;
    let mut connection = world.http2().await;
    for number in 0..5_000_u32 {
        let stream = number * 2 + 1;
        let frames =
            [request(stream).bytes(), Frame::new(RST_STREAM, 0, stream, [0, 0, 0, 8]).bytes()].concat();
        if !connection.send(&frames).await {
            break;
        }
    }
    assert!(is_ended(&mut connection).await);
    world.serves_others().await;
}

/// VU#421644: a head that never ends.
#[tokio::test]
async fn continuation_without_an_end_ends_the_connection() {
    let world = World::start().await;
    let before = world.memory();
    let mut connection = world.http2().await;
    connection.send(&Frame::new(HEADERS, END_STREAM, 1, block(&fields("/t/x"))).bytes()).await;
    let more = Frame::new(CONTINUATION, 0, 1, block(&[(b"x".to_vec(), vec![b'y'; 8_000])])).bytes();
    let taken = pour(&world, &mut connection, &more, 4 * ROOM as usize).await;
    assert!(taken < ROOM as usize, "{taken}");
    assert!(is_ended(&mut connection).await);
    // Empty ones too, of which no limit of bytes tells.
    let mut connection = world.http2().await;
    connection.send(&Frame::new(HEADERS, END_STREAM, 1, block(&fields("/t/x"))).bytes()).await;
    let empty = Frame::new(CONTINUATION, 0, 1, []).bytes().repeat(1_000);
    pour(&world, &mut connection, &empty, 20_000_000).await;
    assert!(is_ended(&mut connection).await);
    assert!(world.memory() < before + ROOM);
    world.serves_others().await;
}

#[tokio::test]
async fn frames_that_want_answers_that_nobody_reads_do_not_pile_up() {
    let world = World::start().await;
    let before = world.memory();
    for frame in [Frame::new(PING, 0, 0, [7; 8]), Frame::new(SETTINGS, 0, 0, [0, 4, 0, 1, 0, 0])] {
        let mut connection = world.http2().await;
        pour(&world, &mut connection, &frame.bytes().repeat(1_000), 4 * ROOM as usize).await;
        world.serves_others().await;
        let memory = world.memory();
        assert!(memory < before + ROOM, "{frame:?}: {before} {memory}");
    }
}

/// A field of 4,000 bytes in the table of HPACK, then a byte for each time that it is meant.
#[tokio::test]
async fn fields_that_unfold_are_not_taken() {
    let world = World::start().await;
    let before = world.memory();
    let mut connection = world.http2().await;
    for number in 0..200_u32 {
        let mut bomb = block(&fields("/t/x"));
        bomb.extend(indexed(b"x", &[b'y'; 3_900]));
        // RFC 7541 section 2.3.3: the newest entry of the dynamic table is 62.
        bomb.extend([0x80 | 62; 12_000]);
        let frame = Frame::new(HEADERS, END_HEADERS | END_STREAM, number * 2 + 1, bomb);
        if !connection.send(&frame.bytes()).await {
            break;
        }
    }
    world.serves_others().await;
    let memory = world.memory();
    assert!(memory < before + ROOM, "{before} {memory}");
    assert!(!world.backend.take().await.iter().any(|bytes| String::from_utf8_lossy(bytes).contains("yyyy")));
}

/// Windows of nought: answers that are asked for and not taken.
#[tokio::test]
async fn answers_that_nobody_takes_hold_little() {
    let world = World::start().await;
    let body = "x".repeat(8 * 1024 * 1024);
    let bytes = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes();
    world.backend.replies(Reply { bytes, closes: false });
    let before = world.memory();
    let mut connection = world.http2().await;
    connection.send(&Frame::new(SETTINGS, 0, 0, [0, 4, 0, 0, 0, 0]).bytes()).await;
    let streams = 60;
    for number in 0..streams {
        assert!(connection.send(&request(number * 2 + 1).bytes()).await);
    }
    let mut heads = 0;
    while heads < streams {
        let frame = tokio::time::timeout(PATIENCE, connection.next())
            .await
            .expect("heads")
            .expect("an open connection");
        assert!(frame.kind != DATA || frame.payload.is_empty(), "nothing was allowed");
        heads += u32::from(frame.kind == HEADERS);
    }
    let ok = crate::desync::raw_backend::OK;
    world.backend.replies(Reply { bytes: ok.into(), closes: false });
    world.serves_others().await;
    let memory = world.memory();
    assert!(memory < before + 2 * ROOM, "480 MiB were asked for: {before} {memory}");
}

#[tokio::test]
async fn a_body_in_tiny_frames_is_a_body() {
    let world = World::start().await;
    let mut connection = world.http2().await;
    let mut head = fields("/t/x");
    head[0].1 = b"POST".to_vec();
    connection.send(&Frame::new(HEADERS, END_HEADERS, 1, block(&head)).bytes()).await;
    let piece = [Frame::new(DATA, 0, 1, *b"x").bytes(), Frame::new(DATA, 0, 1, []).bytes()].concat();
    for _ in 0..200 {
        connection.send(&piece.repeat(10)).await;
        world.serves_others().await;
    }
    connection.send(&Frame::new(DATA, END_STREAM, 1, []).bytes()).await;
    let answered = async {
        while let Some(frame) = connection.next().await {
            if frame.kind == HEADERS && frame.stream == 1 {
                return crate::desync::frames::status(&frame.payload);
            }
        }
        None
    };
    // Or the connection was ended, for so many frames that carry nothing.
    let status = tokio::time::timeout(PATIENCE, answered).await.expect("an answer or an end");
    assert!(matches!(status, None | Some(200)), "{status:?}");
    world.serves_others().await;
}

/// Slow-loris: connections that begin and do not go on, in the head and in the body. The limits that end them are shown by
/// the tests of the gateway; here is shown whom they do not hold up.
#[tokio::test]
async fn many_that_do_not_go_on_hold_nobody_up() {
    let world = World::start().await;
    let before = world.memory();
    let mut held = Vec::new();
    let beginnings = [
        "GET /t/x HTTP/1.1\r\nHost: gateway.example\r\nX: ",
        "POST /t/x HTTP/1.1\r\nHost: gateway.example\r\nContent-Length: 1000\r\n\r\nx",
        "P",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "",
    ];
    for beginning in beginnings.iter().cycle().take(500) {
        let mut stream = TcpStream::connect(world.gateway.address).await.expect("a connection");
        stream.write_all(beginning.as_bytes()).await.expect("sent");
        held.push(stream);
    }
    for stream in &mut held {
        let _sent = stream.write_all(b"x").await;
        world.serves_others().await;
    }
    let memory = world.memory();
    assert!(memory < before + ROOM, "{before} {memory}");
}

/// The log says whose limit it was, once, however many come.
#[tokio::test]
async fn a_limit_names_a_caller_once() {
    const LINE: &str = "a caller went beyond a limit";
    let start = Start::new(Folder::new()).set("listen.connections-per-address", "1");
    let gateway = start.start().await;
    let _held = TcpStream::connect(gateway.address).await.expect("a connection");
    for _ in 0..20 {
        let mut refused = TcpStream::connect(gateway.address).await.expect("a connection");
        let mut answer = String::new();
        let _ended = refused.read_to_string(&mut answer).await;
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    }
    assert_eq!(gateway.terminate().await, 0);
    let said = gateway.said();
    let lines: Vec<&str> = said.lines().filter(|line| line.contains(LINE)).collect();
    let [line] = lines[..] else { panic!("{said}") };
    assert!(line.contains("connections-per-address") && line.contains("127.0.0.1"), "{line}");
}
