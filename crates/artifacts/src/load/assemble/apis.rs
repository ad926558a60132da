//! APIs: their version sets, and the overlay's settings.

use std::collections::HashMap;
use std::sync::Arc;

use model::ApiId;
use source::{Diagnostic, did_you_mean};

use super::{Assembly, insert};
use crate::load::apis::{ApiRead, Unsaid};
use crate::load::unit::Unit;

impl Assembly<'_> {
    pub(super) fn apis(&mut self, units: Vec<Unit<ApiRead>>) {
        let mut unsaid = HashMap::new();
        for unit in units {
            self.broken(&unit);
            self.problems.append(unit.problems);
            let Some(read) = unit.read else { continue };
            match self.without_version_set(&read) {
                Some(problem) => {
                    self.problems.push(problem);
                    self.configuration.broken.push(unit.directory);
                    self.refused_apis.insert(read.api.id.root());
                }
                None => {
                    if read.unsaid != Unsaid::default() && read.api.id.revision().is_some() {
                        unsaid.insert(read.api.id.clone(), read.unsaid);
                    }
                    insert(&mut self.configuration.apis, Arc::clone(&read.api), &mut self.problems);
                }
            }
        }
        self.inherit(&unsaid);
        self.revisions();
        self.unknown_settings();
    }

    /// What is to be said of an API whose version set is not there.
    fn without_version_set(&self, read: &ApiRead) -> Option<Diagnostic> {
        let (text, at) = read.version_set.as_ref()?;
        let set = &read.api.version.as_ref()?.set;
        if self.configuration.version_sets.contains(set) {
            return None;
        }
        let message =
            format!("the API `{}` is in the version set `{text}`, which does not exist", read.api.id);
        let help = "it belongs in `version sets/<name>/versionSetInformation.json`";
        Some(Diagnostic::error("unknown-version-set", message).at(at.clone()).help(help))
    }

    /// Settings of the overlay for APIs that are not there.
    fn unknown_settings(&mut self) {
        let apis = &self.configuration.apis;
        for (id, _, at) in &self.overlay.apis {
            if apis.contains(id) || self.refused_apis.contains(id) {
                continue;
            }
            let near = did_you_mean(id.as_str(), apis.ids().map(ApiId::as_str));
            let problem = Diagnostic::error("unknown-api", format!("there is no API `{id}`")).at(at.clone());
            self.problems.push(problem.maybe_help(near.map(|near| format!("did you mean `{near}`?"))));
        }
    }
}
