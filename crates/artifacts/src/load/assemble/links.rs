//! Products and tags: that what they are linked with is there.

use std::sync::Arc;

use model::{ApiId, GroupId, Product, ProductId, Tag};
use source::{Diagnostic, did_you_mean};

use super::{Assembly, insert};
use crate::load::people::system_groups;
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

    pub(super) fn tags(&mut self, units: Vec<Unit<Tag>>) {
        for tag in self.read(units) {
            let dangling = self.dangling_links(&tag);
            if dangling.is_empty() {
                insert(&mut self.configuration.tags, tag, &mut self.problems);
                continue;
            }
            let apis = tag.apis.iter().filter(|id| self.configuration.apis.contains(id)).cloned().collect();
            let products =
                tag.products.iter().filter(|id| self.configuration.products.contains(id)).cloned().collect();
            self.problems.extend(dangling);
            let tag = Arc::new(Tag { apis, products, ..(*tag).clone() });
            insert(&mut self.configuration.tags, tag, &mut self.problems);
        }
    }

    /// What is to be said of the APIs and products of a tag that are not there. A tag changes no call: a warning.
    fn dangling_links(&self, tag: &Tag) -> Vec<Diagnostic> {
        let apis = &self.configuration.apis;
        let products = &self.configuration.products;
        let no_apis =
            tag.apis.iter().filter(|id| !apis.contains(id) && !self.refused_apis.contains(&id.root()));
        let no_apis = no_apis.map(|id| ("unknown-api", format!("API `{id}`")));
        let no_products =
            tag.products.iter().filter(|id| !products.contains(id) && !self.refused_products.contains(id));
        let no_products = no_products.map(|id| ("unknown-product", format!("product `{id}`")));
        let problem = |(code, what): (&'static str, String)| {
            let message = format!("the tag `{}` is on the {what}, which does not exist", tag.id);
            let problem = Diagnostic::warning(code, message);
            match &tag.origin {
                Some(at) => problem.at(at.clone()),
                None => problem,
            }
        };
        no_apis.chain(no_products).map(problem).collect()
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

    /// Whether there is a group of that name.
    ///
    /// COMPAT: a workspace has its own groups, and "the built-in Guests and Developer groups will continue to be available in
    /// workspaces" (Workspaces breaking changes, June 2024).
    fn is_group(&self, id: &GroupId) -> bool {
        let is_built_in = || !self.prefix.is_empty() && system_groups().any(|group| group.id == *id);
        self.configuration.groups.contains(id) || is_built_in()
    }

    fn known_groups(&mut self, product: &Product) -> Vec<GroupId> {
        let (known, unknown): (Vec<GroupId>, Vec<GroupId>) =
            product.groups.iter().cloned().partition(|id| self.is_group(id));
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
