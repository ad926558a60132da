//! The information file of a workspace.

use model::{DisplayName, JsonText, WorkspaceId};
use source::Location;

use super::unit::{Reader, Unit};
use crate::fields::{Fields, checked};
use crate::files::Reported;

/// What a workspace says about itself.
#[derive(Debug)]
pub(super) struct WorkspaceRead {
    pub(super) id: WorkspaceId,
    pub(super) display_name: Option<DisplayName>,
    pub(super) description: Option<std::sync::Arc<str>>,
    pub(super) rest: Option<JsonText>,
    pub(super) origin: Option<Location>,
}

/// Reads the file of `workspaces/<id>`.
///
/// COMPAT: today's APIOps writes no file for a workspace (its `WorkspaceResource` has a directory only); versions before
/// it wrote `workspaceInformation.json`.
pub(super) fn unit(mut reader: Reader<'_>) -> Unit<WorkspaceRead> {
    let read = read(&mut reader);
    reader.finish(read)
}

fn read(reader: &mut Reader<'_>) -> Result<WorkspaceRead, Reported> {
    let id = reader.id(WorkspaceId::new)?;
    let subject = format!("the workspace `{id}`");
    let Some(information) = reader.information_if_there("workspaceInformation.json", &subject)? else {
        return Ok(WorkspaceRead { id, display_name: None, description: None, rest: None, origin: None });
    };
    let fields = Fields::new(&information.properties, subject);
    let problems = &mut reader.problems;
    let display_name = fields.text("displayName", problems);
    let display_name = display_name.map(|(text, at)| checked(DisplayName::new(text), at, problems));
    Ok(WorkspaceRead {
        id,
        display_name: display_name.transpose()?,
        description: fields.shared("description", problems),
        rest: information.rest(&["displayName", "description"]),
        origin: Some(fields.node.at.clone()),
    })
}
