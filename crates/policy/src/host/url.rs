//! `IUrl`: the URL that the caller used, the URL of the call to the backend, the API's service URL.

use expr::{HostMember, HostObject, HostRef, Text, Value};

use crate::{BaseUrl, Exchange, Scheme};

/// A URL in its parts.
pub(super) struct UrlView {
    scheme: &'static str,
    host: Text,
    port: u16,
    /// What `Path` says.
    path: Text,
    /// What stands before `path` in `ToString()`.
    prefix: Text,
    /// Raw, without `?`.
    pub(super) query: Option<Text>,
}

/// The URL behind a reference; none when there is no such URL.
///
/// COMPAT: `Url.Path` is the path relative to the backend, as rewritten so far, without the path of the service URL
/// (`expressions.md` 5, inferred from published samples that pass it to `rewrite-uri`); `Url.ToString()` is the whole
/// URL of the call. Before a backend is known, host and port are those that the caller used.
pub(super) fn view(exchange: &Exchange, object: HostRef) -> Option<UrlView> {
    match object.object {
        HostObject::RequestOriginalUrl | HostObject::RequestOriginalQuery => Some(original(exchange)),
        HostObject::ServiceUrl | HostObject::ServiceUrlQuery => of_service(exchange.api.as_ref()?),
        HostObject::ProductApiServiceUrl | HostObject::ProductApiServiceUrlQuery => {
            let api = super::properties::product_api(exchange, object.handle)?;
            of_service(&api)
        }
        _ => Some(request(exchange)),
    }
}

/// The URL of an API's backend service.
fn of_service(api: &model::Api) -> Option<UrlView> {
    let base = BaseUrl::parse(api.service_url.as_ref()?.as_str()).ok()?;
    let path = if base.path.is_empty() { Text::from_static("/") } else { Text::from_shared(&base.path) };
    let scheme = match api.service_url.as_ref()?.scheme() {
        "ws" => "ws",
        "wss" => "wss",
        _ => base.scheme.name(),
    };
    Some(UrlView { scheme, path, prefix: Text::EMPTY, ..of_base(&base) })
}

fn original(exchange: &Exchange) -> UrlView {
    let original = &exchange.request.original;
    UrlView {
        scheme: original.scheme,
        host: Text::copied(original.host()),
        port: original.port,
        path: Text::copied(original.path()),
        prefix: Text::EMPTY,
        query: original.query().map(Text::copied),
    }
}

fn request(exchange: &Exchange) -> UrlView {
    let request = &exchange.request;
    let copied = |text: &str| Text::copied(text).tainted_if(request.tainted_url);
    let path = if request.path().is_empty() { Text::from_static("/") } else { copied(request.path()) };
    let query = request.query().map(copied);
    match exchange.target.base() {
        Some(base) => UrlView { path, query, ..of_base(base) },
        None => UrlView { path, query, ..original(exchange) },
    }
}

fn of_base(base: &BaseUrl) -> UrlView {
    UrlView {
        scheme: base.scheme.name(),
        host: Text::from_shared(&base.host).tainted_if(base.tainted),
        port: base.port,
        path: Text::EMPTY,
        prefix: Text::from_shared(&base.path).tainted_if(base.tainted),
        query: base.query.as_ref().map(Text::from_shared),
    }
}

impl UrlView {
    /// The value of one of its members; `query` is the reference to its `Query`.
    pub(super) fn member(&self, member: HostMember, query: HostRef) -> Value {
        match member {
            HostMember::UrlHost => Value::Text(self.host.clone()),
            HostMember::UrlPath => Value::Text(self.path.clone()),
            HostMember::UrlPort => Value::Int32(self.port.into()),
            HostMember::UrlScheme => Value::Text(Text::from_static(self.scheme)),
            HostMember::UrlQuery => Value::Host(query),
            HostMember::UrlQueryString => Value::Text(self.query_string()),
            _ => Value::Text(self.text()),
        }
    }

    fn query_string(&self) -> Text {
        let query = self.query.as_ref().filter(|query| !query.is_empty());
        query.map_or(Text::EMPTY, |query| {
            Text::from(format!("?{}", query.as_str())).tainted_if(query.is_tainted())
        })
    }

    fn text(&self) -> Text {
        let own_port =
            self.port == if self.scheme == "https" { Scheme::Https.port() } else { Scheme::Http.port() };
        let port = if own_port { String::new() } else { format!(":{}", self.port) };
        let query = self.query_string();
        let tainted = [&self.host, &self.prefix, &self.path, &query].into_iter().any(Text::is_tainted);
        let text = format!(
            "{}://{}{port}{}{}{}",
            self.scheme,
            self.host.as_str(),
            self.prefix.as_str(),
            self.path.as_str(),
            query.as_str()
        );
        Text::from(text).tainted_if(tainted)
    }
}
