//! Requests in HTTP/1, byte for byte.

use std::net::SocketAddr;

use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::message::{Message, response};
use super::{Arrival, PROBE, World, bytes, cases, text};
use crate::harness::PATIENCE;

/// The files of these cases.
pub(super) const FILES: [&str; 6] =
    ["lengths.toml", "chunks.toml", "lines.toml", "hosts.toml", "targets.toml", "connection.toml"];

/// A case of those files; `lengths.toml` says what each member means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    name: String,
    rfc: String,
    pub(super) send: String,
    #[serde(default)]
    refused: Vec<u16>,
    #[serde(default)]
    answers: Vec<String>,
    #[serde(default)]
    closes: bool,
    #[serde(default)]
    arrives: Vec<Arrival>,
}

/// Sends bytes and gives everything that comes back until the connection ends.
pub(super) async fn exchange(to: SocketAddr, sent: &[u8]) -> Result<Vec<u8>, String> {
    let exchange = async {
        let mut stream = TcpStream::connect(to).await.expect("a connection");
        // The other side may have closed already.
        let _sent = stream.write_all(sent).await;
        let mut back = Vec::new();
        // A reset is an end too: bytes of ours were left unread.
        let _ended = stream.read_to_end(&mut back).await;
        back
    };
    tokio::time::timeout(PATIENCE, exchange).await.map_err(|_| "the connection does not end".to_owned())
}

/// The answers that bytes consist of; those whose expectation ends with `HEAD` have no body.
fn answers(back: &[u8], expected: &[String]) -> Result<Vec<Message>, String> {
    let mut rest = back;
    let mut answers = Vec::new();
    while !rest.is_empty() {
        let head_only = expected.get(answers.len()).is_some_and(|each| each.ends_with("HEAD"));
        let read = response(rest, head_only, true);
        let (message, after) = read.map_err(|why| format!("{why:?} in {:?}", text(back)))?;
        answers.push(message);
        rest = after;
    }
    Ok(answers)
}

impl Case {
    fn goes_on(&self) -> bool {
        self.refused.is_empty() && !self.closes
    }

    /// What the answers must be: those of the case, and of the probe when the connection goes on.
    fn expected(&self) -> Vec<String> {
        let probe = self.goes_on().then(|| "200 ok".to_owned());
        self.answers.iter().cloned().chain(probe).collect()
    }

    fn arrivals(&self) -> Vec<Arrival> {
        let probe = self.goes_on().then(|| Arrival { line: "GET /probe".to_owned(), ..Arrival::default() });
        self.arrives.iter().cloned().chain(probe).collect()
    }

    fn judge(&self, back: &[u8]) -> Result<(), String> {
        let expected = self.expected();
        let mut answers = answers(back, &expected)?;
        let wrong = || Err(format!("expected {expected:?} and {:?}, got {:?}", self.refused, text(back)));
        if !self.refused.is_empty() {
            let last = answers.pop();
            if !last.is_some_and(|last| self.refused.contains(&last.status())) {
                return wrong();
            }
        }
        let fits = |(got, expected): (&Message, &String)| {
            let whole = format!("{} {}", got.status(), text(&got.body));
            let status = expected.trim_end_matches(" HEAD");
            whole == *expected || whole.split(' ').next() == Some(status)
        };
        let all = answers.len() == expected.len() && answers.iter().zip(&expected).all(fits);
        if all { Ok(()) } else { wrong() }
    }

    async fn run(&self, world: &World) -> Result<(), String> {
        let sent = [bytes(&self.send), bytes(PROBE)].concat();
        let back = exchange(world.gateway.address, &sent).await;
        let answered = back.and_then(|back| self.judge(&back));
        // In any case, so that the next one finds nothing of it.
        let arrived = world.judge_arrivals(&self.arrivals()).await;
        answered.and(arrived)
    }
}

#[tokio::test]
async fn requests_are_read_in_one_way_or_refused() {
    let world = World::start().await;
    let mut wrong = Vec::new();
    for file in FILES {
        for case in cases::<Case>(file) {
            let Err(why) = case.run(&world).await else { continue };
            wrong.push(format!("{file}: {} (RFC {}): {why}", case.name, case.rfc));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
