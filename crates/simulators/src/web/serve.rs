//! The walk of a request around a site: taken down, answered, sent as somebody asked for.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::sleep;

use super::redaction::redacted_form;
use super::{Answer, Asked, Door, own};
use crate::behaviour::{Behaviour, Hang, Turns};
use crate::body::PacedBody;
use crate::connection::ResetSwitch;
use crate::incoming::{read, taken_down};
use crate::recorder::{Credential, Recorder, Ticket};

/// Where the simulator's own pages are.
const OWN: &str = "/_simulator/";

/// Pages with a common purpose.
pub(crate) trait Site: Send + Sync + 'static {
    /// The parts that can misbehave each for itself.
    const PARTS: &'static [&'static str];

    /// The part that a request is for.
    fn part(&self, asked: &Asked) -> &'static str;

    /// Answers a request.
    fn answer(&self, asked: &Asked) -> Answer;

    /// Answers a request to a page of its own below `/_simulator`. `None` when there is no such page.
    fn own(&self, page: &str, asked: &Asked) -> Option<Answer>;
}

/// Whether the listeners are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Power {
    On,
    /// Nobody listens: connections are refused.
    Off,
}

/// Everything that requests share.
pub(crate) struct Shared<S> {
    pub(crate) site: S,
    pub(crate) recorder: Recorder,
    pub(crate) power: watch::Sender<Power>,
    turns: Turns,
    behaviours: Mutex<HashMap<&'static str, Behaviour>>,
}

impl<S: Site> Shared<S> {
    pub(crate) fn new(site: S) -> Self {
        Self {
            site,
            recorder: Recorder::default(),
            power: watch::Sender::new(Power::On),
            turns: Turns::default(),
            behaviours: Mutex::default(),
        }
    }

    /// Sets how a part behaves from now on. `false` when there is no such part, or only models behave so.
    pub(crate) fn behave(&self, part: &str, behaviour: Behaviour) -> bool {
        if !applies(&behaviour) {
            return false;
        }
        let Some(known) = S::PARTS.iter().find(|known| **known == part) else { return false };
        self.turns.forget(known);
        self.behaviours.lock().insert(known, behaviour);
        true
    }

    /// Forgets what was recorded, and lets every part behave again.
    pub(crate) fn forget(&self) {
        self.recorder.clear();
        self.turns.clear();
        self.behaviours.lock().clear();
    }

    pub(crate) async fn handle(
        self: Arc<Self>,
        door: Door,
        request: Request<Incoming>,
        reset: ResetSwitch,
    ) -> Result<Response<PacedBody>, Infallible> {
        let (parts, incoming) = request.into_parts();
        if let Some(page) = parts.uri.path().strip_prefix(OWN) {
            let page = String::from(page);
            let body = read(incoming).await.unwrap_or_default();
            let answer = own::answer(&self, &page, &Asked::new(door, &parts, body)).await;
            return Ok(sent(answer, &Behaviour::default(), None, reset));
        }
        let ticket = self.recorder.begin(taken_down(&parts));
        let body = read(incoming).await;
        let _ = body.as_ref().map(|body| ticket.received(&redacted_form(body)));
        let asked = Asked::new(door, &parts, body.unwrap_or_default());
        let behaviour = self.behaviour(self.site.part(&asked));
        let answer = self.answer(&asked, &behaviour);
        if let Some(caller) = &answer.caller {
            ticket.called_by(Credential::Client(caller.clone()));
        }
        if behaviour.hang == Some(Hang::BeforeHead) {
            // Ends when the caller goes away and the server drops this future.
            std::future::pending::<()>().await;
        }
        sleep(behaviour.latency).await;
        let reset = if parts.version < Version::HTTP_2 { reset } else { ResetSwitch::default() };
        Ok(sent(answer, &behaviour, Some(ticket), reset))
    }

    fn answer(&self, asked: &Asked, behaviour: &Behaviour) -> Answer {
        match behaviour.status {
            Some(status) => refused_on_purpose(status, behaviour),
            None => self.site.answer(asked),
        }
    }

    /// What was asked for this part, or for all.
    fn behaviour(&self, part: &'static str) -> Behaviour {
        let set = self.behaviours.lock().get_key_value(part).map(|(part, set)| (*part, set.clone()));
        set.map_or_else(Behaviour::default, |(part, set)| self.turns.take(part, set))
    }
}

/// Whether all of a behaviour means something here: pages have no words, no quota and are not compressed.
fn applies(behaviour: &Behaviour) -> bool {
    let of_models = behaviour.words.is_some()
        || behaviour.retry_after_ms.is_some()
        || behaviour.remaining_requests.is_some()
        || behaviour.remaining_tokens.is_some();
    !of_models && !behaviour.gzip
}

/// What a service answers that is out of order: a body that says nothing about tokens.
fn refused_on_purpose(status: StatusCode, behaviour: &Behaviour) -> Answer {
    let answer =
        Answer::json(status, &json!({ "error": { "code": status.as_str(), "message": "asked for" } }));
    match &behaviour.retry_after {
        Some(seconds) => answer.with("retry-after", seconds),
        None => answer,
    }
}

fn sent(
    answer: Answer,
    behaviour: &Behaviour,
    ticket: Option<Ticket>,
    reset: ResetSwitch,
) -> Response<PacedBody> {
    ticket.iter().for_each(|ticket| ticket.answers(answer.status));
    let frames = match answer.body {
        body if body.is_empty() => Vec::new(),
        body if behaviour.garbage => vec![spoilt(&body)],
        body => vec![body],
    };
    let mut response = Response::new(PacedBody::new(frames, behaviour, ticket, reset));
    *response.status_mut() = answer.status;
    response.headers_mut().extend(answer.headers);
    response
}

/// The first two thirds: no JSON any more.
fn spoilt(body: &Bytes) -> Bytes {
    body.slice(..body.len() * 2 / 3)
}
