//! Variables, scopes, functions and what they capture.
//!
//! While binding, a variable has a number of its own in the whole program; the last pass turns numbers into slots of frames. A
//! variable that an inner function uses is *captured*: it lives in a cell that is made when its scope is entered, so that
//! each turn of a loop has its own, as in C#. The inner function has a variable of its own for the cell.

use std::collections::HashMap;
use std::sync::Arc;

use source::Span;

use crate::Value;
use crate::code::{Body, Function as Emitted, Index, Node, NodeId, Slot, Stmt, StmtId};
use crate::types::Type;

use super::{Binder, Bound};

/// A local variable, parameter or temporary.
#[derive(Clone, Debug)]
pub(super) struct Var {
    pub(super) name: Arc<str>,
    pub(super) ty: Type,
    /// Which of the functions being bound it belongs to.
    pub(super) function: u32,
    /// Its slot, known when its function is finished.
    pub(super) slot: u32,
    pub(super) captured: bool,
    /// A constant or a variable that may not be assigned.
    pub(super) fixed: Option<&'static str>,
    pub(super) constant: Option<Value>,
    /// A local function: its parameters and result are its delegate type.
    pub(super) is_function: bool,
}

/// A function being bound.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) id: u32,
    pub(super) params: Vec<Slot>,
    /// Captured variable outside, variable for its cell inside.
    pub(super) captures: Vec<(Slot, Slot)>,
    pub(super) locals: Vec<Slot>,
    pub(super) scopes: Vec<Scope>,
    pub(super) returns: Returns,
    pub(super) emitted: Index,
}

/// Names of a block.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) names: HashMap<Arc<str>, Slot>,
    /// All variables, for the cells that are made when it is entered.
    pub(super) vars: Vec<Slot>,
}

/// What `return` gives.
#[derive(Clone, Debug)]
pub(super) enum Returns {
    /// The result of the program.
    Program(Vec<Type>),
    /// A value of this type; [`Type::Void`] for none.
    Typed(Type),
    /// Anything, of a lambda whose type is being found.
    Open(Vec<Bound>),
}

impl Binder<'_> {
    pub(super) fn begin_function(&mut self, params: Vec<(Arc<str>, Type)>) -> Index {
        let returns = Returns::Program(Vec::new());
        self.begin_function_returning(params, returns)
    }

    pub(super) fn begin_function_returning(
        &mut self,
        params: Vec<(Arc<str>, Type)>,
        returns: Returns,
    ) -> Index {
        let emitted = Index::try_from(self.code.functions.len()).unwrap_or(Index::MAX);
        let placeholder = NodeId(0);
        self.code.functions.push(Emitted { slots: 0, body: Body::Expr(placeholder) });
        let id = Index::try_from(self.functions.len()).unwrap_or(0);
        self.functions.push(Function {
            id,
            params: Vec::new(),
            captures: Vec::new(),
            locals: Vec::new(),
            scopes: vec![Scope::default()],
            returns,
            emitted,
        });
        for (name, ty) in params {
            let slot = self.new_var(name.clone(), ty);
            self.state.assign(slot);
            if let Some(function) = self.functions.last_mut() {
                function.locals.retain(|own| *own != slot);
                function.params.push(slot);
                if let Some(scope) = function.scopes.last_mut() {
                    scope.names.insert(name, slot);
                    scope.vars.retain(|own| *own != slot);
                }
            }
        }
        emitted
    }

    /// A variable of the current function that has no name in scope yet.
    fn new_var(&mut self, name: Arc<str>, ty: Type) -> Slot {
        let slot = Slot(Index::try_from(self.vars.len()).unwrap_or(Index::MAX));
        let function = self.functions.last().map_or(0, |function| function.id);
        self.vars.push(Var {
            name,
            ty,
            function,
            slot: 0,
            captured: false,
            fixed: None,
            constant: None,
            is_function: false,
        });
        if let Some(function) = self.functions.last_mut() {
            function.locals.push(slot);
            if let Some(scope) = function.scopes.last_mut() {
                scope.vars.push(slot);
            }
        }
        slot
    }

    /// A variable that the author did not write.
    pub(super) fn temporary(&mut self, ty: Type) -> Slot {
        let slot = self.new_var(Arc::from(""), ty);
        self.state.assign(slot);
        slot
    }

    /// Declares a variable.
    pub(super) fn declare(&mut self, name: &Arc<str>, ty: Type, span: Span) -> Slot {
        if self.find_in_function(name).is_some() {
            self.error(
                "csharp-duplicate-name",
                span,
                format!("a variable named `{name}` is already defined in this scope (CS0128)"),
            );
        }
        let slot = self.new_var(Arc::clone(name), ty);
        if let Some(scope) = self.functions.last_mut().and_then(|function| function.scopes.last_mut()) {
            scope.names.insert(Arc::clone(name), slot);
        }
        slot
    }

    fn find_in_function(&self, name: &str) -> Option<Slot> {
        let function = self.functions.last()?;
        function.scopes.iter().rev().find_map(|scope| scope.names.get(name).copied())
    }

    /// The variable of a name, from whatever function; captured when it is not of the current one.
    pub(super) fn find_var(&mut self, name: &str) -> Option<Slot> {
        let mut found = None;
        for (depth, function) in self.functions.iter().enumerate().rev() {
            found = function.scopes.iter().rev().find_map(|scope| scope.names.get(name).copied());
            if let Some(slot) = found {
                return Some(self.capture(slot, depth));
            }
        }
        found
    }

    fn capture(&mut self, mut slot: Slot, depth: usize) -> Slot {
        let is_constant = self.var(slot).is_some_and(|var| var.constant.is_some());
        if is_constant {
            return slot;
        }
        for inner in depth + 1..self.functions.len() {
            slot = self.capture_into(slot, inner);
        }
        slot
    }

    fn capture_into(&mut self, outer: Slot, inner: usize) -> Slot {
        let known = self.functions.get(inner).and_then(|function| {
            function.captures.iter().find(|(own, _)| *own == outer).map(|(_, inside)| *inside)
        });
        if let Some(inside) = known {
            return inside;
        }
        let Some(mut var) = self.var(outer).cloned() else { return outer };
        if let Some(own) = self.vars.get_mut(outer.0 as usize) {
            own.captured = true;
        }
        var.captured = true;
        var.function = Index::try_from(inner).unwrap_or(0);
        let inside = Slot(Index::try_from(self.vars.len()).unwrap_or(Index::MAX));
        self.vars.push(var);
        if let Some(function) = self.functions.get_mut(inner) {
            function.captures.push((outer, inside));
        }
        inside
    }

    /// Whether reading a variable is fine here. What an inner function captured counts as assigned.
    pub(super) fn is_assigned(&self, slot: Slot) -> bool {
        let captured = |function: &Function| function.captures.iter().any(|(_, inside)| *inside == slot);
        self.state.is_assigned(slot) || self.functions.last().is_some_and(captured)
    }

    pub(super) fn var(&self, slot: Slot) -> Option<&Var> {
        self.vars.get(slot.0 as usize)
    }

    pub(super) fn var_mut(&mut self, slot: Slot) -> Option<&mut Var> {
        self.vars.get_mut(slot.0 as usize)
    }

    pub(super) fn push_scope(&mut self) {
        if let Some(function) = self.functions.last_mut() {
            function.scopes.push(Scope::default());
        }
    }

    /// Ends a scope: the nodes that make the cells of its captured variables.
    pub(super) fn pop_scope(&mut self) -> Vec<NodeId> {
        let scope = self.functions.last_mut().and_then(|function| function.scopes.pop());
        self.cells_of(scope.unwrap_or_default())
    }

    fn cells_of(&mut self, scope: Scope) -> Vec<NodeId> {
        let captured = |slot: &Slot| self.vars.get(slot.0 as usize).is_some_and(|var| var.captured);
        let captured: Vec<Slot> = scope.vars.into_iter().filter(captured).collect();
        captured
            .into_iter()
            .map(|slot| {
                let nothing = self.constant_node(Value::Null);
                self.emit(Node::Fresh(slot, nothing))
            })
            .collect()
    }

    /// What runs before a function's body: cells of captured parameters and of variables of its outermost scope.
    fn prologue(&mut self) -> Vec<NodeId> {
        let mut nodes = self.pop_scope();
        let params = self.functions.last().map(|function| function.params.clone()).unwrap_or_default();
        for param in params {
            if self.var(param).is_some_and(|var| var.captured) {
                let raw = self.emit(Node::Raw(param));
                nodes.push(self.emit(Node::Fresh(param, raw)));
            }
        }
        nodes
    }

    /// Ends a function whose body is an expression; what it captured, and its number.
    pub(super) fn end_function_with(&mut self, body: NodeId) -> (Index, Vec<(Slot, Slot)>) {
        let mut nodes = self.prologue();
        nodes.push(body);
        let body = self.sequence(&nodes);
        self.close_function(Body::Expr(body))
    }

    /// Ends a function whose body is a block.
    pub(super) fn end_function_with_block(&mut self, body: StmtId) -> (Index, Vec<(Slot, Slot)>) {
        let nodes = self.prologue();
        let mut statements: Vec<StmtId> =
            nodes.into_iter().map(|node| self.statement_node(Stmt::Expr(node))).collect();
        statements.push(body);
        let body = if statements.len() == 1 { body } else { self.statement_node(Stmt::Block(statements)) };
        self.close_function(Body::Block(body))
    }

    fn close_function(&mut self, body: Body) -> (Index, Vec<(Slot, Slot)>) {
        let Some(function) = self.functions.pop() else { return (0, Vec::new()) };
        let inside = function.captures.iter().map(|(_, inside)| *inside);
        let all: Vec<Slot> =
            function.params.iter().copied().chain(inside).chain(function.locals.iter().copied()).collect();
        for (at, slot) in all.iter().enumerate() {
            if let Some(var) = self.vars.get_mut(slot.0 as usize) {
                var.slot = Index::try_from(at).unwrap_or(Index::MAX);
            }
        }
        let slots = Index::try_from(all.len()).unwrap_or(Index::MAX);
        if let Some(emitted) = self.code.functions.get_mut(function.emitted as usize) {
            *emitted = Emitted { slots, body };
        }
        (function.emitted, function.captures)
    }

    /// Names of all variables in scope, for "did you mean".
    pub(super) fn names_in_scope(&self) -> Vec<Arc<str>> {
        let scopes = self.functions.iter().flat_map(|function| function.scopes.iter());
        scopes.flat_map(|scope| scope.names.keys().cloned()).collect()
    }
}
