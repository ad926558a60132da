//! Walks over XML trees as elements of a sequence: one walk, or one from each node of a sequence.

use crate::eval::Cx;
use crate::xml::{Axis, Name, Walk};
use crate::{Exception, Value};

use super::Cursor;

/// Walks under way.
#[derive(Debug)]
pub(crate) struct Walks {
    /// The nodes to walk from, next.
    nodes: Cursor,
    axis: Axis,
    name: Option<Name>,
    current: Option<Walk>,
}

impl Walks {
    pub(super) fn one(walk: Walk) -> Self {
        Self { nodes: Cursor::Done, axis: Axis::Nodes, name: None, current: Some(walk) }
    }

    pub(super) fn each(nodes: Cursor, axis: Axis, name: Option<Name>) -> Self {
        Self { nodes, axis, name, current: None }
    }

    pub(super) fn next(&mut self, cx: &mut Cx<'_>) -> Result<Option<Value>, Exception> {
        loop {
            if let Some(walk) = &mut self.current {
                let (item, looked) = walk.next(cx.heap)?;
                cx.burn(looked)?;
                if item.is_some() {
                    return Ok(item);
                }
            }
            self.current = match self.nodes.next(cx)? {
                Some(Value::Ref(id)) => Some(Walk::new(id, self.axis, self.name.clone())),
                Some(_) => None,
                None => return Ok(None),
            };
        }
    }
}
