//! `cors`: lets pages of other origins call the API.
//!
//! ```xml
//! <cors allow-credentials="true">
//!     <allowed-origins><origin>https://portal.example</origin></allowed-origins>
//!     <allowed-methods preflight-result-max-age="300"><method>GET</method><method>POST</method></allowed-methods>
//!     <allowed-headers><header>*</header></allowed-headers>
//! </cors>
//! ```
//!
//! A preflight is answered before anybody is authenticated; which of several policies answers it is decided by whoever
//! asks them. It protects nothing: other clients than browsers do not mind it.

mod names;

use expr::Facts;
use http::header::{self, HeaderValue};
use http::{Method, StatusCode};
use policy::spec::{Example, Kind, Order, Repeat, attribute, child, text};
use policy::{
    Action, CompileCx, Exchange, Existing, Fault, FinalHeader, Flow, NotNegative, PolicySpec, Preflight, Reader,
    Reported, Response, RunSync, Scopes, Sections, Setting, SettingValue, StepResult,
};

use names::{Name, OriginRule, normal};

pub(crate) const SPEC: PolicySpec = PolicySpec {
    element: "cors",
    summary: "Lets pages of other origins call the API.",
    sections: Sections::INBOUND,
    scopes: Scopes::ALL,
    repeat: Repeat::OncePerSection,
    attributes: &[
        attribute("allow-credentials", Kind::Bool, "Whether browsers may send cookies and the like.").default("false"),
        attribute(
            "terminate-unmatched-request",
            Kind::Bool,
            "Whether a request that does not match ends here, with an empty `200 OK`.",
        )
        .default("false"),
    ],
    children: &[
        child("allowed-origins", "Origins that may call.")
            .times(1, 1)
            .children(&[child("origin", "`*`, or an origin such as `https://portal.example`.")
                .times(1, u32::MAX)
                .children(&[text("The origin.").times(1, 1)])]),
        child("allowed-methods", "Methods besides `GET` and `POST`.")
            .times(0, 1)
            .attributes(&[attribute(
                "preflight-result-max-age",
                Kind::Seconds,
                "How long browsers may remember the answer to a preflight.",
            )
            .default("0")])
            .children(&[child("method", "`*`, or a method.")
                .times(1, u32::MAX)
                .children(&[text("The method.").times(1, 1)])]),
        child("allowed-headers", "Headers that requests may have.").times(0, 1).children(&[
            child("header", "`*`, or the name of a header.")
                .times(1, u32::MAX)
                .children(&[text("The name.").times(1, 1)]),
        ]),
        child("expose-headers", "Headers of answers that pages may read.").times(0, 1).children(&[
            child("header", "`*`, or the name of a header.")
                .times(1, u32::MAX)
                .children(&[text("The name.").times(1, 1)]),
        ]),
    ],
    order: Order::Any,
    reads: Facts::NONE,
    notes: &[
        "A request without `Origin`, or with an empty one, is left alone.",
        "A preflight (`OPTIONS` with `Origin` and `Access-Control-Request-Method`) matches when its origin, method and \
         headers are allowed. It is answered with `200 OK`: no other policy runs, and no key is needed. One that does \
         not match is answered with an empty `200 OK` when `terminate-unmatched-request` is set; otherwise other `cors` \
         policies directly in `inbound` are asked, and the answer is an empty `200 OK` when none of them matches.",
        "Where the API has an operation for the `OPTIONS` request itself, that operation runs.",
        "Any other request matches when its origin is allowed, and gets its headers on the answer, also on one that \
         another policy or an error makes. They replace those of the backend. One that does not match goes on without \
         them, but a `GET` or `HEAD` ends with an empty `200 OK` when `terminate-unmatched-request` is set.",
        "Without `allowed-methods`, `GET` and `POST` are allowed. Origins are compared without regard to case, to the \
         scheme's own port and to a slash at the end.",
        "The answer names the caller's origin and has `Vary: Origin`; with `*` and without credentials it has `*`. For \
         `*` of methods and headers a preflight is told what it asked for, because browsers take `*` literally when \
         credentials are sent.",
        "Of several `cors` policies of an effective policy, the first that matches counts.",
        "A product's `cors` answers no preflight when the key that leads to the product travels in a header: a preflight \
         has none.",
    ],
    differences: &[
        "The default of `terminate-unmatched-request` is `false`, as the newest page has it; older ones say `true`.",
    ],
    source: "https://learn.microsoft.com/azure/api-management/cors-policy",
    examples: &[
        Example {
            title: "A preflight is answered without the backend",
            document: r#"<cors>
    <allowed-origins>
        <origin>https://portal.example</origin>
    </allowed-origins>
    <allowed-methods preflight-result-max-age="300">
        <method>GET</method>
        <method>PUT</method>
    </allowed-methods>
    <allowed-headers>
        <header>x-tenant</header>
    </allowed-headers>
</cors>"#,
            when: "> OPTIONS /orders\n> Origin: https://portal.example\n> Access-Control-Request-Method: PUT\n> Access-Control-Request-Headers: x-tenant",
            then: "no call\n< 200\n< Access-Control-Allow-Origin: https://portal.example\n< Access-Control-Allow-Methods: GET,PUT\n< Access-Control-Allow-Headers: x-tenant\n< Access-Control-Max-Age: 300\n< Vary: Origin",
        },
        Example {
            title: "Answers say who may read them",
            document: r#"<cors allow-credentials="true">
    <allowed-origins>
        <origin>https://portal.example</origin>
    </allowed-origins>
    <expose-headers>
        <header>x-request-id</header>
    </expose-headers>
</cors>"#,
            when: "> GET /orders\n> Origin: https://portal.example\n< 200\n< Access-Control-Allow-Origin: *",
            then: "> GET /orders\n< 200\n< Access-Control-Allow-Origin: https://portal.example\n< Access-Control-Allow-Credentials: true\n< Access-Control-Expose-Headers: x-request-id\n< Vary: Origin",
        },
    ],
};

/// Headers that a browser may always send, so that a preflight need not have them allowed.
const ALWAYS_ALLOWED: [&str; 4] = ["accept", "accept-language", "content-language", "origin"];

/// `cors`, compiled.
#[derive(Debug)]
struct Cors {
    credentials: Setting<bool>,
    terminate: Setting<bool>,
    origins: Vec<Setting<OriginRule>>,
    methods: Vec<Setting<Name>>,
    max_age: Option<Setting<NotNegative>>,
    headers: Vec<Setting<Name>>,
    exposed: Vec<Setting<Name>>,
}

pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Action, Reported> {
    let credentials = reader.or("allow-credentials", false, cx);
    let terminate = reader.or("terminate-unmatched-request", false, cx);
    let origins = list(reader, "allowed-origins", "origin", cx);
    let methods = list(reader, "allowed-methods", "method", cx);
    let max_age =
        reader.child("allowed-methods").map(|child| child.optional("preflight-result-max-age", cx)).transpose();
    let headers = list(reader, "allowed-headers", "header", cx);
    let exposed = list(reader, "expose-headers", "header", cx);
    Ok(Action::Sync(Box::new(Cors {
        credentials: credentials?,
        terminate: terminate?,
        origins: origins?,
        methods: methods?,
        max_age: max_age?.flatten(),
        headers: headers?,
        exposed: exposed?,
    })))
}

fn list<T: SettingValue>(
    reader: &Reader<'_>,
    parent: &str,
    name: &str,
    cx: &mut CompileCx<'_>,
) -> Result<Vec<Setting<T>>, Reported> {
    let all: Vec<_> =
        reader.children(parent).flat_map(|each| each.children(name)).map(|each| each.text(cx)).collect();
    all.into_iter().collect()
}

/// What a preflight asks for.
struct Asked {
    origin: HeaderValue,
    method: String,
    headers: Vec<String>,
}

impl Asked {
    fn of(exchange: &Exchange) -> Option<Self> {
        let origin = origin_of(exchange)?;
        let request = &exchange.request;
        let text = |name| request.headers.get(name).and_then(|value| value.to_str().ok());
        let method = text(header::ACCESS_CONTROL_REQUEST_METHOD).filter(|method| !method.trim().is_empty())?;
        if request.method != Method::OPTIONS {
            return None;
        }
        let headers = request.headers.get_all(header::ACCESS_CONTROL_REQUEST_HEADERS).iter();
        let headers = headers.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        let headers = headers.map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty()).collect();
        Some(Self { origin, method: method.trim().to_owned(), headers })
    }
}

/// What a policy says to an origin that it allows.
struct Grant {
    origin: HeaderValue,
    credentials: bool,
}

fn origin_of(exchange: &Exchange) -> Option<HeaderValue> {
    let origin = exchange.request.headers.get(header::ORIGIN)?;
    (!origin.as_bytes().trim_ascii().is_empty()).then(|| origin.clone())
}

impl RunSync for Cors {
    fn run(&self, exchange: &mut Exchange) -> StepResult {
        let Some(origin) = origin_of(exchange) else { return Ok(Flow::Next) };
        // COMPAT: only the first `cors` of the effective policy counts (`policies-b.md` 3).
        if exchange.final_headers.iter().any(|each| each.name == header::ACCESS_CONTROL_ALLOW_ORIGIN) {
            return Ok(Flow::Next);
        }
        if let Some(grant) = self.grant(&origin, exchange)? {
            let exposed = self.names(&self.exposed, exchange)?;
            exchange.final_headers.extend(answer_headers(grant, &exposed));
            return Ok(Flow::Next);
        }
        let simple = matches!(exchange.request.method, Method::GET | Method::HEAD);
        if simple && self.terminate.get(exchange)? {
            exchange.response = Some(Response::new(StatusCode::OK));
            return Ok(Flow::Respond);
        }
        Ok(Flow::Next)
    }

    fn preflight(&self, exchange: &mut Exchange) -> Result<Option<Preflight>, Fault> {
        let Some(asked) = Asked::of(exchange) else { return Ok(None) };
        if let Some(response) = self.answer(&asked, exchange)? {
            return Ok(Some(Preflight::Answer(response)));
        }
        if self.terminate.get(exchange)? {
            return Ok(Some(Preflight::Answer(Response::new(StatusCode::OK))));
        }
        Ok(Some(Preflight::NotMine))
    }
}

impl Cors {
    /// What the origin is told; none when it is not allowed.
    fn grant(&self, origin: &HeaderValue, exchange: &mut Exchange) -> Result<Option<Grant>, Fault> {
        let given = origin.to_str().ok().and_then(normal);
        for rule in &self.origins {
            let (matches, any) = match rule.get(exchange)? {
                OriginRule::Any => (true, true),
                OriginRule::Only(allowed) => (given.as_ref() == Some(&allowed), false),
            };
            if matches {
                let credentials = self.credentials.get(exchange)?;
                let told = if any && !credentials { HeaderValue::from_static("*") } else { origin.clone() };
                return Ok(Some(Grant { origin: told, credentials }));
            }
        }
        Ok(None)
    }

    fn names(&self, list: &[Setting<Name>], exchange: &mut Exchange) -> Result<Vec<String>, Fault> {
        list.iter().map(|name| Ok(name.get(exchange)?.0.as_str().to_owned())).collect()
    }

    /// The answer to a preflight; none when something of it is not allowed.
    fn answer(&self, asked: &Asked, exchange: &mut Exchange) -> Result<Option<Response>, Fault> {
        let Some(grant) = self.grant(&asked.origin, exchange)? else { return Ok(None) };
        let methods = self.names(&self.methods, exchange)?;
        let headers = self.names(&self.headers, exchange)?;
        let (Some(methods), Some(headers)) = (methods_told(&methods, asked), headers_told(&headers, asked)) else {
            return Ok(None);
        };
        let max_age = self.max_age.as_ref().map(|age| age.get(exchange)).transpose()?;
        let mut response = Response::new(StatusCode::OK);
        for told in granted(grant) {
            if let Some(value) = told.value {
                response.headers.append(told.name, value);
            }
        }
        let age = max_age.map(|NotNegative(seconds)| seconds.to_string());
        let more = [
            (header::ACCESS_CONTROL_ALLOW_METHODS, Some(methods)),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, Some(headers).filter(|told| !told.is_empty())),
            (header::ACCESS_CONTROL_MAX_AGE, age),
        ];
        for (name, text) in more {
            if let Some(value) = text.and_then(|text| HeaderValue::from_str(&text).ok()) {
                response.headers.insert(name, value);
            }
        }
        Ok(Some(response))
    }
}

/// The methods that a preflight is told; none when the one that it asks for is not among them.
fn methods_told(allowed: &[String], asked: &Asked) -> Option<String> {
    if allowed.is_empty() {
        // COMPAT: without `allowed-methods`, GET and POST are allowed (cors page).
        return matches!(asked.method.as_str(), "GET" | "POST").then(|| "GET,POST".to_owned());
    }
    if allowed.iter().any(|each| each == "*") {
        return Some(asked.method.clone());
    }
    allowed.iter().any(|each| each.eq_ignore_ascii_case(&asked.method)).then(|| allowed.join(","))
}

/// The headers that a preflight is told, empty for none; nothing when one that it asks for is not allowed.
fn headers_told(allowed: &[String], asked: &Asked) -> Option<String> {
    if allowed.iter().any(|each| each == "*") {
        return Some(asked.headers.join(","));
    }
    let fits = |name: &String| {
        ALWAYS_ALLOWED.contains(&name.as_str()) || allowed.iter().any(|each| each.eq_ignore_ascii_case(name))
    };
    asked.headers.iter().all(fits).then(|| allowed.join(","))
}

/// Origin, credentials and `Vary`, in every answer to an allowed origin.
fn granted(grant: Grant) -> Vec<FinalHeader> {
    let vary = grant.origin != HeaderValue::from_static("*");
    let replace = |name, value| FinalHeader { name, value, existing: Existing::Replaced };
    let mut headers = vec![
        replace(header::ACCESS_CONTROL_ALLOW_ORIGIN, Some(grant.origin)),
        replace(
            header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
            grant.credentials.then(|| HeaderValue::from_static("true")),
        ),
    ];
    if vary {
        let value = Some(HeaderValue::from_static("Origin"));
        headers.push(FinalHeader { name: header::VARY, value, existing: Existing::Joined });
    }
    headers
}

/// The same for an actual request. What the backend says of the matter goes, also where we have nothing to say.
fn answer_headers(grant: Grant, exposed: &[String]) -> Vec<FinalHeader> {
    let mut headers = granted(grant);
    let value = (!exposed.is_empty()).then(|| HeaderValue::from_str(&exposed.join(",")).ok()).flatten();
    headers.push(FinalHeader {
        name: header::ACCESS_CONTROL_EXPOSE_HEADERS,
        value,
        existing: Existing::Replaced,
    });
    headers
}
