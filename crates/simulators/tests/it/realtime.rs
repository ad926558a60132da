//! Conversations over WebSocket. Names of events and members are those of the types of OpenAI's Python client; usage is
//! as in `ai-gateway.md` 13.5.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use simulators::{Outcome, Running};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::client::{KEY, start};

const OPENAI: &str = "/v1/realtime?model=gpt-4o";
const DATED: &str = "/openai/realtime?api-version=2025-04-01-preview&deployment=gpt-4o";

struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    async fn open(running: &Running, path: &str, headers: &[(&str, &str)]) -> Result<Self, Error> {
        let tcp = TcpStream::connect(running.address()).await.unwrap();
        let mut request = http::Request::get(format!("ws://{}{path}", running.address()))
            .header("host", "simulator")
            .header("connection", "Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", generate_key());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Ok(Self(client_async(request.body(()).unwrap(), tcp).await?.0))
    }

    async fn bearer(running: &Running, path: &str, headers: &[(&str, &str)]) -> Self {
        let bearer = format!("Bearer {KEY}");
        let all = [&[("authorization", bearer.as_str())], headers].concat();
        Self::open(running, path, &all).await.unwrap()
    }

    async fn say(&mut self, event: Value) {
        self.0.send(Message::text(event.to_string())).await.unwrap();
    }

    async fn next(&mut self) -> Option<Value> {
        match self.0.next().await? {
            Ok(Message::Text(text)) => Some(serde_json::from_str(&text).unwrap()),
            Ok(other) => panic!("{other}"),
            Err(_) => None,
        }
    }

    /// Reads events up to one of this type.
    async fn until(&mut self, last: &str) -> Vec<Value> {
        let mut events = Vec::new();
        while events.last().is_none_or(|event: &Value| event["type"] != last) {
            events.push(self.next().await.unwrap_or_else(|| panic!("ended: {events:?}")));
        }
        events
    }
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

fn said(text: &str) -> Value {
    let content = json!([{ "type": "input_text", "text": text }]);
    json!({ "type": "conversation.item.create", "item": { "type": "message", "role": "user", "content": content } })
}

#[tokio::test]
async fn a_conversation_in_the_current_shape() {
    let (running, _) = start().await;
    let mut socket = Socket::bearer(&running, OPENAI, &[]).await;
    let created = socket.next().await.unwrap();
    assert_eq!(created["type"], "session.created");
    assert_eq!(created["session"]["model"], "gpt-4o-2024-08-06");
    socket.say(json!({ "type": "session.update", "session": { "type": "realtime", "output_modalities": ["text"] } })).await;
    let updated = socket.next().await.unwrap();
    assert_eq!(
        (&updated["type"], &updated["session"]["output_modalities"]),
        (&json!("session.updated"), &json!(["text"]))
    );
    socket.say(said("Hello")).await;
    assert_eq!(
        types(&socket.until("conversation.item.done").await),
        ["conversation.item.added", "conversation.item.done"]
    );
    socket.say(json!({ "type": "response.create" })).await;
    let events = socket.until("response.done").await;
    let mut order = types(&events);
    order.dedup();
    assert_eq!(
        order,
        [
            "response.created",
            "response.output_item.added",
            "conversation.item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "conversation.item.done",
            "response.output_item.done",
            "response.done",
        ]
    );
    let deltas: String = events.iter().filter_map(|event| event["delta"].as_str()).collect();
    assert_eq!(deltas, "You said: Hello");
    let response = &events.last().unwrap()["response"];
    assert_eq!(
        (&response["status"], &response["output"][0]["content"][0]["text"]),
        (&json!("completed"), &json!("You said: Hello"))
    );
    // o200k_base: `Hello` is one token, ` Hello` too, `You said:` three.
    let usage = &response["usage"];
    assert_eq!(
        (&usage["input_tokens"], &usage["output_tokens"], &usage["total_tokens"]),
        (&json!(1), &json!(4), &json!(5))
    );
    assert_eq!(usage["output_token_details"], json!({ "text_tokens": 4, "audio_tokens": 0 }));
    socket.0.close(None).await.unwrap();
    let record = running.recorder().wait_until(|all| all[0].outcome == Outcome::Answered).await.remove(0);
    assert_eq!((record.status.unwrap().as_u16(), record.frames), (101, 4 + events.len()));
    assert!(String::from_utf8_lossy(&record.body).contains("conversation.item.create"));
}

#[tokio::test]
async fn a_conversation_in_the_older_shape_with_audio() {
    let (running, _) = start().await;
    let mut socket = Socket::open(&running, DATED, &[("api-key", KEY)]).await.unwrap();
    let created = socket.next().await.unwrap();
    assert_eq!(created["session"]["modalities"], json!(["text", "audio"]));
    socket.say(json!({ "type": "input_audio_buffer.append", "audio": "AAAAAAAA" })).await;
    socket.say(json!({ "type": "input_audio_buffer.commit" })).await;
    assert_eq!(types(&socket.until("conversation.item.created").await)[0], "input_audio_buffer.committed");
    socket.say(json!({ "type": "response.create" })).await;
    let events = socket.until("response.done").await;
    let names = types(&events);
    for name in [
        "response.audio.delta",
        "response.audio.done",
        "response.audio_transcript.delta",
        "response.audio_transcript.done",
    ] {
        assert!(names.contains(&name), "{name} of {names:?}");
    }
    let response = &events.last().unwrap()["response"];
    assert_eq!(response["output"][0]["content"][0]["transcript"], "You said: 6 bytes of audio");
    assert!(response["usage"]["output_token_details"]["audio_tokens"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn functions_are_called_as_over_http() {
    let (running, _) = start().await;
    let mut socket = Socket::bearer(&running, OPENAI, &[]).await;
    let parameters = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    let tool = json!({ "type": "function", "name": "get_weather", "parameters": parameters });
    socket.say(json!({ "type": "session.update", "session": { "type": "realtime", "tools": [tool] } })).await;
    socket.say(said("What is the weather in Paris?")).await;
    socket.say(json!({ "type": "response.create" })).await;
    let events = socket.until("response.done").await;
    let item = events.last().unwrap()["response"]["output"][0].clone();
    assert_eq!(
        (&item["type"], &item["name"], &item["arguments"]),
        (&json!("function_call"), &json!("get_weather"), &json!("{\"city\":\"Paris\"}"))
    );
    let result = json!({ "type": "function_call_output", "call_id": item["call_id"], "output": "sunny" });
    socket.say(json!({ "type": "conversation.item.create", "item": result })).await;
    socket.say(json!({ "type": "response.create" })).await;
    let last = socket.until("response.done").await.pop().unwrap();
    assert_eq!(last["response"]["output"][0]["content"][0]["transcript"], "The tool answered: sunny");
}

#[tokio::test]
async fn keys_come_in_four_ways_and_others_are_refused() {
    let (running, _) = start().await;
    let protocol = format!("realtime, openai-insecure-api-key.{KEY}");
    let bearer = format!("Bearer {KEY}");
    let query = format!("{DATED}&api-key={KEY}");
    for (path, header) in [
        (OPENAI, Some(("authorization", bearer.as_str()))),
        (OPENAI, Some(("sec-websocket-protocol", protocol.as_str()))),
        ("/openai/v1/realtime?model=gpt-4o", Some(("api-key", KEY))),
        (query.as_str(), None),
    ] {
        let mut socket = Socket::open(&running, path, header.as_slice()).await.unwrap();
        assert_eq!(socket.next().await.unwrap()["type"], "session.created", "{path}");
    }
    let shown = format!("{:?}", running.recorder().requests());
    assert!(!shown.contains(KEY), "{shown}");
    for (path, key, status) in [
        (OPENAI, "Bearer wrong", 401),
        ("/v1/realtime?model=none", bearer.as_str(), 404),
        ("/v1/realtime", bearer.as_str(), 400),
        ("/v1/realtime?model=embed", bearer.as_str(), 404),
    ] {
        let refused = Socket::open(&running, path, &[("authorization", key)]).await.err().unwrap();
        let Error::Http(response) = refused else { panic!("{refused}") };
        assert_eq!(response.status(), status, "{path} {key}");
    }
}

#[tokio::test]
async fn it_is_no_place_for_plain_requests() {
    let (_running, client) = start().await;
    let answer = client.get(DATED).await;
    assert_eq!((answer.status.as_u16(), answer.header("upgrade")), (426, "websocket"));
}

#[tokio::test]
async fn what_is_wrong_is_an_error_event_and_the_conversation_goes_on() {
    let (running, _) = start().await;
    let mut socket = Socket::bearer(&running, OPENAI, &[]).await;
    socket.next().await;
    for (event, code) in [
        (json!("no object"), "invalid_json"),
        (json!({ "event_id": "mine" }), "missing_required_parameter"),
        (json!({ "type": "unknown", "event_id": "mine" }), "invalid_value"),
        (json!({ "type": "response.cancel", "event_id": "mine" }), "response_cancel_not_active"),
        (
            json!({ "type": "input_audio_buffer.commit", "event_id": "mine" }),
            "input_audio_buffer_commit_empty",
        ),
        (json!({ "type": "conversation.item.delete", "item_id": "x", "event_id": "mine" }), "item_not_found"),
    ] {
        socket.say(event.clone()).await;
        let error = socket.next().await.unwrap();
        assert_eq!((&error["type"], &error["error"]["code"]), (&json!("error"), &json!(code)), "{event}");
        if event.is_object() {
            assert_eq!(error["error"]["event_id"], "mine");
        }
    }
    socket.say(json!({ "type": "response.create" })).await;
    socket.until("response.done").await;
}

#[tokio::test]
async fn a_response_can_be_cancelled() {
    let (running, _) = start().await;
    let mut socket = Socket::bearer(&running, OPENAI, &[("x-simulate", "pace=20ms; words=5000")]).await;
    socket.say(json!({ "type": "response.create" })).await;
    socket.until("response.output_audio_transcript.delta").await;
    socket.say(json!({ "type": "response.create" })).await;
    let refused = socket.until("error").await.pop().unwrap();
    assert_eq!(refused["error"]["code"], "conversation_already_has_active_response");
    socket.say(json!({ "type": "response.cancel" })).await;
    let done = socket.until("response.done").await.pop().unwrap();
    assert_eq!(done["response"]["status"], "cancelled");
}

#[tokio::test]
async fn behaviours_are_those_of_other_calls() {
    let (running, _) = start().await;
    let refused = Socket::open(&running, DATED, &[("api-key", KEY), ("x-simulate", "status=429")]).await;
    let Some(Error::Http(response)) = refused.err() else { panic!("opened") };
    assert_eq!(response.status(), 429);
    for (list, sent, outcome) in
        [("cut-after=3", 3, Outcome::Cut), ("cut-after=2; cut=reset", 2, Outcome::Cut)]
    {
        let mut socket = Socket::bearer(&running, OPENAI, &[("x-simulate", list)]).await;
        socket.say(json!({ "type": "response.create" })).await;
        let mut count = 0;
        while socket.next().await.is_some() {
            count += 1;
        }
        assert_eq!(count, sent, "{list}");
        let all =
            running.recorder().wait_until(|all| all.last().unwrap().outcome != Outcome::InProgress).await;
        assert_eq!(all.last().unwrap().outcome, outcome);
    }
    let mut socket = Socket::bearer(&running, OPENAI, &[("x-simulate", "hang=after-2")]).await;
    socket.say(json!({ "type": "response.create" })).await;
    socket.next().await.unwrap();
    socket.next().await.unwrap();
    drop(socket);
    let gone = |all: &[simulators::RecordedRequest]| all.last().unwrap().outcome == Outcome::CallerGone;
    running.recorder().wait_until(gone).await;
    running.shutdown().await;
}
