//! The verdicts of resources: words of ours, compared with what becomes of a folder that has the property.
//!
//! A probe is a folder with the resource and one property more. Whether that property was read is seen by a second folder,
//! in which it has a name of the same length that means nothing: if both give the same, apart from the name, it was not.
//! What is the same or differs must also be refused where its value is of another type, and where it is the same and must
//! be there, without it.

mod outcome;
mod words;

use anyhow::{Context as _, ensure};

use crate::facts::resources::{PropertyFact, ResourceFacts};
use crate::verdict::{Counts, Verdict};
pub use outcome::{Outcome, Seen};
use outcome::{outcome, unchecked};
use words::{Words, read};

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
    /// What the probe gave, if there is one.
    pub seen: Option<Seen>,
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
        let seen = outcome(words, &fact.path, &word.probe)
            .with_context(|| format!("{} {}", facts.name, fact.path))?;
        if let Some(seen) = seen.as_ref().filter(|seen| !agrees(&word.verdict, seen.outcome)) {
            mistakes.push(format!(
                "{} {}: `{}`, but the probe is {seen}",
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
        rows.push(PropertyRow { fact, verdict: word.verdict, seen });
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
