//! Statements.

use csharp::ast::{
    Block, Declarator, Expr, ForInit, Foreach, ForeachTarget, Init, Local, Stmt as Tree, StmtKind, TypeKind,
    UsingSubject,
};
use source::Span;

use crate::code::{NodeId, Stmt, StmtId};
use crate::registry::{as_class, derives, known, registry};
use crate::types::Type;
use crate::{Facts, Value};

use super::flow::State;
use super::{Binder, Bound};

impl Binder<'_> {
    /// A block with a scope of its own.
    pub(super) fn block(&mut self, block: &Block) -> StmtId {
        self.push_scope();
        let statements = self.statements(&block.statements);
        self.close_scope(statements)
    }

    /// Statements of one scope: local functions are known from its beginning.
    pub(super) fn statements(&mut self, statements: &[Tree]) -> Vec<StmtId> {
        self.announce(statements);
        let mut functions = Vec::new();
        for statement in statements {
            if let StmtKind::LocalFunction(function) = &statement.kind
                && let Some(number) = self.declare_function(function)
            {
                functions.push((function.as_ref(), number));
            }
        }
        let mut bound = Vec::new();
        for statement in statements {
            bound.push(self.statement(statement));
        }
        // Bound last, so that they see the variables of the block; made first, so that they can be called anywhere.
        let mut made = Vec::new();
        for node in self.make_functions(&functions) {
            made.push(self.statement_node(Stmt::Expr(node)));
        }
        made.extend(bound);
        made
    }

    /// Notes the variables that statements of a block declare: their names mean nothing else in it, before and after.
    pub(super) fn announce(&mut self, statements: &[Tree]) {
        let Some(scope) = self.functions.last_mut().and_then(|function| function.scopes.last_mut()) else {
            return;
        };
        for statement in statements {
            if let StmtKind::Local(local) = &statement.kind {
                scope.later.extend(local.declarators.iter().map(|each| super::text_of(&each.name)));
            }
        }
    }

    /// Ends a scope: cells first, then its statements.
    fn close_scope(&mut self, statements: Vec<StmtId>) -> StmtId {
        let cells = self.pop_scope();
        let mut all: Vec<StmtId> =
            cells.into_iter().map(|node| self.statement_node(Stmt::Expr(node))).collect();
        all.extend(statements);
        self.statement_node(Stmt::Block(all))
    }

    fn nothing(&mut self) -> StmtId {
        self.statement_node(Stmt::Block(Vec::new()))
    }

    pub(super) fn statement(&mut self, statement: &Tree) -> StmtId {
        self.deeper(statement.span, |binder| binder.statement_kind(statement), Self::nothing)
    }

    fn statement_kind(&mut self, statement: &Tree) -> StmtId {
        let span = statement.span;
        match &statement.kind {
            StmtKind::Error | StmtKind::Empty | StmtKind::LocalFunction(_) => self.nothing(),
            StmtKind::Expr(expr) => {
                let bound = self.expr(expr);
                self.statement_node(Stmt::Expr(bound.node))
            }
            StmtKind::Local(local) => self.local(local),
            StmtKind::Block(block) => self.block(block),
            StmtKind::If { condition, then, otherwise } => {
                self.if_statement(condition, then, otherwise.as_deref())
            }
            StmtKind::While { condition, body } => self.while_statement(condition, body),
            StmtKind::Do { body, condition } => self.do_statement(body, condition),
            StmtKind::For { init, condition, step, body } => {
                self.for_statement(init, condition.as_ref(), step, body)
            }
            StmtKind::Foreach(foreach) => self.foreach(foreach),
            StmtKind::Switch { value, cases } => self.switch(value, cases),
            StmtKind::Try(tried) => self.try_statement(tried),
            StmtKind::Throw(value) => self.throw_statement(value.as_ref(), span),
            StmtKind::Using { subject, body } => self.using(subject, body),
            StmtKind::Lock { subject, body } => self.lock(subject, body),
            StmtKind::Return(value) => self.return_statement(value.as_ref(), span),
            StmtKind::Break => self.jump(true, span),
            StmtKind::Continue => self.jump(false, span),
            StmtKind::Checked { checked, body } => {
                let before = (self.checked, self.unchecked);
                (self.checked, self.unchecked) = (*checked, !*checked);
                let block = self.block(body);
                (self.checked, self.unchecked) = before;
                block
            }
        }
    }

    /// A statement that may not declare a variable, in a scope of its own.
    fn embedded(&mut self, statement: &Tree) -> StmtId {
        self.push_scope();
        let statement = self.statement(statement);
        self.close_scope(vec![statement])
    }

    fn local(&mut self, local: &Local) -> StmtId {
        let mut statements = Vec::new();
        let is_var = local.ty.kind == TypeKind::Var;
        let written = if is_var { None } else { Some(self.ty(&local.ty)) };
        for declarator in &local.declarators {
            if local.by_ref {
                let node = self.reference_variable(declarator, written.clone());
                statements.push(self.statement_node(Stmt::Expr(node)));
            } else if local.constant {
                self.constant(declarator, written.clone());
            } else if let Some(node) = self.declarator(declarator, written.clone()) {
                statements.push(self.statement_node(Stmt::Expr(node)));
            }
        }
        match statements.as_slice() {
            [one] => *one,
            _ => self.statement_node(Stmt::Block(statements)),
        }
    }

    fn declarator(&mut self, declarator: &Declarator, written: Option<Type>) -> Option<NodeId> {
        let name = super::text_of(&declarator.name);
        // A variable is in scope in its own value, though not assigned yet.
        if let (Some(_), Some(ty)) = (&declarator.init, &written) {
            let slot = self.declare(&name, ty.clone(), declarator.name.span);
            let value = self.declared_value(declarator, ty);
            self.state.assign(slot);
            return Some(self.write(slot, value.node));
        }
        let value = match (&declarator.init, &written) {
            (None, Some(ty)) => {
                self.declare(&name, ty.clone(), declarator.name.span);
                return None;
            }
            (None, None) => {
                self.error(
                    "csharp-var",
                    declarator.span,
                    "a variable declared with `var` needs a value (CS0818)",
                );
                let slot = self.declare(&name, Type::Error, declarator.name.span);
                self.state.assign(slot);
                return None;
            }
            (Some(Init::Expr(value)), _) => self.untyped_value(value),
            // Reported by the parser.
            (Some(Init::List(list)), _) => self.wrong(list.span),
        };
        let ty = value.ty.clone();
        let slot = self.declare(&name, ty, declarator.name.span);
        self.state.assign(slot);
        Some(self.write(slot, value.node))
    }

    /// What a variable of a written type begins with.
    fn declared_value(&mut self, declarator: &Declarator, ty: &Type) -> Bound {
        match (&declarator.init, ty) {
            (Some(Init::Expr(value)), ty) => self.typed_value(value, ty),
            (Some(Init::List(list)), Type::Array(element)) => {
                let element = element.as_ref().clone();
                self.array_of(&element, list, list.span)
            }
            (Some(Init::List(list)), Type::MultiArray(element, rank)) => {
                self.multi_array_of(&element.as_ref().clone(), *rank, list, &[], list.span)
            }
            (Some(Init::List(list)), _) => {
                let message = "an array initialiser needs an array type (CS0622)";
                self.error("csharp-initializer", list.span, message);
                self.wrong(list.span)
            }
            (None, _) => self.wrong(declarator.span),
        }
    }

    /// `ref int x = ref y;`
    fn reference_variable(&mut self, declarator: &Declarator, written: Option<Type>) -> NodeId {
        let Some(Init::Expr(Expr { kind: csharp::ast::ExprKind::Ref(value), .. })) = &declarator.init else {
            let message = "a `ref` variable needs what it stands for: `= ref x` (CS8174, CS8172)";
            self.error("csharp-reference", declarator.span, message);
            let ty = written.unwrap_or(Type::Error);
            let slot = self.declare(&super::text_of(&declarator.name), ty, declarator.name.span);
            self.state.assign(slot);
            return self.constant_node(Value::Null);
        };
        let ty = match written {
            Some(ty) => ty,
            None => self.reference_type(value),
        };
        let slot = self.declare(&super::text_of(&declarator.name), ty.clone(), declarator.name.span);
        if let Some(var) = self.var_mut(slot) {
            var.captured = true;
            var.by_ref = true;
        }
        self.bind_reference(slot, &ty, value, declarator.span).node
    }

    /// `lock (x) …`: nothing runs at the same time, so that there is nothing to wait for.
    fn lock(&mut self, subject: &Expr, body: &Tree) -> StmtId {
        let subject = self.expr(subject);
        let subject = self.something(subject);
        if subject.ty.is_value_type() {
            let message = format!("`{}` is no reference type, as `lock` requires (CS0185)", subject.ty);
            self.error("csharp-lock", subject.span, message);
        }
        let first = self.statement_node(Stmt::Expr(subject.node));
        let body = self.embedded(body);
        self.statement_node(Stmt::Block(vec![first, body]))
    }

    /// A value for a place of a type, which lambdas, methods, tuples and `default` take their own from.
    pub(super) fn typed_value(&mut self, value: &Expr, ty: &Type) -> Bound {
        if let Some(bound) = self.delegate_to(value, ty) {
            return bound;
        }
        if let csharp::ast::ExprKind::DefaultLiteral = value.kind {
            return self.default_literal(ty, value.span);
        }
        if let Some(bound) = self.tuple_to(value, ty) {
            return bound;
        }
        let bound = self.expr(value);
        let bound = self.something(bound);
        self.convert(bound, ty)
    }

    /// A value for `var`, which takes its type from it.
    pub(super) fn untyped_value(&mut self, value: &Expr) -> Bound {
        if super::group::may_be_method(value)
            && let super::overload::ArgumentValue::Group(methods) = self.group_or_value(value)
        {
            let message = format!(
                "cannot assign the method `{}` to a variable declared with `var` (CS0815)",
                methods.name
            );
            self.error("csharp-var", value.span, message);
            self.help("call it with `()`, or write the delegate type instead of `var`");
            return self.wrong(value.span);
        }
        if super::overload::is_lambda(value) {
            let message = "cannot assign a lambda to a variable declared with `var` (CS0815)";
            self.error("csharp-var", value.span, message);
            self.help("write the delegate type instead of `var`: `Func<int, int>`");
            return self.wrong(value.span);
        }
        let bound = self.expr(value);
        let bound = self.something(bound);
        if has_null(&bound.ty) && bound.ty != Type::Null {
            let message = format!("cannot assign `{}` to a variable declared with `var` (CS0815)", bound.ty);
            self.error("csharp-var", bound.span, message);
            self.help("cast the `null` to the type that the item shall have: `(string)null`");
            return self.wrong(bound.span);
        }
        if bound.ty == Type::Null {
            self.error(
                "csharp-var",
                bound.span,
                "cannot assign null to a variable declared with `var` (CS0815)",
            );
            self.help("write its type instead of `var`");
            return self.wrong(bound.span);
        }
        bound
    }

    fn constant(&mut self, declarator: &Declarator, written: Option<Type>) {
        let name = super::text_of(&declarator.name);
        let Some(ty) = written else {
            self.error("csharp-const", declarator.span, "a constant needs its type written (CS0822)");
            return;
        };
        let known = known();
        let constant = match &ty {
            Type::Class(id, _) => {
                !registry().class(*id).is_value()
                    || matches!(registry().class(*id).kind(), crate::library::Kind::Enum(_))
            }
            Type::Nullable(_) | Type::Tuple(_) => false,
            _ => true,
        };
        if !constant {
            self.error(
                "csharp-const",
                declarator.span,
                format!("the type `{ty}` cannot be declared const (CS0283)"),
            );
        }
        let value = match &declarator.init {
            Some(Init::Expr(value)) => self.typed_value(value, &ty),
            _ => {
                self.error("csharp-const", declarator.span, "a constant needs a value (CS0145)");
                self.wrong(declarator.span)
            }
        };
        let slot = self.declare(&name, ty.clone(), declarator.name.span);
        self.state.assign(slot);
        let object = super::conversion::is_reference(&ty) && ty != Type::String && !ty.is_class(known.string);
        if object && !matches!(value.constant, None | Some(Value::Null)) {
            let message = format!("a constant of type `{ty}` can be null only (CS0134)");
            self.error("csharp-const", value.span, message);
        }
        if value.constant.is_none() && value.ty != Type::Error && constant {
            self.error(
                "csharp-const",
                value.span,
                format!("the value of `{name}` must be constant (CS0133)"),
            );
        }
        if let Some(var) = self.var_mut(slot) {
            var.constant = Some(value.constant.unwrap_or(Value::Null));
            var.fixed = Some("a constant");
        }
    }

    fn if_statement(&mut self, condition: &Expr, then: &Tree, otherwise: Option<&Tree>) -> StmtId {
        let (condition, when_true, when_false) = self.condition(condition);
        self.go_on(when_true);
        let then = self.embedded(then);
        let after = self.state.clone();
        self.go_on(when_false);
        let otherwise = otherwise.map(|otherwise| self.embedded(otherwise));
        let state = after.join(&self.state);
        self.go_on(state);
        self.statement_node(Stmt::If { condition: condition.node, then, otherwise })
    }

    fn while_statement(&mut self, condition: &Expr, body: &Tree) -> StmtId {
        self.facts |= Facts::HEAVY;
        // A pattern's variable belongs to each round.
        self.push_scope();
        let (condition, when_true, when_false) = self.condition(condition);
        self.enter_jump(true);
        self.go_on(when_true);
        let body = self.embedded(body);
        self.leave_jump(when_false);
        let looped = self.statement_node(Stmt::Loop {
            condition: Some(condition.node),
            body,
            steps: Vec::new(),
            test_last: false,
        });
        self.close_scope(vec![looped])
    }

    fn do_statement(&mut self, body: &Tree, condition: &Expr) -> StmtId {
        self.facts |= Facts::HEAVY;
        self.enter_jump(true);
        let body = self.embedded(body);
        self.push_scope();
        let (condition, _, when_false) = self.condition(condition);
        self.leave_jump(when_false);
        let looped = self.statement_node(Stmt::Loop {
            condition: Some(condition.node),
            body,
            steps: Vec::new(),
            test_last: true,
        });
        self.close_scope(vec![looped])
    }

    fn for_statement(
        &mut self,
        init: &ForInit,
        condition: Option<&Expr>,
        step: &[Expr],
        body: &Tree,
    ) -> StmtId {
        self.facts |= Facts::HEAVY;
        self.push_scope();
        let mut statements = Vec::new();
        match init {
            ForInit::Local(local) => statements.push(self.local(local)),
            ForInit::Exprs(exprs) => {
                for expr in exprs {
                    let bound = self.expr(expr);
                    statements.push(self.statement_node(Stmt::Expr(bound.node)));
                }
            }
        }
        let (condition, when_true, when_false) = match condition {
            Some(condition) => {
                let (condition, when_true, when_false) = self.condition(condition);
                (Some(condition.node), when_true, when_false)
            }
            None => (None, self.state.clone(), State { dead: true, ..State::default() }),
        };
        self.enter_jump(true);
        self.go_on(when_true);
        let body = self.embedded(body);
        let steps = step.iter().map(|step| self.expr(step).node).collect();
        self.leave_jump(when_false);
        statements.push(self.statement_node(Stmt::Loop { condition, body, steps, test_last: false }));
        self.close_scope(statements)
    }

    fn foreach(&mut self, foreach: &Foreach) -> StmtId {
        self.facts |= Facts::HEAVY;
        let source = self.expr(&foreach.source);
        let source = self.something(source);
        let (source, element) = self.enumerated(source);
        let landing = self.temporary(element.clone());
        let before = self.state.clone();
        self.push_scope();
        let mut statements = Vec::new();
        match &foreach.target {
            ForeachTarget::Variable { ty, name } => {
                let read = self.read(landing);
                let item = self.bound(read, element.clone(), name.span);
                let item = if ty.kind == TypeKind::Var {
                    item
                } else {
                    let ty = self.ty(ty);
                    if ty == Type::Error || element == Type::Error {
                        Bound { ty, ..item }
                    } else {
                        self.cast(item, &ty, name.span)
                    }
                };
                let slot = self.declare(&super::text_of(name), item.ty.clone(), name.span);
                self.state.assign(slot);
                if let Some(var) = self.var_mut(slot) {
                    var.fixed = Some("the variable of `foreach`");
                }
                let write = self.write(slot, item.node);
                statements.push(self.statement_node(Stmt::Expr(write)));
            }
            ForeachTarget::Deconstruct(target) => {
                let read = self.read(landing);
                let item = self.bound(read, element, foreach.source.span);
                for node in self.deconstruct_element(target, item) {
                    statements.push(self.statement_node(Stmt::Expr(node)));
                }
            }
        }
        self.enter_jump(true);
        statements.push(self.embedded(&foreach.body));
        let body = self.close_scope(statements);
        self.leave_jump(before.clone());
        self.state = before;
        self.statement_node(Stmt::Foreach { slot: landing, source: source.node, body })
    }

    /// What `foreach` walks over, and the type of its elements.
    fn enumerated(&mut self, source: Bound) -> (Bound, Type) {
        let known = known();
        // C# enumerates a `JObject` as pairs of name and value.
        if source.ty.is_class(known.jobject) {
            let pairs = crate::library::dictionary::json_pairs;
            let node = self.call_native(pairs, &[source.node]);
            let pair = Type::generic(known.pair, [Type::String, Type::class(known.jtoken)]);
            return (Bound { node, ..source }, pair);
        }
        if let Type::MultiArray(element, _) = &source.ty {
            let element = element.as_ref().clone();
            return (source, element);
        }
        let sequence = as_class(&source.ty, known.enumerable);
        match sequence {
            Some(Type::Class(_, args)) => {
                let element = args.first().cloned().unwrap_or(Type::Object);
                (source, element)
            }
            _ => {
                if derives(&source.ty, &Type::class(known.sequence)) {
                    return (source, Type::Object);
                }
                if source.ty != Type::Error {
                    let code = if source.ty == Type::Null { "CS0186" } else { "CS1579" };
                    let message =
                        format!("`foreach` cannot walk over a value of type `{}` ({code})", source.ty);
                    self.error("csharp-foreach", source.span, message);
                    if source.ty == Type::Object {
                        self.help("cast it to the type that it has: `(JArray)x`");
                    }
                }
                (source, Type::Error)
            }
        }
    }

    /// `using`: library objects hold nothing that would have to be given back.
    fn using(&mut self, subject: &UsingSubject, body: &Tree) -> StmtId {
        self.push_scope();
        let first = match subject {
            UsingSubject::Local(local) => {
                let before = self.vars.len();
                let first = self.local(local);
                self.used(before, local.ty.span);
                first
            }
            UsingSubject::Expr(expr) => {
                let bound = self.expr(expr);
                let bound = self.something(bound);
                self.check_disposable(&bound.ty, bound.span);
                self.statement_node(Stmt::Expr(bound.node))
            }
        };
        let body = self.embedded(body);
        self.close_scope(vec![first, body])
    }

    /// The variables of a `using` statement: of types that can be disposed of, and not assigned any more.
    fn used(&mut self, before: usize, span: Span) {
        let named = |var: &&mut super::scope::Var| !var.name.is_empty();
        let mut types = Vec::new();
        for var in self.vars.iter_mut().skip(before).filter(named) {
            if var.fixed.is_none() {
                var.fixed = Some("a variable of `using`");
                types.push(var.ty.clone());
            }
        }
        for ty in types {
            self.check_disposable(&ty, span);
        }
    }

    fn check_disposable(&mut self, ty: &Type, span: Span) {
        if !is_disposable(ty) {
            let message = format!(
                "`{ty}` cannot be used in a `using` statement: there is nothing to dispose of (CS1674)"
            );
            self.error("csharp-using", span, message);
            self.help("declare an ordinary variable");
        }
    }

    fn return_statement(&mut self, value: Option<&Expr>, span: Span) -> StmtId {
        let typed = self.functions.last().and_then(|function| match &function.returns {
            super::scope::Returns::Typed(ty) => Some(ty.clone()),
            _ => None,
        });
        if self.finally.is_some() {
            self.leaves_finally(span);
        }
        let bound = value.map(|value| match &typed {
            Some(ty) if *ty != Type::Void => self.typed_value(value, ty),
            _ => self.expr(value),
        });
        let node = self.returned(bound, span);
        self.stop();
        self.statement_node(Stmt::Return(node))
    }

    fn jump(&mut self, breaks: bool, span: Span) -> StmtId {
        let state = self.state.clone();
        let reached = self.jumps.iter().rposition(|jump| breaks || jump.is_loop);
        if let (Some(first), Some(reached)) = (self.finally, reached)
            && reached < first
        {
            self.leaves_finally(span);
        }
        let target = self.jumps.iter_mut().rev().find(|jump| breaks || jump.is_loop);
        match target {
            Some(jump) if breaks => jump.breaks.push(state),
            Some(_) => {}
            None => {
                self.error("csharp-jump", span, "there is no enclosing loop to leave or continue (CS0139)");
            }
        }
        self.stop();
        self.statement_node(if breaks { Stmt::Break } else { Stmt::Continue })
    }
}

/// Whether a tuple has an item without a type.
fn has_null(ty: &Type) -> bool {
    match ty {
        Type::Null => true,
        Type::Tuple(shape) => shape.items.iter().any(has_null),
        _ => false,
    }
}

/// Whether a value of a type holds something to give back: .NET's `IDisposable`, of types that expressions use.
fn is_disposable(ty: &Type) -> bool {
    match ty {
        Type::Error | Type::Null => true,
        Type::Class(id, _) => {
            let class = registry().class(*id);
            let space = class.namespace();
            let kind = matches!(class.kind(), crate::library::Kind::Class | crate::library::Kind::Interface);
            kind && (space.starts_with("System.Security") || space == "System.IO" || space == "System.Xml")
                || class.name().ends_with("Enumerator")
        }
        _ => false,
    }
}
