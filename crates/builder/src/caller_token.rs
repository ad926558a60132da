//! Warns where a caller's token would reach a backend (decision 3).
//!
//! A token that a policy validated says who calls the gateway. It is left behind when the backend is signed in to with
//! something else; where nothing else is there, it goes on. That is what some backends want and most do not: whoever
//! holds the token there can call the gateway with it. Only what is certain is told: an operation whose target or
//! credential depends on the request is not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gateway::{ApiEntry, ApiPolicies, Contexts};
use http::HeaderName;
use model::CallerToken;
use policy::{Action, BackendEntity, Effect, Pipeline, Section, Step, TokenPlace};
use source::{Diagnostic, Diagnostics, Location};

const HELP: &str = "give the backend a credential, or sign in with `authentication-managed-identity`; if the backend is \
                    to get the token, set `forward-token = true` for the API in `overlay.toml`";

/// As many APIs are named in one warning.
const NAMED: usize = 5;

/// Where tokens that callers of an API sent certainly reach its backend.
pub(crate) fn places(entry: &ApiEntry) -> Vec<Location> {
    if entry.api.settings.caller_token != CallerToken::Removed {
        return Vec::new();
    }
    pipelines(entry).flat_map(|pipeline| reaching(pipeline, entry)).collect()
}

/// The warnings for APIs and their places, one for each place where tokens are validated.
pub(crate) fn warn<'a>(
    apis: impl Iterator<Item = (&'a ApiEntry, &'a [Location])>,
    problems: &mut Diagnostics,
) {
    let mut places: BTreeMap<(String, u32), (Location, BTreeSet<String>)> = BTreeMap::new();
    for (entry, found) in apis {
        for at in found {
            let key = (at.file.name().to_owned(), at.span.start);
            let (_, names) = places.entry(key).or_insert_with(|| (at.clone(), BTreeSet::new()));
            names.insert(entry.api.qualified_name());
        }
    }
    for (at, names) in places.into_values() {
        let message = format!("the token that is validated here reaches the backend of {}", listed(&names));
        problems.push(Diagnostic::warning("token-reaches-backend", message).at(at).help(HELP));
    }
}

fn listed(names: &BTreeSet<String>) -> String {
    let shown: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    let what = if names.len() == 1 { "the API" } else { "the APIs" };
    match names.len() - shown.len() {
        0 => format!("{what} {}", shown.join(", ")),
        more => format!("{what} {} and {more} more", shown.join(", ")),
    }
}

fn pipelines(entry: &ApiEntry) -> impl Iterator<Item = &Pipeline> {
    let operations: &[Arc<Contexts>] = match &entry.policies {
        ApiPolicies::Compiled { operations, .. } => operations,
        ApiPolicies::Refused => &[],
    };
    // Many operations share the API's policies: those need to be looked at once.
    let repeated = |at: usize, each: &Arc<Contexts>| {
        at.checked_sub(1).and_then(|before| operations.get(before)).is_some_and(|it| Arc::ptr_eq(it, each))
    };
    let distinct = operations.iter().enumerate().filter(move |(at, each)| !repeated(*at, each));
    distinct.flat_map(|(_, contexts)| {
        let products = contexts.products.iter().map(|(_, pipeline)| pipeline.as_ref());
        std::iter::once(contexts.plain.as_ref()).chain(products)
    })
}

/// Where tokens are validated that certainly reach a backend.
fn reaching(pipeline: &Pipeline, entry: &ApiEntry) -> Vec<Location> {
    let mut way = Way::default();
    way.targets.extend(entry.service_url.as_ref().map(|_| Target::Url));
    for section in [Section::Inbound, Section::Backend] {
        way.walk(pipeline.section(section), Certainty::Always);
    }
    way.reaching()
}

/// What happens to a request on the way to its backend.
#[derive(Default)]
struct Way {
    validated: Vec<(HeaderName, Location)>,
    replaced: Vec<HeaderName>,
    targets: Vec<Target>,
    signs_in: bool,
    unknown: bool,
    answered: bool,
    forwards: bool,
}

/// Where a request may go.
enum Target {
    Url,
    Backend(BackendEntity),
}

/// Whether steps run in every request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Certainty {
    Always,
    Sometimes,
}

impl Way {
    fn reaching(self) -> Vec<Location> {
        if !self.reaches() {
            return Vec::new();
        }
        let Self { validated, replaced, .. } = self;
        validated.into_iter().filter(|(header, _)| !replaced.contains(header)).map(|(_, at)| at).collect()
    }

    fn reaches(&self) -> bool {
        let without = |target: &Target| match target {
            Target::Url => true,
            Target::Backend(entity) => entity.backends().iter().any(|each| !each.credentials.any()),
        };
        self.forwards && !self.signs_in && !self.unknown && self.targets.iter().any(without)
    }

    /// INVARIANT: steps are nested as deep as the compiler allows at most.
    fn walk(&mut self, steps: &[Arc<Step>], certainty: Certainty) {
        for step in steps {
            if self.answered {
                return;
            }
            match &step.action {
                Action::Sync(policy) => self.take(policy.effect(), step, certainty),
                Action::Async(policy) => self.take(policy.effect(), step, certainty),
                Action::Group(steps) | Action::Again(policy::Again { steps, .. }) => {
                    self.walk(steps, certainty)
                }
                Action::Choose(choose) => {
                    choose.when.iter().for_each(|when| self.walk(&when.steps, Certainty::Sometimes));
                    self.walk(&choose.otherwise, Certainty::Sometimes);
                }
            }
        }
    }

    fn take(&mut self, effect: Effect, step: &Step, certainty: Certainty) {
        match effect {
            Effect::ValidatesToken(TokenPlace::Header(name)) => {
                self.validated.push((name, step.meta.at.clone()));
            }
            Effect::Replaces(TokenPlace::Header(name)) => self.replaced.push(name),
            // What stands elsewhere may be changed with the URL, or not be the caller's at all.
            Effect::Other | Effect::ValidatesToken(_) | Effect::Replaces(_) => {}
            Effect::SignsIn => self.signs_in = true,
            // What a broader scope chose by name stays chosen, and which one that is depends on scopes.
            Effect::ToUrl => {
                self.unknown |= self.targets.iter().any(|target| matches!(target, Target::Backend(_)));
                self.go(Target::Url, certainty);
            }
            Effect::ToBackend(Some(backend)) => self.go(Target::Backend(backend), certainty),
            Effect::ToBackend(None) => self.unknown = true,
            Effect::Answers => self.answered |= certainty == Certainty::Always,
            Effect::Forwards => self.forwards = true,
        }
    }

    fn go(&mut self, target: Target, certainty: Certainty) {
        if certainty == Certainty::Always {
            self.targets.clear();
        }
        self.targets.push(target);
    }
}
