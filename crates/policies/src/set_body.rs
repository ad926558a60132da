//! `set-body`: gives the request or the response another body.
//!
//! ```xml
//! <set-body>@{ var body = context.Request.Body.As<JObject>(); body["stream"] = false; return body.ToString(); }</set-body>
//! ```
//!
//! Liquid templates are not run yet; a document with one is refused.

use bytes::Bytes;
use expr::{Exception, Expected, Facts, Heap, Text, Value};
use http::header::{self, HeaderMap, HeaderValue};
use policy::spec::{AttributeSpec, ChildSpec, Example, Kind, Order, Repeat, attribute, child, text};
use policy::{
    Action, CompileCx, Exchange, Fault, Flow, Message, MessageBody, PolicySpec, Reader, Reported, RunSync, Scopes,
    Sections, Setting, SettingValue, StepResult,
};
use policy_doc::Unknown;
use source::Diagnostic;

use crate::parts::refusal;
use crate::parts::words::words;

pub(crate) const SPEC: PolicySpec = PolicySpec {
    element: "set-body",
    summary: "Gives the request or the response another body.",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    repeat: Repeat::Many,
    attributes: ATTRIBUTES,
    children: CHILDREN,
    order: Order::Any,
    reads: Facts::NONE,
    notes: &[
        "In `inbound` and `backend` the body is the request's, in `outbound` and `on-error` the response's. The page \
         does not list `on-error`, but documents use it there.",
        "The content is text, which is kept with its white space; or XML, which is kept exactly as it is written; or one \
         expression that yields a `string`, sent as UTF-8, or a `byte[]`.",
        "`Content-Type` stays as it is, but a `charset` in it becomes `utf-8`. `Content-Length` is counted anew, and \
         `Content-Encoding` is removed, because the new body is not compressed.",
        "An expression that reads the body with `As<T>()` consumes it, which does no harm here. A request without a \
         body has no `context.Request.Body` to read.",
    ],
    differences: &["`template=\"liquid\"` is not yet supported: a document with it is refused."],
    source: "https://learn.microsoft.com/azure/api-management/set-body-policy",
    examples: &[
        Example {
            title: "Answer with a text",
            document: r#"<policies>
    <inbound />
    <outbound>
        <set-body>{"status":"gone"}</set-body>
    </outbound>
</policies>"#,
            when: "> GET /\n< 200\n< Content-Type: application/json; charset=iso-8859-1\n<\n< a long answer",
            then: "< 200\n< Content-Type: application/json; charset=utf-8\n<\n< {\"status\":\"gone\"}",
        },
        Example {
            title: "Send on what the caller sent, with a change",
            document: r#"<set-body>@(context.Request.Body.As<string>(preserveContent: true).Replace("small", "large"))</set-body>"#,
            when: "> POST /\n>\n> a small request",
            then: "> POST /\n>\n> a large request\n< 200",
        },
    ],
};

words! {
    /// How the content is made.
    enum TemplateKind {
        /// As it is written, or by an expression.
        None = "none",
        /// By a Liquid template.
        Liquid = "liquid",
    }
}

/// Attributes, for `return-response` too.
pub(crate) const ATTRIBUTES: &[AttributeSpec] = &[
    attribute("template", Kind::Enum(TemplateKind::WORDS), "`liquid` is not yet supported.")
        .literal()
        .default("none"),
    attribute("xsi-nil", Kind::Enum(&["blank", "null"]), "Counts for Liquid templates only.")
        .literal()
        .default("blank"),
    attribute("parse-date", Kind::Bool, "Counts for Liquid templates only.").literal().default("true"),
    attribute("html-decode-expression", Kind::Bool, "Not yet supported.").literal(),
];

/// Content, for `return-response` too.
pub(crate) const CHILDREN: &[ChildSpec] = &[
    text("The body: text or an expression."),
    child(ChildSpec::MARKUP, "The body: XML, kept as it is written."),
];

/// `set-body`, compiled.
#[derive(Debug)]
pub(crate) struct SetBody {
    content: Setting<Content>,
    message: Message,
}

/// A new body.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    bytes: Bytes,
    is_text: bool,
}

impl Content {
    fn text(text: &Text) -> Self {
        Self { bytes: text.to_bytes(), is_text: true }
    }

    /// Makes it the body of a message.
    pub(crate) fn apply(self, body: &mut MessageBody, headers: &mut HeaderMap) {
        *body = MessageBody::Held(self.bytes);
        headers.remove(header::CONTENT_ENCODING);
        headers.remove(header::CONTENT_LENGTH);
        if self.is_text {
            say_utf8(headers);
        }
    }
}

impl SettingValue for Content {
    fn expected() -> Expected {
        Expected::BodyText
    }

    fn from_text(text: &Text) -> Result<Self, String> {
        Ok(Self::text(text))
    }

    fn from_value(value: Value, heap: &Heap) -> Result<Self, Exception> {
        if let Some(bytes) = heap.as_bytes(&value) {
            return Ok(Self { bytes: Bytes::copy_from_slice(bytes), is_text: false });
        }
        Text::from_value(value, heap).map(|text| Self::text(&text))
    }
}

pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Action, Reported> {
    let message = cx.section.message();
    Ok(Action::Sync(Box::new(part(reader, message, cx)?)))
}

/// Compiles the element where it belongs to another policy, too.
pub(crate) fn part(reader: &Reader<'_>, message: Message, cx: &mut CompileCx<'_>) -> Result<SetBody, Reported> {
    refusal::attribute(reader, "html-decode-expression", cx)?;
    if reader.literal("template", cx)? == Some(TemplateKind::Liquid) {
        let at = reader.location_of("template");
        return Err(cx.report(
            Diagnostic::error("not-yet-supported", "Liquid templates in `set-body` are not yet supported")
                .at(at)
                .help("write the body with a policy expression"),
        ));
    }
    reader.literal::<bool>("parse-date", cx)?;
    for name in ["xsi-nil", "parse-date"] {
        refusal::without_effect(reader, name, "it counts for `template=\"liquid\"` only", cx);
    }
    Ok(SetBody { content: reader.body(Unknown::Refuse, cx)?, message })
}

impl SetBody {
    /// The body for this request.
    pub(crate) fn content(&self, exchange: &mut Exchange) -> Result<Content, Fault> {
        self.content.get(exchange)
    }
}

impl RunSync for SetBody {
    fn run(&self, exchange: &mut Exchange) -> StepResult {
        let content = self.content(exchange)?;
        match self.message {
            Message::Request => {
                let request = &mut exchange.request;
                content.apply(&mut request.body, &mut request.headers);
            }
            Message::Response => {
                let response = exchange.response_mut();
                content.apply(&mut response.body, &mut response.headers);
            }
        }
        Ok(Flow::Next)
    }
}

/// COMPAT: a `charset` in `Content-Type` becomes `utf-8` (Microsoft's blog on set-body, `policies-b.md` 2).
fn say_utf8(headers: &mut HeaderMap) {
    let Some(kind) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return };
    let is_charset = |part: &&str| {
        part.trim().split_once('=').is_some_and(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
    };
    if !kind.split(';').skip(1).any(|part| is_charset(&part)) {
        return;
    }
    let kept: Vec<&str> = kind.split(';').filter(|part| !is_charset(part)).map(str::trim).collect();
    if let Ok(value) = HeaderValue::from_str(&format!("{}; charset=utf-8", kept.join("; "))) {
        headers.insert(header::CONTENT_TYPE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_charset_becomes_utf_8_and_nothing_else_changes() {
        let cases = [
            ("text/plain; charset=iso-8859-1", "text/plain; charset=utf-8"),
            ("text/plain;CHARSET=\"x\"; format=flowed", "text/plain; format=flowed; charset=utf-8"),
            ("application/json", "application/json"),
        ];
        for (given, wanted) in cases {
            let mut headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(given))]);
            say_utf8(&mut headers);
            assert_eq!(headers.get(header::CONTENT_TYPE).unwrap(), wanted);
        }
    }
}
