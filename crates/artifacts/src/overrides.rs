//! The override file of APIOps: a YAML file with what is different in one environment.
//!
//! ```yaml
//! apimServiceName: contoso-prod            # for the pipeline; not read here
//! namedValues:
//!   - name: environment                    # the name of the directory
//!     properties:
//!       value: prod
//! apis:
//!   - name: orders
//!     properties:
//!       serviceUrl: https://orders.example.com
//!     operations:
//!       - name: get-order
//!         policies:
//!           - name: policy
//!             properties: { value: <policies>...</policies> }
//! workspaces:
//!   - name: team
//!     backends:
//!       - name: models
//!         properties: { url: https://models.example.com }
//! ```
//!
//! COMPAT (all from `src/publisher/Configuration.cs`, `Resource.cs` and `src/common/Resource.cs` of Azure/apiops):
//! - A section is named after the kind of resource, in camel case; sections of children stand in the item of their parent.
//! - An item belongs to the resource whose name is exactly its `name`, in the same case. Of two with one name neither
//!   counts there; here that is an error.
//! - What it says is put over the information file: see [`crate::tree::merged`]. It makes no resource: an item without
//!   one is passed over there; here there is a warning.
//! - `apiRevision` and `isCurrent` of an API of the service do not count.
//! - Names of sections at the root are found in any case, those inside exactly.
//!
//! Secrets may stand in it, so no line with a value that may be one is ever shown.

use std::collections::HashMap;
use std::sync::Arc;

use source::{Diagnostic, Diagnostics, Location, SourceFile, Span, did_you_mean};

use crate::files::{tokens_in, unreplaced, without_line};
use crate::secrets::blotted;
use crate::tree::{self, Kind, Member, Node};

/// What the override file says.
#[derive(Debug, Default)]
pub(crate) struct Overrides {
    /// About the service.
    pub(crate) root: Section,
    /// Whether something in it could not be read that may be about any API: an API must not be served as it would be in
    /// another environment.
    pub(crate) is_broken: bool,
}

/// The override file, as far as it could be read.
#[derive(Clone, Debug)]
pub enum OverrideFile {
    /// Its text.
    Text(Arc<SourceFile>),
    /// There is none to be had.
    Unreadable {
        /// What it is called.
        name: String,
        /// What the system says.
        why: String,
    },
}

/// What is said about the children of one thing, by section.
#[derive(Debug, Default)]
pub(crate) struct Section {
    lists: HashMap<&'static str, List>,
}

/// The items of one section, in order, and by name.
#[derive(Debug, Default)]
struct List {
    items: Vec<Item>,
    names: HashMap<String, usize>,
}

/// What is said about one resource.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) at: Location,
    /// What is put over its information file.
    pub(crate) node: Node,
    /// About its children.
    pub(crate) below: Section,
    /// Whether there is an error in it.
    pub(crate) is_broken: bool,
}

/// A section, and the sections in its items.
struct Known {
    name: &'static str,
    below: &'static [Known],
}

const fn plain(name: &'static str) -> Known {
    Known { name, below: &[] }
}

const POLICIES: &[Known] = &[plain("policies")];
const API: &[Known] = &[
    plain("diagnostics"),
    Known { name: "operations", below: POLICIES },
    plain("policies"),
    plain("releases"),
    plain("schemas"),
];
const ROOT: &[Known] = &[
    Known { name: "apis", below: API },
    plain("backends"),
    plain("diagnostics"),
    plain("gateways"),
    plain("groups"),
    plain("loggers"),
    plain("namedValues"),
    plain("policies"),
    plain("policyFragments"),
    Known { name: "products", below: POLICIES },
    plain("subscriptions"),
    plain("tags"),
    plain("versionSets"),
    Known { name: "workspaces", below: WORKSPACE },
];
const WORKSPACE: &[Known] = &[
    Known { name: "apis", below: API },
    plain("backends"),
    plain("diagnostics"),
    plain("groups"),
    plain("loggers"),
    plain("namedValues"),
    plain("policies"),
    plain("policyFragments"),
    Known { name: "products", below: POLICIES },
    plain("subscriptions"),
    plain("tags"),
    plain("versionSets"),
];

impl Overrides {
    /// Reads a file.
    pub(crate) fn read(file: &OverrideFile, problems: &mut Diagnostics) -> Self {
        match document(file) {
            Ok(document) if document.is_null() => Self::default(),
            Ok(document) => {
                let mut reading = Reading { problems, errors: 0 };
                let root = reading.root(&document);
                Self { is_broken: reading.errors > 0, root }
            }
            Err(problem) => {
                problems.push(problem);
                Self { is_broken: true, ..Self::default() }
            }
        }
    }
}

/// The file as a tree, which shows no secrets.
fn document(file: &OverrideFile) -> Result<Node, Diagnostic> {
    let file = match file {
        OverrideFile::Text(file) => file,
        OverrideFile::Unreadable { name, why } => {
            let message = format!("the override file `{name}` cannot be read: {why}");
            return Err(Diagnostic::error("unreadable", message));
        }
    };
    let document = veiled(&tree::read_yaml(file).map_err(without_line)?, file);
    match document.kind {
        Kind::Table(_) | Kind::Null => Ok(document),
        _ => {
            let message = format!("the override file must hold sections, not {}", document.kind_name());
            Err(Diagnostic::error("bad-override", message).at(document.at))
        }
    }
}

impl Section {
    /// Whether nothing is said.
    pub(crate) fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// What is said about the resource of that name in a section.
    pub(crate) fn item(&self, section: &str, name: &str) -> Option<&Item> {
        let list = self.lists.get(section)?;
        list.items.get(*list.names.get(name)?)
    }

    /// Warns of items in a section that belong to nothing; `there` are the names that are there.
    pub(crate) fn unmatched<'n>(
        &self,
        section: &str,
        there: impl Iterator<Item = &'n str> + Clone,
        problems: &mut Diagnostics,
    ) {
        let Some(list) = self.lists.get(section) else { return };
        let names: std::collections::HashSet<&str> = there.clone().collect();
        for item in list.items.iter().filter(|item| !names.contains(item.name.as_str())) {
            let message =
                format!("`{}` in `{section}` of the override file names nothing in the folder", item.name);
            let problem = Diagnostic::warning("override-without-resource", message).at(item.at.clone());
            let near = did_you_mean(&item.name, there.clone());
            problems.push(match near {
                Some(near) => {
                    problem.help(format!("did you mean `{near}`? names must be written exactly so"))
                }
                None => problem.help("an override makes no resource; what it says is not used"),
            });
        }
    }
}

struct Reading<'a> {
    problems: &'a mut Diagnostics,
    /// Errors that are not about one API alone.
    errors: usize,
}

impl Reading<'_> {
    fn root(&mut self, document: &Node) -> Section {
        let mut section = Section::default();
        for member in document.members() {
            match ROOT.iter().find(|known| known.name.eq_ignore_ascii_case(&member.name)) {
                Some(known) => self.list(known, member, &mut section),
                None => {
                    self.tokens(&member.value);
                    self.unknown(member, ROOT);
                }
            }
        }
        section
    }

    fn error(&mut self, problem: Diagnostic) {
        self.errors += 1;
        self.problems.push(problem);
    }

    /// Tokens that no pipeline replaced.
    fn tokens(&mut self, node: &Node) {
        for (name, at) in tokens(node) {
            self.error(unreplaced(&name).at(at));
        }
    }

    fn list(&mut self, known: &Known, member: &Member, section: &mut Section) {
        if member.value.is_null() {
            return;
        }
        if !matches!(member.value.kind, Kind::List(_)) {
            let given = member.value.kind_name();
            let message = format!("`{}` must be a list of items with `name`, not {given}", member.name);
            self.error(Diagnostic::error("bad-override", message).at(member.at.clone()));
            return;
        }
        let list = section.lists.entry(known.name).or_default();
        for node in member.value.items() {
            let before = self.errors;
            let Some(mut item) = self.item(known, node) else { continue };
            if known.name == "apis" {
                item.is_broken = self.errors > before;
                self.errors = before;
            }
            if let Some(first) = list.names.get(&item.name).and_then(|at| list.items.get(*at)) {
                let message = format!("`{}` stands twice in `{}`", item.name, known.name);
                let problem = Diagnostic::error("bad-override", message).at(item.at.clone());
                self.error(problem.label(first.at.clone(), "the first one"));
                continue;
            }
            list.names.insert(item.name.clone(), list.items.len());
            list.items.push(item);
        }
    }

    fn item(&mut self, known: &Known, node: &Node) -> Option<Item> {
        let name = node.get("name");
        let Some((name, at)) = name.and_then(|name| Some((name.text()?, &name.at))) else {
            let what =
                name.map_or("no `name`".to_owned(), |name| format!("a `name` that is {}", name.kind_name()));
            let message = format!("an item of `{}` has {what}", known.name);
            let problem = Diagnostic::error("bad-override", message);
            let problem = problem.at(name.map_or(&node.at, |name| &name.at).clone());
            self.error(problem.help("write `name: \"…\"`, the name of the resource's directory"));
            return None;
        };
        let mut below = Section::default();
        for member in node.members() {
            match known.below.iter().find(|known| known.name == member.name) {
                Some(known) => self.list(known, member, &mut below),
                None if matches!(member.name.as_str(), "name" | "properties") => self.tokens(&member.value),
                None => {
                    self.tokens(&member.value);
                    self.unknown(member, known.below);
                }
            }
        }
        let is_section = |name: &str| name == "name" || known.below.iter().any(|each| each.name == name);
        Some(Item {
            name: name.to_owned(),
            at: at.clone(),
            node: without(node, is_section),
            below,
            is_broken: false,
        })
    }

    /// A member that is no section. Of a scalar nothing is said unless it looks like one: the pipeline's settings stand
    /// there, too.
    fn unknown(&mut self, member: &Member, known: &[Known]) {
        let near = did_you_mean(&member.name, known.iter().map(|known| known.name));
        let is_list = member.value.items().iter().any(|item| matches!(item.kind, Kind::Table(_)));
        if !is_list && (near.is_none() || member.name == "apimServiceName") {
            return;
        }
        let message =
            format!("`{}` is not a section of the override file here, and is not read", member.name);
        let problem = Diagnostic::warning("unknown-section", message).at(member.at.clone());
        self.problems.push(problem.maybe_help(near.map(|near| format!("did you mean `{near}`?"))));
    }
}

/// An object without some members.
pub(crate) fn without(node: &Node, drop: impl Fn(&str) -> bool) -> Node {
    let members = node.members().iter().filter(|member| !drop(&member.name)).cloned().collect();
    Node { at: node.at.clone(), kind: Kind::Table(members) }
}

/// The tokens in a tree, and where.
///
/// INVARIANT: trees are at most as deep as their readers allow, so this ends.
fn tokens(node: &Node) -> Vec<(String, Location)> {
    match &node.kind {
        Kind::List(items) => items.iter().flat_map(tokens).collect(),
        Kind::Table(members) => members.iter().flat_map(|member| tokens(&member.value)).collect(),
        Kind::Text(text) => {
            tokens_in(text).into_iter().map(|(_, name)| (name.to_owned(), node.at.clone())).collect()
        }
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => Vec::new(),
    }
}

/// The same tree, that shows no line with a value that may be a secret.
fn veiled(document: &Node, file: &Arc<SourceFile>) -> Node {
    let mut spans = Vec::new();
    secret_spans(document, &mut Vec::new(), &mut spans);
    shown_in(document, &blotted(file, &spans))
}

/// Sections in whose items secrets may stand: there, only what is known to be none is shown.
const SECRETIVE: [&str; 4] = ["namedValues", "subscriptions", "backends", "loggers"];
/// Members of those items that hold no secrets, and objects in which there are none.
const OPEN: [&str; 20] = [
    "name",
    "displayName",
    "description",
    "title",
    "url",
    "protocol",
    "type",
    "resourceId",
    "loggerType",
    "isBuffered",
    "scope",
    "ownerId",
    "state",
    "stateComment",
    "allowTracing",
    "secret",
    "tags",
    "secretIdentifier",
    "identityClientId",
    "format",
];
const OPEN_OBJECTS: [&str; 3] = ["pool", "circuitBreaker", "tls"];

/// Whether a value may be a secret, by the names that lead to it.
fn may_be_secret(path: &[&str]) -> bool {
    let within =
        |names: &[&str]| path.iter().any(|each| names.iter().any(|name| each.eq_ignore_ascii_case(name)));
    if within(&["credentials", "proxy", "primaryKey", "secondaryKey", "password"]) {
        return true;
    }
    let last = path.last().copied().unwrap_or_default();
    if within(&SECRETIVE) {
        return !within(&OPEN_OBJECTS) && !OPEN.iter().any(|name| last.eq_ignore_ascii_case(name));
    }
    last.eq_ignore_ascii_case("value") && !within(&["policies", "policyFragments"])
}

/// INVARIANT: trees are at most as deep as their readers allow, so this ends.
fn secret_spans<'n>(node: &'n Node, path: &mut Vec<&'n str>, spans: &mut Vec<Span>) {
    match &node.kind {
        Kind::List(items) => items.iter().for_each(|item| secret_spans(item, path, spans)),
        Kind::Table(members) => {
            for member in members {
                path.push(&member.name);
                secret_spans(&member.value, path, spans);
                path.pop();
            }
        }
        Kind::Null => {}
        _ if may_be_secret(path) => spans.push(node.at.span),
        _ => {}
    }
}

fn shown_in(node: &Node, file: &Arc<SourceFile>) -> Node {
    let place = |at: &Location| Location::new(file, at.span);
    let kind = match &node.kind {
        Kind::List(items) => Kind::List(items.iter().map(|item| shown_in(item, file)).collect()),
        Kind::Table(members) => {
            let veil = |member: &Member| Member {
                name: member.name.clone(),
                at: place(&member.at),
                value: shown_in(&member.value, file),
            };
            Kind::Table(members.iter().map(veil).collect())
        }
        other => other.clone(),
    };
    Node { at: place(&node.at), kind }
}
