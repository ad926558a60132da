//! Which operations use a named value or a backend.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::documents::{Documents, Side};
use super::node::Node;
use super::{Reach, chain};
use crate::realm::{Both, Realm};

/// What the policies of an operation refer to.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    /// Named values, as they are written.
    pub(crate) named_values: BTreeSet<String>,
    /// Backends that are named and not computed, in lower case.
    pub(crate) backends: BTreeSet<String>,
}

impl Uses {
    pub(super) fn take(&mut self, realm: &Realm<'_>, node: &Node) {
        for text in node.attributes.values().chain([&node.text]) {
            let behind = text.split("{{").skip(1).filter_map(|part| part.split_once("}}"));
            self.named_values.extend(behind.map(|(name, _)| name.to_owned()));
        }
        if let Some(id) = node.attribute("backend-id") {
            self.backends.insert(realm.filled(id).trim().to_ascii_lowercase());
        }
    }
}

/// The operations whose policies use something: of the second configuration, and of the first when there are none there.
pub(crate) fn users(both: &Both<'_>, documents: &mut Documents, does: &dyn Fn(&Uses) -> bool) -> Vec<String> {
    let told = of(&both.b, Side::B, documents, does);
    if told.is_empty() { of(&both.a, Side::A, documents, does) } else { told }
}

fn of(realm: &Realm<'_>, side: Side, documents: &mut Documents, does: &dyn Fn(&Uses) -> bool) -> Vec<String> {
    let mut reach = Reach::default();
    for api in realm.own().into_iter().flat_map(|own| own.apis.iter()) {
        let products = realm.holders(&api.id);
        for operation in &api.operations {
            let contexts = std::iter::once(None).chain(products.iter().map(|product| Some(*product)));
            for product in contexts {
                let chain = chain(realm, api, Some(operation), product.map(Arc::as_ref));
                if does(&documents.uses(realm, side, &chain)) {
                    let context = product.map(|product| product.id.as_str());
                    reach.add(&realm.named("API", &api.id), api, operation, context);
                }
            }
        }
    }
    reach.told()
}
