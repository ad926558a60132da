//! From a method and the rest of a path to an operation: one tree of template segments per method.

use http::Method;
use indexmap::IndexMap;
use source::{Diagnostic, Diagnostics};

use super::children::Children;
use super::path::{Form, Raw};
use super::{Captured, RouteRequest, query};
use crate::{Api, Operation, Piece, QueryPart, QueryValue, Segment, UrlTemplate};

/// The operations of one API.
#[derive(Debug, Default)]
pub(super) struct Operations {
    methods: IndexMap<Method, Tree>,
}

/// The operation that was found.
pub(super) struct Found<'t, 'r> {
    pub(super) index: usize,
    pub(super) operation: &'t Operation,
    pub(super) parameters: Vec<Captured<'t, 'r>>,
}

/// Template segments of one method.
#[derive(Debug)]
struct Tree {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    literals: Children,
    compounds: Vec<(Vec<Piece>, usize)>,
    parameter: Option<u32>,
    /// Templates that end here, best first.
    ends: Vec<u32>,
    /// Templates whose wildcard begins here, best first.
    wildcards: Vec<u32>,
}

impl Operations {
    /// Takes the operations of an API; says which cannot be told apart.
    pub(super) fn new(api: &Api, problems: &mut Diagnostics) -> Self {
        let mut operations = Self::default();
        for (index, operation) in api.operations.iter().enumerate() {
            let tree = operations.methods.entry(operation.method.clone()).or_default();
            if let Some(other) = tree.add(api, index, &operation.url_template) {
                problems.push(same_template(api, operation, other));
            }
        }
        operations.methods.values_mut().for_each(Tree::shrink);
        operations
    }

    /// The operation that a request means.
    pub(super) fn find<'t, 'r>(
        &'t self,
        api: &'t Api,
        request: &RouteRequest<'r>,
        rest: &'r str,
    ) -> Option<Found<'t, 'r>> {
        let tree = self.methods.get(request.method)?;
        let mut search = Search { tree, api, query: request.query, trail: Vec::new() };
        let index = search.below(0, rest)?;
        let operation = api.operations.get(index)?;
        Some(Found { index, operation, parameters: captured(&operation.url_template, &search.trail) })
    }
}

/// Gives what was captured its names; what comes from the query comes last.
fn captured<'t, 'r>(template: &'t UrlTemplate, trail: &[&'r str]) -> Vec<Captured<'t, 'r>> {
    let of_query = |part: &&QueryPart| matches!(part.value, QueryValue::Parameter(_));
    let in_path = trail.len().saturating_sub(template.query().iter().filter(of_query).count());
    let form = |at: usize| if at < in_path { Form::Path } else { Form::Query };
    let named = template.parameters().zip(trail.iter()).enumerate();
    named.map(|(at, (name, &raw))| Captured { name, raw, form: form(at) }).collect()
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

    /// Gives back what growing took in excess: there may be very many trees.
    fn shrink(&mut self) {
        for node in &mut self.nodes {
            node.literals.shrink();
            node.ends.shrink_to_fit();
            node.wildcards.shrink_to_fit();
        }
        self.nodes.shrink_to_fit();
    }

    /// The node under `at` for a segment, made when there is none.
    fn child(&mut self, at: usize, segment: &Segment) -> usize {
        let next = self.nodes.len();
        let Some(node) = self.nodes.get_mut(at) else { return at };
        let child = match segment {
            Segment::Literal(text) => node.literals.get_or_insert(text, next),
            Segment::Compound(pieces) => node.compound(pieces, next),
            Segment::Parameter(_) | Segment::Wildcard(_) => {
                *node.parameter.get_or_insert(place(next)) as usize
            }
        };
        if child == next {
            self.nodes.push(Node::default());
        }
        child
    }
}

impl Node {
    fn compound(&mut self, pieces: &[Piece], next: usize) -> usize {
        let same = |(known, _): &&(Vec<Piece>, usize)| same_shape(known, pieces);
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

/// One search through a tree.
///
/// INVARIANT: it goes no deeper than the longest template has segments, and visits each node at most once, because a
/// node stands for one beginning of templates and a depth stands for one place in the path.
struct Search<'t, 'r> {
    tree: &'t Tree,
    api: &'t Api,
    query: Option<&'r str>,
    trail: Vec<&'r str>,
}

impl<'t, 'r> Search<'t, 'r> {
    /// The best operation below a node for the rest of a path.
    fn below(&mut self, at: usize, rest: &'r str) -> Option<usize> {
        let node = self.tree.nodes.get(at)?;
        let segments = rest.strip_prefix('/').unwrap_or(rest);
        if segments.is_empty() {
            return self.leaf(&node.ends).or_else(|| self.wildcard(node, segments));
        }
        let (segment, tail) = segments.split_at(segments.find('/').unwrap_or(segments.len()));
        self.one_segment(node, segment, tail).or_else(|| self.wildcard(node, segments))
    }

    fn one_segment(&mut self, node: &'t Node, segment: &'r str, tail: &'r str) -> Option<usize> {
        if segment.is_empty() {
            return None;
        }
        if let Some(child) = node.literals.get(Raw::new(segment, Form::Path))
            && let Some(found) = self.below(child, tail)
        {
            return Some(found);
        }
        for (pieces, child) in &node.compounds {
            let before = self.trail.len();
            if split_compound(pieces, segment, &mut self.trail)
                && let Some(found) = self.below(*child, tail)
            {
                return Some(found);
            }
            self.trail.truncate(before);
        }
        self.captured(node.parameter? as usize, segment, tail)
    }

    fn captured(&mut self, child: usize, segment: &'r str, tail: &'r str) -> Option<usize> {
        let before = self.trail.len();
        self.trail.push(segment);
        let found = self.below(child, tail);
        if found.is_none() {
            self.trail.truncate(before);
        }
        found
    }

    fn wildcard(&mut self, node: &'t Node, segments: &'r str) -> Option<usize> {
        if node.wildcards.is_empty() {
            return None;
        }
        self.trail.push(segments);
        let found = self.leaf(&node.wildcards);
        if found.is_none() {
            self.trail.pop();
        }
        found
    }

    fn leaf(&mut self, leaves: &[u32]) -> Option<usize> {
        let (api, query) = (self.api, self.query);
        let fits = |&&leaf: &&u32| {
            let template = api.operations.get(leaf as usize).map(|each| &each.url_template);
            template.is_some_and(|template| query::matches(template.query(), query, &mut self.trail))
        };
        leaves.iter().find(fits).map(|&leaf| leaf as usize)
    }
}

/// Splits a segment as its template says; what its parameters capture is put on the trail.
///
/// COMPAT: as `System.UriTemplate`, from the right: `{name}.{kind}` takes `a.b.c` apart as `a.b` and `c`.
fn split_compound<'r>(pieces: &[Piece], segment: &'r str, trail: &mut Vec<&'r str>) -> bool {
    let before = trail.len();
    let fits = split_pieces(pieces, segment, trail).is_some();
    match (fits, trail.get_mut(before..)) {
        (true, Some(new)) => new.reverse(),
        _ => trail.truncate(before),
    }
    fits
}

/// Does so; what is captured comes in reverse order.
fn split_pieces<'r>(pieces: &[Piece], segment: &'r str, trail: &mut Vec<&'r str>) -> Option<()> {
    let (pieces, mut rest) = match pieces.split_first() {
        Some((Piece::Literal(text), pieces)) => (pieces, after_prefix(segment, text)?),
        _ => (pieces, segment),
    };
    let mut open = false;
    for piece in pieces.iter().rev() {
        match piece {
            Piece::Parameter(_) => open = true,
            Piece::Literal(text) => {
                let (left, right) = split_last(rest, text, open)?;
                if open {
                    trail.push(right);
                }
                (rest, open) = (left, false);
            }
        }
    }
    if open {
        trail.push(rest);
    }
    (open != rest.is_empty()).then_some(())
}

fn after_prefix<'r>(segment: &'r str, literal: &str) -> Option<&'r str> {
    let behind = Raw::new(segment, Form::Path).strip_prefix(literal)?.len();
    segment.get(segment.len() - behind..)
}

/// Splits a raw segment at the last place where a literal stands; `open` wants text behind it, else none may be there.
fn split_last<'r>(segment: &'r str, literal: &str, open: bool) -> Option<(&'r str, &'r str)> {
    let mut places = segment.char_indices().rev().filter(|&(at, _)| !inside_escape(segment, at));
    places.find_map(|(at, _)| {
        let (left, here) = segment.split_at_checked(at)?;
        let right = after_prefix(here, literal)?;
        (open != right.is_empty()).then_some((left, right))
    })
}

/// Whether a place is behind the `%` of an escape and before its end.
fn inside_escape(segment: &str, at: usize) -> bool {
    let before = segment.as_bytes().get(at.saturating_sub(2)..at);
    before.is_some_and(|before| before.contains(&b'%'))
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
