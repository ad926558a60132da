//! The authorize endpoint: who `login_hint` names is signed in at once, otherwise a page asks. Nobody has a password and
//! nobody is asked for consent.

use std::fmt::Write as _;

use http::{Method, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::directory::{App, Redirect, Tenant, TokenVersion, User};
use super::grants::store::{Challenge, Code};
use super::refusal::{Refusal, missing, no_app};
use super::state::State;
use super::wanted::Wanted;
use crate::web::{Answer, Asked, Form};

/// A request whose client and redirect URI are good: what goes wrong now is told to the client.
struct Request<'a> {
    state: &'a State,
    tenant: &'a Tenant,
    version: TokenVersion,
    query: &'a Form,
    client: &'a App,
    redirect: &'a Redirect,
    /// The redirect URI as it was sent.
    uri: &'a str,
}

pub(super) fn answer(state: &State, tenant: &Tenant, version: TokenVersion, asked: &Asked) -> Answer {
    if asked.method != Method::GET {
        return page(StatusCode::METHOD_NOT_ALLOWED, "Only GET is served here.");
    }
    match request(state, tenant, version, &asked.query) {
        Ok(request) => request.answer(asked),
        // COMPAT: who cannot be trusted is not redirected to.
        Err(refusal) => page(StatusCode::BAD_REQUEST, &refusal.sentence()),
    }
}

fn request<'a>(
    state: &'a State,
    tenant: &'a Tenant,
    version: TokenVersion,
    query: &'a Form,
) -> Result<Request<'a>, Refusal> {
    let id = query.get("client_id").ok_or_else(|| missing("client_id"))?;
    let client = tenant.app_by_id(id).ok_or_else(|| no_app(id, &tenant.id))?;
    let uri = query.get("redirect_uri").ok_or_else(|| missing("redirect_uri"))?;
    let redirect = client.redirects.iter().find(|redirect| matches(&redirect.uri, uri));
    let redirect = redirect.ok_or_else(|| other_redirect(client, uri))?;
    Ok(Request { state, tenant, version, query, client, redirect, uri })
}

/// COMPAT: redirect URIs are compared letter by letter, but for the port of `http://localhost` ("Redirect URI (reply URL)
/// best practices and limitations").
fn matches(registered: &str, sent: &str) -> bool {
    registered == sent || without_port(registered).is_some_and(|bare| Some(bare) == without_port(sent))
}

fn without_port(uri: &str) -> Option<String> {
    let rest = uri.strip_prefix("http://localhost")?;
    let end = rest.find('/').unwrap_or(rest.len());
    let (port, path) = rest.split_at_checked(end)?;
    let is_port = port.is_empty() || port.strip_prefix(':')?.chars().all(|digit| digit.is_ascii_digit());
    is_port.then(|| String::from(path))
}

fn other_redirect(client: &App, uri: &str) -> Refusal {
    let text = format!(
        "The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for the application \
         '{}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal. \
         Navigate to https://aka.ms/redirectUriMismatchError to learn more about how to troubleshoot this error.",
        client.id
    );
    Refusal::request(50_011, text)
}

impl Request<'_> {
    fn answer(&self, asked: &Asked) -> Answer {
        match self.decide(asked) {
            Ok(answer) => answer,
            Err(refusal) => {
                self.back(&[("error", refusal.error), ("error_description", &refusal.sentence())])
            }
        }
    }

    fn decide(&self, asked: &Asked) -> Result<Answer, Refusal> {
        if self.query.get("response_type") != Some("code") {
            let shown = self.query.get("response_type").unwrap_or_default();
            let text = format!("response_type '{shown}' is not enabled for the application.");
            return Err(Refusal::request(700_054, text).named("unsupported_response_type"));
        }
        let scope = self.scope()?;
        let challenge = self.challenge()?;
        match self.query.get("login_hint").map(|hint| self.tenant.user_by_name(hint)) {
            Some(Some(user)) => Ok(self.sign_in(user, scope, challenge)),
            Some(None) => Ok(page(
                StatusCode::BAD_REQUEST,
                "AADSTS50034: The user account does not exist in the directory.",
            )),
            None if self.query.get("prompt") == Some("none") => {
                let text = "A silent sign-in request was sent but no user is signed in.";
                Err(Refusal::request(50_058, text).named("login_required"))
            }
            None => Ok(self.choice(asked)),
        }
    }

    /// What is asked for must be there before anybody signs in for it.
    fn scope(&self) -> Result<String, Refusal> {
        let (name, wanted) = match self.version {
            TokenVersion::V2 => {
                let scope = self.query.get("scope").ok_or_else(|| missing("scope"))?;
                (scope, Wanted::by_scope(self.tenant, scope)?)
            }
            TokenVersion::V1 => {
                let resource = self.query.get("resource").ok_or_else(|| missing("resource"))?;
                (resource, Wanted::by_resource(self.tenant, resource)?)
            }
        };
        wanted.granted(self.client)?;
        Ok(String::from(name))
    }

    fn challenge(&self) -> Result<Option<Challenge>, Refusal> {
        let Some(challenge) = self.query.get("code_challenge") else { return Ok(None) };
        let challenge = String::from(challenge);
        match self.query.get("code_challenge_method") {
            Some("S256") => Ok(Some(Challenge::Sha256(challenge))),
            Some("plain") | None => Ok(Some(Challenge::Plain(challenge))),
            Some(other) => {
                let text = format!("The value '{other}' of 'code_challenge_method' is not supported.");
                Err(Refusal::request(501_491, text))
            }
        }
    }

    fn sign_in(&self, user: &User, scope: String, challenge: Option<Challenge>) -> Answer {
        let code = self.state.store.codes.put(Code {
            client: self.client.id.clone(),
            tenant: self.tenant.id.clone(),
            user: user.id.clone(),
            redirect: String::from(self.uri),
            kind: self.redirect.kind,
            scope,
            nonce: self.query.get("nonce").map(String::from),
            challenge,
            issued: self.state.now(),
            redeemed: false,
        });
        self.back(&[("code", &code), ("session_state", &self.state.ids.uuid())]).to(&self.client.id)
    }

    /// Back to the client, in the way that it asks for.
    fn back(&self, parameters: &[(&str, &str)]) -> Answer {
        let state = self.query.get("state").map(|state| ("state", state));
        let all: Vec<(&str, &str)> = parameters.iter().copied().chain(state).collect();
        let encoded: Vec<String> = all
            .iter()
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
            .collect();
        let encoded = encoded.join("&");
        let uri = self.uri;
        match self.query.get("response_mode") {
            Some("form_post") => posted(uri, &all),
            Some("fragment") => Answer::redirect(&format!("{uri}#{encoded}")),
            _ if uri.contains('?') => Answer::redirect(&format!("{uri}&{encoded}")),
            _ => Answer::redirect(&format!("{uri}?{encoded}")),
        }
    }

    /// The users, each as a link to this very request with `login_hint`.
    fn choice(&self, asked: &Asked) -> Answer {
        let query = asked.raw_query();
        let mut body = format!("<h1>Sign in to {}</h1><ul>", escaped(&self.client.name));
        for user in &self.tenant.users {
            let hint = utf8_percent_encode(&user.name, NON_ALPHANUMERIC);
            let (link, name) = (escaped(query), escaped(&user.name));
            // Writing to a text does not fail.
            let _written = write!(body, "<li><a href=\"?{link}&amp;login_hint={hint}\">{name}</a></li>");
        }
        Answer::html(StatusCode::OK, document(&format!("{body}</ul>")))
    }
}

fn posted(uri: &str, parameters: &[(&str, &str)]) -> Answer {
    let mut body = format!("<form method=\"post\" action=\"{}\">", escaped(uri));
    for (name, value) in parameters {
        let _written = write!(body, "<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escaped(value));
    }
    body.push_str("<button>Continue</button></form><script>document.forms[0].submit()</script>");
    Answer::html(StatusCode::OK, document(&body))
}

fn page(status: StatusCode, text: &str) -> Answer {
    Answer::html(status, document(&format!("<p>{}</p>", escaped(text))))
}

fn document(body: &str) -> String {
    format!("<!doctype html><html lang=\"en\"><title>Sign in</title><body>{body}</body></html>\n")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn redirect_uris_match_letter_by_letter_but_for_the_port_of_localhost() {
        let cases = [
            ("https://a.example/cb", "https://a.example/cb", true),
            ("https://a.example/cb", "https://a.example/cb/", false),
            ("https://a.example/cb", "https://A.example/cb", false),
            ("https://a.example/cb", "https://a.example/cb?x=1", false),
            ("http://localhost:5173/cb", "http://localhost:9999/cb", true),
            ("http://localhost/cb", "http://localhost:1/cb", true),
            ("http://localhost:5173/cb", "http://localhost.evil.example/cb", false),
            ("http://localhost:5173/cb", "http://localhost:5173@evil.example/cb", false),
            ("http://localhost:5173/cb", "http://localhost:5173/other", false),
            ("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb", false),
        ];
        for (registered, sent, expected) in cases {
            assert_eq!(matches(registered, sent), expected, "{registered} {sent}");
        }
    }
}
