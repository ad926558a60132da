//! The cases, changed at random, against a reader of our own: whatever the gateway makes of bytes, the backend gets nothing
//! but the requests that a strict reader finds in them, in their order.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::http1::{Case, FILES};
use super::message::{Message, of_caller};
use super::{PROBE, World, bytes, cases, text};
use crate::harness::PATIENCE;

/// `./test long` makes the rounds many more.
const FACTOR: usize = match option_env!("CARDEA_FUZZ_FACTOR") {
    Some(text) => match usize::from_str_radix(text, 10) {
        Ok(factor) => factor,
        Err(_) => 1,
    },
    None => 1,
};

/// What is put in: bytes and lines that readers disagree on.
const PIECES: [&str; 24] = [
    "\r",
    "\n",
    "\r\n",
    "\r\n\r\n",
    "\0",
    "\t",
    " ",
    ":",
    ";",
    ",",
    "0",
    "5",
    "0\r\n\r\n",
    "5\r\nhello\r\n",
    "#",
    "\u{b}",
    "\u{ff}",
    "\r\nContent-Length: 5",
    "\r\nContent-Length: 0",
    "\r\nTransfer-Encoding: chunked",
    "\r\nTransfer-Encoding: identity",
    "\r\nConnection: close",
    "\r\nHost: other.example",
    "GET /t/smuggled HTTP/1.1\r\nHost: gateway.example\r\n\r\n",
];

/// Marsaglia's xorshift64, seeded with a constant: the same run every time.
fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 40).expect("24 bits")
}

fn mutated(seed: &[u8], state: &mut u64) -> Vec<u8> {
    let mut sent = seed.to_vec();
    for _ in 0..=next(state) % 3 {
        let at = next(state) % (sent.len() + 1);
        let end = (at + next(state) % 4).min(sent.len());
        let piece = bytes(PIECES[next(state) % PIECES.len()]);
        match next(state) % 3 {
            0 => drop(sent.splice(at..at, piece)),
            1 => drop(sent.splice(at..end, piece)),
            _ => drop(sent.drain(at..end)),
        }
    }
    sent.extend(bytes(PROBE));
    sent
}

/// The requests that there are in bytes, up to the first that is none.
fn found(mut sent: &[u8]) -> Vec<Message> {
    let mut all = Vec::new();
    while let Ok((message, rest)) = of_caller(sent) {
        all.push(message);
        sent = rest;
    }
    all
}

/// Path and query below the API's path.
fn below(line: &str) -> Option<(String, &str)> {
    let (method, rest) = line.split_once(' ')?;
    let target = rest.rsplit_once(' ')?.0;
    let origin = match target.split_once("://") {
        Some((_, after)) => after.find('/').and_then(|at| after.get(at..))?,
        None => target,
    };
    let path = origin.get(2..).filter(|_| origin.to_ascii_lowercase().starts_with("/t"));
    Some((method.to_owned(), path?))
}

/// Whether a request that arrived is one that was found.
fn is_same(arrived: &Message, found: &Message) -> bool {
    let target = arrived.line.split_once(' ').and_then(|(method, rest)| {
        let target = rest.rsplit_once(' ')?.0;
        Some((method, target))
    });
    let (Some((method, target)), Some((sent_method, sent))) = (target, below(&found.line)) else {
        return false;
    };
    let sent = sent.strip_suffix('?').unwrap_or(sent);
    let same_target = target == sent || sent.is_empty() && target == "/" || target == format!("/{sent}");
    method == sent_method && same_target && arrived.body == found.body
}

/// Sends bytes, and gives everything that comes back until the other side is done.
async fn exchange(to: SocketAddr, sent: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(to).await.expect("a connection");
    let _sent = stream.write_all(sent).await;
    let mut back = Vec::new();
    // What is not complete waits for more: it gets an end. Answers that are owed come before that.
    let mut piece = [0; 4096];
    loop {
        let quiet = std::time::Duration::from_millis(40);
        match tokio::time::timeout(quiet, stream.read(&mut piece)).await {
            Ok(Ok(0) | Err(_)) => return back,
            Ok(Ok(came)) => back.extend_from_slice(&piece[..came]),
            Err(_) => break,
        }
    }
    let _shut = stream.shutdown().await;
    let _ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut back)).await.expect("an end");
    back
}

#[tokio::test]
async fn fuzz_no_change_of_a_case_smuggles_a_request() {
    let world = World::start().await;
    let seeds: Vec<Vec<u8>> =
        FILES.iter().flat_map(|file| cases::<Case>(file)).map(|case| bytes(&case.send)).collect();
    let (mut state, mut whole) = (0x9e37_79b9_7f4a_7c15, 0);
    for _ in 0..600 * FACTOR {
        let sent = mutated(&seeds[next(&mut state) % seeds.len()], &mut state);
        let _back = exchange(world.gateway.address, &sent).await;
        let arrived = world.arrived().await.unwrap_or_else(|why| panic!("{:?}: {why}", text(&sent)));
        let found = found(&sent);
        let mut left = found.iter();
        for message in &arrived {
            // Those between were answered by the gateway itself.
            let fits = left.any(|found| is_same(message, found));
            assert!(fits, "{:?} became {message:?}; found: {found:?}", text(&sent));
        }
        whole += arrived.len();
    }
    assert!(whole > 40, "{whole}");
}
