//! Bodies of messages, parsed once a request.
//!
//! `Body.As<JObject>(preserveContent: true)` gives a new object each time in .NET. Here expressions that can neither change
//! nor keep it get the same nodes: who could tell? One that may change JSON gets nodes of its own, copied from those.
//!
//! INVARIANT: nothing else refers to the nodes that are kept when an evaluation begins. They are forgotten when an
//! evaluation gives an object as its result, and when one of them is changed all the same.

use bytes::Bytes;

use crate::value::HeapId;
use crate::{Exception, Heap, Text, Value};

/// Bodies of a request that are kept: its own and its response's.
const MOST: usize = 2;

/// A parsed body.
#[derive(Debug)]
pub(crate) struct Kept {
    content: Bytes,
    root: HeapId,
    /// One after the last of its nodes.
    end: u32,
}

impl Kept {
    /// Whether a node is one of it.
    pub(crate) fn holds(&self, id: HeapId) -> bool {
        (self.root.0..self.end).contains(&id.0)
    }

    fn is_of(&self, content: &Bytes) -> bool {
        std::ptr::eq(self.content.as_ref(), content.as_ref())
    }
}

impl Heap {
    /// The parsed body of these very bytes, if an expression of this request has read it before.
    ///
    /// # Errors
    /// When the budget does not allow the copy that an expression needs which may change it.
    pub fn kept_body(&mut self, content: &Bytes) -> Result<Option<Value>, Exception> {
        let Some(root) = self.kept.iter().find(|kept| kept.is_of(content)).map(|kept| kept.root) else {
            return Ok(None);
        };
        let root = if self.changes_json { self.json_clone(root)? } else { root };
        Ok(Some(Value::Ref(root)))
    }

    /// Parses a body and keeps it for the next expression that reads the same bytes.
    ///
    /// # Errors
    /// As of [`Heap::parse_json`].
    pub fn parse_body(&mut self, content: &Bytes, text: &Text) -> Result<Value, Exception> {
        let value = self.parse_json(text)?;
        if let Value::Ref(root) = value
            && !self.changes_json
            && let Ok(end) = u32::try_from(self.len())
            && root.0 < end
        {
            self.kept.truncate(MOST - 1);
            self.kept.insert(0, Kept { content: content.clone(), root, end });
        }
        Ok(value)
    }

    /// An evaluation begins; `changes_json` says whether it may change JSON.
    pub(crate) fn begin(&mut self, changes_json: bool) {
        self.changes_json = changes_json;
    }

    /// An evaluation has a result. What is no plain value may hold nodes of a body.
    pub(crate) fn end(&mut self, result: &Value) {
        if matches!(result, Value::Ref(_)) && !self.changes_json {
            self.kept.clear();
        }
    }
}
