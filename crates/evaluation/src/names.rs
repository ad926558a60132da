//! Named values for documents that are looked at alone.

use std::collections::BTreeSet;
use std::sync::Arc;

use policy::NamedValueTable;
use policy_doc::{Child, Document, Element, NamedValues as _};
use request_file::RequestFile;

/// The named values of a configuration, and what stands for those that are not in it.
#[derive(Clone, Debug, Default)]
pub struct NamedValues {
    /// Those that are known.
    pub known: NamedValueTable,
    /// The text of every other one; without it a document that asks for another one has an error there.
    pub others: Option<Arc<str>>,
}

impl NamedValues {
    /// The named values for a document: those that are known, then those of the request file, then the others.
    #[must_use]
    pub fn of(&self, document: &Document, request: &RequestFile) -> NamedValueTable {
        let mut table = self.known.clone();
        let known: BTreeSet<String> = table.names().into_iter().map(str::to_owned).collect();
        let mut asked = BTreeSet::new();
        document.root().into_iter().for_each(|root| references(root, &mut asked));
        for name in asked.difference(&known) {
            if let Some(text) = request.named_value(name).or(self.others.as_deref()) {
                table.plain(name, text);
            }
        }
        table
    }
}

/// INVARIANT: the reader of documents bounds how deep elements are nested.
fn references(element: &Element, found: &mut BTreeSet<String>) {
    let values = element.attributes.iter().map(|attribute| &attribute.value);
    let texts = element.children.iter().filter_map(Child::as_text);
    for value in values.chain(texts) {
        found.extend(value.references().into_iter().map(|reference| reference.name.to_string()));
    }
    element.elements().for_each(|child| references(child, found));
}
