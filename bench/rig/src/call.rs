//! The requests that callers send: one for each key and token, all with the same body.

use std::cell::Cell;
use std::io;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request};

use crate::arguments::Arguments;
use crate::traffic::{self, CALLER_KEY, SCHEME, TOKEN, path, request_body};

/// A request with a caller's key and maybe a token, as HTTP/1.1 has it and as HTTP/2 does.
#[derive(Debug)]
pub struct Call {
    /// Its head in HTTP/1.1.
    pub text: String,
    /// Its head in HTTP/2.
    pub head: Request<()>,
    used: Cell<bool>,
}

impl Call {
    /// Whether this is the first time; from now on it is not.
    pub fn first_use(&self) -> bool {
        !self.used.replace(true)
    }
}

/// All of them, and what a right answer is.
#[derive(Debug)]
pub struct Calls {
    /// At least one.
    pub all: Vec<Call>,
    /// What each sends.
    pub body: Bytes,
    /// Size of the body of a right answer.
    pub expected: usize,
    /// Size of what is counted: an answer, or an event of a stream.
    pub unit: usize,
    /// Whether the answer is a stream.
    pub streamed: bool,
}

/// What they are made of.
#[derive(Debug)]
struct Parts {
    deployment: String,
    host: String,
    scheme: &'static str,
    key_header: String,
}

impl Calls {
    /// Reads `--keys FILE`, `--deployment`, `--size`, `--tokens FILE` and `--key-header`.
    ///
    /// # Errors
    /// When one is missing or makes no sense, or a file cannot be read.
    pub fn read(given: &mut Arguments, host: &str, scheme: &'static str) -> io::Result<Self> {
        let keys = std::fs::read_to_string(given.need::<String>("keys")?)?;
        let tokens = given.take::<String>("tokens")?.map(std::fs::read_to_string).transpose()?;
        let key_header = given.take("key-header")?.unwrap_or_else(|| CALLER_KEY.to_owned());
        let deployment: String = given.need("deployment")?;
        let streamed = traffic::events(&deployment).is_some();
        let body = Bytes::from(request_body(given.take("size")?.unwrap_or(1024), streamed));
        let parts = Parts { deployment, host: host.to_owned(), scheme, key_header };
        let pairs: Vec<(&str, Option<&str>)> = match &tokens {
            Some(tokens) => keys.lines().cycle().zip(tokens.lines().map(Some)).collect(),
            None => keys.lines().map(|key| (key, None)).collect(),
        };
        let all: Vec<_> = pairs
            .into_iter()
            .map(|(key, token)| parts.call(key, token, body.len()))
            .collect::<io::Result<_>>()?;
        if all.is_empty() {
            return Err(io::Error::other("there are no keys"));
        }
        let (expected, unit) = traffic::sizes(&parts.deployment);
        Ok(Self { all, body, expected, unit, streamed })
    }
}

impl Parts {
    fn call(&self, key: &str, token: Option<&str>, size: usize) -> io::Result<Call> {
        let mut headers = vec![
            ("content-type", String::from("application/json")),
            ("accept", String::from("*/*")),
            ("user-agent", String::from("load/1")),
            (self.key_header.as_str(), key.to_owned()),
        ];
        headers.extend(token.map(|token| (TOKEN, format!("{SCHEME}{token}"))));
        headers.push(("content-length", size.to_string()));
        Ok(Call { text: self.text(&headers), head: self.head(&headers)?, used: Cell::new(false) })
    }

    fn text(&self, headers: &[(&str, String)]) -> String {
        let mut text = format!("POST {} HTTP/1.1\r\nhost: {}\r\n", path(&self.deployment), self.host);
        for (name, value) in headers {
            text.extend([name, ": ", value, "\r\n"]);
        }
        text + "\r\n"
    }

    fn head(&self, headers: &[(&str, String)]) -> io::Result<Request<()>> {
        let uri = format!("{}://{}{}", self.scheme, self.host, path(&self.deployment));
        let mut head = Request::post(uri).body(()).map_err(io::Error::other)?;
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(io::Error::other)?;
            let value = HeaderValue::from_str(value).map_err(io::Error::other)?;
            head.headers_mut().insert(name, value);
        }
        Ok(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::header;

    #[test]
    fn both_heads_say_the_same() {
        let parts = Parts {
            deployment: String::from("gpt-4o"),
            host: String::from("localhost:1"),
            scheme: "https",
            key_header: String::from(CALLER_KEY),
        };
        let call = parts.call("k1", Some("t1"), 12).unwrap();
        assert!(call.text.starts_with("POST /openai/deployments/gpt-4o/chat/completions?api-version="));
        for (name, value) in call.head.headers() {
            assert_eq!(header(call.text.as_bytes(), name.as_str()), Some(value.as_bytes()));
        }
        assert_eq!(header(call.text.as_bytes(), "Authorization"), Some(b"Bearer t1".as_slice()));
        assert!(call.first_use());
        assert!(!call.first_use());
    }
}
