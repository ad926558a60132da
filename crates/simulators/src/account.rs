//! Accounts of the simulated service: two keys each, as Azure has them, and the deployments that the keys open.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::RwLock;

use crate::behaviour::Behaviour;
use crate::ids::Ids;

/// Which of an account's two keys. Two, so that callers can be moved to one while the other is regenerated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyName {
    /// `key1`.
    Key1,
    /// `key2`.
    Key2,
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key1 => "key1",
            Self::Key2 => "key2",
        })
    }
}

/// What a deployment can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Chat completions, completions and responses.
    Chat,
    /// Embeddings.
    Embedding,
}

/// Whose service an account is at. It decides on which wires its keys are good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Vendor {
    /// Azure OpenAI, and OpenAI itself: the wires differ, the accounts do not.
    #[default]
    Azure,
    /// Mistral.
    Mistral,
    /// Cohere.
    Cohere,
}

/// A model under a name of the account owner's choice.
#[derive(Clone, Debug)]
pub struct Deployment {
    pub(crate) name: String,
    pub(crate) model: String,
    pub(crate) kind: Kind,
    pub(crate) dimensions: usize,
    pub(crate) context_tokens: usize,
    pub(crate) tokens_per_minute: u64,
    pub(crate) behaviour: Behaviour,
}

impl Deployment {
    /// A chat model. `model` is what answers carry as `model`, usually with its version: `gpt-4o-2024-08-06`.
    #[must_use]
    pub fn chat(name: impl Into<String>, model: impl Into<String>) -> Self {
        Self::new(name.into(), model.into(), Kind::Chat)
    }

    /// An embedding model. Its vectors have the dimensions of the real one: 3072 for `text-embedding-3-large`, else
    /// 1536.
    #[must_use]
    pub fn embedding(name: impl Into<String>, model: impl Into<String>) -> Self {
        Self::new(name.into(), model.into(), Kind::Embedding)
    }

    /// How this deployment answers when a request does not say otherwise.
    #[must_use]
    pub fn behaving(mut self, behaviour: Behaviour) -> Self {
        self.behaviour = behaviour;
        self
    }

    /// The longest conversation in tokens: 128,000 for chat models and 8,192 for embedding models unless set.
    #[must_use]
    pub fn with_context_tokens(mut self, tokens: usize) -> Self {
        self.context_tokens = tokens;
        self
    }

    /// The quota from which the `x-ratelimit-*` headers are computed: 100,000 unless set. It is not enforced: ask
    /// for refusals with a [`Behaviour`].
    #[must_use]
    pub fn with_tokens_per_minute(mut self, tokens: u64) -> Self {
        self.tokens_per_minute = tokens;
        self
    }

    /// The name by which callers know it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The model behind it.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// What it can do.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    fn new(name: String, model: String, kind: Kind) -> Self {
        let dimensions = if model.starts_with("text-embedding-3-large") { 3072 } else { 1536 };
        let context_tokens = if kind == Kind::Chat { 128_000 } else { 8_192 };
        let behaviour = Behaviour::default();
        Self { name, model, kind, dimensions, context_tokens, tokens_per_minute: 100_000, behaviour }
    }
}

/// One resource of the service.
#[derive(Clone)]
pub struct Account {
    name: String,
    region: String,
    vendor: Vendor,
    takes_keys: bool,
    keys: [String; 2],
    deployments: Vec<Deployment>,
}

impl Account {
    /// An account with its two keys and no deployments yet, in the region `Sweden Central`.
    #[must_use]
    pub fn new(name: impl Into<String>, key1: impl Into<String>, key2: impl Into<String>) -> Self {
        let keys = [key1.into(), key2.into()];
        Self {
            name: name.into(),
            region: String::from("Sweden Central"),
            vendor: Vendor::default(),
            takes_keys: true,
            keys,
            deployments: Vec::new(),
        }
    }

    /// An account at another vendor. Its deployments are that vendor's models, by their names.
    #[must_use]
    pub fn at(mut self, vendor: Vendor) -> Self {
        self.vendor = vendor;
        self
    }

    /// Takes tokens only, as with `disableLocalAuth` at Azure. See [`Accounts::disable_keys`].
    #[must_use]
    pub fn without_keys(mut self) -> Self {
        self.takes_keys = false;
        self
    }

    /// Adds a deployment. A later one of the same name is not reached.
    #[must_use]
    pub fn with(mut self, deployment: Deployment) -> Self {
        self.deployments.push(deployment);
        self
    }

    /// The region that `x-ms-region` names.
    #[must_use]
    pub fn in_region(mut self, region: impl Into<String>) -> Self {
        self.region = region.into();
        self
    }
}

/// Keys stay out of what is printed.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let deployments: Vec<&str> = self.deployments.iter().map(Deployment::name).collect();
        f.debug_struct("Account")
            .field("name", &self.name)
            .field("deployments", &deployments)
            .finish_non_exhaustive()
    }
}

/// An account while the simulator runs.
pub(crate) struct Resource {
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) vendor: Vendor,
    takes_keys: AtomicBool,
    keys: RwLock<[String; 2]>,
    pub(crate) deployments: Vec<Deployment>,
}

impl Resource {
    /// The deployment of that name.
    pub(crate) fn deployment(&self, name: &str) -> Option<&Deployment> {
        self.deployments.iter().find(|deployment| deployment.name == name)
    }

    /// Whether its keys are good.
    pub(crate) fn takes_keys(&self) -> bool {
        self.takes_keys.load(Ordering::Relaxed)
    }

    fn key_name(&self, presented: &str) -> Option<KeyName> {
        let [key1, key2] = &*self.keys.read();
        match presented {
            "" => None,
            key if key == key1 => Some(KeyName::Key1),
            key if key == key2 => Some(KeyName::Key2),
            _ => None,
        }
    }

    fn replace(&self, which: KeyName, new: String) {
        let [key1, key2] = &mut *self.keys.write();
        *(if which == KeyName::Key1 { key1 } else { key2 }) = new;
    }
}

impl From<Account> for Resource {
    fn from(account: Account) -> Self {
        let keys = RwLock::new(account.keys);
        Self {
            name: account.name,
            region: account.region,
            vendor: account.vendor,
            takes_keys: AtomicBool::new(account.takes_keys),
            keys,
            deployments: account.deployments,
        }
    }
}

/// Keys stay out of what is printed.
impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resource").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The accounts of a running simulator. A handle: clones see the same accounts.
#[derive(Clone)]
pub struct Accounts {
    resources: Arc<[Arc<Resource>]>,
    ids: Arc<Ids>,
}

impl Accounts {
    pub(crate) fn new(accounts: Vec<Account>, ids: Arc<Ids>) -> Self {
        Self {
            resources: accounts.into_iter().map(|account| Arc::new(Resource::from(account))).collect(),
            ids,
        }
    }

    /// Makes a new key and forgets the old one: from now on it is refused. `None` when there is no such account.
    #[must_use]
    pub fn regenerate(&self, account: &str, which: KeyName) -> Option<String> {
        let key = self.ids.hex("", 32);
        self.resource(account)?.replace(which, key.clone());
        Some(key)
    }

    /// The key as it is now. `None` when there is no such account.
    #[must_use]
    pub fn key(&self, account: &str, which: KeyName) -> Option<String> {
        let [key1, key2] = &*self.resource(account)?.keys.read();
        Some(if which == KeyName::Key1 { key1.clone() } else { key2.clone() })
    }

    /// From now on the account's keys are refused with 403 and only tokens are good. `false` when there is no such
    /// account.
    #[must_use]
    pub fn disable_keys(&self, account: &str) -> bool {
        self.set_keys(account, false)
    }

    /// The account's keys are good again. `false` when there is no such account.
    #[must_use]
    pub fn enable_keys(&self, account: &str) -> bool {
        self.set_keys(account, true)
    }

    fn set_keys(&self, account: &str, taken: bool) -> bool {
        let resource = self.resource(account);
        resource.inspect(|resource| resource.takes_keys.store(taken, Ordering::Relaxed)).is_some()
    }

    /// All accounts, in the order in which they were added.
    pub(crate) fn all(&self) -> &[Arc<Resource>] {
        &self.resources
    }

    /// Whose key that is.
    pub(crate) fn owner(&self, presented: &str) -> Option<(Arc<Resource>, KeyName)> {
        self.resources.iter().find_map(|resource| {
            let which = resource.key_name(presented)?;
            Some((Arc::clone(resource), which))
        })
    }

    /// The account of that name.
    pub(crate) fn resource(&self, name: &str) -> Option<&Arc<Resource>> {
        self.resources.iter().find(|resource| resource.name == name)
    }
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.resources.iter().map(|resource| &resource.name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts() -> Accounts {
        Accounts::new(vec![Account::new("contoso", "one", "two")], Arc::new(Ids::seeded(1)))
    }

    #[test]
    fn a_regenerated_key_replaces_only_itself() {
        let accounts = accounts();
        let new = accounts.regenerate("contoso", KeyName::Key1).unwrap();
        assert!(accounts.owner("one").is_none());
        assert_eq!(accounts.owner(&new).unwrap().1, KeyName::Key1);
        assert_eq!(accounts.owner("two").unwrap().1, KeyName::Key2);
        assert!(accounts.regenerate("fabrikam", KeyName::Key1).is_none());
    }

    #[test]
    fn an_empty_key_belongs_to_nobody() {
        let accounts = Accounts::new(vec![Account::new("contoso", "", "two")], Arc::new(Ids::seeded(1)));
        assert!(accounts.owner("").is_none());
    }

    #[test]
    fn keys_are_not_printed() {
        let account = Account::new("contoso", "planted-1", "planted-2").with(Deployment::chat("d", "gpt-4o"));
        assert!(!format!("{account:?} {:?}", accounts()).contains("planted"));
    }
}
