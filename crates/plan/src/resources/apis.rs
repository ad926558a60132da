//! APIs: where they are, whether they want a key and which, and what their operations are.

use model::{Api, ApiVersion, BearerKeys, CallerKey, CallerToken, Protocol, VersioningScheme};

use super::{Pair, operations, pairs};
use crate::change::{Change, How, Kind, Subject, Weight, opens_if};
use crate::realm::{Both, Realm};

pub(super) fn compare(both: &Both<'_>, changes: &mut Vec<Change>) {
    for pair in pairs(both.a.own().map(|own| &own.apis), both.b.own().map(|own| &own.apis)) {
        match pair {
            Pair::Removed(api) => changes.push(whole(&both.a, api, How::Removed)),
            Pair::Added(api) => changes.push(whole(&both.b, api, How::Added)),
            Pair::Kept(before, after) => {
                one(both, before, after, changes);
                operations::compare(&both.b.named("API", &after.id), before, after, changes);
            }
        }
    }
}

fn whole(realm: &Realm<'_>, api: &Api, how: How) -> Change {
    let weight = if how == How::Added { Weight::Adds } else { Weight::Breaks };
    let mut change = Change::new(weight, Kind::Api, how, realm.named("API", &api.id)).at(api.origin.clone());
    let text = format!(
        "`/{}`, operations: {}, {}",
        api.path,
        api.operations.len(),
        required(api.subscription_required)
    );
    *(if how == How::Added { &mut change.after } else { &mut change.before }) = Some(text);
    change
}

/// How callers know a requirement.
pub(super) fn required(required: bool) -> &'static str {
    if required { "a key is required" } else { "no key is required" }
}

fn one(both: &Both<'_>, before: &Api, after: &Api, changes: &mut Vec<Change>) {
    let what = both.b.named("API", &after.id);
    let subject = Subject { kind: Kind::Api, what, at: after.origin.clone() };
    reached(both, &subject, before, after, changes);
    keys(&subject, before, after, changes);
    let url =
        |api: &Api| api.service_url.as_ref().map_or_else(|| "none".to_owned(), |url| format!("`{url}`"));
    subject.property("service URL", (url(before), url(after)), Weight::Alters, changes);
    let kind = |api: &Api| api.kind.as_str().to_owned();
    subject.property("type", (kind(before), kind(after)), Weight::Breaks, changes);
    forwarded(&subject, before, after, changes);
    errors(&subject, before, after, changes);
}

/// By which requests it is reached.
fn reached(both: &Both<'_>, subject: &Subject, before: &Api, after: &Api, changes: &mut Vec<Change>) {
    let path = |api: &Api| format!("`/{}`", api.path);
    subject.property("path", (path(before), path(after)), Weight::Breaks, changes);
    let version = (version(&both.a, before.version.as_ref()), version(&both.b, after.version.as_ref()));
    subject.property("version", version, Weight::Breaks, changes);
    let revision = |api: &Api| format!("`{}`", api.revision);
    subject.property("revision", (revision(before), revision(after)), Weight::Alters, changes);
    let current = |api: &Api| if api.is_current { "current" } else { "not current" }.to_owned();
    subject.property("current revision", (current(before), current(after)), Weight::Alters, changes);
    let online = |api: &Api| if api.is_online { "online" } else { "offline" }.to_owned();
    subject.property("reachable", (online(before), online(after)), opens_if(after.is_online), changes);
    let protocols =
        |api: &Api| api.protocols.iter().map(|each| protocol(*each).to_owned()).collect::<Vec<_>>();
    subject.members(
        "protocol",
        (&protocols(before), &protocols(after)),
        (Weight::Adds, Weight::Breaks),
        changes,
    );
}

fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Http => "`http`",
        Protocol::Https => "`https`",
        Protocol::Ws => "`ws`",
        Protocol::Wss => "`wss`",
    }
}

fn version(realm: &Realm<'_>, version: Option<&ApiVersion>) -> String {
    let Some(version) = version else { return "none".to_owned() };
    let name = version.name.as_deref().map_or_else(|| "the original".to_owned(), |name| format!("`{name}`"));
    let set = realm.own().and_then(|own| own.version_sets.get(&version.set));
    match set.map(|set| &set.scheme) {
        Some(VersioningScheme::Segment) => format!("{name}, in the path"),
        Some(VersioningScheme::Query(parameter)) => format!("{name}, in the query parameter `{parameter}`"),
        Some(VersioningScheme::Header(header)) => format!("{name}, in the header `{}`", header.as_str()),
        None => name,
    }
}

/// How callers show who they are.
fn keys(subject: &Subject, before: &Api, after: &Api, changes: &mut Vec<Change>) {
    let requirement = |api: &Api| required(api.subscription_required).to_owned();
    let weight = opens_if(!after.subscription_required);
    subject.property("subscription requirement", (requirement(before), requirement(after)), weight, changes);
    let header = |api: &Api| format!("`{}`", api.key_names.header.name());
    subject.property("header of the key", (header(before), header(after)), Weight::Breaks, changes);
    let query = |api: &Api| format!("`{}`", api.key_names.query);
    subject.property("query parameter of the key", (query(before), query(after)), Weight::Breaks, changes);
    let bearer = |api: &Api| match api.settings.bearer_keys {
        BearerKeys::Ignored => "not taken".to_owned(),
        BearerKeys::Accepted => "taken".to_owned(),
    };
    let weight = opens_if(after.settings.bearer_keys == BearerKeys::Accepted);
    subject.property("key as a bearer token", (bearer(before), bearer(after)), weight, changes);
}

/// What callers read of a failure.
fn errors(subject: &Subject, before: &Api, after: &Api, changes: &mut Vec<Change>) {
    let shape = |api: &Api| format!("`{}`", api.settings.errors.as_str());
    subject.property("shape of errors", (shape(before), shape(after)), Weight::Alters, changes);
}

/// What of the caller's credentials goes on to the backend.
fn forwarded(subject: &Subject, before: &Api, after: &Api, changes: &mut Vec<Change>) {
    let key = |api: &Api| match api.settings.caller_key {
        CallerKey::Removed => "kept back".to_owned(),
        CallerKey::Forwarded => "sent to the backend".to_owned(),
    };
    subject.property("caller's key", (key(before), key(after)), Weight::Alters, changes);
    let token = |api: &Api| match api.settings.caller_token {
        CallerToken::Removed => "kept back".to_owned(),
        CallerToken::Forwarded => "sent to the backend".to_owned(),
    };
    subject.property("caller's token", (token(before), token(after)), Weight::Alters, changes);
}
