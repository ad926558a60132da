//! Where names hold: the service, or one of its workspaces.

use std::collections::HashMap;
use std::sync::Arc;

use model::{ApiId, Configuration, NamedValueContent, Product, SecretBinding, WorkspaceId};
use secret::SecretSlot;
use source::SourceFile;

/// Two realms of one name.
pub(crate) struct Both<'a> {
    pub(crate) a: Realm<'a>,
    pub(crate) b: Realm<'a>,
}

/// The service, or one of its workspaces.
#[derive(Clone)]
pub(crate) struct Realm<'a> {
    /// The workspace's name.
    name: Option<&'a WorkspaceId>,
    /// What is in it; none when the workspace is not there.
    own: Option<&'a Configuration>,
    /// The whole service.
    service: &'a Configuration,
    /// The policy of the service.
    global: &'a Arc<SourceFile>,
    /// The products that hold an API, by the name that its revisions share.
    holders: Arc<HashMap<ApiId, Vec<&'a Arc<Product>>>>,
    /// Where secrets and keys come from, by the names of their slots: there may be as many as subscriptions.
    secrets: Arc<HashMap<&'a str, Vec<&'a SecretBinding>>>,
}

/// The policy of a service that has none.
///
/// COMPAT: without a policy of the service requests are forwarded (`policies-a.md` 4.1).
pub(crate) fn built_in() -> Arc<SourceFile> {
    SourceFile::new("(built-in)/policy.xml", "<policies><backend><forward-request /></backend></policies>")
}

impl<'a> Realm<'a> {
    pub(crate) fn service(service: &'a Configuration, built_in: &'a Arc<SourceFile>) -> Self {
        let global = service.policy.as_ref().map_or(built_in, |policy| &policy.file);
        let (holders, secrets) = (holders(Some(service)), secrets(service, None));
        Self { name: None, own: Some(service), service, global, holders, secrets }
    }

    pub(crate) fn workspace(&self, name: &'a WorkspaceId) -> Self {
        let own = self.service.workspaces.get(name).map(|workspace| &workspace.contents);
        let (holders, secrets) = (holders(own), secrets(self.service, own));
        Self { name: Some(name), own, service: self.service, global: self.global, holders, secrets }
    }

    /// What is in it.
    pub(crate) fn own(&self) -> Option<&'a Configuration> {
        self.own
    }

    /// The workspaces of the service.
    pub(crate) fn workspaces(&self) -> impl Iterator<Item = &'a WorkspaceId> + use<'a> {
        self.service.workspaces.ids()
    }

    /// Whether it is a workspace.
    pub(crate) fn is_workspace(&self) -> bool {
        self.name.is_some()
    }

    /// A resource of it, for people.
    pub(crate) fn named(&self, kind: &str, id: &dyn std::fmt::Display) -> String {
        match self.name {
            Some(name) => format!("{kind} `{id}` of the workspace `{name}`"),
            None => format!("{kind} `{id}`"),
        }
    }

    /// The products that hold an API, in the order of the configuration.
    pub(crate) fn holders(&self, api: &ApiId) -> Vec<&'a Arc<Product>> {
        self.holders.get(&api.root()).cloned().unwrap_or_default()
    }

    /// The policy of the service.
    pub(crate) fn global(&self) -> Arc<SourceFile> {
        Arc::clone(self.global)
    }

    /// The policy of the workspace.
    pub(crate) fn of_workspace(&self) -> Option<Arc<SourceFile>> {
        let own = self.own.filter(|_| self.is_workspace())?;
        own.policy.as_ref().map(|policy| Arc::clone(&policy.file))
    }

    /// A text with the plain named values put in; secrets stay references.
    pub(crate) fn filled(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("{{") {
            out.push_str(before);
            let value = behind.split_once("}}").and_then(|(name, after)| Some((self.plain(name)?, after)));
            match value {
                Some((value, after)) => {
                    out.push_str(value);
                    rest = after;
                }
                None => {
                    out.push_str("{{");
                    rest = behind;
                }
            }
        }
        out + rest
    }

    fn plain(&self, name: &str) -> Option<&'a str> {
        let values = self.own?.named_values.iter();
        values.into_iter().find(|value| value.name.as_str() == name).and_then(|value| match &value.content {
            NamedValueContent::Plain(text) => Some(&**text),
            NamedValueContent::Secret(_) | NamedValueContent::KeyVault { .. } => None,
        })
    }

    /// Where the secret or key of a slot comes from.
    pub(crate) fn source(&self, slot: &SecretSlot) -> Option<&'a SecretBinding> {
        self.secrets.get(&**slot.name())?.iter().find(|binding| binding.slot.is_same(slot)).copied()
    }
}

/// Secrets of workspaces are with those of the service, their keys are not.
fn secrets<'a>(
    service: &'a Configuration,
    workspace: Option<&'a Configuration>,
) -> Arc<HashMap<&'a str, Vec<&'a SecretBinding>>> {
    let mut secrets: HashMap<&str, Vec<&SecretBinding>> = HashMap::new();
    let keys = workspace.into_iter().flat_map(|own| own.keys.iter());
    for binding in service.secrets.iter().chain(service.keys.iter()).chain(keys) {
        secrets.entry(&**binding.slot.name()).or_default().push(binding);
    }
    Arc::new(secrets)
}

fn holders(own: Option<&Configuration>) -> Arc<HashMap<ApiId, Vec<&Arc<Product>>>> {
    let mut holders: HashMap<ApiId, Vec<&Arc<Product>>> = HashMap::new();
    for product in own.into_iter().flat_map(|own| own.products.iter()) {
        for api in &product.apis {
            let held = holders.entry(api.root()).or_default();
            // A product may name an API twice.
            if !held.last().is_some_and(|last| Arc::ptr_eq(last, product)) {
                held.push(product);
            }
        }
    }
    Arc::new(holders)
}
