//! `set-header`: sets, extends or removes a header.
//!
//! ```xml
//! <set-header name="api-key" exists-action="override"><value>{{provider-key}}</value></set-header>
//! ```
//!
//! It does not touch what the connection needs (`Content-Length` and its like), and it does not see the key that
//! authenticated the caller leave: forwarding takes that out.

use expr::Facts;
use http::header::{self, Entry, HeaderMap, HeaderName, HeaderValue};
use policy::spec::{AttributeSpec, Example, Kind, Order, Repeat, attribute};
use policy::{
    Action, CompileCx, Effect, Exchange, Fault, Flow, Message, PolicySpec, Reader, Reported, RunSync, Scopes, Sections,
    StepResult, TokenPlace,
};
use source::Diagnostic;

use crate::parts::amendment::{self, Amendment, Edit, ExistsAction};
use crate::parts::header::{FieldName, FieldValue, joined};
use crate::parts::note;

pub(crate) const SPEC: PolicySpec = PolicySpec {
    element: "set-header",
    summary: "Sets, extends or removes a header of the request or of the response.",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    repeat: Repeat::Many,
    attributes: ATTRIBUTES,
    children: amendment::VALUES,
    order: Order::AsDeclared,
    reads: Facts::NONE,
    notes: &[
        "In `inbound` and `backend` the header is the request's, in `outbound` and `on-error` the response's.",
        "`override` replaces all values, `append` adds to them, `skip` leaves a header that is there alone, `delete` \
         removes it. `override` without any `value` removes it too.",
        "Several values go out as one line, `a,b,c`. Headers whose values may hold commas go out line by line: \
         `Cookie`, `Date`, `Expires`, `If-Modified-Since`, `If-Unmodified-Since`, `Last-Modified`, \
         `Proxy-Authenticate`, `Retry-After`, `Set-Cookie`, `User-Agent`, `Warning`, `WWW-Authenticate`.",
        "`Connection`, `Content-Length`, `Keep-Alive` and `Transfer-Encoding` belong to the connection and cannot be \
         changed; `Server` cannot be removed from responses. Published documents try, so a document that does is \
         loaded with a warning, and a trace record says so when a request comes.",
        "`Host` of the request is the backend's own unless this policy sets another. The caller's address in \
         `X-Forwarded-For` is added after all policies and cannot be removed.",
        "A value that holds a line break or another control character is an error of the document, or of the request \
         when it is computed. An expression that yields null counts as empty text.",
    ],
    differences: &[],
    source: "https://learn.microsoft.com/azure/api-management/set-header-policy",
    examples: &[
        Example {
            title: "Give the provider's key, which the caller never sees",
            document: r#"<set-header name="api-key" exists-action="override">
    <value>{{provider-key}}</value>
</set-header>"#,
            when: "secret provider-key = k-1\n> GET /models\n> api-key: the caller's",
            then: "> GET /models\n> api-key: k-1\n< 200",
        },
        Example {
            title: "Remove a header of the backend from the answer",
            document: r#"<policies>
    <inbound />
    <outbound>
        <set-header name="X-Powered-By" exists-action="delete" />
    </outbound>
</policies>"#,
            when: "> GET /\n< 200\n< X-Powered-By: a server\n< Content-Type: text/plain",
            then: "< 200\n< no X-Powered-By\n< Content-Type: text/plain",
        },
    ],
};

/// Attributes, for `return-response` too.
pub(crate) const ATTRIBUTES: &[AttributeSpec] = &[
    attribute("name", Kind::String, "The name of the header.").required(),
    amendment::EXISTS_ACTION,
];

/// COMPAT: headers whose values may hold commas or dates, and therefore go out line by line (set-header page).
static SEPARATE: [HeaderName; 12] = [
    header::USER_AGENT,
    header::WWW_AUTHENTICATE,
    header::PROXY_AUTHENTICATE,
    header::COOKIE,
    header::SET_COOKIE,
    header::WARNING,
    header::DATE,
    header::EXPIRES,
    header::IF_MODIFIED_SINCE,
    header::IF_UNMODIFIED_SINCE,
    header::LAST_MODIFIED,
    header::RETRY_AFTER,
];

/// COMPAT: headers that "can't be appended, overridden, or deleted" (set-header page).
static OF_THE_CONNECTION: [HeaderName; 4] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    HeaderName::from_static("keep-alive"),
    header::TRANSFER_ENCODING,
];

/// Headers besides `Authorization` in which model services take who calls.
static CREDENTIALS: [HeaderName; 4] = [
    HeaderName::from_static("api-key"),
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("x-goog-api-key"),
    HeaderName::from_static("x-functions-key"),
];

/// `set-header`, compiled.
#[derive(Debug)]
pub(crate) struct SetHeader {
    header: Amendment<FieldName, FieldValue>,
    message: Message,
}

/// The change for one request.
#[derive(Debug)]
pub(crate) struct HeaderEdit {
    edit: Edit<FieldName, FieldValue>,
    message: Message,
}

pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Action, Reported> {
    let message = cx.section.message();
    Ok(Action::Sync(Box::new(part(reader, message, cx)?)))
}

/// Compiles the element where it belongs to another policy, too.
pub(crate) fn part(
    reader: &Reader<'_>,
    message: Message,
    cx: &mut CompileCx<'_>,
) -> Result<SetHeader, Reported> {
    let header = Amendment::compile(reader, cx)?;
    let name = header.fixed_name().map(|field: &FieldName| &field.name);
    if let Some(why) = name.and_then(|name| protected(name, header.fixed_action(), message)) {
        let diagnostic = Diagnostic::warning("no-effect", why).at(reader.location());
        cx.report(diagnostic.help("the gateway sets it as the message needs it; remove this policy"));
    }
    Ok(SetHeader { header, message })
}

/// Why a header stays as it is.
fn protected(name: &HeaderName, action: Option<ExistsAction>, message: Message) -> Option<String> {
    if OF_THE_CONNECTION.contains(name) {
        return Some(format!("the header `{name}` belongs to the connection and stays as it is"));
    }
    let deletes = action == Some(ExistsAction::Delete);
    (deletes && message == Message::Response && name == header::SERVER)
        .then(|| format!("the header `{name}` cannot be removed from responses"))
}

impl SetHeader {
    /// What is to be done in this request.
    pub(crate) fn edit(&self, exchange: &mut Exchange) -> Result<HeaderEdit, Fault> {
        Ok(HeaderEdit { edit: self.header.edit(exchange)?, message: self.message })
    }
}

impl RunSync for SetHeader {
    fn run(&self, exchange: &mut Exchange) -> StepResult {
        let edit = self.edit(exchange)?;
        if let Some(why) = edit.refused() {
            note::no_effect(SPEC.element, why, exchange);
            return Ok(Flow::Next);
        }
        if edit.is_of_host() {
            set_host(edit, exchange);
            return Ok(Flow::Next);
        }
        edit.apply(exchange.headers_mut(self.message));
        Ok(Flow::Next)
    }

    fn effect(&self) -> Effect {
        if self.message == Message::Response {
            return Effect::Other;
        }
        let (name, action) = (self.header.fixed_name(), self.header.fixed_action());
        let credential = name.is_none_or(|field| CREDENTIALS.contains(&field.name));
        if self.header.holds_secret() || credential && action != Some(ExistsAction::Delete) {
            // A name that only the request tells may be that of a credential.
            return Effect::SignsIn;
        }
        match name {
            Some(field) if action != Some(ExistsAction::Skip) => {
                Effect::Replaces(TokenPlace::Header(field.name.clone()))
            }
            _ => Effect::Other,
        }
    }
}

impl HeaderEdit {
    fn refused(&self) -> Option<String> {
        protected(&self.edit.name.name, Some(self.edit.action), self.message)
    }

    fn is_of_host(&self) -> bool {
        self.message == Message::Request && self.edit.name.name == header::HOST
    }

    /// Changes the headers of a message, but for those that stay as they are.
    pub(crate) fn apply(self, headers: &mut HeaderMap) {
        if self.refused().is_some() {
            return;
        }
        let Edit { name, action, values } = self.edit;
        let values: Vec<_> = values.into_iter().map(|value| value.0).collect();
        match action {
            ExistsAction::Skip if headers.contains_key(&name.name) => {}
            ExistsAction::Override | ExistsAction::Skip => replace(headers, &name.name, values),
            ExistsAction::Append => append(headers, &name.name, values),
            ExistsAction::Delete => {
                headers.remove(&name.name);
            }
        }
    }
}

/// Every request has a `Host`, one value of it, and the caller's does not travel on by itself.
fn set_host(edit: HeaderEdit, exchange: &mut Exchange) {
    let headers = &mut exchange.request.headers;
    match (edit.edit.action, edit.edit.values.into_iter().last()) {
        (ExistsAction::Skip, _) => {}
        (ExistsAction::Override | ExistsAction::Append, Some(value)) => {
            headers.insert(header::HOST, value.0);
        }
        _ => {
            headers.remove(header::HOST);
        }
    }
}

fn replace(headers: &mut HeaderMap, name: &HeaderName, values: Vec<HeaderValue>) {
    headers.remove(name);
    if SEPARATE.contains(name) {
        for value in values {
            headers.append(name, value);
        }
    } else if let Some(value) = Some(values).filter(|all| !all.is_empty()).and_then(|all| joined(&all)) {
        headers.insert(name, value);
    }
}

fn append(headers: &mut HeaderMap, name: &HeaderName, values: Vec<HeaderValue>) {
    if values.is_empty() {
        return;
    }
    let mut all = match headers.entry(name) {
        Entry::Occupied(entry) => entry.iter().cloned().collect(),
        Entry::Vacant(_) => Vec::new(),
    };
    all.extend(values);
    replace(headers, name, all);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(headers: &HeaderMap, name: &str) -> Vec<String> {
        headers.get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    fn value(text: &'static str) -> HeaderValue {
        HeaderValue::from_static(text)
    }

    /// set-header page: several values are one line `a,b,c`, but for the headers that it lists.
    #[test]
    fn several_values_are_one_line_but_for_the_listed_headers() {
        let mut headers = HeaderMap::new();
        append(&mut headers, &HeaderName::from_static("x-list"), vec![value("a"), value("b")]);
        append(&mut headers, &HeaderName::from_static("x-list"), vec![value("c")]);
        append(&mut headers, &header::SET_COOKIE, vec![value("a=1"), value("b=2")]);
        append(&mut headers, &header::SET_COOKIE, vec![value("c=3")]);
        assert_eq!(values(&headers, "x-list"), ["a,b,c"]);
        assert_eq!(values(&headers, "set-cookie"), ["a=1", "b=2", "c=3"]);
    }

    #[test]
    fn a_header_replaced_by_nothing_is_gone() {
        let mut headers = HeaderMap::from_iter([(header::ACCEPT, value("a"))]);
        replace(&mut headers, &header::ACCEPT, Vec::new());
        assert!(headers.is_empty());
    }
}
