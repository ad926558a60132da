//! `rewrite-uri`: replaces path and query of the request, relative to the backend's base URL.
//!
//! ```xml
//! <rewrite-uri template="/v2/orders/{id}?expand=lines" copy-unmatched-params="false" />
//! ```
//!
//! It does not choose another backend and does not look for another operation.

use std::fmt::Write as _;
use std::sync::Arc;

use expr::{Exception, Expected, Facts, Heap, Text, Value};
use model::{Segment, UrlTemplate};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use policy::spec::{Example, Kind, Order, Repeat, attribute};
use policy::{
    Action, CompileCx, Exchange, Fault, FaultKind, Flow, MatchedParameter, PolicySpec, Reader, Reported, Request, RequestPath, RequestQuery, RunSync, Scopes,
    Sections, Setting, SettingValue, StepResult, query,
};
use source::{Diagnostic, did_you_mean};

/// What must be escaped in text that is part of a path already: everything that RFC 3986 does not allow there.
const PATH: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'?').add(b'[').add(b'\\').add(b']').add(b'^')
        .add(b'`').add(b'{').add(b'|').add(b'}');
/// What must be escaped in a value that is put into a path: also what would divide or begin something.
const SEGMENT: &AsciiSet = &PATH.add(b'%').add(b'/');
pub(crate) const SPEC: PolicySpec = PolicySpec {
    element: "rewrite-uri",
    summary: "Replaces path and query of the request, relative to the backend's base URL.",
    sections: Sections::INBOUND,
    scopes: Scopes::ALL,
    repeat: Repeat::Many,
    attributes: &[
        attribute("template", Kind::String, "The new path and query; `{name}` is a parameter of the operation.")
            .required(),
        attribute(
            "copy-unmatched-params",
            Kind::Bool,
            "Whether query parameters of the request that the operation's template does not name are kept.",
        )
        .default("true"),
    ],
    children: &[],
    order: Order::AsDeclared,
    reads: Facts::NONE,
    notes: &[
        "`{name}` stands for the value that matched the parameter in the operation's URL template; `{*name}` for that \
         of a wildcard. Names are compared without regard to case. At operation scope another name is an error of the \
         document, elsewhere and in computed templates it is one of the request.",
        "Values are escaped where they are put in: a `/` in a value (which came as `%2F`) is `%2F` again, but in the \
         value of a wildcard it divides segments.",
        "Query parameters of the request that the operation's template names are dropped; the rewrite template may \
         put them in again. The others follow the template's own, unless `copy-unmatched-params` is `false` or the \
         template has a parameter of that name.",
        "The query is merged when the policy runs: a second `rewrite-uri` replaces the path and starts from the query \
         that the first one made; `set-query-parameter` after it edits the new query.",
        "A template that does not begin with `/` is taken as if it did.",
    ],
    differences: &[],
    source: "https://learn.microsoft.com/azure/api-management/rewrite-uri-policy",
    examples: &[
        Example {
            title: "Another path, with the query parameters that the operation does not know",
            document: r#"<rewrite-uri template="/put" />"#,
            when: "operation GET /get?a={b}\nparameter b = b\n> GET /get?a=b&c=d",
            then: "> GET /put?c=d\n< 200",
        },
        Example {
            title: "A value of the path becomes one of the query",
            document: r#"<rewrite-uri template="/orders?customer={id}" copy-unmatched-params="false" />"#,
            when: "operation GET /customers/{id}/orders\nparameter id = 4 & 5\n> GET /customers/4%20&%205/orders?x=1",
            then: "> GET /orders?customer=4%20%26%205\n< 200",
        },
    ],
};
/// What must be escaped in text that is part of a query already.
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>');

/// `rewrite-uri`, compiled.
#[derive(Debug)]
struct RewriteUri {
    template: Setting<RewriteTemplate>,
    copy_unmatched: Setting<bool>,
}

/// A template, read.
#[derive(Clone, Debug, PartialEq, Eq)]
struct RewriteTemplate {
    path: Arc<[Piece]>,
    query: Arc<[Piece]>,
    /// Whether it was made of a secret.
    tainted: bool,
}

/// A run of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// Text, escaped already.
    Literal(Box<str>),
    /// A parameter's value.
    Parameter(Box<str>),
}

impl RewriteTemplate {
    fn read(text: &Text) -> Result<Self, String> {
        let whole = text.as_str().trim();
        let (path, query) = whole.split_once('?').unwrap_or((whole, ""));
        let (path, query) = (pieces(path, PATH)?.into(), pieces(query, QUERY)?.into());
        Ok(Self { path, query, tainted: text.is_tainted() })
    }

    fn parameters(&self) -> impl Iterator<Item = &str> {
        self.path.iter().chain(self.query.iter()).filter_map(|piece| match piece {
            Piece::Parameter(name) => Some(&**name),
            Piece::Literal(_) => None,
        })
    }
}

fn pieces(text: &str, escaped: &'static AsciiSet) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or("a `{` has no `}`")?;
        let name = name.trim().trim_start_matches('*');
        if name.is_empty() || name.contains('{') {
            return Err("`{` and `}` must hold the name of a parameter".to_owned());
        }
        push_literal(&mut pieces, before, escaped)?;
        pieces.push(Piece::Parameter(name.into()));
        rest = after;
    }
    push_literal(&mut pieces, rest, escaped)?;
    Ok(pieces)
}

fn push_literal(pieces: &mut Vec<Piece>, text: &str, escaped: &'static AsciiSet) -> Result<(), String> {
    if text.contains('}') {
        return Err("a `}` has no `{`".to_owned());
    }
    if !text.is_empty() {
        pieces.push(Piece::Literal(utf8_percent_encode(text, escaped).to_string().into()));
    }
    Ok(())
}

impl SettingValue for RewriteTemplate {
    fn expected() -> Expected {
        Expected::String
    }

    fn from_text(text: &Text) -> Result<Self, String> {
        Self::read(text)
    }

    fn from_value(value: Value, heap: &Heap) -> Result<Self, Exception> {
        let text = Text::from_value(value, heap)?;
        Self::read(&text).map_err(|why| Exception::new("System.FormatException", format!("In the template, {why}.")))
    }
}

pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Action, Reported> {
    let template = reader.required::<RewriteTemplate>("template", cx);
    let copy_unmatched = reader.or("copy-unmatched-params", true, cx);
    let template = template?;
    if let Some(fixed) = template.fixed() {
        check_names(fixed, reader, cx)?;
    }
    Ok(Action::Sync(Box::new(RewriteUri { template, copy_unmatched: copy_unmatched? })))
}

fn check_names(template: &RewriteTemplate, reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<(), Reported> {
    let Some(known) = cx.parameters else { return Ok(()) };
    let is_known = |name: &str| known.iter().any(|each| each.eq_ignore_ascii_case(name));
    let mut result = Ok(());
    for name in template.parameters().filter(|name| !is_known(name)) {
        let message = format!("the operation has no template parameter `{name}`");
        let near = did_you_mean(name, known.iter().map(AsRef::as_ref));
        let help = near.map_or_else(
            || match known {
                [] => "its URL template has no parameters".to_owned(),
                _ => format!("its parameters are `{}`", known.join("`, `")),
            },
            |near| format!("did you mean `{near}`?"),
        );
        let at = reader.location_of("template");
        result = Err(cx.report(Diagnostic::error("unknown-parameter", message).at(at).help(help)));
    }
    result
}

impl RunSync for RewriteUri {
    fn run(&self, exchange: &mut Exchange) -> StepResult {
        let template = self.template.get(exchange)?;
        let copy_unmatched = self.copy_unmatched.get(exchange)?;
        let operation = exchange.operation().map(|operation| operation.url_template.clone());
        let request = &mut exchange.request;
        let path = path(&template.path, request, operation.as_ref())?;
        let own = render(&template.query, request, query::escape)?;
        let copied = if copy_unmatched { unmatched(request, &own, operation.as_ref()) } else { None };
        request.path = RequestPath::Made(path);
        request.query = RequestQuery::made(join(own, copied));
        request.tainted_url |= template.tainted;
        Ok(Flow::Next)
    }
}

fn path(pieces: &[Piece], request: &Request, operation: Option<&UrlTemplate>) -> Result<String, Fault> {
    let wildcard = operation.and_then(|template| match template.segments().last() {
        Some(Segment::Wildcard(name)) => Some(name),
        _ => None,
    });
    let mut path = String::from("/");
    for piece in pieces {
        match piece {
            Piece::Literal(text) => path.push_str(text),
            Piece::Parameter(name) => {
                let divides = wildcard.is_some_and(|wildcard| wildcard.eq_ignore_ascii_case(name));
                let value = matched(request, name)?;
                if divides {
                    // As it was sent: an escaped slash in it is data (decision 12).
                    path.push_str(value.raw.as_str());
                } else {
                    let _ = write!(path, "{}", utf8_percent_encode(value.value.as_str(), SEGMENT));
                }
            }
        }
    }
    // The first slash may be the template's own.
    Ok(if path.starts_with("//") { path.split_off(1) } else { path })
}

fn render(pieces: &[Piece], request: &Request, escape: impl Fn(&str) -> String) -> Result<String, Fault> {
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Literal(text) => out.push_str(text),
            Piece::Parameter(name) => out.push_str(&escape(matched(request, name)?.value.as_str())),
        }
    }
    Ok(out)
}

fn matched<'a>(request: &'a Request, name: &str) -> Result<&'a MatchedParameter, Fault> {
    let found = request.matched.iter().find(|each| each.name.eq_ignore_ascii_case(name));
    found.ok_or_else(|| {
        let message = format!("The operation has no template parameter `{name}`.");
        Fault::with_message(FaultKind::PolicyFailure, message)
    })
}

/// The parameters of the request's query that neither the operation's template nor the new query names.
fn unmatched(request: &Request, own: &str, operation: Option<&UrlTemplate>) -> Option<String> {
    let of_operation = |parameter: &query::Parameter<'_>| {
        operation.is_some_and(|template| template.query().iter().any(|part| parameter.is(&part.name)))
    };
    let of_template =
        |parameter: &query::Parameter<'_>| query::parameters(own).any(|each| parameter.is(&each.name()));
    query::without(request.query(), |each| of_operation(each) || of_template(each))
}

fn join(own: String, copied: Option<String>) -> Option<String> {
    match copied {
        None => (!own.is_empty()).then_some(own),
        Some(copied) if own.is_empty() => Some(copied),
        Some(copied) => Some(format!("{own}&{copied}")),
    }
}
