//! The verdicts of resources: words of ours, compared with what becomes of a folder that has the property.
//!
//! A probe is a folder with the resource and one property more. Whether that property was read is seen by a second folder,
//! in which it has a name of the same length that means nothing: if both give the same, apart from the name, it was not.
//! What is the same or differs must also be refused where its value is of another type, and where it is the same and must
//! be there, without it.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};
use serde_json::{Map, Value};
use source::Severity;

use crate::facts::resources::{PropertyFact, ResourceFacts};
use crate::facts::{first_word, lines};
use crate::probe::{Probed, probe};
use crate::verdict::{Counts, Verdict};

/// A kind of resource with the verdicts of its properties.
#[derive(Debug)]
pub struct JudgedResource {
    /// What the reference says.
    pub facts: ResourceFacts,
    /// The verdict of each property.
    pub rows: Vec<PropertyRow>,
    /// The verdict of a resource without properties.
    whole: Verdict,
}

/// A property with its verdict.
#[derive(Debug)]
pub struct PropertyRow {
    /// What the reference says.
    pub fact: PropertyFact,
    /// What we do.
    pub verdict: Verdict,
}

/// What is said of one kind of resource.
#[derive(Clone, Debug, Default)]
struct Words {
    base: Option<(String, Map<String, Value>)>,
    beside: Vec<(String, String)>,
    properties: BTreeMap<String, Word>,
}

#[derive(Clone, Debug)]
struct Word {
    probe: Setting,
    verdict: Verdict,
}

/// How a probe sets a property.
#[derive(Clone, Debug)]
enum Setting {
    /// Not at all.
    None,
    /// To this value.
    Value(Value),
    /// By putting this over the base.
    Over(Map<String, Value>),
}

/// What becomes of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The folder has errors that it has not without it.
    Refused,
    /// It makes a difference to what is read.
    Read,
    /// It makes none.
    Left,
}

const ALL: &str = "all";
const REST: &str = "rest";

/// Gives every property its verdict.
///
/// # Errors
/// What is wrong with facts or words: a property without a word, a word without a property, a word that the probe
/// contradicts. All of it, a line each.
pub fn judge(facts: Vec<ResourceFacts>) -> anyhow::Result<Vec<JudgedResource>> {
    let mut words = read()?;
    let mut mistakes = Vec::new();
    let mut judged = Vec::new();
    for facts in facts {
        let Some(mut mine) = words.remove(&facts.name) else {
            mistakes.push(format!("{}: nothing says what becomes of it", facts.name));
            continue;
        };
        judged.push(resource(facts, &mut mine, &mut mistakes)?);
    }
    mistakes.extend(words.keys().map(|name| format!("{name}: a word about what no fact knows")));
    ensure!(mistakes.is_empty(), "{}", mistakes.join("\n"));
    Ok(judged)
}

fn resource(
    facts: ResourceFacts,
    words: &mut Words,
    mistakes: &mut Vec<String>,
) -> anyhow::Result<JudgedResource> {
    let whole = words.properties.remove(ALL);
    let rest = words.properties.remove(REST).or_else(|| whole.clone());
    let mut rows = Vec::new();
    for fact in facts.properties.clone() {
        let Some(word) = words.properties.remove(&fact.path).or_else(|| rest.clone()) else {
            mistakes.push(format!("{} {}: nothing says what becomes of it", facts.name, fact.path));
            continue;
        };
        let outcome = outcome(words, &fact.path, &word.probe)
            .with_context(|| format!("{} {}", facts.name, fact.path))?;
        if let Some(outcome) = outcome.filter(|outcome| !agrees(&word.verdict, *outcome)) {
            mistakes.push(format!(
                "{} {}: `{}`, but the probe is {outcome:?}",
                facts.name,
                fact.path,
                word.verdict.word()
            ));
        }
        if matches!(word.verdict, Verdict::Same | Verdict::Differs(_)) {
            let needed = fact.required && word.verdict == Verdict::Same;
            let unchecked = unchecked(words, &fact, needed, &word.probe)?;
            mistakes
                .extend(unchecked.into_iter().map(|what| format!("{} {}: {what}", facts.name, fact.path)));
        }
        rows.push(PropertyRow { fact, verdict: word.verdict });
    }
    mistakes.extend(
        words.properties.keys().map(|path| format!("{} {path}: a word about what no fact knows", facts.name)),
    );
    let whole = whole.map_or(Verdict::Same, |word| word.verdict);
    Ok(JudgedResource { facts, rows, whole })
}

fn agrees(verdict: &Verdict, outcome: Outcome) -> bool {
    match verdict {
        Verdict::Same | Verdict::Differs(_) => outcome == Outcome::Read,
        Verdict::NoEffect(_) => outcome != Outcome::Refused,
        Verdict::Refused(_) => outcome == Outcome::Refused,
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

fn outcome(words: &Words, path: &str, setting: &Setting) -> anyhow::Result<Option<Outcome>> {
    let Some(properties) = probed(words, path, setting) else { return Ok(None) };
    let Some((file, _)) = &words.base else { return Ok(None) };
    let name = path.rsplit('.').next().unwrap_or(path);
    let with = Value::Object(properties).to_string();
    let nonsense = "q".repeat(name.len());
    let at = with.rfind(&format!("\"{name}\":")).context("the probe does not hold the property")?;
    let (before, after) = with.split_at(at);
    let without = format!("{before}{}", after.replacen(name, &nonsense, 1));
    let with = run(words, file, &with)?;
    if with.problems.iter().any(|each| each.severity == Severity::Error) {
        return Ok(Some(Outcome::Refused));
    }
    let without = run(words, file, &without)?;
    let same =
        without.shown.replace(&nonsense, name) == with.shown && without.problems.len() == with.problems.len();
    Ok(Some(if same { Outcome::Left } else { Outcome::Read }))
}

/// What of a property is not looked at though it is read: that it is there, if it is needed, and that its value is of its
/// type.
fn unchecked(
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

fn read() -> anyhow::Result<BTreeMap<String, Words>> {
    let mut all: BTreeMap<String, Words> = BTreeMap::new();
    let mut name = String::new();
    for line in lines(include_str!("../verdicts/resources.txt")) {
        let (word, rest) = first_word(&line.text);
        if !line.inner {
            ensure!(word == "resource", "`{}` is no heading", line.text);
            rest.clone_into(&mut name);
            ensure!(all.insert(name.clone(), Words::default()).is_none(), "two words about `{name}`");
            continue;
        }
        let words = all
            .get_mut(&name)
            .with_context(|| format!("`{}` stands before the first resource", line.text))?;
        words.take(word, rest).with_context(|| format!("{name}: `{}`", line.text))?;
    }
    Ok(all)
}

impl Words {
    fn take(&mut self, word: &str, rest: &str) -> anyhow::Result<()> {
        match word {
            "base" => {
                let (path, text) = rest.split_once(" {").context("a path and an object")?;
                self.base = Some((path.to_owned(), serde_json::from_str(&format!("{{{text}"))?));
            }
            "beside" => {
                let at = rest.find([' ', '<']).and_then(|_| rest.find(" {").or_else(|| rest.find(" <")));
                let (path, text) = rest.split_at(at.context("a path and a text")?);
                self.beside.push((path.to_owned(), text.trim().to_owned()));
            }
            property => {
                let (probe, verdict) = match rest.strip_prefix("| ") {
                    Some(verdict) => ("-", verdict),
                    None => rest.split_once(" | ").context("a probe and a verdict")?,
                };
                let word =
                    Word { probe: Setting::read(probe.trim())?, verdict: Verdict::read(verdict.trim())? };
                ensure!(self.properties.insert(property.to_owned(), word).is_none(), "said twice");
            }
        }
        Ok(())
    }
}

impl Setting {
    fn read(text: &str) -> anyhow::Result<Self> {
        Ok(match (text, text.strip_prefix('=')) {
            ("-", _) => Self::None,
            (_, Some(value)) => Self::Value(serde_json::from_str(value)?),
            (over, None) if over.starts_with('{') => Self::Over(serde_json::from_str(over)?),
            _ => bail!("`{text}` is no probe"),
        })
    }
}

impl JudgedResource {
    /// The verdict of the whole kind: the one that all properties have, or that it differs.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let counts = Counts::of(self.rows.iter().map(|row| &row.verdict));
        match self.rows.first() {
            None => self.whole.clone(),
            Some(first)
                if [counts.same, counts.differs, counts.no_effect, counts.refused]
                    .contains(&counts.all()) =>
            {
                first.verdict.clone()
            }
            Some(_) if counts.differs + counts.refused == 0 => Verdict::Same,
            Some(_) => Verdict::Differs(String::new()),
        }
    }
}
