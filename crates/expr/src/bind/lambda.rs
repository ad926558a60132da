//! Lambdas: bound when the delegate type is known, on trial before that.

use std::sync::Arc;

use csharp::ast::{Expr, ExprKind, Lambda, LambdaBody, Param, ParamMode};
use source::Span;

use crate::Facts;
use crate::code::{Index, Node, Slot};
use crate::types::Type;

use super::overload::{Misfit, delegate};
use super::scope::Returns;
use super::{Binder, Bound};

/// Most trials of one expression: overload resolution with nested lambdas doubles them at each level.
const TRIALS: u32 = 500;

/// A lambda that was bound.
struct Made {
    function: Index,
    captures: Vec<(Slot, Slot)>,
    /// The types of what it returns, when that was open.
    results: Vec<Bound>,
}

fn lambda_of(expr: &Expr) -> Option<&Lambda> {
    match &expr.kind {
        ExprKind::Lambda(lambda) => Some(lambda),
        ExprKind::Paren(inner) => lambda_of(inner),
        _ => None,
    }
}

impl Binder<'_> {
    /// A lambda as a delegate; none when the expression is no lambda.
    pub(super) fn lambda_to(&mut self, expr: &Expr, ty: &Type) -> Option<Bound> {
        let lambda = lambda_of(expr)?;
        let span = expr.span;
        let Some((params, result)) = delegate(ty) else {
            if *ty != Type::Error {
                self.error(
                    "csharp-lambda-type",
                    span,
                    format!("cannot convert a lambda to type `{ty}`, which is no delegate type (CS1660)"),
                );
            }
            return Some(self.wrong(span));
        };
        let Some(params) = self.lambda_params(lambda, &params) else {
            self.error(
                "csharp-lambda-type",
                span,
                format!("the lambda does not have the parameters of `{ty}` (CS1593)"),
            );
            return Some(self.wrong(span));
        };
        let made = self.function_body(params, &lambda.body, Returns::Typed(result));
        let bound = self.closure(&made, ty, span);
        Some(bound)
    }

    fn closure(&mut self, made: &Made, ty: &Type, span: Span) -> Bound {
        self.facts |= Facts::HEAVY;
        let cells: Vec<_> = made.captures.iter().map(|(outer, _)| self.read(*outer)).collect();
        let cells = self.node_list(&cells);
        let index = self.type_index(ty);
        let node = self.emit(Node::Lambda { function: made.function, cells, ty: index });
        self.bound(node, ty.clone(), span)
    }

    /// Names and types of the parameters; none when they do not go with the delegate's.
    fn lambda_params(&mut self, lambda: &Lambda, types: &[Type]) -> Option<Vec<(Arc<str>, Type)>> {
        let Some(params) = &lambda.params else {
            // `delegate { … }` takes any.
            return Some(types.iter().map(|ty| (Arc::from(""), ty.clone())).collect());
        };
        if params.len() != types.len() {
            return None;
        }
        let mut named = Vec::new();
        for (param, ty) in params.iter().zip(types) {
            if let Some(written) = &param.ty {
                let written = self.ty(written);
                if written != *ty && written != Type::Error {
                    return None;
                }
            }
            named.push((super::text_of(&param.name), ty.clone()));
        }
        Some(named)
    }

    fn function_body(&mut self, params: Vec<(Arc<str>, Type)>, body: &LambdaBody, returns: Returns) -> Made {
        let before =
            (self.state.clone(), std::mem::take(&mut self.jumps), std::mem::take(&mut self.catching));
        self.begin_function_returning(params, returns.clone());
        let (function, captures, results) = match body {
            LambdaBody::Expr(expr) => self.expression_body(expr, &returns),
            LambdaBody::Block(block) => self.block_body(block, &returns),
        };
        (self.state, self.jumps, self.catching) = before;
        self.split = None;
        Made { function, captures, results }
    }

    fn expression_body(&mut self, expr: &Expr, returns: &Returns) -> (Index, Vec<(Slot, Slot)>, Vec<Bound>) {
        let value = match returns {
            Returns::Typed(ty) if delegate(ty).is_some() => self.lambda_to(expr, ty),
            _ => None,
        };
        let value = value.unwrap_or_else(|| self.expr(expr));
        let value = match returns {
            Returns::Typed(Type::Void) => value,
            Returns::Typed(ty) => {
                let value = self.something(value);
                self.convert(value, ty)
            }
            _ => value,
        };
        let (function, captures) = self.end_function_with(value.node);
        (function, captures, vec![value])
    }

    fn block_body(
        &mut self,
        block: &csharp::ast::Block,
        returns: &Returns,
    ) -> (Index, Vec<(Slot, Slot)>, Vec<Bound>) {
        let body = self.block(block);
        let wants_value = match returns {
            Returns::Typed(ty) => *ty != Type::Void,
            _ => false,
        };
        if wants_value && !self.state.dead {
            self.error(
                "csharp-missing-return",
                block.span,
                "not all code paths of the function return a value (CS0161)",
            );
        }
        let results = match self.functions.last_mut().map(|function| &mut function.returns) {
            Some(Returns::Open(results)) => std::mem::take(results),
            _ => Vec::new(),
        };
        let (function, captures) = self.end_function_with_block(body);
        (function, captures, results)
    }

    /// Binds on trial: nothing of it remains but whether there were problems.
    fn trial<T>(&mut self, with: impl FnOnce(&mut Self) -> T) -> (T, bool) {
        let problems = self.problems.len();
        let facts = self.facts;
        let state = self.state.clone();
        self.trials += 1;
        let result = with(self);
        let fine = self.problems.len() == problems;
        self.problems.truncate(problems);
        self.facts = facts;
        self.state = state;
        self.split = None;
        (result, fine)
    }

    fn too_many_trials(&mut self, span: Span) -> bool {
        if self.trials == TRIALS {
            self.error("csharp-too-complex", span, "the types of the lambdas are too complex to be found");
            self.help("keep a part in a variable of its own");
            self.trials += 1;
        }
        self.trials > TRIALS
    }

    /// The result type of a lambda with parameters of these types.
    pub(super) fn lambda_result(&mut self, expr: &Expr, params: &[Type]) -> Result<Type, Misfit> {
        let known = self.lambda_types.iter().find(|(span, own, _)| *span == expr.span && own == params);
        if let Some((_, _, result)) = known {
            return result.clone();
        }
        let result = self.lambda_tried(expr, params);
        self.lambda_types.push((expr.span, params.to_vec(), result.clone()));
        result
    }

    fn lambda_tried(&mut self, expr: &Expr, params: &[Type]) -> Result<Type, Misfit> {
        let Some(lambda) = lambda_of(expr) else { return Err(Misfit::Lambda(expr.span)) };
        if self.too_many_trials(expr.span) {
            return Ok(Type::Error);
        }
        let (results, fine) = self.trial(|binder| {
            let params = binder.lambda_params(lambda, params)?;
            Some(binder.function_body(params, &lambda.body, Returns::Open(Vec::new())).results)
        });
        let Some(results) = results else { return Err(Misfit::Lambda(expr.span)) };
        // Its problems are reported when it is bound for good; until then its type is whatever fits.
        if !fine {
            return Ok(Type::Error);
        }
        let mut results = results.into_iter();
        let Some(mut common) = results.next() else { return Err(Misfit::Inference) };
        for result in results {
            common.ty = self.common(&common, &result).ok_or(Misfit::Inference)?;
        }
        if matches!(common.ty, Type::Void | Type::Null) { Err(Misfit::Inference) } else { Ok(common.ty) }
    }

    /// Whether a lambda can be a delegate with these parameters and this result.
    pub(super) fn trial_lambda(&mut self, expr: &Expr, params: &[Type], result: &Type) -> Result<(), Misfit> {
        let Some(lambda) = lambda_of(expr) else { return Err(Misfit::Lambda(expr.span)) };
        if self.too_many_trials(expr.span) {
            return Ok(());
        }
        let found = self.lambda_result(expr, params);
        match found {
            Err(Misfit::Lambda(span)) => Err(Misfit::Lambda(span)),
            // Problems inside it are not about the choice of the method.
            Ok(Type::Error) => Ok(()),
            Ok(ty) => {
                let fits = *result == Type::Void
                    || super::conversion::implicit(&ty, self.constant_result(lambda).as_ref(), result)
                        .is_some();
                fits.then_some(()).ok_or(Misfit::Lambda(expr.span))
            }
            Err(_) => (result.accepts_null() || *result == Type::Void)
                .then_some(())
                .ok_or(Misfit::Lambda(expr.span)),
        }
    }

    /// The value of a lambda that is a constant: `x => 1` fits `Func<T, byte>`.
    fn constant_result(&mut self, lambda: &Lambda) -> Option<crate::Value> {
        match &lambda.body {
            LambdaBody::Expr(Expr { kind: ExprKind::Literal(literal), span }) => {
                self.literal_expr(literal, *span).constant
            }
            _ => None,
        }
    }

    /// The variable of a local function, declared when its block begins.
    pub(super) fn declare_local_function(
        &mut self,
        function: &csharp::ast::LocalFunction,
    ) -> Option<(Slot, Type)> {
        let name = super::text_of(&function.name);
        if !function.type_params.is_empty() {
            self.unsupported(function.name.span, "a local function with type parameters");
            return None;
        }
        let mut types = Vec::new();
        for param in &function.params {
            types.push(self.param_type(param)?);
        }
        let result = self.ty(&function.result);
        if types.len() > 4 {
            self.unsupported(function.name.span, "a local function with more than four parameters");
            return None;
        }
        let known = crate::registry::known();
        let ty = if result == Type::Void {
            Type::generic(known.action, types)
        } else {
            types.push(result);
            Type::generic(known.func, types)
        };
        let slot = self.declare(&name, ty.clone(), function.name.span);
        if let Some(var) = self.var_mut(slot) {
            var.is_function = true;
            var.fixed = Some("a local function");
            // It may be called before its declaration, and by itself.
            var.captured = true;
        }
        self.state.assign(slot);
        Some((slot, ty))
    }

    fn param_type(&mut self, param: &Param) -> Option<Type> {
        if param.mode != ParamMode::Value || param.default.is_some() {
            self.unsupported(param.span, "a parameter of this kind");
            return None;
        }
        param.ty.as_ref().map(|ty| self.ty(ty))
    }

    /// Binds a local function: the node that puts it into its variable.
    pub(super) fn bind_local_function(
        &mut self,
        function: &csharp::ast::LocalFunction,
        slot: Slot,
        ty: &Type,
    ) -> crate::code::NodeId {
        let (types, result) = delegate(ty).unwrap_or((Vec::new(), Type::Void));
        let names = function.params.iter().map(|param| super::text_of(&param.name));
        let params = names.zip(types).collect();
        let made = self.function_body(params, &function.body, Returns::Typed(result));
        let closure = self.closure(&made, ty, function.name.span);
        self.write(slot, closure.node)
    }
}
