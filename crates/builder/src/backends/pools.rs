//! Pools: backends of the configuration, of which each call gets one.

use std::sync::Arc;

use gateway::backends::affinity;
use model::{Backend as Entity, BackendKind, BackendTls, PoolMember};
use policy::{Backend, BackendEntity, BackendPool, Backends as _};
use source::{Diagnostic, Diagnostics};

use super::{Around, Table, report};

/// What a pool may have as members.
pub(super) struct Known<'a> {
    pub(super) table: &'a Table,
    pub(super) around: &'a Around<'a>,
}

/// A pool of the backends of the table. It has nothing of its own: credentials, TLS and breakers are those of its members.
pub(super) fn pool(entity: &Entity, known: &Known<'_>, problems: &mut Diagnostics) -> Option<BackendPool> {
    let BackendKind::Pool { members, affinity: given, failure_status } = &entity.kind else { return None };
    let before = problems.len();
    let own = [
        ("credentials", !entity.credentials.is_empty()),
        ("tls", entity.tls != BackendTls::default()),
        ("proxy", entity.proxy.is_some()),
        ("circuitBreaker", entity.circuit_breaker.is_some()),
    ];
    for (name, _) in own.into_iter().filter(|(_, given)| *given) {
        let message =
            format!("the pool `{}` has `{name}`, which calls to its members would not use", entity.id);
        let problem = Diagnostic::error("not-of-a-pool", message).help("give it to the members");
        report(entity, None, problem, problems);
    }
    let found: Vec<_> = members.iter().filter_map(|each| member(entity, each, known, problems)).collect();
    if problems.len() > before || found.len() < members.len() {
        return None;
    }
    let id = known.around.name(entity);
    let given = given.as_ref();
    let affinity = given.map(|given| affinity(given, &id, members.iter().map(|each| &each.backend)));
    let balance = known.around.settings.backends.rotation(&id, members);
    let failure_status = failure_status.unwrap_or(503);
    Some(BackendPool { id, members: found, balance, affinity, failure_status })
}

/// A member of a pool. One that has problems of its own, or does not exist, has been reported.
fn member(
    pool: &Entity,
    member: &PoolMember,
    known: &Known<'_>,
    problems: &mut Diagnostics,
) -> Option<Arc<Backend>> {
    if let Some(BackendEntity::Single(backend)) = known.table.get(member.backend.as_str()) {
        return Some(backend);
    }
    let (name, id) = (&pool.id, &member.backend);
    // COMPAT: pools are of single backends (backends page).
    let is_pool = matches!(known.around.contents.backends.get(id)?.kind, BackendKind::Pool { .. });
    let problem = if is_pool {
        let message = format!("the pool `{name}` has the member `{id}`, which is a pool");
        Diagnostic::error("pool-in-a-pool", message).help("name the members of that pool instead")
    } else {
        let message = format!("the pool `{name}` cannot be used: its member `{id}` cannot be called");
        let help = "correct what is wrong with the member, or remove it";
        Diagnostic::error("unusable-member", message).help(help)
    };
    report(pool, None, problem, problems);
    None
}
