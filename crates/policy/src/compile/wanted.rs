//! What the places of a document want of the expressions in them, for tools that evaluate expressions one by one.

use expr::Expected;
use policy_doc::Document;
use source::Location;

use super::{CompileCx, Knowledge};
use crate::{Scope, Section};

/// What the place of an expression wants.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Where the value with the expression stands.
    pub at: Location,
    /// What has to come of it.
    pub expected: Expected,
}

/// What a document's places want, `<policies>` or `<fragment>`, as far as its policies are known. What is wrong with
/// the document is for whoever compiles it to say.
#[must_use]
pub fn wanted(document: &Document, known: &Knowledge<'_>) -> Vec<Wanted> {
    let Some(root) = document.root() else { return Vec::new() };
    let mut cx = CompileCx::new(known, Scope::Operation, None).noting();
    if &*root.name == "fragment" {
        cx.policies(root);
        return cx.into_wanted();
    }
    for element in root.elements() {
        if let Some(section) = Section::named(&element.name) {
            cx.section = section;
            cx.policies(element);
        }
    }
    cx.into_wanted()
}
