//! Reads a whole folder, one kind of resource after the other.

mod apis;
mod backends;
mod certificates;
mod named_values;
mod people;
mod products;
mod small;
mod subscriptions;

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use model::{
    ApiId, Configuration, Invalid, PolicyText, Resource, SecretBinding, SecretReference, VaultHosts,
};
use secret::SecretSlot;
use source::{Diagnostic, Diagnostics, Location, SourceFile, did_you_mean};

use crate::fields::Fields;
use crate::files::{Files, Reported, place_of, report};
use crate::secrets::{SecretSource, blotted, hidden_texts, missing};
use crate::tree::{self, Node};
use crate::{EntryKind, FolderSource, Overlay};

/// How a folder is read.
#[derive(Default)]
pub struct Options<'a> {
    /// Files as [`Overlay`] describes them, read after `secrets.toml` and `overlay.toml` of the folder.
    pub overlays: Vec<Arc<SourceFile>>,
    /// Whether secrets are fetched.
    pub secrets: Secrets<'a>,
    /// Which vaults may be asked; a reference to another one is an error.
    pub vaults: VaultHosts,
}

/// Whether secrets are fetched.
#[derive(Default)]
pub enum Secrets<'a> {
    /// No: slots stay unset, as when documents are only checked.
    #[default]
    Unread,
    /// Yes; one that cannot be fetched is an error at its reference.
    Read(&'a dyn SecretSource),
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("overlays", &self.overlays).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Secrets<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unread => "Unread",
            Self::Read(_) => "Read",
        })
    }
}

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

/// Reads a folder. What is wrong is reported and left out; the rest is there.
#[must_use]
pub fn load(folder: &dyn FolderSource, options: &Options<'_>) -> (Configuration, Diagnostics) {
    let mut loader = Loader {
        files: Files::new(folder),
        secrets: &options.secrets,
        vaults: &options.vaults,
        overlay: Overlay::default(),
        configuration: Configuration::default(),
        problems: Diagnostics::new(),
        refused: HashSet::new(),
    };
    loader.overlays(&options.overlays);
    loader.all();
    (loader.configuration, loader.problems)
}

struct Loader<'a> {
    files: Files<'a>,
    secrets: &'a Secrets<'a>,
    vaults: &'a VaultHosts,
    overlay: Overlay,
    configuration: Configuration,
    problems: Diagnostics,
    /// APIs that are there but were refused: what refers to them is not to blame.
    refused: HashSet<ApiId>,
}

impl Loader<'_> {
    fn overlays(&mut self, more: &[Arc<SourceFile>]) {
        for path in ["secrets.toml", "overlay.toml"] {
            if let Ok(Some(file)) = self.files.text(path, &mut self.problems) {
                self.overlay.read(&file, &mut self.problems);
            }
        }
        for file in more {
            self.overlay.read(file, &mut self.problems);
        }
        self.configuration.service = self.overlay.service.clone();
    }

    fn all(&mut self) {
        self.root();
        self.configuration.policy = self.policy("policy.xml");
        self.named_values();
        self.version_sets();
        self.groups();
        self.users();
        self.fragments();
        self.certificates();
        self.backends();
        self.apis();
        self.products();
        self.subscriptions();
    }

    /// Says what is in the folder that is not read.
    fn root(&mut self) {
        for entry in self.files.list("", &mut self.problems) {
            if entry.kind == EntryKind::File || entry.name.starts_with('.') {
                continue;
            }
            self.problems.extend(about_directory(&entry.name));
        }
    }

    /// The policy document at a path, if there is one. One that cannot be read is there and empty: whoever compiles the
    /// configuration refuses what it stands for, because its file has an error.
    fn policy(&mut self, path: &str) -> Option<PolicyText> {
        let read = self.files.text(path, &mut self.problems);
        read.unwrap_or_else(|Reported| Some(SourceFile::new(path, ""))).map(PolicyText::new)
    }

    /// The object `properties` of a resource's file, which must be there.
    fn properties(&mut self, path: &str, subject: &str) -> Result<Node, Reported> {
        let Some(document) = self.files.json(path, &mut self.problems)? else {
            let message = format!("{subject} has no `{path}`");
            let problem = Diagnostic::error("missing-file", message).at(place_of(path));
            return Err(report(&mut self.problems, problem));
        };
        self.properties_of(document, subject)
    }

    fn properties_of(&mut self, document: Node, subject: &str) -> Result<Node, Reported> {
        let node = Fields::new(&document, subject)
            .object("properties", &mut self.problems)
            .map(|it| it.node.clone());
        node.ok_or_else(|| {
            let message = format!("the file of {subject} has no object `properties`");
            report(&mut self.problems, Diagnostic::error("missing-member", message).at(document.at))
        })
    }

    /// The object `properties` of a file in which some members hold secrets: as it is, and with those blotted out.
    /// Whatever is said about the file is said about the second one.
    fn sensitive(
        &mut self,
        path: &str,
        subject: &str,
        names: &[&str],
    ) -> Result<(Option<Node>, Node), Reported> {
        let Some(file) = self.files.text(path, &mut self.problems)? else {
            let message = format!("{subject} has no `{path}`");
            return Err(report(&mut self.problems, Diagnostic::error("missing-file", message)));
        };
        let clear =
            tree::read_json(&file).map_err(|problem| report(&mut self.problems, without_line(problem)))?;
        let hidden = hidden_texts(&clear, &|path| {
            path.last().is_some_and(|last| names.iter().any(|name| name.eq_ignore_ascii_case(last)))
        });
        let shown = tree::read_json(&blotted(&file, &hidden));
        let shown = shown.map_err(|problem| report(&mut self.problems, without_line(problem)))?;
        let shown = self.properties_of(shown, subject)?;
        Ok((Fields::new(&clear, subject).any("properties").cloned(), shown))
    }

    /// A directory's name as the name of a resource.
    fn directory_id<T>(
        &mut self,
        parse: impl Fn(&str) -> Result<T, Invalid>,
        name: &str,
        path: &str,
    ) -> Option<T> {
        let problem =
            |error: Invalid| Diagnostic::error("invalid-name", format!("the directory `{path}`: {error}"));
        parse(name).map_err(|error| self.problems.push(problem(error))).ok()
    }

    /// A slot that is filled from there: the one from before if there was one, so that whoever still uses that sees
    /// rotation too. It is filled now if secrets are fetched and it is not in a vault.
    fn bind(&mut self, name: impl Into<Arc<str>>, reference: SecretReference, at: &Location) -> SecretSlot {
        let name = name.into();
        if let SecretReference::Vault(vault) = &reference
            && let Some(problem) = self.vaults.problem(&vault.secret)
        {
            // Nobody may ask for it: the slot stays unset, and what needs it fails.
            self.problems.push(problem.at(at.clone()));
            return SecretSlot::unset(name);
        }
        let before = match self.secrets {
            Secrets::Read(source) => source.before(&reference, &name),
            Secrets::Unread => None,
        };
        let slot = before.unwrap_or_else(|| SecretSlot::unset(name));
        let binding = SecretBinding { slot: slot.clone(), reference, at: Some(at.clone()) };
        if let Secrets::Read(source) = self.secrets {
            self.problems.extend(fill(&binding, *source));
        }
        self.configuration.secrets.push(binding);
        slot
    }
}

/// Fills a slot, unless a vault does; gives what is wrong.
fn fill(binding: &SecretBinding, source: &dyn SecretSource) -> Option<Diagnostic> {
    if matches!(binding.reference, SecretReference::Vault(_)) {
        return None;
    }
    let why = match source.read(&binding.reference) {
        Ok(secret) if !secret.is_empty() => {
            binding.slot.replace(secret);
            return None;
        }
        Ok(_) => "it is empty".to_owned(),
        Err(error) => error.why,
    };
    Some(missing(binding, &why))
}

/// A problem with its place in words only, for files whose lines may hold secrets.
fn without_line(mut problem: Diagnostic) -> Diagnostic {
    if let Some(at) = problem.at.take() {
        problem.message = format!("{at}: {}", problem.message);
    }
    problem
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

/// Adds a resource to its collection; a directory's name that differs in case only is a second one of its name.
fn insert<T: Resource>(collection: &mut model::Collection<T>, resource: T, problems: &mut Diagnostics) {
    if let Err(duplicate) = collection.insert(resource) {
        problems.push(Diagnostic::error("duplicate-name", duplicate.to_string()));
    }
}

/// A moment as API Management writes it: with an offset, or without one for UTC, or a date alone.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    let utc = |moment: DateTime| moment.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
    text.parse::<Timestamp>()
        .or_else(|_| text.parse::<DateTime>().and_then(utc))
        .or_else(|_| {
            text.parse::<Date>().and_then(|date| utc(date.to_datetime(jiff::civil::Time::midnight())))
        })
        .map_err(|_| format!("`{text}` is not a moment such as `2026-01-31T00:00:00Z`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_without_offset_are_utc() {
        let expected: Timestamp = "2026-01-31T00:00:00Z".parse().unwrap();
        for text in ["2026-01-31T00:00:00Z", "2026-01-31T01:00:00+01:00", "2026-01-31T00:00:00", "2026-01-31"]
        {
            assert_eq!(moment(text), Ok(expected), "{text}");
        }
        assert!(moment("soon").is_err());
    }
}
