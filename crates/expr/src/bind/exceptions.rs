//! `try`, `catch`, `finally` and `throw`.

use csharp::ast::{Catch as CatchTree, Expr, Try};
use source::Span;

use crate::code::{Catch, Node, Stmt, StmtId};
use crate::registry::{derives, known};
use crate::types::Type;

use super::Binder;

impl Binder<'_> {
    pub(super) fn try_statement(&mut self, tried: &Try) -> StmtId {
        let before = self.state.clone();
        let body = self.block(&tried.body);
        let mut end = self.state.clone();
        let mut catches = Vec::new();
        let mut seen: Vec<Type> = Vec::new();
        for catch in &tried.catches {
            self.go_on(before.clone());
            let (catch, ty) = self.catch(catch, &seen);
            seen.push(ty);
            catches.push(catch);
            end = end.join(&self.state);
        }
        self.go_on(end);
        let finally = tried.finally.as_ref().map(|finally| {
            let end = std::mem::replace(&mut self.state, before.clone());
            let outer = self.finally.replace(self.jumps.len());
            let block = self.block(finally);
            self.finally = outer;
            // What it assigns is assigned whichever way the rest was left.
            self.state = end.and(&self.state);
            block
        });
        self.statement_node(Stmt::Try { body, catches, finally })
    }

    /// A `catch`, and the type that it catches when nothing else is asked.
    fn catch(&mut self, catch: &CatchTree, before: &[Type]) -> (Catch, Type) {
        self.push_scope();
        self.catching += 1;
        let exception = Type::class(known().exception);
        let caught = self.caught_type(catch, before);
        let mut slot = None;
        let mut enter = None;
        let mut filter = None;
        if caught != exception || catch.name.is_some() {
            slot = Some(self.temporary(exception.clone()));
        }
        if let (Some(name), Some(landing)) = (&catch.name, slot) {
            let variable = self.declare(&super::text_of(name), caught.clone(), name.span);
            self.state.assign(variable);
            let read = self.read(landing);
            enter = Some(self.write(variable, read));
        }
        if let Some(landing) = slot.filter(|_| caught != exception) {
            let value = self.read(landing);
            let ty = self.type_index(&caught);
            filter = Some(self.emit(Node::Is { value, ty }));
        }
        if let Some(written) = &catch.filter {
            let (written, when_true, _) = self.condition(written);
            self.go_on(when_true);
            filter = Some(match filter {
                Some(before) => self.emit(Node::AndAlso(before, written.node)),
                None => written.node,
            });
        }
        let body = self.block(&catch.body);
        self.catching -= 1;
        // Cells of the scope are made before the exception goes into its variable.
        let cells = self.pop_scope();
        let enter = match enter {
            Some(enter) => {
                let mut nodes = cells;
                nodes.push(enter);
                Some(self.sequence(&nodes))
            }
            None => (!cells.is_empty()).then(|| self.sequence(&cells)),
        };
        let all = if catch.filter.is_none() { caught } else { Type::Error };
        (Catch { slot, enter, filter, body }, all)
    }

    fn caught_type(&mut self, catch: &CatchTree, before: &[Type]) -> Type {
        let exception = Type::class(known().exception);
        let Some(ty) = &catch.ty else {
            if before.contains(&exception) {
                let message =
                    "this `catch` is never reached: one before it catches all exceptions (CS0160, CS1017)";
                self.error("csharp-catch-order", catch.span, message);
            }
            return exception;
        };
        let caught = self.ty(ty);
        if caught == Type::Error {
            return caught;
        }
        if !derives(&caught, &exception) {
            self.error("csharp-catch-type", ty.span, format!("`{caught}` is not an exception type (CS0155)"));
        } else if before.iter().any(|before| *before != Type::Error && derives(&caught, before)) {
            let message = format!("a `catch` before this one catches all `{caught}` (CS0160, CS1017)");
            self.error("csharp-catch-order", ty.span, message);
            self.help("put it first");
        }
        caught
    }

    pub(super) fn throw_statement(&mut self, value: Option<&Expr>, span: Span) -> StmtId {
        match value {
            Some(value) => {
                let bound = self.throw_expr(value, span);
                self.statement_node(Stmt::Expr(bound.node))
            }
            None => {
                if self.catching == 0 {
                    self.error("csharp-rethrow", span, "`throw;` stands only in a `catch` (CS0156)");
                }
                self.stop();
                self.statement_node(Stmt::Rethrow)
            }
        }
    }

    pub(super) fn leaves_finally(&mut self, span: Span) {
        self.error("csharp-finally", span, "a `finally` cannot be left before its end (CS0157)");
        self.help("do it behind the `try` statement");
    }
}
