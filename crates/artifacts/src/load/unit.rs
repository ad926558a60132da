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
use source::{Diagnostic, Diagnostics, SourceFile};

use crate::arm::Place;
use crate::fields::Fields;
use crate::files::{Files, Reported, place_of, report};
use crate::secrets::{blotted, hidden_texts};
use crate::tree::{self, Node, compact, unknown};

/// What was read of one directory.
#[derive(Clone, Debug)]
pub(crate) struct Unit<R> {
    /// The directory, relative to the folder.
    pub(crate) directory: Arc<str>,
    /// What it holds; none when it is refused.
    pub(crate) read: Option<Arc<R>>,
    /// What is wrong in it.
    pub(crate) problems: Diagnostics,
}

/// Reads one unit: its files, and nothing else.
pub(crate) struct Reader<'a> {
    files: &'a Files<'a>,
    /// Where its references stand.
    pub(crate) place: Place<'a>,
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
    pub(crate) fn new(files: &'a Files<'a>, place: Place<'a>, directory: String) -> Self {
        Self { files, place, directory, problems: Diagnostics::new() }
    }

    /// Ends the reading.
    pub(crate) fn finish<R>(self, read: Result<R, Reported>) -> Unit<R> {
        Unit { directory: self.directory.into(), read: read.ok().map(Arc::new), problems: self.problems }
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

    /// The directories in a directory of the unit.
    pub(crate) fn directories(&mut self, below: &str) -> Vec<String> {
        let path = self.path(below);
        self.files.directories(&path, &mut self.problems)
    }

    /// What the unit's directory holds.
    pub(crate) fn entries(&mut self) -> Vec<crate::Entry> {
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

    /// A policy document of the unit, if there is one. One that cannot be read is there and empty: whoever compiles the
    /// configuration refuses what it stands for, because its file has an error.
    pub(crate) fn policy(&mut self, file: &str) -> Option<PolicyText> {
        let path = self.path(file);
        policy_at(self.files, &path, &mut self.problems)
    }

    /// The information file of the unit's resource, which must be there.
    pub(crate) fn information(&mut self, file: &str, subject: &str) -> Result<Information, Reported> {
        let information = self.information_if_there(file, subject)?;
        information.ok_or_else(|| {
            let path = self.path(file);
            report(&mut self.problems, missing_file(subject, &path).at(place_of(&path)))
        })
    }

    /// An information file of the unit; none when it is not there.
    pub(crate) fn information_if_there(
        &mut self,
        file: &str,
        subject: &str,
    ) -> Result<Option<Information>, Reported> {
        let Some(document) = self.json(file)? else { return Ok(None) };
        self.information_of(document, subject).map(Some)
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
        let clear =
            tree::read_json(&text).map_err(|problem| report(&mut self.problems, without_line(problem)))?;
        let hidden = hidden_texts(&clear, &|path| {
            path.last().is_some_and(|last| names.iter().any(|name| name.eq_ignore_ascii_case(last)))
        });
        let shown = tree::read_json(&blotted(&text, &hidden));
        let shown = shown.map_err(|problem| report(&mut self.problems, without_line(problem)))?;
        let shown = self.information_of(shown, subject)?;
        let properties = Fields::new(&clear, subject).any("properties").cloned();
        let properties = properties.unwrap_or_else(|| clear.clone());
        Ok((Information { document: clear, properties }, shown))
    }
}

/// The policy document at a path, if there is one.
pub(crate) fn policy_at(files: &Files<'_>, path: &str, problems: &mut Diagnostics) -> Option<PolicyText> {
    let read = files.text(path, problems);
    read.unwrap_or_else(|Reported| Some(SourceFile::new(path, ""))).map(PolicyText::new)
}

fn bad_name(directory: &str, error: &Invalid) -> Diagnostic {
    Diagnostic::error("invalid-name", format!("the directory `{directory}`: {error}"))
}

fn missing_file(subject: &str, path: &str) -> Diagnostic {
    Diagnostic::error("missing-file", format!("{subject} has no `{path}`"))
}

/// A problem with its place in words only, for files whose lines may hold secrets.
fn without_line(mut problem: Diagnostic) -> Diagnostic {
    if let Some(at) = problem.at.take() {
        problem.message = format!("{at}: {}", problem.message);
    }
    problem
}
