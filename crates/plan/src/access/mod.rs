//! Who can reach which deployment: for the keys of each scope, and for whoever has none, the operations that they can
//! call, the backends that these calls go to, and the deployments that these URLs name.
//!
//! Three answers: yes, decided by a policy (and where), no. What an expression computes is not known; then the policy
//! decides. Deployments are known where a URL names them (`…/deployments/<name>/…`); a model that a message's body names
//! is not seen here.

mod callers;
mod difference;
mod domain;
mod place;
mod walk;

pub use callers::Caller;
pub use domain::{Certainty, Deployment, Row, Spot};

pub(crate) use difference::compare;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::{Api, Configuration, Operation};

use crate::effective::{Documents, Side, chain, listed, operation_name};
use crate::realm::{self, Realm};
use domain::{Table, Way};

/// Who can reach what, one row for each caller, API, backend and deployment. Callers of workspaces follow those of the
/// service.
#[must_use]
pub fn access(configuration: &Configuration) -> Vec<Row> {
    let built_in = realm::built_in();
    let service = Realm::service(configuration, &built_in);
    let workspaces: Vec<Realm<'_>> = service.workspaces().map(|id| service.workspace(id)).collect();
    let realms: Vec<Realm<'_>> = std::iter::once(service).chain(workspaces).collect();
    realms.iter().flat_map(rows).collect()
}

fn rows(realm: &Realm<'_>) -> Vec<Row> {
    let mut documents = Documents::default();
    let mut rows = Vec::new();
    for api in realm.own().into_iter().flat_map(|own| own.apis.iter()) {
        for caller in callers::callers(realm, api) {
            let table = reached((realm, Side::A), api, &caller, &mut documents, &operation_name);
            rows.extend(grouped(&table).into_iter().map(|((way, certainty), operations)| Row {
                caller: caller.to_string(),
                api: realm.named("API", &api.id),
                operations: listed(&operations, api.operations.len()),
                backend: way.backend,
                deployment: way.deployment,
                certainty,
            }));
        }
    }
    rows.sort_by(|one, other| (&one.caller, &one.api).cmp(&(&other.caller, &other.api)));
    rows
}

/// The operations of a table by what they reach and how sure that is.
fn grouped(table: &Table) -> BTreeMap<(Way, Certainty), BTreeSet<String>> {
    let mut groups: BTreeMap<(Way, Certainty), BTreeSet<String>> = BTreeMap::new();
    for ((operation, way), certainty) in table {
        groups.entry((way.clone(), certainty.clone())).or_default().insert(operation.clone());
    }
    groups
}

/// What a caller can reach in an API; `name` says what its operations are called.
fn reached(
    (realm, side): (&Realm<'_>, Side),
    api: &Arc<Api>,
    caller: &Caller,
    documents: &mut Documents,
    name: &dyn Fn(&Operation) -> String,
) -> Table {
    let Some(context) = callers::context(realm, api, caller) else { return Table::new() };
    let mut table = Table::new();
    for operation in &api.operations {
        let chain = chain(realm, api, Some(operation), context.as_deref());
        let effective = documents.effective(realm, side, &chain);
        for (way, certainty) in walk::ways(realm, api, operation, &effective) {
            table.insert((name(operation), way), certainty);
        }
    }
    table
}
