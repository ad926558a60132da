//! Subscriptions, with the keys that `secrets.toml` refers to.

use std::collections::HashMap;

use model::{
    ApiId, DisplayName, ProductId, Subscription, SubscriptionDates, SubscriptionId, SubscriptionKey,
    SubscriptionScope, SubscriptionState, UserId,
};
use secret::{Secret, SecretSlot};
use source::{Diagnostic, did_you_mean};

use super::{Loader, insert, moment};
use crate::arm;
use crate::fields::{Fields, checked};
use crate::files::{Reported, report};
use crate::overlay::{KeySlot, NamedReference};
use crate::tree::Node;

const STATES: [(&str, SubscriptionState); 6] = [
    ("active", SubscriptionState::Active),
    ("suspended", SubscriptionState::Suspended),
    ("submitted", SubscriptionState::Submitted),
    ("rejected", SubscriptionState::Rejected),
    ("cancelled", SubscriptionState::Cancelled),
    ("expired", SubscriptionState::Expired),
];

type KeyReference = NamedReference<(SubscriptionId, KeySlot)>;

impl Loader<'_> {
    pub(super) fn subscriptions(&mut self) {
        let mut references: HashMap<SubscriptionId, Vec<KeyReference>> = HashMap::new();
        for each in std::mem::take(&mut self.overlay.subscriptions) {
            references.entry(each.name.0.clone()).or_default().push(each);
        }
        for name in self.files.directories("subscriptions", &mut self.problems) {
            let path = format!("subscriptions/{name}");
            let Some(id) = self.directory_id(SubscriptionId::new, &name, &path) else { continue };
            let mine = references.remove(&id).unwrap_or_default();
            if let Ok(subscription) = self.subscription(id, &path, mine) {
                insert(&mut self.configuration.subscriptions, subscription, &mut self.problems);
            }
        }
        let mut left: Vec<KeyReference> = references.into_values().flatten().collect();
        left.sort_by_key(|each| (each.at.file.name().to_owned(), each.at.span));
        for each in left {
            self.unknown_subscription(&each);
        }
    }

    fn unknown_subscription(&mut self, reference: &KeyReference) {
        let id = &reference.name.0;
        let near =
            did_you_mean(id.as_str(), self.configuration.subscriptions.ids().map(SubscriptionId::as_str));
        let message = format!("there is no subscription `{id}`");
        let problem = Diagnostic::error("unknown-subscription", message).at(reference.at.clone());
        self.problems.push(problem.maybe_help(near.map(|near| format!("did you mean `{near}`?"))));
    }

    fn subscription(
        &mut self,
        id: SubscriptionId,
        path: &str,
        references: Vec<KeyReference>,
    ) -> Result<Subscription, Reported> {
        let subject = format!("the subscription `{id}`");
        let path = format!("{path}/subscriptionInformation.json");
        let (clear, shown) = self.sensitive(&path, &subject, &["primaryKey", "secondaryKey"])?;
        let fields = Fields::new(&shown, subject);
        let (text, at) = fields.required("displayName", &mut self.problems)?;
        let display_name = checked(DisplayName::new(text), at, &mut self.problems)?;
        let scope = self.scope(&id, &fields)?;
        let mut subscription = Subscription::new(id, display_name, scope);
        subscription.owner = self.owner(&fields);
        self.rest(&mut subscription, &fields);
        subscription.primary = self.clear_key(&subscription.id, "primaryKey", clear.as_ref(), &fields);
        subscription.secondary = self.clear_key(&subscription.id, "secondaryKey", clear.as_ref(), &fields);
        subscription.origin = Some(shown.at.clone());
        for each in references {
            self.key(&mut subscription, each);
        }
        Ok(subscription)
    }

    fn rest(&mut self, subscription: &mut Subscription, fields: &Fields<'_>) {
        let problems = &mut self.problems;
        // A state that is not understood must not let anybody in; API Management makes subscriptions active unless
        // told otherwise.
        subscription.state = match fields.any("state") {
            None => SubscriptionState::Active,
            Some(_) => fields.choice("state", &STATES, problems).unwrap_or(SubscriptionState::Suspended),
        };
        subscription.state_comment = fields.shared("stateComment", problems);
        subscription.allow_tracing = fields.flag("allowTracing", false, problems);
        subscription.dates = SubscriptionDates {
            created: fields.parsed("createdDate", moment, problems),
            start: fields.parsed("startDate", moment, problems),
            expiration: fields.parsed("expirationDate", moment, problems),
            end: fields.parsed("endDate", moment, problems),
        };
    }

    /// What a subscription's keys open. The built-in `master` opens everything, whatever its file says.
    fn scope(&mut self, id: &SubscriptionId, fields: &Fields<'_>) -> Result<SubscriptionScope, Reported> {
        if id.as_str().eq_ignore_ascii_case("master") {
            return Ok(SubscriptionScope::AllAccess);
        }
        let (text, at) = fields.required("scope", &mut self.problems)?;
        match arm::parts(text).as_slice() {
            [] => Ok(SubscriptionScope::AllAccess),
            [kind] if kind.eq_ignore_ascii_case("apis") => Ok(SubscriptionScope::AllApis),
            [kind, name] if kind.eq_ignore_ascii_case("apis") => self.api_scope(id, name, at),
            [kind, name] if kind.eq_ignore_ascii_case("products") => self.product_scope(id, name, at),
            _ => {
                let message = format!("`{text}` is not a scope of a subscription");
                let problem = Diagnostic::error("invalid-value", message).at(at.at.clone());
                Err(report(
                    &mut self.problems,
                    problem.help("write `/products/<name>`, `/apis/<name>` or `/apis`"),
                ))
            }
        }
    }

    fn api_scope(
        &mut self,
        id: &SubscriptionId,
        name: &str,
        at: &Node,
    ) -> Result<SubscriptionScope, Reported> {
        let api = checked(ApiId::new(name), at, &mut self.problems)?.root();
        if !self.configuration.apis.contains(&api) && !self.refused.contains(&api) {
            let all = self.configuration.apis.ids().map(ApiId::as_str);
            let near = did_you_mean(name, all).map(str::to_owned);
            return Err(self.dangling(id, "API", name, at, near));
        }
        Ok(SubscriptionScope::Api(api))
    }

    fn product_scope(
        &mut self,
        id: &SubscriptionId,
        name: &str,
        at: &Node,
    ) -> Result<SubscriptionScope, Reported> {
        let product = checked(ProductId::new(name), at, &mut self.problems)?;
        if !self.configuration.products.contains(&product) {
            let all = self.configuration.products.ids().map(ProductId::as_str);
            let near = did_you_mean(name, all).map(str::to_owned);
            return Err(self.dangling(id, "product", name, at, near));
        }
        Ok(SubscriptionScope::Product(product))
    }

    fn dangling(
        &mut self,
        id: &SubscriptionId,
        kind: &str,
        name: &str,
        at: &Node,
        near: Option<String>,
    ) -> Reported {
        let message = format!("the subscription `{id}` is for the {kind} `{name}`, which does not exist");
        let code = if kind == "API" { "unknown-api" } else { "unknown-product" };
        let problem = Diagnostic::error(code, message).at(at.at.clone());
        report(&mut self.problems, problem.maybe_help(near.map(|near| format!("did you mean `{near}`?"))))
    }

    /// Whose it is. An owner whom nobody knows is kept, so that the name shows up in logs.
    fn owner(&mut self, fields: &Fields<'_>) -> Option<UserId> {
        let (text, at) = fields.text("ownerId", &mut self.problems)?;
        let Some(name) = arm::name_of(text, "users") else {
            let message = format!("`{text}` does not name a user");
            self.problems.push(Diagnostic::error("invalid-value", message).at(at.at.clone()));
            return None;
        };
        let user = checked(UserId::new(name), at, &mut self.problems).ok()?;
        // `1` is the built-in administrator.
        if !self.configuration.users.contains(&user) && name != "1" {
            let message = format!("{} belongs to the user `{name}`, who is not known", fields.subject);
            let help = format!("describe the user in `overlay.toml`, in `[users.{name}]`");
            self.problems.push(Diagnostic::warning("unknown-user", message).at(at.at.clone()).help(help));
        }
        Some(user)
    }

    /// A key that stands in the folder, where it should not.
    fn clear_key(
        &mut self,
        id: &SubscriptionId,
        name: &str,
        clear: Option<&Node>,
        shown: &Fields<'_>,
    ) -> Option<SubscriptionKey> {
        let (_, at) = shown.text(name, &mut self.problems)?;
        let key = Fields::new(clear?, "").any(name).and_then(Node::text).filter(|key| !key.is_empty())?;
        let message = format!("`{name}` of the subscription `{id}` stands in the folder");
        let help = "take it out and say in `secrets.toml` where the key is";
        self.problems.push(Diagnostic::warning("secret-in-clear", message).at(at.at.clone()).help(help));
        let slot = SecretSlot::holding(format!("{id} {name}"), Secret::new(key));
        Some(SubscriptionKey::Known(slot))
    }

    fn key(&mut self, subscription: &mut Subscription, reference: KeyReference) {
        let (word, place) = match reference.name.1 {
            KeySlot::Primary => ("primary", &mut subscription.primary),
            KeySlot::Secondary => ("secondary", &mut subscription.secondary),
        };
        let name = format!("{word} key of {}", subscription.id);
        *place = Some(SubscriptionKey::Known(self.bind(name, reference.reference, &reference.at)));
    }
}
