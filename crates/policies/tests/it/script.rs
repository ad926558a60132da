//! The language of examples.
//!
//! `when` says what comes in, `then` what must be seen. Lines with `>` and `<` are messages, as `curl -v` prints them:
//!
//! ```text
//! when                                  then
//! > GET /orders?top=1                   > GET /orders?top=1      what the backend gets
//! > Accept: text/plain                  > Accept: text/plain
//! >                                     > no X-Key               a header that it does not get
//! > the body of the caller              < 404 Not Found          what the caller gets
//! < 404                                 < Content-Type: a
//! < Content-Type: a                     <
//! <                                     < the body
//! < the body of the backend's answer
//! ```
//!
//! Without `<` in `when` the backend answers 200. Instead of a status it may be `unreachable` or `too late`. What `then`
//! does not mention is not looked at.
//!
//! Other lines of `when`:
//!
//! ```text
//! operation GET /orders/{id}            the operation; without one, every path matches
//! api-url https://backend.example/base  the API's service URL
//! client 10.0.0.1                       the caller's address, or `unknown`
//! named-value region = west             a named value, or `secret key = k-1`, or `secret key unset`
//! backend main = https://main.example   a backend entity
//! own-token https://a.example = t-1     a token of the gateway; `https://a.example as 1234` of a user-assigned identity
//! vault-secret https://v/secrets/k = k  a secret of a vault that a document asks for
//! fragment greet = <fragment>...        a fragment
//! variable count = 5                    a variable that is set already
//! body-limit 100                        the most bytes of a body that policies read
//! key k1 RS256                          a key to sign with, also ES256, ES384, ES512, HS; documents have its numbers as
//!                                       `{{k1-n}}` and `{{k1-e}}`, or its text as `{{k1-secret}}`
//! token good k1 {"sub":"a"}             a token; `PS256` behind the key for another algorithm, `header {...}` at the
//!                                       end for more header; the key `nobody` signs nothing
//! encrypted e = good for k2             that token, encrypted
//! certificate c1 = k1                   a certificate with that key, or `certificate c1 unset`
//! provider URL = ISSUER keys k1 k2      an OpenID provider by the URL of its metadata, or `unreachable`
//! renewed URL = ISSUER keys k3          the same, once it is asked for a key that it does not have
//! authority https://login.example       where the gateway's Entra is
//! first 429, unreachable                how the first calls to the backend are answered; the others as `<` says
//! ```
//!
//! In the request and in variables `{token good}` stands for a token, `{mangled good}` for one with another signature.
//!
//! Other lines of `then`:
//!
//! ```text
//! no call                               the backend is not called
//! proxy http://p:80 as me:password      the way to the backend, ` computed` at its end; or `proxy none`
//! calls 3                               how often it is called
//! waited 0.5 10                         the waits in between, in seconds; or `waited nothing`
//! forwarded timeout=20s                 how it is called
//! variable count = 5                    or `variable count unset`
//! error reason = HeaderNotFound         a part of `context.LastError`; or `no error`
//! trace verbose routing: text {a=b}     what `trace` says; or `no trace`
//! caller oid = ada                      what a token said of the caller: `oid` or `app`, or `caller oid unset`
//! validated header authorization        where a token was found good: also `query NAME`, `computed`, or `nowhere`
//! keys fetched 1 renewed 0              how often providers were asked for their keys
//! ```

use crate::message::Message;

/// What comes in.
#[derive(Clone, Debug, Default)]
pub(crate) struct When {
    /// The caller's request.
    pub(crate) request: Message,
    /// The backend's answer.
    pub(crate) answer: Option<Message>,
    /// Other lines: the word, and what follows it.
    pub(crate) settings: Vec<(String, String)>,
}

/// What must be seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Then {
    /// What the backend gets.
    pub(crate) forwarded: Option<Message>,
    /// What the caller gets.
    pub(crate) answer: Option<Message>,
    /// Other lines.
    pub(crate) facts: Vec<String>,
}

struct Lines<'a> {
    request: Vec<&'a str>,
    answer: Vec<&'a str>,
    other: Vec<&'a str>,
}

fn sort(text: &str) -> Lines<'_> {
    let mut lines = Lines { request: Vec::new(), answer: Vec::new(), other: Vec::new() };
    for line in text.lines() {
        let unmarked = |rest: &'_ str| rest.strip_prefix(' ').map_or(0, |_| 1);
        if let Some(rest) = line.strip_prefix('>') {
            lines.request.push(rest.get(unmarked(rest)..).unwrap_or_default());
        } else if let Some(rest) = line.strip_prefix('<') {
            lines.answer.push(rest.get(unmarked(rest)..).unwrap_or_default());
        } else if !line.trim().is_empty() {
            lines.other.push(line.trim());
        }
    }
    lines
}

impl When {
    /// Reads what comes in.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let lines = sort(text);
        let setting = |line: &&str| {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            (word.to_owned(), rest.trim().to_owned())
        };
        Ok(Self {
            request: Message::read(&lines.request)?
                .ok_or("`when` has no request: no line begins with `>`")?,
            answer: Message::read(&lines.answer)?,
            settings: lines.other.iter().map(setting).collect(),
        })
    }

    /// With every text of the request, and of variables, as `fill` makes it.
    pub(crate) fn filled(&self, fill: impl Fn(&str) -> String) -> Self {
        let mut filled = self.clone();
        filled.request.first = fill(&filled.request.first);
        for (_, value) in &mut filled.request.headers {
            *value = value.as_deref().map(&fill);
        }
        for (_, text) in filled.settings.iter_mut().filter(|(word, _)| word == "variable") {
            *text = fill(text);
        }
        filled
    }

    /// The last setting of this word.
    pub(crate) fn setting(&self, word: &str) -> Option<&str> {
        self.settings.iter().rev().find(|(own, _)| own == word).map(|(_, rest)| rest.as_str())
    }

    /// `name = value` of all settings of this word.
    pub(crate) fn pairs(&self, word: &str) -> impl Iterator<Item = (&str, &str)> {
        let of_word = self.settings.iter().filter(move |(own, _)| own == word);
        of_word
            .map(|(_, rest)| rest.split_once('=').map_or((rest.as_str(), ""), |(a, b)| (a.trim(), b.trim())))
    }
}

impl Then {
    /// Reads what must be seen.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let lines = sort(text);
        Ok(Self {
            forwarded: Message::read(&lines.request)?,
            answer: Message::read(&lines.answer)?,
            facts: lines.other.iter().map(|line| (*line).to_owned()).collect(),
        })
    }
}
