//! Methods as values: `.Select(int.Parse)`, `Func<string, int> parse = int.Parse`.
//!
//! The delegate type that is wanted chooses the overload, as arguments of its parameters' types would (C# specification,
//! 10.8). What is made is a function that calls the method.

use std::rc::Rc;

use csharp::ast::{Expr, ExprKind};
use source::Span;

use crate::code::Node;
use crate::registry::Action;
use crate::types::Type;
use crate::{Facts, Value};

use super::call::Chosen;
use super::conversion::{implicit, is_reference};
use super::name::{Methods, Named};
use super::overload::{Argument, ArgumentValue, Candidate, delegate};
use super::scope::{FunctionKind, Parameter, Returns};
use super::{Binder, Bound, Origin};

/// A method that a delegate type chose.
struct Resolved<'t> {
    target: Option<Bound>,
    candidate: Candidate,
    /// The object first when the method is an extension.
    arguments: Vec<Argument<'t>>,
    extension: bool,
}

/// Whether an expression may name a method.
pub(super) fn may_be_method(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(_) | ExprKind::Member { .. } => true,
        ExprKind::Paren(inner) => may_be_method(inner),
        _ => false,
    }
}

/// The expression without parentheses around it.
fn bare(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Paren(inner) => bare(inner),
        _ => expr,
    }
}

impl Binder<'_> {
    /// An argument that may be a method or a value.
    pub(super) fn group_or_value<'t>(&mut self, expr: &'t Expr) -> ArgumentValue<'t> {
        match self.named(bare(expr)) {
            Named::Methods(methods) => ArgumentValue::Group(Rc::new(methods)),
            named => {
                let bound = self.value_of(named, expr);
                ArgumentValue::Value(self.something(bound))
            }
        }
    }

    /// A value where a delegate is wanted: a lambda, a method, or a value that is one. None when `ty` is no delegate type
    /// and the expression no lambda.
    pub(super) fn delegate_to(&mut self, expr: &Expr, ty: &Type) -> Option<Bound> {
        if let Some(bound) = self.lambda_to(expr, ty) {
            return Some(bound);
        }
        if !may_be_method(expr) || delegate(ty).is_none() {
            return None;
        }
        Some(match self.group_or_value(expr) {
            ArgumentValue::Group(methods) => self.group_to(&methods, ty, expr.span),
            ArgumentValue::Value(bound) => self.convert(bound, ty),
            _ => self.wrong(expr.span),
        })
    }

    /// The method that a delegate's parameters choose, with its arguments.
    fn group_choice(&mut self, methods: &Methods, params: &[Type]) -> Option<(Resolved<'static>, Type)> {
        let nothing = self.constant_node(Value::Null);
        let argument = |ty: &Type| {
            let bound = Bound {
                node: nothing,
                ty: ty.clone(),
                constant: None,
                span: methods.span,
                origin: Origin::Unknown,
            };
            Argument { name: None, value: ArgumentValue::Value(bound), span: methods.span }
        };
        let arguments: Vec<Argument<'static>> = params.iter().map(argument).collect();
        let target = methods.target.clone();
        let resolved = match self.resolve(methods, &arguments).ok()? {
            Chosen::Method(candidate) => Resolved { target, candidate, arguments, extension: false },
            Chosen::Extension(candidate, arguments) => {
                Resolved { target, candidate, arguments, extension: true }
            }
        };
        let types: Vec<Option<Type>> = resolved.candidate.types.iter().cloned().map(Some).collect();
        let result = resolved.candidate.found.member.signature.result.substitute(&types);
        let exact =
            resolved.candidate.slots.len() == resolved.arguments.len() && !resolved.candidate.expanded;
        exact.then_some((resolved, result))
    }

    /// What the method gives for parameters of these types.
    pub(super) fn group_result(&mut self, methods: &Methods, params: &[Type]) -> Option<Type> {
        let (_, result) = self.group_choice(methods, params)?;
        (result != Type::Void).then_some(result)
    }

    /// Whether a method can be a delegate of a type.
    pub(super) fn group_fits(&mut self, methods: &Methods, ty: &Type) -> bool {
        let Some((params, result)) = delegate(ty) else { return false };
        let Some((_, own)) = self.group_choice(methods, &params) else { return false };
        gives(&own, &result)
    }

    /// A method as a delegate.
    pub(super) fn group_to(&mut self, methods: &Methods, ty: &Type, span: Span) -> Bound {
        let Some((params, result)) = delegate(ty) else {
            let message = format!(
                "cannot convert the method `{}` to type `{ty}`, which is no delegate type (CS0428)",
                methods.name
            );
            self.error("csharp-method-as-value", span, message);
            self.help("call it with `()`");
            return self.wrong(span);
        };
        let Some((resolved, own)) = self.group_choice(methods, &params) else {
            let message = format!("no overload of `{}` matches the delegate `{ty}` (CS0123)", methods.name);
            self.error("csharp-method-as-value", span, message);
            self.help("write a lambda: `x => …`");
            return self.wrong(span);
        };
        if !gives(&own, &result) {
            let message = format!("`{}` has the wrong return type: `{own}` (CS0407)", methods.name);
            self.error("csharp-method-as-value", span, message);
            self.help("write a lambda: `x => …`");
            return self.wrong(span);
        }
        if let Action::Local(number) = resolved.candidate.found.member.call
            && let Some(bound) = self.function_value(number, &resolved.candidate, ty, span)
        {
            return bound;
        }
        self.group_closure(resolved, &params, ty, span)
    }

    /// A function that calls the method with its own parameters.
    fn group_closure(&mut self, resolved: Resolved<'_>, params: &[Type], ty: &Type, span: Span) -> Bound {
        self.facts |= Facts::HEAVY;
        // The object is evaluated once, where the method is named.
        let kept = resolved.target.as_ref().map(|target| {
            let slot = self.temporary(target.ty.clone());
            let keep = self.write(slot, target.node);
            (slot, keep, target.clone())
        });
        let state = self.state.clone();
        let result = delegate(ty).map_or(Type::Void, |(_, result)| result);
        let own = params.iter().cloned().map(Parameter::unnamed).collect();
        self.begin_function(own, Returns::Typed(result.clone()), FunctionKind::Lambda);
        let target = kept.as_ref().map(|(slot, _, target)| {
            let slot = self.captured(*slot);
            Bound { node: self.read(slot), ..target.clone() }
        });
        let slots = self.functions.last().map(|function| function.params.clone()).unwrap_or_default();
        let mut nodes = slots.into_iter().map(|slot| self.read(slot)).collect::<Vec<_>>().into_iter();
        let extension = resolved.extension;
        let mut arguments = Vec::new();
        for (index, argument) in resolved.arguments.into_iter().enumerate() {
            let value = match argument.value {
                ArgumentValue::Value(bound) if extension && index == 0 => match &target {
                    Some(target) => ArgumentValue::Value(target.clone()),
                    None => ArgumentValue::Value(bound),
                },
                ArgumentValue::Value(bound) => {
                    ArgumentValue::Value(Bound { node: nodes.next().unwrap_or(bound.node), ..bound })
                }
                other => other,
            };
            arguments.push(Argument { value, ..argument });
        }
        let target = if extension { None } else { target };
        let value = self.emit_call(target, resolved.candidate, &arguments, span);
        let value = if result == Type::Void { value } else { self.convert(value, &result) };
        let (function, captures) = self.end_function_with(value.node);
        self.state = state;
        let cells: Vec<_> = captures.iter().map(|(outer, _)| self.read(*outer)).collect();
        let cells = self.node_list(&cells);
        let index = self.type_index(ty);
        let lambda = self.emit(Node::Lambda { function, cells, ty: index });
        let node = match kept {
            Some((_, keep, _)) => self.sequence(&[keep, lambda]),
            None => lambda,
        };
        self.bound(node, ty.clone(), span)
    }
}

/// Whether a method's result is one for a delegate: the same, or a reference to something that is one (20.4).
fn gives(own: &Type, wanted: &Type) -> bool {
    if *wanted == Type::Void {
        return *own == Type::Void;
    }
    own == wanted || (is_reference(own) && is_reference(wanted) && implicit(own, None, wanted).is_some())
}
