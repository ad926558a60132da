//! What becomes of a property, seen by probes.

use std::fmt;

use anyhow::Context as _;
use serde_json::{Map, Value};
use source::{Diagnostics, Severity};

use super::words::{Setting, Words};
use crate::facts::resources::PropertyFact;
use crate::probe::{Probed, probe};

/// What becomes of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The folder has errors that it has not without it.
    Refused,
    /// It makes a difference to what is read.
    Read,
    /// It makes none.
    Left,
}

/// What a probe gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What became of the property.
    pub outcome: Outcome,
    /// Codes of the errors, or of the warnings that there are not without it.
    pub codes: Vec<&'static str>,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.outcome {
            Outcome::Refused => "error",
            Outcome::Read => "read",
            Outcome::Left => "left alone",
        })?;
        for (at, code) in self.codes.iter().enumerate() {
            let comma = match (at, self.outcome) {
                (0, Outcome::Refused) => "",
                (0, _) => ", warning",
                _ => ",",
            };
            write!(f, "{comma} `{code}`")?;
        }
        Ok(())
    }
}

/// The properties of the resource with the one that is probed, if one is.
fn probed(words: &Words, path: &str, setting: &Setting) -> Option<Map<String, Value>> {
    let (_, base) = words.base.as_ref()?;
    let mut properties = base.clone();
    match setting {
        Setting::None => return None,
        Setting::Value(value) => set(&mut properties, path, value.clone()),
        Setting::Over(more) => {
            for (name, value) in more {
                properties.shift_remove(name);
                properties.insert(name.clone(), value.clone());
            }
        }
    }
    Some(properties)
}

/// What becomes of a property that is set so; none without a probe.
pub(super) fn outcome(words: &Words, path: &str, setting: &Setting) -> anyhow::Result<Option<Seen>> {
    let Some(properties) = probed(words, path, setting) else { return Ok(None) };
    let Some((file, _)) = &words.base else { return Ok(None) };
    let name = path.rsplit('.').next().unwrap_or(path);
    let with = Value::Object(properties).to_string();
    let nonsense = "q".repeat(name.len());
    let at = with.rfind(&format!("\"{name}\":")).context("the probe does not hold the property")?;
    let (before, after) = with.split_at(at);
    let without = format!("{before}{}", after.replacen(name, &nonsense, 1));
    let with = run(words, file, &with)?;
    let without = run(words, file, &without)?;
    let errors = codes(&with.problems, Severity::Error);
    if !errors.is_empty() {
        return Ok(Some(Seen { outcome: Outcome::Refused, codes: errors }));
    }
    let same =
        without.shown.replace(&nonsense, name) == with.shown && without.problems.len() == with.problems.len();
    let before = codes(&without.problems, Severity::Warning);
    let mut codes = codes(&with.problems, Severity::Warning);
    codes.retain(|code| !before.contains(code));
    Ok(Some(Seen { outcome: if same { Outcome::Left } else { Outcome::Read }, codes }))
}

/// The codes of problems of a severity, each once.
fn codes(problems: &Diagnostics, severity: Severity) -> Vec<&'static str> {
    let of_severity = problems.iter().filter(|each| each.severity == severity);
    let mut codes: Vec<&'static str> = of_severity.map(|each| each.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// What of a property is not looked at though it is read: that it is there, if it is needed, and that its value is of its
/// type.
pub(super) fn unchecked(
    words: &Words,
    fact: &PropertyFact,
    needed: bool,
    setting: &Setting,
) -> anyhow::Result<Vec<String>> {
    let Some(properties) = probed(words, &fact.path, setting) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for (what, value) in [("absent", needed.then_some(Value::Null)), ("wrong", wrong(&fact.ty))] {
        let Some(value) = value else { continue };
        let mut changed = Value::Object(properties.clone());
        let place = fact.path.split('.').try_fold(&mut changed, |at, name| member(at, name));
        *place.context("the probe does not hold the property")? = value;
        let (file, _) = words.base.as_ref().context("a probe has a base")?;
        let probed = run(words, file, &changed.to_string())?;
        if !probed.problems.iter().any(|each| each.severity == Severity::Error) {
            found.push(format!("accepted though {what}"));
        }
    }
    Ok(found)
}

/// A member of an object, or of the first element of a list.
fn member<'a>(at: &'a mut Value, name: &str) -> Option<&'a mut Value> {
    match at {
        Value::Array(items) => items.first_mut().and_then(|first| first.get_mut(name)),
        other => other.get_mut(name),
    }
}

/// A value that no property of a type can have.
fn wrong(ty: &str) -> Option<Value> {
    Some(match ty {
        "object" => return None,
        "text" => Value::Array(Vec::new()),
        _ => Value::from("nonsense"),
    })
}

fn run(words: &Words, file: &str, properties: &str) -> anyhow::Result<Probed> {
    let mut files = words.beside.clone();
    files.push((file.to_owned(), format!("{{\"properties\": {properties}}}")));
    probe(&files)
}

/// Sets a member of a member, behind what is there.
fn set(properties: &mut Map<String, Value>, path: &str, value: Value) {
    let Some((first, rest)) = path.split_once('.') else {
        properties.shift_remove(path);
        properties.insert(path.to_owned(), value);
        return;
    };
    let mut inner = Map::new();
    set(&mut inner, rest, value);
    properties.insert(first.to_owned(), Value::Object(inner));
}
