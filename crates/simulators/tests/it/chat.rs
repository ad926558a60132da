//! Chat completions on the three wires.

use serde_json::{Value, json};

use crate::client::{CHAT, Client, KEY, start};

fn hello() -> Value {
    json!({ "messages": [{ "role": "user", "content": "Hello" }] })
}

fn with(extra: Value) -> Value {
    let mut body = hello();
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    body
}

fn weather_tool() -> Value {
    json!([{ "type": "function", "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": { "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"] },
    } }])
}

fn text(chunks: &[Value]) -> String {
    chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect()
}

#[tokio::test]
async fn azure_answers_with_its_additions() {
    let (_running, client) = start().await;
    let answer = client.post(CHAT, &hello()).await;
    assert_eq!(answer.status, 200);
    let body = answer.json();
    assert_eq!(body["object"], "chat.completion");
    assert_eq!(body["model"], "gpt-4o-2024-08-06");
    assert!(body["id"].as_str().unwrap().starts_with("chatcmpl-"));
    assert_eq!(body["prompt_filter_results"][0]["content_filter_results"]["hate"]["filtered"], false);
    let choice = &body["choices"][0];
    assert_eq!(choice["message"]["content"], "You said: Hello");
    assert_eq!(choice["finish_reason"], "stop");
    assert_eq!(choice["content_filter_results"]["violence"]["severity"], "safe");
    // 3 around the message, `user` and `Hello` one token each, 3 before the reply (OpenAI cookbook).
    assert_eq!(body["usage"]["prompt_tokens"], 8);
    let total = body["usage"]["prompt_tokens"].as_u64().unwrap()
        + body["usage"]["completion_tokens"].as_u64().unwrap();
    assert_eq!(body["usage"]["total_tokens"], total);
    for header in
        ["apim-request-id", "x-ms-region", "x-request-id", "x-ratelimit-remaining-tokens", "content-length"]
    {
        assert!(!answer.header(header).is_empty(), "{header}");
    }
    assert_eq!(answer.header("x-ms-deployment-name"), "gpt-4o");
}

#[tokio::test]
async fn openai_answers_without_azures_additions() {
    let (_running, client) = start().await;
    let answer = client.post_bearer("/v1/chat/completions", KEY, &with(json!({ "model": "gpt-4o" }))).await;
    assert_eq!(answer.status, 200);
    let body = answer.json();
    assert_eq!(body["choices"][0]["message"]["content"], "You said: Hello");
    assert!(body.get("prompt_filter_results").is_none());
    assert!(body["choices"][0].get("content_filter_results").is_none());
    assert_eq!(answer.header("openai-version"), "2020-10-01");
    assert_eq!(answer.header("apim-request-id"), "");
}

#[tokio::test]
async fn azure_v1_takes_the_model_from_the_body() {
    let (_running, client) = start().await;
    let body = with(json!({ "model": "gpt-4o" }));
    for answer in [
        client.post("/openai/v1/chat/completions", &body).await,
        client.post_bearer("/openai/v1/chat/completions", KEY, &body).await,
    ] {
        assert_eq!(answer.status, 200);
        assert!(answer.json().get("prompt_filter_results").is_some());
    }
}

#[tokio::test]
async fn an_azure_stream_begins_with_the_verdict_on_the_prompt() {
    let (_running, client) = start().await;
    let answer = client.post(CHAT, &with(json!({ "stream": true }))).await;
    assert_eq!(answer.header("content-type"), "text/event-stream; charset=utf-8");
    assert_eq!(answer.events().last().unwrap().1, "[DONE]");
    let chunks = answer.chunks();
    assert_eq!(chunks[0]["choices"], json!([]));
    assert!(chunks[0]["prompt_filter_results"].is_array());
    assert_eq!(chunks[1]["choices"][0]["delta"]["role"], "assistant");
    assert_eq!(text(&chunks), "You said: Hello");
    let last = chunks.last().unwrap();
    assert_eq!(last["choices"][0]["finish_reason"], "stop");
    assert_eq!(last["choices"][0]["delta"], json!({}));
    assert!(chunks.iter().all(|chunk| chunk.get("usage").is_none()));
    assert!(chunks[1..].iter().all(|chunk| chunk["choices"][0].get("content_filter_results").is_some()));
}

/// OpenAI's API reference, `stream_options.include_usage`: one more chunk before `[DONE]`, whose choices are empty; all
/// others have a usage of null.
#[tokio::test]
async fn usage_comes_in_a_chunk_of_its_own_when_asked_for() {
    let (_running, client) = start().await;
    let body =
        with(json!({ "model": "gpt-4o", "stream": true, "stream_options": { "include_usage": true } }));
    for answer in
        [client.post(CHAT, &body).await, client.post_bearer("/v1/chat/completions", KEY, &body).await]
    {
        let chunks = answer.chunks();
        let (last, others) = chunks.split_last().unwrap();
        assert_eq!(last["choices"], json!([]));
        assert_eq!(last["usage"]["prompt_tokens"], 8);
        assert!(others.iter().all(|chunk| chunk.get("usage") == Some(&Value::Null)));
    }
}

#[tokio::test]
async fn openai_pads_its_events_unless_told_not_to() {
    let (_running, client) = start().await;
    let plain = with(json!({ "model": "gpt-4o", "stream": true }));
    let chunks = client.post_bearer("/v1/chat/completions", KEY, &plain).await.chunks();
    assert!(chunks.iter().all(|chunk| chunk["obfuscation"].is_string()));
    let without = with(
        json!({ "model": "gpt-4o", "stream": true, "stream_options": { "include_obfuscation": false } }),
    );
    let chunks = client.post_bearer("/v1/chat/completions", KEY, &without).await.chunks();
    assert!(chunks.iter().all(|chunk| chunk.get("obfuscation").is_none()));
}

#[tokio::test]
async fn limits_end_an_answer() {
    let (_running, client) = start().await;
    for name in ["max_tokens", "max_completion_tokens"] {
        let body = client.post(CHAT, &with(json!({ name: 2 }))).await.json();
        assert_eq!(body["choices"][0]["finish_reason"], "length");
        assert_eq!(body["usage"]["completion_tokens"], 2);
    }
    let body = client.post(CHAT, &with(json!({ "stop": [":", "x"] }))).await.json();
    assert_eq!(body["choices"][0]["message"]["content"], "You said");
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
}

#[tokio::test]
async fn every_choice_is_counted() {
    let (_running, client) = start().await;
    let one = client.post(CHAT, &hello()).await.json();
    let three = client.post(CHAT, &with(json!({ "n": 3 }))).await.json();
    assert_eq!(three["choices"].as_array().unwrap().len(), 3);
    let tokens = one["usage"]["completion_tokens"].as_u64().unwrap();
    assert_eq!(three["usage"]["completion_tokens"], tokens * 3);
    let chunks = client.post(CHAT, &with(json!({ "n": 2, "stream": true }))).await.chunks();
    let of_second = chunks.iter().filter(|chunk| chunk["choices"][0]["index"] == 1);
    let second: String =
        of_second.filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(second, "You said: Hello");
}

#[tokio::test]
async fn a_tool_is_called_and_its_result_is_told() {
    let (_running, client) = start().await;
    let asked = json!({ "role": "user", "content": "What is the weather in Paris?" });
    let first = json!({ "messages": [asked], "tools": weather_tool() });
    let body = client.post(CHAT, &first).await.json();
    let choice = &body["choices"][0];
    assert_eq!(choice["finish_reason"], "tool_calls");
    assert_eq!(choice["message"]["content"], Value::Null);
    let call = &choice["message"]["tool_calls"][0];
    assert_eq!(call["function"]["name"], "get_weather");
    assert_eq!(call["function"]["arguments"], r#"{"city":"Paris"}"#);
    let result = json!({ "role": "tool", "tool_call_id": call["id"], "content": "sunny" });
    let second = json!({ "messages": [asked, choice["message"], result], "tools": weather_tool() });
    let body = client.post(CHAT, &second).await.json();
    assert_eq!(body["choices"][0]["message"]["content"], "The tool answered: sunny");
}

#[tokio::test]
async fn the_arguments_of_a_call_are_streamed() {
    let (_running, client) = start().await;
    let asked = json!([{ "role": "user", "content": "What is the weather in Paris?" }]);
    let body = json!({ "messages": asked, "tools": weather_tool(), "stream": true });
    let chunks = client.post(CHAT, &body).await.chunks();
    let calls: Vec<&Value> =
        chunks.iter().map(|chunk| &chunk["choices"][0]["delta"]["tool_calls"][0]).collect();
    let first = calls.iter().find(|call| !call.is_null()).unwrap();
    assert_eq!((&first["function"]["name"], &first["type"]), (&json!("get_weather"), &json!("function")));
    let arguments: String = calls.iter().filter_map(|call| call["function"]["arguments"].as_str()).collect();
    assert_eq!(arguments, r#"{"city":"Paris"}"#);
    assert_eq!(chunks.last().unwrap()["choices"][0]["finish_reason"], "tool_calls");
}

/// OpenAI's function calling guide: a function that the caller names ends with `stop`.
#[tokio::test]
async fn a_named_function_is_called_whatever_is_asked() {
    let (_running, client) = start().await;
    let named = json!({ "type": "function", "function": { "name": "get_weather" } });
    let body =
        client.post(CHAT, &with(json!({ "tools": weather_tool(), "tool_choice": named }))).await.json();
    assert_eq!(body["choices"][0]["message"]["tool_calls"][0]["function"]["name"], "get_weather");
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
    let never =
        client.post(CHAT, &with(json!({ "tools": weather_tool(), "tool_choice": "none" }))).await.json();
    assert_eq!(never["choices"][0]["message"]["content"], "You said: Hello");
}

#[tokio::test]
async fn json_is_answered_where_json_is_asked_for() {
    let (_running, client) = start().await;
    let messages = json!([{ "role": "user", "content": "Answer in JSON" }]);
    let body = json!({ "messages": messages, "response_format": { "type": "json_object" } });
    let answer = client.post(CHAT, &body).await.json();
    let content = answer["choices"][0]["message"]["content"].as_str().unwrap();
    assert_eq!(content, r#"{"answer":"You said: Answer in JSON"}"#);
    let schema = json!({ "type": "object", "properties": { "ok": { "type": "boolean" } } });
    let format = json!({ "type": "json_schema", "json_schema": { "name": "verdict", "schema": schema } });
    let answer = client.post(CHAT, &with(json!({ "response_format": format }))).await.json();
    assert_eq!(answer["choices"][0]["message"]["content"], r#"{"ok":true}"#);
}

#[tokio::test]
async fn the_length_of_an_answer_can_be_asked_for() {
    let (_running, client) = start().await;
    let body = client.post_with(CHAT, &[("x-simulate", "words=200")], &hello()).await.json();
    assert_eq!(body["choices"][0]["message"]["content"].as_str().unwrap().split(' ').count(), 200);
}

#[tokio::test]
async fn completions_answer_each_prompt() {
    let (_running, client) = start().await;
    let path = "/openai/deployments/gpt-4o/completions?api-version=2024-10-21";
    let body = client.post(path, &json!({ "prompt": ["One", "Two"] })).await.json();
    assert_eq!(body["object"], "text_completion");
    assert_eq!(body["choices"][1]["text"], "You said: Two");
    let answer = client.post(path, &json!({ "prompt": "One", "stream": true, "max_tokens": 2 })).await;
    let chunks = answer.chunks();
    let text: String = chunks.iter().filter_map(|chunk| chunk["choices"][0]["text"].as_str()).collect();
    assert_eq!(text, "You said");
    assert_eq!(chunks.last().unwrap()["choices"][0]["finish_reason"], "length");
}

#[tokio::test]
async fn http2_with_prior_knowledge_is_served() {
    let (running, _) = start().await;
    let answer = Client::over_http2(&running).post(CHAT, &with(json!({ "stream": true }))).await;
    assert_eq!((answer.status.as_u16(), answer.version), (200, http::Version::HTTP_2));
    assert_eq!(text(&answer.chunks()), "You said: Hello");
}

#[tokio::test]
async fn the_same_seed_gives_the_same_answer() {
    let (_one, first) = start().await;
    let (_other, second) = start().await;
    assert_eq!(first.post(CHAT, &hello()).await.body, second.post(CHAT, &hello()).await.body);
}
