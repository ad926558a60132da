//! `authentication-managed-identity`: signs in to the backend with an identity of the gateway.
//!
//! ```xml
//! <authentication-managed-identity resource="https://cognitiveservices.azure.com" />
//! ```
//!
//! It says who the gateway is, so that no key of the backend need exist. Where tokens come from, how long they are kept
//! and how they are renewed is the business of the port ([`policy::TokenSource`]); what the identity may do is decided
//! by whoever takes the token.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use expr::{Exception, Expected, Facts, Heap, Text, Value};
use http::{HeaderValue, header};
use policy::spec::{Example, Kind, Order, Repeat, attribute};
use policy::{
    Action, CompileCx, Effect, Exchange, Fault, FaultKind, Flow, IdentityChoice, OwnToken, PolicySpec, Ports, Reader, Reported,
    RunAsync, Scopes, Sections, Setting, SettingValue, StepFuture, StepResult, TokenRequest,
};
use secret::Secret;
use source::Diagnostic;

use crate::parts::note;

pub(crate) const SPEC: PolicySpec = PolicySpec {
    element: "authentication-managed-identity",
    summary: "Signs in to the backend with an identity of the gateway.",
    sections: Sections::INBOUND.and(Sections::OUTBOUND),
    scopes: Scopes::ALL,
    repeat: Repeat::Many,
    attributes: &[
        attribute("resource", Kind::String, "What the token is for: application id or URI of the resource.").required(),
        attribute("client-id", Kind::String, "A user-assigned identity; without it, the system-assigned one."),
        attribute(
            "output-token-variable-name",
            Kind::String,
            "A context variable that gets the token; then `Authorization` stays as it is.",
        )
        .literal(),
        attribute("ignore-error", Kind::Bool, "Whether the request goes on when there is no token.").default("false"),
    ],
    children: &[],
    order: Order::AsDeclared,
    reads: Facts::NONE,
    notes: &[
        "`Authorization` of the request becomes `Bearer` and the token, whatever it was before. A later `set-header` \
         wins, and so does a credential of the backend entity.",
        "With `output-token-variable-name` the token goes into that variable, as a `string`, and nowhere else: set the \
         header with `@(\"Bearer \" + (string)context.Variables[\"…\"])`.",
        "The token counts as a secret: traces and logs show `***`, also for what expressions make of it. The access \
         record names the identity.",
        "The resource is used as it is given, with or without a slash or `/.default` at its end. Tokens are kept until \
         shortly before they expire.",
        "`client-id` may be a client id; identities of the settings are also found by their object id or resource id. \
         Which identities there are, and where their tokens come from, is set under `[identity]`.",
        "Without a token the request fails with 500 and the reason `ManagedIdentityTokenUnavailable`; what stands in \
         the way is in the log. With `ignore-error` it goes on: the variable is empty, the header stays as it was.",
    ],
    differences: &["`client-id` may be an expression.", "It may stand in `outbound` too, as in the policy toolkit."],
    source: "https://learn.microsoft.com/azure/api-management/authentication-managed-identity-policy",
    examples: &[
        Example {
            title: "No key for the model",
            document: r#"<authentication-managed-identity resource="https://cognitiveservices.azure.com" />"#,
            when: "own-token https://cognitiveservices.azure.com = t-1\n> GET /\n> Authorization: Bearer the caller's",
            then: "> GET /\n> Authorization: Bearer t-1\n< 200",
        },
        Example {
            title: "The token in a variable",
            document: r#"<authentication-managed-identity resource="https://cognitiveservices.azure.com" output-token-variable-name="managed-id-access-token" ignore-error="false" />
<set-header name="Authorization" exists-action="override">
    <value>@("Bearer " + (string)context.Variables["managed-id-access-token"])</value>
</set-header>"#,
            when: "own-token https://cognitiveservices.azure.com = t-1\n> GET /",
            then: "> GET /\n> Authorization: Bearer t-1\n< 200\nvariable managed-id-access-token = ***",
        },
    ],
};

/// `authentication-managed-identity`, compiled.
#[derive(Debug)]
struct AuthenticationManagedIdentity {
    resource: Setting<Word>,
    client_id: Option<Setting<Word>>,
    variable: Option<Arc<str>>,
    ignore_error: Setting<bool>,
    /// The latest token as a header has it: one token serves very many requests.
    latest: ArcSwapOption<Written>,
}

/// A token, and what was made of it.
#[derive(Debug)]
struct Written {
    token: Secret,
    /// The value of `Authorization`.
    value: HeaderValue,
    /// The value of a variable: marked as a secret.
    text: Text,
}

/// Text that is not empty: what a token is for, or whose it is.
#[derive(Clone, Debug)]
struct Word {
    text: Arc<str>,
    tainted: bool,
}

impl Word {
    fn read(text: &Text) -> Option<Self> {
        let word = text.as_str().trim();
        (!word.is_empty()).then(|| Self { text: word.into(), tainted: text.is_tainted() })
    }
}

impl SettingValue for Word {
    fn expected() -> Expected {
        Expected::String
    }

    fn from_text(text: &Text) -> Result<Self, String> {
        Self::read(text).ok_or_else(|| "it must not be empty".to_owned())
    }

    fn from_value(value: Value, heap: &Heap) -> Result<Self, Exception> {
        let text = Text::from_value(value, heap)?;
        Self::read(&text).ok_or_else(|| Exception::new("System.ArgumentException", "The value must not be empty."))
    }
}

pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Action, Reported> {
    let resource = reader.required("resource", cx);
    let client_id = reader.optional("client-id", cx);
    let variable = variable(reader, cx);
    let ignore_error = reader.or("ignore-error", false, cx);
    Ok(Action::Async(Box::new(AuthenticationManagedIdentity {
        resource: resource?,
        client_id: client_id?,
        variable: variable?,
        ignore_error: ignore_error?,
        latest: ArcSwapOption::empty(),
    })))
}

fn variable(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Option<Arc<str>>, Reported> {
    let Some(name) = reader.literal::<Text>("output-token-variable-name", cx)? else { return Ok(None) };
    if name.as_str().trim().is_empty() {
        let at = reader.location_of("output-token-variable-name");
        return Err(cx.report(Diagnostic::error("wrong-value", "a variable needs a name").at(at)));
    }
    Ok(Some(cx.variable(name.as_str())))
}

impl RunAsync for AuthenticationManagedIdentity {
    fn run<'a>(&'a self, exchange: &'a mut Exchange, ports: &'a Ports) -> StepFuture<'a> {
        Box::pin(self.sign_in(exchange, ports))
    }

    fn effect(&self) -> Effect {
        Effect::SignsIn
    }
}

impl AuthenticationManagedIdentity {
    async fn sign_in(&self, exchange: &mut Exchange, ports: &Ports) -> StepResult {
        let resource = self.resource.get_anywhere(exchange).await?;
        let client_id = match &self.client_id {
            Some(id) => Some(id.get_anywhere(exchange).await?),
            None => None,
        };
        let ignore_error = self.ignore_error.get_anywhere(exchange).await?;
        let tainted = resource.tainted || client_id.as_ref().is_some_and(|id| id.tainted);
        let identity = client_id.map_or(IdentityChoice::System, |id| IdentityChoice::User(id.text));
        let request = TokenRequest { resource: resource.text, identity, hidden: tainted };
        match self.token(&request, ports, tainted).await {
            Ok((token, written)) => {
                exchange.signs_in_by = Some(label(&request.identity, tainted));
                exchange.remember_own_token(OwnToken { request, token });
                self.hand_over(&written, exchange);
            }
            Err(_) if ignore_error => self.go_without(exchange),
            Err(fault) => return Err(fault),
        }
        Ok(Flow::Next)
    }

    /// A token, and what was made of it.
    async fn token(
        &self,
        request: &TokenRequest,
        ports: &Ports,
        tainted: bool,
    ) -> Result<(Secret, Arc<Written>), Fault> {
        let given = ports.tokens.token(request).await.map_err(|error| {
            // The words name resource and identity.
            refused(if tainted { "a secret is part of what was asked for".to_owned() } else { error.to_string() })
        })?;
        let latest = self.latest.load();
        if let Some(written) = latest.as_ref().filter(|written| written.token.is_same(&given.token)) {
            return Ok((given.token, Arc::clone(written)));
        }
        let value = HeaderValue::try_from(format!("Bearer {}", given.token.expose()));
        let mut value = value.map_err(|_| refused("the token cannot stand in a header".to_owned()))?;
        value.set_sensitive(true);
        let text = Text::copied(given.token.expose()).tainted();
        let written = Arc::new(Written { token: given.token.clone(), value, text });
        self.latest.store(Some(Arc::clone(&written)));
        Ok((given.token, written))
    }

    fn hand_over(&self, written: &Written, exchange: &mut Exchange) {
        match &self.variable {
            Some(name) => set(name, written.text.clone(), exchange),
            None => {
                exchange.request.headers.insert(header::AUTHORIZATION, written.value.clone());
            }
        }
    }

    /// COMPAT: "continues to execute even if an access token isn't obtained" (documentation); the variable is then empty
    /// in the emulator of the policy toolkit.
    fn go_without(&self, exchange: &mut Exchange) {
        if let Some(name) = &self.variable {
            set(name, Text::EMPTY, exchange);
        }
        note::no_effect(SPEC.element, "there is no token; `ignore-error` lets the request go on".to_owned(), exchange);
    }
}

fn set(name: &Arc<str>, text: Text, exchange: &mut Exchange) {
    let value = Value::Text(text);
    exchange.heap_mut().admit(&value);
    exchange.variables.set(name, value);
}

/// The identity as the access record names it.
fn label(identity: &IdentityChoice, tainted: bool) -> Arc<str> {
    if tainted { IdentityChoice::User("***".into()).label() } else { identity.label() }
}

fn refused(why: String) -> Fault {
    Fault::new(FaultKind::ManagedIdentityTokenUnavailable).detail(why)
}
