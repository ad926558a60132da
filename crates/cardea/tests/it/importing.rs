//! `cardea import openapi`: definitions become APIs, and every operation of them can be called through the gateway.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use crate::harness::{Backend, Folder, Gateway, Output, Product, command, program};

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];
/// Tells the backend which operation a call was.
const TELLING: &str = "<policies><inbound><base /><set-header name=\"x-operation\" exists-action=\"override\">\
    <value>@(context.Operation.Id)</value></set-header></inbound><backend><base /></backend><outbound><base /></outbound>\
    <on-error><base /></on-error></policies>";

fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/import").join(name)
}

/// Runs an import into a folder.
fn import(folder: &Folder, file: &Path, more: &[&str]) -> Output {
    let (file, into) = (file.to_str().expect("UTF-8"), folder.artifacts());
    let arguments = ["import", "openapi", file, "--into", into.to_str().expect("UTF-8")];
    program(&[&arguments, more].concat(), &[])
}

fn imported(folder: &Folder, file: &Path, more: &[&str]) -> String {
    let output = import(folder, file, more);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{}", output.stdout);
    output.stdout
}

fn check(folder: &Folder) -> Output {
    program(&["check", folder.artifacts().to_str().expect("UTF-8")], &[])
}

fn information(folder: &Folder, api: &str) -> Value {
    let text = std::fs::read_to_string(folder.artifacts().join(format!("apis/{api}/apiInformation.json")));
    let whole: Value = serde_json::from_str(&text.expect("the API's file")).expect("JSON");
    whole["properties"].clone()
}

/// One operation, read by this test itself: what is called, and the name that the gateway must know it by.
struct Operation {
    id: String,
    method: String,
    /// Path and query with every parameter filled in.
    target: String,
}

/// A definition, read without any of the program's own readers.
fn document(file: &Path) -> Value {
    let text = std::fs::read_to_string(file).expect("a definition");
    match file.extension().and_then(|end| end.to_str()) {
        Some("json") => serde_json::from_str(&text).expect("JSON"),
        _ => serde_saphyr::from_str(&text).expect("YAML"),
    }
}

fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).expect("a reference"),
        None => value,
    }
}

fn parameters<'d>(document: &'d Value, of: &'d Value) -> Vec<&'d Value> {
    of["parameters"].as_array().into_iter().flatten().map(|each| resolved(document, each)).collect()
}

fn operations(file: &Path) -> Vec<Operation> {
    let document = document(file);
    let mut found = Vec::new();
    let groups = [&document["paths"], &document["x-ms-paths"]].into_iter().filter_map(Value::as_object);
    for (path, item) in groups.flatten() {
        let item = resolved(&document, item);
        for method in METHODS.into_iter().filter(|method| item[*method].is_object()) {
            let operation = &item[method];
            let own = parameters(&document, operation);
            let is_own = |each: &&Value| {
                !own.iter().any(|mine| mine["name"] == each["name"] && mine["in"] == each["in"])
            };
            let shared = parameters(&document, item).into_iter().filter(is_own);
            let needed: Vec<&str> = shared
                .chain(own.iter().copied())
                .filter(|each| each["in"] == "query" && each["required"] == true)
                .map(|each| each["name"].as_str().expect("a name"))
                .collect();
            found.push(Operation {
                id: name(operation["operationId"].as_str(), method, path, &needed),
                method: method.to_uppercase(),
                target: target(path, &needed),
            });
        }
    }
    found
}

/// Documentation of API Management's import: the `operationId`, else method and template, in lower case, with a dash for
/// everything but letters and digits, of 76 characters at most.
fn name(id: Option<&str>, method: &str, path: &str, needed: &[&str]) -> String {
    let query: Vec<String> = needed.iter().map(|name| format!("{name}-{name}")).collect();
    let text = id.map_or_else(|| format!("{method}-{path}-{}", query.join("-")), str::to_owned);
    let dashed: String =
        text.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name = dashed.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    name.chars().take(76).collect::<String>().trim_end_matches('-').to_owned()
}

/// A path with something for each of its parameters, and every query parameter that is needed.
fn target(path: &str, needed: &[&str]) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut text = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').expect("a brace");
        text.push_str(before);
        text.push_str(if name.starts_with('*') { "deep/er/file%20name.txt" } else { "some-Thing%2F1" });
        rest = after;
    }
    text.push_str(rest);
    let text = text.replace('*', "any/where");
    let given = needed.iter().map(|name| format!("{name}=2025-01-01"));
    let parts: Vec<String> = std::iter::once("free=1".to_owned())
        .chain((!query.is_empty()).then(|| query.to_owned()))
        .chain(given)
        .collect();
    format!("{text}?{}", parts.join("&"))
}

/// Imports a definition and calls each of its operations through the gateway: method, path and query reach the backend
/// as they were sent, and the gateway knows which operation it was. Gives how many there are.
async fn every_operation_can_be_called(file: &Path) -> usize {
    let backend = Backend::start().await;
    let folder = Folder::new();
    let server = format!("{}/service/base", backend.url());
    let flags = ["--api-id", "it", "--path", "some/where", "--no-subscription-required", "--server", &server];
    imported(&folder, file, &flags);
    folder.write("apis/it/policy.xml", TELLING);
    let checked = check(&folder);
    assert_eq!(checked.code, 0, "{}", checked.stdout);
    // The policy is somebody's work: another import leaves it alone.
    let again = imported(&folder, file, &flags);
    assert!(again.contains("Nothing to do"), "{again}");
    let gateway = Gateway::serving(folder).await;
    let all = operations(file);
    for operation in &all {
        let sent = format!("/some/where{}", operation.target);
        let mut call = gateway.call(&operation.method, &sent);
        if matches!(operation.method.as_str(), "POST" | "PUT" | "PATCH") {
            call = call.header("content-type", "application/json").body("{}");
        }
        let answer = call.send().await;
        let told = format!("{}: {} {sent}", file.display(), operation.method);
        assert_eq!(answer.status, 200, "{told}: {}", answer.text());
        let seen = backend.last();
        assert_eq!(seen.method, operation.method, "{told}");
        assert_eq!(seen.target, format!("/service/base{}", operation.target), "{told}");
        assert_eq!(seen.header("x-operation"), [operation.id.as_str()], "{told}");
    }
    assert_eq!(backend.seen().len(), all.len());
    all.len()
}

#[tokio::test]
async fn every_operation_of_our_definitions_can_be_called() {
    for (name, count) in [
        ("parameters.openapi-3.0.yaml", 13),
        ("newer.openapi-3.1.json", 3),
        ("older.swagger-2.0.yaml", 5),
        ("wildcards.openapi-3.0.json", 8),
    ] {
        assert_eq!(every_operation_can_be_called(&case(name)).await, count, "{name}");
    }
}

/// Definitions that Microsoft publishes are no part of this repository. They are read from the directory that
/// `CARDEA_DEFINITIONS` names, or from `shared/data/openapi` beside the repository; without it this test says so.
#[tokio::test]
async fn every_operation_of_the_real_definitions_can_be_called() {
    let named =
        std::env::vars_os().find(|(name, _)| name == "CARDEA_DEFINITIONS").map(|(_, path)| path.into());
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/openapi");
    let directory: PathBuf = named.unwrap_or(beside);
    if !directory.is_dir() {
        eprintln!("skipped: the real definitions are not there; CARDEA_DEFINITIONS can name their directory");
        return;
    }
    for (name, count) in [
        ("azure-openai-2025-03-01-preview.openapi-3.1.json", 49),
        ("azure-openai-v1.openapi-3.0.json", 60),
        ("ai-model-inference-2024-05-01-preview.swagger-2.0.json", 4),
        // Eight in the file: TRACE is not served.
        ("pass-through.openapi-3.0.json", 7),
        ("place-order.openapi-3.0.json", 1),
        ("servicenow.openapi-3.0.json", 3),
    ] {
        assert_eq!(every_operation_can_be_called(&directory.join(name)).await, count, "{name}");
    }
}

/// The same with the definition on standard input.
fn piped(folder: &Folder, definition: &str, more: &[&str]) -> Output {
    let mut child = command()
        .args(["import", "openapi", "-", "--into"])
        .arg(folder.artifacts())
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be run");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A program that refuses its flags ends without reading.
    let _piped = stdin.write_all(definition.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("the program ends");
    Output {
        code: output.status.code().expect("a code"),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// Every file of the folder, hidden ones too, with its text.
fn tree(folder: &Folder) -> Vec<(String, String)> {
    let root = folder.artifacts();
    let mut open = vec![root.clone()];
    let mut files = Vec::new();
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(&root).expect("beneath").to_str().expect("UTF-8").to_owned();
                files.push((name, std::fs::read_to_string(&path).expect("text")));
            }
        }
    }
    files.sort();
    files
}

const SMALL: &str = r#"{"openapi": "3.0.1", "info": {"title": "Pet Store", "version": "1"},
 "servers": [{"url": "https://pets.example.com"}], "paths": {"/pets": {"get": {"operationId": "listPets"}}}}"#;

/// The walk of the page about importing: pipe a definition, look, write, change, look, write, serve.
#[tokio::test]
async fn a_definition_comes_through_a_pipe_and_is_shown_before_it_is_written() {
    let backend = Backend::start().await;
    let folder = Folder::new().product(&Product::new("starter", &[]));
    let before = tree(&folder);
    let url = backend.url();
    let flags = ["--path", "pets", "--server", &url, "--product", "starter"];
    let dry = piped(&folder, SMALL, &[&flags[..], &["--dry-run"]].concat());
    assert_eq!((dry.code, dry.stderr.as_str()), (0, ""), "{}", dry.stdout);
    let head = format!("The API `pet-store` is new: 1 operation under `/pets`. Calls go to `{url}`.\n");
    assert!(dry.stdout.starts_with(&head), "{}", dry.stdout);
    assert!(dry.stdout.contains("created apis/pet-store/apiInformation.json"), "{}", dry.stdout);
    assert!(dry.stdout.ends_with("this was a dry run.\n"), "{}", dry.stdout);
    assert_eq!(tree(&folder), before, "a dry run writes nothing");

    let written = piped(&folder, SMALL, &flags);
    assert_eq!((written.code, written.stderr.as_str()), (0, ""), "{}", written.stdout);
    let mut names: Vec<String> = tree(&folder).into_iter().map(|(name, _)| name).collect();
    names.retain(|name| !before.iter().any(|(there, _)| there == name));
    assert_eq!(
        names,
        [
            "apis/pet-store/apiInformation.json",
            "apis/pet-store/specification.json",
            "products/starter/apis/pet-store/productApiInformation.json",
        ]
    );

    let changed = SMALL.replace("\"/pets\": {", "\"/toys\": {\"get\": {}}, \"/pets\": {\"post\": {}, ");
    let again = piped(&folder, &changed, &[]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    let told = "For callers:\n  + GET /toys (get-toys)\n  + POST /pets (post-pets)\n\nchanged apis/pet-store/specification.json";
    assert!(again.stdout.contains(told), "{}", again.stdout);
    assert_eq!(information(&folder, "pet-store")["serviceUrl"], url.as_str());

    let folder = folder.subscription("me", "/products/starter", "my-key");
    let gateway = Gateway::serving(folder).await;
    let answer = gateway.get("/pets/toys").key("my-key").send().await;
    assert_eq!((answer.status, backend.last().target.as_str()), (200, "/toys"), "{}", answer.text());
    assert_eq!(gateway.get("/pets/toys").send().await.status, 401);
}

/// Nothing that would break the folder is written unless somebody insists.
#[test]
fn what_would_break_the_folder_is_refused_until_somebody_insists() {
    let folder = Folder::new();
    assert_eq!(piped(&folder, SMALL, &[]).code, 0);
    folder.write("apis/pet-store/operations/listpets/policy.xml", TELLING);
    let before = tree(&folder);
    let without = SMALL.replace("/pets", "/animals").replace("listPets", "listAnimals");
    let refused = piped(&folder, &without, &[]);
    assert_eq!(refused.code, 1, "{}", refused.stdout);
    assert!(
        refused.stdout.contains("The policies of `listpets` belong to no operation any more"),
        "{}",
        refused.stdout
    );
    assert!(refused.stderr.contains("error[unknown-operation]"), "{}", refused.stderr);
    assert_eq!(tree(&folder), before);
    let forced = piped(&folder, &without, &["--force", "--json"]);
    assert_eq!(forced.code, 0, "{}", forced.stdout);
    let report: Value = serde_json::from_str(&forced.stdout).expect("JSON");
    assert_eq!(report["written"], true);
    assert_eq!(report["orphans"], serde_json::json!(["listpets"]));
    assert_eq!(report["calls"][0]["change"], "added");
    assert!(
        tree(&folder).iter().any(|(name, _)| name.ends_with("operations/listpets/policy.xml")),
        "it stays"
    );
}

#[test]
fn what_cannot_be_imported_says_why() {
    let folder = Folder::new();
    for (definition, flags, code, why) in [
        ("{\"a\": 1", &[][..], 1, "standard input:1:8"),
        ("openapi: 4.0.0\n", &[][..], 1, "the version `4.0.0`"),
        (SMALL, &["--product", "none"][..], 1, "there is no product `none` in the folder"),
        (SMALL, &["--backend", "none"][..], 1, "there is no backend `none` in the folder"),
        (SMALL, &["--server", "ftp://x"][..], 2, "is not a URL that begins with `https://`"),
        (SMALL, &["--server", "7"][..], 1, "there is no server 7"),
        (SMALL, &["--path", "a//b"][..], 2, "has an empty segment"),
        (SMALL, &["--key-header", "no token"][..], 1, "is not a token as HTTP wants it"),
        (SMALL, &["--server-variable", "x"][..], 2, "write it as `name=value`"),
        (SMALL, &["--api-version", "v1"][..], 2, "--version-set"),
    ] {
        let output = piped(&folder, definition, flags);
        assert_eq!(output.code, code, "{flags:?}: {}", output.stderr);
        assert!(output.stderr.contains(why), "{flags:?}: {}", output.stderr);
    }
    assert!(tree(&folder).is_empty());
    let missing = import(&folder, Path::new("/nowhere/a.yaml"), &[]);
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("`/nowhere/a.yaml` cannot be read"), "{}", missing.stderr);
}

/// Through a backend that the import makes, with keys where the definition has them.
#[tokio::test]
async fn a_backend_is_made_and_keys_are_taken_as_defined() {
    let backend = Backend::start().await;
    let folder = Folder::new();
    let url = format!("{}/api", backend.url());
    imported(&folder, &case("older.swagger-2.0.yaml"), &["--backend", &url, "--keys-as-defined"]);
    assert_eq!(information(&folder, "older")["subscriptionKeyParameterNames"]["header"], "X-Key");
    let gateway = Gateway::serving(folder.subscription("me", "/apis/older", "my-key")).await;
    let answer = gateway.get("/older/items/7").header("x-key", "my-key").send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let seen = backend.last();
    assert_eq!(seen.target, "/api/items/7");
    assert!(!seen.everything().contains("my-key"), "{seen:?}");
}
