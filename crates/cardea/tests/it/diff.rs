//! `cardea diff` and `cardea access`: exit codes, problems, formats. What is told stands in the cases of the crate `plan`.

use serde_json::{Value, json};

use crate::harness::{Api, Folder, Output, Policy, Product, program};

fn path(folder: &Folder) -> String {
    folder.artifacts().to_str().expect("UTF-8").to_owned()
}

fn diff(a: &Folder, b: &Folder, more: &[&str]) -> Output {
    program(&[&["diff", &path(a), &path(b)], more].concat(), &[])
}

fn service() -> Folder {
    with(&Api::new("own").with_key(), &["own"])
}

fn with(api: &Api, of_starter: &[&str]) -> Folder {
    let entity = json!({ "url": "https://models.example/openai", "protocol": "http" });
    let check = r#"<check-header name="x-team" failed-check-httpcode="403" failed-check-error-message="No" ignore-case="true" />"#;
    let own = if of_starter.is_empty() { String::new() } else { check.to_owned() };
    let policy = Policy::inbound(&format!(r#"{own}<set-backend-service backend-id="models" />"#));
    Folder::new()
        .api(&api.clone().policy(policy))
        .backend("models", &entity)
        .product(&Product::new("starter", of_starter))
}

#[test]
fn it_ends_as_diff_does() {
    let output = diff(&service(), &service(), &[]);
    assert_eq!(
        (output.code, output.stdout.as_str(), output.stderr.as_str()),
        (0, "nothing changes for callers\n", "")
    );
    let output = diff(&service(), &with(&Api::new("own").with_key(), &[]), &[]);
    assert_eq!((output.code, output.stderr.as_str()), (1, ""), "{output:?}");
    assert!(output.stdout.contains("product `starter`: API removed: `own`"), "{output:?}");
    let output = program(&["diff", &path(&service()), "/nowhere/at-all"], &[]);
    assert_eq!((output.code, output.stdout.as_str()), (2, ""));
    assert!(output.stderr.contains("`/nowhere/at-all` is not a directory"), "{output:?}");
}

#[test]
fn a_folder_with_errors_is_told_of_and_ends_with_2() {
    let broken = service().file("products/other/productInformation.json", "{ not JSON");
    for (a, b) in [(&service(), &broken), (&broken, &service())] {
        let output = diff(a, b, &[]);
        assert_eq!(output.code, 2, "{output:?}");
        assert!(output.stderr.contains(&format!("`{}`:\n\nerror[", path(&broken))), "{output:?}");
        assert!(output.stderr.contains("--> products/other/productInformation.json:1:3"), "{output:?}");
        let output = diff(a, b, &["--format", "json"]);
        assert_eq!((output.code, output.stderr.as_str()), (2, ""));
        let document: Value = serde_json::from_str(&output.stdout).expect("JSON");
        let count = |side: &str| document["problems"][side].as_array().map(Vec::len);
        assert_eq!(count("a").max(count("b")), Some(1), "{output:?}");
    }
}

#[test]
fn json_names_files_so_that_they_can_be_opened() {
    let (a, b) = (service(), with(&Api::new("own"), &[]));
    let output = diff(&a, &b, &["--format", "json"]);
    assert_eq!(output.code, 1, "{output:?}");
    let document: Value = serde_json::from_str(&output.stdout).expect("JSON");
    let changes = document["changes"].as_array().expect("changes");
    let requirement = changes.iter().find(|each| each["property"] == "subscription requirement");
    let requirement = requirement.expect("the change");
    assert_eq!(requirement["code"], "api-changed");
    assert_eq!(requirement["weight"], "opens");
    assert_eq!(requirement["file"], format!("{}/apis/own/apiInformation.json", path(&b)));
    let removed = changes.iter().find(|each| each["code"] == "policy-removed").expect("the policy");
    assert_eq!(removed["file"], format!("{}/apis/own/policy.xml", path(&a)));
    let counted: u64 = ["opens", "breaks", "alters", "adds"]
        .iter()
        .filter_map(|each| document["counts"][each].as_u64())
        .sum();
    assert_eq!(counted, changes.len() as u64);
}

/// One folder, as two environments would serve it.
#[test]
fn overrides_can_be_put_over_each_side() {
    let folder = service();
    let text = "products:\n  - name: starter\n    properties:\n      subscriptionRequired: false\n";
    folder.write("../production.yaml", text);
    let file = folder.beside("production.yaml");
    let file = file.to_str().expect("UTF-8");
    let output = diff(&folder, &folder, &["--overrides-b", file]);
    assert_eq!(output.code, 1, "{output:?}");
    assert!(output.stdout.starts_with("Lets somebody in"), "{output:?}");
    assert!(
        output.stdout.contains("gain access: anybody without a key: no -> decided by `check-header`"),
        "{output:?}"
    );
    assert_eq!(diff(&folder, &folder, &["--overrides-a", file, "--overrides-b", file]).code, 0);
}

#[test]
fn secrets_are_neither_needed_nor_shown() {
    let with = |value: &str| service().secret("key", value).named_value("plain", "b");
    let output = diff(&with("k-planted-one"), &with("k-planted-two"), &["--format", "json"]);
    assert!(!format!("{output:?}").contains("planted"), "{output:?}");
    let header = |value: &str| {
        let text = format!(
            r#"<set-header name="api-key" exists-action="override"><value>{value}</value></set-header>"#
        );
        Folder::new().api(&Api::new("own").policy(Policy::inbound(&text)))
    };
    let output = diff(&header("k-planted-one"), &header("k-planted-two"), &[]);
    assert_eq!(output.code, 1);
    assert!(output.stdout.contains("`set-header` `api-key` in inbound changed"), "{output:?}");
    assert!(!output.stdout.contains("planted"), "{output:?}");
}

#[test]
fn access_is_a_table() {
    let folder = service();
    let output = program(&["access", &path(&folder)], &[]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output:?}");
    assert!(output.stdout.contains("keys of the product `starter`\n  API `own`: "), "{output:?}");
    let output = program(&["access", &path(&folder), "--format", "json"], &[]);
    let document: Value = serde_json::from_str(&output.stdout).expect("JSON");
    let starter = document["access"]
        .as_array()
        .expect("rows")
        .iter()
        .find(|row| row["caller"] == "keys of the product `starter`");
    assert_eq!(starter.expect("a row")["answer"], "decided");
    assert_eq!(program(&["access", "/nowhere/at-all"], &[]).code, 2);
}
