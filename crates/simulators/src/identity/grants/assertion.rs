//! Client assertions (RFC 7523): signed with a certificate's key, or by another issuer that the application trusts.

use jose::{Allowed, Key, KeySet, Limits, SignatureAlgorithm, Unverified};
use serde_json::{Map, Value};

use super::Call;
use crate::identity::directory::{App, Federated, FederatedIssuer};
use crate::identity::refusal::Refusal;
use crate::signing::{self, Fault};

/// COMPAT: "PS256 for the signature"; RS256 is still taken.
const ALGORITHMS: [SignatureAlgorithm; 2] = [SignatureAlgorithm::Rs256, SignatureAlgorithm::Ps256];

impl Call<'_> {
    /// Whether `assertion` proves that `client` calls.
    pub(super) fn asserted(&self, client: &App, assertion: &str) -> Result<(), Refusal> {
        let token = Unverified::parse(assertion, &Limits::default()).map_err(|_| malformed())?;
        let issuer = text(token.claims(), "iss");
        if issuer.is_empty() {
            return Err(malformed());
        }
        if issuer.starts_with("https://") {
            self.federated(client, &token, issuer)
        } else {
            self.certified(client, &token)
        }
    }

    /// Signed with the key of a certificate that the application has.
    fn certified(&self, client: &App, token: &Unverified) -> Result<(), Refusal> {
        let keys = client.certificates.iter().filter_map(|pem| Key::certificate_pem(pem.as_bytes()).ok());
        let keys = KeySet::new(keys);
        // COMPAT: Microsoft's Python library pads them, which RFC 7515 does not.
        let thumbprint = text(token.header(), "x5t").trim_end_matches('=');
        let by_sha256 = text(token.header(), "x5t#S256").trim_end_matches('=');
        let known = |key: &&Key| key.x5t() == Some(thumbprint) || key.x5t_s256() == Some(by_sha256);
        let Some(key) = keys.keys().iter().find(known) else {
            return Err(unknown_certificate(thumbprint, by_sha256));
        };
        token.verify([key], &Allowed::only(ALGORITHMS)).map_err(|_| wrong_signature(thumbprint))?;
        let claims = token.claims();
        signing::times(claims, self.now).map_err(|_| self.out_of_time(claims))?;
        let same = |name| text(claims, name).eq_ignore_ascii_case(&client.id);
        if !same("iss") || !same("sub") {
            let why = "Client assertion application identifier doesn't match 'client_id' parameter.";
            return Err(Refusal::client(700_021, why));
        }
        if !signing::audiences(claims).any(|audience| self.is_own(audience)) {
            let why = "Client assertion audience claim does not match Realm issuer.";
            return Err(Refusal::client(700_023, why));
        }
        self.fresh(client, claims)
    }

    /// An assertion is good once. (?) Entra's pages ask for a `jti` without saying what a second use gives.
    fn fresh(&self, client: &App, claims: &Map<String, Value>) -> Result<(), Refusal> {
        let id = text(claims, "jti");
        if !id.is_empty() && self.state.store.assertions.is_new(&format!("{} {id}", client.id)) {
            return Ok(());
        }
        Err(Refusal::client(50_013, "Assertion is invalid: 'jti' is missing or was used before."))
    }

    /// Whether an assertion's audience is this tenant's token endpoint or issuer.
    fn is_own(&self, audience: &str) -> bool {
        let Some((host, path)) = audience.strip_prefix("https://").and_then(|rest| rest.split_once('/'))
        else {
            return false;
        };
        let Some((tenant, rest)) = path.split_once('/') else { return false };
        let named =
            tenant.eq_ignore_ascii_case(&self.tenant.id) || tenant.eq_ignore_ascii_case(&self.tenant.domain);
        let place = matches!(rest, "oauth2/v2.0/token" | "oauth2/token" | "v2.0" | "");
        self.state.is_host(host) && named && place
    }

    /// Signed by an issuer that a federated credential of the application names.
    fn federated(&self, client: &App, token: &Unverified, issuer: &str) -> Result<(), Refusal> {
        let by_issuer: Vec<&Federated> =
            client.federated.iter().filter(|one| self.issuer(&one.issuer) == issuer).collect();
        if by_issuer.is_empty() {
            return Err(no_match(700_211, "issuer", issuer));
        }
        let claims = token.claims();
        let subject = text(claims, "sub");
        let by_subject: Vec<&&Federated> = by_issuer.iter().filter(|one| one.subject == subject).collect();
        if by_subject.is_empty() {
            return Err(no_match(700_213, "subject", subject));
        }
        let accepted = |audience: &str| by_subject.iter().any(|one| one.audience == audience);
        if !signing::audiences(claims).any(accepted) {
            let shown: Vec<&str> = signing::audiences(claims).collect();
            return Err(no_match(700_212, "audience", &shown.join(" ")));
        }
        match self.state.foreign(token, issuer, self.now) {
            Ok(()) => Ok(()),
            Err(Fault::Time) => Err(self.out_of_time(claims)),
            Err(_) => Err(Refusal::client(50_013, "Assertion failed signature validation.")),
        }
    }

    fn issuer(&self, issuer: &FederatedIssuer) -> String {
        match issuer {
            FederatedIssuer::Cluster => self.state.cluster_issuer(),
            FederatedIssuer::Url(url) => url.clone(),
        }
    }

    fn out_of_time(&self, claims: &Map<String, Value>) -> Refusal {
        let shown = |seconds: u64| {
            let time = i64::try_from(seconds).ok().and_then(|now| jiff::Timestamp::from_second(now).ok());
            time.unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S.0000000Z").to_string()
        };
        let of = |name: &str| shown(signing::time(claims, name).unwrap_or_default());
        let why = format!(
            "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry time \
             of assertion {}. Review the documentation at \
             https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
            shown(self.now),
            of("nbf"),
            of("exp")
        );
        Refusal::client(700_024, why)
    }
}

fn text<'a>(of: &'a Map<String, Value>, name: &str) -> &'a str {
    of.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn malformed() -> Refusal {
    Refusal::client(50_027, "JWT token is invalid or malformed.")
}

fn unknown_certificate(thumbprint: &str, by_sha256: &str) -> Refusal {
    let shown = if thumbprint.is_empty() { by_sha256 } else { thumbprint };
    let why = format!(
        "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The \
         key was not found., Thumbprint of key used by client: '{shown}']"
    );
    Refusal::client(700_027, why)
}

fn wrong_signature(thumbprint: &str) -> Refusal {
    let why = format!(
        "Client assertion failed signature validation. [Reason - The provided signature value did not match the expected \
         signature value., Thumbprint of key used by client: '{thumbprint}']"
    );
    Refusal::client(700_027, why)
}

fn no_match(code: u32, what: &str, value: &str) -> Refusal {
    let why = format!(
        "No matching federated identity record found for presented assertion {what} '{value}'. Check your federated \
         identity credential Subject, Audience and Issuer against the presented assertion. \
         https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
    );
    Refusal::client(code, why)
}
