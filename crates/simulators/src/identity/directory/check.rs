//! What contradicts itself in a directory, all of it at once.

use std::collections::HashSet;

use jose::KeySet;

use super::{App, Assigned, Directory, Tenant};

/// Problems of a directory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct DirectoryError(Vec<String>);

impl DirectoryError {
    /// One problem.
    pub(crate) fn one(problem: impl Into<String>) -> Self {
        Self(vec![problem.into()])
    }

    /// The problems, one a sentence.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.0
    }
}

pub(super) fn checked(directory: Directory) -> Result<Directory, DirectoryError> {
    let mut problems = Vec::new();
    if directory.tenants.is_empty() {
        problems.push(String::from("a directory has at least one tenant"));
    }
    directory.tenants.iter().for_each(|tenant| of_tenant(tenant, &mut problems));
    for issuer in &directory.issuers {
        if let Err(why) = KeySet::parse(issuer.keys.as_bytes()) {
            problems.push(format!("the keys of `{}` cannot be read: {why}", issuer.url));
        }
    }
    if problems.is_empty() { Ok(directory) } else { Err(DirectoryError(problems)) }
}

fn of_tenant(tenant: &Tenant, problems: &mut Vec<String>) {
    let mut seen = HashSet::new();
    let mut id = |what: String, id: &str| {
        if !is_guid(id) {
            problems.push(format!("{what} has the id `{id}`, which is no GUID"));
        }
        if !seen.insert(id.to_ascii_lowercase()) {
            problems.push(format!("{what} has the id `{id}`, which something else has too"));
        }
    };
    id(format!("the tenant `{}`", tenant.domain), &tenant.id);
    tenant.apps.iter().for_each(|app| id(format!("the application `{}`", app.name), &app.id));
    tenant.users.iter().for_each(|user| id(format!("the user `{}`", user.name), &user.id));
    let managed = |one: &super::ManagedIdentity| id(format!("the identity `{}`", one.name), &one.client_id);
    tenant.managed.iter().for_each(managed);
    names(tenant, problems);
    assignments(tenant, problems);
}

/// Names by which one thing is found must be of one thing.
fn names(tenant: &Tenant, problems: &mut Vec<String>) {
    let mut seen = HashSet::new();
    for uri in tenant.apps.iter().flat_map(|app| &app.identifier_uris) {
        if !seen.insert(uri.to_ascii_lowercase()) {
            problems.push(format!("two applications have the identifier URI `{uri}`"));
        }
    }
    let systems = tenant.managed.iter().filter(|identity| identity.system).count();
    if systems > 1 {
        problems.push(format!("a machine has one system-assigned identity, not {systems}"));
    }
}

fn assignments(tenant: &Tenant, problems: &mut Vec<String>) {
    let apps = tenant.apps.iter().flat_map(|app| &app.assigned);
    let users = tenant.users.iter().flat_map(|user| &user.assigned);
    let managed = tenant.managed.iter().flat_map(|identity| &identity.assigned);
    for Assigned { app, role } in apps.chain(users).chain(managed) {
        match tenant.resource(app) {
            None => problems.push(format!("the role `{role}` is of `{app}`, which is no application")),
            Some(App { roles, .. }) if !roles.contains(role) => {
                problems.push(format!("the application `{app}` has no role `{role}`"));
            }
            Some(_) => {}
        }
    }
}

fn is_guid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let digits = text.chars().all(|letter| letter == '-' || letter.is_ascii_hexdigit());
    digits && lengths == [8, 4, 4, 4, 12]
}
