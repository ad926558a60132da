//! A response: its events from `response.created` to `response.done`.

use ai::count::Encoding;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::conversation::{Conversation, Out};
use crate::mind::{Answer, Choice, Finish, Format, Function, Limits, Question, Said, answer, say};
use crate::operation::text_of;

/// Bytes of audio for a piece of a text: 20 ms of 16-bit samples at 24 kHz.
const AUDIO: usize = 960;

/// Samples of a period of the tone: 400 Hz.
const PERIOD: usize = 60;

/// The response that is being given.
pub(super) struct Active {
    id: String,
    modalities: Value,
    input_tokens: usize,
}

/// What a response is made of.
struct Plan {
    active: Active,
    item_id: String,
    said: Said,
    /// The function that is called, and the id of the call.
    call: Option<(String, String)>,
    is_audio: bool,
}

impl Conversation<'_> {
    /// All events of a response. `wishes` are what the request says of it.
    pub(super) fn respond(&mut self, wishes: Option<&Value>) -> Vec<Out> {
        let plan = self.plan(wishes.and_then(Value::as_object));
        let mut events =
            vec![self.event("response.created", json!({ "response": self.begun(&plan.active) }))];
        events.push(
            self.event(
                "response.output_item.added",
                self.of_item(&plan, self.item(&plan, "in_progress", "")),
            ),
        );
        let empty = self.item(&plan, "in_progress", "");
        let told = self.told(empty);
        events.extend(told.into_iter().take(1).map(|out| out.event));
        match &plan.call {
            Some(_) => self.call_events(&plan, &mut events),
            None => self.message_events(&plan, &mut events),
        }
        let whole = self.item(&plan, "completed", &plan.said.text());
        if let Some(last) = self.items.last_mut() {
            last.clone_from(&whole);
        }
        if let Some(done) = self.shape.item_events().get(1) {
            events.push(self.event(done, json!({ "previous_item_id": null, "item": whole })));
        }
        events.push(self.event("response.output_item.done", self.of_item(&plan, whole.clone())));
        events.push(self.event("response.done", json!({ "response": self.finished(&plan, &whole) })));
        self.active = Some(plan.active);
        events.into_iter().map(|event| Out { event, of_response: true }).collect()
    }

    fn plan(&self, wishes: Option<&Map<String, Value>>) -> Plan {
        let wish = |name: &str| wishes.and_then(|wishes| wishes.get(name)).or_else(|| self.session.get(name));
        let modalities = wish(self.shape.modalities()).cloned().unwrap_or_else(|| json!(["text"]));
        let is_audio = modalities.as_array().is_some_and(|list| list.iter().any(|each| each == "audio"));
        let tools = wish("tools").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let named = wish("tool_choice").and_then(|choice| choice.get("name")).and_then(Value::as_str);
        let choice = match (wish("tool_choice").and_then(Value::as_str), named) {
            (_, Some(name)) => Choice::Named(name),
            (Some("none"), _) => Choice::Never,
            (Some("required"), _) => Choice::Required,
            _ => Choice::Auto,
        };
        let function = |tool: &'_ Value| -> Option<(String, Option<Value>)> {
            Some((tool.get("name")?.as_str()?.to_owned(), tool.get("parameters").cloned()))
        };
        let functions: Vec<(String, Option<Value>)> = tools.iter().filter_map(function).collect();
        let question = Question {
            asked: self.asked(),
            tool_result: self.tool_result(),
            functions: functions
                .iter()
                .map(|(name, parameters)| Function { name, parameters: parameters.as_ref() })
                .collect(),
            choice,
            format: Format::Text,
            words: self.words,
        };
        let most =
            wish(self.shape.limit()).and_then(Value::as_u64).and_then(|most| usize::try_from(most).ok());
        let limits = Limits { stop: Vec::new(), max_tokens: most };
        let (said, call) = match answer(&question) {
            Answer::Text(text) => (say(self.encoding(), &text, &limits), None),
            Answer::Call { name, arguments } => {
                let call = (name, self.ids.named("call_", 16));
                (say(self.encoding(), &arguments, &limits), Some(call))
            }
        };
        let id = self.ids.named("resp_", 21);
        let active = Active { id, modalities, input_tokens: self.input_tokens(wish("instructions")) };
        let is_audio = is_audio && call.is_none();
        Plan { active, item_id: self.ids.named("item_", 21), said, call, is_audio }
    }

    fn encoding(&self) -> Encoding {
        Encoding::of_model(&self.deployment.model).unwrap_or_default()
    }

    fn input_tokens(&self, instructions: Option<&Value>) -> usize {
        let texts =
            self.items.iter().map(|item| match item.get("output").or_else(|| item.get("arguments")) {
                Some(text) => text_of(Some(text)),
                None => text_of(item.get("content")),
            });
        let texts = texts.chain([text_of(instructions)]);
        texts.map(|text| self.encoding().count(&text)).sum()
    }

    fn message_events(&self, plan: &Plan, events: &mut Vec<Value>) {
        let place = |members: Value| self.of_part(plan, members);
        let kind = if plan.is_audio { "audio" } else { "text" };
        let part = |text: &str| match plan.is_audio {
            true => json!({ "part": { "type": kind, "transcript": text } }),
            false => json!({ "part": { "type": kind, "text": text } }),
        };
        events.push(self.event("response.content_part.added", place(part(""))));
        let (delta, done, whole) = match plan.is_audio {
            true => (
                "response.output_audio_transcript.delta",
                "response.output_audio_transcript.done",
                "transcript",
            ),
            false => ("response.output_text.delta", "response.output_text.done", "text"),
        };
        for (index, piece) in plan.said.pieces.iter().enumerate() {
            events.push(self.event(self.shape.event(delta), place(json!({ "delta": piece.text }))));
            if plan.is_audio {
                let name = self.shape.event("response.output_audio.delta");
                events.push(self.event(name, place(json!({ "delta": STANDARD.encode(tone(index)) }))));
            }
        }
        if plan.is_audio {
            events.push(self.event(self.shape.event("response.output_audio.done"), place(json!({}))));
        }
        let text = plan.said.text();
        events.push(self.event(self.shape.event(done), place(json!({ whole: text }))));
        events.push(self.event("response.content_part.done", place(part(&text))));
    }

    fn call_events(&self, plan: &Plan, events: &mut Vec<Value>) {
        let call = plan.call.as_ref().map(|(_, id)| id.as_str());
        let place = |mut members: Value| {
            set(&mut members, "call_id", Value::from(call));
            self.of_item_id(plan, members)
        };
        for piece in &plan.said.pieces {
            let name = "response.function_call_arguments.delta";
            events.push(self.event(name, place(json!({ "delta": piece.text }))));
        }
        let arguments =
            json!({ "arguments": plan.said.text(), "name": plan.call.as_ref().map(|(name, _)| name) });
        events.push(self.event("response.function_call_arguments.done", place(arguments)));
    }

    /// Members that say which item of which response an event is about.
    fn of_item_id(&self, plan: &Plan, mut members: Value) -> Value {
        set(&mut members, "response_id", Value::from(plan.active.id.as_str()));
        set(&mut members, "item_id", Value::from(plan.item_id.as_str()));
        set(&mut members, "output_index", Value::from(0));
        members
    }

    fn of_part(&self, plan: &Plan, mut members: Value) -> Value {
        set(&mut members, "content_index", Value::from(0));
        self.of_item_id(plan, members)
    }

    fn of_item(&self, plan: &Plan, item: Value) -> Value {
        json!({ "response_id": plan.active.id, "output_index": 0, "item": item })
    }

    fn item(&self, plan: &Plan, status: &str, text: &str) -> Value {
        if let Some((name, call)) = &plan.call {
            return json!({
                "id": plan.item_id, "object": "realtime.item", "type": "function_call", "status": status,
                "name": name, "call_id": call, "arguments": text,
            });
        }
        let kind = self.shape.part(plan.is_audio);
        let content = match (status, plan.is_audio) {
            ("in_progress", _) => json!([]),
            (_, true) => json!([{ "type": kind, "transcript": text }]),
            (_, false) => json!([{ "type": kind, "text": text }]),
        };
        json!({
            "id": plan.item_id, "object": "realtime.item", "type": "message", "status": status,
            "role": "assistant", "content": content,
        })
    }

    fn begun(&self, active: &Active) -> Value {
        json!({
            "object": "realtime.response", "id": active.id, "status": "in_progress", "status_details": null,
            "output": [], "conversation_id": self.id, self.shape.modalities(): active.modalities,
            "max_output_tokens": "inf", "usage": null, "metadata": null,
        })
    }

    fn finished(&self, plan: &Plan, item: &Value) -> Value {
        let mut response = self.begun(&plan.active);
        let is_complete = plan.said.finish == Finish::Stop;
        set(&mut response, "status", Value::from(if is_complete { "completed" } else { "incomplete" }));
        if !is_complete {
            set(
                &mut response,
                "status_details",
                json!({ "type": "incomplete", "reason": "max_output_tokens" }),
            );
        }
        set(&mut response, "output", json!([item]));
        let audio = if plan.is_audio { plan.said.pieces.len() } else { 0 };
        set(&mut response, "usage", usage(plan.active.input_tokens, plan.said.tokens, audio));
        response
    }

    /// The last event of a response that the caller does not want any more.
    pub(super) fn cancelled(&mut self, active: &Active) -> Out {
        let mut response = self.begun(active);
        set(&mut response, "status", Value::from("cancelled"));
        set(&mut response, "status_details", json!({ "type": "cancelled", "reason": "client_cancelled" }));
        set(&mut response, "usage", usage(active.input_tokens, 0, 0));
        Out { event: self.event("response.done", json!({ "response": response })), of_response: false }
    }
}

/// Sets a member of an object.
fn set(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = object {
        members.insert(name.to_owned(), value);
    }
}

/// COMPAT: members as in `ai-gateway.md` 13.5.
fn usage(input: usize, text: usize, audio: usize) -> Value {
    json!({
        "total_tokens": input + text + audio, "input_tokens": input, "output_tokens": text + audio,
        "input_token_details": {
            "text_tokens": input, "audio_tokens": 0, "image_tokens": 0, "cached_tokens": 0,
            "cached_tokens_details": { "text_tokens": 0, "audio_tokens": 0, "image_tokens": 0 },
        },
        "output_token_details": { "text_tokens": text, "audio_tokens": audio },
    })
}

/// The part of the tone that goes with a piece of the text.
fn tone(index: usize) -> Vec<u8> {
    let first = index * AUDIO / 2;
    let sample = |at: usize| if at % PERIOD < PERIOD / 2 { 4_000_i16 } else { -4_000 };
    (first..first + AUDIO / 2).flat_map(|at| sample(at).to_le_bytes()).collect()
}
