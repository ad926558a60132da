//! Policies: declarations and cases against the facts.

use std::path::Path;

use compatibility::cases::{self, Case};
use compatibility::coverage::gaps;
use compatibility::declared::Declared;
use compatibility::facts::policies::policies;
use compatibility::policies::{Words, complete, judge};
use compatibility::probe;
use policy::{FaultKind, Section};
use source::render_all;

pub(crate) fn evidence() -> Vec<Case> {
    cases::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/tests/cases")).unwrap()
}

/// Decision 28: the list of attribute by failure without a case is empty.
#[test]
fn every_attribute_and_every_failure_has_a_case() {
    let cases = evidence();
    let mut missing = Vec::new();
    for facts in policies().unwrap() {
        if let Some(entry) = policies::REGISTRY.find(&facts.name) {
            missing.extend(gaps(&facts, &Declared::of(entry.spec), &cases));
        }
    }
    assert!(missing.is_empty(), "{} without a case:\n{}", missing.len(), missing.join("\n"));
}

#[test]
fn every_fact_has_one_verdict() {
    let words = Words::read().unwrap();
    let facts = policies().unwrap();
    complete(&facts, &words).unwrap();
    if let Err(mistakes) = judge(facts, &words, &evidence()) {
        panic!("{mistakes}");
    }
}

#[test]
fn a_policy_that_does_not_run_is_refused_by_its_name() {
    for facts in policies().unwrap() {
        if policies::REGISTRY.find(&facts.name).is_some() {
            continue;
        }
        let section = facts.sections.first().copied().unwrap_or(Section::Inbound).name();
        let problems = probe::policy(section, &format!("<{} />", facts.name)).unwrap();
        let about = format!("the policy `{}` is not yet supported", facts.name);
        let found = problems.iter().any(|each| each.code == "not-yet-supported" && each.message == about);
        assert!(found, "{}", render_all(&problems));
    }
}

#[test]
fn an_attribute_that_nobody_knows_is_refused_by_its_name() {
    for entry in policies::REGISTRY.policies {
        let section = entry.spec.sections.iter().next().unwrap();
        let problems =
            probe::policy(section.name(), &format!("<{} nobody-knows=\"it\" />", entry.spec.element))
                .unwrap();
        let found = problems
            .iter()
            .any(|each| each.code == "unknown-attribute" && each.message.contains("nobody-knows"));
        assert!(found, "{}", render_all(&problems));
    }
}

/// Reasons that no policy gives: the gateway does, before policies or instead of them.
const ELSEWHERE: [&str; 11] = [
    "OperationNotFound",
    "BadRequest",
    "ConfigurationInvalid",
    "SubscriptionKeyNotFound",
    "SubscriptionKeyInvalid",
    "ClientConnectionFailure",
    "CircuitBreakerOpen",
    "BackendPoolUnavailable",
    "BackendOverloaded",
    "BufferedBytesExceeded",
    "InternalError",
];

#[test]
fn every_failure_of_the_table_that_policies_give_has_a_case() {
    let cases = evidence();
    let provoked = |reason: &str| cases.iter().any(|case| case.says("error reason =") == Some(reason));
    let reasons = FaultKind::ALL.iter().map(|kind| kind.row().reason);
    let without: Vec<_> = reasons.filter(|reason| !ELSEWHERE.contains(reason) && !provoked(reason)).collect();
    assert!(without.is_empty(), "without a case: {without:?}");
}

/// A policy that runs is refused in each section that its facts and its declaration do not have, and in no other.
#[test]
fn a_policy_in_a_section_that_is_not_its_own_is_refused() {
    for entry in policies::REGISTRY.policies {
        for section in Section::ALL {
            let problems = probe::policy(section.name(), &format!("<{} />", entry.spec.element)).unwrap();
            let refused = problems.iter().any(|each| each.code == "wrong-section");
            assert_eq!(
                refused,
                !entry.spec.sections.contains(section),
                "{} in {section}",
                entry.spec.element
            );
        }
    }
}
