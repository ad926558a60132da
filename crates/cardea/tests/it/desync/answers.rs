//! Answers of a hostile backend: whatever it sends, the caller's connection stays in step or ends.

use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::message::{Malformed, Message, response};
use super::raw_backend::{OK, Reply};
use super::{PROBE, World, bytes, cases, text};
use crate::harness::PATIENCE;

/// A case of `answers.toml`, which says what each member means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    rfc: String,
    #[serde(default = "get")]
    method: String,
    reply: String,
    #[serde(default)]
    closes: bool,
    status: Option<u16>,
    body: Option<String>,
    #[serde(default)]
    lacks: Vec<String>,
}

fn get() -> String {
    "GET".to_owned()
}

/// Reads an answer; none when the connection ends inside of it.
async fn read(stream: &mut TcpStream, head_only: bool) -> Result<Option<Message>, String> {
    let mut back = Vec::new();
    loop {
        match response(&back, head_only, false) {
            Ok((_, rest)) if !rest.is_empty() => {
                return Err(format!("bytes after the answer: {:?}", text(&back)));
            }
            Ok((message, _)) => return Ok(Some(message)),
            Err(Malformed::Incomplete) => {}
            Err(why) => return Err(format!("{why:?} in {:?}", text(&back))),
        }
        if !matches!(stream.read_buf(&mut back).await, Ok(1..)) {
            return Ok(None);
        }
    }
}

impl Case {
    fn judge(&self, answer: Option<&Message>) -> Result<(), String> {
        let (Some(message), Some(status)) = (answer, self.status) else {
            let fits = answer.is_none() && self.status.is_none();
            return if fits { Ok(()) } else { Err(format!("expected {:?}, got {answer:?}", self.status)) };
        };
        let all = message.status() == status
            && self.body.as_ref().is_none_or(|body| text(&message.body) == *body)
            && self.lacks.iter().all(|name| message.header(name).is_empty() && !message.has_trailer(name));
        if all { Ok(()) } else { Err(format!("expected {self:?}, got {message:?}")) }
    }

    async fn run(&self, world: &World) -> Result<(), String> {
        let mut stream =
            TcpStream::connect(world.gateway.address).await.map_err(|error| error.to_string())?;
        world.backend.replies(Reply { bytes: bytes(&self.reply), closes: self.closes });
        let request = format!("{} /t/x HTTP/1.1\r\nHost: gateway.example\r\n\r\n", self.method);
        stream.write_all(request.as_bytes()).await.map_err(|error| error.to_string())?;
        let answer = read(&mut stream, self.method == "HEAD").await?;
        world.backend.replies(Reply { bytes: OK.into(), closes: false });
        self.judge(answer.as_ref())?;
        if answer.is_none() {
            return Ok(());
        }
        // The next caller gets its own answer, and so does this one on the same connection.
        stream.write_all(PROBE.as_bytes()).await.map_err(|error| error.to_string())?;
        let next = read(&mut stream, false).await?;
        match next {
            Some(next) if next.status() == 200 && next.body == b"ok" => Ok(()),
            next => Err(format!("the next request got {next:?}")),
        }
    }
}

#[tokio::test]
async fn a_hostile_answer_stays_one_answer() {
    let world = World::start().await;
    let mut wrong = Vec::new();
    for case in cases::<Case>("answers.toml") {
        let ran = tokio::time::timeout(PATIENCE, case.run(&world)).await;
        let Err(why) = ran.unwrap_or_else(|_| Err("no end".to_owned())) else { continue };
        wrong.push(format!("{} (RFC {}): {why}", case.name, case.rfc));
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
