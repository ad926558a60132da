//! Finding things in the directory.

use super::{App, Assigned, Directory, ManagedIdentity, Tenant, User, services};

impl Directory {
    /// The tenant that a path names: by id, by domain name, or the first for the names that stand for any.
    pub(crate) fn tenant(&self, name: &str) -> Option<&Tenant> {
        let named = |tenant: &&Tenant| {
            tenant.id.eq_ignore_ascii_case(name) || tenant.domain.eq_ignore_ascii_case(name)
        };
        self.tenants.iter().find(named).or_else(|| self.tenants.first().filter(|_| is_any(name)))
    }
}

/// The paths that stand for any tenant.
pub(crate) fn is_any(name: &str) -> bool {
    matches!(name, "common" | "organizations")
}

impl Tenant {
    /// The application of that id.
    pub(crate) fn app_by_id(&self, id: &str) -> Option<&App> {
        self.every_app().find(|app| app.id.eq_ignore_ascii_case(id))
    }

    /// The application that a resource name stands for: its id or an identifier URI.
    ///
    /// COMPAT: a slash at the end does not matter, since clients make `https://management.azure.com//.default` from
    /// `https://management.azure.com/`.
    pub(crate) fn resource(&self, name: &str) -> Option<&App> {
        let bare = name.strip_suffix('/').unwrap_or(name);
        let by_uri = |app: &&App| {
            let mut uris = app.identifier_uris.iter();
            uris.any(|uri| uri.strip_suffix('/').unwrap_or(uri).eq_ignore_ascii_case(bare))
        };
        self.every_app().find(by_uri).or_else(|| self.app_by_id(bare))
    }

    /// The user of that name or object id.
    pub(crate) fn user_by_name(&self, name: &str) -> Option<&User> {
        let named = |user: &&User| user.name.eq_ignore_ascii_case(name) || user.id.eq_ignore_ascii_case(name);
        self.users.iter().find(named)
    }

    /// The managed identity of that client id, object id or resource id.
    pub(crate) fn managed_by(&self, is: impl Fn(&ManagedIdentity) -> bool) -> Option<&ManagedIdentity> {
        self.managed.iter().find(|identity| is(identity))
    }

    /// The roles among `assigned` that are `app`'s.
    pub(crate) fn roles(&self, assigned: &[Assigned], app: &App) -> Vec<String> {
        let of_app = |one: &&Assigned| self.resource(&one.app).is_some_and(|found| found.id == app.id);
        assigned.iter().filter(of_app).map(|one| one.role.clone()).collect()
    }

    fn every_app(&self) -> impl Iterator<Item = &App> {
        self.apps.iter().chain(services::APPS.iter())
    }
}
