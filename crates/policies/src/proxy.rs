//! `proxy`: sends the request to the backend through an HTTP proxy.
//!
//! ```xml
//! <proxy url="http://proxy.contoso.example:8080" username="gateway" password="{{proxy-password}}" />
//! ```
//!
//! It chooses the way, not the backend. How the way is gone is the business of whoever makes the call.

use std::sync::Arc;

use expr::{Exception, Expected, Facts, Heap, Text, Value};
use policy::spec::{Example, Kind, Order, Repeat, attribute};
use policy::{
    Action, BaseUrl, CompileCx, Exchange, Flow, OutboundProxy, PolicySpec, Reader, Reported, RunSync, Scheme, Scopes,
    Sections, Setting, SettingValue, StepResult,
};
use secret::Secret;

pub(crate) const SPEC: PolicySpec = PolicySpec {
    element: "proxy",
    summary: "Sends the request to the backend through an HTTP proxy.",
    sections: Sections::INBOUND,
    scopes: Scopes::ALL,
    repeat: Repeat::Many,
    attributes: &[
        attribute("url", Kind::String, "Where the proxy is: `http://host:port`.").required(),
        attribute("username", Kind::String, "The user name for the proxy."),
        attribute("password", Kind::String, "The password for the proxy; best a secret named value."),
    ],
    children: &[],
    order: Order::AsDeclared,
    reads: Facts::NONE,
    notes: &[
        "Between the gateway and the proxy it is plain HTTP. Calls to `https` backends go through a tunnel (`CONNECT`), so \
         that the proxy sees host and port only; others are handed to it as they are.",
        "User name and password are sent as `Basic`.",
        "The last one that runs counts. A backend with a proxy of its own is reached through that.",
        "The proxy looks up the names of backends itself. Where a policy made the URL of the backend, the gateway refuses \
         addresses that policies may not call as far as they stand in the URL.",
    ],
    differences: &["NTLM is not supported: a proxy that wants it refuses."],
    source: "https://learn.microsoft.com/azure/api-management/proxy-policy",
    examples: &[Example {
        title: "A proxy with a password",
        document: r#"<proxy url="http://proxy.contoso.example:8080" username="gateway" password="{{proxy-password}}" />"#,
        when: "secret proxy-password = open sesame\n> GET /",
        then: "proxy http://proxy.contoso.example:8080 as gateway:open sesame\n> GET /\n< 200",
    }],
};

/// `proxy`, compiled.
#[derive(Debug)]
struct Proxy {
    url: Setting<ProxyUrl>,
    username: Option<Setting<Text>>,
    password: Option<Setting<Text>>,
}

/// The URL of a proxy.
#[derive(Clone, Debug)]
struct ProxyUrl(BaseUrl);

impl ProxyUrl {
    fn read(text: &Text) -> Result<Self, String> {
        let url = BaseUrl::parse(text.as_str()).map_err(|why| why.to_string())?;
        match url.scheme {
            Scheme::Http => Ok(Self(url.tainted_if(text.is_tainted()))),
            Scheme::Https => Err("between gateway and proxy only `http` is spoken".to_owned()),
        }
    }
}

impl SettingValue for ProxyUrl {
    fn expected() -> Expected {
        Expected::String
    }

    fn from_text(text: &Text) -> Result<Self, String> {
        Self::read(text)
    }

    fn from_value(value: Value, heap: &Heap) -> Result<Self, Exception> {
        let read = Self::read(&Text::from_value(value, heap)?).map(|Self(url)| Self(url.computed()));
        read.map_err(|why| {
            Exception::new("System.UriFormatException", format!("The value cannot be a proxy: {why}."))
        })
    }
}

pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Action, Reported> {
    let url = reader.required("url", cx);
    let username = reader.optional("username", cx);
    let password = reader.optional("password", cx);
    Ok(Action::Sync(Box::new(Proxy { url: url?, username: username?, password: password? })))
}

impl RunSync for Proxy {
    fn run(&self, exchange: &mut Exchange) -> StepResult {
        let ProxyUrl(url) = self.url.get(exchange)?;
        let mut text = |setting: &Option<Setting<Text>>| {
            setting.as_ref().map(|setting| setting.get(exchange)).transpose()
        };
        let (username, password) = (text(&self.username)?, text(&self.password)?);
        let part = |text: &Option<Text>| text.as_ref().map(|text| text.as_str().to_owned()).unwrap_or_default();
        let signs_in = username.is_some() || password.is_some();
        let sign_in = signs_in.then(|| Secret::new(format!("{}:{}", part(&username), part(&password))));
        exchange.proxy = Some(Arc::new(OutboundProxy { url, sign_in }));
        Ok(Flow::Next)
    }
}
