//! What becomes of a small folder: read and compiled as `cardea check` does it, without a network and without secrets.

use anyhow::Context as _;
use std::sync::Arc;

use artifacts::{MemoryFolder, Options, load};
use builder::{Settings, build};
use model::VaultHosts;
use policy::{Limits, Reading};
use source::Diagnostics;

/// What a folder gives.
#[derive(Debug)]
pub struct Probed {
    /// Everything that is wrong.
    pub problems: Diagnostics,
    /// What was read, as `Debug` shows it: without secrets, and the same for the same.
    pub shown: String,
}

/// Reads and compiles a folder of these files.
///
/// # Errors
/// When there can be no builds at all.
pub fn probe(files: &[(String, String)]) -> anyhow::Result<Probed> {
    let folder =
        MemoryFolder::new(files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())));
    let (configuration, mut problems) = load(&folder, &Options::default());
    let settings = Settings {
        edition: Arc::default(),
        instance_id: "probe".into(),
        reading: Reading::Withheld,
        named_values: policy::CodeUse::Allowed,
        limits: Limits::default(),
        protocols: builder::Protocols::default(),
        transport: net::Options::default(),
        roots: net::Roots::only(&[]).context("roots of nobody")?,
        revoked: net::RevocationLists::default(),
        backends: Arc::default(),
        vaults: VaultHosts::default(),
        known: Vec::new(),
    };
    let built = build(&configuration, &problems, None, &settings);
    problems.append(built.problems);
    Ok(Probed { problems, shown: format!("{configuration:?}") })
}

/// What is wrong with a policy in a section of an API's document.
///
/// # Errors
/// When there can be no builds at all.
pub fn policy(section: &str, text: &str) -> anyhow::Result<Diagnostics> {
    let file = |path: &str, text: String| (path.to_owned(), text);
    let problems = probe(&[
        file("apis/a/apiInformation.json", r#"{"properties": {"displayName": "A", "path": "a"}}"#.to_owned()),
        file(
            "apis/a/specification.yaml",
            "openapi: 3.0.1\nservers: [{url: 'https://b.example'}]\npaths: {/x: {get: {}}}\n".to_owned(),
        ),
        file("apis/a/policy.xml", format!("<policies><{section}>{text}</{section}></policies>")),
    ])?;
    Ok(problems.problems)
}
