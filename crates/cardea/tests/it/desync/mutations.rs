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
    sent.extend(b"\r\n\r\n");
    sent.extend(END);
    sent.extend(b"\r\n\r\n");
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

/// What nothing can be that is not within a body: a head and chunks end with it, and their connection. It is longer than
/// the bodies that changes make of those of the cases; one that wants more still ends by a limit ([`World::impatient`]).
const END: &[u8] = &[0; 16 * 1024];

/// Sends bytes, and waits until the other side is done with them.
async fn exchange(to: SocketAddr, sent: &[u8]) {
    let mut stream = TcpStream::connect(to).await.expect("a connection");
    let (mut reading, mut writing) = stream.split();
    let exchange = async {
        // The other side may have closed already.
        let _sent = writing.write_all(sent).await;
        let _ended = reading.read_to_end(&mut Vec::new()).await;
    };
    tokio::time::timeout(PATIENCE, exchange).await.unwrap_or_else(|_| panic!("no end: {:?}", text(sent)));
}

#[tokio::test]
async fn fuzz_no_change_of_a_case_smuggles_a_request() {
    let world = World::impatient().await;
    let seeds: Vec<Vec<u8>> =
        FILES.iter().flat_map(|file| cases::<Case>(file)).map(|case| bytes(&case.send)).collect();
    let (mut state, mut whole) = (0x9e37_79b9_7f4a_7c15, 0);
    for _ in 0..600 * FACTOR {
        let sent = mutated(&seeds[next(&mut state) % seeds.len()], &mut state);
        exchange(world.gateway.address, &sent).await;
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
