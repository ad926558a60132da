//! Who gains and who loses what.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use model::{Api, ApiId, Operation, OperationId, Subscription};

use super::callers::{Caller, callers, works};
use super::domain::{Certainty, Table, Way};
use super::reached;
use crate::change::{Change, How, Kind, Weight};
use crate::effective::{Documents, Side, listed, operation_name};
use crate::realm::{Both, Realm};
use crate::resources::operations::pairs;

/// The changes of access, one for each caller, API, backend and deployment.
pub(crate) fn compare(both: &Both<'_>, documents: &mut Documents, changes: &mut Vec<Change>) {
    let moved = moved(both);
    for id in apis(both) {
        let mut one = One::new(both, &id, documents);
        one.scopes();
        moved.iter().for_each(|moved| one.subscription(moved));
        changes.extend(one.changes());
    }
}

/// The APIs of both sides.
fn apis(both: &Both<'_>) -> Vec<ApiId> {
    let ids = |realm: &Realm<'_>| -> Vec<ApiId> {
        realm.own().into_iter().flat_map(|own| own.apis.ids().cloned()).collect()
    };
    let (a, b) = (ids(&both.a), ids(&both.b));
    let known: HashSet<&ApiId> = b.iter().collect();
    let gone: Vec<ApiId> = a.into_iter().filter(|id| !known.contains(id)).collect();
    b.into_iter().chain(gone).collect()
}

/// A subscription whose keys open something else than before; on a side where they open nothing there is no caller.
struct Moved {
    what: String,
    a: Option<Caller>,
    b: Option<Caller>,
}

fn moved(both: &Both<'_>) -> Vec<Moved> {
    let of = |realm: &Realm<'_>| -> BTreeMap<String, (Caller, bool, String)> {
        let all = realm.own().into_iter().flat_map(|own| own.subscriptions.iter());
        let entry = |each: &Arc<Subscription>| {
            let name = realm.named("subscription", &each.id);
            (each.id.as_str().to_ascii_lowercase(), (Caller::of(&each.scope), works(realm, each), name))
        };
        all.map(entry).collect()
    };
    let (a, b) = (of(&both.a), of(&both.b));
    let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let caller = |side: &BTreeMap<String, (Caller, bool, String)>, name: &String| {
        side.get(name).filter(|(_, works, _)| *works).map(|(caller, _, _)| caller.clone())
    };
    let moved = names.into_iter().filter_map(|name| {
        let (before, after) = (caller(&a, name), caller(&b, name));
        let (_, _, what) = b.get(name).or_else(|| a.get(name))?;
        (before != after).then(|| Moved { what: format!("keys of the {what}"), a: before, b: after })
    });
    moved.collect()
}

/// One API on both sides.
struct One<'a, 'b> {
    both: &'b Both<'a>,
    a: Option<Arc<Api>>,
    b: Option<Arc<Api>>,
    /// What operations of the first side that are on both are called on the second.
    names: HashMap<OperationId, String>,
    documents: &'b mut Documents,
    /// What was found, with whom it concerns.
    found: BTreeMap<(Expected, Step, BTreeSet<String>), Found>,
}

impl<'a, 'b> One<'a, 'b> {
    fn new(both: &'b Both<'a>, id: &ApiId, documents: &'b mut Documents) -> Self {
        let find = |realm: &Realm<'_>| realm.own().and_then(|own| own.apis.get(id).cloned());
        let (a, b) = (find(&both.a), find(&both.b));
        let paired = a.as_deref().zip(b.as_deref()).map(|(a, b)| pairs(a, b)).unwrap_or_default();
        let names = paired.into_iter().map(|(one, other)| (one.id.clone(), operation_name(other))).collect();
        Self { both, a, b, names, documents, found: BTreeMap::new() }
    }

    fn scopes(&mut self) {
        let before = self.a.as_ref().map(|api| callers(&self.both.a, api)).unwrap_or_default();
        let after = self.b.as_ref().map(|api| callers(&self.both.b, api)).unwrap_or_default();
        let come = after.into_iter().filter(|each| !before.contains(each)).collect::<Vec<_>>();
        for caller in before.into_iter().chain(come) {
            // That keys of an API open it goes without saying when it comes or goes.
            let comes_or_goes = self.a.is_none() || self.b.is_none();
            if comes_or_goes && matches!(caller, Caller::Api(_)) {
                continue;
            }
            // Keys of all APIs are meant to open new ones.
            let expected =
                if comes_or_goes && caller == Caller::AllApis { Expected::Yes } else { Expected::No };
            self.between(&caller.to_string(), Some(&caller), Some(&caller), expected);
        }
    }

    fn subscription(&mut self, moved: &Moved) {
        self.between(&moved.what, moved.a.as_ref(), moved.b.as_ref(), Expected::No);
    }

    fn between(&mut self, who: &str, a: Option<&Caller>, b: Option<&Caller>, expected: Expected) {
        let (before, after) = (self.table_a(a), self.table_b(b));
        for (step, operations) in steps(&before, &after) {
            let (lesser, least) = if step.gains() { (&before, &step.after) } else { (&after, &step.before) };
            // Whoever goes the same way by another operation gains nothing but that, and loses nothing but that.
            let goes = |((_, way), known): (&(String, Way), &Certainty)| {
                way.covers(&step.way) && Answer::of(Some(known)).rank() >= least.rank()
            };
            let expected = if lesser.iter().any(goes) { Expected::Yes } else { expected };
            let stays =
                after.keys().map(|(_, way)| way).filter(|way| step.way.covers(way) && **way != step.way);
            let stays = stays.map(|way| way.deployment.to_string()).collect();
            let found = self.found.entry((expected, step, operations)).or_default();
            found.who.push(who.to_owned());
            found.stays = stays;
        }
    }

    fn table_a(&mut self, caller: Option<&Caller>) -> Table {
        let (Some(api), Some(caller)) = (&self.a, caller) else { return Table::new() };
        let name = |operation: &Operation| {
            self.names.get(&operation.id).cloned().unwrap_or_else(|| operation_name(operation))
        };
        reached((&self.both.a, Side::A), api, caller, self.documents, &name)
    }

    fn table_b(&mut self, caller: Option<&Caller>) -> Table {
        let (Some(api), Some(caller)) = (&self.b, caller) else { return Table::new() };
        reached((&self.both.b, Side::B), api, caller, self.documents, &operation_name)
    }

    fn changes(self) -> impl Iterator<Item = Change> {
        let api = self.b.or(self.a);
        let name = api.as_ref().map_or_else(String::new, |api| self.both.b.named("API", &api.id));
        let all = api.map_or(0, |api| api.operations.len());
        self.found.into_iter().map(move |((expected, step, operations), found)| {
            let (how, weight) = match (step.gains(), expected) {
                (true, Expected::No) => (How::Added, Weight::Opens),
                (true, Expected::Yes) => (How::Added, Weight::Adds),
                (false, _) => (How::Removed, Weight::Breaks),
            };
            let mut change = Change::new(weight, Kind::Access, how, found.who.join("; "));
            let way = format!("{}, {}", step.way.backend, step.way.deployment);
            change.reaches = vec![format!("{name}: {}", listed(&operations, all)), way];
            if how == How::Removed && !found.stays.is_empty() {
                let stays: Vec<String> = found.stays.into_iter().collect();
                change.reaches.push(format!("what stays: {}", stays.join(", ")));
            }
            (change.before, change.after) = (Some(step.before.told()), Some(step.after.told()));
            change
        })
    }
}

/// Whether a gain follows from something else that is told, and is no news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Expected {
    No,
    Yes,
}

/// Whom a step concerns, and what of the way stays when it is lost.
#[derive(Debug, Default)]
struct Found {
    who: Vec<String>,
    stays: BTreeSet<String>,
}

/// A way for which the answer is another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Step {
    way: Way,
    before: Answer,
    after: Answer,
}

impl Step {
    fn gains(&self) -> bool {
        self.before.rank() < self.after.rank()
    }
}

/// No, decided by policies, yes. Which policies decide is told and does not count: the policies are compared elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Answer {
    No,
    Decided(String),
    Yes,
}

impl Answer {
    fn of(certainty: Option<&Certainty>) -> Self {
        match certainty {
            None => Self::No,
            Some(Certainty::Yes) => Self::Yes,
            Some(decided @ Certainty::Decided(_)) => Self::Decided(decided.to_string()),
        }
    }

    fn told(&self) -> String {
        match self {
            Self::No => "no".to_owned(),
            Self::Decided(how) => how.clone(),
            Self::Yes => "yes".to_owned(),
        }
    }

    /// How much it lets through.
    fn rank(&self) -> u8 {
        match self {
            Self::No => 0,
            Self::Decided(_) => 1,
            Self::Yes => 2,
        }
    }
}

/// What a table says of a way: what it says of the widest one that holds it.
fn answer(table: &Table, operation: &str, way: &Way) -> Answer {
    let exact = table.get(&(operation.to_owned(), way.clone()));
    let wider = table.iter().filter(|((name, wide), _)| name == operation && wide.covers(way));
    let best = wider.map(|(_, certainty)| certainty).chain(exact).min();
    Answer::of(best)
}

/// The operations for which an answer is another, by what they reach.
fn steps(before: &Table, after: &Table) -> BTreeMap<Step, BTreeSet<String>> {
    let mut steps: BTreeMap<Step, BTreeSet<String>> = BTreeMap::new();
    let keys: BTreeSet<&(String, Way)> = before.keys().chain(after.keys()).collect();
    for (operation, way) in keys {
        let (one, other) = (answer(before, operation, way), answer(after, operation, way));
        if one.rank() != other.rank() {
            let step = Step { way: way.clone(), before: one, after: other };
            steps.entry(step).or_default().insert(operation.clone());
        }
    }
    steps
}
