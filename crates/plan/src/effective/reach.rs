//! Which calls a change concerns, in few words.

use std::collections::{BTreeMap, BTreeSet};

use model::{Api, Operation};

/// As many operations of an API are named.
const OPERATIONS: usize = 5;
/// As many APIs are named.
const APIS: usize = 10;

/// Operations, by API, with the products in whose context they are meant.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    apis: BTreeMap<String, OfApi>,
}

#[derive(Debug, Default)]
struct OfApi {
    all: usize,
    operations: BTreeSet<String>,
    /// Products; none for calls in no product's context, which means that it holds for all.
    plain: bool,
    products: BTreeSet<String>,
}

/// An operation for people: method and template.
pub(crate) fn operation_name(operation: &Operation) -> String {
    format!("{} {}", operation.method, operation.url_template)
}

impl Reach {
    pub(crate) fn add(&mut self, name: &str, api: &Api, operation: &Operation, context: Option<&str>) {
        let of_api = self.apis.entry(name.to_owned()).or_default();
        of_api.all = api.operations.len();
        of_api.operations.insert(operation_name(operation));
        match context {
            Some(product) => _ = of_api.products.insert(product.to_owned()),
            None => of_api.plain = true,
        }
    }

    /// A line for each API.
    pub(crate) fn told(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.apis.iter().take(APIS).map(|(name, of_api)| of_api.told(name)).collect();
        if self.apis.len() > APIS {
            lines.push(format!("and {} more APIs", self.apis.len() - APIS));
        }
        lines
    }
}

impl OfApi {
    fn told(&self, name: &str) -> String {
        let operations = listed(&self.operations, self.all);
        let products: Vec<String> = self.products.iter().map(|name| format!("`{name}`")).collect();
        match self.plain {
            true => format!("{name}: {operations}"),
            false => format!("{name}: {operations}, with keys of {}", products.join(", ")),
        }
    }
}

/// Operations in few words, of an API that has `all`.
pub(crate) fn listed(operations: &BTreeSet<String>, all: usize) -> String {
    if operations.len() == all && all > 1 {
        return format!("all {all} operations");
    }
    let named: Vec<String> = operations.iter().take(OPERATIONS).map(|each| format!("`{each}`")).collect();
    match operations.len() - named.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
