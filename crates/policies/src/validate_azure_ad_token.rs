//! `validate-azure-ad-token`: lets requests in whose token Microsoft Entra made, for a tenant and for applications.
//!
//! ```xml
//! <validate-azure-ad-token tenant-id="contoso.onmicrosoft.com">
//!     <client-application-ids><application-id>00000000-1111-2222-3333-444444444444</application-id></client-application-ids>
//! </validate-azure-ad-token>
//! ```
//!
//! It is `validate-jwt` with Entra's rules built in; it does not know who is a guest, or what a directory says of anybody.

mod tenant;

use std::sync::{Arc, OnceLock};

use expr::{Facts, Text};
use http::header::AUTHORIZATION;
use jiff::SignedDuration;
use jose::{DecryptionKey, Expiration, Lifetime, Token};
use policy::spec::{ChildSpec, Example, Kind, Order, Repeat, attribute, child, text};
use policy::{
    Accepts, Action, CompileCx, Effect, Exchange, Fault, FaultKind, Flow, PolicySpec, Ports, Reader, Reported,
    RunAsync, Scopes, Sections, Setting, StepFuture, StepResult, anywhere, is_heavy,
};
use source::Diagnostic;

use crate::parts::header::FieldName;
use crate::parts::token::accepted;
use crate::parts::token::claims::{self, RequiredClaim};
use crate::parts::token::keys::{self, ConfiguredKey};
use crate::parts::token::parties;
use crate::parts::token::place::{self, Found, Place, Spot};
use crate::parts::token::refusal::{self, Answer, Refusal};
use crate::parts::token::verify::{self, MetadataUrl, Outcome, Signer, Trust};
use tenant::{Authority, Tenant};

const APPLICATION: &[ChildSpec] = &[child("application-id", "The id of an application.")
    .times(1, u32::MAX)
    .children(&[text("The id.").times(1, 1)])];

pub(crate) const SPEC: PolicySpec = PolicySpec {
    element: "validate-azure-ad-token",
    summary: "Lets requests in whose token Microsoft Entra made, for a tenant and for applications.",
    sections: Sections::INBOUND,
    scopes: Scopes::ALL,
    repeat: Repeat::Many,
    attributes: &[
        attribute(
            "tenant-id",
            Kind::String,
            "The tenant: its id, a domain name of it, its URL, or `common`, `organizations`, `consumers`.",
        )
        .required(),
        place::HEADER.default("Authorization"),
        place::QUERY,
        place::VALUE,
        attribute(
            "authentication-endpoint",
            Kind::String,
            "The endpoint of the Entra environment, such as `login.microsoftonline.us`; `https://` may be left out.",
        ),
        refusal::STATUS,
        refusal::MESSAGE,
        accepted::VARIABLE,
    ],
    children: &[
        child("backend-application-ids", "The applications that the token may be for; for advanced cases.")
            .times(0, 1)
            .children(APPLICATION),
        child("client-application-ids", "The applications that may have asked for the token.")
            .times(0, 1)
            .children(APPLICATION),
        parties::AUDIENCES,
        claims::REQUIRED_CLAIMS,
        keys::CERTIFICATES,
    ],
    order: Order::Any,
    reads: Facts::NONE,
    notes: &[
        "The token stands behind `Bearer` in `Authorization`, unless `header-name`, `query-parameter-name` or \
         `token-value` says another place; there it stands alone.",
        "Tokens of both versions are accepted: v1 with the issuer `https://sts.windows.net/{tenant}/` (in China \
         `https://sts.chinacloudapi.cn/{tenant}/`), v2 with the issuer that the tenant's metadata names. The metadata is \
         `{endpoint}/{tenant}/v2.0/.well-known/openid-configuration`.",
        "With `common` and `organizations` the issuer must be that of the token's own `tid`; `organizations` does not \
         let personal accounts in.",
        "Endpoints of national clouds: `login.microsoftonline.us` (US Government), `login.partner.microsoftonline.cn` \
         (China). Without `authentication-endpoint` the gateway's setting holds, which is \
         `https://login.microsoftonline.com` unless it was changed.",
        "`client-application-ids` are compared with `appid` (v1) or `azp` (v2), without regard to case. \
         `backend-application-ids` are compared with the audience, which is the id or `api://` and the id. Of each list one \
         is enough; all lists that are there must agree.",
        "Signature, times and claims are checked as `validate-jwt` does it, without clock skew; a token must be signed and \
         must expire.",
        "`decryption-keys` name certificates of `overlay.toml`; their private keys open encrypted tokens.",
        "`context.LastError` has the reasons of `validate-jwt`, with this policy as the source.",
    ],
    differences: &[
        "Group overage is never taken as \"no groups\".",
        "A token in a header or query parameter that is there twice is refused.",
    ],
    source: "https://learn.microsoft.com/azure/api-management/validate-azure-ad-token-policy",
    examples: &[Example {
        title: "One application of one tenant",
        document: r#"<validate-azure-ad-token tenant-id="8a1f0c5e-0000-4000-8000-000000000001">
    <client-application-ids>
        <application-id>11111111-2222-3333-4444-555555555555</application-id>
    </client-application-ids>
    <audiences>
        <audience>api://chat</audience>
    </audiences>
</validate-azure-ad-token>"#,
        when: "key k1 RS256\nprovider https://login.microsoftonline.com/8a1f0c5e-0000-4000-8000-000000000001/v2.0/.well-known/openid-configuration = https://login.microsoftonline.com/8a1f0c5e-0000-4000-8000-000000000001/v2.0 keys k1\ntoken other k1 {\"iss\":\"https://login.microsoftonline.com/8a1f0c5e-0000-4000-8000-000000000001/v2.0\",\"tid\":\"8a1f0c5e-0000-4000-8000-000000000001\",\"aud\":\"api://chat\",\"azp\":\"99999999-2222-3333-4444-555555555555\",\"exp\":1767229200}\n> GET /\n> Authorization: Bearer {token other}",
        then: "no call\n< 401 Unauthorized\nerror source = validate-azure-ad-token\nerror reason = TokenClaimValueNotAllowed",
    }],
};

/// `validate-azure-ad-token`, compiled.
#[derive(Debug)]
struct ValidateAzureAdToken {
    tenant: Setting<Tenant>,
    authority: Option<Setting<Authority>>,
    place: Place,
    answer: Answer,
    variable: Option<Arc<str>>,
    backends: Vec<Setting<Text>>,
    clients: Vec<Setting<Text>>,
    audiences: Vec<Setting<Text>>,
    claims: Vec<RequiredClaim>,
    decryption: Vec<ConfiguredKey<DecryptionKey>>,
    name: Arc<str>,
    /// Whom to believe, once that is known for all requests: the gateway's own authority is when the first one comes.
    believed: OnceLock<Arc<Believed>>,
    /// Stands for this policy where what it wants of claims is the same for every request.
    accepts: Option<Arc<Accepts>>,
}

/// Whom to believe.
#[derive(Debug)]
struct Believed {
    trust: Trust,
    tenant: Tenant,
    authority: Authority,
}

fn rules(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<ValidateAzureAdToken, Reported> {
    let tenant = reader.required("tenant-id", cx);
    let authority = reader.optional("authentication-endpoint", cx);
    let place = place::compile(reader, cx);
    let answer = Answer::compile(reader, cx);
    let variable = accepted::variable(reader, cx);
    let backends = applications(reader, "backend-application-ids", cx);
    let clients = applications(reader, "client-application-ids", cx);
    let audiences = parties::list(reader, "audiences", "audience", cx);
    let claims = claims::compile(reader, cx);
    let decryption = keys::compile(reader, "decryption-keys", cx, keys::no_numbers);
    let standard = || {
        Place::Header(Setting::Fixed(FieldName { name: AUTHORIZATION, written: Text::from_static("Authorization") }))
    };
    let policy = ValidateAzureAdToken {
        tenant: tenant?,
        authority: authority?,
        place: place?.unwrap_or_else(standard),
        answer: answer?,
        variable: variable?,
        backends: backends?,
        clients: clients?,
        audiences: audiences?,
        claims: claims?,
        decryption: decryption?,
        name: SPEC.element.into(),
        believed: OnceLock::new(),
        accepts: None,
    };
    let accepts = policy.asks_the_same().then(Accepts::new);
    Ok(ValidateAzureAdToken { accepts, ..policy })
}

pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Action, Reported> {
    let (rules, facts) = cx.facts_of(|cx| rules(reader, cx));
    cx.note_facts(facts);
    Ok(Action::Async(Box::new(Running { rules: Arc::new(rules?), facts })))
}

/// `validate-azure-ad-token` with what its expressions read.
#[derive(Debug)]
struct Running {
    rules: Arc<ValidateAzureAdToken>,
    facts: Facts,
}

/// What is needed of the expressions before the token is looked at.
struct Begun {
    spot: Spot,
    believed: Arc<Believed>,
}

/// The ids of a list of applications. COMPAT: they cannot be computed (validate-azure-ad-token page, `application-id`).
fn applications(
    reader: &Reader<'_>,
    list: &str,
    cx: &mut CompileCx<'_>,
) -> Result<Vec<Setting<Text>>, Reported> {
    let ids = parties::list(reader, list, "application-id", cx)?;
    let elements = reader.children(list).flat_map(|list| list.children("application-id"));
    for (id, element) in ids.iter().zip(elements) {
        let text = element.element().content();
        if matches!(id, Setting::Computed(_)) || text.written_expression().is_some() {
            let message = format!("an `application-id` of `{list}` cannot be a policy expression");
            let problem = Diagnostic::error("expression-not-allowed", message).at(text.location());
            cx.report(problem.help("write the id itself"));
        }
    }
    Ok(ids)
}

impl RunAsync for Running {
    fn run<'a>(&'a self, exchange: &'a mut Exchange, ports: &'a Ports) -> StepFuture<'a> {
        Box::pin(self.validate(exchange, ports))
    }

    fn effect(&self) -> Effect {
        Effect::ValidatesToken(self.rules.place.known())
    }

    fn providers(&self, authority: &str) -> Vec<String> {
        let authority = match &self.rules.authority {
            Some(own) => own.now(),
            None => Some(Authority::of(authority)),
        };
        let metadata = authority.zip(self.rules.tenant.now()).map(|(authority, tenant)| tenant.metadata(&authority));
        metadata.into_iter().collect()
    }
}

impl Running {
    async fn validate(&self, exchange: &mut Exchange, ports: &Ports) -> StepResult {
        if is_heavy(self.facts, exchange) {
            // Rare, and a large future.
            return Box::pin(self.validate_apart(exchange, ports)).await;
        }
        let begun = self.rules.begin(exchange)?;
        let outcome = verify::judge(&begun.spot, &begun.believed.trust, exchange, ports).await;
        self.rules.end(begun, outcome, exchange)
    }

    /// The same, with expressions that may take long.
    async fn validate_apart(&self, exchange: &mut Exchange, ports: &Ports) -> StepResult {
        let rules = Arc::clone(&self.rules);
        let begun = anywhere(self.facts, exchange, move |exchange| rules.begin(exchange)).await?;
        let outcome = verify::judge(&begun.spot, &begun.believed.trust, exchange, ports).await;
        let rules = Arc::clone(&self.rules);
        anywhere(self.facts, exchange, move |exchange| rules.end(begun, outcome, exchange)).await
    }
}

impl ValidateAzureAdToken {
    /// Finds the token, and whom to believe.
    fn begin(&self, exchange: &mut Exchange) -> Result<Begun, Fault> {
        let spot = match self.place.find(Some("Bearer"), exchange)? {
            Found::Token(spot) => spot,
            Found::Absent => return Err(self.answer.fault(Refusal::absent(), exchange)?),
            Found::Several => return Err(self.answer.fault(Refusal::several(), exchange)?),
        };
        Ok(Begun { spot, believed: self.believed(exchange)? })
    }

    fn believed(&self, exchange: &mut Exchange) -> Result<Arc<Believed>, Fault> {
        if let Some(believed) = self.believed.get() {
            return Ok(Arc::clone(believed));
        }
        let believed = Arc::new(self.believed_now(exchange)?);
        let is_for_all = self.is_authority_fixed() && self.decryption.is_empty();
        Ok(if is_for_all { Arc::clone(self.believed.get_or_init(|| believed)) } else { believed })
    }

    fn believed_now(&self, exchange: &mut Exchange) -> Result<Believed, Fault> {
        let tenant = self.tenant.get(exchange)?;
        let authority = match &self.authority {
            Some(authority) => authority.get(exchange)?,
            None => Authority::of(exchange.ports.providers.authority()),
        };
        let metadata = MetadataUrl { url: tenant.metadata(&authority).into(), hidden: tenant.hidden || authority.hidden };
        let trust = Trust {
            decryption: keys::held(&self.decryption, exchange)?,
            providers: vec![metadata],
            ..Trust::default()
        };
        Ok(Believed { trust, tenant, authority })
    }

    /// Whether tenant and authority are the same for every request.
    fn is_authority_fixed(&self) -> bool {
        self.tenant.fixed().is_some() && self.authority.as_ref().is_none_or(|authority| authority.fixed().is_some())
    }

    /// Whether it asks the same of every request's token.
    fn asks_the_same(&self) -> bool {
        let lists = [&self.audiences, &self.backends, &self.clients];
        let known = lists.into_iter().flatten().all(|text| text.fixed().is_some());
        known && self.is_authority_fixed() && self.claims.iter().all(RequiredClaim::is_fixed)
    }

    /// Judges what is known of the token now.
    fn end(&self, begun: Begun, outcome: Result<Outcome, Refusal>, exchange: &mut Exchange) -> StepResult {
        let Begun { spot, believed } = begun;
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(refusal) => return Err(self.answer.fault(refusal, exchange)?),
        };
        if let Some(refusal) = self.refusal(&outcome, &believed, exchange)? {
            return Err(self.answer.fault(refusal, exchange)?);
        }
        accepted::note(&self.name, &outcome.verified, spot.into_place(), self.variable.as_ref(), exchange)?;
        Ok(Flow::Next)
    }

    /// What is wrong with a token whose signature is good: times, audience, issuer, applications, claims, in this order.
    fn refusal(
        &self,
        outcome: &Outcome,
        believed: &Believed,
        exchange: &mut Exchange,
    ) -> Result<Option<Refusal>, Fault> {
        let token = outcome.token();
        let lifetime = Lifetime {
            now: exchange.ports.clock.now(),
            skew: SignedDuration::ZERO,
            expiration: Expiration::Required,
        };
        if let Err(problem) = lifetime.check(token) {
            return Ok(Some(problem.into()));
        }
        if self.accepts.as_ref().is_some_and(|policy| outcome.verified.is_accepted_by(policy)) {
            return Ok(None);
        }
        let refusal = self.claims_refusal(outcome, believed, exchange)?;
        if let (None, Some(policy)) = (&refusal, &self.accepts) {
            outcome.verified.accept(policy);
        }
        Ok(refusal)
    }

    /// What is wrong with what it claims, its times left aside.
    fn claims_refusal(
        &self,
        outcome: &Outcome,
        believed: &Believed,
        exchange: &mut Exchange,
    ) -> Result<Option<Refusal>, Fault> {
        let token = outcome.token();
        let audiences = claims::texts(&self.audiences, exchange)?;
        let backends = claims::texts(&self.backends, exchange)?;
        let clients = claims::texts(&self.clients, exchange)?;
        let Signer::Provider(provider) = &outcome.by else { return Ok(Some(Refusal::absent())) };
        let refusal = parties::audience_refusal(&audiences, token)
            .or_else(|| backend_refusal(&backends, token))
            .or_else(|| believed.tenant.issuer_refusal(token, &provider.issuer, &believed.authority))
            .or_else(|| client_refusal(&clients, token));
        match refusal {
            Some(refusal) => Ok(Some(refusal)),
            None => claims::refusal(&self.claims, token, exchange),
        }
    }
}

/// Whether the token is for another application. Entra writes the application as its id (v2) or as `api://` and the id.
fn backend_refusal(applications: &[Text], token: &Token) -> Option<Refusal> {
    let is_of = |audience: &str, id: &Text| {
        let bare = audience.strip_prefix("api://").unwrap_or(audience);
        bare.eq_ignore_ascii_case(id.as_str().trim())
    };
    let audiences = token.audiences();
    if applications.is_empty() || audiences.iter().any(|own| applications.iter().any(|id| is_of(own, id))) {
        return None;
    }
    let shown = jose::Shown::new(&audiences.join(", "));
    let message = format!("IDX10214: Audience validation failed. Audiences: '{shown}'. Did not match the backend applications.");
    Some(Refusal::denied(FaultKind::TokenAudienceNotAllowed, &message))
}

/// Whether another application asked for the token: `appid` of v1, `azp` of v2.
fn client_refusal(applications: &[Text], token: &Token) -> Option<Refusal> {
    if applications.is_empty() {
        return None;
    }
    let found = ["appid", "azp"].into_iter().find_map(|claim| Some((claim, token.text(claim)?)));
    let Some((claim, own)) = found else { return Some(claims::not_found(&["appid"])) };
    let is_allowed = applications.iter().any(|id| id.as_str().trim().eq_ignore_ascii_case(own));
    (!is_allowed).then(|| claims::not_allowed(claim, own))
}
