//! Operations: which calls are answered, and by which of them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use model::routing::{Outcome, RouteRequest, RouteTable};
use model::{Api, ApiPath, Collection, Operation, OperationId, Piece, QueryValue, Segment};

use crate::change::{Change, How, Kind, Subject, Weight};
use crate::effective::operation_name;

/// The operations that are on both sides: of one name, and among the others of one method and shape of template.
pub(crate) fn pairs<'a>(before: &'a Api, after: &'a Api) -> Vec<(&'a Operation, &'a Operation)> {
    let mut left: HashMap<&OperationId, &Operation> =
        before.operations.iter().map(|each| (&each.id, each)).collect();
    let (mut pairs, mut open) = (Vec::new(), Vec::new());
    for operation in &after.operations {
        match left.remove(&operation.id) {
            Some(same) => pairs.push((same, operation)),
            None => open.push(operation),
        }
    }
    if open.is_empty() {
        return pairs;
    }
    let mut left: HashMap<_, &Operation> = left.into_values().map(|each| (sample(each), each)).collect();
    pairs.extend(open.into_iter().filter_map(|each| left.remove(&sample(each)).map(|same| (same, each))));
    pairs
}

/// What becomes of the operations of an API.
pub(super) fn compare(api: &str, before: &Api, after: &Api, changes: &mut Vec<Change>) {
    let pairs = pairs(before, after);
    let paired: HashSet<*const Operation> = pairs
        .iter()
        .flat_map(|(one, other)| [std::ptr::from_ref(*one), std::ptr::from_ref(*other)])
        .collect();
    let alone = |each: &&Operation| !paired.contains(&std::ptr::from_ref(*each));
    let gone = before.operations.iter().filter(alone);
    let come = after.operations.iter().filter(alone);
    let (mut gone, mut come) = (gone.peekable(), come.peekable());
    if gone.peek().is_some() || come.peek().is_some() {
        let (routes_before, routes_after) = (Routes::of(before), Routes::of(after));
        changes.extend(gone.map(|each| whole(api, each, (How::Removed, Weight::Breaks), &routes_after)));
        changes.extend(come.map(|each| whole(api, each, (How::Added, Weight::Adds), &routes_before)));
    }
    for (one, other) in pairs {
        same(api, one, other, changes);
    }
}

fn whole(api: &str, operation: &Operation, (how, weight): (How, Weight), others: &Routes) -> Change {
    let what = format!("operation `{}` of the {api}", operation_name(operation));
    let mut change = Change::new(weight, Kind::Operation, how, what).at(operation.origin.clone());
    let own = Some(format!("answered by `{}`", operation.id));
    let others = Some(others.answer(operation));
    (change.before, change.after) = if how == How::Added { (others, own) } else { (own, others) };
    change
}

fn same(api: &str, before: &Operation, after: &Operation, changes: &mut Vec<Change>) {
    let what = format!("operation `{}` of the {api}", after.id);
    let subject = Subject { kind: Kind::Operation, what, at: after.origin.clone() };
    let called = |operation: &Operation| format!("`{}`", operation_name(operation));
    // Names of parameters are seen by policies only.
    let weight = if sample(before) == sample(after) { Weight::Alters } else { Weight::Breaks };
    subject.property("method and template", (called(before), called(after)), weight, changes);
}

/// A call that an operation answers: method, path, query.
fn sample(operation: &Operation) -> (String, String, String) {
    let segment = |segment: &Segment| match segment {
        Segment::Literal(text) => encoded(text),
        Segment::Parameter(_) => ANYTHING.to_owned(),
        Segment::Wildcard(_) => REST.to_owned(),
        Segment::Compound(pieces) => pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => encoded(text),
                Piece::Parameter(_) => ANYTHING.to_owned(),
            })
            .collect(),
    };
    let template = &operation.url_template;
    let path = template.segments().iter().map(|each| format!("/{}", segment(each))).collect();
    let query = template.query().iter().map(|part| {
        let value = match &part.value {
            QueryValue::Literal(text) => encoded(text),
            QueryValue::Parameter(_) => ANYTHING.to_owned(),
        };
        format!("{}={value}", encoded(&part.name))
    });
    (operation.method.to_string(), path, query.collect::<Vec<_>>().join("&"))
}

/// Text that no template has a literal for.
const ANYTHING: &str = "-any-value-";
const REST: &str = "-any-rest-/of-the-path-";

/// Lower case, because literals are compared without regard to it.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ if byte.is_ascii_alphanumeric() => char::from(byte.to_ascii_lowercase()).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// Which operation of one API answers a call.
struct Routes {
    table: RouteTable,
}

impl Routes {
    fn of(api: &Api) -> Self {
        let Ok(path) = ApiPath::new("") else { return Self { table: RouteTable::default() } };
        let mut alone = Api::new(api.id.root(), api.display_name.clone(), path);
        alone.operations.clone_from(&api.operations);
        let (table, _) = RouteTable::new([&Arc::new(alone)], &Collection::new());
        Self { table }
    }

    fn answer(&self, operation: &Operation) -> String {
        let (_, path, query) = sample(operation);
        let path = if path.is_empty() { "/" } else { &path };
        let query = Some(query.as_str()).filter(|query| !query.is_empty());
        let request =
            RouteRequest { method: &operation.method, path, query, headers: &http::HeaderMap::new() };
        match self.table.find(&request) {
            Outcome::Found(found) => {
                let id = found.operation().map_or("", |operation| operation.id.as_str());
                format!("answered by `{id}`")
            }
            Outcome::NoOperation(_) | Outcome::NoApi | Outcome::BadPath(_) => "not found (404)".to_owned(),
        }
    }
}
