//! Users, and the managed identities of a machine.

use serde::Deserialize;

use super::{Assigned, derived_id};

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) display_name: Option<String>,
    #[serde(default)]
    pub(crate) groups: Vec<String>,
    #[serde(default)]
    pub(crate) groups_beside: usize,
    #[serde(default)]
    pub(crate) assigned: Vec<Assigned>,
}

impl User {
    /// A user by their object id, a GUID, and the name that they sign in with (`ada@contoso.example`).
    #[must_use]
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            display_name: None,
            groups: Vec::new(),
            groups_beside: 0,
            assigned: Vec::new(),
        }
    }

    /// The name for people; otherwise what stands before the `@`.
    #[must_use]
    pub fn display_name(mut self, name: impl Into<String>) -> Self {
        self.display_name = Some(name.into());
        self
    }

    /// One more group, by its object id.
    #[must_use]
    pub fn group(mut self, id: impl Into<String>) -> Self {
        self.groups.push(id.into());
        self
    }

    /// So many more groups that nobody cares about, for the overage.
    #[must_use]
    pub fn and_groups(mut self, count: usize) -> Self {
        self.groups_beside = count;
        self
    }

    /// Has this role of an application, which is named by its id or an identifier URI.
    #[must_use]
    pub fn assigned(mut self, app: impl Into<String>, role: impl Into<String>) -> Self {
        self.assigned.push(Assigned { app: app.into(), role: role.into() });
        self
    }

    /// Their object id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name that they sign in with.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All their groups.
    pub(crate) fn all_groups(&self) -> Vec<String> {
        let beside =
            (0..self.groups_beside).map(|place| derived_id(&format!("group {place} of {}", self.id)));
        self.groups.iter().cloned().chain(beside).collect()
    }

    pub(crate) fn shown_name(&self) -> String {
        let start = || self.name.split('@').next().unwrap_or_default().to_owned();
        self.display_name.clone().unwrap_or_else(start)
    }
}

/// A managed identity of the machine.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManagedIdentity {
    pub(crate) client_id: String,
    #[serde(default)]
    pub(crate) object_id: Option<String>,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) system: bool,
    #[serde(default)]
    pub(crate) resource_id: Option<String>,
    #[serde(default)]
    pub(crate) assigned: Vec<Assigned>,
}

impl ManagedIdentity {
    /// The identity that the machine has of itself. `name` is the machine's.
    #[must_use]
    pub fn system(client_id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { system: true, ..Self::user(client_id, name) }
    }

    /// An identity that was made for itself and assigned to the machine.
    #[must_use]
    pub fn user(client_id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            object_id: None,
            name: name.into(),
            system: false,
            resource_id: None,
            assigned: Vec::new(),
        }
    }

    /// Its object id, which follows from the client id unless set.
    #[must_use]
    pub fn with_object_id(mut self, id: impl Into<String>) -> Self {
        self.object_id = Some(id.into());
        self
    }

    /// Its ARM resource id, which follows from the name unless set.
    #[must_use]
    pub fn with_resource_id(mut self, id: impl Into<String>) -> Self {
        self.resource_id = Some(id.into());
        self
    }

    /// Has this role of an application, which is named by its id or an identifier URI.
    #[must_use]
    pub fn assigned(mut self, app: impl Into<String>, role: impl Into<String>) -> Self {
        self.assigned.push(Assigned { app: app.into(), role: role.into() });
        self
    }

    /// Its client id.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is the one that the machine has of itself.
    #[must_use]
    pub fn is_system(&self) -> bool {
        self.system
    }

    /// Its object id: the claims `oid` and `sub` of its tokens.
    #[must_use]
    pub fn object_id(&self) -> String {
        let derived = || derived_id(&format!("managed identity {}", self.client_id));
        self.object_id.clone().unwrap_or_else(derived)
    }

    /// Its ARM resource id: the claim `xms_mirid` of its tokens.
    #[must_use]
    pub fn resource_id(&self) -> String {
        self.resource_id.clone().unwrap_or_else(|| {
            let group =
                "/subscriptions/00000000-0000-0000-0000-000000000001/resourcegroups/simulated/providers";
            let kind = if self.system {
                "Microsoft.Compute/virtualMachines"
            } else {
                "Microsoft.ManagedIdentity/userAssignedIdentities"
            };
            format!("{group}/{kind}/{}", self.name)
        })
    }
}
