//! The units of a service: every directory of a resource, read.

use model::{ApiId, ApiSettings, Backend, Fragment, Group, PolicyText, Product, VersionSet};
use source::{Diagnostic, Diagnostics, did_you_mean};

use super::apis::{self, ApiRead};
use super::named_values::{self, NamedValueRead};
use super::subscriptions::{self, SubscriptionRead};
use super::unit::{Reader, Unit, policy_at};
use super::{backends, people, products, small};
use crate::files::Files;
use crate::{EntryKind, Overlay};

/// Directories of resources that are read.
const READ: [&str; 9] = [
    "apis",
    "backends",
    "groups",
    "named values",
    "policy fragments",
    "products",
    "subscriptions",
    "version sets",
    "workspaces",
];
/// Directories of resources that change nothing about how calls are answered yet.
const UNUSED: [&str; 4] = ["diagnostics", "gateways", "loggers", "tags"];

/// Everything that was read of a folder, unit by unit.
#[derive(Debug)]
pub(super) struct Units {
    pub(super) policy: Option<PolicyText>,
    pub(super) named_values: Vec<Unit<NamedValueRead>>,
    pub(super) version_sets: Vec<Unit<VersionSet>>,
    pub(super) groups: Vec<Unit<Group>>,
    pub(super) fragments: Vec<Unit<Fragment>>,
    pub(super) backends: Vec<Unit<Backend>>,
    pub(super) apis: Vec<Unit<ApiRead>>,
    pub(super) products: Vec<Unit<Product>>,
    pub(super) subscriptions: Vec<Unit<SubscriptionRead>>,
    /// What is wrong with the folder itself.
    pub(super) problems: Diagnostics,
}

/// Reads all units of a folder.
pub(super) fn read(files: &Files<'_>, overlay: &Overlay) -> Units {
    let mut problems = root(files);
    let policy = policy_at(files, "policy.xml", &mut problems);
    let mut reading = Reading { files, problems };
    Units {
        policy,
        named_values: reading.units("named values", named_values::unit),
        version_sets: reading.units("version sets", small::version_set),
        groups: reading.units("groups", people::group),
        fragments: reading.units("policy fragments", small::fragment),
        backends: reading.units("backends", backends::unit),
        apis: reading.units("apis", |reader| {
            let settings = settings_of(&reader, overlay);
            apis::unit(reader, settings)
        }),
        products: reading.units("products", products::unit),
        subscriptions: reading.units("subscriptions", subscriptions::unit),
        problems: reading.problems,
    }
}

struct Reading<'a> {
    files: &'a Files<'a>,
    problems: Diagnostics,
}

impl<'a> Reading<'a> {
    /// Reads the units of one kind. They know nothing of each other: this is the place to read them at once, and to take
    /// those that have not changed from before.
    fn units<R>(&mut self, kind: &str, read: impl Fn(Reader<'a>) -> Unit<R>) -> Vec<Unit<R>> {
        let names = self.files.directories(kind, &mut self.problems);
        names.into_iter().map(|name| read(Reader::new(self.files, format!("{kind}/{name}")))).collect()
    }
}

/// What the overlay says about the API that a reader reads.
fn settings_of(reader: &Reader<'_>, overlay: &Overlay) -> ApiSettings {
    let id = ApiId::new(reader.name()).map(|id| id.root());
    let mine = overlay.apis.iter().rev().find(|(of, ..)| id.as_ref() == Ok(of));
    mine.map(|(_, settings, _)| *settings).unwrap_or_default()
}

/// Says what is in the folder that is not read.
fn root(files: &Files<'_>) -> Diagnostics {
    let mut problems = Diagnostics::new();
    for entry in files.list("", &mut problems) {
        if entry.kind == EntryKind::Directory && !entry.name.starts_with('.') {
            problems.extend(about_directory(&entry.name));
        }
    }
    problems
}

/// What is to be said about a directory at the root of the folder.
fn about_directory(name: &str) -> Option<Diagnostic> {
    if name == "workspaces" {
        let message = "workspaces are not yet supported: the APIs in `workspaces` are not served";
        return Some(Diagnostic::error("not-yet-supported", message));
    }
    if READ.contains(&name) {
        return None;
    }
    if UNUSED.contains(&name) {
        return Some(Diagnostic::warning("not-used-yet", format!("what is in `{name}` is not used yet")));
    }
    let near = did_you_mean(name, READ.into_iter().chain(UNUSED));
    let problem = Diagnostic::warning("unknown-directory", format!("the directory `{name}` is not read"));
    Some(problem.maybe_help(near.map(|near| format!("did you mean `{near}`?"))))
}
