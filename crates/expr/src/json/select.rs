//! JSONPath, as `SelectToken` and `SelectTokens` read it.
//!
//! All of Json.NET 12's: `$`, names behind dots, names in brackets and apostrophes, lists of names and indices, slices,
//! `*`, `..`, filters (`[?(@.a == 'x' && @.b =~ /y/i)]`). Its oddities are kept: `&&` and `||` bind in the order in which they
//! stand, a number in a filter ends at a blank or a bracket.

mod filter;
mod path;
mod query;

use crate::value::HeapId;
use crate::{Exception, Heap};

use super::node::JsonKind;
use filter::Walk;
use path::Parser;
use query::Query;

/// One step of a path.
#[derive(Debug)]
enum Step {
    /// `$` in a filter.
    Root,
    /// A member; any without a name.
    Field(Option<String>),
    Fields(Vec<String>),
    /// `..name`: at any depth, in the order of the document.
    Scan(Option<String>),
    ScanMany(Vec<String>),
    /// An element; any without an index.
    Index(Option<i32>),
    Indices(Vec<i32>),
    Slice(Option<i32>, Option<i32>, Option<i32>),
    Query(Query),
    QueryScan(Query),
}

/// All nodes that a path leads to, in order, and how many nodes were looked at. It looks at `most`.
///
/// # Errors
/// `Newtonsoft.Json.JsonException` when the path cannot be read; with `strict` also when it leads to nothing.
pub(crate) fn select(
    heap: &mut Heap,
    root: HeapId,
    path: &str,
    strict: bool,
    most: u64,
) -> Result<(Vec<HeapId>, u64), Exception> {
    let steps = Parser::new(path).main()?;
    let mut walk = Walk { heap, root, strict, left: most };
    let found = walk.follow(&steps, vec![root])?;
    Ok((found, most - walk.left))
}

/// `Newtonsoft.Json.JsonException`.
fn wrong(message: impl Into<crate::Text>) -> Exception {
    Exception::new("Newtonsoft.Json.JsonException", message)
}

/// The children of a container: elements, or values of members.
pub(crate) fn children(heap: &Heap, node: HeapId) -> Vec<HeapId> {
    match heap.json(node).map(|node| &node.kind) {
        Some(JsonKind::Array(items) | JsonKind::Constructor(_, items)) => items.clone(),
        Some(JsonKind::Object(members)) => members.iter().map(|(_, id)| id).collect(),
        Some(JsonKind::Property(_)) => heap.property_value(node).into_iter().collect(),
        _ => Vec::new(),
    }
}
