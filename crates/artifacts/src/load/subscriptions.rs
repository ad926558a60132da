//! Subscriptions as the folder has them.

use std::sync::Arc;

use model::{
    ApiId, DisplayName, ProductId, Subscription, SubscriptionDates, SubscriptionId, SubscriptionKey,
    SubscriptionScope, SubscriptionState, UserId, WorkspaceId,
};
use secret::{Secret, SecretSlot};
use source::{Diagnostic, Location};

use super::moment;
use super::unit::{Reader, Unit};
use crate::arm::Place;
use crate::fields::{Fields, checked};
use crate::files::{Reported, report};
use crate::tree::Node;

const KNOWN: [&str; 12] = [
    "displayName",
    "scope",
    "ownerId",
    "state",
    "stateComment",
    "allowTracing",
    "createdDate",
    "startDate",
    "expirationDate",
    "endDate",
    "primaryKey",
    "secondaryKey",
];

/// A subscription, and where it names what it is for and whose it is.
#[derive(Debug)]
pub(crate) struct SubscriptionRead {
    pub(crate) subscription: Arc<Subscription>,
    pub(crate) scope_at: Location,
    pub(crate) owner_at: Option<Location>,
}

/// Reads `subscriptions/<id>`. That its scope and its owner exist is not looked at, nor who has its keys.
pub(super) fn unit(mut reader: Reader<'_>) -> Unit<SubscriptionRead> {
    let read = read(&mut reader);
    reader.finish(read)
}

fn read(reader: &mut Reader<'_>) -> Result<SubscriptionRead, Reported> {
    let id = reader.id(SubscriptionId::new)?;
    let subject = format!("the subscription `{id}`");
    let secrets = ["primaryKey", "secondaryKey"];
    let (clear, shown) = reader.sensitive("subscriptionInformation.json", &subject, &secrets)?;
    let fields = Fields::new(&shown.properties, subject);
    // COMPAT: the extractor leaves `displayName` out of subscriptions that API Management made itself, as it does for a
    // user's first one; their name stands for it.
    let display_name = match fields.text("displayName", &mut reader.problems) {
        Some((text, at)) => checked(DisplayName::new(text), at, &mut reader.problems)?,
        None => checked(DisplayName::new(id.as_str()), fields.node, &mut reader.problems)?,
    };
    let (scope, scope_at) = scope(&id, &fields, reader)?;
    let mut subscription = Subscription::new(id, display_name, scope);
    subscription.workspace = reader.place.workspace.and_then(|name| WorkspaceId::new(name).ok());
    let owner = owner(&fields, reader);
    subscription.owner = owner.as_ref().map(|(id, _)| id.clone());
    rest(&mut subscription, &fields, reader);
    subscription.primary = clear_key(&subscription.id, "primaryKey", &clear.properties, &fields, reader);
    subscription.secondary = clear_key(&subscription.id, "secondaryKey", &clear.properties, &fields, reader);
    subscription.rest = clear.rest(&KNOWN);
    subscription.origin = Some(fields.node.at.clone());
    let mut owner_at = owner.map(|(_, at)| at);
    let mut scope_at = scope_at;
    if reader.problems.is_empty() {
        let mut rest = reader.rest();
        rest.maybe(subscription.origin.as_mut());
        rest.place(&mut scope_at);
        rest.maybe(owner_at.as_mut());
    }
    Ok(SubscriptionRead { subscription: subscription.into(), scope_at, owner_at })
}

fn rest(subscription: &mut Subscription, fields: &Fields<'_>, reader: &mut Reader<'_>) {
    let problems = &mut reader.problems;
    // A state that is not understood must not let anybody in; API Management makes subscriptions active unless
    // told otherwise.
    subscription.state = match fields.any("state") {
        None => SubscriptionState::Active,
        Some(_) => {
            let states = SubscriptionState::ALL.map(|state| (state.name(), state));
            fields.choice("state", &states, problems).unwrap_or(SubscriptionState::Suspended)
        }
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
fn scope(
    id: &SubscriptionId,
    fields: &Fields<'_>,
    reader: &mut Reader<'_>,
) -> Result<(SubscriptionScope, Location), Reported> {
    if id.as_str().eq_ignore_ascii_case("master") && reader.place.workspace.is_none() {
        return Ok((SubscriptionScope::AllAccess, fields.node.at.clone()));
    }
    let problems = &mut reader.problems;
    let (text, at) = fields.required("scope", problems)?;
    let parts = reader.place.parts(text);
    let scope = match parts.as_deref().unwrap_or(&["/"]) {
        // A key for a whole workspace opens its APIs, not the service.
        [] if reader.place.workspace.is_some() => SubscriptionScope::AllApis,
        [] => SubscriptionScope::AllAccess,
        [kind] if kind.eq_ignore_ascii_case("apis") => SubscriptionScope::AllApis,
        [kind, name] if kind.eq_ignore_ascii_case("apis") => {
            SubscriptionScope::Api(checked(ApiId::new(name), at, problems)?.root())
        }
        [kind, name] if kind.eq_ignore_ascii_case("products") => {
            SubscriptionScope::Product(checked(ProductId::new(name), at, problems)?)
        }
        _ => {
            let message = format!("`{text}` is not a scope of a subscription");
            let problem = Diagnostic::error("invalid-value", message).at(at.at.clone());
            return Err(report(
                problems,
                problem.help("write `/products/<name>`, `/apis/<name>` or `/apis`"),
            ));
        }
    };
    Ok((scope, at.at.clone()))
}

fn owner(fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<(UserId, Location)> {
    let problems = &mut reader.problems;
    let (text, at) = fields.text("ownerId", problems)?;
    let Some(name) = Place { workspace: None }.name_of(text, "users") else {
        let message = format!("`{text}` does not name a user");
        problems.push(Diagnostic::error("invalid-value", message).at(at.at.clone()));
        return None;
    };
    Some((checked(UserId::new(name), at, problems).ok()?, at.at.clone()))
}

/// A key that stands in the folder, where it should not.
fn clear_key(
    id: &SubscriptionId,
    name: &str,
    clear: &Node,
    shown: &Fields<'_>,
    reader: &mut Reader<'_>,
) -> Option<SubscriptionKey> {
    let (_, at) = shown.text(name, &mut reader.problems)?;
    let key = Fields::new(clear, "").any(name).and_then(Node::text).filter(|key| !key.is_empty())?;
    let message = format!("`{name}` of the subscription `{id}` stands in the folder");
    let help = "take it out and say in `secrets.toml` where the key is";
    reader.problems.push(Diagnostic::warning("secret-in-clear", message).at(at.at.clone()).help(help));
    let slot = SecretSlot::holding(format!("{id} {name}"), Secret::new(key));
    Some(SubscriptionKey::Known(slot))
}
