//! `secrets.toml` and `overlay.toml`, as [`crate::Overlay`] describes them.

use std::fmt::Write as _;

use model::{
    ApiSettings, BearerKeys, CallerKey, CallerToken, Certificate, Configuration, DateRule, ErrorDialect,
    SecretReference, Service, Subscription, SubscriptionKey, User, UserState,
};

use super::Writer;
use crate::write::json::quoted;

impl Writer<'_> {
    pub(super) fn overlay(&mut self, configuration: &Configuration) {
        let mut secrets = self.inside_secrets(configuration, "");
        configuration.certificates.iter().for_each(|each| self.certificate(each, &mut secrets));
        for authority in configuration.authorities.iter() {
            let Some(reference) = self.source_of(&authority.certificate) else { continue };
            let _ = writeln!(secrets, "\n[certificate-authorities.{}]", key(authority.id.as_str()));
            let _ = writeln!(secrets, "certificate = {}", place(reference));
        }
        let mut overlay = service(configuration);
        configuration.users.iter().for_each(|each| user(each, &mut overlay));
        overlay.push_str(&settings(configuration, ""));
        for workspace in configuration.workspaces.iter() {
            let prefix = format!("workspaces.{}.", key(workspace.id.as_str()));
            secrets.push_str(&self.inside_secrets(&workspace.contents, &prefix));
            overlay.push_str(&settings(&workspace.contents, &prefix));
        }
        for (path, text) in [("secrets.toml", secrets), ("overlay.toml", overlay)] {
            if !text.is_empty() {
                self.put(path, text.trim_start());
            }
        }
    }

    /// Where the secrets of a service, or of a workspace, are.
    fn inside_secrets(&self, configuration: &Configuration, prefix: &str) -> String {
        let mut text = String::new();
        for value in configuration.named_values.iter() {
            let Some(reference) = value.content.slot().and_then(|slot| self.source_of(slot)) else {
                continue;
            };
            if Self::says_itself(value, reference) {
                continue;
            }
            if text.is_empty() {
                let _ = writeln!(text, "\n[{prefix}named-values]");
            }
            let _ = writeln!(text, "{} = {}", key(value.name.as_str()), place(reference));
        }
        for subscription in configuration.subscriptions.iter() {
            self.keys(subscription, prefix, &mut text);
        }
        text
    }

    fn keys(&self, subscription: &Subscription, prefix: &str, text: &mut String) {
        let mut lines = String::new();
        for (word, slot) in [("primary", &subscription.primary), ("secondary", &subscription.secondary)] {
            let Some(SubscriptionKey::Known(slot)) = slot else { continue };
            if let Some(reference) = self.source_of(slot) {
                let _ = writeln!(lines, "{word} = {}", place(reference));
            }
        }
        if !lines.is_empty() {
            let _ = write!(text, "\n[{prefix}subscriptions.{}]\n{lines}", key(subscription.id.as_str()));
        }
    }

    fn certificate(&self, certificate: &Certificate, text: &mut String) {
        let (chain, key_of) = (self.source_of(&certificate.chain), self.source_of(&certificate.key));
        let (Some(chain), Some(key_of)) = (chain, key_of) else { return };
        let _ = writeln!(text, "\n[certificates.{}]", key(certificate.id.as_str()));
        let _ = writeln!(text, "chain = {}\nkey = {}", place(chain), place(key_of));
        if let Some(thumbprint) = &certificate.thumbprint {
            let _ = writeln!(text, "thumbprint = {}", string(thumbprint));
        }
    }
}

/// What is said of the service, and not by default.
fn service(configuration: &Configuration) -> String {
    let service = &configuration.service;
    let plain = Service::default();
    // The gateway that is meant says its name, not the folder.
    let chosen = configuration.gateway.as_ref().is_some_and(|it| it.id.as_str() == &*service.gateway_id);
    let mut lines = String::new();
    for (name, value, default) in [
        ("id", &service.id, &plain.id),
        ("name", &service.name, &plain.name),
        ("region", &service.region, &plain.region),
        ("gateway-id", &service.gateway_id, &plain.gateway_id),
    ] {
        if value != default && !(chosen && name == "gateway-id") {
            let _ = writeln!(lines, "{name} = {}", string(value));
        }
    }
    if service.subscription_dates != plain.subscription_dates {
        let rule = match service.subscription_dates {
            DateRule::Limits => "limit",
            DateRule::Informs => "inform",
        };
        let _ = writeln!(lines, "subscription-dates = {}", string(rule));
    }
    if lines.is_empty() { lines } else { format!("\n[service]\n{lines}") }
}

fn user(user: &User, text: &mut String) {
    let _ = writeln!(text, "\n[users.{}]", key(user.id.as_str()));
    let _ = writeln!(text, "email = {}", string(&user.email));
    for (name, value) in [("first-name", &user.first_name), ("last-name", &user.last_name)] {
        if !value.is_empty() {
            let _ = writeln!(text, "{name} = {}", string(value));
        }
    }
    let state = match user.state {
        UserState::Active => None,
        UserState::Blocked => Some("blocked"),
        UserState::Pending => Some("pending"),
        UserState::Deleted => Some("deleted"),
    };
    let date = user.registration_date.map(|date| date.to_string());
    for (name, value) in
        [("state", state), ("note", user.note.as_deref()), ("registration-date", date.as_deref())]
    {
        if let Some(value) = value {
            let _ = writeln!(text, "{name} = {}", string(value));
        }
    }
    if !user.groups.is_empty() {
        let groups: Vec<String> = user.groups.iter().map(|group| string(group.as_str())).collect();
        let _ = writeln!(text, "groups = [{}]", groups.join(", "));
    }
    if !user.identities.is_empty() {
        let identity = |each: &model::UserIdentity| {
            format!("{{ provider = {}, id = {} }}", string(&each.provider), string(&each.id))
        };
        let all: Vec<String> = user.identities.iter().map(identity).collect();
        let _ = writeln!(text, "identities = [{}]", all.join(", "));
    }
}

/// What API Management has no property for. All revisions of an API have the same.
fn settings(configuration: &Configuration, prefix: &str) -> String {
    let mut text = String::new();
    for api in configuration.apis.iter().filter(|api| api.id.revision().is_none()) {
        let lines = settings_of(api.settings);
        if !lines.is_empty() {
            let _ = write!(text, "\n[{prefix}apis.{}]\n{lines}", key(api.id.as_str()));
        }
    }
    text
}

fn settings_of(settings: ApiSettings) -> String {
    let said = [
        ("bearer-keys", settings.bearer_keys == BearerKeys::Accepted),
        ("forward-key", settings.caller_key == CallerKey::Forwarded),
        ("forward-token", settings.caller_token == CallerToken::Forwarded),
    ];
    let mut text: String =
        said.iter().filter(|(_, is_set)| *is_set).map(|(name, _)| format!("{name} = true\n")).collect();
    if settings.errors != ErrorDialect::Apim {
        let _ = writeln!(text, "errors = {}", string(settings.errors.as_str()));
    }
    text
}

fn place(reference: &SecretReference) -> String {
    match reference {
        SecretReference::Env(name) => format!("{{ env = {} }}", string(name)),
        SecretReference::File(path) => format!("{{ file = {} }}", string(&path.to_string_lossy())),
        SecretReference::Vault(vault) => {
            let identity = vault.identity_client_id.as_deref();
            let identity = identity.map(|id| format!(", identity = {}", string(id))).unwrap_or_default();
            format!("{{ vault = {}{identity} }}", string(&vault.secret.to_string()))
        }
    }
}

/// A name on the left side: bare where TOML takes it so.
fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { string(name) }
}

/// Text in quotation marks. What JSON escapes, TOML takes.
fn string(text: &str) -> String {
    let mut quoted_text = String::new();
    quoted(text, &mut quoted_text);
    quoted_text
}
