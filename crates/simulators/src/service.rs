//! The walk of a request: taken down, recognised, let in or refused, answered, sent as the behaviour wants it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use parking_lot::Mutex;
use serde_json::{Map, Value};
use tokio::time::sleep;

use crate::account::{Accounts, Deployment, Resource};
use crate::behaviour::{Behaviour, Hang, Turns};
use crate::body::PacedBody;
use crate::builder::Clock;
use crate::connection::ResetSwitch;
use crate::headers;
use crate::ids::Ids;
use crate::incoming::{api_version, object, pointed_at, read, taken_down, target};
use crate::models;
use crate::operation::Cx;
use crate::own;
use crate::quota::Quota;
use crate::realtime::{self, Opening, Sessions};
use crate::recorder::{Recorder, Ticket};
use crate::reply::{Content, Reply};
use crate::responses::{self, Stored};
use crate::roles::Roles;
use crate::wire::auth::{Gate, TokenVerifier};
use crate::wire::errors::{self, Refusal};
use crate::wire::{Call, Operation, Place, Wire, route};
use crate::{chat, cohere, completion, embeddings, mistral};

/// Where a request says how it wants to be answered.
const BEHAVIOUR_HEADER: &str = "x-simulate";

/// Everything that requests share.
pub(crate) struct Service {
    accounts: Accounts,
    roles: Roles,
    recorder: Recorder,
    clock: Clock,
    ids: Arc<Ids>,
    verifier: Option<Arc<dyn TokenVerifier>>,
    turns: Turns,
    /// Behaviours of deployments that were set while running, by account and name.
    behaviours: Mutex<HashMap<(String, String), Behaviour>>,
    quota: Quota,
    stored: Stored,
    sessions: Sessions,
}

/// What was decided about a request.
struct Decision {
    reply: Reply,
    behaviour: Behaviour,
    headers: HeaderMap,
    /// The conversation that it opens.
    opens: Option<Opening>,
}

/// A request whose caller was let in.
struct Admitted<'a> {
    call: &'a Call,
    parts: &'a Parts,
    resource: &'a Resource,
    deployment: Option<&'a Deployment>,
    body: Option<Map<String, Value>>,
}

impl Service {
    pub(crate) fn new(
        accounts: Accounts,
        roles: Roles,
        clock: Clock,
        ids: Arc<Ids>,
        verifier: Option<Arc<dyn TokenVerifier>>,
    ) -> Self {
        Self {
            accounts,
            roles,
            recorder: Recorder::default(),
            clock,
            ids,
            verifier,
            turns: Turns::default(),
            behaviours: Mutex::default(),
            quota: Quota::default(),
            stored: Stored::default(),
            sessions: Sessions::default(),
        }
    }

    /// Ends all conversations.
    pub(crate) async fn end_sessions(&self) {
        self.sessions.end().await;
    }

    pub(crate) fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    pub(crate) fn roles(&self) -> &Roles {
        &self.roles
    }

    pub(crate) fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Sets how a deployment behaves from now on. Its turns begin anew. `false` when there is no such deployment.
    pub(crate) fn behave(&self, account: &str, deployment: &str, behaviour: Behaviour) -> bool {
        let known =
            self.accounts.resource(account).is_some_and(|found| found.deployment(deployment).is_some());
        if known {
            self.turns.forget(&own_list(account, deployment));
            self.behaviours.lock().insert((String::from(account), String::from(deployment)), behaviour);
        }
        known
    }

    /// Forgets what was recorded and which behaviours had their turn.
    pub(crate) fn forget(&self) {
        self.recorder.clear();
        self.turns.clear();
    }

    /// Answers a request. It never fails: what goes wrong on purpose goes wrong in the body.
    pub(crate) async fn answer(
        self: Arc<Self>,
        mut request: Request<Incoming>,
        reset: ResetSwitch,
    ) -> Result<Response<PacedBody>, Infallible> {
        let place = route(request.method(), request.uri().path());
        let upgrade = matches!(&place, Place::Call(call) if call.operation == Operation::Realtime);
        let upgrade = upgrade.then(|| hyper::upgrade::on(&mut request));
        let (parts, incoming) = request.into_parts();
        if let Place::Own(page) = &place {
            return Ok(own::answer(&self, &parts, page, incoming).await);
        }
        let ticket = self.recorder.begin(taken_down(&parts));
        let body = read(incoming).await;
        let _ = body.as_ref().map(|body| ticket.received(body));
        let mut decision = self.decide(&place, &parts, body, &ticket);
        if decision.behaviour.hang == Some(Hang::BeforeHead) {
            // Ends when the caller goes away and the server drops this future.
            std::future::pending::<()>().await;
        }
        if !decision.behaviour.latency.is_zero() {
            sleep(decision.behaviour.latency).await;
        }
        let reset = if parts.version < Version::HTTP_2 { reset } else { ResetSwitch::default() };
        match (decision.opens.take(), upgrade) {
            (Some(opening), Some(upgrade)) => {
                realtime::answer(&parts, &mut decision.headers);
                ticket.answers(StatusCode::SWITCHING_PROTOCOLS);
                self.sessions.begin(opening.with(ticket, reset), upgrade);
                Ok(switching(decision.headers))
            }
            _ => Ok(send(decision, ticket, reset)),
        }
    }

    fn decide(
        &self,
        place: &Place,
        parts: &Parts,
        body: Result<Bytes, Refusal>,
        ticket: &Ticket,
    ) -> Decision {
        let mut decision = Decision {
            reply: Reply::json(Value::Null),
            behaviour: Behaviour::default(),
            headers: HeaderMap::new(),
            opens: None,
        };
        match self.reply(place, parts, body, ticket, &mut decision) {
            Ok(reply) => decision.reply = reply,
            Err(refusal) => {
                let refusal = match place {
                    Place::Call(Call { wire, .. }) | Place::Unknown(wire) => refusal.worded_for(*wire),
                    Place::Own(_) => refusal,
                };
                headers::of_refusal(&mut decision.headers, &refusal.headers);
                decision.reply.status = refusal.status;
                decision.reply.content = Content::Json(refusal.body);
            }
        }
        decision
    }

    fn reply(
        &self,
        place: &Place,
        parts: &Parts,
        body: Result<Bytes, Refusal>,
        ticket: &Ticket,
        decision: &mut Decision,
    ) -> Result<Reply, Refusal> {
        let call = match place {
            Place::Call(call) => call,
            Place::Unknown(wire) => return Err(errors::no_such_path(*wire, &pointed_at(parts))),
            Place::Own(_) => return Err(errors::no_such_path(Wire::OpenAi, parts.uri.path())),
        };
        let gate = Gate { accounts: &self.accounts, verifier: self.verifier.as_deref(), roles: &self.roles };
        let seen = gate.admit(&realtime::credentials(call, parts), call);
        ticket.called_by(seen.credential);
        let visitor = seen.decision?;
        let resource = &*visitor.resource;
        if call.wire == Wire::AzureDated && api_version(parts).is_none() {
            return Err(errors::no_such_path(call.wire, parts.uri.path()));
        }
        let body = if parts.method == Method::POST { Some(object(&body?)?) } else { None };
        let deployment = match call.operation {
            Operation::Realtime => realtime::target(call, parts, resource).map(Some),
            _ => target(call, resource, body.as_ref()),
        };
        // What does not exist is not told to whom nothing is allowed.
        gate.authorize(&visitor, call, deployment.as_ref().ok().copied().flatten())?;
        let deployment = deployment?;
        decision.behaviour = self.behaviour(parts, resource, deployment)?;
        let admitted = Admitted { call, parts, resource, deployment, body };
        let reply = self.admitted(&admitted, decision)?;
        if let (Operation::Realtime, Some(deployment)) = (&call.operation, deployment) {
            let behaviour = decision.behaviour.clone();
            decision.opens = Some(Opening::new(call.wire, &parts.headers, deployment, behaviour, &self.ids));
        }
        Ok(reply)
    }

    fn admitted(&self, admitted: &Admitted<'_>, decision: &mut Decision) -> Result<Reply, Refusal> {
        let behaviour = &decision.behaviour;
        let reply = match behaviour.status {
            Some(status) => Err(asked_for(status, admitted, behaviour)),
            None => self.operate(admitted, behaviour),
        };
        let tokens = reply.as_ref().map_or(0, |reply| reply.tokens);
        let Admitted { call, resource, deployment, .. } = *admitted;
        headers::of_service(&mut decision.headers, call.wire, resource, &self.ids);
        if let Some(deployment) = deployment {
            let left = self.quota.count(resource, deployment, tokens, (self.clock)());
            headers::of_quota(&mut decision.headers, call.wire, left, behaviour);
            headers::of_deployment(&mut decision.headers, call.wire, deployment);
        }
        reply
    }

    fn operate(&self, admitted: &Admitted<'_>, behaviour: &Behaviour) -> Result<Reply, Refusal> {
        let Admitted { call, parts, resource, deployment, body } = admitted;
        let now = (self.clock)();
        match (&call.operation, deployment, body) {
            (Operation::ListModels, ..) => Ok(models::list(call, resource, now)),
            (Operation::GetModel(id), ..) => models::get(call, resource, id, now),
            (Operation::GetResponse(id), ..) => responses::get(&self.stored, &resource.name, id),
            (Operation::Realtime, ..) if behaviour.gzip => {
                Err(errors::bad_behaviour("`gzip` is not for the realtime API"))
            }
            (Operation::Realtime, ..) if realtime::is_asked(parts) => Ok(Reply::json(Value::Null)),
            (Operation::Realtime, ..) => Err(errors::not_upgraded()),
            (Operation::DeleteResponse(id), ..) => responses::delete(&self.stored, &resource.name, id),
            (operation, Some(deployment), Some(body)) => {
                let cx = Cx {
                    wire: call.wire,
                    resource,
                    deployment,
                    words: behaviour.words,
                    now,
                    ids: &self.ids,
                    stored: &self.stored,
                };
                on_deployment(operation, &cx, body)
            }
            _ => Err(errors::no_such_path(call.wire, parts.uri.path())),
        }
    }

    /// The request's own wish, or the deployment's setting.
    fn behaviour(
        &self,
        parts: &Parts,
        resource: &Resource,
        deployment: Option<&Deployment>,
    ) -> Result<Behaviour, Refusal> {
        if let Some(list) = parts.headers.get(BEHAVIOUR_HEADER) {
            let list = String::from_utf8_lossy(list.as_bytes());
            let asked = list.parse().map_err(|error| errors::bad_behaviour(&format!("{error}")))?;
            return Ok(self.turns.take(&list, asked));
        }
        let Some(deployment) = deployment else { return Ok(Behaviour::default()) };
        let place = (resource.name.clone(), deployment.name.clone());
        let set = self.behaviours.lock().get(&place).cloned();
        let list = own_list(&resource.name, &deployment.name);
        Ok(self.turns.take(&list, set.unwrap_or_else(|| deployment.behaviour.clone())))
    }
}

/// Under which the turns of a deployment's own behaviour are counted. No header begins so.
fn own_list(account: &str, deployment: &str) -> String {
    format!("deployment {account}/{deployment}")
}

fn on_deployment(operation: &Operation, cx: &Cx<'_>, body: &Map<String, Value>) -> Result<Reply, Refusal> {
    match operation {
        Operation::ChatCompletion if cx.wire == Wire::Mistral => mistral::complete(cx, body),
        Operation::ChatCompletion if cx.wire == Wire::Cohere => cohere::chat(cx, body),
        Operation::Embeddings => embeddings::embed(cx, body),
        Operation::Completion => completion::complete(cx, body),
        Operation::CreateResponse => responses::create(cx, body),
        _ => chat::complete(cx, body),
    }
}

fn asked_for(status: StatusCode, admitted: &Admitted<'_>, behaviour: &Behaviour) -> Refusal {
    let wait = behaviour.retry_after.as_deref().unwrap_or("1");
    let version = api_version(admitted.parts).unwrap_or("v1");
    let mut refusal = errors::asked_for(status, admitted.call, version, wait);
    if let Some(seconds) = &behaviour.retry_after {
        refusal = refusal.with_header("retry-after", seconds.as_str());
    }
    if let Some(milliseconds) = behaviour.retry_after_ms {
        refusal = refusal.with_header("retry-after-ms", milliseconds.to_string());
    }
    refusal
}

/// The answer that opens a conversation.
fn switching(headers: HeaderMap) -> Response<PacedBody> {
    let nothing = PacedBody::new(Vec::new(), &Behaviour::default(), None, ResetSwitch::default());
    let mut response = Response::new(nothing);
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    *response.headers_mut() = headers;
    response
}

fn send(decision: Decision, ticket: Ticket, reset: ResetSwitch) -> Response<PacedBody> {
    let Decision { reply, behaviour, headers, opens: _ } = decision;
    ticket.answers(reply.status);
    let media_type = reply.content.media_type();
    let frames = reply.content.frames(&behaviour);
    let mut response = Response::new(PacedBody::new(frames, &behaviour, Some(ticket), reset));
    *response.status_mut() = reply.status;
    *response.headers_mut() = headers;
    headers::of_content(response.headers_mut(), media_type, &behaviour);
    response
}
