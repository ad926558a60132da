//! The operations of an API in one piece of memory, and the search in it.
//!
//! With 100,000 operations what a search reads is in no cache of the processor, and each place in memory that it goes to
//! costs as much as a hundred of its steps. So a tree of template segments is written out node behind node: a search reads
//! a few lines that stand beside each other, and touches neither templates nor operations unless they have query parts.
//!
//! ```text
//! methods:  how many; each: length, name, its first node
//! node:     literals, compounds, ends, wildcards (how many of each); first compound; the node of a parameter
//!           ends and wildcards, each: operation, first name, names in the path, names in the query, whether it has a query
//!           literals, each: length, text in lower case, its node; many are sorted, behind a list of their places
//! ```

use std::cmp::Ordering;
use std::sync::Arc;

use super::compound::split_compound;
use super::path::{Form, Raw};
use super::{RouteRequest, query, segment_end};
use crate::{Api, Piece};

/// So many literals are compared one by one; more are searched by halves.
pub(super) const FEW: u32 = 16;

/// What stands in the place of a node that is not there.
pub(super) const NONE: u32 = u32::MAX;

/// The operations of one API.
#[derive(Debug, Default)]
pub(super) struct Operations {
    pub(super) bytes: Box<[u8]>,
    /// Names of parameters, those of each template beside each other.
    pub(super) names: Box<[Arc<str>]>,
    pub(super) compounds: Box<[(Vec<Piece>, u32)]>,
}

/// The operation that was found.
pub(super) struct Found<'t, 'r> {
    pub(super) index: usize,
    /// The names of its parameters; those from the query come last.
    pub(super) names: &'t [Arc<str>],
    pub(super) values: Vec<&'r str>,
    /// How many of them stand in the path.
    pub(super) in_path: usize,
}

/// A template that ends at a node, or whose wildcard begins there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Leaf {
    pub(super) operation: u32,
    pub(super) first_name: u32,
    pub(super) in_path: u16,
    pub(super) in_query: u16,
    pub(super) has_query: bool,
}

/// Reads numbers and texts one behind the other.
#[derive(Clone, Copy)]
struct At<'t> {
    rest: &'t [u8],
}

impl<'t> At<'t> {
    fn new(bytes: &'t [u8], at: u32) -> Option<Self> {
        Some(Self { rest: bytes.get(at as usize..)? })
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn short(&mut self) -> Option<u16> {
        let (value, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(u16::from_le_bytes(*value))
    }

    fn number(&mut self) -> Option<u32> {
        let (value, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(u32::from_le_bytes(*value))
    }

    fn bytes(&mut self, length: usize) -> Option<&'t [u8]> {
        let (value, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(value)
    }

    fn leaf(&mut self) -> Option<Leaf> {
        Some(Leaf {
            operation: self.number()?,
            first_name: self.number()?,
            in_path: self.short()?,
            in_query: self.short()?,
            has_query: self.byte()? != 0,
        })
    }
}

/// Bytes of a leaf.
pub(super) const LEAF: usize = 13;

/// What stands at a node.
struct Node<'t> {
    literals: u32,
    compounds: u32,
    first_compound: u32,
    parameter: u32,
    ends: At<'t>,
    ends_count: u32,
    wildcards: At<'t>,
    wildcards_count: u32,
    literals_at: At<'t>,
}

impl<'t> Node<'t> {
    fn read(bytes: &'t [u8], at: u32) -> Option<Self> {
        let mut reader = At::new(bytes, at)?;
        let (literals, compounds) = (reader.number()?, reader.number()?);
        let (ends_count, wildcards_count) = (reader.number()?, reader.number()?);
        let (first_compound, parameter) = (reader.number()?, reader.number()?);
        let ends = reader;
        reader.bytes((ends_count as usize).checked_mul(LEAF)?)?;
        let wildcards = reader;
        reader.bytes((wildcards_count as usize).checked_mul(LEAF)?)?;
        Some(Self {
            literals,
            compounds,
            first_compound,
            parameter,
            ends,
            ends_count,
            wildcards,
            wildcards_count,
            literals_at: reader,
        })
    }

    /// The node of a literal.
    fn literal(&self, bytes: &'t [u8], segment: Raw<'_>) -> Option<u32> {
        let mut reader = self.literals_at;
        if self.literals > FEW {
            return self.among_many(bytes, segment);
        }
        for _ in 0..self.literals {
            let length = reader.short()?;
            let text = reader.bytes(length.into())?;
            let node = reader.number()?;
            if segment.says(text) {
                return Some(node);
            }
        }
        None
    }

    fn among_many(&self, bytes: &'t [u8], segment: Raw<'_>) -> Option<u32> {
        let (mut low, mut high) = (0, self.literals);
        while low < high {
            let middle = low + (high - low) / 2;
            let mut place = At { rest: self.literals_at.rest.get(middle as usize * 4..)? };
            let mut reader = At::new(bytes, place.number()?)?;
            let length = reader.short()?;
            match segment.compare(reader.bytes(length.into())?) {
                Ordering::Equal => return reader.number(),
                Ordering::Less => high = middle,
                Ordering::Greater => low = middle + 1,
            }
        }
        None
    }
}

impl Operations {
    /// The operation that a request means.
    pub(super) fn find<'t, 'r>(
        &'t self,
        api: &'t Api,
        request: &RouteRequest<'r>,
        (rest, form): (&'r str, Form),
    ) -> Option<Found<'t, 'r>> {
        let root = self.root(request.method.as_str())?;
        let mut search = Search { operations: self, api, form, query: request.query, trail: Vec::new() };
        let leaf = search.below(root, rest)?;
        let (first, in_path) = (leaf.first_name as usize, usize::from(leaf.in_path));
        let names = self.names.get(first..first + in_path + usize::from(leaf.in_query)).unwrap_or_default();
        Some(Found { index: leaf.operation as usize, names, values: search.trail, in_path })
    }

    fn root(&self, method: &str) -> Option<u32> {
        let mut reader = At::new(&self.bytes, 0)?;
        for _ in 0..reader.short()? {
            let length = reader.short()?;
            let name = reader.bytes(length.into())?;
            let root = reader.number()?;
            if name == method.as_bytes() {
                return Some(root);
            }
        }
        None
    }
}

/// One search through a tree.
///
/// INVARIANT: it goes no deeper than the longest template has segments, and visits each node at most once, because a
/// node stands for one beginning of templates and a depth stands for one place in the path.
struct Search<'t, 'r> {
    operations: &'t Operations,
    api: &'t Api,
    /// How the path is escaped.
    form: Form,
    query: Option<&'r str>,
    trail: Vec<&'r str>,
}

impl<'t, 'r> Search<'t, 'r> {
    /// The best operation below a node for the rest of a path.
    fn below(&mut self, at: u32, rest: &'r str) -> Option<Leaf> {
        let node = Node::read(&self.operations.bytes, at)?;
        let segments = rest.strip_prefix('/').unwrap_or(rest);
        if segments.is_empty() {
            let found = self.leaf(node.ends, node.ends_count);
            return found.or_else(|| self.wildcard(&node, segments));
        }
        let (segment, tail) = segments.split_at(segment_end(segments));
        self.one_segment(&node, segment, tail).or_else(|| self.wildcard(&node, segments))
    }

    fn one_segment(&mut self, node: &Node<'t>, segment: &'r str, tail: &'r str) -> Option<Leaf> {
        if segment.is_empty() {
            return None;
        }
        let literal = node.literal(&self.operations.bytes, Raw::new(segment, self.form));
        if let Some(child) = literal
            && let Some(found) = self.below(child, tail)
        {
            return Some(found);
        }
        let first = node.first_compound as usize;
        let compounds = self.operations.compounds.get(first..first + node.compounds as usize);
        for (pieces, child) in compounds.unwrap_or_default() {
            let before = self.trail.len();
            if split_compound(pieces, segment, &mut self.trail)
                && let Some(found) = self.below(*child, tail)
            {
                return Some(found);
            }
            self.trail.truncate(before);
        }
        self.captured(node.parameter, segment, tail)
    }

    fn captured(&mut self, child: u32, segment: &'r str, tail: &'r str) -> Option<Leaf> {
        if child == NONE {
            return None;
        }
        let before = self.trail.len();
        self.trail.push(segment);
        let found = self.below(child, tail);
        if found.is_none() {
            self.trail.truncate(before);
        }
        found
    }

    fn wildcard(&mut self, node: &Node<'t>, segments: &'r str) -> Option<Leaf> {
        if node.wildcards_count == 0 {
            return None;
        }
        self.trail.push(segments);
        let found = self.leaf(node.wildcards, node.wildcards_count);
        if found.is_none() {
            self.trail.pop();
        }
        found
    }

    /// The first template whose query parts are there.
    fn leaf(&mut self, mut leaves: At<'t>, count: u32) -> Option<Leaf> {
        for _ in 0..count {
            let leaf = leaves.leaf()?;
            if !leaf.has_query {
                return Some(leaf);
            }
            let operation = self.api.operations.get(leaf.operation as usize)?;
            if query::matches(operation.url_template.query(), self.query, &mut self.trail) {
                return Some(leaf);
            }
        }
        None
    }
}
