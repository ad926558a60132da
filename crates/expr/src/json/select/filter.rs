//! Following a path through a tree.

use crate::json::JsonType;
use crate::json::node::JsonKind;
use crate::value::HeapId;
use crate::{Exception, Heap, Text};

use super::query::{Both, Compare, Compared, Query, Side, Test};
use super::{Step, wrong};

/// A walk along a path.
pub(super) struct Walk<'h> {
    pub(super) heap: &'h mut Heap,
    pub(super) root: HeapId,
    pub(super) strict: bool,
    /// How many nodes may still be looked at.
    pub(super) left: u64,
}

type Found<T> = Result<T, Exception>;

/// What a filter looks at: a token, or a member of an object as a property.
enum Candidate {
    Token(HeapId),
    Member(HeapId, Text),
}

impl Walk<'_> {
    pub(super) fn follow(&mut self, steps: &[Step], from: Vec<HeapId>) -> Found<Vec<HeapId>> {
        let mut current = from;
        for step in steps {
            let mut next = Vec::new();
            if matches!(step, Step::Root) {
                next.push(self.root);
            } else {
                for node in current {
                    self.apply(node, step, &mut next)?;
                }
            }
            current = next;
        }
        Ok(current)
    }

    fn look(&mut self, nodes: usize) -> Found<()> {
        let nodes = nodes as u64 + 1;
        if self.left < nodes {
            return Err(Exception::limit("The expression takes more steps than it may."));
        }
        self.left -= nodes;
        Ok(())
    }

    fn apply(&mut self, node: HeapId, step: &Step, out: &mut Vec<HeapId>) -> Found<()> {
        self.look(0)?;
        match step {
            Step::Root => Ok(()),
            Step::Field(name) => self.field(node, name.as_deref(), out),
            Step::Fields(names) => self.fields(node, names, out),
            Step::Scan(None) => self.scan_all(node, out),
            Step::Scan(Some(name)) => self.scan(node, std::slice::from_ref(name), out),
            Step::ScanMany(names) => self.scan(node, names, out),
            Step::Index(None) => self.all(node, out),
            Step::Index(Some(index)) => self.index(node, *index, out),
            Step::Indices(indices) => indices.iter().try_for_each(|index| self.index(node, *index, out)),
            Step::Slice(from, to, by) => self.slice(node, [*from, *to, *by], out),
            Step::Query(query) => self.query(node, query, out),
            Step::QueryScan(query) => self.query_scan(node, query, out),
        }
    }

    /// The class of a node, as messages name it.
    fn class(&self, node: HeapId) -> &'static str {
        match self.heap.json(node).map(|node| &node.kind) {
            Some(JsonKind::Array(_)) => "JArray",
            Some(JsonKind::Constructor(..)) => "JConstructor",
            Some(JsonKind::Object(_)) => "JObject",
            Some(JsonKind::Property(_)) => "JProperty",
            Some(JsonKind::Value(JsonType::Raw, _)) => "JRaw",
            _ => "JValue",
        }
    }

    fn refused(&self, message: impl FnOnce(&'static str) -> String, node: HeapId) -> Found<()> {
        if self.strict { Err(wrong(message(self.class(node)))) } else { Ok(()) }
    }

    fn field(&mut self, node: HeapId, name: Option<&str>, out: &mut Vec<HeapId>) -> Found<()> {
        let Some(JsonKind::Object(members)) = self.heap.json(node).map(|node| &node.kind) else {
            let name = name.unwrap_or("*");
            return self.refused(|class| format!("Property '{name}' not valid on {class}."), node);
        };
        let Some(name) = name else {
            out.extend(members.iter().map(|(_, id)| id));
            return self.look(out.len());
        };
        match members.get(name) {
            Some(id) => out.push(id),
            None => {
                return self.refused(|_| format!("Property '{name}' does not exist on JObject."), node);
            }
        }
        Ok(())
    }

    fn fields(&mut self, node: HeapId, names: &[String], out: &mut Vec<HeapId>) -> Found<()> {
        let Some(JsonKind::Object(members)) = self.heap.json(node).map(|node| &node.kind) else {
            let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
            let names = names.join(", ");
            return self.refused(|class| format!("Properties {names} not valid on {class}."), node);
        };
        let found: Vec<Option<HeapId>> = names.iter().map(|name| members.get(name)).collect();
        for (id, name) in found.into_iter().zip(names) {
            out.extend(id);
            // Json.NET 12 throws for the first name, whether it is there or not.
            self.refused(|_| format!("Property '{name}' does not exist on JObject."), node)?;
        }
        Ok(())
    }

    fn all(&mut self, node: HeapId, out: &mut Vec<HeapId>) -> Found<()> {
        match self.heap.json(node).and_then(crate::json::JsonNode::items) {
            Some(items) => {
                let count = items.len();
                out.extend(items);
                self.look(count)
            }
            None => self.refused(|class| format!("Index * not valid on {class}."), node),
        }
    }

    fn index(&mut self, node: HeapId, index: i32, out: &mut Vec<HeapId>) -> Found<()> {
        let class = self.class(node);
        let Some(items) = self.heap.json(node).and_then(crate::json::JsonNode::items) else {
            return self.refused(|class| format!("Index {index} not valid on {class}."), node);
        };
        match usize::try_from(index) {
            Ok(at) if at < items.len() => out.extend(items.get(at)),
            Ok(_) => return self.refused(|_| format!("Index {index} outside the bounds of {class}."), node),
            Err(_) => {
                return Err(Exception::out_of_range(
                    "Index was out of range. Must be non-negative and less than the size of the collection.",
                    "index",
                ));
            }
        }
        Ok(())
    }

    fn slice(&mut self, node: HeapId, [from, to, by]: [Option<i32>; 3], out: &mut Vec<HeapId>) -> Found<()> {
        let step = i64::from(by.unwrap_or(1));
        if step == 0 {
            return Err(wrong("Step cannot be zero."));
        }
        let Some(JsonKind::Array(items)) = self.heap.json(node).map(|node| &node.kind) else {
            return self.refused(|class| format!("Array slice is not valid on {class}."), node);
        };
        let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let inside = |index: i32| if index < 0 { i64::from(index) + length } else { i64::from(index) };
        let start = from.map_or(if step > 0 { 0 } else { length - 1 }, inside);
        let stop = to.map_or(if step > 0 { length } else { -1 }, inside);
        let start = if step > 0 { start.max(0).min(length) } else { start.min(length - 1) };
        let stop = stop.max(-1).min(length);
        let valid = |at: i64| if step > 0 { at < stop } else { at > stop };
        if !valid(start) {
            let shown = |index: Option<i32>| index.map_or("*".to_owned(), |index| index.to_string());
            let message = format!("Array slice of {} to {} returned no results.", shown(from), shown(to));
            return self.refused(|_| message, node);
        }
        let mut at = start;
        let before = out.len();
        while valid(at) {
            out.extend(usize::try_from(at).ok().and_then(|at| items.get(at)));
            at += step;
        }
        self.look(out.len() - before)
    }

    /// The node and all values below it.
    fn scan_all(&mut self, node: HeapId, out: &mut Vec<HeapId>) -> Found<()> {
        let mut ahead = vec![node];
        while let Some(id) = ahead.pop() {
            self.look(0)?;
            out.push(id);
            self.push_children(id, &mut ahead);
        }
        Ok(())
    }

    fn push_children(&self, node: HeapId, ahead: &mut Vec<HeapId>) {
        match self.heap.json(node).map(|node| &node.kind) {
            Some(JsonKind::Array(items) | JsonKind::Constructor(_, items)) => {
                ahead.extend(items.iter().rev())
            }
            Some(JsonKind::Object(members)) => {
                let before = ahead.len();
                ahead.extend(members.iter().map(|(_, id)| id));
                if let Some(own) = ahead.get_mut(before..) {
                    own.reverse();
                }
            }
            Some(JsonKind::Property(_)) => ahead.extend(self.heap.property_value(node)),
            _ => {}
        }
    }

    /// Values of members of these names below a node.
    fn scan(&mut self, node: HeapId, names: &[String], out: &mut Vec<HeapId>) -> Found<()> {
        let mut ahead: Vec<(HeapId, bool)> = vec![(node, false)];
        while let Some((id, wanted)) = ahead.pop() {
            self.look(0)?;
            if wanted {
                out.push(id);
            }
            match self.heap.json(id).map(|node| &node.kind) {
                Some(JsonKind::Object(members)) => {
                    let before = ahead.len();
                    let named = |name: &Text| names.iter().any(|wanted| wanted == name.as_str());
                    ahead.extend(members.iter().map(|(name, id)| (id, named(name))));
                    if let Some(own) = ahead.get_mut(before..) {
                        own.reverse();
                    }
                }
                Some(JsonKind::Array(items) | JsonKind::Constructor(_, items)) => {
                    ahead.extend(items.iter().rev().map(|id| (*id, false)));
                }
                Some(JsonKind::Property(_)) => {
                    ahead.extend(self.heap.property_value(id).map(|id| (id, false)));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The children of a node for which a filter holds.
    fn query(&mut self, node: HeapId, query: &Query, out: &mut Vec<HeapId>) -> Found<()> {
        for candidate in self.candidates(node) {
            self.keep(candidate, query, out)?;
        }
        Ok(())
    }

    fn candidates(&self, node: HeapId) -> Vec<Candidate> {
        match self.heap.json(node).map(|node| &node.kind) {
            Some(JsonKind::Object(members)) => {
                members.iter().map(|(name, _)| Candidate::Member(node, name.clone())).collect()
            }
            _ => super::children(self.heap, node).into_iter().map(Candidate::Token).collect(),
        }
    }

    fn keep(&mut self, candidate: Candidate, query: &Query, out: &mut Vec<HeapId>) -> Found<()> {
        self.look(0)?;
        if self.holds(&candidate, query)? {
            match candidate {
                Candidate::Token(id) => out.push(id),
                Candidate::Member(object, name) => out.extend(self.heap.property_of(object, &name)?),
            }
        }
        Ok(())
    }

    /// The node and all that is below it, where a filter holds.
    fn query_scan(&mut self, node: HeapId, query: &Query, out: &mut Vec<HeapId>) -> Found<()> {
        let mut ahead = vec![Candidate::Token(node)];
        while let Some(candidate) = ahead.pop() {
            let below = match &candidate {
                Candidate::Token(id) => self.candidates(*id),
                Candidate::Member(object, name) => match self.heap.json(*object).map(|node| &node.kind) {
                    Some(JsonKind::Object(members)) => {
                        members.get(name.as_str()).map(Candidate::Token).into_iter().collect()
                    }
                    _ => Vec::new(),
                },
            };
            self.keep(candidate, query, out)?;
            ahead.extend(below.into_iter().rev());
        }
        Ok(())
    }

    fn holds(&mut self, candidate: &Candidate, query: &Query) -> Found<bool> {
        match query {
            Query::One(test) => self.test(candidate, test),
            Query::Group(both, tests, inner) => {
                let stops = *both == Both::Or;
                for test in tests {
                    if self.test(candidate, test)? == stops {
                        return Ok(stops);
                    }
                }
                match inner {
                    Some(inner) => self.holds(candidate, inner),
                    None => Ok(!stops),
                }
            }
        }
    }

    fn test(&mut self, candidate: &Candidate, test: &Test) -> Found<bool> {
        let left = self.side(candidate, &test.left)?;
        let Some(right) = test.right.as_ref().filter(|_| test.compare != Compare::Exists) else {
            return Ok(!left.is_empty());
        };
        if left.is_empty() {
            return Ok(false);
        }
        let right = self.side(candidate, right)?;
        for a in &left {
            for b in &right {
                self.look(0)?;
                if test.compare.holds(a, b, &mut self.left)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn side(&mut self, candidate: &Candidate, side: &Side) -> Found<Vec<Compared>> {
        let steps = match side {
            Side::Value(kind, value) => return Ok(vec![Some((*kind, value.clone()))]),
            Side::Path(steps) => steps,
        };
        let from = match (candidate, steps.first()) {
            (Candidate::Token(id), _) => *id,
            (Candidate::Member(..), None) => return Ok(vec![None]),
            (Candidate::Member(..), Some(Step::Root)) => self.root,
            (Candidate::Member(..), _) => return Ok(Vec::new()),
        };
        let strict = std::mem::replace(&mut self.strict, false);
        let found = self.follow(steps, vec![from]);
        self.strict = strict;
        Ok(found?.into_iter().map(|id| self.compared(id)).collect())
    }

    fn compared(&self, id: HeapId) -> Compared {
        match self.heap.json(id).map(|node| &node.kind) {
            Some(JsonKind::Value(kind, value)) => Some((*kind, value.clone())),
            _ => None,
        }
    }
}
