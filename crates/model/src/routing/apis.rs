//! From a path to an API: paths by segments, then versions, then revisions.

use std::sync::Arc;

use indexmap::IndexMap;
use indexmap::map::Entry;
use source::{Diagnostic, Diagnostics};

use super::frozen::NONE;
use super::operations::place;
use super::path::{Folded, Form, Look, Raw};
use super::places::Places;
use super::query;
use super::{RouteRequest, Routed, segment_end};
use crate::{Api, ApiId, VersionSet, VersionSetId, VersioningScheme, WorkspaceId, qualified};

/// API paths as a tree of segments.
#[derive(Debug, Default)]
pub(super) struct ApiPaths {
    places: Places,
    /// By the places of paths.
    nodes: Vec<Node>,
    groups: Vec<Group>,
}

/// What is under a path. Most requests need no more of it than this.
#[derive(Clone, Copy, Debug)]
struct Node {
    group: u32,
    /// The API that answers calls without a revision where there are no versions.
    only: u32,
}

impl Default for Node {
    fn default() -> Self {
        Self { group: NONE, only: NONE }
    }
}

/// The APIs under one path.
#[derive(Debug)]
struct Group {
    /// With the workspace that it is in.
    set: Option<(Option<WorkspaceId>, VersionSetId)>,
    scheme: Option<VersioningScheme>,
    /// The API without a version, or the original version.
    original: Option<Revisions>,
    versions: IndexMap<Folded, Revisions>,
}

/// The revisions of one API; places in the table's list.
#[derive(Debug)]
struct Revisions {
    /// Where the first of them stands in the table's list.
    first: usize,
    workspace: Option<WorkspaceId>,
    root: ApiId,
    current: Option<usize>,
    named: Vec<(Arc<str>, usize)>,
}

/// Where in a path an API's own path ended.
#[derive(Clone, Copy)]
struct Ended<'r> {
    node: Node,
    rest: &'r str,
    revision: Option<&'r str>,
}

/// The same, with the APIs that are there.
struct Located<'t, 'r> {
    group: &'t Group,
    rest: &'r str,
    revision: Option<&'r str>,
}

impl ApiPaths {
    /// Adds an API of a list under its path, or says why it cannot be told apart from another one. `set` is its version set.
    pub(super) fn add(
        &mut self,
        index: usize,
        all: &[Arc<Routed>],
        set: Option<&VersionSet>,
        problems: &mut Diagnostics,
    ) {
        let Some(api) = all.get(index).map(|added| &*added.api) else { return };
        let scheme = match &api.version {
            None => None,
            Some(version) => match set {
                Some(set) => Some(set.scheme.clone()),
                None => return problems.push(unknown_set(api, &version.set)),
            },
        };
        let at = self.places.make(api.path.segments()) as usize;
        if self.nodes.len() <= at {
            self.nodes.resize(at + 1, Node::default());
        }
        let Some(node) = self.nodes.get_mut(at) else { return };
        if node.group == NONE {
            node.group = place(self.groups.len());
            self.groups.push(Group::new(api, scheme));
        }
        let Some(group) = self.groups.get_mut(node.group as usize) else { return };
        match group.add(index, api) {
            Ok(()) => {}
            Err(Clash::Path(other)) => problems.push(path_taken(api, all.get(other).map(|it| &*it.api))),
            Err(Clash::Revision(problem)) => problems.push(problem),
        }
    }

    /// All APIs are there.
    pub(super) fn end(&mut self) {
        self.places.end();
        for node in &mut self.nodes {
            let group = self.groups.get(node.group as usize).filter(|group| group.scheme.is_none());
            let only = group.and_then(|group| group.original.as_ref()?.current);
            node.only = only.map_or(NONE, place);
        }
    }

    /// The API that a request means and the rest of its path.
    pub(super) fn find<'r>(&self, request: &RouteRequest<'r>, look: Look) -> Option<(usize, &'r str)> {
        let Ended { node, rest, revision } = self.locate(request.path, look)?;
        if revision.is_none() && node.only != NONE {
            return Some((node.only as usize, rest));
        }
        let group = self.groups.get(node.group as usize)?;
        Located { group, rest, revision }.select(request)
    }

    /// The longest API path with which a path begins.
    fn locate<'r>(&self, path: &'r str, look: Look) -> Option<Ended<'r>> {
        let at_root = |rest, revision| {
            let node = self.nodes.first().copied().filter(|node| node.group != NONE);
            node.map(|node| Ended { node, rest, revision })
        };
        let mut best = at_root(path, None);
        let (mut at, mut rest) = (Places::ROOT, path);
        while let Some((segment, tail)) = next_segment(rest) {
            let (name, revision) =
                if look.has_parameters { split_revision(segment) } else { (segment, None) };
            if name.is_empty() && revision.is_some() && rest.len() == path.len() {
                return at_root(tail, revision);
            }
            let Some(child) = self.places.get(at, Raw::new(name, look.form)) else { break };
            let node = self.nodes.get(child as usize).copied().unwrap_or_default();
            if node.group != NONE {
                best = Some(Ended { node, rest: tail, revision });
            }
            if revision.is_some() {
                break;
            }
            (at, rest) = (child, tail);
        }
        best
    }
}

/// The segment after the slash with which a path begins, and what follows it.
fn next_segment(path: &str) -> Option<(&str, &str)> {
    let path = path.strip_prefix('/')?;
    Some(path.split_at(segment_end(path)))
}

/// Splits `orders;rev=2`.
fn split_revision(segment: &str) -> (&str, Option<&str>) {
    let split = segment.split_once(';').and_then(|(name, word)| {
        let (key, revision) = word.split_once('=')?;
        (key.eq_ignore_ascii_case("rev") && !revision.is_empty()).then_some((name, revision))
    });
    split.map_or((segment, None), |(name, revision)| (name, Some(revision)))
}

impl<'r> Located<'_, 'r> {
    fn select(&self, request: &RouteRequest<'r>) -> Option<(usize, &'r str)> {
        match &self.group.scheme {
            None => self.of_version(self.group.original.as_ref(), self.rest, None),
            Some(VersioningScheme::Segment) => self.by_segment(),
            Some(VersioningScheme::Query(name)) => {
                let value = query::values(request.query, name).find(|value| !value.is_empty());
                self.by_value(value.map(|value| Raw::new(value, Form::Query)))
            }
            Some(VersioningScheme::Header(name)) => {
                let value = request.headers.get(name.name()).and_then(|value| value.to_str().ok());
                let value = value.map(str::trim).filter(|value| !value.is_empty());
                self.by_value(value.map(|value| Raw::new(value, Form::Plain)))
            }
        }
    }

    fn by_segment(&self) -> Option<(usize, &'r str)> {
        if let Some((segment, tail)) = next_segment(self.rest) {
            let (name, revision) = split_revision(segment);
            if let Some(found) = self.group.versions.get(&Raw::new(name, Form::Path)) {
                return self.of_version(Some(found), tail, revision);
            }
        }
        self.of_version(self.group.original.as_ref(), self.rest, None)
    }

    fn by_value(&self, value: Option<Raw<'_>>) -> Option<(usize, &'r str)> {
        let found = match value {
            Some(value) => self.group.versions.get(&value),
            None => self.group.original.as_ref(),
        };
        self.of_version(found, self.rest, None)
    }

    fn of_version(
        &self,
        found: Option<&Revisions>,
        rest: &'r str,
        revision: Option<&str>,
    ) -> Option<(usize, &'r str)> {
        let index = found?.find(self.revision.or(revision))?;
        Some((index, rest))
    }
}

impl Revisions {
    fn find(&self, revision: Option<&str>) -> Option<usize> {
        match revision {
            None => self.current,
            Some(wanted) => {
                self.named.iter().find(|(name, _)| name.as_ref() == wanted).map(|&(_, index)| index)
            }
        }
    }
}

/// Why an API cannot be told apart from another one.
enum Clash {
    /// The one at this place of the list has its path.
    Path(usize),
    /// It is a revision that is there already.
    Revision(Diagnostic),
}

impl Group {
    fn new(api: &Api, scheme: Option<VersioningScheme>) -> Self {
        let set = api.version.as_ref().map(|version| (api.workspace.clone(), version.set.clone()));
        Self { set, scheme, original: None, versions: IndexMap::new() }
    }

    fn is_of(&self, api: &Api) -> bool {
        match (&self.set, &api.version) {
            (None, None) => true,
            (Some((workspace, set)), Some(version)) => *workspace == api.workspace && *set == version.set,
            _ => false,
        }
    }

    fn add(&mut self, index: usize, api: &Api) -> Result<(), Clash> {
        if !self.is_of(api) {
            return Err(Clash::Path(self.any().unwrap_or(index)));
        }
        let root = api.id.root();
        let fresh = || Revisions {
            first: index,
            workspace: api.workspace.clone(),
            root: root.clone(),
            current: None,
            named: Vec::new(),
        };
        let name = api.version.as_ref().and_then(|version| version.name.as_deref());
        let revisions = match name {
            None => self.original.get_or_insert_with(fresh),
            Some(name) => match self.versions.entry(Folded::new(name)) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => entry.insert(fresh()),
            },
        };
        if revisions.root != root || revisions.workspace != api.workspace {
            return Err(Clash::Path(revisions.first));
        }
        revisions.add(index, api).map_err(Clash::Revision)
    }

    /// The place of one of its APIs.
    fn any(&self) -> Option<usize> {
        let first = self.original.as_ref().or_else(|| self.versions.values().next());
        first.map(|revisions| revisions.first)
    }
}

impl Revisions {
    fn add(&mut self, index: usize, api: &Api) -> Result<(), Diagnostic> {
        if self.named.iter().any(|(name, _)| *name == api.revision) {
            return Err(revision_taken(api));
        }
        if api.is_current && self.current.is_some() {
            return Err(second_current(api));
        }
        if api.is_current {
            self.current = Some(index);
        }
        self.named.push((Arc::clone(&api.revision), index));
        Ok(())
    }
}

fn unknown_set(api: &Api, set: &VersionSetId) -> Diagnostic {
    let message = format!("the version set `{set}` of the API `{}` does not exist", api.qualified_name());
    about(api, Diagnostic::error("unknown-version-set", message))
}

fn path_taken(api: &Api, other: Option<&Api>) -> Diagnostic {
    let other = other.map_or(String::new(), |other| {
        let at = other.origin.as_ref().map_or(String::new(), |at| format!(" ({at})"));
        format!(" `{}`{at}", other.qualified_name())
    });
    let name = api.qualified_name();
    let message = format!("the API `{name}` has the path `{}`, which the API{other} has already", api.path);
    about(api, Diagnostic::error("api-path-taken", message))
        .help("give it another path, or another version in the same version set")
}

fn revision_taken(api: &Api) -> Diagnostic {
    let message = format!("the API `{}` has two revisions `{}`", root_of(api), api.revision);
    about(api, Diagnostic::error("revision-taken", message)).help("give each revision its own `apiRevision`")
}

fn second_current(api: &Api) -> Diagnostic {
    let message = format!("the API `{}` has two current revisions", root_of(api));
    about(api, Diagnostic::error("second-current-revision", message))
        .help("set `isCurrent` in exactly one revision")
}

fn root_of(api: &Api) -> String {
    qualified(api.workspace.as_ref(), api.id.root().as_str())
}

fn about(api: &Api, problem: Diagnostic) -> Diagnostic {
    match &api.origin {
        Some(at) => problem.at(at.clone()),
        None => problem,
    }
}
