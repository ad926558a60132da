//! The operations of an API as trees of template segments, one tree per method, while they are put together.
//!
//! What comes of them is [`Operations`], in which requests search.

use std::collections::BTreeMap;

use http::Method;
use indexmap::IndexMap;
use source::{Diagnostic, Diagnostics};

use super::frozen::{Leaf, NONE, Operations};
use super::writing::Writing;
use crate::{Api, Operation, Piece, QueryPart, QueryValue, Segment, UrlTemplate};

/// Template segments of one method.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
}

#[derive(Debug)]
pub(super) struct Node {
    /// In lower case.
    pub(super) literals: BTreeMap<Box<[u8]>, u32>,
    pub(super) compounds: Vec<(Vec<Piece>, u32)>,
    pub(super) parameter: u32,
    /// Templates that end here, best first.
    pub(super) ends: Vec<u32>,
    /// Templates whose wildcard begins here, best first.
    pub(super) wildcards: Vec<u32>,
}

impl Default for Node {
    fn default() -> Self {
        Self {
            literals: BTreeMap::new(),
            compounds: Vec::new(),
            parameter: NONE,
            ends: Vec::new(),
            wildcards: Vec::new(),
        }
    }
}

impl Operations {
    /// Takes the operations of an API; says which cannot be told apart.
    pub(super) fn new(api: &Api, problems: &mut Diagnostics) -> Self {
        let mut methods: IndexMap<&Method, Tree> = IndexMap::new();
        for (index, operation) in api.operations.iter().enumerate() {
            let tree = methods.entry(&operation.method).or_default();
            if let Some(other) = tree.add(api, index, &operation.url_template) {
                problems.push(same_template(api, operation, other));
            }
        }
        Writing::of(api, &methods)
    }
}

impl Leaf {
    /// The template of an operation; its names are put behind those that are there.
    pub(super) fn of(api: &Api, index: u32, names: &mut Vec<std::sync::Arc<str>>) -> Self {
        let first_name = place(names.len());
        let Some(operation) = api.operations.get(index as usize) else { return Self::default() };
        let template = &operation.url_template;
        names.extend(template.parameters().cloned());
        let of_query = |part: &&QueryPart| matches!(part.value, QueryValue::Parameter(_));
        let in_query = template.query().iter().filter(of_query).count();
        let all = names.len() - first_name as usize;
        let short = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        Self {
            operation: index,
            first_name,
            in_path: short(all.saturating_sub(in_query)),
            in_query: short(in_query),
            has_query: !template.query().is_empty(),
        }
    }
}

impl Default for Tree {
    fn default() -> Self {
        Self { nodes: vec![Node::default()] }
    }
}

impl Tree {
    /// Adds a template; gives the operation that has the same one already, if there is one.
    fn add<'a>(&mut self, api: &'a Api, index: usize, template: &UrlTemplate) -> Option<&'a Operation> {
        let mut at = 0;
        let mut wildcard = false;
        for segment in template.segments() {
            match segment {
                Segment::Wildcard(_) => wildcard = true,
                other => at = self.child(at, other),
            }
        }
        let node = self.nodes.get_mut(at)?;
        let leaves = if wildcard { &mut node.wildcards } else { &mut node.ends };
        let of = |index: u32| api.operations.get(index as usize);
        let same = |other: &Operation| same_query(other.url_template.query(), template.query());
        if let Some(other) = leaves.iter().filter_map(|&leaf| of(leaf)).find(|other| same(other)) {
            return Some(other);
        }
        leaves.push(place(index));
        leaves.sort_by_key(|&leaf| std::cmp::Reverse(of(leaf).map(|each| weight(&each.url_template))));
        None
    }

    /// The node under `at` for a segment, made when there is none.
    fn child(&mut self, at: usize, segment: &Segment) -> usize {
        let next = place(self.nodes.len());
        let Some(node) = self.nodes.get_mut(at) else { return at };
        let child = match segment {
            Segment::Literal(text) => {
                let folded = text.to_ascii_lowercase().into_bytes().into_boxed_slice();
                *node.literals.entry(folded).or_insert(next)
            }
            Segment::Compound(pieces) => node.compound(pieces, next),
            Segment::Parameter(_) | Segment::Wildcard(_) => {
                if node.parameter == NONE {
                    node.parameter = next;
                }
                node.parameter
            }
        };
        if child == next {
            self.nodes.push(Node::default());
        }
        child as usize
    }
}

impl Node {
    fn compound(&mut self, pieces: &[Piece], next: u32) -> u32 {
        let same = |(known, _): &&(Vec<Piece>, u32)| same_shape(known, pieces);
        if let Some(&(_, child)) = self.compounds.iter().find(same) {
            return child;
        }
        self.compounds.push((pieces.to_vec(), next));
        next
    }
}

/// A place in a list; no list with four thousand million items fits into memory.
pub(super) fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// Whether two compound segments answer the same texts: the names of parameters make no difference.
fn same_shape(one: &[Piece], other: &[Piece]) -> bool {
    let same = |(one, other): (&Piece, &Piece)| match (one, other) {
        (Piece::Literal(one), Piece::Literal(other)) => one.eq_ignore_ascii_case(other),
        (Piece::Parameter(_), Piece::Parameter(_)) => true,
        _ => false,
    };
    one.len() == other.len() && one.iter().zip(other).all(same)
}

/// Whether two templates want the same of the query.
fn same_query(one: &[QueryPart], other: &[QueryPart]) -> bool {
    let same_value = |one: &QueryValue, other: &QueryValue| match (one, other) {
        (QueryValue::Literal(one), QueryValue::Literal(other)) => one.eq_ignore_ascii_case(other),
        (QueryValue::Parameter(_), QueryValue::Parameter(_)) => true,
        _ => false,
    };
    let has = |part: &QueryPart| {
        other
            .iter()
            .any(|each| each.name.eq_ignore_ascii_case(&part.name) && same_value(&each.value, &part.value))
    };
    one.len() == other.len() && one.iter().all(has)
}

/// More query parts first, then more literal values.
fn weight(template: &UrlTemplate) -> (usize, usize) {
    let literal = |part: &&QueryPart| matches!(part.value, QueryValue::Literal(_));
    (template.query().len(), template.query().iter().filter(literal).count())
}

fn same_template(api: &Api, operation: &Operation, other: &Operation) -> Diagnostic {
    let message = format!(
        "the operation `{}` of the API `{}` answers the same calls as `{}`: {} {}",
        operation.id, api.id, other.id, operation.method, operation.url_template,
    );
    let problem = Diagnostic::error("operation-taken", message)
        .help("give it another method, another URL template, or a query part that tells them apart");
    match operation.origin.as_ref().or(api.origin.as_ref()) {
        Some(at) => problem.at(at.clone()),
        None => problem,
    }
}
