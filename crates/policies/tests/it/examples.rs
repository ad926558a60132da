//! Every example that the declaration of a policy has.

use policy::spec::Example;
use policy::{PolicySpec, Scope, Section};

use crate::compare::differences;
use crate::documents::{self, Document};
use crate::script::{Then, When};
use crate::walk;

fn failures(spec: &PolicySpec, example: &Example) -> Result<Vec<String>, String> {
    // A container of `forward-request` stands where that may stand.
    let section = match spec.sections.iter().next() {
        Some(first) if !example.document.contains("<forward-request") => first,
        _ => Section::Backend,
    };
    let document = Document::of(Scope::Operation, section, example.document);
    let (walked, problems) = walk::run(&[document], &When::read(example.when)?)?;
    let walked = walked.ok_or_else(|| documents::show(&problems))?;
    let mut failures = differences(&Then::read(example.then)?, &walked);
    if !problems.is_empty() {
        failures.push(documents::show(&problems));
    }
    Ok(failures)
}

#[test]
fn every_example_of_a_policy_does_what_it_says() {
    let mut report = String::new();
    for entry in policies::REGISTRY.policies {
        assert!(!entry.spec.examples.is_empty(), "`{}` has no example", entry.spec.element);
        for example in entry.spec.examples {
            let failures = failures(entry.spec, example).unwrap_or_else(|why| vec![why]);
            if !failures.is_empty() {
                let (name, title) = (entry.spec.element, example.title);
                report.push_str(&format!("{name}: {title}\n  {}\n", failures.join("\n  ")));
            }
        }
    }
    assert!(report.is_empty(), "\n{report}");
}
