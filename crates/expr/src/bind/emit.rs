//! Writing nodes.

use std::sync::Arc;

use crate::code::{Index, List, Node, NodeId, Slot, Stmt, StmtId};
use crate::eval::{Cx, Eval};
use crate::types::Type;
use crate::{Value, VarName};

use super::Binder;

fn index(length: usize) -> Index {
    Index::try_from(length).unwrap_or(Index::MAX)
}

impl Binder<'_> {
    pub(super) fn emit(&mut self, node: Node) -> NodeId {
        let id = NodeId(index(self.code.nodes.len()));
        self.code.nodes.push(node);
        id
    }

    pub(super) fn statement_node(&mut self, statement: Stmt) -> StmtId {
        let id = StmtId(index(self.code.statements.len()));
        self.code.statements.push(statement);
        id
    }

    pub(super) fn constant_node(&mut self, value: Value) -> NodeId {
        let value = match value {
            Value::Text(text) => Value::Text(text.interned()),
            other => other,
        };
        let at = index(self.code.constants.len());
        self.code.constants.push(value);
        self.emit(Node::Const(at))
    }

    pub(super) fn node_list(&mut self, nodes: &[NodeId]) -> List {
        let start = index(self.code.lists.len());
        self.code.lists.extend_from_slice(nodes);
        List { start, len: index(nodes.len()) }
    }

    pub(super) fn type_index(&mut self, ty: &Type) -> Index {
        if let Some(at) = self.code.types.iter().position(|own| own == ty) {
            return index(at);
        }
        self.code.types.push(ty.clone());
        index(self.code.types.len() - 1)
    }

    pub(super) fn name_index(&mut self, name: &str) -> Index {
        if let Some(at) = self.code.names.iter().position(|own| own.as_str() == name) {
            return index(at);
        }
        self.code.names.push(VarName::new(name));
        index(self.code.names.len() - 1)
    }

    pub(super) fn shape_index(&mut self, shape: Arc<crate::types::Shape>) -> Index {
        self.code.shapes.push(shape);
        index(self.code.shapes.len() - 1)
    }

    pub(super) fn site(&mut self, site: crate::code::Site) -> Index {
        self.code.sites.push(site);
        index(self.code.sites.len() - 1)
    }

    /// A call of a library function that needs no type arguments.
    pub(super) fn call_native(&mut self, function: crate::library::NativeFn, args: &[NodeId]) -> NodeId {
        let site = crate::code::Site { function, instance: false, types: Arc::default(), outs: Vec::new() };
        let site = self.site(site);
        let args = self.node_list(args);
        self.emit(Node::Call { site, args })
    }

    pub(super) fn sequence(&mut self, nodes: &[NodeId]) -> NodeId {
        match nodes {
            [one] => *one,
            many => {
                let list = self.node_list(many);
                self.emit(Node::Sequence(list))
            }
        }
    }

    pub(super) fn read(&mut self, slot: Slot) -> NodeId {
        self.emit(Node::Local(slot))
    }

    pub(super) fn write(&mut self, slot: Slot, value: NodeId) -> NodeId {
        self.emit(Node::SetLocal(slot, value))
    }
}

/// A hole of an interpolated string with a width or a format: value, width, format.
pub(crate) fn formatted_hole(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    use crate::library::arguments::{arg, int, text_or_empty};
    use crate::library::format;
    let text = format::formatted(cx, arg(args, 0), text_or_empty(args, 2))?;
    let width = int(args, 1);
    if width == 0 {
        return Ok(Value::Text(text));
    }
    let mut out = String::new();
    cx.grow(text.len() + usize::try_from(width.unsigned_abs()).unwrap_or(0))?;
    format::align(&mut out, text.as_str(), width);
    Ok(Value::Text(crate::Text::from(out).tainted_if(text.is_tainted())))
}
