//! Trees of template segments, written out as [`super::frozen`] reads them.

use std::sync::Arc;

use http::Method;
use indexmap::IndexMap;

use super::frozen::{FEW, LEAF, Leaf, Operations};
use super::operations::{Node, Tree, place};
use crate::{Api, Piece};

/// What a node is written with before its leaves: six numbers.
const HEAD: usize = 24;

/// The trees of one API while they are written.
pub(super) struct Writing<'a> {
    api: &'a Api,
    bytes: Vec<u8>,
    names: Vec<Arc<str>>,
    compounds: Vec<(Vec<Piece>, u32)>,
}

impl<'a> Writing<'a> {
    /// The operations of an API.
    pub(super) fn of(api: &'a Api, methods: &IndexMap<&Method, Tree>) -> Operations {
        let mut writing = Self { api, bytes: Vec::new(), names: Vec::new(), compounds: Vec::new() };
        let heads = methods.keys().map(|method| 6 + method.as_str().len()).sum::<usize>();
        let mut end = 2 + heads;
        let places: Vec<Vec<u32>> = methods.values().map(|tree| places(tree, &mut end)).collect();
        writing.short(methods.len());
        for (method, places) in methods.keys().zip(&places) {
            writing.text(method.as_str().as_bytes());
            writing.number(places.first().copied().unwrap_or(0));
        }
        for (tree, places) in methods.values().zip(&places) {
            for at in walk(tree) {
                tree.nodes.get(at).into_iter().for_each(|node| writing.node(node, places));
            }
        }
        Operations {
            bytes: writing.bytes.into(),
            names: writing.names.into(),
            compounds: writing.compounds.into(),
        }
    }

    fn number(&mut self, value: u32) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    fn short(&mut self, value: usize) {
        self.bytes.extend_from_slice(&u16::try_from(value).unwrap_or(u16::MAX).to_le_bytes());
    }

    fn text(&mut self, text: &[u8]) {
        self.short(text.len());
        self.bytes.extend_from_slice(text);
    }

    fn node(&mut self, node: &Node, places: &[u32]) {
        let to = |child: u32| places.get(child as usize).copied().unwrap_or(child);
        let counts = [node.literals.len(), node.compounds.len(), node.ends.len(), node.wildcards.len()];
        counts.into_iter().for_each(|count| self.number(place(count)));
        self.number(place(self.compounds.len()));
        self.number(to(node.parameter));
        let compounds = node.compounds.iter().map(|(pieces, child)| (pieces.clone(), to(*child)));
        self.compounds.extend(compounds);
        node.ends.iter().chain(&node.wildcards).for_each(|index| self.leaf(*index));
        if place(node.literals.len()) > FEW {
            let mut at = self.bytes.len() + 4 * node.literals.len();
            for text in node.literals.keys() {
                self.number(place(at));
                at += literal(text);
            }
        }
        for (text, child) in &node.literals {
            self.text(text);
            self.number(to(*child));
        }
    }

    fn leaf(&mut self, index: u32) {
        let leaf = Leaf::of(self.api, index, &mut self.names);
        self.number(leaf.operation);
        self.number(leaf.first_name);
        self.short(leaf.in_path.into());
        self.short(leaf.in_query.into());
        self.bytes.push(u8::from(leaf.has_query));
    }
}

/// Bytes of a literal.
fn literal(text: &[u8]) -> usize {
    2 + text.len() + 4
}

/// Where each node of a tree will stand, behind `end`.
fn places(tree: &Tree, end: &mut usize) -> Vec<u32> {
    let mut places = vec![0; tree.nodes.len()];
    for at in walk(tree) {
        if let (Some(place_of), Some(node)) = (places.get_mut(at), tree.nodes.get(at)) {
            *place_of = place(*end);
            *end += size(node);
        }
    }
    places
}

fn size(node: &Node) -> usize {
    let leaves = LEAF * (node.ends.len() + node.wildcards.len());
    let list = if place(node.literals.len()) > FEW { 4 * node.literals.len() } else { 0 };
    HEAD + leaves + list + node.literals.keys().map(|text| literal(text)).sum::<usize>()
}

/// The nodes of a tree, each before what is below it: what a search reads next stands near.
fn walk(tree: &Tree) -> Vec<usize> {
    let (mut order, mut open) = (Vec::with_capacity(tree.nodes.len()), vec![0]);
    while let Some(at) = open.pop() {
        let Some(node) = tree.nodes.get(at) else { continue };
        order.push(at);
        let compounds = node.compounds.iter().map(|(_, child)| child);
        let below = node.literals.values().chain(compounds).chain(std::iter::once(&node.parameter));
        open.extend(below.rev().map(|child| *child as usize));
    }
    order
}
