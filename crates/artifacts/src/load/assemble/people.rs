//! Groups, those that are always there too, and users, who are in the overlay.

use std::sync::Arc;

use model::{Collection, Group};
use source::Diagnostic;

use super::{Assembly, insert};
use crate::load::people::system_groups;
use crate::load::unit::Unit;

impl Assembly<'_> {
    pub(super) fn groups(&mut self, units: Vec<Unit<Group>>) {
        let mut groups: Collection<Group> = self.collected(units);
        for group in system_groups() {
            if !groups.contains(&group.id) {
                insert(&mut groups, Arc::new(group), &mut self.problems);
            }
        }
        self.configuration.groups = groups;
    }

    pub(super) fn users(&mut self) {
        for user in std::mem::take(&mut self.overlay.users) {
            for group in user.groups.iter().filter(|group| !self.configuration.groups.contains(group)) {
                let message =
                    format!("the user `{}` is in the group `{group}`, which does not exist", user.id);
                let problem = Diagnostic::error("unknown-group", message);
                self.problems.push(match &user.origin {
                    Some(at) => problem.at(at.clone()),
                    None => problem,
                });
            }
            insert(&mut self.configuration.users, Arc::new(user), &mut self.problems);
        }
    }
}
