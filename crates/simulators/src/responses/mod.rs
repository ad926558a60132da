//! The Responses API: `POST …/responses`, `GET` and `DELETE …/responses/{id}`.

mod object;
mod request;
mod store;
mod stream;

use ai::count::responses_input;
use serde_json::{Map, Value, json};

use crate::mind::{Answer, Finish, Limits, Said, answer, say};
use crate::operation::Cx;
use crate::reply::Reply;
use crate::wire::errors::{Refusal, no_such_response};
use request::ResponseRequest;

use store::Kept;
pub(crate) use store::Stored;

/// A response before it has a form.
struct Response<'a> {
    cx: &'a Cx<'a>,
    body: &'a Map<String, Value>,
    id: String,
    item: Item,
    /// Id of the message or the call.
    item_id: String,
    input_tokens: usize,
    output_tokens: usize,
}

/// The one item of the output.
enum Item {
    Message(Said),
    Call { call_id: String, name: String, arguments: Said },
}

impl Item {
    fn said(&self) -> &Said {
        match self {
            Self::Message(said) | Self::Call { arguments: said, .. } => said,
        }
    }
}

/// Answers `POST …/responses`.
pub(crate) fn create(cx: &Cx<'_>, body: &Map<String, Value>) -> Result<Reply, Refusal> {
    let before = request::previous(cx, body)?;
    let request = ResponseRequest::read(cx, body, before)?;
    let counted = json!({
        "instructions": body.get("instructions"), "input": request.items, "tools": body.get("tools"),
    });
    let model = &cx.deployment.model;
    let input_tokens = cx.prompt_tokens("input", |limit| responses_input(model, &counted, limit))?;
    let (item, output_tokens) = item(cx, &request);
    let prefix = if matches!(item, Item::Message(_)) { "msg_" } else { "fc_" };
    let response = Response {
        cx,
        body,
        id: cx.ids.hex("resp_", 48),
        item,
        item_id: cx.ids.hex(prefix, 48),
        input_tokens,
        output_tokens,
    };
    keep(&response, &request);
    let reply =
        if request.stream { stream::reply(&response) } else { Reply::json(object::finished(&response)) };
    Ok(reply.using(input_tokens + output_tokens))
}

fn item(cx: &Cx<'_>, request: &ResponseRequest<'_>) -> (Item, usize) {
    let limits = Limits { stop: Vec::new(), max_tokens: request.max_output_tokens };
    match answer(&request.question) {
        Answer::Text(text) => {
            let said = say(cx.encoding(), &text, &limits);
            let tokens = said.tokens;
            (Item::Message(said), tokens)
        }
        Answer::Call { name, arguments } => {
            let arguments = say(cx.encoding(), &arguments, &limits);
            let tokens = arguments.tokens + cx.encoding().count(&name) + 1;
            (Item::Call { call_id: cx.ids.named("call_", 24), name, arguments }, tokens)
        }
    }
}

fn keep(response: &Response<'_>, request: &ResponseRequest<'_>) {
    if !request.store {
        return;
    }
    let mut items = request.items.clone();
    items.push(object::item(response, response.status()));
    let account = response.cx.resource.name.clone();
    response.cx.stored.put(&response.id, Kept { account, object: object::finished(response), items });
}

impl Response<'_> {
    fn is_complete(&self) -> bool {
        self.item.said().finish == Finish::Stop
    }

    fn status(&self) -> &'static str {
        if self.is_complete() { "completed" } else { "incomplete" }
    }
}

/// Answers `GET …/responses/{id}`.
pub(crate) fn get(stored: &Stored, account: &str, id: &str) -> Result<Reply, Refusal> {
    stored.get(account, id).map(|kept| Reply::json(kept.object)).ok_or_else(|| no_such_response(id))
}

/// Answers `DELETE …/responses/{id}`.
pub(crate) fn delete(stored: &Stored, account: &str, id: &str) -> Result<Reply, Refusal> {
    if stored.remove(account, id) {
        return Ok(Reply::json(json!({ "id": id, "object": "response", "deleted": true })));
    }
    Err(no_such_response(id))
}
