//! Backends: where calls go, and as whom. Values of credentials are compared and not shown.

use std::collections::BTreeSet;

use model::{Backend, BackendCredentials, BackendKind, BackendProtocol, ValueText};

use super::{Pair, named, pairs};
use crate::change::{Change, How, Kind, Subject, Weight};
use crate::effective::{Documents, Uses, users};
use crate::realm::{Both, Realm};

pub(super) fn compare(both: &Both<'_>, documents: &mut Documents, changes: &mut Vec<Change>) {
    let mut found = Vec::new();
    for pair in pairs(both.a.own().map(|own| &own.backends), both.b.own().map(|own| &own.backends)) {
        let at = found.len();
        let backend = match pair {
            Pair::Removed(backend) => {
                found.push(whole(&both.a, backend, How::Removed));
                backend
            }
            Pair::Added(backend) => {
                found.push(whole(&both.b, backend, How::Added));
                backend
            }
            Pair::Kept(before, after) => {
                one(both, before, after, &mut found);
                after
            }
        };
        reach(both, documents, backend, found.get_mut(at..).unwrap_or_default());
    }
    changes.append(&mut found);
}

fn reach(both: &Both<'_>, documents: &mut Documents, backend: &Backend, changes: &mut [Change]) {
    if changes.is_empty() {
        return;
    }
    let mut ids = pools_with(&both.b, backend);
    ids.insert(lower(&backend.id));
    let told = users(both, documents, &|uses: &Uses| uses.backends.iter().any(|id| ids.contains(id)));
    changes.iter_mut().for_each(|change| change.reaches.clone_from(&told));
}

fn lower(id: &model::BackendId) -> String {
    id.as_str().to_ascii_lowercase()
}

fn pools_with(realm: &Realm<'_>, backend: &Backend) -> BTreeSet<String> {
    let all = realm.own().into_iter().flat_map(|own| own.backends.iter());
    let holds = |each: &&std::sync::Arc<Backend>| match &each.kind {
        BackendKind::Pool { members, .. } => members.iter().any(|member| member.backend == backend.id),
        BackendKind::Single { .. } => false,
    };
    all.filter(holds).map(|pool| lower(&pool.id)).collect()
}

/// The backends that a reference to a named value stands in, and the pools that hold them, in lower case.
pub(super) fn mentioning(realm: &Realm<'_>, reference: &str) -> BTreeSet<String> {
    let all = realm.own().into_iter().flat_map(|own| own.backends.iter());
    let with = all.filter(|backend| texts(backend).iter().any(|text| text.text.contains(reference)));
    with.flat_map(|backend| {
        let mut ids = pools_with(realm, backend);
        ids.insert(lower(&backend.id));
        ids
    })
    .collect()
}

/// Every text of a backend that may hold named values.
fn texts(backend: &Backend) -> Vec<&ValueText> {
    let mut texts: Vec<&ValueText> = Vec::new();
    if let BackendKind::Single { url, .. } = &backend.kind {
        texts.push(url);
    }
    let given = &backend.credentials;
    texts.extend(given.headers.iter().flat_map(|each| &each.values));
    texts.extend(given.query.iter().flat_map(|each| &each.values));
    texts.extend(given.authorization.iter().flat_map(|each| [&each.scheme, &each.parameter]));
    texts.extend(
        given.managed_identity.iter().flat_map(|each| std::iter::once(&each.resource).chain(&each.client_id)),
    );
    texts
}

fn whole(realm: &Realm<'_>, backend: &Backend, how: How) -> Change {
    let weight = if how == How::Added { Weight::Adds } else { Weight::Breaks };
    let what = realm.named("backend", &backend.id);
    let mut change = Change::new(weight, Kind::Backend, how, what).at(backend.origin.clone());
    *(if how == How::Added { &mut change.after } else { &mut change.before }) = Some(target(backend));
    change
}

fn target(backend: &Backend) -> String {
    match &backend.kind {
        BackendKind::Single { url, protocol } => {
            let protocol = if *protocol == BackendProtocol::Soap { " (SOAP)" } else { "" };
            format!("`{}`{protocol}", url.text)
        }
        BackendKind::Pool { members, .. } => {
            let member = |member: &model::PoolMember| {
                let part = |name, value: Option<u8>| {
                    value.map_or_else(String::new, |value| format!(" {name} {value}"))
                };
                format!(
                    "`{}`{}{}",
                    member.backend,
                    part("priority", member.priority),
                    part("weight", member.weight)
                )
            };
            format!("a pool of {}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
    }
}

fn one(both: &Both<'_>, before: &Backend, after: &Backend, changes: &mut Vec<Change>) {
    let what = both.b.named("backend", &after.id);
    let subject = Subject { kind: Kind::Backend, what, at: after.origin.clone() };
    subject.property("target", (target(before), target(after)), Weight::Alters, changes);
    let (one, other) = (kinds(&before.credentials), kinds(&after.credentials));
    subject.members("credential", (&one, &other), (Weight::Alters, Weight::Alters), changes);
    if one == other {
        subject.hidden("values of credentials", values(before) == values(after), changes);
    }
    let tls = |backend: &Backend| {
        let tls = backend.tls;
        let told = |checked, what: &str| {
            if checked { format!("{what} checked") } else { format!("{what} not checked") }
        };
        format!("{}, {}", told(tls.validate_chain, "chain"), told(tls.validate_name, "name"))
    };
    subject.property("certificate", (tls(before), tls(after)), Weight::Alters, changes);
    let proxy = |backend: &Backend| {
        backend.proxy.as_ref().map_or_else(|| "none".to_owned(), |proxy| format!("`{}`", proxy.url.text))
    };
    subject.property("proxy", (proxy(before), proxy(after)), Weight::Alters, changes);
    subject.hidden("circuit breaker", before.circuit_breaker == after.circuit_breaker, changes);
}

/// What is sent along, without values.
fn kinds(credentials: &BackendCredentials) -> Vec<String> {
    let mut kinds = named(credentials.headers.iter().map(|each| format!("header {}", each.name.name())));
    kinds.extend(named(credentials.query.iter().map(|each| format!("query parameter {}", each.name))));
    kinds.extend(credentials.authorization.iter().map(|_| "`authorization`".to_owned()));
    kinds.extend(credentials.certificates.iter().map(|_| "`client certificate`".to_owned()));
    kinds.extend(credentials.managed_identity.iter().map(|_| "`managed identity`".to_owned()));
    kinds
}

fn values(backend: &Backend) -> Vec<&str> {
    let url = usize::from(matches!(backend.kind, BackendKind::Single { .. }));
    texts(backend).into_iter().skip(url).map(|text| &*text.text).collect()
}
