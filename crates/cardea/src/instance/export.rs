//! What is in effect, as the files of a folder.

use std::collections::BTreeMap;
use std::sync::Arc;

use artifacts::write::{Withheld, Written};
use gateway::admin::Problem;
use model::{Api, Configuration};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use source::Diagnostic;

use super::{Latest, Running};

/// The files of a configuration, as the admin listener gives them.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Files {
    /// Their texts by their paths.
    pub files: BTreeMap<String, String>,
    /// What somebody should know who uses them.
    pub notes: Vec<Note>,
    /// How many subscriptions of the state directory are among them.
    pub of_state_directory: usize,
}

/// What somebody should know.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Note {
    /// The file, or the directory, that it is about.
    pub path: String,
    /// One sentence without a full stop.
    pub text: String,
    /// What to do; may be empty.
    pub help: String,
}

impl From<Written> for Files {
    fn from(written: Written) -> Self {
        let note = |Withheld { path, what, help }| Note { path, text: what, help };
        let notes = written.withheld.into_iter().map(note).collect();
        Self { files: written.files, notes, of_state_directory: 0 }
    }
}

impl Running {
    /// The files of what is in effect: APIs that are served as they were before are written so, and subscriptions and
    /// users of the state directory are among the others.
    pub(super) async fn files(&self) -> Result<Value, Problem> {
        let (mut configuration, notes) = self.in_effect();
        let of_state_directory = self.add_own(&mut configuration).await.map_err(|error| failed(&error))?;
        let written = tokio::task::block_in_place(|| artifacts::write::folder(&configuration));
        let mut files = Files { of_state_directory, ..Files::from(written) };
        files.notes.extend(notes);
        serde_json::to_value(files).map_err(|error| failed(&error))
    }

    fn in_effect(&self) -> (Configuration, Vec<Note>) {
        let snapshot = self.walk.snapshot.load();
        let latest = self.latest.read();
        let mut configuration = latest.configuration.clone();
        configuration.secrets = latest.secrets.to_vec();
        for entry in snapshot.apis.iter().filter(|entry| is_kept(&latest, &entry.api.qualified_name())) {
            put_back(&mut configuration, &entry.api);
        }
        let kept = latest.kept.iter().map(|name| Note {
            path: directory_of(name),
            text: "it has errors; it is served, and written, as it was before".to_owned(),
            help: "what other files say is written as they say it now".to_owned(),
        });
        let is_other =
            |path: &&Arc<str>| !latest.kept.iter().any(|name| directory_of(name).eq_ignore_ascii_case(path));
        let broken = configuration.broken.iter().filter(is_other).map(|path| Note {
            path: path.to_string(),
            text: "it has errors; it is written as far as it could be read".to_owned(),
            help: "`/-/config/problems` tells them".to_owned(),
        });
        let notes = kept.chain(broken).collect();
        (configuration, notes)
    }

    /// Adds subscriptions and users of the state directory, unless the folder has them; gives how many subscriptions.
    async fn add_own(&self, configuration: &mut Configuration) -> Result<usize, store::StoreError> {
        let Some(store) = &self.store else { return Ok(0) };
        let mut added = 0;
        for subscription in store.subscriptions().load_all().await? {
            added += usize::from(configuration.subscriptions.insert(subscription).is_ok());
        }
        for user in store.users().list().await? {
            let _the_folders_is_used = configuration.users.insert(user);
        }
        Ok(added)
    }
}

/// Puts the version of an API that is served in the place of what the folder says now.
fn put_back(configuration: &mut Configuration, api: &Api) {
    let Some(id) = &api.workspace else { return configuration.apis.replace(api.clone()) };
    if let Some(workspace) = configuration.workspaces.get(id) {
        let mut workspace = (**workspace).clone();
        workspace.contents.apis.replace(api.clone());
        configuration.workspaces.replace(workspace);
    }
}

/// The directory of an API by its name, which may begin with that of its workspace.
fn directory_of(name: &str) -> String {
    match name.split_once('/') {
        Some((workspace, api)) => format!("workspaces/{workspace}/apis/{api}"),
        None => format!("apis/{name}"),
    }
}

fn is_kept(latest: &Latest, name: &str) -> bool {
    latest.kept.iter().any(|kept| kept.eq_ignore_ascii_case(name))
}

fn failed(error: &dyn std::error::Error) -> Problem {
    Problem::from(&Diagnostic::error("state", error.to_string()))
}
