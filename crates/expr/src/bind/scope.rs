//! Variables, scopes, functions and what they capture.
//!
//! While binding, a variable has a number of its own in the whole program; the last pass turns numbers into slots of frames. A
//! variable that an inner function uses is *captured*: it lives in a cell that is made when its scope is entered, so that
//! each turn of a loop has its own, as in C#. The inner function has a variable of its own for the cell.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use csharp::ast::ParamMode;
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
    /// A local function, by its number.
    pub(super) function_of: Option<u32>,
    /// It refers to another variable or to an element: its slot never holds the value itself.
    pub(super) by_ref: bool,
}

/// A parameter of a function being bound.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    pub(super) name: Arc<str>,
    pub(super) ty: Type,
    pub(super) mode: ParamMode,
    pub(super) span: Span,
}

impl Parameter {
    /// One without a name, of a function that the author did not write.
    pub(super) fn unnamed(ty: Type) -> Self {
        Self { name: Arc::from(""), ty, mode: ParamMode::Value, span: Span::new(0, 0) }
    }
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
    /// Its `out` parameters, which have to be assigned when it ends.
    pub(super) outs: Vec<Slot>,
    pub(super) kind: FunctionKind,
}

/// What kind of function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FunctionKind {
    /// The program itself.
    Program,
    /// Runs when what is around it has been evaluated.
    Lambda,
    /// Declared among statements; may run at any time.
    Local,
}

/// Names of a block.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) names: HashMap<Arc<str>, Slot>,
    /// All variables, for the cells that are made when it is entered.
    pub(super) vars: Vec<Slot>,
    /// Names that scopes inside of it declared: it may not declare them any more.
    pub(super) inner: HashSet<Arc<str>>,
    /// Names that statements further on declare.
    pub(super) later: Vec<Arc<str>>,
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
    /// Begins the program itself.
    pub(super) fn begin_program(&mut self) -> Index {
        self.begin_function(Vec::new(), Returns::Program(Vec::new()), FunctionKind::Program)
    }

    pub(super) fn begin_function(
        &mut self,
        params: Vec<Parameter>,
        returns: Returns,
        kind: FunctionKind,
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
            outs: Vec::new(),
            kind,
        });
        for param in params {
            self.parameter(param);
        }
        emitted
    }

    fn parameter(&mut self, param: Parameter) {
        let named = !param.name.is_empty();
        if named {
            self.check_name(&param.name, param.span, "CS0100");
        }
        let slot = self.new_var(Arc::clone(&param.name), param.ty);
        let by_ref = matches!(param.mode, ParamMode::Ref | ParamMode::Out);
        if param.mode != ParamMode::Out {
            self.state.assign(slot);
        }
        if let Some(var) = self.var_mut(slot) {
            var.by_ref = by_ref;
            var.captured = by_ref;
            var.fixed = (param.mode == ParamMode::In).then_some("an `in` parameter");
        }
        if let Some(function) = self.functions.last_mut() {
            function.locals.retain(|own| *own != slot);
            function.params.push(slot);
            if param.mode == ParamMode::Out {
                function.outs.push(slot);
            }
            if let Some(scope) = function.scopes.last_mut() {
                scope.vars.retain(|own| *own != slot);
                if named {
                    scope.names.insert(param.name, slot);
                }
            }
        }
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
            function_of: None,
            by_ref: false,
        });
        if let Some(function) = self.functions.last_mut() {
            function.locals.push(slot);
            if let Some(scope) = function.scopes.last_mut() {
                scope.vars.push(slot);
            }
        }
        slot
    }

    /// A captured variable in a scope of a function further out.
    pub(super) fn variable_in(&mut self, function: u32, scope: usize) -> Slot {
        let slot = self.new_var(Arc::from(""), Type::Object);
        for own in self.functions.iter_mut() {
            own.locals.retain(|local| *local != slot);
            own.scopes.iter_mut().for_each(|scope| scope.vars.retain(|local| *local != slot));
        }
        if let Some(var) = self.var_mut(slot) {
            var.function = function;
            var.captured = true;
        }
        if let Some(outer) = self.functions.get_mut(function as usize) {
            outer.locals.push(slot);
            if let Some(scope) = outer.scopes.get_mut(scope) {
                scope.vars.push(slot);
            }
        }
        self.state.assign(slot);
        slot
    }

    /// A variable that refers to another one, without a name.
    pub(super) fn reference(&mut self, ty: Type) -> Slot {
        let slot = self.temporary(ty);
        if let Some(var) = self.var_mut(slot) {
            var.captured = true;
            var.by_ref = true;
        }
        slot
    }

    /// Whether a variable belongs to a function further out.
    pub(super) fn is_outer(&self, slot: Slot) -> bool {
        let captured = |function: &Function| function.captures.iter().any(|(_, inside)| *inside == slot);
        self.functions.last().is_some_and(captured)
    }

    /// A variable that the author did not write.
    pub(super) fn temporary(&mut self, ty: Type) -> Slot {
        let slot = self.new_var(Arc::from(""), ty);
        self.state.assign(slot);
        slot
    }

    /// Declares a variable.
    pub(super) fn declare(&mut self, name: &Arc<str>, ty: Type, span: Span) -> Slot {
        self.check_name(name, span, "CS0128");
        let slot = self.new_var(Arc::clone(name), ty);
        if let Some(scope) = self.functions.last_mut().and_then(|function| function.scopes.last_mut()) {
            scope.names.insert(Arc::clone(name), slot);
        }
        slot
    }

    /// Reports a name that is taken: in the same scope, or around it, where C# lets no name mean two variables.
    fn check_name(&mut self, name: &str, span: Span, same: &str) {
        let mut scopes = self.functions.iter().rev().flat_map(|function| function.scopes.iter().rev());
        let own = scopes.next();
        let program = name == "context";
        if own.is_some_and(|scope| scope.names.contains_key(name)) {
            let message = format!("a variable named `{name}` is already defined in this scope ({same})");
            self.error("csharp-duplicate-name", span, message);
            return;
        }
        let around = scopes.any(|scope| scope.names.contains_key(name) || declares(scope, name));
        if program || around || own.is_some_and(|scope| scope.inner.contains(name) && !declares(scope, name))
        {
            let message = format!(
                "`{name}` cannot be declared here: the name means another variable in a scope around or inside this one (CS0136)"
            );
            self.error("csharp-duplicate-name", span, message);
            self.help("give one of the two another name");
        }
    }

    /// Whether a statement further on declares a name, so that it cannot be used yet.
    pub(super) fn is_declared_later(&self, name: &str) -> bool {
        let scopes = self.functions.iter().flat_map(|function| function.scopes.iter());
        scopes.flat_map(|scope| scope.later.iter()).any(|later| **later == *name)
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

    /// A variable of a function further out, for the current one.
    pub(super) fn captured(&mut self, slot: Slot) -> Slot {
        let depth = self.var(slot).map_or(0, |var| var.function as usize);
        self.capture(slot, depth)
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

    /// Whether reading a variable is fine here. What a declared function captured counts as assigned: it may run later.
    pub(super) fn is_assigned(&self, slot: Slot) -> bool {
        let mut slot = slot;
        for function in self.functions.iter().rev() {
            if self.state.is_assigned(slot) {
                return true;
            }
            let outer = function.captures.iter().find(|(_, inside)| *inside == slot);
            match outer {
                Some(_) if function.kind == FunctionKind::Local => return true,
                Some((outer, _)) => slot = *outer,
                None => return false,
            }
        }
        self.state.is_assigned(slot)
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
        let mut scope =
            self.functions.last_mut().and_then(|function| function.scopes.pop()).unwrap_or_default();
        let vars = std::mem::take(&mut scope.vars);
        if let Some(outer) = self.functions.iter_mut().rev().find_map(|function| function.scopes.last_mut()) {
            outer.inner.extend(scope.inner);
            outer.inner.extend(scope.names.into_keys());
        }
        self.cells_of(vars)
    }

    fn cells_of(&mut self, vars: Vec<Slot>) -> Vec<NodeId> {
        let celled = |var: &Var| var.captured && !var.by_ref;
        let captured = |slot: &Slot| self.vars.get(slot.0 as usize).is_some_and(celled);
        let captured: Vec<Slot> = vars.into_iter().filter(captured).collect();
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
            if self.var(param).is_some_and(|var| var.captured && !var.by_ref) {
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

/// Whether a scope declares a name further on.
fn declares(scope: &Scope, name: &str) -> bool {
    scope.later.iter().any(|later| **later == *name)
}
