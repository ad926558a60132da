//! Each folder in `tests/folders` is read, and what was read and what is wrong is compared with its `expected.txt`.
//!
//! `CARDEA_UPDATE=1` writes the files anew, to be reviewed before they are committed.

use std::path::{Path, PathBuf};

use artifacts::{
    DiskFolder, FolderSource, MemoryFolder, Options, OverrideFile, SecretError, SecretSource, Secrets, load,
    unavailable,
};
use model::SecretReference;
use secret::{Secret, SecretSlot};
use source::{SourceFile, render_all};

use super::summary::summary;

/// Every secret there is but an empty one and one that is missing.
pub(crate) struct Known;

impl SecretSource for Known {
    fn read(&self, reference: &SecretReference) -> Result<Secret, SecretError> {
        match reference {
            SecretReference::Env(name) if name == "EMPTY" => Ok(Secret::new("")),
            SecretReference::Env(name) if name == "MISSING" => {
                Err(SecretError { why: "it is not set".into() })
            }
            other => Ok(Secret::new(format!("sk-planted {other}"))),
        }
    }
}

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/folders");
    let mut all: Vec<PathBuf> = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

fn outcome(folder: &dyn FolderSource) -> String {
    // A case with an override file has it beside the directories, where it is no part of the folder.
    let overrides = folder.read("overrides.yaml").unwrap();
    let overrides = overrides
        .map(|text| OverrideFile::Text(SourceFile::new("overrides.yaml", String::from_utf8(text).unwrap())));
    let options = Options { secrets: Secrets::Read(&Known), overrides, ..Options::default() };
    let (configuration, problems) = load(folder, &options);
    format!("{}\n{}", summary(&configuration), render_all(&problems))
}

#[test]
fn folders_are_read_as_expected() {
    for folder in folders() {
        let found = outcome(&DiskFolder::new(&folder));
        assert!(!found.contains("sk-planted"), "{}: a secret shows\n{found}", folder.display());
        let expected = folder.join("expected.txt");
        if option_env!("CARDEA_UPDATE").is_some() {
            std::fs::write(&expected, &found).unwrap();
        }
        assert_eq!(found, std::fs::read_to_string(&expected).unwrap(), "{}", folder.display());
    }
}

/// The example folders are part of the program and are read from memory.
#[test]
fn a_folder_in_memory_is_read_like_one_on_disk() {
    for root in folders() {
        let mut files = Vec::new();
        let mut open = vec![root.clone()];
        while let Some(directory) = open.pop() {
            for entry in std::fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                    files.push((name, std::fs::read(&path).unwrap()));
                }
            }
        }
        assert_eq!(outcome(&MemoryFolder::new(files)), outcome(&DiskFolder::new(&root)));
    }
}

/// A folder may be for several gateways; API Management's own one serves everything.
#[test]
fn a_gateway_has_its_own_apis_with_all_their_revisions() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/folders/overrides");
    let read = |gateway: &str| {
        let options = Options { gateway: Some(gateway.into()), ..Options::default() };
        let (configuration, problems) = load(&DiskFolder::new(&root), &options);
        let apis: Vec<String> = configuration.apis.ids().map(ToString::to_string).collect();
        (apis, configuration.service.gateway_id.to_string(), render_all(&problems))
    };
    assert_eq!(read("west").0, ["orders", "orders;rev=2"]);
    assert_eq!(read("WEST").1, "west");
    assert_eq!((read("managed").0.len(), read("managed").1), (2, "managed".to_owned()));
    let (apis, _, problems) = read("wst");
    assert!(apis.is_empty());
    assert!(problems.contains("error[unknown-gateway]: there is no gateway `wst`"), "{problems}");
    assert!(problems.contains("did you mean `west`?"), "{problems}");
}

/// Checking needs no secrets: nothing is fetched and nothing is missed.
#[test]
fn without_secrets_slots_stay_unset() {
    let folder = MemoryFolder::new([
        ("secrets.toml", "[named-values]\nk = { env = \"MISSING\" }\n"),
        (
            "named values/k/namedValueInformation.json",
            r#"{"properties": {"displayName": "k", "secret": true}}"#,
        ),
    ]);
    let (configuration, problems) = load(&folder, &Options::default());
    assert!(problems.is_empty(), "{}", render_all(&problems));
    assert!(!configuration.secrets[0].slot.is_set());
    let (_, problems) = load(&folder, &Options { secrets: Secrets::Read(&Known), ..Options::default() });
    let found = render_all(&problems);
    assert!(
        found
            .contains("the secret `k` cannot be read from the environment variable `MISSING`: it is not set")
    );
}

/// A secret that changes is put into the slot that policies already refer to.
#[test]
fn bindings_name_the_slots_of_their_named_values() {
    let folder = MemoryFolder::new([
        ("secrets.toml", "[named-values]\nk = { env = \"K\" }\n"),
        (
            "named values/k/namedValueInformation.json",
            r#"{"properties": {"displayName": "k", "value": "plain"}}"#,
        ),
    ]);
    let (configuration, _) = load(&folder, &Options { secrets: Secrets::Read(&Known), ..Options::default() });
    configuration.secrets[0].slot.replace(Secret::new("rotated"));
    let value = configuration.named_values.iter().next().unwrap();
    assert!(value.content.slot().unwrap().load().unwrap().matches("rotated"));
}

/// A source that cannot be read now, and knows one slot from before.
struct Before(SecretSlot);

impl SecretSource for Before {
    fn read(&self, _: &SecretReference) -> Result<Secret, SecretError> {
        Err(SecretError { why: "it is away".into() })
    }

    fn before(&self, _: &SecretReference, name: &str) -> Option<SecretSlot> {
        (*name == **self.0.name()).then(|| self.0.clone())
    }
}

/// The last good version of an API still uses the slots of the configuration before: rotation must reach them.
#[test]
fn a_secret_that_was_read_before_keeps_its_slot_and_its_value() {
    let value = |name: &str, more: &str| {
        let text = format!(r#"{{"properties": {{"displayName": "{name}", "secret": true{more}}}}}"#);
        (format!("named values/{name}/namedValueInformation.json"), text)
    };
    let vault = r#", "keyVault": {"secretIdentifier": "https://contoso.vault.azure.net/secrets/vaulted"}"#;
    let secrets = "[named-values]\nfiled = { file = \"k\" }\nnew = { file = \"k\" }\n";
    let folder = MemoryFolder::new([
        value("filed", ""),
        value("new", ""),
        value("vaulted", vault),
        ("secrets.toml".to_owned(), secrets.to_owned()),
    ]);
    for name in ["filed", "vaulted"] {
        let known = SecretSlot::holding(name, Secret::new("from before"));
        let source = Before(known.clone());
        let (configuration, _) =
            load(&folder, &Options { secrets: Secrets::Read(&source), ..Options::default() });
        let slot = |name: &str| {
            let mut values = configuration.named_values.iter();
            values.find(|value| value.name.as_str() == name).unwrap().content.slot().unwrap().clone()
        };
        assert!(slot(name).is_same(&known) && slot(name).load().unwrap().matches("from before"));
        assert!(!slot("new").is_set());
    }
}

/// A vault is not asked while the folder is read. What it did not give is told like anything else, and is no error as long
/// as there is a value from before.
#[test]
fn what_a_vault_did_not_give_is_told_with_vault_secret_and_identity() {
    let folder = MemoryFolder::new([(
        "named values/k/namedValueInformation.json",
        r#"{"properties": {"displayName": "k", "secret": true, "keyVault": {
            "secretIdentifier": "https://contoso.vault.azure.net/secrets/key", "identityClientId": "1234"}}}"#,
    )]);
    let (configuration, problems) =
        load(&folder, &Options { secrets: Secrets::Read(&Known), ..Options::default() });
    assert!(problems.is_empty(), "{}", render_all(&problems));
    let [binding] = configuration.secrets.as_slice() else { panic!("{:?}", configuration.secrets) };
    let told = || render_all(&[unavailable(binding, "it was not granted")].into_iter().collect());
    let expected = "the secret `k` cannot be read from the secret `key` of the vault \
                    `https://contoso.vault.azure.net` as the identity `1234`: it was not granted";
    assert!(told().starts_with(&format!("error[secret-unavailable]: {expected}")), "{}", told());
    binding.slot.replace(Secret::new("from before"));
    assert!(told().starts_with(&format!("warning[secret-unavailable]: {expected}")), "{}", told());
}
