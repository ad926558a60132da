//! Workspaces: parts of a service with APIs, products and everything else of their own.

use std::sync::Arc;

use source::Location;

use crate::{Configuration, DisplayName, JsonText, Resource, WorkspaceId};

/// A part of the service that a team keeps for itself.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// Its name.
    pub id: WorkspaceId,
    /// Its name for people.
    pub display_name: Option<DisplayName>,
    /// What people say about it.
    pub description: Option<Arc<str>>,
    /// What is in it, and its policy. Names in it are its own: `backends` of a workspace are not those of the service.
    /// What only the service has is empty or as it is by default: `service`, `users`, `certificates`, `authorities`, `gateways`,
    /// `workspaces`. `secrets` and `broken` are with those of the service.
    pub contents: Configuration,
    /// What its file says beyond that.
    pub rest: Option<JsonText>,
    /// Where it was defined; none when only its directory says that it is there.
    pub origin: Option<Location>,
}

/// A name that nothing else of its kind has: `echo` of the service, `team/echo` of the workspace `team`. No name holds a
/// slash.
#[must_use]
pub fn qualified(workspace: Option<&WorkspaceId>, name: &str) -> String {
    workspace.map_or_else(|| name.to_owned(), |workspace| format!("{workspace}/{name}"))
}

/// The name without that of its workspace.
#[must_use]
pub fn unqualified(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(_, own)| own)
}

impl Resource for Workspace {
    type Id = WorkspaceId;
    const KIND: &'static str = "workspace";

    fn id(&self) -> &WorkspaceId {
        &self.id
    }
}
