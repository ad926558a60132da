//! The WebSocket of a conversation: events in, events out, as the behaviour wants them.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::{BufMut as _, BytesMut};
use futures_util::{SinkExt as _, StreamExt as _};
use http::HeaderMap;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::io::AsyncWriteExt as _;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::conversation::{Conversation, Out};
use super::shape::Shape;
use crate::account::Deployment;
use crate::behaviour::{Behaviour, Cut, Hang};
use crate::connection::ResetSwitch;
use crate::ids::Ids;
use crate::recorder::{Outcome, Ticket};
use crate::wire::Wire;

/// The longest event of a caller.
const MAX_EVENT: usize = 16 * 1024 * 1024;

/// Events that may wait to be sent before the caller is listened to again.
const MAX_WAITING: usize = 50_000;

/// Bytes of the caller's events that are recorded.
const MAX_RECORDED: usize = 1024 * 1024;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// All open conversations, which end with the simulator.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<JoinSet<()>>);

impl Sessions {
    /// Has a conversation as soon as the caller's connection is there.
    pub(crate) fn begin(&self, session: Session, upgrade: OnUpgrade) {
        let mut all = self.0.lock();
        while all.try_join_next().is_some() {}
        all.spawn(session.run(upgrade));
    }

    /// Ends all.
    pub(crate) async fn end(&self) {
        let mut all = std::mem::take(&mut *self.0.lock());
        all.shutdown().await;
    }
}

/// A conversation about to begin.
pub(crate) struct Session {
    shape: Shape,
    ids: Arc<Ids>,
    deployment: Deployment,
    behaviour: Behaviour,
    ticket: Ticket,
    reset: ResetSwitch,
}

/// What goes on in a WebSocket.
struct Line {
    socket: Socket,
    waiting: VecDeque<Out>,
    /// Events that were sent.
    sent: usize,
    /// When the next one may be sent.
    due: Instant,
    heard: BytesMut,
}

/// How a conversation goes on.
enum Next {
    Heard(Option<Result<Message, Error>>),
    Due,
}

impl Session {
    async fn run(mut self, upgrade: OnUpgrade) {
        let Ok(upgraded) = upgrade.await else { return };
        let limits =
            WebSocketConfig::default().max_message_size(Some(MAX_EVENT)).max_frame_size(Some(MAX_EVENT));
        let socket =
            WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(limits)).await;
        let mut line =
            Line { socket, waiting: VecDeque::new(), sent: 0, due: Instant::now(), heard: BytesMut::new() };
        let outcome = self.talk(&mut line).await;
        self.ticket.received(&line.heard.freeze());
        if let Some(outcome) = outcome {
            self.ticket.end(outcome);
        }
    }

    /// Talks to the end; none when the caller is gone without a word.
    async fn talk(&self, line: &mut Line) -> Option<Outcome> {
        let (ids, deployment) = (Arc::clone(&self.ids), self.deployment.clone());
        let mut conversation = Conversation::new(self.shape, &ids, &deployment, self.behaviour.words);
        line.waiting.push_back(conversation.greeting());
        loop {
            let listens = line.waiting.len() < MAX_WAITING;
            let speaks = !line.waiting.is_empty() && !self.is_silent(line);
            let next = tokio::select! {
                heard = line.socket.next(), if listens => Next::Heard(heard),
                () = sleep_until(line.due), if speaks => Next::Due,
            };
            match next {
                Next::Heard(Some(Ok(Message::Text(text)))) => {
                    line.hear(text.as_bytes());
                    let events = conversation.take(text.as_str());
                    if conversation.active.is_none() {
                        // Cancelled: what was left of the response is not said.
                        line.waiting.retain(|out| !out.of_response);
                    }
                    events.into_iter().for_each(|out| line.queue(out));
                }
                Next::Heard(Some(Ok(Message::Close(_)))) => {
                    while line.socket.next().await.is_some() {}
                    return Some(Outcome::Answered);
                }
                Next::Heard(Some(Ok(_))) => {}
                Next::Heard(None | Some(Err(_))) => return None,
                Next::Due => {
                    let out = line.waiting.pop_front()?;
                    if self.behaviour.cut_after.is_some_and(|after| line.sent >= after) {
                        self.cut(line, &out).await;
                        return Some(Outcome::Cut);
                    }
                    if out.of_response && !line.waiting.iter().any(|each| each.of_response) {
                        conversation.active = None;
                    }
                    self.send(line, &out).await.ok()?;
                }
            }
        }
    }

    /// Whether the behaviour lets nothing more be said.
    fn is_silent(&self, line: &Line) -> bool {
        match self.behaviour.hang {
            Some(Hang::AfterFrames(count)) => line.sent >= count,
            Some(Hang::BeforeEnd) => line
                .waiting
                .front()
                .is_some_and(|out| out.event.get("type").is_some_and(|name| name == "response.done")),
            _ => false,
        }
    }

    async fn send(&self, line: &mut Line, out: &Out) -> Result<(), Error> {
        let spoilt = self.behaviour.garbage && line.sent == 1;
        let text = if spoilt { String::from("{\"type\": \"response.") } else { out.event.to_string() };
        line.socket.send(Message::text(text)).await?;
        line.sent += 1;
        line.due = Instant::now() + self.behaviour.pace;
        self.ticket.frame_sent();
        Ok(())
    }

    /// Breaks the connection in the middle of a frame.
    async fn cut(&self, line: &mut Line, out: &Out) {
        let text = out.event.to_string();
        let mut half = BytesMut::new();
        half.put_slice(&[0x81, 127]);
        half.put_u64(text.len() as u64);
        half.put_slice(text.as_bytes().get(..text.len() / 2).unwrap_or_default());
        let stream = line.socket.get_mut();
        let _gone = stream.write_all(&half).await;
        let _gone = stream.flush().await;
        if self.behaviour.cut == Cut::Reset {
            self.reset.arm();
        }
    }
}

impl Line {
    /// Queues an event. What is not part of the response that is being given does not wait for its end.
    fn queue(&mut self, out: Out) {
        let before = self.waiting.iter().position(|each| each.of_response).filter(|_| !out.of_response);
        self.waiting.insert(before.unwrap_or(self.waiting.len()), out);
    }

    fn hear(&mut self, event: &[u8]) {
        let room = MAX_RECORDED.saturating_sub(self.heard.len());
        self.heard.extend_from_slice(event.get(..room.min(event.len())).unwrap_or_default());
        if room > event.len() {
            self.heard.put_u8(b'\n');
        }
    }
}

/// A conversation whose answer's head is not made yet.
#[derive(Debug)]
pub(crate) struct Opening {
    shape: Shape,
    deployment: Deployment,
    behaviour: Behaviour,
    ids: Arc<Ids>,
}

impl Opening {
    pub(crate) fn new(
        wire: Wire,
        headers: &HeaderMap,
        deployment: &Deployment,
        behaviour: Behaviour,
        ids: &Arc<Ids>,
    ) -> Self {
        let shape = Shape::of(wire, headers);
        Self { shape, deployment: deployment.clone(), behaviour, ids: Arc::clone(ids) }
    }

    /// The conversation. `reset` is armed before a cut that shall be one.
    pub(crate) fn with(self, ticket: Ticket, reset: ResetSwitch) -> Session {
        let Self { shape, deployment, behaviour, ids } = self;
        Session { shape, ids, deployment, behaviour, ticket, reset }
    }
}
