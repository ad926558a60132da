//! One directory of a resource, read without a look at any other.
//!
//! A *unit* is one directory: `apis/echo`, `products/starter`, `backends/models`. What it gives depends on three things
//! only, and whoever keeps units needs to compare no others:
//!
//! 1. the files beneath its directory, by their paths and bytes;
//! 2. what the override file says about it ([`Reader::over`]);
//! 3. for an API, its settings in the overlay.
//!
//! INVARIANT: a unit knows no other unit, no clock and no secret source. It binds no secret and follows no reference:
//! that an API of a product exists, that no two named values have one name, which subscription has which key, is found
//! in [`super::assemble`], which takes all units and is cheap. So units can be read in any order, at once, and kept as
//! long as 1 to 3 are the same; a kept unit gives the same `Arc` again.
//!
//! A unit whose resource is refused has no [`Unit::read`] and at least one error; a unit with errors is broken even if
//! its resource could be read.

use std::sync::Arc;

use model::{Invalid, JsonText, PolicyText};
use source::{Diagnostic, Diagnostics, SourceFile, did_you_mean};

use super::rest::Rest;
use crate::arm::Place;
use crate::fields::{Fields, checked};
use crate::files::{Files, Reported, place_of, report, without_line};
use crate::overrides::{Item, Section};
use crate::secrets::{blotted, hidden_texts};
use crate::tree::{self, Kind, Node, compact, merged, unknown};
use crate::{Entry, EntryKind};

/// What was read of one directory.
#[derive(Debug)]
pub(crate) struct Unit<R> {
    /// The directory, relative to the folder.
    pub(crate) directory: Arc<str>,
    /// What it holds; none when it is refused.
    pub(crate) read: Option<Arc<R>>,
    /// What is wrong in it.
    pub(crate) problems: Diagnostics,
    /// Whether it cannot stand for what its author meant: it has an error, or what the override file says about it has.
    pub(crate) is_broken: bool,
}

impl<R> Clone for Unit<R> {
    fn clone(&self) -> Self {
        Self {
            directory: Arc::clone(&self.directory),
            read: self.read.clone(),
            problems: self.problems.clone(),
            is_broken: self.is_broken,
        }
    }
}

/// Reads one unit: its files, and nothing else.
pub(crate) struct Reader<'a> {
    files: &'a Files<'a>,
    /// Where its references stand.
    pub(crate) place: Place<'a>,
    /// What the override file says about it.
    pub(crate) over: Option<&'a Item>,
    /// The directory, relative to the folder.
    pub(crate) directory: String,
    /// What is wrong so far.
    pub(crate) problems: Diagnostics,
}

/// An information file that was read.
pub(crate) struct Information {
    /// The whole file.
    pub(crate) document: Node,
    /// Its object `properties`.
    pub(crate) properties: Node,
}

impl Information {
    /// What the file says beyond the members of `properties` that are `known`.
    pub(crate) fn rest(&self, known: &[&str]) -> Option<JsonText> {
        rest(&self.document, known)
    }

    /// The whole file, to be kept.
    pub(crate) fn kept(&self) -> JsonText {
        JsonText::new(compact(&self.document))
    }
}

/// What an information file says beyond the members of `properties` that are `known`.
pub(crate) fn rest(document: &Node, known: &[&str]) -> Option<JsonText> {
    let inside: Vec<String> = known.iter().map(|path| format!("properties.{path}")).collect();
    let paths: Vec<&str> = inside.iter().map(String::as_str).collect();
    unknown(document, &paths).map(|node| JsonText::new(compact(&node)))
}

impl<'a> Reader<'a> {
    pub(crate) fn new(
        files: &'a Files<'a>,
        place: Place<'a>,
        directory: String,
        over: Option<&'a Item>,
    ) -> Self {
        Self { files, place, over, directory, problems: Diagnostics::new() }
    }

    /// What the override file says about a child.
    pub(crate) fn over_child(&self, section: &str, name: &str) -> Option<&'a Item> {
        self.over?.below.item(section, name)
    }

    /// Warns of what the override file says about children that are not there.
    pub(crate) fn unmatched<'n>(&mut self, section: &str, there: impl Iterator<Item = &'n str> + Clone) {
        if let Some(over) = self.over {
            over.below.unmatched(section, there, &mut self.problems);
        }
    }

    /// Ends the reading.
    pub(crate) fn finish<R>(self, read: Result<R, Reported>) -> Unit<R> {
        Unit {
            directory: self.directory.into(),
            read: read.ok().map(Arc::new),
            is_broken: self.problems.has_errors() || self.over.is_some_and(|over| over.is_broken),
            problems: self.problems,
        }
    }

    /// Puts files in the place of those whose texts need not be held.
    pub(super) fn rest(&self) -> Rest<'a> {
        Rest::new(self.files)
    }

    /// The name of the unit's directory.
    pub(crate) fn name(&self) -> &str {
        self.directory.rsplit('/').next().unwrap_or("")
    }

    /// The path of a file of the unit.
    pub(crate) fn path(&self, file: &str) -> String {
        format!("{}/{file}", self.directory)
    }

    /// The name of the unit's directory as the name of its resource.
    pub(crate) fn id<T>(&mut self, parse: impl Fn(&str) -> Result<T, Invalid>) -> Result<T, Reported> {
        parse(self.name()).map_err(|error| report(&mut self.problems, bad_name(&self.directory, &error)))
    }

    /// The names of the directories in a directory of the unit that are names of resources.
    pub(crate) fn names<T>(
        &mut self,
        below: &str,
        parse: impl Fn(&str) -> Result<T, Invalid>,
    ) -> Vec<(String, T)> {
        let mut named = Vec::new();
        for name in self.directories(below) {
            match parse(&name) {
                Ok(id) => named.push((name, id)),
                Err(error) => self.problems.push(bad_name(&self.path(&format!("{below}/{name}")), &error)),
            }
        }
        named
    }

    /// What the unit's resource is linked with: a directory each, or the items of a list.
    ///
    /// COMPAT: APIOps makes a directory for each link (`products/p/apis/<api>/`); its first versions, and the command-line
    /// tool that succeeds it, write a list (`products/p/apis.json`: `[{ "name": "<api>" }]`).
    pub(crate) fn links<T: PartialEq>(
        &mut self,
        below: &str,
        parse: impl Fn(&str) -> Result<T, Invalid>,
    ) -> Vec<T> {
        let mut links: Vec<T> = self.names(below, &parse).into_iter().map(|(_, id)| id).collect();
        let Ok(Some(list)) = self.json(&format!("{below}.json")) else { return links };
        if !matches!(list.kind, Kind::List(_)) {
            self.problems.push(bad_links(&list, below));
        }
        for item in list.items() {
            let Some(name) = item.get("name").unwrap_or(item).text() else {
                self.problems.push(bad_links(item, below));
                continue;
            };
            let id = checked(parse(name), item, &mut self.problems);
            links.extend(id.ok().filter(|id| !links.contains(id)));
        }
        links
    }

    /// The directories in a directory of the unit.
    pub(crate) fn directories(&mut self, below: &str) -> Vec<String> {
        let path = self.path(below);
        self.files.directories(&path, &mut self.problems)
    }

    /// Says which of the unit's directories are not read.
    pub(crate) fn unread(&mut self, entries: &[Entry], read: &[&str], subject: &str) {
        let directories = entries.iter().filter(|each| each.kind == EntryKind::Directory);
        for entry in directories.filter(|each| !each.name.starts_with('.')) {
            let name = entry.name.as_str();
            if read.contains(&name) {
                continue;
            }
            let near = did_you_mean(name, read.iter().copied());
            let message = format!("the directory `{name}` of {subject} is not read");
            let problem = Diagnostic::warning("unknown-directory", message);
            self.problems.push(problem.maybe_help(near.map(|near| format!("did you mean `{near}`?"))));
        }
    }

    /// What the unit's directory holds.
    pub(crate) fn entries(&mut self) -> Vec<Entry> {
        self.files.list(&self.directory, &mut self.problems)
    }

    /// The text of a file of the unit; none when it is not there.
    pub(crate) fn text(&mut self, file: &str) -> Result<Option<Arc<SourceFile>>, Reported> {
        let path = self.path(file);
        self.files.text(&path, &mut self.problems)
    }

    /// A JSON file of the unit; none when it is not there.
    pub(crate) fn json(&mut self, file: &str) -> Result<Option<Node>, Reported> {
        let path = self.path(file);
        self.files.json(&path, &mut self.problems)
    }

    /// The policy document in a directory of the unit (an empty path for its own), if there is one, with what the override
    /// file says about it. One that cannot be read is there and empty: whoever compiles the configuration refuses what it
    /// stands for, because its file has an error.
    pub(crate) fn policy(&mut self, directory: &str, over: Option<&Section>) -> Option<PolicyText> {
        let slash = if directory.is_empty() { "" } else { "/" };
        let path = self.path(&format!("{directory}{slash}policy.xml"));
        policy_at(self.files, &path, over, &mut self.problems)
    }

    /// The information file of the unit's resource, which must be there.
    pub(crate) fn information(&mut self, file: &str, subject: &str) -> Result<Information, Reported> {
        let information = self.information_if_there(file, subject)?;
        information.ok_or_else(|| self.no_file(file, subject))
    }

    /// Reports that an information file is not there.
    pub(crate) fn no_file(&mut self, file: &str, subject: &str) -> Reported {
        let path = self.path(file);
        report(&mut self.problems, missing_file(subject, &path).at(place_of(&path)))
    }

    /// An information file of the unit; none when it is not there.
    pub(crate) fn information_if_there(
        &mut self,
        file: &str,
        subject: &str,
    ) -> Result<Option<Information>, Reported> {
        self.overridden(file, subject, self.over.map(|over| &over.node))
    }

    /// The same of a file over which something else is put.
    pub(crate) fn overridden(
        &mut self,
        file: &str,
        subject: &str,
        over: Option<&Node>,
    ) -> Result<Option<Information>, Reported> {
        let Some(document) = self.json(file)? else { return Ok(None) };
        self.information_of(with(document, over), subject).map(Some)
    }

    fn information_of(&mut self, document: Node, subject: &str) -> Result<Information, Reported> {
        let properties = Fields::new(&document, subject)
            .object("properties", &mut self.problems)
            .map(|it| it.node.clone());
        let properties = properties.ok_or_else(|| {
            let message = format!("the file of {subject} has no object `properties`");
            let at = document.at.clone();
            report(&mut self.problems, Diagnostic::error("missing-member", message).at(at))
        })?;
        Ok(Information { document, properties })
    }

    /// An information file in which some members hold secrets: as it is, and with those blotted out. Whatever is said
    /// about the file is said about the second one.
    pub(crate) fn sensitive(
        &mut self,
        file: &str,
        subject: &str,
        names: &[&str],
    ) -> Result<(Information, Information), Reported> {
        let Some(text) = self.text(file)? else {
            let path = self.path(file);
            return Err(report(&mut self.problems, missing_file(subject, &path)));
        };
        let clear = tree::read_json(&text);
        let clear = clear.map_err(|problem| report(&mut self.problems, without_line(problem)))?;
        let hidden = hidden_texts(&clear, &|path| {
            path.last().is_some_and(|last| names.iter().any(|name| name.eq_ignore_ascii_case(last)))
        });
        let shown = tree::read_json(&blotted(&text, &hidden));
        let shown = shown.map_err(|problem| report(&mut self.problems, without_line(problem)))?;
        let over = self.over.map(|over| &over.node);
        let clear = with(clear, over);
        let shown = self.information_of(with(shown, over), subject)?;
        let properties = Fields::new(&clear, subject).any("properties").cloned();
        let properties = properties.unwrap_or_else(|| clear.clone());
        Ok((Information { document: clear, properties }, shown))
    }
}

/// A document with an override put over it.
fn with(document: Node, over: Option<&Node>) -> Node {
    match over {
        Some(over) => merged(document, over),
        None => document,
    }
}

/// The policy document at a path, if there is one, with what a section of the override file says about it.
///
/// COMPAT: an override may replace the text (`properties.value`) of a document that is there; its `format` says how that
/// is written (`PolicyContentsToDto` and the merge of overrides in the publisher of APIOps).
pub(crate) fn policy_at(
    files: &Files<'_>,
    path: &str,
    over: Option<&Section>,
    problems: &mut Diagnostics,
) -> Option<PolicyText> {
    let read = files.text(path, problems);
    let file = read.unwrap_or_else(|Reported| Some(SourceFile::new(path, "")));
    let over = over.filter(|over| !over.is_empty());
    if let Some(over) = over {
        let there = file.is_some().then_some("policy");
        over.unmatched("policies", there.into_iter(), problems);
    }
    let item = over.and_then(|over| over.item("policies", "policy"));
    match (file, item) {
        (Some(file), Some(item)) => Some(overridden_policy(file, path, item, problems)),
        (file, _) => file.map(PolicyText::new),
    }
}

/// The document that an override puts in the place of another; an empty one, with an error, when it cannot be read.
pub(crate) fn overridden_policy(
    file: Arc<SourceFile>,
    path: &str,
    item: &Item,
    problems: &mut Diagnostics,
) -> PolicyText {
    let before = problems.len();
    let fields = Fields::new(&item.node, format!("the override of `{path}`"));
    let Some(properties) = fields.object("properties", problems) else { return PolicyText::new(file) };
    let words = [("rawxml", ()), ("xml", ())];
    if properties.any("format").is_some() {
        properties.choice("format", &words, problems);
    }
    let text = properties.text("value", problems);
    if problems.len() > before {
        problems.push(
            Diagnostic::error("bad-override", format!("`{path}` is not read without its override"))
                .at(place_of(path)),
        );
        return PolicyText::new(SourceFile::new(path, ""));
    }
    match text {
        // Problems in it are told with the name of the override file and of what it stands for.
        Some((text, node)) => {
            PolicyText::new(SourceFile::new(format!("{}: {path}", node.at.file.name()), text))
        }
        None => PolicyText::new(file),
    }
}

fn bad_links(node: &Node, below: &str) -> Diagnostic {
    let message = format!("`{below}.json` must be a list of objects with `name`, not {}", node.kind_name());
    Diagnostic::error("wrong-type", message).at(node.at.clone())
}

fn bad_name(directory: &str, error: &Invalid) -> Diagnostic {
    Diagnostic::error("invalid-name", format!("the directory `{directory}`: {error}"))
}

fn missing_file(subject: &str, path: &str) -> Diagnostic {
    Diagnostic::error("missing-file", format!("{subject} has no `{path}`"))
}
