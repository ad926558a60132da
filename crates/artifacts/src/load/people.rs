//! Groups, from the folder, and users, from the overlay.

use model::{DisplayName, Group, GroupId, GroupKind};
use source::Diagnostic;

use super::{Loader, insert};
use crate::fields::{Fields, checked};
use crate::files::Reported;

/// The groups that are always there (API Management: system groups, immutable).
const SYSTEM: [(&str, &str); 3] =
    [("administrators", "Administrators"), ("developers", "Developers"), ("guests", "Guests")];

impl Loader<'_> {
    pub(super) fn groups(&mut self) {
        for name in self.files.directories("groups", &mut self.problems) {
            let path = format!("groups/{name}");
            let Some(id) = self.directory_id(GroupId::new, &name, &path) else { continue };
            if let Ok(group) = self.group(id, &path) {
                insert(&mut self.configuration.groups, group, &mut self.problems);
            }
        }
        for (id, name) in SYSTEM {
            let (Ok(id), Ok(display_name)) = (GroupId::new(id), DisplayName::new(name)) else { continue };
            if !self.configuration.groups.contains(&id) {
                let group =
                    Group { id, display_name, description: None, kind: GroupKind::System, origin: None };
                insert(&mut self.configuration.groups, group, &mut self.problems);
            }
        }
    }

    fn group(&mut self, id: GroupId, path: &str) -> Result<Group, Reported> {
        let subject = format!("the group `{id}`");
        let node = self.properties(&format!("{path}/groupInformation.json"), &subject)?;
        let fields = Fields::new(&node, subject);
        let problems = &mut self.problems;
        let (text, at) = fields.required("displayName", problems)?;
        let display_name = checked(DisplayName::new(text), at, problems)?;
        let words = [("custom", 0), ("system", 1), ("external", 2)];
        let kind = match fields.choice("type", &words, problems) {
            Some(1) => GroupKind::System,
            Some(2) => GroupKind::External(fields.required("externalId", problems)?.0.into()),
            _ => GroupKind::Custom,
        };
        let description = fields.shared("description", problems);
        Ok(Group { id, display_name, description, kind, origin: Some(node.at) })
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
            insert(&mut self.configuration.users, user, &mut self.problems);
        }
    }
}
