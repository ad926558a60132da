//! A response as named server-sent events with sequence numbers. There is no `[DONE]`.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{Item, Response, object};
use crate::mind::Said;
use crate::reply::{Reply, event};

/// Events in the order in which they are numbered.
#[derive(Default)]
struct Events(Vec<Bytes>);

impl Events {
    fn push(&mut self, name: &str, members: Value) {
        let mut data = json!({ "type": name, "sequence_number": self.0.len() });
        if let (Some(data), Value::Object(members)) = (data.as_object_mut(), members) {
            data.extend(members);
        }
        self.0.push(event(Some(name), &data));
    }
}

pub(super) fn reply(response: &Response<'_>) -> Reply {
    let mut events = Events::default();
    events.push("response.created", json!({ "response": object::begun(response) }));
    events.push("response.in_progress", json!({ "response": object::begun(response) }));
    let begun = object::empty_item(response);
    events.push("response.output_item.added", json!({ "output_index": 0, "item": begun }));
    match &response.item {
        Item::Message(said) => text(&mut events, &response.item_id, said),
        Item::Call { arguments, .. } => call(&mut events, &response.item_id, arguments),
    }
    let item = object::item(response, response.status());
    events.push("response.output_item.done", json!({ "output_index": 0, "item": item }));
    let last = if response.is_complete() { "response.completed" } else { "response.incomplete" };
    events.push(last, json!({ "response": object::finished(response) }));
    Reply::events(events.0)
}

fn text(events: &mut Events, item: &str, said: &Said) {
    let place = json!({ "item_id": item, "output_index": 0, "content_index": 0 });
    events.push("response.content_part.added", with(&place, json!({ "part": object::text_part("") })));
    for piece in &said.pieces {
        let delta = json!({ "delta": piece.text, "logprobs": [] });
        events.push("response.output_text.delta", with(&place, delta));
    }
    let whole = said.text();
    events.push("response.output_text.done", with(&place, json!({ "text": whole, "logprobs": [] })));
    events.push("response.content_part.done", with(&place, json!({ "part": object::text_part(&whole) })));
}

fn call(events: &mut Events, item: &str, arguments: &Said) {
    let place = json!({ "item_id": item, "output_index": 0 });
    for piece in &arguments.pieces {
        events.push("response.function_call_arguments.delta", with(&place, json!({ "delta": piece.text })));
    }
    let done = with(&place, json!({ "arguments": arguments.text() }));
    events.push("response.function_call_arguments.done", done);
}

/// One object's members after another's.
fn with(place: &Value, members: Value) -> Value {
    let mut both = place.clone();
    if let (Some(both), Value::Object(members)) = (both.as_object_mut(), members) {
        both.extend(members);
    }
    both
}
