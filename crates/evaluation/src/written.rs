//! The expressions of a document, with what their places want, and the variables that it sets.

use std::collections::HashMap;
use std::sync::Arc;

use expr::{Expected, Form};
use model::{Certificate, Collection, VaultHosts};
use policy::{BackendEntity, Backends, Fragments, Knowledge, NamedValueTable, VaultSecrets, wanted};
use policy_doc::{Document, Element, RawValue, Resolved, Unknown};
use source::{Diagnostics, Location, MappedText, SourceFile, Span};

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
    /// The variable that gets its value.
    pub sets: Option<String>,
}

impl Written {
    /// A program that stands alone in a file.
    pub(crate) fn alone(file: &Arc<SourceFile>, variable: Option<&str>) -> Self {
        let text = file.text();
        let inside = |open: &str, close: char| text.strip_prefix(open)?.strip_suffix(close);
        let (code, form) = match (inside("@(", ')'), inside("@{", '}')) {
            (Some(code), _) => (code, Form::Expression),
            (_, Some(code)) => (code, Form::Block),
            _ => (text, Form::Expression),
        };
        let start = if code.len() == text.len() { 0 } else { 2 };
        Self {
            at: Location::new(file, Span::between(0, text.len())),
            place: String::new(),
            form,
            code: MappedText::verbatim(code, start),
            expected: Expected::Any,
            sets: variable.map(str::to_owned),
        }
    }
}

/// What stands in a document, in the order of its text.
#[derive(Clone, Debug)]
pub enum Part {
    /// An expression.
    Expression(Written),
    /// A variable gets this text.
    Variable {
        /// Its name.
        name: String,
        /// The text.
        text: String,
    },
}

/// The expressions of a document and the texts that `set-variable` gives, in the order of the text; and what is wrong with
/// expressions that have no end or name a named value that there is not.
#[must_use]
pub fn written(document: &Document, names: &NamedValueTable) -> (Vec<Part>, Diagnostics) {
    let expected = expected(document, names);
    let mut list = List { names, expected, found: Vec::new(), problems: Diagnostics::new() };
    if let Some(root) = document.root() {
        list.element(root);
    }
    (list.found, list.problems)
}

struct List<'a> {
    names: &'a NamedValueTable,
    /// By where the value begins.
    expected: HashMap<u32, Expected>,
    found: Vec<Part>,
    problems: Diagnostics,
}

impl List<'_> {
    /// INVARIANT: the reader of documents bounds how deep elements are nested.
    fn element(&mut self, element: &Element) {
        let variable = element.attribute("name").filter(|_| &*element.name == "set-variable");
        for attribute in &element.attributes {
            let name =
                variable.filter(|_| &*attribute.name == "value").map(|name| name.value.raw().to_owned());
            self.value(&attribute.value, format!("{}/@{}", element.name, attribute.name), name);
        }
        if element.elements().next().is_none() {
            self.value(&element.content(), element.name.to_string(), None);
            return;
        }
        for text in element.texts() {
            self.value(text, element.name.to_string(), None);
        }
        element.elements().for_each(|child| self.element(child));
    }

    fn value(&mut self, raw: &RawValue, place: String, sets: Option<String>) {
        let mut problems = Diagnostics::new();
        let resolved = raw.resolve(self.names, Unknown::Refuse, &mut problems);
        if let Some(Resolved::Expression { form, code, .. }) = resolved {
            let expected = self.expected.get(&raw.span().start).cloned().unwrap_or(Expected::Any);
            let (at, form) = (raw.location(), form_of(form));
            self.found.push(Part::Expression(Written { at, place, form, code, expected, sets }));
        } else if let Some((resolved, name)) = resolved.zip(sets) {
            self.found.push(Part::Variable { name, text: resolved.as_text().unwrap_or_default() });
        } else if raw.written_expression().is_some() {
            self.problems.append(problems);
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
