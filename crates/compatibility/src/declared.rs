//! What the policies declare of themselves, flattened to paths as the facts have them.

use policy::PolicySpec;
use policy::spec::{AttributeSpec, ChildSpec};

/// A policy's declaration, by paths.
#[derive(Debug, Default)]
pub struct Declared {
    /// Child elements.
    pub children: Vec<(String, ChildSpec)>,
    /// Attributes.
    pub attributes: Vec<(String, AttributeSpec)>,
}

impl Declared {
    /// Flattens a declaration. Children that are policies elsewhere are declared there.
    #[must_use]
    pub fn of(spec: &PolicySpec) -> Self {
        let mut all = Self::default();
        all.take("", spec.attributes, spec.children);
        all
    }

    fn take(&mut self, path: &str, attributes: &[AttributeSpec], children: &[ChildSpec]) {
        let at = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        self.attributes.extend(attributes.iter().map(|each| (at(each.name), *each)));
        for child in children.iter().filter(|child| child.is_element()) {
            let path = at(child.name);
            self.children.push((path.clone(), *child));
            if policies::REGISTRY.find(child.name).is_none() {
                self.take(&path, child.attributes, child.children);
            }
        }
    }

    /// The attribute of a path.
    #[must_use]
    pub fn attribute(&self, path: &str) -> Option<&AttributeSpec> {
        self.attributes.iter().find(|(own, _)| own == path).map(|(_, spec)| spec)
    }

    /// The child element of a path.
    #[must_use]
    pub fn child(&self, path: &str) -> Option<&ChildSpec> {
        self.children.iter().find(|(own, _)| own == path).map(|(_, spec)| spec)
    }
}
