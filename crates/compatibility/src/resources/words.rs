//! What is said of resources: `verdicts/resources.txt`, whose head tells its language.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};
use serde_json::{Map, Value};

use crate::facts::{first_word, lines};
use crate::verdict::Verdict;

/// What is said of one kind of resource.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    pub(super) base: Option<(String, Map<String, Value>)>,
    pub(super) beside: Vec<(String, String)>,
    pub(super) properties: BTreeMap<String, Word>,
}

#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) probe: Setting,
    pub(super) verdict: Verdict,
}

/// How a probe sets a property.
#[derive(Clone, Debug)]
pub(super) enum Setting {
    /// Not at all.
    None,
    /// To this value.
    Value(Value),
    /// By putting this over the base.
    Over(Map<String, Value>),
}

/// Reads the file.
pub(super) fn read() -> anyhow::Result<BTreeMap<String, Words>> {
    let mut all: BTreeMap<String, Words> = BTreeMap::new();
    let mut name = String::new();
    for line in lines(include_str!("../../verdicts/resources.txt")) {
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
