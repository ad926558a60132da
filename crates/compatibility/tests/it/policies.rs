//! Policies: declarations and cases against the facts.

use std::path::Path;

use compatibility::cases::{self, Case};
use compatibility::facts::policies::policies;
use compatibility::policies::{Words, complete, judge};
use compatibility::probe;
use source::render_all;

pub(crate) fn evidence() -> Vec<Case> {
    cases::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/tests/cases")).unwrap()
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
        let section = facts.sections[0].name();
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
