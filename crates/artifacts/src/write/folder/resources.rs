//! Everything else that has a directory of its own.

use model::{
    ApiId, Configuration, Fragment, Group, GroupKind, NamedValue, NamedValueContent, Product, ProductState,
    SecretReference, Subscription, SubscriptionKey, SubscriptionScope, Tag, VersionSet, VersioningScheme,
    Workspace,
};

use super::Writer;
use crate::write::{Object, json, named_value, places, resources, secret_named_value, vault_named_value};

impl Writer<'_> {
    pub(super) fn named_value(&mut self, value: &NamedValue) {
        let name = value.name.as_str();
        let path = places::named_value_information(&value.id);
        let properties = match &value.content {
            NamedValueContent::Plain(text) => named_value(name, text),
            NamedValueContent::Secret(slot) => {
                if slot.is_set() && self.source_of(slot).is_none() {
                    let what = format!("the value of the secret named value `{name}` stood in clear");
                    self.withhold(&path, what, "say in `secrets.toml` where its secret is");
                }
                secret_named_value(name)
            }
            NamedValueContent::KeyVault { reference, .. } => {
                let identity = reference.identity_client_id.as_deref();
                vault_named_value(name, &reference.secret.to_string(), identity)
            }
        };
        let tags: Vec<&str> = value.tags.iter().map(AsRef::as_ref).collect();
        let properties = properties.maybe("tags", (!tags.is_empty()).then_some(tags));
        self.information(path, properties, value.rest.as_ref());
    }

    pub(super) fn version_set(&mut self, set: &VersionSet) {
        let properties = Object::new()
            .maybe("description", set.description.as_deref())
            .with("displayName", set.display_name.as_str());
        let properties = match &set.scheme {
            VersioningScheme::Segment => properties.with("versioningScheme", "Segment"),
            VersioningScheme::Query(name) => {
                properties.with("versioningScheme", "Query").with("versionQueryName", &**name)
            }
            VersioningScheme::Header(name) => {
                properties.with("versioningScheme", "Header").with("versionHeaderName", name.as_str())
            }
        };
        let path = format!("version sets/{}/versionSetInformation.json", set.id);
        self.information(path, properties, set.rest.as_ref());
    }

    /// The groups that are always there have no file unless somebody wrote one.
    pub(super) fn group(&mut self, group: &Group) {
        if group.origin.is_none() {
            return;
        }
        let properties = Object::new()
            .maybe("description", group.description.as_deref())
            .with("displayName", group.display_name.as_str());
        let properties = match &group.kind {
            GroupKind::Custom => properties.with("type", "custom"),
            GroupKind::System => properties.with("builtIn", true).with("type", "system"),
            GroupKind::External(id) => properties.with("externalId", &**id).with("type", "external"),
        };
        let path = format!("groups/{}/groupInformation.json", group.id);
        self.information(path, properties, group.rest.as_ref());
    }

    pub(super) fn fragment(&mut self, fragment: &Fragment) {
        self.policy(places::fragment_policy(&fragment.id), Some(&fragment.policy));
        if fragment.origin.is_some() || fragment.description.is_some() {
            let properties = Object::new().maybe("description", fragment.description.as_deref());
            self.information(places::fragment_information(&fragment.id), properties, fragment.rest.as_ref());
        }
    }

    pub(super) fn product(&mut self, product: &Product) {
        let state = match product.state {
            ProductState::Published => "published",
            ProductState::NotPublished => "notPublished",
        };
        let properties = Object::new()
            .with("approvalRequired", product.approval_required)
            .maybe("description", product.description.as_deref())
            .with("displayName", product.display_name.as_str())
            .with("state", state)
            .with("subscriptionRequired", product.subscription_required)
            .maybe("subscriptionsLimit", product.subscriptions_limit)
            .maybe("terms", product.terms.as_deref());
        self.information(places::product_information(&product.id), properties, product.rest.as_ref());
        self.policy(places::product_policy(&product.id), product.policy.as_ref());
        for api in &product.apis {
            let link = self.link("apiId", "apis", api.as_str());
            self.put(places::product_api(&product.id, api), link);
        }
        for group in &product.groups {
            let link = self.link("groupId", "groups", group.as_str());
            self.put(format!("products/{}/groups/{group}/productGroupInformation.json", product.id), link);
        }
        for tag in &product.tags {
            let path = format!("products/{}/tags/{tag}/productTagInformation.json", product.id);
            self.put(path, resources::product_api());
        }
    }

    pub(super) fn tag(&mut self, tag: &Tag) {
        let properties = Object::new().with("displayName", tag.display_name.as_str());
        self.information(format!("tags/{}/tagInformation.json", tag.id), properties, tag.rest.as_ref());
        for api in &tag.apis {
            let link = self.link("apiId", "apis", api.as_str());
            self.put(format!("tags/{}/apis/{api}/tagApiInformation.json", tag.id), link);
        }
        for product in &tag.products {
            let link = self.link("productId", "products", product.as_str());
            self.put(format!("tags/{}/products/{product}/tagProductInformation.json", tag.id), link);
        }
    }

    /// The file of a link.
    ///
    /// COMPAT: `{}` for those of the service. Links of a workspace are resources of their own, which say what they link
    /// (`WorkspaceProductApiLink` and its like in the APIOps tool).
    fn link(&self, member: &str, kind: &str, name: &str) -> String {
        let Some(workspace) = self.prefix.strip_suffix('/') else { return resources::product_api() };
        let target = format!("/{workspace}/{kind}/{name}");
        let properties = Object::new().with(member, target);
        json::text(&Object::new().with("name", name).with("properties", properties).into())
    }

    /// The subscription without its keys: the overlay says where those are.
    pub(super) fn subscription(&mut self, subscription: &Subscription) {
        let path = format!("subscriptions/{}/subscriptionInformation.json", subscription.id);
        for (word, key) in [("primary", &subscription.primary), ("secondary", &subscription.secondary)] {
            self.note_key(subscription, word, key.as_ref(), &path);
        }
        let dates = &subscription.dates;
        let properties = Object::new()
            .with("allowTracing", subscription.allow_tracing)
            .maybe("createdDate", dates.created.map(|date| date.to_string()))
            .with("displayName", subscription.display_name.as_str())
            .maybe("endDate", dates.end.map(|date| date.to_string()))
            .maybe("expirationDate", dates.expiration.map(|date| date.to_string()))
            .maybe("ownerId", subscription.owner.as_ref().map(|owner| format!("/users/{owner}")))
            .with("scope", self.scope(&subscription.scope))
            .maybe("startDate", dates.start.map(|date| date.to_string()))
            .with("state", subscription.state.name())
            .maybe("stateComment", subscription.state_comment.as_deref());
        self.information(path, properties, subscription.rest.as_ref());
    }

    /// Keys of the state directory stay there, and are no news.
    fn note_key(&mut self, of: &Subscription, word: &str, key: Option<&SubscriptionKey>, path: &str) {
        let Some(SubscriptionKey::Known(slot)) = key else { return };
        if of.origin.is_some() && self.source_of(slot).is_none() {
            let what = format!("the {word} key of the subscription `{}` stood in clear", of.id);
            self.withhold(path, what, "say in `secrets.toml` where the key is");
        }
    }

    /// COMPAT: a subscription for everything has the scope `/apis` in API Management too; only the built-in one has `/`.
    fn scope(&self, scope: &SubscriptionScope) -> String {
        let in_workspace = self.prefix.strip_suffix('/').map(|path| format!("/{path}")).unwrap_or_default();
        match scope {
            SubscriptionScope::Product(id) => format!("{in_workspace}/products/{id}"),
            SubscriptionScope::Api(id) => format!("{in_workspace}/apis/{id}"),
            SubscriptionScope::AllApis => format!("{in_workspace}/apis"),
            SubscriptionScope::AllAccess => "/".to_owned(),
        }
    }

    pub(super) fn gateways(&mut self, configuration: &Configuration) {
        for gateway in configuration.gateways.iter() {
            let properties = Object::new().maybe("description", gateway.description.as_deref());
            let path = format!("gateways/{}/gatewayInformation.json", gateway.id);
            self.information(path, properties, gateway.rest.as_ref());
            for api in gateway.apis.iter().map(ApiId::root) {
                let path = format!("gateways/{}/apis/{api}/gatewayApiInformation.json", gateway.id);
                self.put(path, resources::product_api());
            }
        }
    }

    pub(super) fn workspace(&mut self, workspace: &Workspace) {
        self.prefix = format!("workspaces/{}/", workspace.id);
        let before = self.written.files.len();
        self.contents(&workspace.contents);
        // A workspace is there because its directory is: one that holds nothing else must hold this file.
        if workspace.origin.is_some() || self.written.files.len() == before {
            let properties = Object::new()
                .maybe("description", workspace.description.as_deref())
                .maybe("displayName", workspace.display_name.as_ref().map(|name| name.as_str()));
            self.information("workspaceInformation.json", properties, workspace.rest.as_ref());
        }
        self.prefix.clear();
    }

    /// Whether a named value says itself that its secret is there.
    pub(super) fn says_itself(value: &NamedValue, reference: &SecretReference) -> bool {
        match (&value.content, reference) {
            (NamedValueContent::KeyVault { reference: own, .. }, SecretReference::Vault(vault)) => {
                own == vault
            }
            _ => false,
        }
    }
}
