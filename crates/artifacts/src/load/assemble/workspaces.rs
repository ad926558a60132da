//! Workspaces, each assembled like a service of its own.

use std::sync::Arc;

use model::{Workspace, WorkspaceId};
use source::{Diagnostic, Location, did_you_mean};

use super::{Assembly, insert};
use crate::load::scope::Units;
use crate::load::unit::Unit;
use crate::load::workspace::WorkspaceRead;
use crate::overlay::Inside;

impl Assembly<'_> {
    /// What the overlay says about workspaces is put into [`Self::of_workspaces`] before.
    pub(super) fn workspaces(&mut self, units: Vec<(Unit<WorkspaceRead>, Units)>) {
        for (unit, inside) in units {
            self.broken(&unit);
            self.problems.append(unit.problems);
            let Some(read) = unit.read else { continue };
            let workspace = self.workspace(&read, inside);
            insert(&mut self.configuration.workspaces, Arc::new(workspace), &mut self.problems);
        }
    }

    fn workspace(&mut self, read: &WorkspaceRead, units: Units) -> Workspace {
        let overlay = self.of_workspaces.remove(&read.id).unwrap_or_default();
        let mut inner = Assembly::new(&units, overlay, (self.options, self.shelf));
        inner.all(units, Vec::new(), Vec::new());
        self.problems.append(inner.problems);
        self.configuration.secrets.append(&mut inner.configuration.secrets);
        let keys = std::mem::take(&mut inner.configuration.keys);
        if !keys.is_empty() {
            Arc::make_mut(&mut self.configuration.keys).extend(keys.iter().cloned());
        }
        self.configuration.broken.append(&mut inner.configuration.broken);
        Workspace {
            id: read.id.clone(),
            display_name: read.display_name.clone(),
            description: read.description.clone(),
            contents: inner.configuration,
            rest: read.rest.clone(),
            origin: read.origin.clone(),
        }
    }

    /// What the overlay says about workspaces that are not there.
    pub(super) fn unknown_workspaces(&mut self, places: Vec<(WorkspaceId, Location)>) {
        let workspaces = &self.configuration.workspaces;
        for (id, at) in places.into_iter().filter(|(id, _)| !workspaces.contains(id)) {
            let near = did_you_mean(id.as_str(), workspaces.ids().map(WorkspaceId::as_str));
            let message = format!("there is no workspace `{id}`");
            let problem = Diagnostic::error("unknown-workspace", message).at(at);
            self.problems.push(problem.maybe_help(near.map(|near| format!("did you mean `{near}`?"))));
        }
    }
}

/// What the overlay says about each workspace, and where.
pub(super) type OfWorkspaces = std::collections::HashMap<WorkspaceId, Inside>;
