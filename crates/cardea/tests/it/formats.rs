//! `cardea check --format`: the same problems for programs. What the formats demand is checked by the rules of their
//! specifications; the sections are those of OASIS SARIF 2.1.0.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::harness::{Api, Folder, Policy, program};

fn mistakes() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/check/mistakes");
    path.to_str().expect("UTF-8").to_owned()
}

fn parsed(format: &str) -> Value {
    let output = program(&["check", &mistakes(), "--format", format], &[]);
    assert_eq!((output.code, output.stderr.as_str()), (1, ""));
    serde_json::from_str(&output.stdout).expect("one JSON document")
}

/// Heads of the text form: severity, code, message, and where they are.
fn heads() -> Vec<(String, String)> {
    let text = program(&["check", &mistakes()], &[]).stdout;
    let problems = text.split("\n\n").filter(|each| each.contains("]: "));
    let head = |each: &str| {
        let mut lines = each.lines();
        let first = lines.next().expect("a head").to_owned();
        let at = lines.next().and_then(|line| line.split_once("--> ")).map_or("", |(_, at)| at);
        (first, at.to_owned())
    };
    problems.map(head).collect()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no text at {pointer} in {value}"))
}

fn number(value: &Value, pointer: &str) -> u64 {
    value
        .pointer(pointer)
        .and_then(Value::as_u64)
        .unwrap_or_else(|| panic!("no number at {pointer} in {value}"))
}

#[test]
fn json_tells_what_text_tells() {
    let document = parsed("json");
    let problems = document["problems"].as_array().expect("problems");
    let told: Vec<(String, String)> = problems
        .iter()
        .map(|each| {
            let head =
                format!("{}[{}]: {}", text(each, "/severity"), text(each, "/code"), text(each, "/message"));
            let file = text(each, "/file").strip_prefix(&format!("{}/", mistakes())).expect("in the folder");
            (head, format!("{file}:{}:{}", number(each, "/line"), number(each, "/column")))
        })
        .collect();
    assert_eq!(told, heads());
    for each in problems {
        let start = (number(each, "/line"), number(each, "/column"));
        assert!((number(each, "/endLine"), number(each, "/endColumn")) >= start, "{each}");
        assert!(each["help"].is_array() && each["related"].is_array(), "{each}");
        assert!(Path::new(text(each, "/file")).is_file(), "{each}");
    }
    let errors = problems.iter().filter(|each| each["severity"] == "error").count() as u64;
    assert_eq!(number(&document, "/counts/errors"), errors);
    let all = ["errors", "warnings", "notes"].map(|each| number(&document["counts"], &format!("/{each}")));
    assert_eq!(all.iter().sum::<u64>(), problems.len() as u64);
}

#[test]
fn sarif_keeps_the_rules_of_its_specification() {
    let log = parsed("sarif");
    // 3.13.2, 3.13.3, 3.13.4: version, schema, runs.
    assert_eq!(text(&log, "/version"), "2.1.0");
    assert!(text(&log, "/$schema").ends_with("/sarif-schema-2.1.0.json"));
    assert_eq!(log["runs"].as_array().expect("runs").len(), 1);
    let run = &log["runs"][0];
    // 3.19.8: the name of the tool. 3.14.17: how columns count.
    assert_eq!(text(run, "/tool/driver/name"), "Cardea");
    assert_eq!(text(run, "/columnKind"), "unicodeCodePoints");
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    let ids: Vec<&str> = rules.iter().map(|rule| text(rule, "/id")).collect();
    // 3.19.23: each rule once.
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), ids.len());
    for rule in rules {
        // 3.49.9, 3.49.10, 3.49.13: texts; 3.50.2: a level.
        for texts in ["/shortDescription/text", "/fullDescription/text", "/help/text"] {
            assert!(!text(rule, texts).is_empty());
        }
        assert!(["none", "note", "warning", "error"].contains(&text(rule, "/defaultConfiguration/level")));
    }
    let results = run["results"].as_array().expect("results");
    let mut fingerprints = std::collections::BTreeSet::new();
    for result in results {
        // 3.27.5, 3.27.6: the rule and its index; 3.27.10: the level; 3.27.11: a message.
        let index = usize::try_from(number(result, "/ruleIndex")).expect("an index");
        assert_eq!(text(result, "/ruleId"), ids[index]);
        assert!(["none", "note", "warning", "error"].contains(&text(result, "/level")));
        assert!(!text(result, "/message/text").is_empty());
        // 3.27.17: fingerprints have names and are texts; here each tells one result from all others.
        assert!(fingerprints.insert(text(result, "/partialFingerprints/problem~1v1").to_owned()));
        for place in result["locations"].as_array().expect("locations") {
            location(run, place);
        }
        for place in result["relatedLocations"].as_array().expect("related locations") {
            // 3.28.2: a number that is not negative.
            number(place, "/id");
            location(run, place);
        }
    }
    let told: Vec<String> = results
        .iter()
        .map(|each| {
            let first = text(each, "/message/text").lines().next().expect("a line");
            // 3.11.5: braces are doubled in messages.
            let first = first.replace("{{", "{").replace("}}", "}");
            format!("{}[{}]: {first}", text(each, "/level"), text(each, "/ruleId"))
        })
        .collect();
    assert_eq!(told, heads().into_iter().map(|(head, _)| head).collect::<Vec<_>>());
}

fn location(run: &Value, place: &Value) {
    let artifact = &place["physicalLocation"]["artifactLocation"];
    // 3.4.3: a relative reference, which 3.4.4 says what it is relative to; 3.14.14: that is declared.
    let uri = text(artifact, "/uri");
    assert!(!uri.contains([' ', '\\', ':']) && !uri.starts_with('/'), "{uri}");
    assert!(run["originalUriBaseIds"].get(text(artifact, "/uriBaseId")).is_some());
    if let Some(region) = place["physicalLocation"].get("region") {
        // 3.30.5 to 3.30.8: lines and columns from 1, the end not before the start.
        let start = (number(region, "/startLine"), number(region, "/startColumn"));
        let end = (number(region, "/endLine"), number(region, "/endColumn"));
        assert!(start.0 >= 1 && start.1 >= 1 && end >= start, "{region}");
    }
}

/// A repository with the folder in a directory of it, and the program run somewhere inside.
fn in_repository(folder: &Folder, directory: &str, arguments: &[&str]) -> String {
    let artifacts = folder.artifacts();
    let root = artifacts.parent().expect("a directory around it");
    std::fs::create_dir_all(root.join(".git")).expect("a directory");
    let output = Command::new(env!("CARGO_BIN_EXE_cardea"))
        .args(arguments)
        .env_clear()
        .current_dir(root.join(directory))
        .output()
        .expect("the program can be run");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Code scanning and annotations name files from the root of the repository, wherever the program was run; JSON names
/// them as whoever ran it can open them.
#[test]
fn files_are_named_as_their_reader_knows_them() {
    let folder = Folder::new()
        .api(&Api::new("own").policy(Policy::inbound(r#"<include-fragment fragment-id="bad one" />"#)))
        .file("policy fragments/bad one/policy.xml", "<fragment><set-heder /></fragment>");
    let artifacts = folder.artifacts();
    let name = artifacts.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
    let (own, dotted) = (format!("{name}/policy fragments/bad one/policy.xml"), format!("./{name}/"));
    for (directory, argument, opened) in [
        (".", name.as_str(), own.as_str()),
        (".", dotted.as_str(), own.as_str()),
        (name.as_str(), ".", "policy fragments/bad one/policy.xml"),
    ] {
        let run = |format| in_repository(&folder, directory, &["check", argument, "--format", format]);
        let json: Value = serde_json::from_str(&run("json")).expect("JSON");
        assert_eq!(text(&json, "/problems/0/file"), opened);
        let github = run("github");
        assert!(github.starts_with(&format!("::error file={own},line=1,endLine=1,col=")), "{github}");
        assert!(
            github.contains(",title=unknown-policy::`set-heder` is not a policy%0Ahelp: did you mean"),
            "{github}"
        );
        let sarif: Value = serde_json::from_str(&run("sarif")).expect("JSON");
        let artifact =
            &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
        assert_eq!(text(artifact, "/uri"), own.replace(' ', "%20"));
    }
}

#[test]
fn how_problems_are_written_does_not_change_how_it_ends() {
    let good = Folder::new().api(&Api::new("own"));
    let warned = Folder::new().api(&Api::new("own")).file("surprise/one.json", "{}").file("overlay.toml", "");
    for format in ["text", "json", "sarif", "github"] {
        let run = |folder: &Folder, more: &[&str]| {
            let artifacts = folder.artifacts();
            let path = artifacts.to_str().expect("UTF-8").to_owned();
            program(&[&["check", &path, "--format", format], more].concat(), &[])
        };
        let output = run(&good, &[]);
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{output:?}");
        let without = program(&["check", "/nowhere/at-all", "--format", format], &[]);
        assert_eq!((without.code, without.stdout.as_str()), (2, ""));
        assert_eq!(run(&warned, &[]).code, 0);
    }
}

/// A secret that somebody planted: in the environment, and in a line of a document that has a mistake.
#[test]
fn no_format_shows_a_secret() {
    let folder =
        Folder::new().secret("code", "40 + planted-secret").api(&Api::new("own").policy(Policy::inbound(
            r#"<set-variable name="a" value="@({{code}})" /><set-heder value="written-secret" />"#,
        )));
    let artifacts = folder.artifacts();
    let path = artifacts.to_str().expect("UTF-8");
    for format in ["text", "json", "sarif", "github"] {
        let arguments = ["check", path, "--resolve", "--format", format];
        let output = program(&arguments, &[]);
        assert_eq!(output.code, 1, "{output:?}");
        assert!(output.stdout.contains("named value `code`"), "{output:?}");
        assert!(!format!("{output:?}").contains("planted-secret"), "{format}: {output:?}");
        // Text shows the lines of the files to the person who can read them anyway; reports do not.
        assert_eq!(output.stdout.contains("written-secret"), format == "text", "{format}: {output:?}");
    }
}
