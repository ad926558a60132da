//! What is sent: requests of a given size, an answer of 1 KB, a stream of 50 events.

use std::fmt::Write;
use std::time::Duration;

/// How many events a streamed answer has.
pub const EVENTS: usize = 50;

/// How many a long one has: more than buffers between both ends hold, so that a slow reader slows the sender.
pub const LONG_EVENTS: usize = 100 * EVENTS;

/// Between two events of a stream: long enough for each to arrive by itself.
pub const PACE: Duration = Duration::from_millis(5);

/// The same of a slow stream.
pub const SLOW_PACE: Duration = Duration::from_millis(100);

/// Size of an answer that is not streamed, in bytes.
pub const ANSWER_SIZE: usize = 1024;

/// A deployment of this name answers with a stream, an event every few milliseconds.
pub const STREAM: &str = "stream";

/// A deployment of this name answers with a stream, as fast as it can.
pub const BURST: &str = "burst";

/// A deployment of this name answers with a stream that takes five seconds.
pub const SLOW: &str = "slow";

/// A deployment of this name answers with a long stream, as fast as it can.
pub const LONG: &str = "long";

/// How many events a deployment answers with, if it streams.
#[must_use]
pub fn events(deployment: &str) -> Option<usize> {
    match deployment {
        STREAM | BURST | SLOW => Some(EVENTS),
        LONG => Some(LONG_EVENTS),
        _ => None,
    }
}

/// Sizes of a deployment's answer and of what is counted of it: the answer itself, or an event.
#[must_use]
pub fn sizes(deployment: &str) -> (usize, usize) {
    let one = event().len();
    events(deployment).map_or((ANSWER_SIZE, ANSWER_SIZE), |count| (count * one, one))
}

/// The header that carries a caller's key.
pub const CALLER_KEY: &str = "Ocp-Apim-Subscription-Key";

/// The header that carries a token, the caller's or the proxy's own.
pub const TOKEN: &str = "Authorization";

/// What stands before it.
pub const SCHEME: &str = "Bearer ";

/// The path of a call to a deployment, as Azure OpenAI has it.
#[must_use]
pub fn path(deployment: &str) -> String {
    format!("/openai/deployments/{deployment}/chat/completions?api-version=2024-10-21")
}

/// A chat request of exactly `size` bytes, or the shortest one if that is longer.
#[must_use]
pub fn request_body(size: usize, streamed: bool) -> String {
    let stream = if streamed { r#","stream":true"# } else { "" };
    let head = r#"{"model":"gpt-4o","messages":[{"role":"system","content":"You answer briefly."},{"role":"user","content":""#;
    let tail = format!(r#""}}],"temperature":0.2{stream}}}"#);
    padded(head, "The quick brown fox jumps over the lazy dog. ", &tail, size)
}

/// A chat answer of [`ANSWER_SIZE`] bytes.
#[must_use]
pub fn answer_body() -> String {
    let head = r#"{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"gpt-4o","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":""#;
    let tail = r#""}}],"usage":{"prompt_tokens":200,"completion_tokens":120,"total_tokens":320}}"#;
    padded(head, "Brown foxes jump quickly. ", tail, ANSWER_SIZE)
}

/// One event of a streamed answer.
#[must_use]
pub fn event() -> String {
    let data = r#"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o","choices":[{"index":0,"delta":{"content":" fox"},"finish_reason":null}]}"#;
    format!("data: {data}\n\n")
}

/// The same text as one chunk of a chunked body.
#[must_use]
pub fn chunk(text: &str) -> String {
    let mut chunk = String::new();
    let _ = write!(chunk, "{:x}\r\n{text}\r\n", text.len());
    chunk
}

fn padded(head: &str, filler: &str, tail: &str, size: usize) -> String {
    let room = size.saturating_sub(head.len() + tail.len());
    let filling: String = filler.chars().cycle().take(room).collect();
    format!("{head}{filling}{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_have_the_size_that_was_asked_for() {
        assert_eq!(request_body(1024, false).len(), 1024);
        assert_eq!(request_body(32 * 1024, true).len(), 32 * 1024);
        assert_eq!(answer_body().len(), ANSWER_SIZE);
        let end = r#""}}],"usage":{"prompt_tokens":200,"completion_tokens":120,"total_tokens":320}}"#;
        assert!(answer_body().ends_with(end));
    }
}
