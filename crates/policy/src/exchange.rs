//! One request under way: what policies see and change.

use std::any::Any;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use expr::{Heap, Revocation, Text, Value};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version};
use jiff::Timestamp;
use model::{
    Api, Certificate, Collection, DisplayName, Group, Operation, Product, Service, Subscription, User,
    WorkspaceId,
};
use secret::{Secret, SecretSlot};
use uuid::Uuid;

use crate::compute::Watch;
use crate::{
    BaseUrl, HttpVersion, LastError, Message, MessageBody, Ports, Request, Scope, Section, Target,
    TokenRequest, Variables,
    fault::EVALUATION_FAILED,
    trace::{Severity, TraceRecord},
};

/// One request under way, from its head to its end.
#[derive(Debug)]
pub struct Exchange {
    /// `context.RequestId`; also the `activityId` of errors and the correlation id of the log.
    pub id: Uuid,
    /// When its head had arrived.
    pub received: Timestamp,
    /// Time, randomness, the call to the backend.
    pub ports: Arc<Ports>,
    /// Where the gateway belongs.
    pub site: Arc<Site>,
    /// The API that matched.
    pub api: Option<Arc<Api>>,
    /// The workspace that it is in.
    pub workspace: Option<Arc<Workspace>>,
    /// The place of the operation that matched in the API's list.
    pub operation_index: Option<usize>,
    /// Who calls.
    pub caller: Caller,
    /// The request, as it would go to the backend at this moment.
    pub request: Request,
    /// The response, once there is one.
    pub response: Option<Response>,
    /// Where the request goes at this moment.
    pub target: Target,
    /// The scope of the policy that chose the target by `backend-id`; none when none did.
    pub target_scope: Option<Scope>,
    /// The proxy that a policy chose for the way to the backend.
    pub proxy: Option<Arc<OutboundProxy>>,
    /// How a policy lets the gateway sign in to the backend, by name, never by value (`managed-identity`); for the log.
    pub signs_in_by: Option<Arc<str>>,
    /// Secrets of vaults that the effective policy may put into the request, with the values that they had when it began.
    pub rotating: Vec<UsedSecret>,
    /// Tokens of the gateway's own that policies were given for this request.
    pub own_tokens: Vec<OwnToken>,
    /// `context.Variables`.
    pub variables: Variables,
    /// What expressions have made: JSON nodes, lists, dictionaries. None until one does; [`Exchange::heap_mut`] begins it.
    pub heap: Option<Box<Heap>>,
    /// The section that runs.
    pub section: Section,
    /// `context.LastError`.
    pub last_error: Option<LastError>,
    /// Headers that the final response gets, whoever makes it (`cors`).
    pub final_headers: Vec<FinalHeader>,
    /// What `trace` policies said.
    pub trace: Vec<TraceRecord>,
    /// Length of the caller's body in bytes, if it was announced.
    pub request_length: Option<u64>,
    /// The trusted proxy that handed the call over, where the caller is not whom the connection came from.
    pub forwarder: Option<IpAddr>,
    /// When `last_error` happened.
    pub failed_at: Option<Timestamp>,
    /// How often the request may still be sent again besides what policies ask for.
    pub attempts: Attempts,
    /// The latest call to a backend, for the log.
    pub backend_call: Option<BackendCall>,
    /// That it asks for a WebSocket, and what the data plane needs for that.
    pub handshake: Option<Handshake>,
    /// Whether nobody looks at the request's headers once the backend was called ([`Pipeline::ends_with_call`]).
    ///
    /// [`Pipeline::ends_with_call`]: crate::Pipeline::ends_with_call
    pub ends_with_call: bool,
    /// Sizes that bound the request.
    pub limits: Limits,
    /// `context.Deployment.Certificates`, once it was asked for.
    pub(crate) certificates: Option<Value>,
    fault_noted: bool,
    pub(crate) watch: Watch,
}

/// What the gateway belongs to: the same for all requests of a configuration.
#[derive(Debug, Default)]
pub struct Site {
    /// The service.
    pub service: Service,
    /// The groups of users, for their names.
    pub groups: Collection<Group>,
    /// Which process this is.
    pub instance_id: Arc<str>,
    /// The APIs of the service and of each workspace, for `context.Product.Apis`.
    pub apis: Vec<(Option<WorkspaceId>, Collection<Api>)>,
    /// The service's certificates: `context.Deployment.Certificates`.
    pub certificates: Collection<Certificate>,
    /// Whom certificates may come from; none when nobody is trusted.
    pub trust: Option<Arc<dyn CertificateTrust>>,
}

/// Whom certificates may come from: what `Verify()` of an `X509Certificate2` asks. It answers without asking anybody.
pub trait CertificateTrust: Send + Sync + fmt::Debug {
    /// Whether a certificate, DER, is good at a moment. `others` were shown beside it and may lead to its authority.
    fn accepts(&self, certificate: &[u8], others: &[&[u8]], at: Timestamp, revocation: Revocation) -> bool;
}

/// A workspace, as requests to its APIs see it.
#[derive(Debug)]
pub struct Workspace {
    /// Its name.
    pub id: WorkspaceId,
    /// Its name for people.
    pub display_name: Option<DisplayName>,
    /// The groups that only it has.
    pub groups: Collection<Group>,
}

/// Bounds on what one request may make the gateway hold, in bytes and steps.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A caller's body that a policy reads, in bytes.
    pub request_body: u64,
    /// A backend's body that a policy reads, in bytes.
    pub response_body: u64,
    /// What a compressed body may expand to, in bytes.
    pub expanded_body: u64,
    /// What one evaluation of an expression may use.
    pub expression: expr::Limits,
    /// How long one evaluation may take; apart from the thread that serves the request, waiting for its turn included.
    pub evaluation: Duration,
    /// Bodies above this many bytes are read by expressions apart from the thread that serves the request.
    pub body_in_line: usize,
    /// What the expressions of a request may keep, in bytes.
    pub heap: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let mebibyte = 1024 * 1024;
        Self {
            request_body: 32 * mebibyte,
            response_body: 32 * mebibyte,
            expanded_body: 64 * mebibyte,
            expression: expr::Limits::default(),
            evaluation: Duration::from_secs(2),
            body_in_line: 64 * 1024,
            heap: 64 * 1024 * 1024,
        }
    }
}

/// Who calls: what the subscription key led to.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// The subscription.
    pub subscription: Option<Arc<Subscription>>,
    /// The product in whose context the call is made.
    pub product: Option<Arc<Product>>,
    /// The subscription's owner.
    pub user: Option<Arc<User>>,
    /// The key as it was presented, so that exactly it is not forwarded.
    pub key: Option<Secret>,
    /// Whether the API asks for the key to be forwarded all the same, as API Management does.
    pub forward_key: bool,
    /// The tokens that policies validated, so that exactly they are not forwarded beside a credential of the backend's.
    pub validated: Vec<PresentedToken>,
    /// Query parameters in which a token was looked for, good or not: logs show nothing of them.
    pub token_parameters: Vec<Arc<str>>,
    /// `oid` of the latest token whose signature was verified.
    pub oid: Option<Arc<str>>,
    /// `appid` of that token, or `azp`.
    pub app_id: Option<Arc<str>>,
}

/// A token that a policy validated: where the caller put it, and its text.
#[derive(Clone, Debug)]
pub struct PresentedToken {
    /// Where.
    pub place: TokenPlace,
    /// The token alone, without `Bearer`.
    pub token: Secret,
}

/// Where a caller put its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenPlace {
    /// In this header, behind a scheme or alone.
    Header(HeaderName),
    /// In the query, under this name.
    Query(Arc<str>),
    /// A policy expression found it: it may be anywhere.
    Computed,
}

/// A response.
#[derive(Debug)]
pub struct Response {
    /// Status.
    pub status: StatusCode,
    /// `context.Response.StatusReason`; the standard phrase unless somebody set another.
    pub reason: Text,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: MessageBody,
    /// Whose it is, for logs.
    pub origin: ResponseOrigin,
}

/// Who made a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseOrigin {
    /// A policy or the gateway itself.
    Gateway,
    /// The backend.
    Backend,
}

impl Response {
    /// An empty response of the gateway with the standard phrase.
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        Self {
            status,
            reason: Text::from_static(status.canonical_reason().unwrap_or("")),
            headers: HeaderMap::new(),
            body: MessageBody::None,
            origin: ResponseOrigin::Gateway,
        }
    }
}

/// A secret of a vault and the value with which a request uses it.
#[derive(Clone, Debug)]
pub struct UsedSecret {
    /// The secret.
    pub slot: SecretSlot,
    /// What it was; none when it had no value.
    pub value: Option<Secret>,
}

impl UsedSecret {
    /// A secret as it is now.
    #[must_use]
    pub fn of(slot: &SecretSlot) -> Self {
        Self { slot: slot.clone(), value: slot.load().ok() }
    }

    /// The value of this moment, if it is another one by now.
    #[must_use]
    pub fn replaced(&self) -> Option<Secret> {
        let now = self.slot.load().ok()?;
        let same = self.value.as_ref().is_some_and(|used| used.matches(now.expose()));
        (!same).then_some(now)
    }
}

/// A token of the gateway's own, and what it was given for.
#[derive(Clone)]
pub struct OwnToken {
    /// For whom and for what. Either may be made of a secret.
    pub request: TokenRequest,
    /// The token.
    pub token: Secret,
}

impl fmt::Debug for OwnToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnToken")
    }
}

/// A proxy on the way to a backend, as a policy names it.
#[derive(Clone, Debug)]
pub struct OutboundProxy {
    /// Where it is; of its URL scheme, host and port count.
    pub url: BaseUrl,
    /// User name and password with a colon between them.
    pub sign_in: Option<Secret>,
}

/// The budget of a request for being sent again without a policy that asks for it: once, whatever the reason (a kept
/// connection that was closed meanwhile, a secret that was replaced), however often `retry` runs. So a backend gets a
/// request at most once more than the policies say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    is_spent: bool,
}

impl Attempts {
    /// Whether the request may be sent again; it may not afterwards.
    pub fn spend(&mut self) -> bool {
        !std::mem::replace(&mut self.is_spent, true)
    }

    /// Whether it may be sent again.
    #[must_use]
    pub fn is_left(self) -> bool {
        !self.is_spent
    }
}

/// A call to a backend, as the log tells it.
#[derive(Clone, Debug)]
pub struct BackendCall {
    /// The backend entity, if it was one.
    pub backend: Option<Arc<str>>,
    /// The URL, with `***` in place of what was made of a secret. Its query may hold credentials.
    pub url: Uri,
    /// The method.
    pub method: Method,
    /// The protocol that was asked for.
    pub version: HttpVersion,
    /// The protocol of the answer, if there was one.
    pub answered_with: Option<Version>,
    /// The credential that the backend entity added, by name, never by value.
    pub identity: Option<Arc<str>>,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// From the call to the head of its answer.
    pub elapsed: Duration,
}

/// A request for a WebSocket. What stands in it is the data plane's; policies know only that it is there.
pub struct Handshake(pub Box<dyn Any + Send + Sync>);

impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handshake")
    }
}

/// A header of the final response.
#[derive(Clone, Debug)]
pub struct FinalHeader {
    /// Name.
    pub name: HeaderName,
    /// Value; none removes the header.
    pub value: Option<HeaderValue>,
    /// What happens to one that is there.
    pub existing: Existing,
}

/// What happens to a header that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It goes.
    Replaced,
    /// It stays, with the new value joined to it.
    Joined,
}

/// What `cors` makes of a preflight.
#[derive(Debug)]
pub enum Preflight {
    /// The answer.
    Answer(Response),
    /// The origin is not this policy's: another may answer.
    NotMine,
}

impl Exchange {
    /// A request that has arrived and that nobody has looked at yet.
    #[must_use]
    pub fn new(id: Uuid, site: Arc<Site>, request: Request, ports: Arc<Ports>, limits: Limits) -> Self {
        Self {
            id,
            received: ports.clock.now(),
            ports,
            site,
            api: None,
            workspace: None,
            operation_index: None,
            caller: Caller::default(),
            request,
            response: None,
            target: Target::None,
            target_scope: None,
            proxy: None,
            signs_in_by: None,
            attempts: Attempts::default(),
            rotating: Vec::new(),
            own_tokens: Vec::new(),
            variables: Variables::default(),
            heap: None,
            section: Section::Inbound,
            last_error: None,
            final_headers: Vec::new(),
            trace: Vec::new(),
            request_length: None,
            forwarder: None,
            failed_at: None,
            backend_call: None,
            handshake: None,
            ends_with_call: false,
            limits,
            certificates: None,
            fault_noted: false,
            watch: Watch::default(),
        }
    }

    /// What is written of the request if it ends while the exchange is elsewhere.
    pub(crate) fn stand_in(&self) -> Self {
        let request = self.request.stand_in();
        let limits = Limits { heap: 0, ..self.limits };
        Self {
            received: self.received,
            api: self.api.clone(),
            workspace: self.workspace.clone(),
            operation_index: self.operation_index,
            caller: self.caller.clone(),
            section: self.section,
            last_error: self.last_error.clone(),
            trace: self.trace.clone(),
            request_length: self.request_length,
            forwarder: self.forwarder,
            failed_at: self.failed_at,
            backend_call: self.backend_call.clone(),
            ..Self::new(self.id, Arc::clone(&self.site), request, Arc::clone(&self.ports), limits)
        }
    }

    /// The objects of expressions, begun when there are none yet.
    pub fn heap_mut(&mut self) -> &mut Heap {
        let budget = self.limits.heap;
        self.heap.get_or_insert_with(|| Box::new(Heap::new(budget)))
    }

    /// Remembers a token of the gateway's own, so that it can be replaced when a backend refuses it.
    pub fn remember_own_token(&mut self, given: OwnToken) {
        let is_known = |each: &OwnToken| each.token.matches(given.token.expose());
        if !self.own_tokens.iter().any(is_known) {
            self.own_tokens.push(given);
        }
    }

    /// The operation that matched.
    #[must_use]
    pub fn operation(&self) -> Option<&Operation> {
        self.api.as_deref()?.operations.get(self.operation_index?)
    }

    /// The headers of a message; none of a response that is not there yet.
    #[must_use]
    pub fn headers(&self, message: Message) -> Option<&HeaderMap> {
        match message {
            Message::Request => Some(&self.request.headers),
            Message::Response => self.response.as_ref().map(|response| &response.headers),
        }
    }

    /// The headers of a message for a change. A response is begun (200, empty) when there is none yet.
    pub fn headers_mut(&mut self, message: Message) -> &mut HeaderMap {
        match message {
            Message::Request => &mut self.request.headers,
            Message::Response => &mut self.response_mut().headers,
        }
    }

    /// The body of a message for a change. A response is begun (200, empty) when there is none yet.
    pub fn body_mut(&mut self, message: Message) -> &mut MessageBody {
        match message {
            Message::Request => &mut self.request.body,
            Message::Response => &mut self.response_mut().body,
        }
    }

    /// The response; begun as 200 without a body when there is none yet.
    pub fn response_mut(&mut self) -> &mut Response {
        self.response.get_or_insert_with(|| Response::new(StatusCode::OK))
    }

    /// Writes an error to `context.LastError`, and that of an expression to the trace.
    ///
    /// COMPAT: the trace of API Management has a record of the policy whose expression threw, with these words and the
    /// exception's message (`expressions.md` 8).
    pub fn note_fault(&mut self, error: LastError) {
        if let Some(details) = error.message.strip_prefix(EVALUATION_FAILED) {
            self.trace.push(TraceRecord {
                source: Arc::clone(&error.source),
                severity: Severity::Error,
                message: Text::from_static(EVALUATION_FAILED),
                metadata: [(Text::from_static("details"), Text::copied(details.trim_start()))].into(),
            });
        }
        self.last_error = Some(error);
        self.failed_at = Some(self.ports.clock.now());
        self.fault_noted = true;
    }

    /// Whether the error that is on its way up is already in `context.LastError`.
    #[must_use]
    pub fn fault_noted(&self) -> bool {
        self.fault_noted
    }

    /// The error was taken care of (`on-error` begins); a later one is noted anew.
    pub fn fault_handled(&mut self) {
        self.fault_noted = false;
    }
}
