//! Whom the gateway talks with about identity: OpenID providers, where its own tokens come from, vaults.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use artifacts::SecretSource;
use identity::vault::{self, ChallengeResource, HostOverride};
use identity::{
    Calls, CertificateSource, Environment, GatewayTokens, Identity, OpenId, OpenIdSettings, Outbound, Source,
    TokenSettings, Transport, Verified, VerifiedSettings,
};
use model::{SecretBinding, SecretReference, VaultHosts};
use policy::{Clock, OpenIdProviders, TokenSource, VerifiedTokens};
use secret::{Secret, SecretSlot};

use super::known::Known;
use crate::settings::{IdentitySource, KnownIdentity, PlainHttp, Settings, SourceKind};
use crate::system::{SystemClock, SystemRng};

/// The parties, ready to be asked. Nobody has been asked yet.
pub(super) struct Parties {
    pub providers: Arc<dyn OpenIdProviders>,
    pub verified: Arc<dyn VerifiedTokens>,
    pub tokens: Arc<dyn TokenSource>,
    pub vaults: vault::Client,
    /// Secrets of the settings, which are read anew when their files change.
    pub own: Vec<SecretBinding>,
    /// What is to be saved of them.
    pub known: Known,
}

impl Parties {
    /// The parties that settings and environment name; `options` says how they are connected to.
    ///
    /// # Errors
    /// When a setting cannot be used, or a secret that it refers to cannot be read.
    pub(super) fn of(
        settings: &Settings,
        environment: &Environment,
        secrets: &dyn SecretSource,
        options: net::Options,
    ) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let transport: Arc<dyn Transport> = Arc::new(Outbound::new(settings.outbound.client(), options));
        let mut own = Own { settings, secrets, bindings: Vec::new() };
        let given = own.identity()?;
        let authority = given.authority_of(environment);
        let tokens = GatewayTokens::new(
            &given,
            environment,
            Arc::clone(&transport),
            Arc::clone(&clock),
            Arc::new(SystemRng),
        );
        let tokens = Arc::new(tokens.context("`identity` cannot be used")?);
        tracing::debug!(source = tokens.source(), "where tokens of the gateway come from");
        let providers = OpenId::new(&given, &authority, Arc::clone(&transport), Arc::clone(&clock));
        let providers = Arc::new(providers);
        let known = Known::new(Arc::clone(&providers), Arc::clone(&tokens), settings, environment);
        let vaults = vault::Client::new(vaults(settings, &given)?, Arc::clone(&tokens) as _, transport);
        Ok(Self {
            providers,
            verified: Arc::new(Verified::new(given.verified, clock)),
            tokens,
            vaults: vaults.context("`vault.overrides` cannot be used")?,
            own: own.bindings,
            known,
        })
    }
}

/// How identity's calls are made and how providers' keys are kept; the rest is as if nothing were set.
pub(crate) fn identity_calls(settings: &Settings) -> identity::Settings {
    let (given, tokens) = (&settings.identity, &settings.tokens);
    let seconds = Duration::from_secs;
    identity::Settings {
        plain_http: match given.plain_http {
            PlainHttp::Loopback => identity::PlainHttp::Loopback,
            PlainHttp::Anywhere => identity::PlainHttp::Anywhere,
        },
        calls: Calls { total_timeout: seconds(given.call_seconds), answer_bytes: given.answer_bytes },
        openid: OpenIdSettings {
            refresh: seconds(tokens.openid_refresh_seconds),
            min_interval: seconds(tokens.openid_interval_seconds),
            retry: seconds(tokens.openid_retry_seconds),
            max_age: seconds(tokens.openid_stale_seconds),
            capacity: tokens.openid_providers,
        },
        ..identity::Settings::default()
    }
}

/// Which vaults may be asked.
///
/// # Errors
/// When a host of the settings is none.
pub(crate) fn vault_hosts(settings: &Settings) -> anyhow::Result<VaultHosts> {
    let given = &settings.vault;
    VaultHosts::new(given.allowed_hosts.iter().map(String::as_str), &given.suffix)
        .context("`vault.allowed-hosts` or `vault.suffix` cannot be used")
}

fn vaults(settings: &Settings, identity: &identity::Settings) -> anyhow::Result<vault::Settings> {
    let given = &settings.vault;
    let address =
        |each: &crate::settings::VaultHost| HostOverride { host: each.host.clone(), base: each.base.clone() };
    Ok(vault::Settings {
        hosts: vault_hosts(settings)?,
        overrides: given.overrides.iter().map(address).collect(),
        plain_http: identity.plain_http,
        calls: identity.calls,
        api_version: given.api_version.clone(),
        challenge_resource: match given.verify_challenge_resource {
            true => ChallengeResource::Verified,
            false => ChallengeResource::Believed,
        },
        concurrency: given.concurrency,
    })
}

/// The settings of identity, with the secrets that they refer to.
struct Own<'a> {
    settings: &'a Settings,
    secrets: &'a dyn SecretSource,
    bindings: Vec<SecretBinding>,
}

impl Own<'_> {
    fn identity(&mut self) -> anyhow::Result<identity::Settings> {
        let given = &self.settings.identity;
        let seconds = Duration::from_secs;
        let tokens = &self.settings.tokens;
        let identities =
            given.identities.iter().map(|each| self.known(each)).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(identity::Settings {
            authority: given.authority.clone(),
            imds: given.imds.clone(),
            source: self.source(given.source.as_ref(), "identity.source")?,
            system: given.system.as_deref().map(|id| system(id, &identities)),
            identities,
            tokens: TokenSettings {
                renew_before: seconds(given.renew_before_seconds),
                retry: seconds(given.retry_seconds),
                attempts: given.attempts,
                backoff: Duration::from_millis(given.backoff_milliseconds),
                ..TokenSettings::default()
            },
            verified: VerifiedSettings {
                capacity: tokens.verified,
                max_age: seconds(tokens.verified_seconds),
            },
            ..identity_calls(self.settings)
        })
    }

    fn known(&mut self, given: &KnownIdentity) -> anyhow::Result<Identity> {
        Ok(Identity {
            client_id: given.client_id.clone(),
            object_id: given.object_id.clone(),
            resource_id: given.resource_id.clone(),
            source: self.source(given.source.as_ref(), "identity.identities.source")?,
        })
    }

    fn source(&mut self, given: Option<&IdentitySource>, place: &str) -> anyhow::Result<Option<Source>> {
        let Some(given) = given else { return Ok(None) };
        let need = |value: &Option<String>, name: &str| {
            value.clone().with_context(|| format!("`{place}` needs `{name}` for its kind"))
        };
        let file = |value: &Option<std::path::PathBuf>, name: &str| {
            let path = value.as_deref().with_context(|| format!("`{place}` needs `{name}` for its kind"))?;
            anyhow::Ok(self.settings.beside(path))
        };
        Ok(Some(match given.kind {
            SourceKind::ClientSecret => Source::ClientSecret {
                tenant: need(&given.tenant, "tenant")?,
                client_id: need(&given.client_id, "client-id")?,
                secret: self.secret(given, place)?,
            },
            SourceKind::ClientCertificate => Source::ClientCertificate {
                tenant: need(&given.tenant, "tenant")?,
                client_id: need(&given.client_id, "client-id")?,
                certificate: CertificateSource::File(file(&given.certificate_file, "certificate-file")?),
            },
            SourceKind::FederatedToken => Source::FederatedToken {
                tenant: need(&given.tenant, "tenant")?,
                client_id: need(&given.client_id, "client-id")?,
                file: file(&given.token_file, "token-file")?,
            },
            SourceKind::AppService => Source::AppService {
                endpoint: need(&given.endpoint, "endpoint")?,
                header: self.read(&self.reference(given, place)?)?,
            },
            SourceKind::Arc => Source::Arc {
                endpoint: need(&given.endpoint, "endpoint")?,
                challenge_directory: given
                    .challenge_directory
                    .as_deref()
                    .map(|path| self.settings.beside(path)),
            },
            SourceKind::Imds => Source::Imds,
        }))
    }

    /// Where the secret of a source is.
    fn reference(&self, given: &IdentitySource, place: &str) -> anyhow::Result<SecretReference> {
        let beside = |path: &Path| SecretReference::File(self.settings.beside(path).into());
        match (&given.secret_file, &given.secret_env) {
            (Some(path), None) => Ok(beside(path)),
            (None, Some(name)) => Ok(SecretReference::Env(name.clone())),
            _ => bail!("`{place}` needs either `secret-file` or `secret-env` for its kind"),
        }
    }

    fn read(&self, reference: &SecretReference) -> anyhow::Result<Secret> {
        Ok(self.secrets.read(reference)?)
    }

    fn secret(&mut self, given: &IdentitySource, place: &str) -> anyhow::Result<SecretSlot> {
        let reference = self.reference(given, place)?;
        let slot = SecretSlot::holding(format!("{place}.secret"), self.read(&reference)?);
        self.bindings.push(SecretBinding { slot: slot.clone(), reference, at: None });
        Ok(slot)
    }
}

/// The identity that stands for the system-assigned one: one that is known by that id, otherwise one with that client
/// id.
fn system(id: &str, known: &[Identity]) -> Identity {
    let is = |own: &Option<String>| own.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(id));
    let named = |each: &&Identity| is(&each.client_id) || is(&each.object_id) || is(&each.resource_id);
    let unknown = || Identity { client_id: Some(id.to_owned()), ..Identity::default() };
    known.iter().find(named).cloned().unwrap_or_else(unknown)
}
