//! The backend of a model service, and the key that it takes.

use artifacts::write::{
    BACKEND_ORDER, Object, Value, information, json, places, secret_named_value, single_backend,
    vault_named_value,
};
use model::{BackendId, NamedValueId, SecretReference};
use source::{Diagnostic, SourceFile};
use url::Url;

use super::{Credential, Making, key_credentials};
use crate::{Plan, overlay};

impl Making<'_> {
    /// COMPAT: the product names the backend after the API, with what it is behind it.
    pub(super) fn backend_id(&self) -> Result<BackendId, Diagnostic> {
        let root = self.request.api.root();
        let kind = if self.request.service.is_azure() { "openai-endpoint" } else { "ai-endpoint" };
        BackendId::new(&format!("{root}-{kind}"))
            .map_err(|error| Diagnostic::error("invalid-name", error.to_string()))
    }

    /// The backend. What somebody added to one that is there stays.
    pub(super) fn backend(&mut self, id: &BackendId, url: &Url) -> Result<(), Diagnostic> {
        let title = self.request.title.as_ref().map_or(self.request.service.title(), |it| it.as_str());
        let mut properties = single_backend(title, url.as_str().trim_end_matches('/'));
        if let Credential::Key { at, header } = &self.request.credential {
            let default = self.request.service.is_azure().then_some("api-key");
            let name = self.key(at)?;
            let credentials = key_credentials(header.as_deref().or(default), &format!("{{{{{name}}}}}"));
            properties.set_in_order("credentials", credentials, &BACKEND_ORDER);
        }
        let path = places::backend_information(id);
        let text = match self.read(&path)? {
            None => information(properties),
            Some(bytes) => merged(&path, &bytes, &properties)?,
        };
        self.plan.write(path, text);
        Ok(())
    }

    /// The named value of the key, by its name.
    fn key(&mut self, at: &SecretReference) -> Result<String, Diagnostic> {
        let name = key_name(self.request.api.root().as_str());
        named_key(self.plan, &name, at)?;
        if let Some(place) = place(at) {
            let left = overlay::key(&name);
            self.line(overlay::SECRETS, ("named-values", &left, &place))?;
        }
        Ok(name)
    }
}

/// The name of a named value for the key of something.
pub(crate) fn key_name(of: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let name: String = of.chars().map(|c| if fits(c) { c } else { '-' }).collect();
    format!("{name}-key")
}

/// Plans a secret named value.
pub(crate) fn named_key(plan: &mut Plan, name: &str, at: &SecretReference) -> Result<(), Diagnostic> {
    let id = NamedValueId::new(name).map_err(|error| Diagnostic::error("invalid-name", error.to_string()))?;
    let properties = match at {
        SecretReference::Vault(vault) => {
            vault_named_value(name, &vault.secret.to_string(), vault.identity_client_id.as_deref())
        }
        SecretReference::Env(_) | SecretReference::File(_) => secret_named_value(name),
    };
    plan.write(places::named_value_information(&id), information(properties));
    Ok(())
}

/// The place of a secret as `secrets.toml` has it; none for a vault, which the named value itself names.
pub(crate) fn place(at: &SecretReference) -> Option<String> {
    match at {
        SecretReference::Env(name) => Some(format!("{{ env = {} }}", overlay::string(name))),
        SecretReference::File(path) => {
            Some(format!("{{ file = {} }}", overlay::string(&path.to_string_lossy())))
        }
        SecretReference::Vault(_) => None,
    }
}

fn merged(path: &str, bytes: &[u8], properties: &Object) -> Result<String, Diagnostic> {
    let file = SourceFile::new(path, String::from_utf8_lossy(bytes).into_owned());
    let before = json::read(&file)?;
    let Value::Object(mut whole) = before.clone() else {
        return Err(Diagnostic::error("wrong-type", format!("`{path}` does not hold an object")));
    };
    let mut there = whole.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    for name in ["credentials", "url"] {
        if let Some(value) = properties.get(name) {
            there.set_in_order(name, value.clone(), &BACKEND_ORDER);
        }
    }
    whole.set("properties", there);
    let after = Value::Object(whole);
    Ok(if after == before { file.text().to_owned() } else { json::text(&after) })
}
