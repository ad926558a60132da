//! `validate-jwt`: lets requests in whose token is signed by whom it should be and claims what it should.
//!
//! ```xml
//! <validate-jwt header-name="Authorization" require-scheme="Bearer">
//!     <openid-config url="https://login.example/.well-known/openid-configuration" />
//!     <audiences><audience>api://chat</audience></audiences>
//!     <required-claims><claim name="roles"><value>Chat.User</value></claim></required-claims>
//! </validate-jwt>
//! ```
//!
//! It never asks whoever made a token whether it still stands; what counts is signature, times and claims.

use std::sync::Arc;

use expr::{Exception, Expected, Facts, Heap, Text, Value};
use jiff::SignedDuration;
use jose::{DecryptionKey, Expiration, Key, Lifetime};
use policy::spec::{Example, Kind, Order, Repeat, attribute, child, text};
use policy::{Accepts, Action, CompileCx, Effect, Exchange, Fault, Flow, NotNegative, PolicySpec, Ports, Reader, Reported, RunAsync, Scopes, Sections, Setting, SettingValue, StepFuture, StepResult, anywhere, is_heavy};
use source::Diagnostic;

use crate::parts::token::claims::{self, RequiredClaim};
use crate::parts::token::keys::{self, ConfiguredKey};
use crate::parts::token::parties;
use crate::parts::token::place::{self, Found, Place, Spot};
use crate::parts::token::refusal::{self, Answer, Refusal};
use crate::parts::token::verify::{self, MetadataUrl, Outcome, Signer, Trust};
use crate::parts::token::accepted;
use crate::parts::refusal as refuse;

pub(crate) const SPEC: PolicySpec = PolicySpec {
    element: "validate-jwt",
    summary: "Lets requests in whose JSON Web Token is signed by whom it should be and claims what it should.",
    sections: Sections::INBOUND,
    scopes: Scopes::ALL,
    repeat: Repeat::Many,
    attributes: &[
        place::HEADER,
        place::QUERY,
        place::VALUE,
        refusal::STATUS,
        refusal::MESSAGE,
        attribute("require-expiration-time", Kind::Bool, "Whether a token without `exp` is refused.").default("true"),
        attribute("require-scheme", Kind::String, "The scheme that must stand before the token in `Authorization`."),
        attribute("require-signed-tokens", Kind::Bool, "Whether a token without a signature is refused.")
            .default("true"),
        attribute("clock-skew", Kind::Seconds, "How far the clocks of signer and gateway may be apart.").default("0"),
        accepted::VARIABLE,
    ],
    children: &[
        child("openid-config", "An OpenID provider, which vouches for the tokens of its own issuer.").attributes(&[
            attribute("url", Kind::String, "The full URL of its metadata.").required().literal(),
        ]),
        keys::SIGNING_KEYS,
        keys::DECRYPTION_KEYS,
        parties::AUDIENCES,
        child("issuers", "Who may have made the token.").times(0, 1).children(&[child(
            "issuer",
            "An issuer, compared as it is written.",
        )
        .times(1, u32::MAX)
        .children(&[text("The issuer.").times(1, 1)])]),
        claims::REQUIRED_CLAIMS,
    ],
    order: Order::AsDeclared,
    reads: Facts::NONE,
    notes: &[
        "Exactly one of `header-name`, `query-parameter-name` and `token-value` says where the token is. In \
         `Authorization` a scheme stands before it; in any other header the token stands alone, and `require-scheme` has \
         no effect. A header or parameter that is there twice is refused.",
        "Checked are, in this order: signature, times, audience, issuer, required claims. Every key that may be meant is \
         tried. Signatures may be HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 and ES512; \
         the kind of a key decides which of them it can verify, never the token. A symmetric key needs 128 bits, an RSA \
         key 1024.",
        "Encrypted tokens must hold a signed one. They may be encrypted with A128CBC-HS256, A192CBC-HS384, A256CBC-HS512 \
         or AES-GCM, for a shared secret or the private key of a certificate.",
        "Keys of a provider are kept; a `kid` that is not among them has them fetched anew, but not more often than \
         the settings allow. When a provider cannot be reached, what was fetched before serves on; with nothing fetched \
         before, the token is refused.",
        "That a signature is good is remembered until the token expires, together with the keys that said so; that it is \
         not, for a minute. Times are checked every time, claims whenever the policy or what it asks for is another.",
        "With `openid-config`, the issuer that the provider's metadata names is allowed besides those of `issuers`. \
         Without either, any issuer is. A provider vouches for its own issuer, not for that of another `openid-config`; \
         list the issuer under `issuers` if its tokens are signed with keys of another provider's metadata.",
        "Without `audiences`, any audience is allowed.",
        "The values of a claim are the elements of an array, or its text, taken apart at `separator` if there is one. \
         Numbers and booleans compare as JSON writes them. An empty array and null count as a missing claim. A `claim` \
         without `value` must be there. `match` is about the values of one claim; every `claim` must hold.",
        "Where a token says that claims of it stand elsewhere (`_claim_names`, `hasgroups`: Entra's group overage), the \
         claim is neither there nor missing: required, the token is refused, and reading it from the `Jwt` in an \
         expression fails.",
        "A `key` is Base64 text (symmetric), a certificate of `overlay.toml`, or `n` and `e` in Base64url. Secret named \
         values and certificates may be rotated while the gateway runs.",
        "A token that was found good is not forwarded to a backend that has a credential of its own, unless the API asks \
         for it.",
        "No answer has a `WWW-Authenticate`. Callers are told `JWT not present.`, `Invalid JWT.`, or which claim is \
         missing or not allowed, unless `failed-validation-error-message` says something else.",
    ],
    differences: &[
        "A token that a provider signed must name that provider's issuer, or one of `issuers`. API Management pools keys \
         and issuers of several `openid-config`.",
        "Group overage is never taken as \"no groups\".",
        "A token in a header or query parameter that is there twice is refused.",
    ],
    source: "https://learn.microsoft.com/azure/api-management/validate-jwt-policy",
    examples: &[
        Example {
            title: "Tokens of a provider, with a role",
            document: r#"<validate-jwt header-name="Authorization" require-scheme="Bearer" output-token-variable-name="jwt">
    <openid-config url="https://login.example/.well-known/openid-configuration" />
    <audiences>
        <audience>api://chat</audience>
    </audiences>
    <required-claims>
        <claim name="roles" match="any">
            <value>Chat.User</value>
            <value>Chat.Admin</value>
        </claim>
    </required-claims>
</validate-jwt>
<set-header name="X-Caller" exists-action="override">
    <value>@(((Jwt)context.Variables["jwt"]).Subject)</value>
</set-header>"#,
            when: "key k1 RS256\nprovider https://login.example/.well-known/openid-configuration = https://login.example keys k1\ntoken good k1 {\"iss\":\"https://login.example\",\"aud\":\"api://chat\",\"sub\":\"ada\",\"roles\":[\"Chat.User\"],\"exp\":1767229200}\n> GET /\n> Authorization: Bearer {token good}",
            then: "> GET /\n> X-Caller: ada\n< 200",
        },
        Example {
            title: "Tokens signed with a shared secret",
            document: r#"<validate-jwt header-name="Authorization">
    <issuer-signing-keys>
        <key>{{signing-key}}</key>
    </issuer-signing-keys>
</validate-jwt>"#,
            when: "secret signing-key = c2l4dGVlbiBieXRlcyBhdCBsZWFzdA==\n> GET /",
            then: "no call\n< 401 Unauthorized\n<\n< { \"statusCode\": 401, \"message\": \"JWT not present.\" }\nerror reason = TokenNotPresent",
        },
    ],
};

/// `validate-jwt`, compiled.
#[derive(Debug)]
struct ValidateJwt {
    place: Place,
    scheme: Option<Setting<Text>>,
    answer: Answer,
    expiration: Setting<bool>,
    signed: Setting<bool>,
    skew: Setting<NotNegative>,
    variable: Option<Arc<str>>,
    providers: Vec<Setting<Metadata>>,
    keys: Vec<ConfiguredKey<Key>>,
    decryption: Vec<ConfiguredKey<DecryptionKey>>,
    audiences: Vec<Setting<Text>>,
    issuers: Vec<Setting<Text>>,
    claims: Vec<RequiredClaim>,
    name: Arc<str>,
    /// Whom to believe, where that is the same for every request.
    trust: Option<Arc<Trust>>,
    /// Stands for this policy where what it wants of claims is the same for every request.
    accepts: Option<Arc<Accepts>>,
}

/// The URL of a provider's metadata.
#[derive(Clone, Debug)]
struct Metadata(MetadataUrl);

impl SettingValue for Metadata {
    fn expected() -> Expected {
        Expected::String
    }

    fn from_text(text: &Text) -> Result<Self, String> {
        let url = text.as_str().trim();
        let fits = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        match fits.filter(|rest| !rest.is_empty() && !rest.starts_with('/') && !url.contains(char::is_whitespace)) {
            Some(_) => Ok(Self(MetadataUrl { url: url.into(), hidden: text.is_tainted() })),
            None => Err("it must be a URL that begins with `https://`".to_owned()),
        }
    }

    fn from_value(_: Value, _: &Heap) -> Result<Self, Exception> {
        Err(Exception::invalid_cast())
    }
}

fn rules(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<ValidateJwt, Reported> {
    let place = place::compile(reader, cx).and_then(|place| place.ok_or_else(|| place::missing(reader, cx)));
    let scheme = reader.optional("require-scheme", cx);
    let answer = Answer::compile(reader, cx);
    let expiration = reader.or("require-expiration-time", true, cx);
    let signed = reader.or("require-signed-tokens", true, cx);
    let skew = reader.or("clock-skew", NotNegative(0), cx);
    let variable = accepted::variable(reader, cx);
    let providers: Vec<_> = reader.children("openid-config").map(|config| config.required("url", cx)).collect();
    let keys = keys::compile(reader, "issuer-signing-keys", cx, keys::numbers);
    let decryption = keys::compile(reader, "decryption-keys", cx, keys::no_numbers);
    let audiences = parties::list(reader, "audiences", "audience", cx);
    let issuers = parties::list(reader, "issuers", "issuer", cx);
    let claims = claims::compile(reader, cx);
    let policy = ValidateJwt {
        place: place?,
        scheme: scheme?,
        answer: answer?,
        expiration: expiration?,
        signed: signed?,
        skew: skew?,
        variable: variable?,
        providers: providers.into_iter().collect::<Result<_, _>>()?,
        keys: keys?,
        decryption: decryption?,
        audiences: audiences?,
        issuers: issuers?,
        claims: claims?,
        name: SPEC.element.into(),
        trust: None,
        accepts: None,
    };
    policy.warn(reader, cx);
    Ok(policy.prepared())
}

pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Action, Reported> {
    let (rules, facts) = cx.facts_of(|cx| rules(reader, cx));
    cx.note_facts(facts);
    Ok(Action::Async(Box::new(Running { rules: Arc::new(rules?), facts })))
}

/// `validate-jwt` with what its expressions read.
#[derive(Debug)]
struct Running {
    rules: Arc<ValidateJwt>,
    facts: Facts,
}

impl RunAsync for Running {
    fn run<'a>(&'a self, exchange: &'a mut Exchange, ports: &'a Ports) -> StepFuture<'a> {
        Box::pin(self.validate(exchange, ports))
    }

    fn effect(&self) -> Effect {
        Effect::ValidatesToken(self.rules.place.known())
    }

    fn providers(&self, _authority: &str) -> Vec<String> {
        self.rules.providers.iter().filter_map(|url| url.now().map(|Metadata(at)| at.url.to_string())).collect()
    }
}

impl Running {
    async fn validate(&self, exchange: &mut Exchange, ports: &Ports) -> StepResult {
        if is_heavy(self.facts, exchange) {
            // Rare, and a large future.
            return Box::pin(self.validate_apart(exchange, ports)).await;
        }
        let (spot, trust) = self.rules.begin(exchange)?;
        let outcome = verify::judge(&spot, &trust, exchange, ports).await;
        self.rules.end(spot, outcome, exchange)
    }

    /// The same, with expressions that may take long.
    async fn validate_apart(&self, exchange: &mut Exchange, ports: &Ports) -> StepResult {
        let rules = Arc::clone(&self.rules);
        let (spot, trust) = anywhere(self.facts, exchange, move |exchange| rules.begin(exchange)).await?;
        let outcome = verify::judge(&spot, &trust, exchange, ports).await;
        let rules = Arc::clone(&self.rules);
        anywhere(self.facts, exchange, move |exchange| rules.end(spot, outcome, exchange)).await
    }
}

impl ValidateJwt {
    fn warn(&self, reader: &Reader<'_>, cx: &mut CompileCx<'_>) {
        if self.place.has_no_scheme() {
            let why = "a scheme stands in `Authorization` only; elsewhere the token stands alone";
            refuse::without_effect(reader, "require-scheme", why, cx);
        }
        if self.providers.is_empty() && self.keys.is_empty() && self.signed.fixed() == Some(&true) {
            let message = "this `validate-jwt` has no key, so that it refuses every token";
            let diagnostic = Diagnostic::warning("no-key", message).at(reader.location());
            cx.report(diagnostic.help("add an `openid-config` or `issuer-signing-keys`"));
        }
        if self.signed.fixed() == Some(&false) {
            let message = "tokens that nobody signed are accepted here: anybody can write one";
            let diagnostic = Diagnostic::warning("unsigned-tokens", message);
            cx.report(diagnostic.at(reader.location_of("require-signed-tokens")));
        }
    }

    /// Finds the token, and whom to believe.
    fn begin(&self, exchange: &mut Exchange) -> Result<(Spot, Arc<Trust>), Fault> {
        let scheme = self.scheme.as_ref().map(|scheme| scheme.get(exchange)).transpose()?;
        let scheme = scheme.as_ref().map(|text| text.as_str().trim()).filter(|text| !text.is_empty());
        let spot = match self.place.find(scheme, exchange)? {
            Found::Token(spot) => spot,
            Found::Absent => return Err(self.answer.fault(Refusal::absent(), exchange)?),
            Found::Several => return Err(self.answer.fault(Refusal::several(), exchange)?),
        };
        let trust = match &self.trust {
            Some(trust) => Arc::clone(trust),
            None => Arc::new(self.trust(exchange)?),
        };
        Ok((spot, trust))
    }

    /// Judges what is known of the token now.
    fn end(
        &self,
        spot: Spot,
        outcome: Result<Outcome, Refusal>,
        exchange: &mut Exchange,
    ) -> StepResult {
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(refusal) => return Err(self.answer.fault(refusal, exchange)?),
        };
        if let Some(refusal) = self.refusal(&outcome, exchange)? {
            return Err(self.answer.fault(refusal, exchange)?);
        }
        accepted::note(&self.name, &outcome.verified, spot.into_place(), self.variable.as_ref(), exchange)?;
        Ok(Flow::Next)
    }

    fn trust(&self, exchange: &mut Exchange) -> Result<Trust, Fault> {
        let providers = self.providers.iter().map(|url| url.get(exchange).map(|Metadata(url)| url));
        let providers = providers.collect::<Result<_, _>>()?;
        Ok(Trust {
            keys: keys::held(&self.keys, exchange)?,
            decryption: keys::held(&self.decryption, exchange)?,
            providers,
            unsigned: !self.signed.get(exchange)?,
        })
    }

    /// With what needs to be made only once, as far as that is known.
    fn prepared(self) -> Self {
        let known = |texts: &[Setting<Text>]| texts.iter().all(|text| text.fixed().is_some());
        let same_claims =
            known(&self.audiences) && known(&self.issuers) && self.claims.iter().all(RequiredClaim::is_fixed);
        let providers: Option<Vec<_>> =
            self.providers.iter().map(|url| url.fixed().map(|Metadata(at)| at.clone())).collect();
        let trust = match (providers, self.signed.fixed()) {
            (Some(providers), Some(signed)) if self.keys.is_empty() && self.decryption.is_empty() => {
                Some(Arc::new(Trust { providers, unsigned: !signed, ..Trust::default() }))
            }
            _ => None,
        };
        Self { trust, accepts: same_claims.then(Accepts::new), ..self }
    }

    /// What is wrong with a token whose signature is good: times, audience, issuer, claims, in this order.
    ///
    /// COMPAT: the order of `JwtSecurityTokenHandler`; claims are looked at by the policy itself, after it.
    fn refusal(&self, outcome: &Outcome, exchange: &mut Exchange) -> Result<Option<Refusal>, Fault> {
        let token = outcome.token();
        let NotNegative(skew) = self.skew.get(exchange)?;
        let expiration = if self.expiration.get(exchange)? { Expiration::Required } else { Expiration::Optional };
        let now = exchange.ports.clock.now();
        let lifetime = Lifetime { now, skew: SignedDuration::from_secs(skew.into()), expiration };
        if let Err(problem) = lifetime.check(token) {
            return Ok(Some(problem.into()));
        }
        // Who signed it is remembered with it, so that its issuer need not be compared again either.
        let accepts = self.accepts.as_ref().filter(|_| matches!(outcome.by, Signer::Provider(_)));
        if accepts.is_some_and(|policy| outcome.verified.is_accepted_by(policy)) {
            return Ok(None);
        }
        let refusal = self.claims_refusal(outcome, exchange)?;
        if let (None, Some(policy)) = (&refusal, accepts) {
            outcome.verified.accept(policy);
        }
        Ok(refusal)
    }

    /// What is wrong with what it claims, its times left aside.
    fn claims_refusal(&self, outcome: &Outcome, exchange: &mut Exchange) -> Result<Option<Refusal>, Fault> {
        let token = outcome.token();
        let audiences = claims::texts(&self.audiences, exchange)?;
        if let Some(refusal) = parties::audience_refusal(&audiences, token) {
            return Ok(Some(refusal));
        }
        let issuers = claims::texts(&self.issuers, exchange)?;
        if let Some(refusal) = issuer_refusal(&issuers, self.providers.is_empty(), outcome) {
            return Ok(Some(refusal));
        }
        claims::refusal(&self.claims, token, exchange)
    }
}

fn issuer_refusal(listed_issuers: &[Text], without_providers: bool, outcome: &Outcome) -> Option<Refusal> {
    if listed_issuers.is_empty() && without_providers {
        return None;
    }
    let issuer = outcome.token().issuer();
    let is_of = |provider: &policy::Provider| Some(&*provider.issuer) == issuer;
    let vouched = match &outcome.by {
        Signer::Provider(provider) => is_of(provider),
        // The author trusts these keys as such.
        Signer::Document | Signer::Nobody => outcome.providers.iter().any(|provider| is_of(provider)),
    };
    if vouched || listed_issuers.iter().any(|each| Some(each.as_str()) == issuer) {
        return None;
    }
    Some(parties::wrong_issuer(issuer, &parties::listed(listed_issuers)))
}
