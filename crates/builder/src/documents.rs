//! Policy documents of a configuration, read once each.

use std::collections::HashMap;
use std::sync::Arc;

use model::Configuration;
use policy::Fragments;
use policy_doc::{Document, Limits, read, read_with};
use source::{Diagnostics, SourceFile};

use crate::broken::Broken;

/// The fragments, read; the other documents are read where they are compiled.
#[derive(Debug)]
pub(crate) struct Documents {
    pub(crate) fragments: FragmentTable,
    problems: Diagnostics,
}

/// The fragments of a configuration by id.
#[derive(Debug, Default)]
pub(crate) struct FragmentTable {
    map: HashMap<String, Arc<Document>>,
    ids: Vec<String>,
    /// Those that could not be read whole; who includes one is broken too.
    broken: Vec<String>,
}

impl FragmentTable {
    /// Whether a fragment could not be read whole.
    pub(crate) fn is_broken(&self, id: &str) -> bool {
        self.broken.iter().any(|each| each.eq_ignore_ascii_case(id))
    }
}

impl Fragments for FragmentTable {
    fn get(&self, id: &str) -> Option<Arc<Document>> {
        self.map.get(&id.to_ascii_lowercase()).cloned()
    }

    fn ids(&self) -> Vec<&str> {
        self.ids.iter().map(String::as_str).collect()
    }
}

impl Documents {
    pub(crate) fn read(configuration: &Configuration, unread: &Broken) -> Self {
        let mut fragments = FragmentTable::default();
        let mut problems = Diagnostics::new();
        for fragment in configuration.fragments.iter() {
            let id = fragment.id.as_str();
            let (document, found) = read_with(&fragment.policy.file, Limits::FRAGMENT);
            if found.has_errors() || unread.has(fragment.policy.file.name()) {
                fragments.broken.push(id.to_owned());
            }
            problems.append(found);
            fragments.map.insert(id.to_ascii_lowercase(), Arc::new(document));
            fragments.ids.push(id.to_owned());
        }
        Self { fragments, problems }
    }

    pub(crate) fn take_problems(&mut self) -> Diagnostics {
        std::mem::take(&mut self.problems)
    }
}

/// Reads a document.
pub(crate) fn read_file(file: &Arc<SourceFile>) -> (Document, Diagnostics) {
    read(file)
}
