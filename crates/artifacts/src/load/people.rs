//! Groups of users.

use model::{DisplayName, Group, GroupId, GroupKind};

use super::unit::{Reader, Unit};
use crate::fields::{Fields, checked};
use crate::files::Reported;

/// The groups that are always there (API Management: system groups, immutable).
const SYSTEM: [(&str, &str); 3] =
    [("administrators", "Administrators"), ("developers", "Developers"), ("guests", "Guests")];

/// The groups that are always there.
pub(super) fn system_groups() -> impl Iterator<Item = Group> {
    SYSTEM.into_iter().filter_map(|(id, name)| {
        let (id, display_name) = (GroupId::new(id).ok()?, DisplayName::new(name).ok()?);
        Some(Group { id, display_name, description: None, kind: GroupKind::System, rest: None, origin: None })
    })
}

/// Reads `groups/<id>`.
pub(super) fn group(mut reader: Reader<'_>) -> Unit<Group> {
    let read = read(&mut reader);
    reader.finish(read)
}

fn read(reader: &mut Reader<'_>) -> Result<Group, Reported> {
    let id = reader.id(GroupId::new)?;
    let subject = format!("the group `{id}`");
    let information = reader.information("groupInformation.json", &subject)?;
    let fields = Fields::new(&information.properties, subject);
    let problems = &mut reader.problems;
    let (text, at) = fields.required("displayName", problems)?;
    let display_name = checked(DisplayName::new(text), at, problems)?;
    let words = [("custom", 0), ("system", 1), ("external", 2)];
    let kind = match fields.choice("type", &words, problems) {
        Some(1) => GroupKind::System,
        Some(2) => GroupKind::External(fields.required("externalId", problems)?.0.into()),
        _ => GroupKind::Custom,
    };
    let description = fields.shared("description", problems);
    let rest = information.rest(&["displayName", "description", "type", "externalId", "builtIn"]);
    Ok(Group { id, display_name, description, kind, rest, origin: Some(fields.node.at.clone()) })
}
