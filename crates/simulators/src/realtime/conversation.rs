//! What was said so far, and what the caller's events make of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::response::Active;
use super::shape::Shape;
use crate::account::Deployment;
use crate::ids::Ids;
use crate::operation::text_of;

/// Items that a conversation may have.
const MAX_ITEMS: usize = 1_000;

/// Bytes of audio that may wait to be committed.
const MAX_AUDIO: usize = 15 * 1024 * 1024;

/// An event that is to be sent.
pub(super) struct Out {
    pub(super) event: Value,
    /// Whether it is part of the response that is being given.
    pub(super) of_response: bool,
}

/// A conversation.
pub(super) struct Conversation<'a> {
    pub(super) shape: Shape,
    pub(super) ids: &'a Ids,
    pub(super) deployment: &'a Deployment,
    pub(super) words: Option<usize>,
    pub(super) id: String,
    pub(super) session: Map<String, Value>,
    pub(super) items: Vec<Value>,
    /// Bytes of audio that were appended and not committed.
    audio: usize,
    /// The response that is being given.
    pub(super) active: Option<Active>,
}

/// Why an event is refused: code, parameter and message.
struct Refused(&'static str, Option<String>, String);

impl<'a> Conversation<'a> {
    pub(super) fn new(shape: Shape, ids: &'a Ids, deployment: &'a Deployment, words: Option<usize>) -> Self {
        let id = ids.named("conv_", 21);
        let mut conversation = Self {
            shape,
            ids,
            deployment,
            words,
            id,
            session: Map::new(),
            items: Vec::new(),
            audio: 0,
            active: None,
        };
        conversation.session = conversation.fresh_session();
        conversation
    }

    fn fresh_session(&self) -> Map<String, Value> {
        let id = self.ids.named("sess_", 21);
        let own = match self.shape {
            Shape::Beta => json!({
                "modalities": ["text", "audio"], "voice": "alloy", "input_audio_format": "pcm16",
                "output_audio_format": "pcm16", "input_audio_transcription": null, "turn_detection": null,
                "temperature": 0.8, "max_response_output_tokens": "inf",
            }),
            Shape::Current => json!({
                "type": "realtime", "output_modalities": ["audio"], "max_output_tokens": "inf",
                "audio": {
                    "input": { "format": { "type": "audio/pcm", "rate": 24_000 }, "transcription": null,
                               "noise_reduction": null, "turn_detection": null },
                    "output": { "format": { "type": "audio/pcm", "rate": 24_000 }, "voice": "alloy", "speed": 1.0 },
                },
                "include": null, "prompt": null, "truncation": "auto", "tracing": null,
            }),
        };
        let mut session = Map::new();
        session.insert("object".to_owned(), Value::from("realtime.session"));
        session.insert("id".to_owned(), Value::from(id));
        session.insert("model".to_owned(), Value::from(self.deployment.model.as_str()));
        session.insert("instructions".to_owned(), Value::from(""));
        session.insert("tools".to_owned(), json!([]));
        session.insert("tool_choice".to_owned(), Value::from("auto"));
        session.extend(own.as_object().cloned().unwrap_or_default());
        session
    }

    /// An event of the server.
    pub(super) fn event(&self, name: &str, members: Value) -> Value {
        let mut event = Map::new();
        event.insert("type".to_owned(), Value::from(name));
        event.insert("event_id".to_owned(), Value::from(self.ids.named("event_", 21)));
        event.extend(members.as_object().cloned().unwrap_or_default());
        Value::Object(event)
    }

    fn out(&self, name: &str, members: Value) -> Out {
        Out { event: self.event(name, members), of_response: false }
    }

    /// The first event.
    pub(super) fn greeting(&self) -> Out {
        self.out("session.created", json!({ "session": self.session }))
    }

    /// What an event of the caller leads to.
    pub(super) fn take(&mut self, text: &str) -> Vec<Out> {
        let Ok(Value::Object(event)) = serde_json::from_str::<Value>(text) else {
            return vec![
                self.error(Refused("invalid_json", None, "The event is not a JSON object.".to_owned()), None),
            ];
        };
        let id = event.get("event_id").cloned();
        self.handle(&event).unwrap_or_else(|refused| vec![self.error(refused, id)])
    }

    fn error(&self, Refused(code, param, message): Refused, event: Option<Value>) -> Out {
        let error = json!({
            "type": "invalid_request_error", "code": code, "message": message, "param": param, "event_id": event,
        });
        self.out("error", json!({ "error": error }))
    }

    fn handle(&mut self, event: &Map<String, Value>) -> Result<Vec<Out>, Refused> {
        match event.get("type").and_then(Value::as_str) {
            Some("session.update") => self.update(event),
            Some("conversation.item.create") => self.add(event),
            Some("conversation.item.retrieve") => self.retrieve(event),
            Some("conversation.item.delete") => self.delete(event),
            Some("input_audio_buffer.append") => self.append(event),
            Some("input_audio_buffer.commit") => self.commit(),
            Some("input_audio_buffer.clear") => {
                self.audio = 0;
                Ok(vec![self.out("input_audio_buffer.cleared", json!({}))])
            }
            Some("response.create") => {
                if self.active.is_some() {
                    let message = "Conversation already has an active response.".to_owned();
                    return Err(Refused("conversation_already_has_active_response", None, message));
                }
                Ok(self.respond(event.get("response")))
            }
            Some("response.cancel") => match self.active.take() {
                Some(active) => Ok(vec![self.cancelled(&active)]),
                None => {
                    let message = "Cancellation failed: no active response found".to_owned();
                    Err(Refused("response_cancel_not_active", None, message))
                }
            },
            Some(other) => {
                let message =
                    format!("Invalid value: '{other}'. It is not an event that the simulator takes.");
                Err(Refused("invalid_value", Some("type".to_owned()), message))
            }
            None => Err(missing("type")),
        }
    }

    fn update(&mut self, event: &Map<String, Value>) -> Result<Vec<Out>, Refused> {
        let changes = event.get("session").and_then(Value::as_object).ok_or_else(|| missing("session"))?;
        for fixed in ["id", "object"] {
            if changes.contains_key(fixed) {
                let message = format!("Unknown parameter: 'session.{fixed}'.");
                return Err(Refused("unknown_parameter", Some(format!("session.{fixed}")), message));
            }
        }
        merge(&mut self.session, changes);
        Ok(vec![self.out("session.updated", json!({ "session": self.session }))])
    }

    fn add(&mut self, event: &Map<String, Value>) -> Result<Vec<Out>, Refused> {
        let item = event.get("item").and_then(Value::as_object).ok_or_else(|| missing("item"))?;
        if !matches!(
            item.get("type").and_then(Value::as_str),
            Some("message" | "function_call" | "function_call_output")
        ) {
            let message = "An item is a `message`, a `function_call` or a `function_call_output`.".to_owned();
            return Err(Refused("invalid_value", Some("item.type".to_owned()), message));
        }
        self.keep(item.clone())
    }

    /// Adds an item, which gets what it lacks.
    fn keep(&mut self, mut item: Map<String, Value>) -> Result<Vec<Out>, Refused> {
        if self.items.len() >= MAX_ITEMS {
            let message = format!("A conversation has at most {MAX_ITEMS} items here.");
            return Err(Refused("too_many_items", None, message));
        }
        let id = item.remove("id").filter(Value::is_string);
        let id = id.unwrap_or_else(|| Value::from(self.ids.named("item_", 21)));
        item.insert("id".to_owned(), id);
        item.insert("object".to_owned(), Value::from("realtime.item"));
        item.insert("status".to_owned(), Value::from("completed"));
        Ok(self.told(Value::Object(item)))
    }

    /// Keeps an item and tells of it.
    pub(super) fn told(&mut self, item: Value) -> Vec<Out> {
        let previous = self.items.last().and_then(|last| last.get("id")).cloned();
        let tell = |name: &&str| self.out(name, json!({ "previous_item_id": previous, "item": item }));
        let events = self.shape.item_events().iter().map(tell).collect();
        self.items.push(item);
        events
    }

    fn place_of(&self, event: &Map<String, Value>) -> Result<usize, Refused> {
        let wanted = event.get("item_id").ok_or_else(|| missing("item_id"))?;
        let found = self.items.iter().position(|item| item.get("id") == Some(wanted));
        found.ok_or_else(|| {
            let message = format!("The item with id {wanted} does not exist.");
            Refused("item_not_found", Some("item_id".to_owned()), message)
        })
    }

    fn retrieve(&mut self, event: &Map<String, Value>) -> Result<Vec<Out>, Refused> {
        let item = self.items.get(self.place_of(event)?);
        Ok(vec![self.out("conversation.item.retrieved", json!({ "item": item }))])
    }

    fn delete(&mut self, event: &Map<String, Value>) -> Result<Vec<Out>, Refused> {
        let gone = self.items.remove(self.place_of(event)?);
        Ok(vec![self.out("conversation.item.deleted", json!({ "item_id": gone.get("id") }))])
    }

    fn append(&mut self, event: &Map<String, Value>) -> Result<Vec<Out>, Refused> {
        let audio = event.get("audio").and_then(Value::as_str).ok_or_else(|| missing("audio"))?;
        let bytes = STANDARD.decode(audio).map_err(|_| {
            Refused("invalid_value", Some("audio".to_owned()), "The audio is not Base64.".to_owned())
        })?;
        if self.audio + bytes.len() > MAX_AUDIO {
            let message = format!("The audio buffer holds at most {MAX_AUDIO} bytes.");
            return Err(Refused("input_audio_buffer_full", None, message));
        }
        self.audio += bytes.len();
        Ok(Vec::new())
    }

    fn commit(&mut self) -> Result<Vec<Out>, Refused> {
        if self.audio == 0 {
            let message = "Error committing input audio buffer: the buffer is empty.".to_owned();
            return Err(Refused("input_audio_buffer_commit_empty", None, message));
        }
        let bytes = std::mem::take(&mut self.audio);
        let previous = self.items.last().and_then(|last| last.get("id")).cloned();
        let id = self.ids.named("item_", 21);
        let heard =
            json!([{ "type": "input_audio", "transcript": null, "text": format!("{bytes} bytes of audio") }]);
        let mut item = Map::new();
        item.insert("id".to_owned(), Value::from(id.as_str()));
        item.insert("type".to_owned(), Value::from("message"));
        item.insert("role".to_owned(), Value::from("user"));
        item.insert("content".to_owned(), heard);
        let told = json!({ "previous_item_id": previous, "item_id": id });
        let mut events = vec![self.out("input_audio_buffer.committed", told)];
        events.extend(self.keep(item)?);
        Ok(events)
    }

    /// The text of the last message of the user.
    pub(super) fn asked(&self) -> String {
        let of_user = |item: &&Value| item.get("role").and_then(Value::as_str) == Some("user");
        text_of(self.items.iter().rev().find(of_user).and_then(|item| item.get("content")))
    }

    /// The result of a function, if the conversation ends with one.
    pub(super) fn tool_result(&self) -> Option<String> {
        let last = self.items.last()?;
        let is_result = last.get("type").and_then(Value::as_str) == Some("function_call_output");
        is_result.then(|| last.get("output").and_then(Value::as_str).unwrap_or_default().to_owned())
    }
}

fn missing(param: &str) -> Refused {
    let message = format!("Missing required parameter: '{param}'.");
    Refused("missing_required_parameter", Some(param.to_owned()), message)
}

/// Puts changes into an object, member by member.
fn merge(into: &mut Map<String, Value>, changes: &Map<String, Value>) {
    for (name, value) in changes {
        match (into.get_mut(name), value) {
            // One level is as deep as what a session nests and a caller changes in part: `audio.output`.
            (Some(Value::Object(there)), Value::Object(more)) => {
                for (name, value) in more {
                    match (there.get_mut(name), value) {
                        (Some(Value::Object(inner)), Value::Object(more)) => {
                            inner.extend(more.iter().map(|(name, value)| (name.clone(), value.clone())));
                        }
                        _ => drop(there.insert(name.clone(), value.clone())),
                    }
                }
            }
            _ => drop(into.insert(name.clone(), value.clone())),
        }
    }
}
