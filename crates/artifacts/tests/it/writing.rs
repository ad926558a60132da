//! What is written of a configuration is read as the same configuration.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use artifacts::write::folder;
use artifacts::{DiskFolder, FolderSource, MemoryFolder, Options, OverrideFile, Secrets, load};
use model::{Api, Configuration, PolicyText};
use source::SourceFile;

use super::folders::Known;
use super::summary::summary;

/// Folders of tests, and the examples.
fn roots() -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut roots: Vec<PathBuf> =
        std::fs::read_dir(here.join("tests/folders")).unwrap().map(|entry| entry.unwrap().path()).collect();
    roots.extend(["../../examples/demo", "../../examples/identity/apim"].map(|path| here.join(path)));
    roots.sort();
    roots
}

fn read(folder: &dyn FolderSource, overrides: Option<OverrideFile>) -> Configuration {
    load(folder, &Options { secrets: Secrets::Read(&Known), overrides, ..Options::default() }).0
}

/// Folders in which something is refused: what refers to that is no more when it is read again.
const WITH_ERRORS: [&str; 4] = ["mistakes", "not supported", "overrides with mistakes", "revisions"];

/// A summary that says what documents say instead of where they were. Slots that were filled in clear, and what was not
/// read, are not compared.
fn told(configuration: &Configuration) -> String {
    let mut text = String::new();
    for line in summary(configuration).lines() {
        if line.starts_with("broken ") {
            continue;
        }
        let line = line.split(", policy ").enumerate().map(|(at, part)| {
            // Names of policies may have an override file in front.
            if at == 0 { part.to_owned() } else { part.rsplit(": ").next().unwrap_or(part).to_owned() }
        });
        let line = line.collect::<Vec<_>>().join(", policy ");
        // Unknown members come in another order.
        let mut parts: Vec<&str> =
            if line.contains("and {") { line.split([',', '{', '}']).collect() } else { vec![&line] };
        if parts.len() > 1 {
            parts.sort_unstable();
        }
        text.push_str(&parts.join(","));
        text.push('\n');
    }
    documents(configuration, &mut text);
    text
}

fn documents(configuration: &Configuration, text: &mut String) {
    let said = |policy: Option<&PolicyText>| policy.map_or("-", |policy| policy.file.text()).to_owned();
    let mut all = vec![said(configuration.policy.as_ref())];
    all.extend(configuration.fragments.iter().map(|each| said(Some(&each.policy))));
    all.extend(configuration.products.iter().map(|each| said(each.policy.as_ref())));
    for api in configuration.apis.iter() {
        let api: &Api = api;
        all.push(said(api.policy.as_ref()));
        all.extend(api.operations.iter().map(|each| said(each.policy.as_ref())));
        all.push(api.definition.as_ref().map_or("-", |file| file.text()).to_owned());
        all.push(format!("{:?} {:?} {:?}", api.description, api.terms_of_service_url, api.settings));
        all.push(format!("online {} {:?}", api.is_online, api.protocols));
    }
    text.push_str(&all.join("\n"));
    for workspace in configuration.workspaces.iter() {
        documents(&workspace.contents, text);
    }
}

#[test]
fn what_is_written_is_read_as_the_same_configuration() {
    for root in roots() {
        let from = DiskFolder::new(&root);
        let overrides = from.read("overrides.yaml").unwrap();
        let overrides = overrides.map(|text| {
            OverrideFile::Text(SourceFile::new("overrides.yaml", String::from_utf8(text).unwrap()))
        });
        let before = read(&from, overrides);
        let written = folder(&before);
        let all: String = written.files.values().map(String::as_str).collect();
        assert!(!all.contains("sk-planted"), "{}", root.display());
        let after = read(&MemoryFolder::new(written.files.clone()), None);
        // A secret that stood in clear is nowhere now: its slot is not set.
        let clear = |text: String| match written.withheld.is_empty() {
            true => text,
            false => text.replace(", unset", ", set").replace(" unset", " set").replace("no key", "set"),
        };
        if WITH_ERRORS.iter().any(|name| root.ends_with(name)) {
            continue;
        }
        let (before, after_all) = (clear(told(&before)), clear(told(&after)));
        for (one, other) in before.lines().zip(after_all.lines()) {
            assert_eq!(one, other, "{}", root.display());
        }
        assert_eq!(before.len(), after_all.len(), "{}", root.display());
        assert_eq!(folder(&after).files, written.files, "{}: written again", root.display());
    }
}

/// Everything that can hold a secret in clear holds one; none of them is written, and each is told of.
#[test]
fn secrets_that_stand_in_clear_are_not_written() {
    let files: [(&str, &str); 6] = [
        (
            "named values/k/namedValueInformation.json",
            r#"{"properties": {"displayName": "k", "secret": true, "value": "sk-planted"}}"#,
        ),
        (
            "subscriptions/s/subscriptionInformation.json",
            r#"{"properties": {"displayName": "s", "scope": "/apis", "primaryKey": "sk-planted", "secondaryKey": "sk-planted-2"}}"#,
        ),
        (
            "backends/b/backendInformation.json",
            r#"{"properties": {"url": "https://example.com", "protocol": "http", "credentials": {
                "header": {"api-key": ["sk-planted"], "x-tenant": ["contoso"]}, "query": {"code": ["sk-planted"]},
                "authorization": {"scheme": "Bearer", "parameter": "sk-planted"}},
                "proxy": {"url": "https://proxy.example.com", "username": "u", "password": "sk-planted"}}}"#,
        ),
        (
            "loggers/l/loggerInformation.json",
            r#"{"properties": {"loggerType": "applicationInsights", "credentials": {"instrumentationKey": "sk-planted",
                "connectionString": "{{logger}}"}}}"#,
        ),
        (
            "named values/env/namedValueInformation.json",
            r#"{"properties": {"displayName": "env", "secret": true}}"#,
        ),
        ("secrets.toml", "[named-values]\nenv = { env = \"PLANTED\" }\n"),
    ];
    let written = folder(&read(&MemoryFolder::new(files), None));
    let all: BTreeMap<_, _> = written.files.iter().filter(|(_, text)| text.contains("sk-planted")).collect();
    assert!(all.is_empty(), "{all:?}");
    let told: Vec<&str> = written.withheld.iter().map(|each| each.what.as_str()).collect();
    assert_eq!(
        told,
        [
            "the value of the secret named value `k` stood in clear",
            "the authorization of the backend `b` stood in clear",
            "`api-key` of the backend `b` stood in clear",
            "`code` of the backend `b` stood in clear",
            "the proxy's password of the backend `b` stood in clear",
            "the primary key of the subscription `s` stood in clear",
            "the secondary key of the subscription `s` stood in clear",
            "`instrumentationKey` stood in clear",
        ]
    );
    assert!(written.files["backends/b/backendInformation.json"].contains("\"{{b-api-key}}\""));
    assert!(written.files["backends/b/backendInformation.json"].contains("\"contoso\""));
    assert!(written.files["loggers/l/loggerInformation.json"].contains("{{logger}}"));
    assert!(written.files["named values/b-api-key/namedValueInformation.json"].contains("\"secret\": true"));
    assert_eq!(written.files["secrets.toml"], "[named-values]\nenv = { env = \"PLANTED\" }\n");
}

#[test]
fn members_that_nobody_knows_are_written_at_every_depth() {
    let text = r#"{"x": 1, "properties": {"type": "Pool", "pool": {"services": [{"id": "/backends/b"}], "y": {"z": [null]}},
                   "circuitBreaker": {"rules": [], "w": true}}}"#;
    let one = r#"{"properties": {"url": "https://example.com", "protocol": "http"}}"#;
    let files =
        [("backends/b/backendInformation.json", one), ("backends/pool/backendInformation.json", text)];
    let written = folder(&read(&MemoryFolder::new(files), None));
    let pool = &written.files["backends/pool/backendInformation.json"];
    for member in ["\"x\": 1", "\"y\": {", "\"z\": [", "\"w\": true", "\"id\": \"/backends/b\""] {
        assert!(pool.contains(member), "{member}\n{pool}");
    }
}
