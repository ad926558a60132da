//! Policy documents of a configuration, read once each.

use std::collections::HashMap;
use std::sync::Arc;

use model::{Configuration, Fragment, FragmentId};
use policy::Fragments;
use policy_doc::{Document, Limits, read, read_with};
use source::{Diagnostics, SourceFile};

use crate::broken::Broken;

/// The fragments, read; the other documents are read where they are compiled.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    pub(crate) fragments: FragmentTable,
    kept: HashMap<FragmentId, Kept>,
}

/// A fragment and what came of reading it.
#[derive(Clone, Debug)]
struct Kept {
    fragment: Arc<Fragment>,
    document: Arc<Document>,
    problems: Diagnostics,
}

/// The fragments of a configuration by id.
#[derive(Debug, Default)]
pub(crate) struct FragmentTable {
    map: HashMap<Arc<str>, Arc<Document>>,
    ids: Vec<String>,
    /// Those that could not be read whole, in lower case; who includes one is broken too.
    broken: Vec<Arc<str>>,
}

impl FragmentTable {
    /// Whether a fragment could not be read whole.
    pub(crate) fn is_broken(&self, id: &str) -> bool {
        self.broken.iter().any(|each| each.eq_ignore_ascii_case(id))
    }

    /// Those that could be read whole, by their ids in lower case. One that is broken is as good as changed at each
    /// build.
    pub(crate) fn good(&self) -> impl Iterator<Item = (Arc<str>, Arc<Document>)> {
        let good = self.map.iter().filter(|(id, _)| !self.broken.contains(id));
        good.map(|(id, document)| (Arc::clone(id), Arc::clone(document)))
    }
}

impl Fragments for FragmentTable {
    fn get(&self, id: &str) -> Option<Arc<Document>> {
        self.map.get(id.to_ascii_lowercase().as_str()).cloned()
    }

    fn ids(&self) -> Vec<&str> {
        self.ids.iter().map(String::as_str).collect()
    }
}

impl Documents {
    /// Reads what was not read `before`, and says what is wrong with all of it.
    pub(crate) fn read(
        configuration: &Configuration,
        unread: &Broken,
        before: &Self,
        problems: &mut Diagnostics,
    ) -> Self {
        let mut documents = Self::default();
        for fragment in configuration.fragments.iter() {
            let known = before.kept.get(&fragment.id).filter(|known| Arc::ptr_eq(&known.fragment, fragment));
            let kept = known.cloned().unwrap_or_else(|| Kept::read(fragment));
            problems.append(kept.problems.clone());
            documents.take(kept, unread);
        }
        documents
    }

    fn take(&mut self, kept: Kept, unread: &Broken) {
        let id: Arc<str> = kept.fragment.id.as_str().to_ascii_lowercase().into();
        if kept.problems.has_errors() || unread.has(kept.fragment.policy.file.name()) {
            self.fragments.broken.push(Arc::clone(&id));
        }
        self.fragments.map.insert(id, Arc::clone(&kept.document));
        self.fragments.ids.push(kept.fragment.id.as_str().to_owned());
        self.kept.insert(kept.fragment.id.clone(), kept);
    }
}

impl Kept {
    fn read(fragment: &Arc<Fragment>) -> Self {
        let (document, problems) = read_with(&fragment.policy.file, Limits::FRAGMENT);
        Self { fragment: Arc::clone(fragment), document: Arc::new(document), problems }
    }
}

/// Reads a document.
pub(crate) fn read_file(file: &Arc<SourceFile>) -> (Document, Diagnostics) {
    read(file)
}
