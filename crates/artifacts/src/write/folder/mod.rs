//! A whole configuration as the files of a folder: what [`crate::load`] reads of them is the same configuration.
//!
//! ```
//! use artifacts::{MemoryFolder, Options, load};
//!
//! let policy = ("policy.xml", "<policies><inbound /></policies>");
//! let group = ("groups/team/groupInformation.json", r#"{"properties": {"displayName": "Team", "x": 1}}"#);
//! let (configuration, _) = load(&MemoryFolder::new([policy, group]), &Options::default());
//! let written = artifacts::write::folder(&configuration);
//! assert_eq!(written.files["policy.xml"], policy.1);
//! assert!(written.files["groups/team/groupInformation.json"].contains("\"x\": 1"));
//! ```
//!
//! Policies and definitions are written as they were read, letter by letter. What information files say beyond what the
//! model has a field for is written too, as are resources that only are kept. Secrets are not: what stood in clear is left
//! out, and a [`Withheld`] says so. Not written is what no configuration holds: files that are not read, comments, the
//! overlay's and the override file's own form.

mod apis;
mod backends;
mod clear;
mod overlay;
mod properties;
mod resources;

use std::collections::{BTreeMap, HashMap};

use model::{Configuration, JsonText, PolicyText, SecretBinding, SecretReference};
use secret::SecretSlot;

use super::Object;
use properties::document;

/// The files of a configuration.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// Their texts by their paths, which are relative to the folder.
    pub files: BTreeMap<String, String>,
    /// The secrets that stood in clear and are in none of the files.
    pub withheld: Vec<Withheld>,
}

/// A secret that stood in clear where the configuration was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// The file that would hold it.
    pub path: String,
    /// What it is, as a sentence without a full stop; the secret itself is not in it.
    pub what: String,
    /// What to do about it.
    pub help: String,
}

/// Writes a configuration as files.
#[must_use]
pub fn folder(configuration: &Configuration) -> Written {
    let mut bindings: HashMap<&str, Vec<&SecretBinding>> = HashMap::new();
    for binding in configuration.secrets.iter().chain(configuration.keys.iter()) {
        bindings.entry(binding.slot.name()).or_default().push(binding);
    }
    let mut writer = Writer { written: Written::default(), prefix: String::new(), bindings };
    writer.contents(configuration);
    writer.gateways(configuration);
    for workspace in configuration.workspaces.iter() {
        writer.workspace(workspace);
    }
    writer.overlay(configuration);
    writer.written
}

/// Writes the files of the service, or of a workspace.
struct Writer<'a> {
    written: Written,
    /// Empty, or `workspaces/<name>/`.
    prefix: String,
    /// Where secrets come from, by the names of their slots. There may be very many.
    bindings: HashMap<&'a str, Vec<&'a SecretBinding>>,
}

impl<'a> Writer<'a> {
    /// What a service and a workspace both have.
    fn contents(&mut self, configuration: &Configuration) {
        self.policy("policy.xml", configuration.policy.as_ref());
        configuration.named_values.iter().for_each(|value| self.named_value(value));
        configuration.version_sets.iter().for_each(|set| self.version_set(set));
        configuration.groups.iter().for_each(|group| self.group(group));
        configuration.fragments.iter().for_each(|fragment| self.fragment(fragment));
        configuration.backends.iter().for_each(|backend| self.backend(backend));
        configuration.apis.iter().for_each(|api| self.api(api));
        configuration.products.iter().for_each(|product| self.product(product));
        configuration.subscriptions.iter().for_each(|each| self.subscription(each));
        for logger in configuration.loggers.iter() {
            self.kept(format!("loggers/{}/loggerInformation.json", logger.id), &logger.document);
        }
        for diagnostic in configuration.diagnostics.iter() {
            let path = format!("diagnostics/{}/diagnosticInformation.json", diagnostic.id);
            self.kept(path, &diagnostic.document);
        }
        configuration.tags.iter().for_each(|tag| self.tag(tag));
    }

    fn put(&mut self, path: impl AsRef<str>, text: impl Into<String>) {
        self.written.files.insert(format!("{}{}", self.prefix, path.as_ref()), text.into());
    }

    /// An information file, with what it said beyond the model's fields.
    fn information(&mut self, path: impl AsRef<str>, properties: Object, rest: Option<&JsonText>) {
        self.put(path, document(properties.sorted(), rest));
    }

    fn policy(&mut self, path: impl AsRef<str>, policy: Option<&PolicyText>) {
        if let Some(policy) = policy {
            self.put(path, policy.file.text());
        }
    }

    fn withhold(&mut self, path: &str, what: String, help: impl Into<String>) {
        let path = format!("{}{path}", self.prefix);
        self.written.withheld.push(Withheld { path, what, help: help.into() });
    }

    /// Where a slot's secret comes from, unless it stood in clear.
    fn source_of(&self, slot: &SecretSlot) -> Option<&'a SecretReference> {
        let named = self.bindings.get(&**slot.name())?;
        let binding = named.iter().find(|binding| binding.slot.is_same(slot));
        binding.map(|binding| &binding.reference)
    }
}
