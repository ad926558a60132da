//! Concatenation of texts: `"Bearer " + token`.
//!
//! Short texts share one place where they are put together; a long one stays in the place that was made for it.

use crate::code::{Code, List, NodeId};
use crate::{Exception, Text, Value};

use super::{Cx, Eval};

/// Texts of so many bytes are kept where they were put together, and not copied out of the place for it.
const LONG: usize = 256;

impl<'a> Cx<'a> {
    pub(super) fn concat(&mut self, parts: List) -> Eval {
        let mut text = self.heap.take_scratch();
        let result = self.concat_into(parts, &mut text);
        let tainted = match result.and_then(|tainted| self.grow(text.len()).map(|()| tainted)) {
            Ok(tainted) => tainted,
            Err(exception) => {
                self.heap.return_scratch(text);
                return Err(exception);
            }
        };
        if text.len() >= LONG {
            return Ok(Value::Text(Text::of_joined(text).tainted_if(tainted)));
        }
        let joined = Text::joined(&text);
        self.heap.return_scratch(text);
        Ok(Value::Text(joined.tainted_if(tainted)))
    }

    fn concat_into(&mut self, parts: List, text: &mut Vec<u8>) -> Result<bool, Exception> {
        let code: &'a Code = self.code;
        let parts = code.list(parts);
        // How long the parts are together that are known already and not yet written.
        let mut ahead: usize = parts.iter().map(|&part| self.known_length(part)).sum();
        make_room(text, ahead);
        let mut tainted = false;
        for &part in parts {
            if let Some(Value::Text(part)) = self.peek(part) {
                ahead = ahead.saturating_sub(part.len());
                text.extend_from_slice(part.as_bytes());
                tainted |= part.is_tainted();
                continue;
            }
            match self.operand(part) {
                Ok(Value::Text(ref part)) => {
                    make_room(text, part.len().saturating_add(ahead));
                    text.extend_from_slice(part.as_bytes());
                    tainted |= part.is_tainted();
                }
                Ok(Value::Null) => {}
                Ok(ref other) => {
                    let part = self.display(other)?;
                    text.extend_from_slice(part.as_bytes());
                    tainted |= part.is_tainted();
                }
                Err(exception) => return Err(exception),
            }
        }
        Ok(tainted)
    }

    /// The length of a part of a concatenation whose text need not be evaluated.
    fn known_length(&self, part: NodeId) -> usize {
        self.peek(part).and_then(Value::as_text).map_or(0, Text::len)
    }
}

/// Makes room for what is about to be put behind a text: just enough when it is long, so that the text need not be copied
/// again; some more for short ones, which share the place one after another.
fn make_room(text: &mut Vec<u8>, bytes: usize) {
    if text.capacity() - text.len() < bytes {
        text.reserve_exact(bytes.max(LONG / 4));
    }
}
