//! `forward-request`: calls the backend.
//!
//! ```xml
//! <forward-request timeout="120" buffer-response="false" />
//! ```
//!
//! How the call is made is the port's business; this only says what is wanted.

use std::time::Duration;

use expr::Facts;
use policy::spec::{Example, Kind, Order, Repeat, attribute};
use policy::{
    Action, CompileCx, ErrorStatus, Effect, Exchange, Fault, ForwardOptions, HttpVersion, NotNegative, PolicySpec, Ports,
    Reader, Redirects, Reported, RequestBody, ResponseBody, RunAsync, Scopes, Sections, Setting, StepFuture,
};

use crate::parts::refusal;
use crate::parts::words::words;

pub(crate) const SPEC: PolicySpec = PolicySpec {
    element: "forward-request",
    summary: "Calls the backend and waits for the head of its answer.",
    sections: Sections::BACKEND,
    scopes: Scopes::ALL,
    repeat: Repeat::Many,
    attributes: &[
        attribute("timeout", Kind::Seconds, "How long to wait for the head of the answer.").default("300"),
        attribute("timeout-ms", Kind::Milliseconds, "The same in milliseconds, instead of `timeout`."),
        attribute("continue-timeout", Kind::Seconds, "How long to wait for `100 Continue` before the body is sent."),
        attribute("http-version", Kind::Enum(Version::WORDS), "The protocol towards the backend.")
            .literal()
            .default("1"),
        attribute("follow-redirects", Kind::Bool, "Whether the gateway follows redirects.").default("false"),
        attribute(
            "buffer-request-body",
            Kind::Bool,
            "Whether the request's body is kept, so that it can be sent again.",
        )
        .literal()
        .default("false"),
        attribute(
            "buffer-response",
            Kind::Bool,
            "Whether chunks of the answer are gathered to 8 KiB; `false` passes each on at once.",
        )
        .literal()
        .default("true"),
        attribute("fail-on-error-status-code", Kind::Bool, "Whether an answer of 400 to 599 is an error.")
            .literal()
            .default("false"),
    ],
    children: &[],
    order: Order::AsDeclared,
    reads: Facts::NONE,
    notes: &[
        "Without this policy nothing is forwarded, and the caller gets `200 OK` without a body. It stands in the policy \
         of global scope, from where `base` brings it into the others.",
        "The timeout bounds the wait for status and headers, not the body: an event stream may last longer. Only one \
         of `timeout` and `timeout-ms` may be given.",
        "An answer of 400 to 599 is an answer like any other and `outbound` runs, unless `fail-on-error-status-code` \
         is set.",
    ],
    differences: &[
        "Every answer passes chunk by chunk as it arrives, whatever `buffer-response` says: API Management gathers \
         8 KB unless it is `false`.",
    ],
    source: "https://learn.microsoft.com/azure/api-management/forward-request-policy",
    examples: &[Example {
        title: "Give the backend twenty seconds",
        document: r#"<forward-request timeout="20" />"#,
        when: "> GET /slow\n< 200\n<\n< at last",
        then: "forwarded timeout=20s redirects=passed\n> GET /slow\n< 200\n<\n< at last",
    }],
};

words! {
    /// The protocol towards the backend.
    enum Version {
        /// HTTP/1.1.
        One = "1",
        /// HTTP/2 where the backend has it.
        TwoOrOne = "2or1",
        /// HTTP/2.
        Two = "2",
    }
}

/// `forward-request`, compiled.
#[derive(Debug)]
struct ForwardRequest {
    timeout: Timeout,
    continue_timeout: Option<Setting<NotNegative>>,
    follow_redirects: Setting<bool>,
    /// What is known when the document is loaded.
    fixed: ForwardOptions,
    /// All of it, when nothing depends on the request.
    known: Option<ForwardOptions>,
}

#[derive(Debug)]
enum Timeout {
    Seconds(Setting<NotNegative>),
    Milliseconds(Setting<NotNegative>),
}

pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Action, Reported> {
    let exclusive = refusal::both(reader, "timeout", "timeout-ms", cx);
    let seconds = reader.or("timeout", NotNegative(300), cx);
    let milliseconds = reader.optional("timeout-ms", cx);
    let continue_timeout = reader.optional("continue-timeout", cx);
    let follow_redirects = reader.or("follow-redirects", false, cx);
    let fixed = fixed(reader, cx);
    exclusive?;
    let timeout = match milliseconds? {
        Some(given) => Timeout::Milliseconds(given),
        None => Timeout::Seconds(seconds?),
    };
    let (continue_timeout, follow_redirects) = (continue_timeout?, follow_redirects?);
    let mut step = ForwardRequest { timeout, continue_timeout, follow_redirects, fixed: fixed?, known: None };
    step.known = step.known();
    Ok(Action::Async(Box::new(step)))
}

fn fixed(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<ForwardOptions, Reported> {
    let version = reader.literal("http-version", cx);
    let keep = reader.literal("buffer-request-body", cx);
    let gather = reader.literal("buffer-response", cx);
    let fail = reader.literal("fail-on-error-status-code", cx);
    let version = match version?.unwrap_or(Version::One) {
        Version::One => HttpVersion::Http1,
        Version::TwoOrOne => HttpVersion::Http2Or1,
        Version::Two => HttpVersion::Http2,
    };
    Ok(ForwardOptions {
        timeout: Duration::ZERO,
        version,
        redirects: Redirects::Passed,
        request_body: if keep?.unwrap_or(false) { RequestBody::Kept } else { RequestBody::Streamed },
        response_body: if gather?.unwrap_or(true) { ResponseBody::Chunked } else { ResponseBody::AtOnce },
        continue_timeout: None,
        error_status: if fail?.unwrap_or(false) { ErrorStatus::Fault } else { ErrorStatus::Answer },
    })
}

impl Timeout {
    fn known(&self) -> Option<Duration> {
        match self {
            Self::Seconds(given) => Some(Duration::from_secs(given.fixed()?.0.into())),
            Self::Milliseconds(given) => Some(Duration::from_millis(given.fixed()?.0.into())),
        }
    }
}

fn redirects(are_followed: bool) -> Redirects {
    if are_followed { Redirects::Followed } else { Redirects::Passed }
}

impl ForwardRequest {
    /// The options, if no request is needed to know them.
    fn known(&self) -> Option<ForwardOptions> {
        let timeout = self.timeout.known()?;
        let continue_timeout = match &self.continue_timeout {
            Some(given) => Some(Duration::from_secs(given.fixed()?.0.into())),
            None => None,
        };
        let redirects = redirects(*self.follow_redirects.fixed()?);
        Some(ForwardOptions { timeout, redirects, continue_timeout, ..self.fixed })
    }

    async fn options(&self, exchange: &mut Exchange) -> Result<ForwardOptions, Fault> {
        let timeout = match &self.timeout {
            Timeout::Seconds(given) => seconds(given, exchange).await?,
            Timeout::Milliseconds(given) => {
                Duration::from_millis(given.get_anywhere(exchange).await?.0.into())
            }
        };
        let continue_timeout = match &self.continue_timeout {
            Some(given) => Some(seconds(given, exchange).await?),
            None => None,
        };
        let redirects = redirects(self.follow_redirects.get_anywhere(exchange).await?);
        Ok(ForwardOptions { timeout, redirects, continue_timeout, ..self.fixed })
    }
}

async fn seconds(setting: &Setting<NotNegative>, exchange: &mut Exchange) -> Result<Duration, Fault> {
    Ok(Duration::from_secs(setting.get_anywhere(exchange).await?.0.into()))
}

impl RunAsync for ForwardRequest {
    fn run<'a>(&'a self, exchange: &'a mut Exchange, ports: &'a Ports) -> StepFuture<'a> {
        if let Some(options) = self.known {
            return ports.forward.forward(exchange, options);
        }
        Box::pin(async move {
            let options = self.options(exchange).await?;
            ports.forward.forward(exchange, options).await
        })
    }

    fn effect(&self) -> Effect {
        Effect::Forwards
    }
}
