//! Facts of policies; `facts/policies/README.md` tells their language.

use anyhow::{Context as _, bail, ensure};
use policy::spec::Kind;
use policy::{Scope, Section};

use super::{Line, first_word, lines};

/// What the reference says of one policy.
#[derive(Clone, Debug, Default)]
pub struct PolicyFacts {
    /// Element name.
    pub name: String,
    /// Which pages, and of when.
    pub source: String,
    /// Where it may stand.
    pub sections: Vec<Section>,
    /// In documents of which scopes.
    pub scopes: Vec<Scope>,
    /// Whether only once in a section.
    pub once: bool,
    /// What stands beside sections and scopes.
    pub remark: Option<String>,
    /// The text of the element itself, if it holds any.
    pub text: Option<TextFact>,
    /// Child elements.
    pub children: Vec<ChildFact>,
    /// Attributes, its own and those of its children.
    pub attributes: Vec<AttributeFact>,
    /// Failures that a request can meet.
    pub failures: Vec<FailureFact>,
}

/// A child element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildFact {
    /// Names from the policy down, joined with `/`.
    pub path: String,
    /// At least so many.
    pub min: u32,
    /// At most so many.
    pub max: u32,
    /// Its text, if it holds any.
    pub text: Option<TextFact>,
    /// What stands beside it, such as what another source says.
    pub remark: Option<String>,
}

/// Text of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextFact {
    /// Whether a policy expression may stand there; none where nothing says so.
    pub expression: Option<bool>,
}

/// An attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeFact {
    /// Names of child elements and of the attribute, joined with `/`.
    pub path: String,
    /// What its value is.
    pub ty: String,
    /// Whether it must be there.
    pub presence: Presence,
    /// Whether a policy expression may stand there; none where nothing says so.
    pub expression: Option<bool>,
    /// What holds when it is absent.
    pub default: Option<String>,
    /// What stands beside it, such as what another source says.
    pub remark: Option<String>,
}

/// Whether an attribute must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It must.
    Required,
    /// It may be absent.
    Optional,
    /// One of several must be there.
    Choice,
}

/// A documented failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureFact {
    /// `context.LastError.Reason`; none where nothing says so.
    pub reason: Option<String>,
    /// What the caller gets; none where nothing says so.
    pub status: Option<u16>,
    /// `context.LastError.Message`, with `{}` for what varies.
    pub message: Option<String>,
    /// What stands beside it.
    pub remark: Option<String>,
}

const FILES: &[&str] = &[
    include_str!("../../facts/policies/ai.txt"),
    include_str!("../../facts/policies/authentication.txt"),
    include_str!("../../facts/policies/caching.txt"),
    include_str!("../../facts/policies/control.txt"),
    include_str!("../../facts/policies/cross-domain.txt"),
    include_str!("../../facts/policies/graphql.txt"),
    include_str!("../../facts/policies/integration.txt"),
    include_str!("../../facts/policies/limits.txt"),
    include_str!("../../facts/policies/logging.txt"),
    include_str!("../../facts/policies/routing.txt"),
    include_str!("../../facts/policies/transformation.txt"),
    include_str!("../../facts/policies/validation.txt"),
];

/// All policies of the reference, sorted by name.
///
/// # Errors
/// When a line of the facts cannot be read.
pub fn policies() -> anyhow::Result<Vec<PolicyFacts>> {
    let mut all = Vec::new();
    for text in FILES {
        read(text, "policy", &mut all)?;
    }
    all.sort_by(|a: &PolicyFacts, b| a.name.cmp(&b.name));
    Ok(all)
}

/// What fails outside of policies: the built-in steps, with their failures.
///
/// # Errors
/// When a line of the facts cannot be read.
pub fn steps() -> anyhow::Result<Vec<PolicyFacts>> {
    let mut all = Vec::new();
    read(include_str!("../../facts/policies/steps.txt"), "step", &mut all)?;
    Ok(all)
}

fn read(text: &str, heading: &str, all: &mut Vec<PolicyFacts>) -> anyhow::Result<()> {
    for line in lines(text) {
        let (word, rest) = first_word(&line.text);
        if !line.inner {
            ensure!(word == heading, "`{}` is no heading", line.text);
            all.push(PolicyFacts { name: rest.to_owned(), ..PolicyFacts::default() });
            continue;
        }
        let policy =
            all.last_mut().with_context(|| format!("`{}` stands before the first policy", line.text))?;
        take(policy, word, rest, &line).with_context(|| format!("{}: `{}`", policy.name, line.text))?;
    }
    Ok(())
}

fn take(policy: &mut PolicyFacts, word: &str, rest: &str, line: &Line) -> anyhow::Result<()> {
    match word {
        "source" => policy.source = rest.to_owned(),
        "sections" => {
            policy.sections = named(rest, &Section::ALL, Section::name)?;
            policy.remark.clone_from(&line.remark);
        }
        "scopes" => {
            policy.scopes = named(rest, &Scope::ALL, Scope::name)?;
            policy.remark = policy.remark.take().or_else(|| line.remark.clone());
        }
        "once" => policy.once = true,
        "text" => policy.text = Some(TextFact { expression: expression(rest)? }),
        "child" => policy.children.push(child(rest, line)?),
        "attribute" => policy.attributes.push(attribute(rest, line)?),
        "failure" => policy.failures.push(failure(rest, line)?),
        other => bail!("`{other}` is no kind of fact"),
    }
    Ok(())
}

fn named<T: Copy>(text: &str, all: &[T], name: impl Fn(T) -> &'static str) -> anyhow::Result<Vec<T>> {
    if text == "all" {
        return Ok(all.to_vec());
    }
    let find = |word: &str| all.iter().copied().find(|each| name(*each) == word);
    text.split_whitespace().map(|word| find(word).with_context(|| format!("there is no `{word}`"))).collect()
}

fn child(text: &str, line: &Line) -> anyhow::Result<ChildFact> {
    let (path, rest) = first_word(text);
    let (times, text) = first_word(rest);
    let (min, max) = times.split_once("..").context("how often, such as `0..*`")?;
    let max = if max == "*" { u32::MAX } else { max.parse()? };
    let text = (!text.is_empty()).then(|| expression(text)).transpose()?;
    let text = text.map(|expression| TextFact { expression });
    Ok(ChildFact { path: path.to_owned(), min: min.parse()?, max, text, remark: line.remark.clone() })
}

/// Whether a policy expression may stand somewhere.
fn expression(word: &str) -> anyhow::Result<Option<bool>> {
    Ok(match word {
        "expression" => Some(true),
        "literal" => Some(false),
        "unsaid" => None,
        other => bail!("`{other}` says nothing of expressions"),
    })
}

fn attribute(text: &str, line: &Line) -> anyhow::Result<AttributeFact> {
    let (text, default) = text.split_once(" =").map_or((text, None), |(text, default)| (text, Some(default)));
    let words: Vec<&str> = text.split_whitespace().collect();
    let [path, ty, presence, value] = words.as_slice() else { bail!("an attribute has four words") };
    let presence = match *presence {
        "required" => Presence::Required,
        "optional" => Presence::Optional,
        "choice" => Presence::Choice,
        other => bail!("`{other}` is no presence"),
    };
    let expression = expression(value)?;
    let default = default.map(|text| text.trim().trim_matches('"').to_owned());
    let remark = line.remark.clone();
    Ok(AttributeFact {
        path: (*path).to_owned(),
        ty: (*ty).to_owned(),
        presence,
        expression,
        default,
        remark,
    })
}

fn failure(text: &str, line: &Line) -> anyhow::Result<FailureFact> {
    let (reason, rest) = match text.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').context("a reason in quotes ends with one")?,
        None => first_word(text),
    };
    let (status, message) = first_word(rest.trim());
    let message = message.trim().trim_matches('"');
    Ok(FailureFact {
        reason: (reason != "unsaid").then(|| reason.to_owned()),
        status: (status != "-").then(|| status.parse()).transpose().context("a status, or `-`")?,
        message: (!message.is_empty()).then(|| message.to_owned()),
        remark: line.remark.clone(),
    })
}

impl AttributeFact {
    /// The words that its value can be, if it is one of several.
    pub fn words(&self) -> Vec<&str> {
        let single = ["text", "bool", "int", "number", "seconds", "milliseconds", "any"];
        if single.contains(&self.ty.as_str()) { Vec::new() } else { self.ty.split('|').collect() }
    }

    /// Whether it is one of several of which one must be there, of the policy itself.
    #[must_use]
    pub fn is_choice(&self) -> bool {
        self.presence == Presence::Choice && !self.path.contains('/')
    }

    /// Whether a declaration means the same values.
    #[must_use]
    pub fn is_of(&self, kind: Kind) -> bool {
        match kind {
            Kind::String => self.ty == "text",
            Kind::Bool => self.ty == "bool",
            Kind::Int => self.ty == "int",
            Kind::Double => self.ty == "number",
            Kind::Seconds => self.ty == "seconds",
            Kind::Milliseconds => self.ty == "milliseconds",
            Kind::Any => self.ty == "any",
            Kind::Enum(words) => {
                let mut facts = self.words();
                let mut words = words.to_vec();
                facts.sort_unstable();
                words.sort_unstable();
                facts == words
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_can_be_read() {
        assert_eq!(policies().unwrap().len(), 77);
        assert_eq!(steps().unwrap().len(), 3);
    }

    #[test]
    fn a_line_of_an_attribute_has_path_type_presence_value_and_default() {
        let line = lines("  attribute claim/match -- a remark").next().unwrap();
        let read = attribute("claim/match all|any optional expression =all", &line).unwrap();
        let expected = AttributeFact {
            path: "claim/match".into(),
            ty: "all|any".into(),
            presence: Presence::Optional,
            expression: Some(true),
            default: Some("all".into()),
            remark: Some("a remark".into()),
        };
        assert_eq!(read, expected);
        assert!(attribute("claim/match all", &line).is_err());
    }
}
