//! Lambdas: bound when the delegate type is known, on trial before that.

use csharp::ast::{Expr, ExprKind, Lambda, LambdaBody};
use source::Span;

use crate::Facts;
use crate::code::{Index, Node, Slot};
use crate::types::Type;

use super::overload::{Misfit, delegate};
use super::scope::{FunctionKind, Parameter, Returns};
use super::{Binder, Bound};

/// Most trials of one expression: overload resolution with nested lambdas doubles them at each level.
const TRIALS: u32 = 500;

/// A function that was bound.
pub(super) struct Made {
    pub(super) function: Index,
    pub(super) captures: Vec<(Slot, Slot)>,
    /// The types of what it returns, when that was open.
    results: Vec<Bound>,
    /// Whether its block can end without `return`.
    ends: bool,
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
        let same_count = lambda.params.as_ref().is_none_or(|own| own.len() == params.len());
        let Some(params) = self.lambda_params(lambda, &params) else {
            let code = if same_count { "CS1661, CS1678" } else { "CS1593" };
            let message = format!("the lambda does not have the parameters of `{ty}` ({code})");
            self.error("csharp-lambda-type", span, message);
            return Some(self.wrong(span));
        };
        let made = self.function_body(params, &lambda.body, Returns::Typed(result), FunctionKind::Lambda);
        let bound = self.closure(&made, ty, span);
        Some(bound)
    }

    pub(super) fn closure(&mut self, made: &Made, ty: &Type, span: Span) -> Bound {
        self.facts |= Facts::HEAVY;
        let cells: Vec<_> = made.captures.iter().map(|(outer, _)| self.read(*outer)).collect();
        let cells = self.node_list(&cells);
        let index = self.type_index(ty);
        let node = self.emit(Node::Lambda { function: made.function, cells, ty: index });
        self.bound(node, ty.clone(), span)
    }

    /// Names and types of the parameters; none when they do not go with the delegate's.
    fn lambda_params(&mut self, lambda: &Lambda, types: &[Type]) -> Option<Vec<Parameter>> {
        let Some(params) = &lambda.params else {
            // `delegate { … }` takes any.
            return Some(types.iter().cloned().map(Parameter::unnamed).collect());
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
            named.push(Parameter {
                name: super::text_of(&param.name),
                ty: ty.clone(),
                mode: param.mode,
                span: param.name.span,
            });
        }
        Some(named)
    }

    /// The parameter types that a lambda writes; none when it leaves them out.
    pub(super) fn written_params(&mut self, expr: &Expr) -> Option<Vec<Type>> {
        let params = lambda_of(expr)?.params.as_ref()?;
        let problems = self.problems.len();
        let types = params.iter().map(|param| param.ty.as_ref().map(|ty| self.ty(ty))).collect();
        self.problems.truncate(problems);
        types
    }

    pub(super) fn function_body(
        &mut self,
        params: Vec<Parameter>,
        body: &LambdaBody,
        returns: Returns,
        kind: FunctionKind,
    ) -> Made {
        let before =
            (self.state.clone(), std::mem::take(&mut self.jumps), std::mem::take(&mut self.catching));
        let receivers = std::mem::take(&mut self.receivers);
        let finally = self.finally.take();
        self.begin_function(params, returns.clone(), kind);
        let (function, captures, results) = match body {
            LambdaBody::Expr(expr) => self.expression_body(expr, &returns),
            LambdaBody::Block(block) => self.block_body(block, &returns),
        };
        let ends = !self.state.dead;
        (self.state, self.jumps, self.catching) = before;
        self.receivers = receivers;
        self.finally = finally;
        self.split = None;
        Made { function, captures, results, ends }
    }

    fn expression_body(&mut self, expr: &Expr, returns: &Returns) -> (Index, Vec<(Slot, Slot)>, Vec<Bound>) {
        let value = match returns {
            Returns::Typed(ty) if delegate(ty).is_some() => self.lambda_to(expr, ty),
            _ => None,
        };
        let value = value.unwrap_or_else(|| self.expr(expr));
        let value = match returns {
            Returns::Typed(Type::Void) => {
                self.check_statement(expr);
                value
            }
            Returns::Typed(ty) => {
                let value = self.something(value);
                self.convert(value, ty)
            }
            _ => value,
        };
        self.check_outs(expr.span);
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
            let lambda = self.functions.last().is_some_and(|function| function.kind == FunctionKind::Lambda);
            let code = if lambda { "CS1643" } else { "CS0161" };
            let message = format!("not all code paths of the function return a value ({code})");
            self.error("csharp-missing-return", block.span, message);
            self.help("end every path with `return`");
        }
        self.check_outs(block.span);
        let results = match self.functions.last_mut().map(|function| &mut function.returns) {
            Some(Returns::Open(results)) => std::mem::take(results),
            _ => Vec::new(),
        };
        let (function, captures) = self.end_function_with_block(body);
        (function, captures, results)
    }

    /// A function without result does something: a value alone is no statement.
    fn check_statement(&mut self, expr: &Expr) {
        if !is_statement(expr) {
            let message = "only an assignment, a call, `++`, `--` or `new` can be a statement (CS0201)";
            self.error("csharp-idle-statement", expr.span, message);
        }
    }

    /// Binds on trial: nothing of it remains but whether there were problems.
    pub(super) fn trial<T>(&mut self, with: impl FnOnce(&mut Self) -> T) -> (T, bool) {
        let problems = self.problems.len();
        let warnings = self.warnings.len();
        let facts = self.facts;
        let state = self.state.clone();
        self.trials += 1;
        let result = with(self);
        self.warnings.truncate(warnings);
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
            let returns = Returns::Open(Vec::new());
            Some(binder.function_body(params, &lambda.body, returns, FunctionKind::Lambda))
        });
        let Some(made) = results else { return Err(Misfit::Lambda(expr.span)) };
        // Its problems are reported when it is bound for good; until then its type is whatever fits.
        if !fine {
            return Ok(Type::Error);
        }
        let mut results = made.results.into_iter();
        let Some(mut common) = results.next() else {
            // A block that only throws can be of any type.
            return if made.ends { Ok(Type::Void) } else { Err(Misfit::Inference) };
        };
        for result in results {
            let same = common.ty == Type::Null && result.ty == Type::Null;
            if !same {
                common.ty = self.common(&common, &result).ok_or(Misfit::Inference)?;
            }
        }
        Ok(common.ty)
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
            Ok(ty) if *result == Type::Void => {
                let fits = match &lambda.body {
                    LambdaBody::Expr(body) => is_statement(body),
                    LambdaBody::Block(_) => ty == Type::Void,
                };
                fits.then_some(()).ok_or(Misfit::Lambda(expr.span))
            }
            Ok(ty) => {
                let constant = self.constant_result(lambda);
                let fits = super::conversion::implicit(&ty, constant.as_ref(), result).is_some();
                let at = match &lambda.body {
                    LambdaBody::Expr(body) => body.span,
                    LambdaBody::Block(_) => expr.span,
                };
                fits.then_some(()).ok_or_else(|| Misfit::Result { at, from: ty, to: result.clone() })
            }
            Err(_) => Ok(()),
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
}

/// Whether an expression may be a statement.
fn is_statement(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::NullConditional { access, .. } => is_statement(access),
        ExprKind::Error
        | ExprKind::Call { .. }
        | ExprKind::Assign { .. }
        | ExprKind::Step { .. }
        | ExprKind::New(_)
        | ExprKind::Throw(_) => true,
        _ => false,
    }
}
