//! Products with their APIs and groups.

use model::{ApiId, DisplayName, GroupId, Invalid, Product, ProductId, ProductState};
use source::{Diagnostic, Diagnostics};

use super::kept;
use super::unit::{Reader, Unit};
use crate::fields::{Fields, checked};
use crate::files::{Reported, report};

const KNOWN: [&str; 7] = [
    "displayName",
    "description",
    "terms",
    "subscriptionRequired",
    "approvalRequired",
    "subscriptionsLimit",
    "state",
];

/// Reads `products/<id>`. That its APIs and groups exist is not looked at.
pub(super) fn unit(mut reader: Reader<'_>) -> Unit<Product> {
    let read = read(&mut reader);
    reader.finish(read)
}

fn read(reader: &mut Reader<'_>) -> Result<Product, Reported> {
    let id = reader.id(ProductId::new)?;
    let subject = format!("the product `{id}`");
    let entries = reader.entries();
    reader.unread(&entries, &["apis", "groups", "tags"], &subject);
    let information = reader.information("productInformation.json", &subject)?;
    let fields = Fields::new(&information.properties, subject);
    let mut product = properties(id, &fields, reader)?;
    product.apis = reader.links("apis", root);
    product.groups = reader.links("groups", GroupId::new);
    product.tags = kept::tags(reader);
    product.rest = information.rest(&KNOWN);
    product.policy = reader.policy("", reader.over.map(|over| &over.below));
    Ok(product)
}

/// COMPAT: a product holds an API with all its revisions.
fn root(name: &str) -> Result<ApiId, Invalid> {
    ApiId::new(name).map(|id| id.root())
}

fn properties(id: ProductId, fields: &Fields<'_>, reader: &mut Reader<'_>) -> Result<Product, Reported> {
    let problems = &mut reader.problems;
    let (text, at) = fields.required("displayName", problems)?;
    let mut product = Product::new(id, checked(DisplayName::new(text), at, problems)?);
    product.description = fields.shared("description", problems);
    product.terms = fields.shared("terms", problems);
    product.subscription_required = fields.flag("subscriptionRequired", true, problems);
    product.approval_required = fields.flag("approvalRequired", false, problems);
    product.subscriptions_limit = fields.integer("subscriptionsLimit", 0..=u32::MAX, problems);
    let words = [("published", ProductState::Published), ("notPublished", ProductState::NotPublished)];
    product.state = fields.choice("state", &words, problems).unwrap_or_default();
    product.origin = Some(fields.node.at.clone());
    authentication(fields, problems)?;
    Ok(product)
}

/// A product that wants tokens of applications must not be opened by keys instead. COMPAT: `authenticationType` is a
/// preview; without it, and for `subscription-key`, keys it is.
fn authentication(fields: &Fields<'_>, problems: &mut Diagnostics) -> Result<(), Reported> {
    for (word, node) in fields.texts("authenticationType", problems) {
        if !word.eq_ignore_ascii_case("subscription-key") {
            let message = format!("{} is not served: `{word}` is not yet supported", fields.subject);
            return Err(report(
                problems,
                Diagnostic::error("not-yet-supported", message).at(node.at.clone()),
            ));
        }
    }
    Ok(())
}
