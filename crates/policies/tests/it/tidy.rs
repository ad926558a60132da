//! The list of policies is the folder of policies.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::cases;

fn files(folder: &Path) -> BTreeSet<String> {
    let names = fs::read_dir(folder).into_iter().flatten().flatten();
    names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn every_file_beside_the_list_is_a_policy_of_the_list() {
    let mut files = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let listed: BTreeSet<String> = policies::MODULES.iter().map(|name| format!("{name}.rs")).collect();
    files.retain(|name| name.ends_with(".rs") && name != "lib.rs");
    assert_eq!(files, listed);
}

#[test]
fn the_list_is_sorted_and_modules_are_named_after_elements() {
    assert!(policies::MODULES.is_sorted());
    let elements: Vec<String> =
        policies::REGISTRY.policies.iter().map(|entry| entry.spec.element.replace('-', "_")).collect();
    assert_eq!(elements, policies::MODULES);
    assert!(policies::REGISTRY.planned.is_sorted());
    let twice = policies::REGISTRY.planned.iter().find(|name| policies::REGISTRY.find(name).is_some());
    assert_eq!(twice, None, "a policy that runs is not planned");
}

#[test]
fn every_policy_has_cases() {
    let folders = files(&cases::folder());
    for entry in policies::REGISTRY.policies {
        assert!(folders.contains(entry.spec.element), "no folder of cases for `{}`", entry.spec.element);
    }
}

/// Words that other policies and documents of the reference know, and nothing else.
#[test]
fn declarations_are_complete() {
    for entry in policies::REGISTRY.policies {
        let spec = entry.spec;
        assert!(spec.summary.ends_with('.'), "{}", spec.element);
        assert!(
            spec.source.starts_with("https://learn.microsoft.com/azure/api-management/"),
            "{}",
            spec.element
        );
        for attribute in spec.attributes {
            assert!(attribute.doc.ends_with('.'), "{}/@{}", spec.element, attribute.name);
            assert!(
                !(attribute.required && attribute.default.is_some()),
                "{}/@{}",
                spec.element,
                attribute.name
            );
        }
    }
}
