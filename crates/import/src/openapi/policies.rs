//! Policies and the backend that they name. Policies that are there stay as they are.

use std::collections::HashMap;

use artifacts::write::{Document, Object, Value, attribute, information, json, places, single_backend};
use model::{BackendId, Operation, OperationId};
use source::{Diagnostic, Diagnostics, SourceFile};

use super::{Import, Target, calls, found, missing, unreadable};
use crate::{Note, Plan};

impl Import<'_> {
    /// Writes the backend when one is asked for, or checks that it is there.
    pub(super) fn backend(&self, plan: &mut Plan, problems: &mut Diagnostics) {
        let result = match &self.request.backend {
            None => Ok(()),
            Some(Target::Existing(id)) => match found(self.folder, "backends", id.as_str()) {
                Ok(Some(_)) => Ok(()),
                Ok(None) => Err(missing(self.folder, "backend", "backends", id.as_str())),
                Err(problem) => Err(problem),
            },
            Some(Target::Url(url)) => self.made_backend(&calls::url_text(url), plan),
        };
        if let Err(problem) = result {
            problems.push(problem);
        }
    }

    fn made_backend(&self, url: &str, plan: &mut Plan) -> Result<(), Diagnostic> {
        let id = self.own_backend()?;
        let path = places::backend_information(&id);
        let there = self.folder.read(&path).map_err(|error| unreadable(&error))?;
        let text = match there {
            None => information(single_backend(&self.title(), url)),
            // Credentials and the rest stay.
            Some(bytes) => {
                let file = SourceFile::new(path.as_str(), String::from_utf8_lossy(&bytes).into_owned());
                let Value::Object(mut whole) = json::read(&file)? else {
                    return Err(Diagnostic::error("wrong-type", format!("`{path}` does not hold an object")));
                };
                let properties = whole.get("properties").and_then(Value::as_object).cloned();
                whole.set("properties", properties.unwrap_or_default().with("url", url));
                unchanged_or(&file, whole)
            }
        };
        plan.write(path, text);
        Ok(())
    }

    /// The backend that is made for the API has the API's name.
    fn own_backend(&self) -> Result<BackendId, Diagnostic> {
        let root = self.api.root();
        BackendId::new(root.as_str()).map_err(|error| Diagnostic::error("invalid-name", error.to_string()))
    }

    /// A policy that sends calls to the backend, unless the API has one.
    pub(super) fn api_policy(&self, plan: &mut Plan) {
        let id = match &self.request.backend {
            None => return,
            Some(Target::Existing(id)) => id.to_string(),
            Some(Target::Url(_)) => self.api.root().to_string(),
        };
        let element = format!("<set-backend-service backend-id=\"{}\" />", attribute(&id));
        match self.existing.as_ref().and_then(|existing| existing.policy.as_ref()) {
            None => plan.write(places::api_policy(&self.api), Document::new().inbound(&element).text()),
            Some(text) if text.contains(&format!("backend-id=\"{}\"", attribute(&id))) => {}
            Some(_) => {
                let text =
                    format!("the policy of the API stays as it is and does not name the backend `{id}`");
                plan.note(Note::warning("policy-kept", text).with(element));
            }
        }
    }

    /// Moves the policies of operations that have another name now; gives those whose operation is gone.
    ///
    /// COMPAT: re-import matches by name, and an operation under a new name takes over the policies of the one with the
    /// same method and template. There the policies of operations that are gone are deleted; here they stay.
    pub(super) fn operation_policies(&self, plan: &mut Plan) -> Vec<String> {
        let Some(existing) = &self.existing else { return Vec::new() };
        let mut orphans = Vec::new();
        let by_shape: HashMap<String, &Operation> =
            self.survey.definition.operations.iter().map(|each| (calls::shape(each), each)).collect();
        for (name, bytes) in &existing.operation_policies {
            if self.has_operation(name) {
                continue;
            }
            let heir = self.old_operation(name).and_then(|old| by_shape.get(&calls::shape(old)));
            let free = |heir: &&&Operation| {
                !existing.operation_policies.iter().any(|(other, _)| is(&heir.id, other))
            };
            match heir.filter(free) {
                Some(heir) => {
                    plan.write(places::operation_policy(&self.api, &heir.id), bytes.clone());
                    plan.removed.push(format!("{}/operations/{name}/policy.xml", places::api(&self.api)));
                    let text =
                        format!("the operation `{name}` is now `{}`, and its policy moves along", heir.id);
                    plan.note(Note::remark("policy-moved", text));
                }
                None => orphans.push(name.clone()),
            }
        }
        orphans
    }

    /// Whether a directory's name means an operation, as the reader of folders has it.
    fn has_operation(&self, name: &str) -> bool {
        place(&self.survey, name).is_some()
    }

    fn old_operation(&self, name: &str) -> Option<&Operation> {
        let old = self.existing.as_ref()?.definition.as_ref()?;
        old.definition.operations.get(place(old, name)?)
    }
}

fn place(survey: &artifacts::Survey, name: &str) -> Option<usize> {
    let by_id = survey.definition.operations.iter().position(|operation| is(&operation.id, name));
    let written =
        || survey.definition.written_ids.iter().position(|written| written.as_deref() == Some(name));
    by_id.or_else(written)
}

fn is(id: &OperationId, name: &str) -> bool {
    id.as_str().eq_ignore_ascii_case(name)
}

/// The text of a file as it is when it says the same already: nobody's formatting is changed for nothing.
pub(super) fn unchanged_or(file: &std::sync::Arc<SourceFile>, whole: Object) -> String {
    let whole = Value::Object(whole);
    match json::read(file) {
        Ok(there) if there == whole => file.text().to_owned(),
        _ => json::text(&whole),
    }
}
