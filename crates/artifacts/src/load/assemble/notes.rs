//! What is read and kept, and changes nothing yet: one line for each kind, whatever their number.

use model::{ApiKept, Configuration};
use source::Diagnostic;

use super::Assembly;

/// How many there are of each kind.
#[derive(Default)]
struct Counts {
    loggers: usize,
    diagnostics: usize,
    tags: usize,
    releases: usize,
    schemas: usize,
}

impl Counts {
    fn add(&mut self, configuration: &Configuration) {
        self.loggers += configuration.loggers.len();
        self.diagnostics += configuration.diagnostics.len();
        self.tags += configuration.tags.len();
        for kept in configuration.apis.iter().filter_map(|api| api.kept.as_deref()) {
            self.add_kept(kept);
        }
    }

    fn add_kept(&mut self, kept: &ApiKept) {
        self.diagnostics += kept.diagnostics.len();
        self.releases += kept.releases.len();
        self.schemas += kept.schemas.len();
    }
}

impl Assembly<'_> {
    /// Says what changes nothing.
    pub(super) fn notes(&mut self) {
        let mut counts = Counts::default();
        counts.add(&self.configuration);
        for workspace in self.configuration.workspaces.iter() {
            counts.add(&workspace.contents);
        }
        let kinds = [
            (counts.loggers, "logger", "they receive nothing; logs and metrics are a matter of the settings"),
            (counts.diagnostics, "diagnostic", "what is logged of calls is a matter of the settings"),
            (counts.tags, "tag", "they are for people only"),
            (counts.releases, "release", "the directory without `;rev=` holds the current revision"),
            (counts.schemas, "schema", "no policy reads them"),
        ];
        for (count, what, why) in kinds.into_iter().filter(|(count, ..)| *count > 0) {
            let plural = if count == 1 { "" } else { "s" };
            let message = format!("{count} {what}{plural} kept and not used: {why}");
            self.problems.push(Diagnostic::note("not-used-yet", message));
        }
    }
}
