//! An example's request on its way: routed, through the sections, to the caller; or, when it is a preflight, to the
//! `cors` policies alone. A model of the gateway's walk, without what policies have no part in.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use expr::Text;
use futures_util::FutureExt as _;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body_util::BodyExt as _;
use model::routing::{Outcome, RouteRequest, RouteTable};
use model::{
    Api, ApiId, ApiPath, Collection, DisplayName, Operation, OperationId, Product, ProductId, UrlTemplate,
};
use parking_lot::Mutex;
use policy::trace::TraceRecord;
use policy::{
    Action, BaseUrl, Body, Caller, Exchange, Existing, Fault, FinalHeader, Flow, Host, Knowledge, LastError,
    Limits, MatchedParameter, MessageBody, NamedValueTable, Original, OutboundProxy, Pipeline, Ports,
    Preflight, Request, RequestPath, Response, Section, Site, Step, Target, VaultSecrets, execute,
};
use source::Diagnostics;
use uuid::Uuid;

use crate::documents::{self, Document};
use crate::providers::{Asked, Providers, Remembered};
use crate::script::When;
use crate::signers::Signers;
use crate::values;
use crate::world::{self, Answering, Entities, OwnTokens, Seen, Still, Waits, World};

/// What was seen of an example.
#[derive(Debug)]
pub(crate) struct Walked {
    pub(crate) seen: Option<Seen>,
    pub(crate) status: StatusCode,
    pub(crate) reason: Text,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) error: Option<LastError>,
    pub(crate) trace: Vec<TraceRecord>,
    pub(crate) caller: Caller,
    pub(crate) asked: Asked,
    pub(crate) proxy: Option<Arc<OutboundProxy>>,
    pub(crate) calls: usize,
    pub(crate) waited: Vec<Duration>,
}

/// Compiles an example's documents; runs it too, unless they are refused.
pub(crate) fn run(documents: &[Document], when: &When) -> Result<(Option<Walked>, Diagnostics), String> {
    let (loaded, problems) = Loaded::of(documents, when)?;
    Ok((loaded.map(|loaded| loaded.call(when)).transpose()?, problems))
}

/// The documents of an example, compiled, with the world around them: for one call or for several.
#[derive(Debug)]
pub(crate) struct Loaded {
    api: Arc<Api>,
    pub(crate) pipeline: Pipeline,
    pub(crate) names: NamedValueTable,
    pub(crate) signers: Signers,
    pub(crate) providers: Arc<Providers>,
    pub(crate) remembered: Arc<Remembered>,
}

impl Loaded {
    /// Compiles the documents; nothing when they are refused.
    pub(crate) fn of(documents: &[Document], when: &When) -> Result<(Option<Self>, Diagnostics), String> {
        let api = Arc::new(api(when)?);
        let signers = Signers::of(when)?;
        let mut names = world::named_values(when);
        signers.name_values(&mut names);
        let fragments = World::of(when);
        let vaults = VaultSecrets::default();
        let known = Knowledge {
            registry: &policies::REGISTRY,
            names: &names,
            fragments: &fragments,
            backends: Arc::new(Entities::of(when)?),
            certificates: &signers.certificates,
            vaults: &vaults,
        };
        let parameters: Vec<Arc<str>> =
            api.operations.iter().flat_map(|each| each.url_template.parameters().cloned()).collect();
        let (pipeline, problems) = documents::compile(documents, &parameters, &known);
        if problems.has_errors() {
            return Ok((None, problems));
        }
        world::fill(vaults, when);
        let providers = Arc::new(Providers::of(when, &signers)?);
        let remembered = Arc::default();
        Ok((Some(Self { api, pipeline, names, signers, providers, remembered }), problems))
    }

    /// One call.
    pub(crate) fn call(&self, when: &When) -> Result<Walked, String> {
        let when = &when.filled(|text| self.signers.fill(text));
        let first = when.setting("first").unwrap_or_default();
        let forward = Arc::new(Answering {
            answer: when.answer.clone(),
            first: first
                .split(',')
                .map(|each| each.trim().to_owned())
                .filter(|each| !each.is_empty())
                .collect(),
            seen: Mutex::new(None),
            calls: AtomicUsize::new(0),
        });
        let waits = Arc::new(Waits::default());
        let ports = Arc::new(Ports {
            clock: Arc::new(Still),
            timer: Arc::clone(&waits) as _,
            rng: Arc::new(Still),
            forward: Arc::clone(&forward) as _,
            providers: Arc::clone(&self.providers) as _,
            verified: Arc::clone(&self.remembered) as _,
            tokens: Arc::new(OwnTokens::of(when)),
            rotation: Arc::new(policy::Standalone),
            compute: Arc::new(policy::AtOnce),
            buffers: policy::Buffers::new(1 << 26),
        });
        let mut exchange = exchange(when, &self.api, &ports)?;
        let walked = walk(&self.pipeline, &mut exchange, &ports, when.setting("operation").is_some());
        walked.now_or_never().ok_or("the walk waits for something")?;
        let caller = exchange.caller.clone();
        let mut walked =
            outcome(exchange, &forward).now_or_never().ok_or("the body waits for something")??;
        walked.caller = caller;
        walked.calls = forward.calls.load(Ordering::Relaxed);
        walked.waited = std::mem::take(&mut *waits.0.lock());
        walked.asked = self.providers.asked();
        Ok(walked)
    }
}

/// An API with the operation of the example, or one that answers every path.
fn api(when: &When) -> Result<Api, String> {
    let fail = |error: model::Invalid| error.to_string();
    let path = ApiPath::new(when.setting("api-path").unwrap_or("")).map_err(fail)?;
    let mut api =
        Api::new(ApiId::new("example").map_err(fail)?, DisplayName::new("Example").map_err(fail)?, path);
    let method = when.request.first.split(' ').next().unwrap_or("GET");
    let (method, template) =
        when.setting("operation").and_then(|given| given.split_once(' ')).unwrap_or((method, "/*"));
    api.operations.push(Operation::new(
        OperationId::new("call").map_err(fail)?,
        DisplayName::new("Call").map_err(fail)?,
        Method::from_bytes(method.as_bytes()).map_err(|error| error.to_string())?,
        UrlTemplate::new(template).map_err(fail)?,
    ));
    Ok(api)
}

fn exchange(when: &When, api: &Arc<Api>, ports: &Arc<Ports>) -> Result<Exchange, String> {
    let (method, target) = when.request.first.split_once(' ').ok_or("a request is `METHOD /path`")?;
    let method = Method::from_bytes(method.as_bytes()).map_err(|error| error.to_string())?;
    let host = when.request.header("Host").unwrap_or("gateway.example");
    let mut headers = world::headers(&when.request);
    headers.remove(HOST);
    let original = Original {
        method,
        scheme: "https",
        host: Host::named(host),
        port: 443,
        uri: target.parse().map_err(|error: http::uri::InvalidUri| error.to_string())?,
    };
    let client = when.setting("client").unwrap_or("192.0.2.1");
    let request = Request {
        client_ip: client.parse().ok(),
        ..Request::new(original, headers, world::body(&when.request))
    };
    let mut limits = Limits::default();
    if let Some(bytes) = when.setting("body-limit").and_then(|given| given.parse().ok()) {
        (limits.request_body, limits.response_body) = (bytes, bytes);
    }
    let mut exchange =
        Exchange::new(Uuid::nil(), Arc::new(Site::default()), request, Arc::clone(ports), limits);
    let url = when.setting("api-url").unwrap_or("https://backend.example");
    exchange.target = Target::Url(Arc::new(BaseUrl::parse(url).map_err(|error| error.to_string())?));
    route(&mut exchange, api);
    if when.setting("product").is_some() {
        exchange.caller.product = Some(Arc::new(product()?));
    }
    for (name, value) in when.pairs("variable") {
        exchange.variables.set(&name.into(), values::read(value)?);
    }
    Ok(exchange)
}

fn product() -> Result<Product, String> {
    let fail = |error: model::Invalid| error.to_string();
    Ok(Product::new(ProductId::new("example").map_err(fail)?, DisplayName::new("Example").map_err(fail)?))
}

fn route(exchange: &mut Exchange, api: &Arc<Api>) {
    exchange.api = Some(Arc::clone(api));
    let (table, _) = RouteTable::new([api], &Collection::new());
    let original = exchange.request.original.clone();
    let request = RouteRequest {
        method: &original.method,
        path: original.path(),
        query: original.query(),
        headers: &HeaderMap::new(),
    };
    if let Outcome::Found(found) = table.find(&request) {
        let captured = found.parameters();
        let matched = captured.map(|each| MatchedParameter {
            name: Arc::clone(each.name),
            value: Text::copied(&each.value()),
            raw: Text::copied(each.raw),
        });
        exchange.request.matched = matched.collect();
        exchange.request.path = RequestPath::Made(found.api.rest.to_owned());
        exchange.operation_index = Some(found.index);
    }
}

async fn walk(pipeline: &Pipeline, exchange: &mut Exchange, ports: &Ports, own_operation: bool) {
    let request = &exchange.request;
    let is_preflight = request.method == Method::OPTIONS
        && request.headers.contains_key("origin")
        && request.headers.contains_key("access-control-request-method");
    let result = if is_preflight && !own_operation {
        preflight(pipeline.section(Section::Inbound), exchange)
    } else {
        sections(pipeline, exchange, ports).await
    };
    let Err(fault) = result else { return };
    refuse(&fault, exchange);
    exchange.section = Section::OnError;
    exchange.fault_handled();
    let first = exchange.last_error.clone();
    if execute(pipeline.section(Section::OnError), exchange, ports).await.is_err() {
        exchange.last_error = first;
        refuse(&fault, exchange);
    }
}

async fn sections(pipeline: &Pipeline, exchange: &mut Exchange, ports: &Ports) -> Result<(), Fault> {
    exchange.ends_with_call = pipeline.ends_with_call();
    for section in [Section::Inbound, Section::Backend, Section::Outbound] {
        exchange.section = section;
        if execute(pipeline.section(section), exchange, ports).await? == Flow::Respond {
            return Ok(());
        }
    }
    let _ = exchange.response_mut();
    Ok(())
}

/// The first `cors` directly in `inbound` that answers, counting those of fragments.
fn preflight(steps: &[Arc<Step>], exchange: &mut Exchange) -> Result<(), Fault> {
    exchange.response = Some(Response::new(StatusCode::OK));
    for step in steps {
        match &step.action {
            Action::Group(steps) => preflight(steps, exchange)?,
            Action::Sync(policy) => {
                if let Some(Preflight::Answer(response)) = policy.preflight(exchange)? {
                    exchange.response = Some(response);
                    return Ok(());
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn refuse(fault: &Fault, exchange: &mut Exchange) {
    let status = StatusCode::from_u16(fault.response_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::new(status);
    response.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.body = MessageBody::arriving(Body::whole(fault.body(&exchange.id.hyphenated())));
    exchange.response = Some(response);
}

async fn outcome(mut exchange: Exchange, forward: &Answering) -> Result<Walked, String> {
    let late = std::mem::take(&mut exchange.final_headers);
    let heap = exchange.heap.take().unwrap_or_else(|| Box::new(expr::Heap::new(0)));
    let variables = exchange
        .variables
        .iter()
        .map(|(name, value)| (name.to_string(), values::show(value, &heap)))
        .collect();
    let response = exchange.response_mut();
    for header in late {
        put(&mut response.headers, header);
    }
    let body = response.body.take().collect().await.map_err(|error| error.to_string())?;
    Ok(Walked {
        seen: forward.seen.lock().take(),
        status: response.status,
        reason: response.reason.clone(),
        headers: response.headers.clone(),
        body: body.to_bytes(),
        variables,
        error: exchange.last_error.take(),
        trace: std::mem::take(&mut exchange.trace),
        caller: Caller::default(),
        asked: Asked::default(),
        proxy: exchange.proxy.take(),
        calls: 0,
        waited: Vec::new(),
    })
}

fn put(headers: &mut HeaderMap, header: FinalHeader) {
    let Some(value) = header.value else {
        headers.remove(header.name);
        return;
    };
    match (header.existing, headers.get(&header.name).and_then(|there| there.to_str().ok())) {
        (Existing::Joined, Some(there)) => {
            let joined = format!("{there}, {}", value.to_str().unwrap_or(""));
            if let Ok(value) = HeaderValue::from_str(&joined) {
                headers.insert(header.name, value);
            }
        }
        _ => {
            headers.insert(header.name, value);
        }
    }
}
