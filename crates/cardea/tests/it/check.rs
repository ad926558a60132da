//! `cardea check`: every problem in one pass, without network and without secrets.

use std::path::Path;

use serde_json::json;

use crate::harness::{Api, Folder, Policy, program};

fn case(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/check").join(name);
    path.to_str().expect("UTF-8").to_owned()
}

fn check(folder: &Folder, more: &[&str], variables: &[(&str, &str)]) -> crate::harness::Output {
    let artifacts = folder.artifacts();
    let arguments = [&["check", artifacts.to_str().expect("UTF-8")], more].concat();
    program(&arguments, variables)
}

/// One folder with every kind of mistake, and what is told of it. `CARDEA_UPDATE=1` writes the text anew, to be read
/// before it is kept: place, underlined source, what is wrong, what to do.
#[test]
fn a_folder_full_of_mistakes_is_told_of_in_one_pass() {
    let output = program(&["check", &case("mistakes")], &[]);
    if std::env::vars().any(|(name, _)| name == "CARDEA_UPDATE") {
        std::fs::write(case("mistakes.txt"), &output.stdout).expect("a file");
    }
    let expected = std::fs::read_to_string(case("mistakes.txt")).expect("a file");
    assert!(output.stdout == expected, "{}", output.stdout);
    assert_eq!((output.code, output.stderr.as_str()), (1, ""));
    // One API's mistakes do not hide another's, nor those of products, fragments, backends, subscriptions.
    for place in [
        "apis/broken-json/apiInformation.json:5:3",
        "apis/layout/policy.xml:4:26",
        "apis/typo/policy.xml:4:10",
        "policy fragments/bad/policy.xml:2:27",
        "products/starter/productInformation.json:1:54",
        "subscriptions/lost/subscriptionInformation.json:1:51",
    ] {
        assert!(output.stdout.contains(&format!("--> {place}\n")), "{place}");
    }
    assert!(!output.stdout.contains("apis/good"), "{}", output.stdout);
}

#[test]
fn a_good_folder_ends_with_0() {
    let folder = Folder::new().api(&Api::new("own").policy(Policy::inbound("<set-method>GET</set-method>")));
    let output = check(&folder, &[], &[]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output:?}");
    assert_eq!(output.stdout, "1 API, 2 operations, 0 products: 0 errors, 0 warnings\n");
}

#[test]
fn warnings_count_only_if_asked_to() {
    let folder = Folder::new().api(&Api::new("own")).file("extra/one/notes.json", "{}");
    let output = check(&folder, &[], &[]);
    assert_eq!(output.code, 0, "{output:?}");
    assert!(output.stdout.contains("0 errors, 1 warning"), "{output:?}");
    assert_eq!(check(&folder, &["--deny-warnings"], &[]).code, 1);
}

#[test]
fn what_is_no_folder_ends_with_2() {
    let output = program(&["check", "/nowhere/at-all"], &[]);
    assert_eq!((output.code, output.stdout.as_str()), (2, ""));
    assert!(output.stderr.contains("`/nowhere/at-all` is not a directory"), "{output:?}");
    assert_eq!(program(&["check"], &[]).code, 2);
}

/// The example of the repository is right, as it stands and with nothing set.
#[test]
fn the_example_is_right() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/demo");
    let output = program(&["check", example.to_str().expect("UTF-8"), "--deny-warnings"], &[]);
    assert_eq!(output.code, 0, "{output:?}");
}

fn with_secret(policy: Policy) -> Folder {
    let information = json!({ "properties": { "displayName": "key", "secret": true } });
    Folder::new()
        .api(&Api::new("own").policy(policy))
        .file("named values/key/namedValueInformation.json", &information.to_string())
        .file("secrets.toml", "[named-values]\nkey = { env = \"THE_KEY\" }\n")
}

#[test]
fn secrets_are_not_needed_and_can_be_resolved() {
    let policy = Policy::inbound(
        r#"<set-header name="a" exists-action="override"><value>{{key}}</value></set-header>
           <set-header name="b" exists-action="override"><value>@("Bearer {{key}}")</value></set-header>"#,
    );
    let folder = with_secret(policy);
    let output = check(&folder, &[], &[]);
    assert_eq!(output.code, 0, "{output:?}");
    let output = check(&folder, &["--resolve"], &[]);
    assert_eq!(output.code, 1, "{output:?}");
    assert!(output.stdout.contains("error[secret-unavailable]"), "{output:?}");
    assert!(output.stdout.contains("--> secrets.toml:2:1"), "{output:?}");
    assert!(output.stdout.contains("the environment variable `THE_KEY` is not set"), "{output:?}");
    let output = check(&folder, &["--resolve"], &[("THE_KEY", "k-planted")]);
    assert_eq!(output.code, 0, "{output:?}");
    assert!(!format!("{output:?}").contains("k-planted"));
}

/// A secret that is code must be known to be compiled, and is never shown.
#[test]
fn a_secret_as_bare_code_is_an_error_until_it_is_resolved() {
    let folder = with_secret(Policy::inbound(r#"<set-variable name="a" value="@({{key}})" />"#));
    let output = check(&folder, &[], &[]);
    assert_eq!(output.code, 1, "{output:?}");
    assert!(output.stdout.contains("error[secret-as-code]"), "{output:?}");
    let output = check(&folder, &["--resolve"], &[("THE_KEY", "40 + 2")]);
    assert_eq!(output.code, 0, "{output:?}");
    let output = check(&folder, &["--resolve"], &[("THE_KEY", "40 + planted")]);
    assert_eq!(output.code, 1, "{output:?}");
    assert!(!output.stdout.contains("planted"), "{output:?}");
    assert!(output.stdout.contains("{{key}}"), "{output:?}");
}

/// Keys of the demo are known to everybody who runs it.
#[test]
fn keys_of_the_demo_are_refused_elsewhere() {
    let folder = with_secret(Policy::inbound("<set-method>{{key}}</set-method>"));
    let output = check(&folder, &["--resolve"], &[("THE_KEY", "cardea-demo-0123456789abcdef")]);
    assert_eq!(output.code, 1, "{output:?}");
    assert!(output.stdout.contains("a key of the demo"), "{output:?}");
}

/// Documents of published how-tos, as printed, with their placeholders filled by named values: they are read and typed,
/// and what is not run yet is refused by its name, nothing else.
#[test]
fn published_how_tos_load_as_printed() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policy-doc/tests/howto");
    let text = |name: &str| std::fs::read_to_string(directory.join(name)).expect("a file");
    let filled = text("named-values.txt").lines().fold(Folder::new(), |folder, line| {
        let (name, value) = line.split_once(" = ").expect("a name and a value");
        if value.starts_with("secret ") { folder.secret(name, "s") } else { folder.named_value(name, value) }
    });
    let entity = json!({ "url": "https://models.example", "protocol": "http" });
    let filled = filled.backend("models-pool", &entity).backend("{backend-id}", &entity);
    let names = ["bearer-of-the-gateway", "provider-key", "retry-over-a-pool", "soap-body", "token-limit"];
    let folder = names
        .iter()
        .chain(&["validate-entra-token"])
        .fold(filled, |folder, name| folder.api(&Api::new(name).policy(text(&format!("{name}.xml")))));
    let output = check(&folder, &[], &[]);
    let mut refused = Vec::new();
    for problem in output.stdout.split("\n\n").filter(|each| each.starts_with("error[")) {
        assert!(problem.starts_with("error[not-yet-supported]"), "{}", output.stdout);
        let file = problem
            .split_once("--> apis/")
            .and_then(|(_, rest)| rest.split_once("/policy.xml"))
            .expect("a place");
        refused.push(file.0.to_owned());
    }
    refused.dedup();
    let expected = ["soap-body", "token-limit"];
    assert_eq!(refused, expected, "{}", output.stdout);
}
