//! The units of a service, and of each of its workspaces: every directory of a resource, read.

use std::collections::HashMap;
use std::sync::Arc;

use model::{
    ApiId, ApiSettings, Backend, DiagnosticEntity, DiagnosticId, Fragment, Gateway, Group, Logger, LoggerId,
    PolicyText, Product, Tag, VersionSet,
};
use rayon::prelude::*;
use source::{Diagnostic, Diagnostics, did_you_mean};

use super::apis::{self, ApiRead};
use super::library::{KeptUnit, Kind};
use super::named_values::{self, NamedValueRead};
use super::subscriptions::{self, SubscriptionRead};
use super::unit::{Reader, Unit, policy_at};
use super::workspace::{self, WorkspaceRead};
use super::{backends, kept, people, products, small};
use crate::arm::Place;
use crate::files::Files;
use crate::overlay::Inside;
use crate::overrides::{Overrides, Section};
use crate::{EntryKind, Overlay};

/// Directories of resources in a workspace.
const IN_WORKSPACES: [&str; 11] = [
    "apis",
    "backends",
    "diagnostics",
    "groups",
    "loggers",
    "named values",
    "policy fragments",
    "products",
    "subscriptions",
    "tags",
    "version sets",
];
/// Directories of resources that only the service has.
const OF_THE_SERVICE: [&str; 2] = ["gateways", "workspaces"];

/// Everything that was read of a service or of a workspace, unit by unit.
#[derive(Debug)]
pub(super) struct Units {
    /// Where it stands in the folder: empty, or `workspaces/<name>/`.
    pub(super) prefix: Arc<str>,
    pub(super) policy: Option<PolicyText>,
    pub(super) named_values: Vec<Unit<NamedValueRead>>,
    pub(super) version_sets: Vec<Unit<VersionSet>>,
    pub(super) groups: Vec<Unit<Group>>,
    pub(super) fragments: Vec<Unit<Fragment>>,
    pub(super) backends: Vec<Unit<Backend>>,
    pub(super) apis: Vec<Unit<ApiRead>>,
    pub(super) products: Vec<Unit<Product>>,
    pub(super) subscriptions: Arc<Kind<SubscriptionRead, ()>>,
    pub(super) loggers: Vec<Unit<Logger>>,
    pub(super) diagnostics: Vec<Unit<DiagnosticEntity>>,
    pub(super) tags: Vec<Unit<Tag>>,
    pub(super) gateways: Vec<Unit<Gateway>>,
    pub(super) workspaces: Vec<(Unit<WorkspaceRead>, Units)>,
    /// What is wrong with the directory itself.
    pub(super) problems: Diagnostics,
}

/// Reads all units of a folder.
pub(super) fn read(files: &Files<'_>, overlay: &Overlay, overrides: &Overrides) -> Units {
    let mut reading = Reading {
        files,
        overlay: &overlay.inside,
        over: &overrides.root,
        place: Place { workspace: None },
        prefix: String::new(),
        problems: Diagnostics::new(),
    };
    let gateways = reading.units("gateways", kept::gateway);
    let workspaces = reading.workspaces(overlay);
    let mut units = Units { gateways, workspaces, ..reading.all() };
    if overrides.is_broken {
        let inside = units.workspaces.iter_mut().flat_map(|(_, inside)| &mut inside.apis);
        inside.chain(&mut units.apis).for_each(|unit| unit.is_broken = true);
    }
    units
}

/// Reads the units of one service or workspace.
struct Reading<'a> {
    files: &'a Files<'a>,
    overlay: &'a Inside,
    over: &'a Section,
    place: Place<'a>,
    prefix: String,
    problems: Diagnostics,
}

impl<'a> Reading<'a> {
    /// What a service and a workspace both have.
    fn all(mut self) -> Units {
        self.root();
        Units {
            prefix: self.prefix.as_str().into(),
            policy: self.policy(),
            named_values: self.units("named values", named_values::unit),
            version_sets: self.units("version sets", small::version_set),
            groups: self.units("groups", people::group),
            fragments: self.units("policy fragments", small::fragment),
            backends: self.units("backends", backends::unit),
            apis: self.apis(),
            products: self.units("products", products::unit),
            subscriptions: self.kind("subscriptions", |_| (), |reader, ()| subscriptions::unit(reader)),
            loggers: self.units("loggers", |it| kept::unit(it, "loggerInformation.json", LoggerId::new)),
            diagnostics: self
                .units("diagnostics", |it| kept::unit(it, "diagnosticInformation.json", DiagnosticId::new)),
            tags: self.units("tags", kept::tag),
            gateways: Vec::new(),
            workspaces: Vec::new(),
            problems: self.problems,
        }
    }

    fn apis(&mut self) -> Vec<Unit<ApiRead>> {
        let settings: HashMap<&ApiId, ApiSettings> =
            self.overlay.apis.iter().map(|(id, settings, _)| (id, *settings)).collect();
        let said = |name: &str| {
            let id = ApiId::new(name).map(|id| id.root());
            id.ok().and_then(|id| settings.get(&id).copied()).unwrap_or_default()
        };
        self.kind("apis", said, |reader, settings| apis::unit(reader, *settings)).shared()
    }

    fn units<R: Send + Sync + 'static>(
        &mut self,
        kind: &str,
        read: impl Fn(Reader<'a>) -> Unit<R> + Sync,
    ) -> Vec<Unit<R>> {
        self.kind(kind, |_| (), |reader, ()| read(reader)).shared()
    }

    /// Reads the units of one kind, on all cores, or takes those that have not changed from before. `said` is what the
    /// overlay says about the one of that name.
    fn kind<R, K>(
        &mut self,
        kind: &str,
        said: impl Fn(&str) -> K + Sync,
        read: impl Fn(Reader<'a>, &K) -> Unit<R> + Sync,
    ) -> Arc<Kind<R, K>>
    where
        R: Send + Sync + 'static,
        K: PartialEq + Send + Sync + 'static,
    {
        let parent = format!("{}{kind}", self.prefix);
        let section = section_of(kind);
        let before = self.files.shelf.kind::<R, K>(&parent);
        let stamp = self.files.stamp(&parent);
        let same = before.as_ref().filter(|before| stamp.is_some() && before.is_same(stamp, &said));
        if let Some(same) = same {
            self.over.unmatched(&section, same.names(), &mut self.problems);
            self.files.shelf.keep_kind(parent, same);
            return Arc::clone(same);
        }
        let problems = self.problems.len();
        let names = self.directories(kind);
        let stamp = stamp.filter(|_| self.problems.len() == problems);
        self.over.unmatched(&section, names.iter().map(|(name, _)| name.as_str()), &mut self.problems);
        let unit = |(name, directory): (String, String)| {
            let (stamp, said) = (self.files.stamp(&directory), said(&name));
            let same = before.as_ref().zip(stamp).and_then(|(it, stamp)| it.same(&directory, stamp, &said));
            let unit = same.cloned();
            let unit = unit.unwrap_or_else(|| read(self.reader(&section, &name, directory), &said));
            KeptUnit { stamp, said, unit }
        };
        let kind = Arc::new(Kind::new(stamp, names.into_par_iter().map(unit).collect()));
        self.files.shelf.keep_kind(parent, &kind);
        kind
    }

    fn reader(&self, section: &str, name: &str, directory: String) -> Reader<'a> {
        Reader::new(self.files, self.place, directory, self.over.item(section, name))
    }

    fn policy(&mut self) -> Option<PolicyText> {
        let path = format!("{}policy.xml", self.prefix);
        policy_at(self.files, &path, Some(self.over), &mut self.problems)
    }

    /// The directories of one kind, by their names and paths.
    fn directories(&mut self, kind: &str) -> Vec<(String, String)> {
        let parent = format!("{}{kind}", self.prefix);
        let names = self.files.directories(&parent, &mut self.problems).into_iter();
        names.map(|name| (name.clone(), format!("{parent}/{name}"))).collect()
    }

    fn workspaces(&mut self, overlay: &Overlay) -> Vec<(Unit<WorkspaceRead>, Units)> {
        let mut all = Vec::new();
        let nothing = Inside::default();
        let no_overrides = Section::default();
        let names = self.directories("workspaces");
        self.over.unmatched("workspaces", names.iter().map(|(name, _)| name.as_str()), &mut self.problems);
        for (name, directory) in names {
            let mine =
                overlay.workspaces.iter().rev().find(|(id, ..)| id.as_str().eq_ignore_ascii_case(&name));
            let unit = workspace::unit(self.reader("workspaces", &name, directory.clone()));
            let over = self.over.item("workspaces", &name).map_or(&no_overrides, |item| &item.below);
            let inside = Reading {
                files: self.files,
                overlay: mine.map_or(&nothing, |(_, inside, _)| inside),
                over,
                place: Place { workspace: Some(&name) },
                prefix: format!("{directory}/"),
                problems: Diagnostics::new(),
            };
            all.push((unit, inside.all()));
        }
        all
    }

    /// Says what is there that is not read.
    fn root(&mut self) {
        let directory = self.prefix.trim_end_matches('/').to_owned();
        for entry in self.files.list(&directory, &mut self.problems) {
            if entry.kind == EntryKind::Directory && !entry.name.starts_with('.') {
                let unknown = self.unknown_directory(&entry.name);
                self.problems.extend(unknown);
            }
        }
    }

    fn unknown_directory(&self, name: &str) -> Option<Diagnostic> {
        let of_the_service = if self.place.workspace.is_none() { OF_THE_SERVICE.as_slice() } else { &[] };
        let known = || IN_WORKSPACES.iter().chain(of_the_service).copied();
        if known().any(|each| each == name) {
            return None;
        }
        let near = did_you_mean(name, known());
        let message = format!("the directory `{}{name}` is not read", self.prefix);
        let problem = Diagnostic::warning("unknown-directory", message);
        Some(problem.maybe_help(near.map(|near| format!("did you mean `{near}`?"))))
    }
}

/// The section of the override file for a kind of directory: `named values` are `namedValues`.
///
/// COMPAT: `IResource.ConfigurationKey` of APIOps: the plural of the kind in camel case.
fn section_of(kind: &str) -> String {
    let mut words = kind.split(' ');
    let mut section = words.next().unwrap_or("").to_owned();
    for word in words {
        let mut letters = word.chars();
        section.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        section.push_str(letters.as_str());
    }
    section
}
