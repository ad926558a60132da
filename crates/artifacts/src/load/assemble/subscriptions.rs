//! Subscriptions: that what they are for is there, and their keys.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use model::{
    Api, ApiId, Collection, Product, ProductId, Resource, SecretBinding, SecretReference, Subscription,
    SubscriptionId, SubscriptionKey, SubscriptionScope, User,
};
use rayon::prelude::*;
use secret::Secret;
use source::{Diagnostic, Location, did_you_mean};

use super::{Assembly, Secrets, insert};
use crate::load::library::{KeptUnit, Kind};
use crate::load::subscriptions::SubscriptionRead;
use crate::overlay::{KeySlot, NamedReference};
use crate::secrets::SecretError;

type KeyReference = NamedReference<(SubscriptionId, KeySlot)>;

/// What came of reading a secret ahead of time.
type Fetched = Result<Secret, SecretError>;

/// What the overlay says about a key, and the secret, if it was read already.
type Said<'a> = (&'a KeyReference, Option<Fetched>);

/// More keys than these are read on all cores.
const MANY: usize = 64;

/// Subscriptions with their keys, and what they were made of. They are kept only when nothing is wrong with any of them.
#[derive(Debug)]
pub(in crate::load) struct KeptSubscriptions {
    units: Arc<Kind<SubscriptionRead, ()>>,
    references: Arc<Vec<KeyReference>>,
    apis: Collection<Api>,
    products: Collection<Product>,
    users: Collection<User>,
    refused: (HashSet<ApiId>, HashSet<ProductId>),
    made: Collection<Subscription>,
    keys: Arc<Vec<SecretBinding>>,
    /// Keys that vaults have.
    of_vaults: Vec<SecretBinding>,
}

/// Whether two collections have the same names in the same order.
fn same_names<T: Resource>(one: &Collection<T>, other: &Collection<T>) -> bool {
    one.len() == other.len() && one.ids().eq(other.ids())
}

impl Assembly<'_> {
    pub(super) fn subscriptions(&mut self, units: &Arc<Kind<SubscriptionRead, ()>>) {
        let before = self.shelf.before().subscriptions.get(&self.prefix);
        if let Some(before) = before.filter(|before| self.are_same(units, before)) {
            self.configuration.subscriptions = before.made.clone();
            self.configuration.keys = Arc::clone(&before.keys);
            self.configuration.secrets.extend(before.of_vaults.iter().cloned());
            self.shelf.keep(|library| {
                library.subscriptions.insert(Arc::clone(&self.prefix), Arc::clone(before));
            });
            return;
        }
        let problems = self.problems.len();
        let first = self.configuration.secrets.len();
        self.made_of(units);
        let bound = self.configuration.secrets.split_off(first);
        let of_vault = |binding: &SecretBinding| matches!(binding.reference, SecretReference::Vault(_));
        let (of_vaults, keys): (Vec<_>, Vec<_>) = bound.into_iter().partition(of_vault);
        self.configuration.keys = Arc::new(keys);
        if self.problems.len() == problems {
            self.keep_subscriptions(units, of_vaults.clone());
        }
        self.configuration.secrets.extend(of_vaults);
    }

    /// Whether nothing changed on which subscriptions from before depend.
    fn are_same(&self, units: &Arc<Kind<SubscriptionRead, ()>>, before: &KeptSubscriptions) -> bool {
        let configuration = &self.configuration;
        Arc::ptr_eq(units, &before.units)
            && Arc::ptr_eq(&self.overlay.subscriptions, &before.references)
            && same_names(&configuration.apis, &before.apis)
            && same_names(&configuration.products, &before.products)
            && same_names(&configuration.users, &before.users)
            && self.refused_apis == before.refused.0
            && self.refused_products == before.refused.1
    }

    /// Keeps them for the next reading.
    fn keep_subscriptions(&self, units: &Arc<Kind<SubscriptionRead, ()>>, of_vaults: Vec<SecretBinding>) {
        let configuration = &self.configuration;
        let kept = KeptSubscriptions {
            units: Arc::clone(units),
            references: Arc::clone(&self.overlay.subscriptions),
            apis: configuration.apis.clone(),
            products: configuration.products.clone(),
            users: configuration.users.clone(),
            refused: (self.refused_apis.clone(), self.refused_products.clone()),
            made: configuration.subscriptions.clone(),
            keys: Arc::clone(&configuration.keys),
            of_vaults,
        };
        self.shelf.keep(|library| {
            library.subscriptions.insert(Arc::clone(&self.prefix), Arc::new(kept));
        });
    }

    fn made_of(&mut self, units: &Kind<SubscriptionRead, ()>) {
        let said = Arc::clone(&self.overlay.subscriptions);
        let mut references: HashMap<&SubscriptionId, Vec<Said<'_>>> = HashMap::with_capacity(said.len());
        for (each, secret) in said.iter().zip(self.fetched(&said)) {
            references.entry(&each.name.0).or_default().push((each, secret));
        }
        for KeptUnit { unit, .. } in &units.units {
            self.broken(unit);
            self.problems.append(unit.problems.clone());
            let name = unit.directory.rsplit('/').next().and_then(|name| SubscriptionId::new(name).ok());
            let mine = name.and_then(|id| references.remove(&id)).unwrap_or_default();
            if let Some(read) = &unit.read {
                self.subscription(read, mine);
            }
        }
        let left = references.into_values().flatten();
        let mut left: Vec<&KeyReference> = left.map(|(reference, _)| reference).collect();
        left.sort_by_key(|each| (each.at.file.name().to_owned(), each.at.span));
        for each in left {
            self.unknown_subscription(each);
        }
    }

    /// The secrets of keys, read on all cores where there are many: each is a file of its own.
    fn fetched(&self, said: &[KeyReference]) -> Vec<Option<Fetched>> {
        match self.options.secrets {
            Secrets::Read(source) if said.len() > MANY => {
                let fetch = |each: &KeyReference| match each.reference {
                    SecretReference::Vault(_) => None,
                    _ => Some(source.read(&each.reference)),
                };
                said.par_iter().map(fetch).collect()
            }
            _ => said.iter().map(|_| None).collect(),
        }
    }

    fn subscription(&mut self, read: &SubscriptionRead, references: Vec<Said<'_>>) {
        if let Some(problem) = self.without_scope(&read.subscription, &read.scope_at) {
            self.problems.push(problem);
            return;
        }
        self.problems.extend(self.unknown_owner(read));
        let mut subscription = Arc::clone(&read.subscription);
        if !references.is_empty() {
            let mut with_keys = (*subscription).clone();
            references.into_iter().for_each(|each| self.key(&mut with_keys, each));
            subscription = Arc::new(with_keys);
        }
        insert(&mut self.configuration.subscriptions, subscription, &mut self.problems);
    }

    /// What is to be said when what a subscription is for is not there, nor refused.
    fn without_scope(&self, subscription: &Subscription, at: &Location) -> Option<Diagnostic> {
        let configuration = &self.configuration;
        let (code, kind, name, near) = match &subscription.scope {
            SubscriptionScope::Api(id) => {
                if configuration.apis.contains(id) || self.refused_apis.contains(id) {
                    return None;
                }
                let all = configuration.apis.ids().map(ApiId::as_str);
                ("unknown-api", "API", id.as_str(), did_you_mean(id.as_str(), all))
            }
            SubscriptionScope::Product(id) => {
                if configuration.products.contains(id) || self.refused_products.contains(id) {
                    return None;
                }
                let all = configuration.products.ids().map(ProductId::as_str);
                ("unknown-product", "product", id.as_str(), did_you_mean(id.as_str(), all))
            }
            SubscriptionScope::AllApis | SubscriptionScope::AllAccess => return None,
        };
        let id = &subscription.id;
        let message = format!("the subscription `{id}` is for the {kind} `{name}`, which does not exist");
        let problem = Diagnostic::error(code, message).at(at.clone());
        Some(problem.maybe_help(near.map(|near| format!("did you mean `{near}`?"))))
    }

    /// An owner whom nobody knows is kept, so that the name shows up in logs. `1` is the built-in administrator.
    fn unknown_owner(&self, read: &SubscriptionRead) -> Option<Diagnostic> {
        let owner = read.subscription.owner.as_ref()?;
        if self.configuration.users.contains(owner) || owner.as_str() == "1" {
            return None;
        }
        let id = &read.subscription.id;
        let message = format!("the subscription `{id}` belongs to the user `{owner}`, who is not known");
        let help = format!("describe the user in `overlay.toml`, in `[users.{owner}]`");
        Some(Diagnostic::warning("unknown-user", message).at(read.owner_at.clone()?).help(help))
    }

    fn unknown_subscription(&mut self, reference: &KeyReference) {
        let id = &reference.name.0;
        let near =
            did_you_mean(id.as_str(), self.configuration.subscriptions.ids().map(SubscriptionId::as_str));
        let message = format!("there is no subscription `{id}`");
        let problem = Diagnostic::error("unknown-subscription", message).at(reference.at.clone());
        self.problems.push(problem.maybe_help(near.map(|near| format!("did you mean `{near}`?"))));
    }

    fn key(&mut self, subscription: &mut Subscription, (reference, secret): Said<'_>) {
        let (word, place) = match reference.name.1 {
            KeySlot::Primary => ("primary", &mut subscription.primary),
            KeySlot::Secondary => ("secondary", &mut subscription.secondary),
        };
        let name = format!("{word} key of {}", subscription.id);
        let slot = self.bind_fetched(name, reference.reference.clone(), &reference.at, secret);
        *place = Some(SubscriptionKey::Known(slot));
    }
}
