//! Products: that their APIs and groups are there.

use std::sync::Arc;

use model::{ApiId, GroupId, Product, ProductId};
use source::{Diagnostic, did_you_mean};

use super::{Assembly, insert};
use crate::load::unit::Unit;

impl Assembly<'_> {
    pub(super) fn products(&mut self, units: Vec<Unit<Product>>) {
        for product in self.read(units) {
            let apis = self.known_apis(&product);
            let groups = self.known_groups(&product);
            let same = apis.len() == product.apis.len() && groups.len() == product.groups.len();
            let product =
                if same { product } else { Arc::new(Product { apis, groups, ..(*product).clone() }) };
            insert(&mut self.configuration.products, product, &mut self.problems);
        }
    }

    fn known_apis(&mut self, product: &Product) -> Vec<ApiId> {
        let mut known = Vec::with_capacity(product.apis.len());
        for id in &product.apis {
            if self.configuration.apis.contains(id) {
                known.push(id.clone());
            } else if !self.refused_apis.contains(id) {
                let problem = no_api(&product.id, id, self.configuration.apis.ids());
                self.problems.push(placed(problem, product));
            }
        }
        known
    }

    fn known_groups(&mut self, product: &Product) -> Vec<GroupId> {
        let (known, unknown): (Vec<GroupId>, Vec<GroupId>) =
            product.groups.iter().cloned().partition(|id| self.configuration.groups.contains(id));
        for id in unknown {
            let message =
                format!("the product `{}` is for the group `{id}`, which does not exist", product.id);
            self.problems.push(placed(Diagnostic::error("unknown-group", message), product));
        }
        known
    }
}

fn placed(problem: Diagnostic, product: &Product) -> Diagnostic {
    match &product.origin {
        Some(at) => problem.at(at.clone()),
        None => problem,
    }
}

fn no_api<'i>(product: &ProductId, api: &ApiId, all: impl Iterator<Item = &'i ApiId>) -> Diagnostic {
    let near = did_you_mean(api.as_str(), all.map(ApiId::as_str));
    let message = format!("the product `{product}` has the API `{api}`, which does not exist");
    Diagnostic::error("unknown-api", message).maybe_help(near.map(|near| format!("did you mean `{near}`?")))
}
