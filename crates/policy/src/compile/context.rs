//! What compiling an element knows, and where it reports problems.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use expr::{Expected, Facts};
use model::{Certificate, Collection, SecretBinding, SecretReference, VaultReference};
use policy_doc::{Document, Element};
use secret::SecretSlot;
use source::{Diagnostic, Diagnostics, Location, did_you_mean};

use crate::registry::{Registry, Reported};
use crate::{BackendEntity, NamedValueTable, Scope, Section, Step, StepMeta, VaultSecrets};

use super::check;
use super::reader::Reader;
use super::uses::Uses;
use super::wanted::Wanted;

/// Deepest nesting of policies in one document, fragments included.
const DEPTH: usize = 64;

/// The fragments of a configuration, read.
pub trait Fragments: Sync + fmt::Debug {
    /// The document of a fragment.
    fn get(&self, id: &str) -> Option<Arc<Document>>;

    /// All ids, for "did you mean".
    fn ids(&self) -> Vec<&str>;
}

/// The backend entities that can be called.
pub trait Backends: Send + Sync + fmt::Debug {
    /// The backend or pool of an id.
    fn get(&self, id: &str) -> Option<BackendEntity>;

    /// All ids, for "did you mean".
    fn ids(&self) -> Vec<&str>;
}

/// What is known of the configuration around a document. Policies ask [`CompileCx`] for backends, certificates and
/// fragments, so that it is known on what a document depends ([`Uses`]).
pub struct Knowledge<'a> {
    /// The policies.
    pub registry: &'a Registry,
    /// The named values.
    pub names: &'a NamedValueTable,
    /// The fragments.
    pub fragments: &'a dyn Fragments,
    /// The backend entities. Policies keep it: an id may be computed.
    pub backends: Arc<dyn Backends>,
    /// The secrets of vaults that documents ask for.
    pub vaults: &'a VaultSecrets,
    /// The certificates, for keys of tokens.
    pub certificates: &'a Collection<Certificate>,
}

impl fmt::Debug for Knowledge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Knowledge").finish_non_exhaustive()
    }
}

/// The state of compiling one document.
#[derive(Debug)]
pub struct CompileCx<'a> {
    /// What is known of the configuration.
    pub known: &'a Knowledge<'a>,
    /// The scope of the document.
    pub scope: Scope,
    /// The section being compiled.
    pub section: Section,
    /// Names of the operation's template parameters; none outside of operation scope, where they are not known.
    pub parameters: Option<&'a [Arc<str>]>,
    problems: Diagnostics,
    facts: Facts,
    path: Vec<String>,
    variables: HashSet<Arc<str>>,
    fragment: Option<String>,
    rotating: Vec<SecretSlot>,
    uses: Uses,
    /// What each place of an expression wants, when somebody asks.
    wanted: Option<Vec<Wanted>>,
}

impl<'a> CompileCx<'a> {
    /// A new document.
    #[must_use]
    pub fn new(known: &'a Knowledge<'a>, scope: Scope, parameters: Option<&'a [Arc<str>]>) -> Self {
        Self {
            known,
            scope,
            section: Section::Inbound,
            parameters,
            problems: Diagnostics::new(),
            facts: Facts::NONE,
            path: Vec::new(),
            variables: HashSet::new(),
            fragment: None,
            rotating: Vec::new(),
            uses: Uses::default(),
            wanted: None,
        }
    }

    /// Also notes what each place of an expression wants.
    pub(super) fn noting(self) -> Self {
        Self { wanted: Some(Vec::new()), ..self }
    }

    /// Notes what the place of an expression wants.
    pub(super) fn note_wanted(&mut self, at: Location, expected: &Expected) {
        if let Some(wanted) = &mut self.wanted {
            wanted.push(Wanted { at, expected: expected.clone() });
        }
    }

    /// What was noted.
    pub(super) fn into_wanted(self) -> Vec<Wanted> {
        self.wanted.unwrap_or_default()
    }

    /// Reports a problem.
    pub fn report(&mut self, diagnostic: Diagnostic) -> Reported {
        self.problems.push(diagnostic);
        Reported
    }

    /// Reports problems that somebody else found.
    pub fn report_all(&mut self, diagnostics: Diagnostics) {
        self.problems.append(diagnostics);
    }

    /// The problems so far.
    #[must_use]
    pub fn into_problems(self) -> Diagnostics {
        self.problems
    }

    /// Notes what an expression reads.
    pub(super) fn add_facts(&mut self, facts: Facts) {
        self.facts |= facts;
    }

    /// The backend or pool of an id, which is written in the document.
    pub fn backend(&mut self, id: &str) -> Option<BackendEntity> {
        self.uses.backends.insert(id.to_ascii_lowercase().into());
        self.known.backends.get(id)
    }

    /// All backends, for an id that is computed when a request runs, and for "did you mean".
    pub fn backends(&mut self) -> Arc<dyn Backends> {
        self.uses.all_backends = true;
        Arc::clone(&self.known.backends)
    }

    /// The certificates.
    pub fn certificates(&mut self) -> &'a Collection<Certificate> {
        self.uses.certificates = true;
        self.known.certificates
    }

    /// The document of a fragment.
    pub fn fragment_document(&mut self, id: &str) -> Option<Arc<Document>> {
        self.uses.fragments.insert(id.to_ascii_lowercase().into());
        self.known.fragments.get(id)
    }

    /// What was asked for so far, but for named values, which their table remembers.
    pub(super) fn take_uses(&mut self) -> Uses {
        std::mem::take(&mut self.uses)
    }

    /// The slot of a vault's secret that the document asks for. Whoever serves the document fills it, and fills it again
    /// when the secret rotates.
    pub fn vault_secret(&mut self, reference: VaultReference, at: Location) -> SecretSlot {
        let slot = self.known.vaults.slot(reference.clone(), at.clone());
        self.note_rotating(&slot);
        let reference = SecretReference::Vault(reference);
        self.uses.secrets.push(SecretBinding { slot: slot.clone(), reference, at: Some(at) });
        slot
    }

    /// Notes that a value uses a secret named value.
    pub(super) fn use_slot(&mut self, number: usize) {
        let names = self.known.names;
        if let Some(slot) = names.slots().get(number).filter(|slot| names.is_rotating(slot)) {
            self.note_rotating(slot);
        }
    }

    fn note_rotating(&mut self, slot: &SecretSlot) {
        if !self.rotating.iter().any(|known| known.is_same(slot)) {
            self.rotating.push(slot.clone());
        }
    }

    /// The slots that vaults fill, of what was compiled so far.
    pub(super) fn take_rotating(&mut self) -> Vec<SecretSlot> {
        std::mem::take(&mut self.rotating)
    }

    /// Runs `compile` and gives what the expressions in it read, apart from what was read before.
    pub fn facts_of<T>(&mut self, compile: impl FnOnce(&mut Self) -> T) -> (T, Facts) {
        let before = std::mem::take(&mut self.facts);
        let result = compile(self);
        let facts = std::mem::replace(&mut self.facts, before);
        (result, facts)
    }

    /// Notes what was read and given apart by [`CompileCx::facts_of`].
    pub fn note_facts(&mut self, facts: Facts) {
        self.facts |= facts;
    }

    /// The shared form of a variable's name: one name, one address.
    pub fn variable(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.variables.get(name) {
            return Arc::clone(known);
        }
        let fresh: Arc<str> = name.into();
        self.variables.insert(Arc::clone(&fresh));
        fresh
    }

    /// Compiles the policies among the children of an element. `count` names the element in paths.
    pub fn policies(&mut self, parent: &Element) -> Vec<Arc<Step>> {
        let mut seen: Vec<(&str, u32)> = Vec::new();
        let mut steps = Vec::new();
        for element in parent.elements() {
            let index = match seen.iter_mut().find(|(name, _)| *name == &*element.name) {
                Some((_, count)) => {
                    *count += 1;
                    *count
                }
                None => {
                    seen.push((&element.name, 1));
                    1
                }
            };
            steps.extend(self.policy(element, index));
        }
        steps
    }

    /// Compiles one policy, the `index`-th of its name among its siblings (from 1).
    pub fn policy(&mut self, element: &Element, index: u32) -> Option<Arc<Step>> {
        let registry = self.known.registry;
        let Some(entry) = registry.find(&element.name) else {
            self.unknown(element);
            return None;
        };
        if self.path.len() >= DEPTH {
            let message = format!("policies are nested more than {DEPTH} deep");
            self.report(Diagnostic::error("nesting", message).at(element.location()));
            return None;
        }
        self.check_place(element, entry.spec);
        let id = check::policy(element, entry.spec, self);
        self.path.push(format!("{}[{index}]", element.name));
        let reader = Reader::new(element, entry.spec.attributes, entry.spec.children);
        let (action, facts) = self.facts_of(|cx| (entry.compile)(&reader, cx));
        let path = self.path();
        self.path.pop();
        let meta = StepMeta {
            policy: entry.spec.element,
            id,
            section: self.section,
            scope: self.scope,
            path,
            at: element.location(),
            in_handshakes: registry.runs_in_handshakes(entry.spec.element),
        };
        let action = action.ok()?;
        Some(Arc::new(Step { meta, facts: facts | entry.spec.reads, action }))
    }

    /// Runs `compile` for a child that paths name, such as the second `when` of a `choose`.
    pub fn within<T>(&mut self, name: &str, index: usize, compile: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(format!("{name}[{index}]"));
        let result = compile(self);
        self.path.pop();
        result
    }

    /// Where compiling stands, as `context.LastError.Path` shows it.
    #[must_use]
    pub fn path(&self) -> Arc<str> {
        self.path.join("\\").into()
    }

    /// Compiles the policies of a fragment in the place of its inclusion.
    ///
    /// # Errors
    /// When a fragment includes a fragment, which API Management refuses.
    pub fn fragment(
        &mut self,
        id: &str,
        document: &Element,
        at: &Element,
    ) -> Result<Vec<Arc<Step>>, Reported> {
        if let Some(outer) = &self.fragment {
            let message =
                format!("the fragment `{outer}` includes the fragment `{id}`; fragments cannot be nested");
            return Err(self.report(Diagnostic::error("nested-fragment", message).at(at.location())));
        }
        self.fragment = Some(id.to_owned());
        let steps = self.policies(document);
        self.fragment = None;
        Ok(steps)
    }

    fn check_place(&mut self, element: &Element, spec: &crate::PolicySpec) {
        let names = |list: Vec<&str>| list.join("`, `");
        if !spec.sections.contains(self.section) {
            let message = format!("`{}` cannot stand in `{}`", spec.element, self.section);
            let allowed = names(spec.sections.iter().map(Section::name).collect());
            self.report(
                Diagnostic::error("wrong-section", message)
                    .at(element.location())
                    .help(format!("it can stand in `{allowed}`")),
            );
        }
        if !spec.scopes.contains(self.scope) {
            let message = format!("`{}` cannot stand in a policy of {} scope", spec.element, self.scope);
            let allowed = names(spec.scopes.iter().map(Scope::name).collect());
            self.report(
                Diagnostic::error("wrong-scope", message)
                    .at(element.location())
                    .help(format!("it can stand at the scopes `{allowed}`")),
            );
        }
    }

    fn unknown(&mut self, element: &Element) {
        let name = &*element.name;
        let diagnostic = match name {
            "base" => Diagnostic::error("misplaced-base", "`base` can stand directly in a section only")
                .help("put it beside the policies of the section, outside of any of them and of fragments"),
            _ if self.known.registry.is_planned(name) => {
                Diagnostic::error("not-yet-supported", format!("the policy `{name}` is not yet supported"))
                    .help("a document is refused rather than run without one of its policies")
            }
            _ => {
                let near = did_you_mean(name, self.known.registry.names());
                Diagnostic::error("unknown-policy", format!("`{name}` is not a policy"))
                    .maybe_help(near.map(|near| format!("did you mean `{near}`?")))
            }
        };
        self.report(diagnostic.at(element.location()));
    }
}
