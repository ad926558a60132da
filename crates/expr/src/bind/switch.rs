//! The `switch` statement: sections, their scope, which of them can be reached.
//!
//! All sections share one scope for what their statements declare; variables of patterns belong to their own section (C#
//! specification, 13.8.3).

use csharp::ast::{Case, Expr, Label, Pattern, PatternKind};
use source::Span;

use crate::Value;
use crate::code::{NodeId, Section, Stmt, StmtId};
use crate::eval::equal_values;
use crate::types::Type;

use super::flow::State;
use super::{Binder, Bound};

/// What the labels before have handled.
#[derive(Default)]
struct Handled {
    constants: Vec<Value>,
    types: Vec<Type>,
    default: bool,
    /// Nothing is left for a later label.
    all: bool,
}

/// What is known about a label when it is bound.
#[derive(Clone, Copy, PartialEq)]
enum Matches {
    Never,
    Perhaps,
    Always,
}

impl Binder<'_> {
    pub(super) fn switch(&mut self, value: &Expr, cases: &[Case]) -> StmtId {
        let value = self.expr(value);
        let value = self.something(value);
        if value.ty == Type::Null {
            let message = "a value of some type is wanted in `switch`, found null (CS8119)";
            self.error("csharp-switch", value.span, message);
        }
        let slot = self.temporary(value.ty.clone());
        let keep = self.write(slot, value.node);
        let before = self.state.clone();
        self.enter_jump(false);
        self.push_scope();
        for case in cases {
            self.announce(&case.body);
        }
        let mut handled = Handled::default();
        let mut sections = Vec::new();
        let mut cells = Vec::new();
        let mut default = None;
        let mut end = State { dead: true, ..before.clone() };
        let mut defaults = Vec::new();
        let mut sure = false;
        for (at, case) in cases.iter().enumerate() {
            self.go_on(before.clone());
            self.push_scope();
            let mut tests = Vec::new();
            let mut reached = false;
            for label in &case.labels {
                match label {
                    Label::Default(span) => {
                        self.default_label(&mut handled, *span);
                        default = Some(sections.len());
                        defaults.push(sections.len());
                        reached = true;
                    }
                    Label::Case { pattern, guard } => {
                        let read = self.read(slot);
                        let kept = Bound { node: read, ..value.clone() };
                        let (test, matches) =
                            self.label(&kept, pattern, guard.as_ref(), &mut handled, case.span);
                        tests.push(test);
                        reached |= matches != Matches::Never && !sure;
                        sure |= matches == Matches::Always;
                    }
                }
            }
            self.share_scope();
            self.state.dead |= !reached;
            let body = self.statements(&case.body);
            cells.extend(self.end_section());
            if !self.state.dead {
                let message = match at + 1 == cases.len() {
                    true => "control cannot fall out of the last case (CS8070)",
                    false => "control cannot fall through from one case to the next (CS0163)",
                };
                self.error("csharp-fall-through", case.span, message);
                self.help("end the case with `break;` or `return`");
            }
            end = end.join(&self.state);
            let body = self.statement_node(Stmt::Block(body));
            sections.push(Section { tests, body });
        }
        if default.is_none() && !handled.all && !sure {
            end = end.join(&before);
        }
        cells.extend(self.pop_scope());
        self.leave_jump(end);
        let mut all: Vec<StmtId> =
            cells.into_iter().map(|node| self.statement_node(Stmt::Expr(node))).collect();
        all.push(self.statement_node(Stmt::Switch { value: keep, sections, default }));
        self.statement_node(Stmt::Block(all))
    }

    fn default_label(&mut self, handled: &mut Handled, span: Span) {
        if handled.default {
            let message = "the `switch` has more than one label `default` (CS0152)";
            self.error("csharp-duplicate-case", span, message);
        }
        handled.default = true;
    }

    /// Lets the scope of the section's patterns lie around that of the statements of all sections.
    fn share_scope(&mut self) {
        let Some(function) = self.functions.last_mut() else { return };
        let at = function.scopes.len();
        if at >= 2 {
            function.scopes.swap(at - 2, at - 1);
        }
    }

    /// Ends the scope of a section's patterns; that of the statements stays.
    fn end_section(&mut self) -> Vec<NodeId> {
        self.share_scope();
        self.pop_scope()
    }

    /// The test of a label, and whether it matches whatever the value is, or never.
    fn label(
        &mut self,
        value: &Bound,
        pattern: &Pattern,
        guard: Option<&Expr>,
        handled: &mut Handled,
        span: Span,
    ) -> (NodeId, Matches) {
        let problems = self.problems.len();
        let test = self.label_test(value, pattern, guard, span);
        if self.problems.len() > problems {
            return (test, Matches::Perhaps);
        }
        let matches = match &pattern.kind {
            PatternKind::Constant(constant) => {
                self.constant_label(value, constant, pattern.span, guard, handled)
            }
            PatternKind::Type(ty) => match self.constant_of_type(ty) {
                Some(constant) => self.constant_label(value, &constant, pattern.span, guard, handled),
                None => self.type_label(value, ty, pattern.span, guard, handled),
            },
            PatternKind::Declaration { ty, .. } => self.type_label(value, ty, pattern.span, guard, handled),
            PatternKind::Var(_) => {
                handled.all |= guard.is_none();
                if guard.is_none() { Matches::Always } else { Matches::Perhaps }
            }
            PatternKind::Error => Matches::Perhaps,
        };
        (test, if guard.is_some() && matches == Matches::Always { Matches::Perhaps } else { matches })
    }

    fn constant_label(
        &mut self,
        value: &Bound,
        constant: &Expr,
        span: Span,
        guard: Option<&Expr>,
        handled: &mut Handled,
    ) -> Matches {
        let bound = self.expr(constant);
        let target = value.ty.without_nullable().clone();
        let bound = match (&target, &bound.ty) {
            (Type::Object, _) | (_, Type::Null) => bound,
            _ => self.convert(bound, &target),
        };
        let Some(own) = bound.constant.clone() else { return Matches::Perhaps };
        let same = |other: &Value| {
            equal_values(other, &own) && std::mem::discriminant(other) == std::mem::discriminant(&own)
        };
        if handled.constants.iter().any(same) {
            let message = format!("the `switch` has more than one label `case {}` (CS0152)", shown(&own));
            self.error("csharp-duplicate-case", span, message);
            return Matches::Never;
        }
        if handled
            .types
            .iter()
            .any(|ty| own != Value::Null && super::conversion::standard(&bound.ty, None, ty).is_some())
        {
            self.already_handled(span);
            return Matches::Never;
        }
        if guard.is_none() {
            let both = [Value::Bool(true), Value::Bool(false)];
            handled.constants.push(own.clone());
            handled.all |= value.ty == Type::BOOL && both.iter().all(|one| handled.constants.contains(one));
        }
        match &value.constant {
            Some(known) if equal_values(known, &own) => Matches::Always,
            Some(_) => Matches::Never,
            None => Matches::Perhaps,
        }
    }

    fn type_label(
        &mut self,
        value: &Bound,
        ty: &csharp::ast::Type,
        span: Span,
        guard: Option<&Expr>,
        handled: &mut Handled,
    ) -> Matches {
        let ty = self.ty(ty);
        if ty == Type::Error {
            return Matches::Perhaps;
        }
        let covers = |other: &Type| super::conversion::standard(&ty, None, other).is_some();
        if handled.all || handled.types.iter().any(covers) {
            self.already_handled(span);
            return Matches::Never;
        }
        let always = value.ty == ty && ty.is_value_type();
        if guard.is_none() {
            handled.types.push(ty);
            handled.all |= always;
        }
        if always { Matches::Always } else { Matches::Perhaps }
    }

    fn already_handled(&mut self, span: Span) {
        self.error("csharp-duplicate-case", span, "a `case` before this one handles all of it (CS8120)");
        self.help("put the narrower `case` first");
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("\"{}\"", text.as_str()),
        Value::Null => "null".to_owned(),
        other => crate::eval::plain_text(other),
    }
}
