//! The call to the backend.

use std::sync::Arc;

use expr::Text;
use http::header::{self, HeaderValue};
use http::{Method, Request, StatusCode, Uri};
use jiff::Timestamp;
use net::{Client, Destination, Guard, Incoming};
use policy::{
    Backend, BackendCall, BaseUrl, Body, CallOutcome, ErrorStatus, Exchange, Fault, FaultKind, Flow, Forward,
    ForwardOptions, HttpVersion, MessageBody, OwnToken, Ports, Redirects, RequestBody, Response,
    ResponseOrigin, Scheme, StepFuture, StepResult, Target, prepare,
};
use secret::Secret;

use super::continues::Outgoing;
use super::destinations::{Destinations, Way};
use super::failed::{self, Failed};
use super::repeat::Repeat;
use super::replay::Spare;
use super::{member, outgoing, redirect, upgrade};
use crate::backends::{outbound_proxy, set_cookie};

/// Redirects that are followed for one call; one more is passed to the caller.
const REDIRECTS: u32 = 10;

/// Calls backends over HTTP.
pub struct Forwarder {
    client: Client<Outgoing>,
    destinations: arc_swap::ArcSwap<Destinations>,
    guard: Guard,
    resent_body: u64,
}

impl std::fmt::Debug for Forwarder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Forwarder")
    }
}

impl Forwarder {
    /// A forwarder with connections of its own. `guard` judges the addresses that a redirect or a computed URL
    /// leads to. `resent_body` bounds what is kept of a body, in bytes, while it is sent with a secret of a vault or a
    /// token of the gateway's own, or over HTTP/2: a longer one is not sent again when the backend answers 401 because that
    /// was replaced, or refuses the request unseen.
    #[must_use]
    pub fn new(settings: net::ClientSettings, guard: Guard, resent_body: u64) -> Self {
        let client = Client::new(settings);
        Self { client, destinations: arc_swap::ArcSwap::default(), guard, resent_body }
    }

    /// Takes the transports of a new configuration.
    pub fn configure(&self, destinations: Arc<Destinations>) {
        self.destinations.store(destinations);
    }

    /// How many calls have failed, by what went wrong.
    pub(crate) fn failures(&self) -> Vec<(net::ErrorKind, u64)> {
        self.client.failures()
    }

    /// Requests under way, and connections that wait for one.
    pub(crate) fn load(&self) -> (usize, usize) {
        (self.client.requests(), self.client.idle_connections())
    }

    async fn call(&self, exchange: &mut Exchange, options: ForwardOptions) -> StepResult {
        // COMPAT: after a call without answer `context.Response` is null, in a second try too (`policies-a.md` 4.1).
        exchange.response = None;
        if options.request_body == RequestBody::Kept || options.redirects == Redirects::Followed {
            Box::pin(prepare(expr::Facts::REQUEST_BODY, exchange)).await?;
        }
        member::choose(exchange)?;
        // What most calls do not need is apart, so that theirs are small.
        let ended = match is_plain(exchange, &options) {
            true => self.once(exchange, options).await,
            false => Box::pin(self.attempt(exchange, options)).await,
        };
        member::note(
            exchange,
            &match &ended {
                Ok(response) => CallOutcome::Answered(response.status(), response.headers()),
                Err(fault) => CallOutcome::Failed(fault.kind().row().reason),
            },
        );
        accept(exchange, ended?);
        judge(exchange, options)
    }

    /// A call with nothing to it but its head and body.
    async fn once(
        &self,
        exchange: &mut Exchange,
        options: ForwardOptions,
    ) -> Result<http::Response<Incoming>, Fault> {
        let mut body = exchange.request.body.copy().unwrap_or_else(|| exchange.request.body.take());
        let spare = self.spare(exchange, options, &mut body);
        let mut head = match takes_headers(exchange, &spare) {
            true => {
                let headers = std::mem::take(&mut exchange.request.headers);
                outgoing::head_of(exchange, headers, None)?
            }
            false => outgoing::head(exchange, None)?,
        };
        let destination = self.configured(exchange, options)?;
        announce(&body, &mut head);
        let url = std::mem::take(&mut head.uri);
        head.uri = url.path_and_query().cloned().map(Uri::from).unwrap_or_default();
        note_call(exchange, options, url, &head);
        let request = Request::from_parts(head, Outgoing::at_once(body));
        let started = exchange.ports.clock.now();
        let sent = self.client.send_within(&destination, request, options.timeout).await;
        note_answer(exchange, started, sent.as_ref().ok());
        match sent {
            Ok(response) if response.status() != StatusCode::SWITCHING_PROTOCOLS => Ok(response),
            Ok(response) => upgrade::switched(exchange, response),
            Err(error) => Box::pin(self.again(exchange, options, error, spare)).await,
        }
    }

    /// Where a plain call goes.
    fn configured(&self, exchange: &Exchange, options: ForwardOptions) -> Result<Destination, Fault> {
        let base = exchange.target.base().ok_or_else(|| Fault::new(FaultKind::Internal))?;
        let transport = exchange.target.backend().map(|backend| &backend.transport);
        let version = spoken(options.version);
        let destinations = self.destinations.load();
        let destination = if base.computed {
            let way = Way { guard: Some(self.guard), proxy: None };
            destinations.get(base, &transport.cloned().unwrap_or_default(), version, way)
        } else {
            destinations.configured(base, transport, version)
        };
        destination.map_err(|error| not_callable(&error))
    }

    /// The body of a call once more. Over HTTP/2, where a backend may refuse a request that it has not looked at, one that is
    /// on its way is kept for that.
    fn spare(&self, exchange: &Exchange, options: ForwardOptions, body: &mut Body) -> Spare {
        let is_tls = || exchange.target.base().is_some_and(|base| base.scheme == Scheme::Https);
        match options.version {
            HttpVersion::Http2 => {}
            HttpVersion::Http2Or1 if is_tls() => {}
            HttpVersion::Http1 | HttpVersion::Http2Or1 => return Spare::of(body),
        }
        Spare::keeping(body, self.resent_body, &exchange.ports.buffers)
    }

    /// A plain call that failed: once more, where a kept connection was closed meanwhile, or the request was refused, and
    /// that does no harm.
    async fn again(
        &self,
        exchange: &mut Exchange,
        options: ForwardOptions,
        error: net::Error,
        spare: Spare,
    ) -> Result<http::Response<Incoming>, Fault> {
        let failed = Failed::of(&error, exchange, options);
        if !spare.is_there() || !failed.is_made_again(exchange) {
            return Err(failed.fault);
        }
        let Some(body) = spare.take() else { return Err(failed.fault) };
        let mut call = Call::of(exchange, None)?;
        call.body = body;
        let sent = self.send(exchange, &mut call, options).await.map_err(|failed| failed.fault)?;
        upgrade::switched(exchange, sent)
    }

    async fn attempt(
        &self,
        exchange: &mut Exchange,
        options: ForwardOptions,
    ) -> Result<http::Response<Incoming>, Fault> {
        let token = match exchange.target.backend().filter(|each| each.credentials.managed_identity.is_some())
        {
            Some(backend) => own_token(&Arc::clone(backend), &Arc::clone(&exchange.ports)).await?,
            None => None,
        };
        let own = token.as_ref().map(|own| own.token.clone());
        let mut call = Call::of(exchange, own.as_ref())?;
        let repeat = Repeat::of(exchange, token, &call.head.headers);
        call.body = take_body(exchange, options);
        let buffers = &exchange.ports.buffers;
        let repeat = repeat.map(|repeat| repeat.keeping(&mut call.body, self.resent_body, buffers));
        call.spare = match repeat.as_ref().and_then(Repeat::spare) {
            Some(spare) => spare,
            None => self.spare(exchange, options, &mut call.body),
        };
        let mut response = self.send_or_again(exchange, &mut call, options, own.as_ref()).await?;
        if response.status() == StatusCode::UNAUTHORIZED
            && exchange.attempts.is_left()
            && let Some(repeat) = repeat
            && let Some(fresh) = repeat.fresh(&Arc::clone(&exchange.ports)).await
            && let Some(body) = repeat.body(exchange)
            && exchange.attempts.spend()
        {
            // The answer's body is of no use to anybody: its connection is not waited for.
            drop(response);
            let own = repeat.renew(fresh, &mut exchange.request);
            call.head = outgoing::head(exchange, own.as_ref())?;
            call.body = body;
            response = self.send(exchange, &mut call, options).await.map_err(|failed| failed.fault)?;
        }
        let mut followed = 0;
        while options.redirects == Redirects::Followed && followed < REDIRECTS {
            let Some(next) = redirect::next(exchange, &call, &response) else { break };
            call = next;
            followed += 1;
            response = self.send(exchange, &mut call, options).await.map_err(|failed| failed.fault)?;
        }
        upgrade::switched(exchange, response)
    }

    /// Sends, and once more where a kept connection was closed meanwhile, or the request was refused, and that does no harm.
    async fn send_or_again(
        &self,
        exchange: &mut Exchange,
        call: &mut Call,
        options: ForwardOptions,
        own_token: Option<&Secret>,
    ) -> Result<http::Response<Incoming>, Fault> {
        let spare = std::mem::take(&mut call.spare);
        match self.send(exchange, call, options).await {
            Ok(response) => Ok(response),
            Err(failed) if spare.is_there() && failed.is_made_again(exchange) => {
                let Some(body) = spare.take() else { return Err(failed.fault) };
                call.head = outgoing::head(exchange, own_token)?;
                call.body = body;
                self.send(exchange, call, options).await.map_err(|failed| failed.fault)
            }
            Err(failed) => Err(failed.fault),
        }
    }

    async fn send(
        &self,
        exchange: &mut Exchange,
        call: &mut Call,
        options: ForwardOptions,
    ) -> Result<http::Response<Incoming>, Failed> {
        let version = match options.version {
            // RFC 6455 knows HTTP/1.1 only.
            _ if upgrade::is_asked(exchange) => net::HttpVersion::Http1,
            version => spoken(version),
        };
        let guard = call.guarded.then_some(self.guard);
        let way = Way { guard, proxy: self.proxy(exchange)? };
        let destination = self.destinations.load().get(&call.base, &call.transport, version, way);
        let destination = destination.map_err(|error| not_callable(&error))?;
        note_call(exchange, options, call.head.uri.clone(), &call.head);
        let request = call.request(options);
        let started = exchange.ports.clock.now();
        let sent = self.client.send_within(&destination, request, options.timeout).await;
        note_answer(exchange, started, sent.as_ref().ok());
        sent.map_err(|error| Failed::of(&error, exchange, options))
    }
}

fn not_callable(error: &net::DestinationError) -> Fault {
    Fault::with_message(FaultKind::BackendConnectionFailure, "The backend URL cannot be called.")
        .detail(error.to_string())
}

fn spoken(version: HttpVersion) -> net::HttpVersion {
    match version {
        HttpVersion::Http1 => net::HttpVersion::Http1,
        HttpVersion::Http2Or1 => net::HttpVersion::Http2Or1,
        HttpVersion::Http2 => net::HttpVersion::Http2,
    }
}

/// Whether a call is made as the policy says and once, but for a kept connection that was closed meanwhile: it uses no
/// secret and no token that may be replaced, no proxy of a policy, follows nothing, waits for nothing and keeps nothing.
fn is_plain(exchange: &Exchange, options: &ForwardOptions) -> bool {
    let credentials = exchange.target.backend().map(|backend| &backend.credentials);
    options.redirects == Redirects::Passed
        && options.request_body == RequestBody::Streamed
        && options.continue_timeout.is_none()
        && exchange.handshake.is_none()
        && exchange.proxy.is_none()
        && exchange.rotating.is_empty()
        && exchange.own_tokens.is_empty()
        && credentials.is_none_or(|own| own.managed_identity.is_none() && own.rotating.is_empty())
}

/// Whether a call takes the headers along instead of a copy of them: nobody looks at them afterwards, and it cannot be made
/// again.
fn takes_headers(exchange: &Exchange, spare: &Spare) -> bool {
    exchange.ends_with_call && !spare.is_there() && !matches!(exchange.target, Target::Pool(_))
}

impl Forwarder {
    /// The proxy that a policy chose. One whose URL a policy made is called where such URLs may lead.
    fn proxy(&self, exchange: &Exchange) -> Result<Option<net::Proxy>, Fault> {
        let Some(given) = &exchange.proxy else { return Ok(None) };
        let url = format!("{}://{}", given.url.scheme.name(), given.url.authority());
        let proxy = outbound_proxy(&url, given.sign_in.as_ref()).map_err(|why| {
            Fault::with_message(FaultKind::BackendConnectionFailure, "The proxy cannot be called.")
                .detail(why)
        })?;
        Ok(Some(if given.url.computed { proxy.guarded(self.guard) } else { proxy }))
    }
}

impl Forward for Forwarder {
    fn forward<'a>(&'a self, exchange: &'a mut Exchange, options: ForwardOptions) -> StepFuture<'a> {
        Box::pin(self.call(exchange, options))
    }
}

/// The gateway's own token for a backend that takes one.
async fn own_token(backend: &Backend, ports: &Ports) -> Result<Option<OwnToken>, Fault> {
    let Some(wanted) = &backend.credentials.managed_identity else { return Ok(None) };
    match ports.tokens.token(wanted).await {
        Ok(given) => Ok(Some(OwnToken { request: wanted.clone(), token: given.token })),
        Err(error) => Err(Fault::new(FaultKind::ManagedIdentityTokenUnavailable).detail(error.to_string())),
    }
}

/// One call as it goes out.
pub(super) struct Call {
    pub(super) base: BaseUrl,
    pub(super) transport: policy::Transport,
    /// Its headers are gone when it was sent, unless redirects are followed.
    pub(super) head: http::request::Parts,
    pub(super) body: Body,
    /// The body once more.
    pub(super) spare: Spare,
    /// Whether its address was made by somebody else than the configuration.
    pub(super) guarded: bool,
}

impl Call {
    /// The call of an exchange, without its body.
    fn of(exchange: &Exchange, own_token: Option<&Secret>) -> Result<Self, Fault> {
        let head = outgoing::head(exchange, own_token)?;
        let transport =
            exchange.target.backend().map(|backend| backend.transport.clone()).unwrap_or_default();
        let base = exchange.target.base().cloned().ok_or_else(|| Fault::new(FaultKind::Internal))?;
        let guarded = base.computed;
        Ok(Self::new(base, transport, head, Body::Empty, guarded))
    }

    pub(super) fn new(
        base: BaseUrl,
        transport: policy::Transport,
        head: http::request::Parts,
        body: Body,
        guarded: bool,
    ) -> Self {
        Self { base, transport, head, body, spare: Spare::None, guarded }
    }

    /// The head for the wire.
    fn take_head(&mut self, options: ForwardOptions) -> http::request::Parts {
        if options.redirects == Redirects::Followed {
            return self.head.clone();
        }
        let (empty, ()) = Request::new(()).into_parts();
        std::mem::replace(&mut self.head, empty)
    }

    fn request(&mut self, options: ForwardOptions) -> Request<Outgoing> {
        let body = std::mem::take(&mut self.body);
        let mut head = self.take_head(options);
        announce(&body, &mut head);
        let waits = options.continue_timeout.filter(|_| !http_body::Body::is_end_stream(&body));
        let Some(limit) = waits else {
            return Request::from_parts(head, Outgoing::at_once(body));
        };
        head.headers.insert(header::EXPECT, HeaderValue::from_static("100-continue"));
        let (outgoing, sign) = Outgoing::waiting(body, limit);
        let mut request = Request::from_parts(head, outgoing);
        let sign = parking_lot::Mutex::new(Some(sign));
        hyper::ext::on_informational(&mut request, move |interim| {
            if interim.status() == StatusCode::CONTINUE
                && let Some(sign) = sign.lock().take()
            {
                let _sent = sign.send(());
            }
        });
        request
    }
}

/// A length that the body does not have is not announced: the backend would wait for the rest. The body is gone when a
/// policy consumed it, or when it was sent before and not kept.
fn announce(body: &Body, head: &mut http::request::Parts) {
    let headers = &mut head.headers;
    let Some(length) = http_body::Body::size_hint(body).exact() else {
        // The library leaves a body of unknown length out of these, unless it is told that there is one.
        if matches!(head.method, Method::GET | Method::HEAD) && !headers.contains_key(header::CONTENT_LENGTH)
        {
            headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        }
        return;
    };
    if headers.get(header::CONTENT_LENGTH).is_some_and(|given| !says(given, length)) {
        headers.remove(header::CONTENT_LENGTH);
    }
}

/// Whether a header's value is this number as it is usually written.
fn says(value: &HeaderValue, number: u64) -> bool {
    let text = value.as_bytes();
    let mut rest = number;
    let is_it = text.iter().rev().all(|digit| {
        let last = rest % 10;
        rest /= 10;
        u64::from(*digit) == u64::from(b'0') + last
    });
    is_it && rest == 0 && (text.len() == 1 || text.first().is_some_and(|first| *first != b'0'))
}

fn take_body(exchange: &mut Exchange, options: ForwardOptions) -> Body {
    let keeps = options.request_body == RequestBody::Kept || options.redirects == Redirects::Followed;
    let kept = if keeps { exchange.request.body.copy() } else { None };
    match kept {
        Some(copy) => copy,
        // Read whole by a policy before: a copy costs nothing, and a later look at the request still sees it.
        None => match exchange.request.body.copy() {
            Some(copy) => copy,
            None => exchange.request.body.take(),
        },
    }
}

fn note_call(exchange: &mut Exchange, options: ForwardOptions, url: Uri, head: &http::request::Parts) {
    exchange.backend_call = Some(BackendCall {
        backend: exchange.target.backend().map(|backend| Arc::clone(&backend.id)),
        url: shown(exchange, url),
        method: head.method.clone(),
        version: options.version,
        answered_with: None,
        identity: signed_in_by(exchange, &head.headers),
        status: None,
        elapsed: std::time::Duration::ZERO,
    });
}

fn note_answer(exchange: &mut Exchange, started: Timestamp, answer: Option<&http::Response<Incoming>>) {
    let elapsed = exchange.ports.clock.now().duration_since(started);
    if let Some(noted) = &mut exchange.backend_call {
        noted.elapsed = elapsed.unsigned_abs();
        noted.status = answer.map(|answer| answer.status().as_u16());
        noted.answered_with = answer.map(http::Response::version);
    }
}

/// The URL as logs may have it: without host or path that a policy made of a secret.
fn shown(exchange: &Exchange, uri: Uri) -> Uri {
    let is_base_tainted = exchange.target.base().is_some_and(|base| base.tainted);
    if !is_base_tainted && !exchange.request.tainted_url {
        return uri;
    }
    let authority = if is_base_tainted { "***" } else { uri.authority().map_or("***", |own| own.as_str()) };
    let scheme = uri.scheme_str().unwrap_or("http");
    Uri::builder().scheme(scheme).authority(authority).path_and_query("/***").build().unwrap_or_default()
}

/// What the backend is signed in to with, by name: the backend entity speaks last.
fn signed_in_by(exchange: &Exchange, headers: &http::HeaderMap) -> Option<Arc<str>> {
    let own = exchange.target.backend().and_then(|backend| identity(backend));
    let sensitive = || headers.iter().find(|(_, value)| value.is_sensitive());
    own.or_else(|| exchange.signs_in_by.clone())
        .or_else(|| sensitive().map(|(name, _)| format!("header {name}").into()))
}

/// The credential that a backend entity adds, by name.
fn identity(backend: &Backend) -> Option<Arc<str>> {
    let credentials = &backend.credentials;
    if credentials.client_certificate {
        return Some("client-certificate".into());
    }
    if let Some(request) = &credentials.managed_identity {
        return Some(request.identity.label());
    }
    if credentials.authorization.is_some() {
        return Some("authorization".into());
    }
    let header = credentials.headers.first().map(|(name, _)| format!("header {name}"));
    let query = credentials.query.first().map(|(name, _)| format!("query {name}"));
    header.or(query).map(Into::into)
}

/// Puts the answer into the exchange. What concerns the connection to the backend stays behind.
fn accept(exchange: &mut Exchange, response: http::Response<Incoming>) {
    let (mut head, body) = response.into_parts();
    outgoing::remove_hop_by_hop(&mut head.headers);
    if let Target::Pool(target) = &exchange.target {
        set_cookie(target, &exchange.request.headers, &mut head.headers);
    }
    let reason = head.extensions.get::<hyper::ext::ReasonPhrase>();
    let reason = reason.and_then(|phrase| std::str::from_utf8(phrase.as_bytes()).ok().map(Text::copied));
    exchange.response = Some(Response {
        status: head.status,
        reason: reason.unwrap_or_else(|| Text::from_static(head.status.canonical_reason().unwrap_or(""))),
        headers: head.headers,
        body: MessageBody::arriving(failed::answered(body)),
        origin: ResponseOrigin::Backend,
    });
}

fn judge(exchange: &Exchange, options: ForwardOptions) -> StepResult {
    let status = exchange.response.as_ref().map_or(StatusCode::OK, |response| response.status);
    let bad = (400..600).contains(&status.as_u16());
    if options.error_status == ErrorStatus::Fault && bad {
        let message = format!("The backend service answered with the status code {}.", status.as_u16());
        return Err(Fault::with_message(FaultKind::BackendStatus, message).status(status.as_u16()));
    }
    Ok(Flow::Next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_known_by_its_digits() {
        for (text, number, is_it) in [
            ("0", 0, true),
            ("7", 7, true),
            ("1024", 1024, true),
            ("18446744073709551615", u64::MAX, true),
            ("", 0, false),
            ("00", 0, false),
            ("01024", 1024, false),
            ("1024", 24, false),
            ("24", 1024, false),
            ("+1", 1, false),
            ("1 ", 1, false),
            ("1x", 1, false),
        ] {
            assert_eq!(says(&HeaderValue::from_static(text), number), is_it, "{text} {number}");
        }
    }
}
