//! An effective policy, run without a request: every way that a call may take through it.
//!
//! A state is what is known of a call at one moment. A policy makes none, one or several of each state: `choose` goes on
//! with what each branch makes of it. Where branches differ, the `choose` decides; where they do not, it is as if it were
//! not there. `forward-request` ends a way.

use std::collections::BTreeMap;

use model::{Api, Backend, BackendId, BackendKind, Operation, UrlTemplate};

use super::domain::{Certainty, Deployment, Spot, Way};
use super::place::deployment;
use crate::effective::node::Node;
use crate::effective::{Effective, Level, Placed};
use crate::realm::Realm;
use crate::words::{Meaning, meaning};

/// As many states are told apart; more come of documents that choose again and again. What is beyond is computed.
const STATES: usize = 64;

/// The ways of an operation and how sure each is.
pub(super) fn ways(
    realm: &Realm<'_>,
    api: &Api,
    operation: &Operation,
    effective: &Effective,
) -> BTreeMap<Way, Certainty> {
    let mut walk = Walk { realm, sent: Vec::new() };
    let [inbound, backend, ..] = &effective.sections;
    let states = walk.section(inbound, vec![State::start(api)]);
    walk.section(backend, states);
    let mut ways: BTreeMap<Way, Certainty> = BTreeMap::new();
    for state in walk.sent {
        let certainty =
            if state.decided.is_empty() { Certainty::Yes } else { Certainty::Decided(state.decided.clone()) };
        for way in state.ways(realm, operation) {
            let known = ways.remove(&way);
            let either = known.map_or_else(|| certainty.clone(), |known| known.or(certainty.clone()));
            ways.insert(way, either);
        }
    }
    ways
}

/// Where a call goes as far as is known.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    Nowhere,
    /// The API's service URL.
    Service(String),
    Url(String),
    /// Named at this level.
    Backend(String, Level),
    Computed,
}

/// Which path it has there.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Path {
    /// That of the operation.
    Own,
    Rewritten(String),
    Computed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    target: Target,
    path: Path,
    decided: Vec<Spot>,
}

impl State {
    fn start(api: &Api) -> Self {
        let target = api.service_url.as_ref().map_or(Target::Nowhere, |url| Target::Service(url.to_string()));
        Self { target, path: Path::Own, decided: Vec::new() }
    }

    fn decided_at(mut self, spot: &Spot) -> Self {
        if !self.decided.contains(spot) {
            self.decided.push(spot.clone());
        }
        self
    }

    fn ways(&self, realm: &Realm<'_>, operation: &Operation) -> Vec<Way> {
        let way = |backend: String, base: &str| Way { backend, deployment: self.deployment(base, operation) };
        match &self.target {
            Target::Nowhere => Vec::new(),
            Target::Computed => {
                vec![Way {
                    backend: "a backend that a policy computes".to_owned(),
                    deployment: Deployment::Computed,
                }]
            }
            Target::Service(url) => vec![way("the service URL".to_owned(), url)],
            Target::Url(url) => {
                let shown = url.split(['?', '#']).next().unwrap_or("").trim_end_matches('/');
                vec![way(format!("`{shown}`"), url)]
            }
            Target::Backend(id, _) => {
                let bases = bases(realm, id);
                bases.into_iter().map(|base| way(format!("backend `{id}`"), &base)).collect()
            }
        }
    }

    fn deployment(&self, base: &str, operation: &Operation) -> Deployment {
        let of = |template: &UrlTemplate| deployment(base, template);
        match &self.path {
            Path::Own => of(&operation.url_template),
            Path::Rewritten(text) => {
                UrlTemplate::new(text).map_or(Deployment::Computed, |template| of(&template))
            }
            Path::Computed => {
                match of(&UrlTemplate::new("/").unwrap_or_else(|_| operation.url_template.clone())) {
                    named @ Deployment::Named(_) => named,
                    _ => Deployment::Computed,
                }
            }
        }
    }
}

/// The base URLs of a backend: those of its members when it is a pool.
fn bases(realm: &Realm<'_>, id: &str) -> Vec<String> {
    let find = |id: &BackendId| realm.own().and_then(|own| own.backends.get(id));
    let url = |backend: &Backend| match &backend.kind {
        BackendKind::Single { url, .. } => Some(realm.filled(&url.text)),
        BackendKind::Pool { .. } => None,
    };
    let Some(backend) = BackendId::new(id).ok().and_then(|id| find(&id)) else { return vec![String::new()] };
    match &backend.kind {
        BackendKind::Single { .. } => url(backend).into_iter().collect(),
        BackendKind::Pool { members, .. } => {
            members.iter().filter_map(|member| find(&member.backend)).filter_map(|each| url(each)).collect()
        }
    }
}

struct Walk<'a> {
    realm: &'a Realm<'a>,
    sent: Vec<State>,
}

impl Walk<'_> {
    fn section(&mut self, section: &[Placed], states: Vec<State>) -> Vec<State> {
        section.iter().fold(states, |states, placed| self.policy(&placed.node, placed.level, states))
    }

    /// INVARIANT: as deep as documents are.
    fn policies(&mut self, holder: &Node, level: Level, states: Vec<State>) -> Vec<State> {
        holder.children.iter().fold(states, |states, node| self.policy(node, level, states))
    }

    fn policy(&mut self, node: &Node, level: Level, states: Vec<State>) -> Vec<State> {
        let spot = || Spot::new(&node.name, &node.at);
        match meaning(&node.name) {
            Meaning::Neutral => states,
            Meaning::Answers => Vec::new(),
            Meaning::Guards | Meaning::Unknown => {
                states.into_iter().map(|state| state.decided_at(&spot())).collect()
            }
            Meaning::Forwards => {
                self.sent.extend(states.iter().cloned());
                states
            }
            Meaning::ChoosesBackend => {
                states.into_iter().map(|state| self.chosen(node, level, state)).collect()
            }
            Meaning::Rewrites => {
                states.into_iter().map(|state| State { path: self.path(node), ..state }).collect()
            }
            Meaning::Wraps => self.policies(node, level, states),
            Meaning::Branches => self.branches(node, level, states, &spot()),
        }
    }

    fn chosen(&self, node: &Node, level: Level, state: State) -> State {
        let url = node.attribute("base-url").map(|text| self.realm.filled(text));
        let id = node.attribute("backend-id").map(|text| self.realm.filled(text).trim().to_owned());
        let target = match (url, id) {
            // COMPAT: what a broader scope chose by `backend-id` stays against a `base-url` of a narrower one.
            (Some(_), _) if matches!(&state.target, Target::Backend(_, broader) if *broader < level) => {
                return state;
            }
            (Some(url), _) if is_code(&url) => Target::Computed,
            (Some(url), _) => Target::Url(url),
            (None, Some(id)) if is_code(&id) => Target::Computed,
            (None, Some(id)) => Target::Backend(id, level),
            (None, None) => Target::Computed,
        };
        State { target, ..state }
    }

    fn path(&self, node: &Node) -> Path {
        let text = node.attribute("template").map(|text| self.realm.filled(text));
        text.filter(|text| !is_code(text)).map_or(Path::Computed, Path::Rewritten)
    }

    /// Each branch begins with the states as they are; without `otherwise` they may also go on as they are.
    fn branches(&mut self, node: &Node, level: Level, states: Vec<State>, spot: &Spot) -> Vec<State> {
        let before = self.sent.len();
        let mut sends = Vec::new();
        let mut results: Vec<Vec<State>> = Vec::new();
        for branch in &node.children {
            let at = self.sent.len();
            results.push(self.policies(branch, level, states.clone()));
            sends.push(self.sent.len() > at);
        }
        if !node.children.iter().any(|branch| &*branch.name == "otherwise") {
            results.push(states.clone());
            sends.push(false);
        }
        let is_same = results.iter().all(|result| *result == states)
            && sends.iter().all(|sends_too| Some(sends_too) == sends.first());
        if is_same {
            return states;
        }
        for sent in self.sent.iter_mut().skip(before) {
            *sent = sent.clone().decided_at(spot);
        }
        let mut joined: Vec<State> = Vec::new();
        for state in results.into_iter().flatten().map(|state| state.decided_at(spot)) {
            if !joined.contains(&state) {
                joined.push(state);
            }
        }
        bounded(joined)
    }
}

fn bounded(mut states: Vec<State>) -> Vec<State> {
    if states.len() > STATES {
        let decided = states.first().map(|state| state.decided.clone()).unwrap_or_default();
        states.truncate(STATES - 1);
        states.push(State { target: Target::Computed, path: Path::Computed, decided });
    }
    states
}

fn is_code(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("@(") || text.starts_with("@{")
}
