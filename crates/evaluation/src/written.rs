//! The expressions of a document, with what their places want.

use std::collections::HashMap;
use std::sync::Arc;

use expr::{Expected, Form};
use model::{Certificate, Collection, VaultHosts};
use policy::{BackendEntity, Backends, Fragments, Knowledge, NamedValueTable, VaultSecrets, wanted};
use policy_doc::{Document, Element, RawValue, Resolved, Unknown};
use source::{Diagnostics, Location, MappedText};

/// An expression of a document.
#[derive(Clone, Debug)]
pub struct Written {
    /// Where the value stands that it is.
    pub at: Location,
    /// Which value: `when/@condition`, or `value` for the text of an element.
    pub place: String,
    /// Which of the two forms.
    pub form: Form,
    /// The C# between the brackets, with named values put in.
    pub code: MappedText,
    /// What its place wants; anything where the policy is not known.
    pub expected: Expected,
}

/// The expressions of a document in the order of its text, and what is wrong with those that cannot be told from the text
/// around them or name a named value that there is not.
#[must_use]
pub fn written(document: &Document, names: &NamedValueTable) -> (Vec<Written>, Diagnostics) {
    let mut list = List { names, expected: expected(document, names), found: Vec::new(), problems: Diagnostics::new() };
    if let Some(root) = document.root() {
        list.element(root);
    }
    (list.found, list.problems)
}

struct List<'a> {
    names: &'a NamedValueTable,
    /// By where the value begins.
    expected: HashMap<u32, Expected>,
    found: Vec<Written>,
    problems: Diagnostics,
}

impl List<'_> {
    /// INVARIANT: the reader of documents bounds how deep elements are nested.
    fn element(&mut self, element: &Element) {
        for attribute in &element.attributes {
            self.value(&attribute.value, || format!("{}/@{}", element.name, attribute.name));
        }
        if element.elements().next().is_none() {
            self.value(&element.content(), || element.name.to_string());
            return;
        }
        for text in element.texts() {
            self.value(text, || element.name.to_string());
        }
        element.elements().for_each(|child| self.element(child));
    }

    fn value(&mut self, raw: &RawValue, place: impl FnOnce() -> String) {
        let mut problems = Diagnostics::new();
        let resolved = raw.resolve(self.names, Unknown::Refuse, &mut problems);
        let is_expression = raw.written_expression().is_some();
        match resolved {
            Some(Resolved::Expression { form, code, .. }) => self.found.push(Written {
                at: raw.location(),
                place: place(),
                form: form_of(form),
                code,
                expected: self.expected.get(&raw.span().start).cloned().unwrap_or(Expected::Any),
            }),
            None if is_expression => self.problems.append(problems),
            _ => {}
        }
    }
}

fn form_of(form: policy_doc::Form) -> Form {
    match form {
        policy_doc::Form::Expression => Form::Expression,
        policy_doc::Form::Block => Form::Block,
    }
}

fn expected(document: &Document, names: &NamedValueTable) -> HashMap<u32, Expected> {
    let known = Knowledge {
        registry: &policies::REGISTRY,
        names,
        fragments: &Nothing,
        backends: Arc::new(Nothing),
        vaults: &VaultSecrets::new(VaultHosts::default(), Vec::new()),
        certificates: &Collection::<Certificate>::new(),
    };
    wanted(document, &known).into_iter().map(|each| (each.at.span.start, each.expected)).collect()
}

/// A document alone has neither fragments nor backends around it.
#[derive(Debug)]
struct Nothing;

impl Fragments for Nothing {
    fn get(&self, _: &str) -> Option<Arc<Document>> {
        None
    }

    fn ids(&self) -> Vec<&str> {
        Vec::new()
    }
}

impl Backends for Nothing {
    fn get(&self, _: &str) -> Option<BackendEntity> {
        None
    }

    fn ids(&self) -> Vec<&str> {
        Vec::new()
    }
}
