//! Groups, those that are always there too, and users, who are in the overlay.

use std::sync::Arc;

use model::{Collection, Group, User};
use source::Diagnostic;

use super::{Assembly, insert};
use crate::load::people::system_groups;
use crate::load::unit::Unit;

impl Assembly<'_> {
    pub(super) fn groups(&mut self, units: Vec<Unit<Group>>) {
        let mut groups: Collection<Group> = self.collected(units);
        // COMPAT: the groups that are always there belong to the service; a workspace has its own groups only.
        let system = system_groups().filter(|_| self.prefix.is_empty());
        for group in system {
            if !groups.contains(&group.id) {
                insert(&mut groups, Arc::new(group), &mut self.problems);
            }
        }
        self.configuration.groups = groups;
    }

    pub(super) fn users(&mut self, users: Vec<Arc<User>>) {
        for user in users {
            for group in user.groups.iter().filter(|group| !self.configuration.groups.contains(group)) {
                let message =
                    format!("the user `{}` is in the group `{group}`, which does not exist", user.id);
                let problem = Diagnostic::error("unknown-group", message);
                self.problems.push(match &user.origin {
                    Some(at) => problem.at(at.clone()),
                    None => problem,
                });
            }
            insert(&mut self.configuration.users, user, &mut self.problems);
        }
    }
}
