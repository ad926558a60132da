//! `set-backend-service`: sends the request to another backend.
//!
//! ```xml
//! <set-backend-service backend-id="models-west" />
//! ```
//!
//! It replaces the base URL; path and query that are relative to it stay. It does not call the backend.

use std::sync::Arc;

use expr::{Exception, Expected, Facts, Heap, Text, Value};
use policy::spec::{Example, Kind, Order, Repeat, attribute};
use policy::{
    Action, BackendEntity, Backends, BadBaseUrl, BaseUrl, CompileCx, Effect, Exchange, Fault, FaultKind, Flow, PolicySpec, PoolTarget, Reader, Reported,
    RunSync, Scope, Scopes, Sections, Setting, SettingValue, StepResult, Target,
};
use source::{Diagnostic, did_you_mean};

use crate::parts::{note, refusal};

/// What belongs to Service Fabric and Dapr, of which nothing runs here.
const ELSEWHERE: [&str; 8] = [
    "sf-resolve-condition",
    "sf-service-instance-name",
    "sf-partition-key",
    "sf-listener-name",
    "sf-replica-type",
    "dapr-app-id",
    "dapr-method",
    "dapr-namespace",
];

pub(crate) const SPEC: PolicySpec = PolicySpec {
    element: "set-backend-service",
    summary: "Sends the request to another backend.",
    sections: Sections::INBOUND.and(Sections::BACKEND),
    scopes: Scopes::ALL,
    repeat: Repeat::Many,
    attributes: &[
        attribute("base-url", Kind::String, "The new base URL. Either this or `backend-id` must be given."),
        attribute(
            "backend-id",
            Kind::String,
            "The name of a backend, whose URL and credentials are used, or of a pool of backends.",
        ),
        attribute("sf-resolve-condition", Kind::Bool, "Service Fabric; not yet supported."),
        attribute("sf-service-instance-name", Kind::String, "Service Fabric; not yet supported."),
        attribute("sf-partition-key", Kind::String, "Service Fabric; not yet supported."),
        attribute("sf-listener-name", Kind::String, "Service Fabric; not yet supported."),
        attribute("sf-replica-type", Kind::String, "Service Fabric; not yet supported."),
        attribute("dapr-app-id", Kind::String, "Dapr; not yet supported."),
        attribute("dapr-method", Kind::String, "Dapr; not yet supported."),
        attribute("dapr-namespace", Kind::String, "Dapr; not yet supported."),
    ],
    children: &[],
    order: Order::AsDeclared,
    reads: Facts::NONE,
    notes: &[
        "Path and query of the request that are relative to the API stay, and are joined to the new base URL. A slash \
         at the end of the base URL makes no difference.",
        "What a policy of a broader scope chose by `backend-id` can be replaced by another `backend-id` only: a \
         `base-url` of a narrower scope has no effect on it, and a trace record says so.",
        "Of a pool, each run of `forward-request` goes to the member whose turn it is then.",
        "A `backend-id` that does not exist is an error of the document, or of the request when it is computed.",
    ],
    differences: &["The attributes of Service Fabric and Dapr are refused."],
    source: "https://learn.microsoft.com/azure/api-management/set-backend-service-policy",
    examples: &[
        Example {
            title: "Another base URL",
            document: r#"<set-backend-service base-url="https://other.example/v2/" />"#,
            when: "> GET /orders?top=1",
            then: "> GET https://other.example/v2/orders?top=1\n< 200",
        },
        Example {
            title: "A backend by its name",
            document: r#"<set-backend-service backend-id="models-west" />"#,
            when: "backend models-west = https://west.example/openai\n> GET /models",
            then: "> GET https://west.example/openai/models\n< 200",
        },
    ],
};

/// `set-backend-service`, compiled.
#[derive(Debug)]
struct SetBackendService {
    chosen: Chosen,
    scope: Scope,
}

#[derive(Debug)]
enum Chosen {
    Url(Setting<Base>),
    Backend(BackendEntity),
    Computed { id: Setting<Text>, backends: Arc<dyn Backends> },
}

/// A base URL as an attribute.
#[derive(Clone, Debug)]
struct Base(Arc<BaseUrl>);

impl Base {
    fn read(text: &Text) -> Result<Self, BadBaseUrl> {
        BaseUrl::parse(text.as_str()).map(|url| Self(Arc::new(url.tainted_if(text.is_tainted()))))
    }
}

impl SettingValue for Base {
    fn expected() -> Expected {
        Expected::String
    }

    fn from_text(text: &Text) -> Result<Self, String> {
        Self::read(text).map_err(|why| why.to_string())
    }

    fn from_value(value: Value, heap: &Heap) -> Result<Self, Exception> {
        let text = Text::from_value(value, heap)?;
        let read = Self::read(&text).map(|Self(url)| Self(Arc::new(url.as_ref().clone().computed())));
        read.map_err(|why| {
            Exception::new("System.UriFormatException", format!("The value cannot be a base URL: {why}."))
        })
    }
}

/// An expression whose value is known when the document is loaded computes nothing from a request.
fn known(url: Setting<Base>) -> Setting<Base> {
    match url {
        Setting::Fixed(Base(url)) => Setting::Fixed(Base(Arc::new(BaseUrl { computed: false, ..url.as_ref().clone() }))),
        other => other,
    }
}

pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Action, Reported> {
    let refused: Vec<_> = ELSEWHERE.iter().map(|name| refusal::attribute(reader, name, cx)).collect();
    let exclusive = refusal::both(reader, "base-url", "backend-id", cx);
    let url = reader.optional("base-url", cx);
    let backend = reader.optional("backend-id", cx);
    refused.into_iter().chain([exclusive]).collect::<Result<Vec<()>, _>>()?;
    let chosen = match (url?, backend?) {
        (Some(url), _) => Chosen::Url(known(url)),
        (None, Some(id)) => by_id(id, reader, cx)?,
        (None, None) => {
            let message = "`set-backend-service` needs `base-url` or `backend-id`";
            return Err(cx.report(Diagnostic::error("missing-attribute", message).at(reader.location())));
        }
    };
    Ok(Action::Sync(Box::new(SetBackendService { chosen, scope: cx.scope })))
}

fn by_id(id: Setting<Text>, reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Chosen, Reported> {
    let Some(name) = id.fixed().map(|id| id.as_str().trim()) else {
        return Ok(Chosen::Computed { id, backends: cx.backends() });
    };
    cx.backend(name).map(Chosen::Backend).ok_or_else(|| {
        let problem = missing(name, &*cx.backends());
        cx.report(problem.at(reader.location_of("backend-id")))
    })
}

/// A backend that is defined is missing when there is something wrong with it.
fn missing(name: &str, backends: &dyn Backends) -> Diagnostic {
    if backends.ids().iter().any(|id| id.eq_ignore_ascii_case(name)) {
        let message = format!("the backend `{name}` cannot be used");
        return Diagnostic::error("unusable-backend", message).help("correct what is wrong with it");
    }
    let near = did_you_mean(name, backends.ids()).map(|near| format!("did you mean `{near}`?"));
    Diagnostic::error("unknown-backend", format!("there is no backend `{name}`")).maybe_help(near)
}

impl RunSync for SetBackendService {
    fn run(&self, exchange: &mut Exchange) -> StepResult {
        match &self.chosen {
            Chosen::Url(url) => {
                let Base(url) = url.get(exchange)?;
                self.to_url(url, exchange);
            }
            Chosen::Backend(backend) => self.to_backend(backend.clone(), exchange),
            Chosen::Computed { id, backends } => {
                let backend = computed(id, backends.as_ref(), exchange)?;
                self.to_backend(backend, exchange);
            }
        }
        Ok(Flow::Next)
    }

    fn effect(&self) -> Effect {
        match &self.chosen {
            Chosen::Url(_) => Effect::ToUrl,
            Chosen::Backend(backend) => Effect::ToBackend(Some(backend.clone())),
            Chosen::Computed { .. } => Effect::ToBackend(None),
        }
    }
}

impl SetBackendService {
    fn to_backend(&self, entity: BackendEntity, exchange: &mut Exchange) {
        exchange.target = match (entity, &exchange.target) {
            (BackendEntity::Single(backend), _) => Target::Backend(backend),
            // Chosen once more in a `retry`: which members were tried is still known.
            (BackendEntity::Pool(pool), Target::Pool(same)) if Arc::ptr_eq(&pool, same.pool()) => {
                Target::Pool(same.clone())
            }
            (BackendEntity::Pool(pool), _) => Target::Pool(PoolTarget::new(pool)),
        };
        exchange.target_scope = Some(self.scope);
    }

    /// COMPAT: a `backend-id` inherited by `<base />` can only be overridden by another one (set-backend-service page).
    fn to_url(&self, url: Arc<BaseUrl>, exchange: &mut Exchange) {
        let inherited = exchange.target_scope.filter(|scope| *scope < self.scope);
        match (inherited, exchange.target.backend_id()) {
            (Some(scope), Some(backend)) => {
                let message = format!(
                    "`base-url` has no effect: the backend `{backend}` was chosen at {scope} scope by `backend-id`"
                );
                note::no_effect(SPEC.element, message, exchange);
            }
            _ => {
                exchange.target = Target::Url(url);
                exchange.target_scope = None;
            }
        }
    }
}

fn computed(id: &Setting<Text>, backends: &dyn Backends, exchange: &mut Exchange) -> Result<BackendEntity, Fault> {
    let id = id.get(exchange)?;
    backends.get(id.as_str().trim()).ok_or_else(|| {
        let shown = if id.is_tainted() { "***" } else { id.as_str().trim() };
        Fault::with_message(FaultKind::PolicyFailure, format!("There is no backend `{shown}`."))
    })
}
