//! Products with their APIs and groups.

use model::{ApiId, DisplayName, GroupId, Product, ProductId, ProductState};
use source::{Diagnostic, did_you_mean};

use super::{Loader, insert};
use crate::fields::{Fields, checked};
use crate::files::Reported;
use crate::tree::Node;

impl Loader<'_> {
    pub(super) fn products(&mut self) {
        for name in self.files.directories("products", &mut self.problems) {
            let path = format!("products/{name}");
            let Some(id) = self.directory_id(ProductId::new, &name, &path) else { continue };
            if let Ok(product) = self.product(id, &path) {
                insert(&mut self.configuration.products, product, &mut self.problems);
            }
        }
    }

    fn product(&mut self, id: ProductId, path: &str) -> Result<Product, Reported> {
        let subject = format!("the product `{id}`");
        let node = self.properties(&format!("{path}/productInformation.json"), &subject)?;
        let fields = Fields::new(&node, subject);
        let problems = &mut self.problems;
        let (text, at) = fields.required("displayName", problems)?;
        let mut product = Product::new(id, checked(DisplayName::new(text), at, problems)?);
        product.description = fields.shared("description", problems);
        product.terms = fields.shared("terms", problems);
        product.subscription_required = fields.flag("subscriptionRequired", true, problems);
        product.approval_required = fields.flag("approvalRequired", false, problems);
        product.subscriptions_limit = fields.integer("subscriptionsLimit", 0..=u32::MAX, problems);
        let words = [("published", ProductState::Published), ("notPublished", ProductState::NotPublished)];
        product.state = fields.choice("state", &words, problems).unwrap_or_default();
        product.origin = Some(node.at.clone());
        product.apis = self.product_apis(&product.id, path, &node);
        product.groups = self.product_groups(&product.id, path, &node);
        product.policy = self.policy(&format!("{path}/policy.xml"));
        Ok(product)
    }

    fn product_apis(&mut self, product: &ProductId, path: &str, at: &Node) -> Vec<ApiId> {
        let mut apis = Vec::new();
        for name in self.files.directories(&format!("{path}/apis"), &mut self.problems) {
            let directory = format!("{path}/apis/{name}");
            let Some(id) = self.directory_id(ApiId::new, &name, &directory) else { continue };
            let id = id.root();
            match self.configuration.apis.get(&id) {
                Some(api) => apis.push(api.id.clone()),
                None if self.refused.contains(&id) => {}
                None => {
                    let problem = no_api(product, &id, self.configuration.apis.ids());
                    self.problems.push(problem.at(at.at.clone()));
                }
            }
        }
        apis
    }

    fn product_groups(&mut self, product: &ProductId, path: &str, at: &Node) -> Vec<GroupId> {
        let mut groups = Vec::new();
        for name in self.files.directories(&format!("{path}/groups"), &mut self.problems) {
            let directory = format!("{path}/groups/{name}");
            let Some(id) = self.directory_id(GroupId::new, &name, &directory) else { continue };
            if self.configuration.groups.contains(&id) {
                groups.push(id);
                continue;
            }
            let message = format!("the product `{product}` is for the group `{id}`, which does not exist");
            self.problems.push(Diagnostic::error("unknown-group", message).at(at.at.clone()));
        }
        groups
    }
}

fn no_api<'i>(product: &ProductId, api: &ApiId, all: impl Iterator<Item = &'i ApiId>) -> Diagnostic {
    let near = did_you_mean(api.as_str(), all.map(ApiId::as_str));
    let message = format!("the product `{product}` has the API `{api}`, which does not exist");
    Diagnostic::error("unknown-api", message).maybe_help(near.map(|near| format!("did you mean `{near}`?")))
}
