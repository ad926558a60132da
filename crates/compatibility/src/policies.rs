//! The verdicts of policies: facts compared with declarations, and with the words that say why they differ.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use policy::spec::Repeat;
use policy::{FaultKind, PolicySpec, Section};

use crate::cases::Case;
use crate::coverage::{computes_text, is_refused, is_word_refused};
use crate::declared::Declared;
use crate::facts::policies::{AttributeFact, ChildFact, FailureFact, PolicyFacts, Presence, TextFact};
use crate::facts::{first_word, lines};
use crate::verdict::Verdict;

const PLANNED: &str = "not yet supported";

/// A policy with the verdicts of all its facts.
#[derive(Debug)]
pub struct Judged {
    /// What the reference says.
    pub facts: PolicyFacts,
    /// What we declare; none for a policy that does not run.
    pub spec: Option<&'static PolicySpec>,
    /// A verdict for each fact.
    pub rows: Vec<Row>,
}

/// A fact with its verdict.
#[derive(Debug)]
pub struct Row {
    /// Which fact: `where`, `@attribute`, a child element, `!Failure`.
    pub key: String,
    /// What the reference says.
    pub reference: String,
    /// What we do.
    pub verdict: Verdict,
}

/// Why facts differ, in our words: `verdicts/policies.txt`.
#[derive(Debug, Default)]
pub struct Words {
    /// By policy and key; whether the declaration must differ for it.
    words: BTreeMap<(String, String), (String, Must)>,
    /// Policies that only we have.
    pub extensions: BTreeMap<String, String>,
}

/// What must hold for a word to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Must {
    /// The declaration is another one than the fact.
    DeclareDifferently,
    /// It is the same: what differs is what happens at run time.
    DeclareTheSame,
}

impl Words {
    /// Reads the file.
    ///
    /// # Errors
    /// When a line cannot be read.
    pub fn read() -> anyhow::Result<Self> {
        let mut all = Self::default();
        let mut policy = String::new();
        for line in lines(include_str!("../verdicts/policies.txt")) {
            let (word, rest) = first_word(&line.text);
            let (key, why) = first_word(rest);
            match (line.inner, word) {
                (false, "policy") => policy = rest.to_owned(),
                (false, "extension") => {
                    all.extensions.insert(key.to_owned(), why.to_owned());
                }
                (true, "declared" | "behaves") => {
                    let must =
                        if word == "declared" { Must::DeclareDifferently } else { Must::DeclareTheSame };
                    let before = all.words.insert((policy.clone(), key.to_owned()), (why.to_owned(), must));
                    ensure!(before.is_none(), "two words about {policy} {key}");
                }
                _ => anyhow::bail!("`{}` is no line of verdicts", line.text),
            }
        }
        Ok(all)
    }
}

/// Gives every fact its verdict.
///
/// # Errors
/// What is wrong with facts, declarations or words: a difference without a word, a word without a difference, something
/// declared that no fact knows. All of it, a line each.
pub fn judge(facts: Vec<PolicyFacts>, words: &Words, cases: &[Case]) -> anyhow::Result<Vec<Judged>> {
    let mut judge = Judge { words, cases, used: Vec::new(), mistakes: Vec::new() };
    let judged = facts.into_iter().map(|facts| judge.policy(facts)).collect();
    for key in words.words.keys().filter(|key| !judge.used.contains(*key)) {
        judge.mistakes.push(format!("{} {}: a word about what is not there", key.0, key.1));
    }
    ensure!(judge.mistakes.is_empty(), "{}", judge.mistakes.join("\n"));
    Ok(judged)
}

struct Judge<'a> {
    words: &'a Words,
    cases: &'a [Case],
    used: Vec<(String, String)>,
    mistakes: Vec<String>,
}

impl Judge<'_> {
    fn policy(&mut self, facts: PolicyFacts) -> Judged {
        let Some(entry) = policies::REGISTRY.find(&facts.name) else {
            if !policies::REGISTRY.is_planned(&facts.name) {
                self.mistakes.push(format!("{}: neither runs nor is refused by name", facts.name));
            }
            let refused =
                |(key, reference)| Row { key, reference, verdict: Verdict::Refused(PLANNED.to_owned()) };
            return Judged { rows: shown(&facts).into_iter().map(refused).collect(), spec: None, facts };
        };
        let declared = Declared::of(entry.spec);
        self.unknown(&facts, &declared);
        let differing = self.differing(&facts, entry.spec, &declared);
        let rows = shown(&facts).into_iter().map(|(key, reference)| {
            let verdict = self.verdict(&facts.name, &key, &differing);
            Row { key, reference, verdict }
        });
        Judged { rows: rows.collect(), spec: Some(entry.spec), facts }
    }

    /// What is declared and no fact knows.
    fn unknown(&mut self, facts: &PolicyFacts, declared: &Declared) {
        let attributes = declared.attributes.iter().map(|(path, _)| path);
        for path in attributes.filter(|path| !facts.attributes.iter().any(|fact| fact.path == **path)) {
            self.mistakes.push(format!("{} @{path}: declared, and no fact knows it", facts.name));
        }
        let children = declared.children.iter().map(|(path, _)| path);
        for path in children.filter(|path| !facts.children.iter().any(|fact| fact.path == **path)) {
            self.mistakes.push(format!("{} {path}: declared, and no fact knows it", facts.name));
        }
    }

    /// The keys of facts that are declared differently, with what the declaration says; those that are refused.
    fn differing(
        &self,
        facts: &PolicyFacts,
        spec: &PolicySpec,
        declared: &Declared,
    ) -> BTreeMap<String, Difference> {
        let mut all = BTreeMap::new();
        if !same_place(facts, spec) {
            all.insert("where".to_owned(), Difference::Declared);
        }
        for fact in &facts.children {
            let same = declared
                .child(&fact.path)
                .is_some_and(|child| (child.min, child.max) == (fact.min, fact.max));
            let literal = fact.text.is_some_and(|text| text.expression == Some(false));
            if !same || (literal && computes_text(&facts.name, &fact.path, self.cases)) {
                all.insert(fact.path.clone(), Difference::Declared);
            }
        }
        for fact in &facts.attributes {
            all.extend(self.attribute(facts, fact, declared).map(|what| (format!("@{}", fact.path), what)));
        }
        for fact in facts.failures.iter().filter(|fact| !same_failure(fact)) {
            all.insert(format!("!{}", fact.reason.as_deref().unwrap_or("")), Difference::Declared);
        }
        all
    }

    fn attribute(
        &self,
        facts: &PolicyFacts,
        fact: &AttributeFact,
        declared: &Declared,
    ) -> Option<Difference> {
        if is_refused(&facts.name, &fact.path, self.cases) {
            return Some(Difference::Refused);
        }
        let same = declared.attribute(&fact.path).is_some_and(|spec| {
            let default = spec.default.filter(|text| !text.contains(' '));
            fact.is_of(spec.kind)
                && spec.required == (fact.presence == Presence::Required)
                && fact.expression.is_none_or(|allowed| allowed == spec.expression)
                && default == fact.default.as_deref()
        });
        if !same {
            return Some(Difference::Declared);
        }
        let refused = |word: &&str| is_word_refused(&facts.name, &fact.path, word, self.cases);
        let refused: Vec<String> =
            fact.words().into_iter().filter(refused).map(|word| format!("`{word}`")).collect();
        (!refused.is_empty()).then(|| Difference::Words(refused.join(", ")))
    }

    fn verdict(&mut self, policy: &str, key: &str, differing: &BTreeMap<String, Difference>) -> Verdict {
        let place = (policy.to_owned(), key.to_owned());
        let word = self.words.words.get(&place);
        if word.is_some() {
            self.used.push(place);
        }
        match (differing.get(key), word) {
            (Some(Difference::Refused), None) => Verdict::Refused(PLANNED.to_owned()),
            (Some(Difference::Words(words)), None) => {
                Verdict::Differs(format!("{words} is refused: {PLANNED}"))
            }
            (Some(Difference::Declared), Some((why, Must::DeclareDifferently)))
            | (None, Some((why, Must::DeclareTheSame))) => Verdict::Differs(why.clone()),
            (None, None) => Verdict::Same,
            (Some(Difference::Declared), None) => {
                self.mistakes.push(format!("{policy} {key}: declared differently, and nothing says why"));
                Verdict::Same
            }
            (_, Some(_)) => {
                self.mistakes.push(format!("{policy} {key}: a word about what does not differ so"));
                Verdict::Same
            }
        }
    }
}

/// How a fact differs.
#[derive(Debug)]
enum Difference {
    /// The declaration is another one.
    Declared,
    /// It is always refused.
    Refused,
    /// Some words of the enumeration are refused.
    Words(String),
}

fn same_place(facts: &PolicyFacts, spec: &PolicySpec) -> bool {
    let sections: Vec<Section> = spec.sections.iter().collect();
    let scopes: Vec<_> = spec.scopes.iter().collect();
    let once = spec.repeat == Repeat::OncePerSection;
    (sections, scopes, once) == (facts.sections.clone(), facts.scopes.clone(), facts.once)
}

/// Whether the table of failures has it so. That the policy fails so is for cases to show ([`crate::coverage`]).
#[must_use]
pub fn same_failure(fact: &FailureFact) -> bool {
    let of_reason = |row: &&policy::FaultRow| Some(row.reason) == fact.reason.as_deref();
    let row = FaultKind::ALL.iter().map(|kind| kind.row()).find(of_reason);
    row.is_some_and(|row| fact.status.is_none_or(|status| status == row.status))
}

/// The facts of a policy, by key and as people read them.
fn shown(facts: &PolicyFacts) -> Vec<(String, String)> {
    let mut all = vec![("where".to_owned(), place(facts))];
    all.extend(
        facts.text.map(|text| ("text".to_owned(), expressions(text).trim_start_matches("; ").to_owned())),
    );
    all.extend(facts.attributes.iter().map(|fact| (format!("@{}", fact.path), attribute(fact))));
    all.extend(facts.children.iter().map(|fact| (fact.path.clone(), child(fact))));
    let failures = facts.failures.iter();
    all.extend(failures.map(|fact| (format!("!{}", fact.reason.as_deref().unwrap_or("")), failure(fact))));
    all
}

fn place(facts: &PolicyFacts) -> String {
    if facts.sections.is_empty() {
        return "not told".to_owned();
    }
    let sections = match facts.sections.len() {
        4 => "all sections".to_owned(),
        _ => facts.sections.iter().map(|each| format!("`{each}`")).collect::<Vec<_>>().join(", "),
    };
    let scopes = match facts.scopes.len() {
        5 => "all scopes".to_owned(),
        _ => facts.scopes.iter().map(|each| each.name()).collect::<Vec<_>>().join(", "),
    };
    let once = if facts.once { "; once in a section" } else { "" };
    format!("{sections}; {scopes}{once}{}", beside(facts.remark.as_deref()))
}

fn attribute(fact: &AttributeFact) -> String {
    let words: Vec<String> = fact.words().iter().map(|word| format!("`{word}`")).collect();
    let mut text = if words.is_empty() { fact.ty.clone() } else { words.join(", ") };
    text.push_str(match fact.presence {
        Presence::Required => "; required",
        Presence::Choice => "; one of several",
        Presence::Optional => "",
    });
    text.push_str(match fact.expression {
        Some(true) => "; expressions",
        Some(false) => "; no expressions",
        None => "",
    });
    if let Some(default) = &fact.default {
        text.push_str(&format!("; default `{default}`"));
    }
    text.push_str(&beside(fact.remark.as_deref()));
    text
}

/// A remark behind a fact.
fn beside(remark: Option<&str>) -> String {
    remark.map_or_else(String::new, |remark| format!(" ({remark})"))
}

fn child(fact: &ChildFact) -> String {
    let mut text = match (fact.min, fact.max) {
        (1, 1) => "element, once".to_owned(),
        (0, 1) => "element, at most once".to_owned(),
        (0, u32::MAX) => "element, any number".to_owned(),
        (min, u32::MAX) => format!("element, {min} or more"),
        (min, max) => format!("element, {min} to {max}"),
    };
    text.push_str(fact.text.map_or("", expressions));
    text.push_str(&beside(fact.remark.as_deref()));
    text
}

/// What is said of expressions in a text.
fn expressions(text: TextFact) -> &'static str {
    match text.expression {
        Some(true) => "; text, expressions",
        Some(false) => "; text, no expressions",
        None => "; text",
    }
}

fn failure(fact: &FailureFact) -> String {
    let mut parts = vec!["failure".to_owned()];
    parts.extend(fact.status.map(|status| status.to_string()));
    parts.extend(fact.message.as_ref().map(|message| format!("\"{}\"", message.replace("{}", "…"))));
    format!("{}{}", parts.join("; "), beside(fact.remark.as_deref()))
}

impl Judged {
    /// The verdict of the whole policy.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let Some(spec) = self.spec else { return Verdict::Refused(PLANNED.to_owned()) };
        let same = spec.differences.is_empty() && self.rows.iter().all(|row| row.verdict == Verdict::Same);
        if same { Verdict::Same } else { Verdict::Differs(String::new()) }
    }
}

/// The failures of built-in steps, each as the table of failures has it.
///
/// # Errors
/// When a failure differs from the table.
pub fn judge_steps(steps: Vec<PolicyFacts>) -> anyhow::Result<Vec<Judged>> {
    let mut judged = Vec::new();
    for step in steps {
        for fact in &step.failures {
            let mut told = FaultKind::ALL.iter().map(|kind| kind.row()).filter(|row| {
                let from = row.source == step.name || (row.source == "*" && step.name == "any");
                let said = fact.message.as_deref().is_none_or(|message| message == row.message);
                from && said && Some(row.reason) == fact.reason.as_deref()
            });
            ensure!(
                same_failure(fact) && told.next().is_some(),
                "{}: {fact:?} is not in the table",
                step.name
            );
        }
        let same = |(key, reference)| Row { key, reference, verdict: Verdict::Same };
        let rows = shown(&step).into_iter().filter(|(key, _)| key.starts_with('!')).map(same).collect();
        judged.push(Judged { rows, spec: None, facts: step });
    }
    Ok(judged)
}

/// Checks that facts, registry and extensions name the same policies.
///
/// # Errors
/// When one is named by some of them only.
pub fn complete(facts: &[PolicyFacts], words: &Words) -> anyhow::Result<()> {
    for name in policies::REGISTRY.names() {
        let known = facts.iter().any(|fact| fact.name == name) || words.extensions.contains_key(name);
        ensure!(known, "no fact knows the policy `{name}`");
    }
    let first = words.extensions.keys().find(|name| policies::REGISTRY.find(name).is_none());
    first
        .map_or(Ok(()), |name| Err(anyhow::anyhow!("there is no extension `{name}`")))
        .context("verdicts/policies.txt")
}
