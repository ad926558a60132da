//! Attribute by failure, without a case: the list that must be empty.
//!
//! The failures of an attribute of a policy that runs, and what proves each among the cases:
//!
//! | failure | of which attributes | proof |
//! | --- | --- | --- |
//! | `unset` | all | an accepted case sets it, or a refused one is refused because of it |
//! | `absent` | required ones | a case in which a diagnostic says that the element needs it |
//! | `default` | those with a default | an accepted case has the element without it |
//! | `wrong` | those that are no text | a case in which its literal value is what a diagnostic underlines |
//! | `computed` | those that take no expression | a case in which its expression is refused |
//! | `computes` | those that take expressions | an accepted case in which it is an expression |
//! | `computes wrong` | those that take expressions and are no text | a case in which it is the only expression of the policy's attributes, and the request fails with 500, `ExpressionValueEvaluationFailure` or `PolicyFailure` |
//! | a word | each word of an enumeration | an accepted case has it, or a refused one is refused because of it |
//!
//! Besides, each documented failure of a policy has a case among those of the policy that has its reason; where status
//! and message are documented, one with that status and one with such a message. Child elements: one of each is in an
//! accepted case, its text an expression or refused as one, one that must be there is missed in a refused one, one that may be there once is there twice in another.
//! A policy that may stand once in a section stands there twice in a refused case. Of attributes of which one must be
//! there, a refused case has none, and one has two. Attributes that are always refused
//! ([`is_refused`]) need the refusal only.

use policy::spec::{AttributeSpec, Kind};

use crate::cases::{Case, starts_expression};
use crate::declared::Declared;
use crate::facts::policies::{FailureFact, PolicyFacts, TextFact};

/// Everything of a policy that has no case, as `policy @attribute: failure`.
#[must_use]
pub fn gaps(facts: &PolicyFacts, declared: &Declared, cases: &[Case]) -> Vec<String> {
    let policy = facts.name.as_str();
    let mut gaps = Vec::new();
    for (path, spec) in &declared.attributes {
        let missing = attribute(policy, path, spec, cases);
        gaps.extend(missing.into_iter().map(|failure| format!("{policy} @{path}: {failure}")));
    }
    for (path, child) in &declared.children {
        if !cases.iter().any(|case| case.is_accepted() && case.has_child(policy, path)) {
            gaps.push(format!("{policy} {path}: unset"));
        }
        if child.min > 0 && !says(cases, "missing-element", parent(policy, path), child.name) {
            gaps.push(format!("{policy} {path}: absent"));
        }
        if child.max == 1 && !says(cases, "repeated-element", parent(policy, path), child.name) {
            gaps.push(format!("{policy} {path}: twice"));
        }
    }
    let own = facts.text.map(|text| (String::new(), text));
    let texts = facts.children.iter().filter_map(|child| Some((child.path.clone(), child.text?)));
    for (path, text) in own.into_iter().chain(texts) {
        let what = text_gap(policy, &path, text, cases);
        gaps.extend(what.map(|what| format!("{policy} {path}: {what}")));
    }
    if facts.once
        && !cases
            .iter()
            .flat_map(|case| &case.problems)
            .any(|each| each.code == "repeated-policy" && each.at == policy)
    {
        gaps.push(format!("{policy}: twice"));
    }
    let choice: Vec<&str> =
        facts.attributes.iter().filter(|fact| fact.is_choice()).map(|fact| fact.path.as_str()).collect();
    if !choice.is_empty() {
        gaps.extend(choices(policy, &choice, cases).map(|what| format!("{policy}: {what}")));
    }
    for failure in &facts.failures {
        gaps.extend(failure_gaps(policy, failure, cases).map(|what| format!("{policy}: {what}")));
    }
    gaps
}

/// The element that the last name of a path belongs to.
fn parent<'a>(policy: &'a str, path: &'a str) -> &'a str {
    path.rsplit('/').nth(1).unwrap_or(policy)
}

/// Whether a case is refused because of what an element has not, or has too often.
fn says(cases: &[Case], code: &str, element: &str, name: &str) -> bool {
    let about = |message: &str| {
        message.starts_with(&format!("`{element}`")) && message.contains(&format!("`{name}`"))
    };
    cases.iter().flat_map(|case| &case.problems).any(|each| each.code == code && about(&each.message))
}

/// What has no case of the text of an element.
fn text_gap(policy: &str, path: &str, text: TextFact, cases: &[Case]) -> Option<&'static str> {
    let refused = |case: &Case| {
        let texts = case.texts(policy, path);
        let codes = case.problems.iter().filter(|each| each.code == "expression-not-allowed");
        codes.into_iter().any(|each| starts_expression(&each.at) && texts.contains(&each.at.as_str()))
    };
    match text.expression {
        Some(true) if !computes_text(policy, path, cases) => Some("computes"),
        Some(false) if !computes_text(policy, path, cases) && !cases.iter().any(refused) => Some("computed"),
        _ => None,
    }
}

/// Whether the text of an element is an expression in an accepted case.
#[must_use]
pub fn computes_text(policy: &str, path: &str, cases: &[Case]) -> bool {
    let accepted = cases.iter().filter(|case| case.is_accepted());
    accepted.flat_map(|case| case.texts(policy, path)).any(starts_expression)
}

/// What has no case of attributes of which exactly one must be there.
fn choices<'a>(
    policy: &'a str,
    paths: &'a [&'a str],
    cases: &'a [Case],
) -> impl Iterator<Item = String> + 'a {
    let refused = cases.iter().filter(|case| case.folder == policy && !case.problems.is_empty());
    let set = |case: &Case| paths.iter().filter(|path| !case.values(policy, path).is_empty()).count();
    let counts: Vec<usize> = refused.map(set).collect();
    let missing = |holds: bool, what: &str| (!holds).then(|| format!("{what} of {}", paths.join(", ")));
    let none = missing(counts.contains(&0), "no case with none");
    none.into_iter().chain(missing(counts.iter().any(|count| *count > 1), "no case with two"))
}

fn attribute(policy: &str, path: &str, spec: &AttributeSpec, cases: &[Case]) -> Vec<String> {
    let refused = is_refused(policy, path, cases);
    let mut gaps = Vec::new();
    let mut need = |holds: bool, what: &str| {
        if !holds {
            gaps.push(what.to_owned());
        }
    };
    need(refused || is_set(policy, path, cases, |_| true), "unset");
    if spec.required {
        need(says(cases, "missing-attribute", parent(policy, path), spec.name), "absent");
    }
    if refused {
        return gaps;
    }
    if spec.default.is_some() {
        need(is_left_out(policy, path, cases), "default");
    }
    let typed = !matches!(spec.kind, Kind::String | Kind::Any);
    if typed {
        need(refuses(policy, path, cases, "wrong-value", |raw| !starts_expression(raw)), "wrong");
    }
    if !spec.expression {
        need(refuses(policy, path, cases, "expression-not-allowed", starts_expression), "computed");
    } else {
        need(is_set(policy, path, cases, starts_expression), "computes");
        need(!typed || computes_wrong(policy, path, cases), "computes wrong");
    }
    if let Kind::Enum(words) = spec.kind {
        for word in words {
            let is = |raw: &str| raw == *word;
            need(
                is_set(policy, path, cases, is) || refuses(policy, path, cases, "", is),
                &format!("`{word}`"),
            );
        }
    }
    gaps
}

/// Whether an accepted case gives an attribute such a value.
fn is_set(policy: &str, path: &str, cases: &[Case], such: impl Fn(&str) -> bool) -> bool {
    let accepted = cases.iter().filter(|case| case.is_accepted());
    accepted.flat_map(|case| case.values(policy, path)).any(such)
}

/// Whether an accepted case has the element of an attribute without it.
fn is_left_out(policy: &str, path: &str, cases: &[Case]) -> bool {
    let element = path.rsplit_once('/').map_or("", |(element, _)| element);
    let accepted = cases.iter().filter(|case| case.is_accepted());
    accepted.into_iter().any(|case| case.texts(policy, element).len() > case.values(policy, path).len())
}

/// Whether a case is refused because of such a value of an attribute; any code will do when none is given.
fn refuses(policy: &str, path: &str, cases: &[Case], code: &str, such: impl Fn(&str) -> bool) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    cases.iter().any(|case| {
        let values: Vec<&str> = case.values(policy, path).into_iter().filter(|raw| such(raw)).collect();
        let of_value = |at: &str| values.iter().any(|raw| raw.lines().next().unwrap_or("").trim() == at);
        let set_at = |at: &str| values.iter().any(|raw| at == format!("{name}=\"{raw}\""));
        let problems = case.problems.iter().filter(|each| code.is_empty() || each.code == code);
        problems.into_iter().any(|each| of_value(&each.at) || set_at(&each.at))
    })
}

/// Whether an attribute is refused as not supported, whatever its value.
#[must_use]
pub fn is_refused(policy: &str, path: &str, cases: &[Case]) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let about = format!("`{name}`");
    let set = cases.iter().filter(|case| !case.values(policy, path).is_empty());
    let mut problems = set.flat_map(|case| &case.problems);
    let refused = problems.any(|each| each.code == "not-yet-supported" && each.message.contains(&about));
    refused && !is_set(policy, path, cases, |_| true)
}

/// Whether one word of an enumeration is refused as not supported.
#[must_use]
pub fn is_word_refused(policy: &str, path: &str, word: &str, cases: &[Case]) -> bool {
    refuses(policy, path, cases, "not-yet-supported", |raw| raw == word)
        || (!is_set(policy, path, cases, |raw| raw == word)
            && refuses(policy, path, cases, "", |raw| raw == word))
}

fn computes_wrong(policy: &str, path: &str, cases: &[Case]) -> bool {
    cases.iter().any(|case| {
        let computed =
            case.values(policy, path).into_iter().any(starts_expression) && case.computed(policy) == 1;
        let reason = case.says("error reason =");
        let failed = case.status() == Some(500)
            || matches!(reason, Some("ExpressionValueEvaluationFailure" | "PolicyFailure"));
        computed && failed
    })
}

fn failure_gaps<'a>(
    policy: &str,
    failure: &'a FailureFact,
    cases: &'a [Case],
) -> impl Iterator<Item = String> + 'a {
    let reason = failure.reason.as_deref().unwrap_or("");
    let own = cases.iter().filter(|case| case.folder == policy);
    let provoked: Vec<&Case> = own.filter(|case| case.says("error reason =") == Some(reason)).collect();
    let status = failure.status.filter(|status| !provoked.iter().any(|case| case.status() == Some(*status)));
    let told = |template: &&str| {
        provoked.iter().filter_map(|case| case.says("error message =")).any(|text| fits(template, text))
    };
    let message = failure.message.as_deref().filter(|template| !told(template));
    let none = provoked.is_empty().then(|| format!("{reason}: no case"));
    let status = status.map(|status| format!("{reason}: no case with the status {status}"));
    let message = message.map(|message| format!("{reason}: no case with the message \"{message}\""));
    none.into_iter().chain(status).chain(message)
}

/// Whether a text is the template with something in the place of each `{}`.
fn fits(template: &str, text: &str) -> bool {
    let mut parts = template.split("{}");
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut open = false;
    for part in parts {
        open = part.is_empty();
        match rest.split_once(part) {
            _ if part.is_empty() => {}
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    open || rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_fit_what_has_something_in_the_gaps() {
        assert!(fits("Header {} was not found.", "Header X-A was not found."));
        assert!(fits("Wait {}", "Wait 3 s") && fits("same", "same"));
        assert!(!fits("Header {} was not found.", "Header X-A was found.") && !fits("same", "same too"));
    }
}
