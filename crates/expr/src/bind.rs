//! The binder: gives every name a meaning and every expression a type, as the C# compiler does, and writes the typed
//! program.
//!
//! It never stops at a problem: what could not be typed has [`Type::Error`], which converts to everything and is never
//! reported again. Problems carry the C# compiler's code at the end of their message where there is one.

mod assign;
mod call;
mod condition;
mod conversion;
mod create;
mod emit;
mod exceptions;
mod expression;
mod finish;
mod flow;
mod function;
mod group;
mod index;
mod lambda;
mod literal;
mod lookup;
mod multi_array;
mod name;
mod operator;
mod overload;
mod pattern;
mod query;
mod reference;
mod refused;
mod result;
mod scope;
mod statement;
mod switch;
mod tuple;
mod type_name;

use std::sync::Arc;

use csharp::ast;
use secret::SecretSlot;
use source::Span;

use crate::code::{Code, NodeId};
use crate::registry::registry;
use crate::tighten;
use crate::types::Type;
use crate::{Expected, Facts, Problem, Value};

use flow::State;
use scope::{Function, Var};

pub(crate) use emit::formatted_hole;

/// A typed expression.
#[derive(Clone, Debug)]
struct Bound {
    node: NodeId,
    ty: Type,
    /// Its value, when the compiler knows it.
    constant: Option<Value>,
    span: Span,
    /// Whose body it is, for the facts of `As`.
    origin: Origin,
}

/// Which message a body, or what it belongs to, is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Unknown,
    Request,
    Response,
    /// A response kept in a variable.
    Stored,
}

/// Deepest nesting of expressions and statements that is bound.
const DEPTH: u32 = 160;
/// Most problems reported of one expression.
const PROBLEMS: usize = 20;

/// The binder of one expression.
struct Binder<'a> {
    code: Code,
    facts: Facts,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
    slots: &'a [SecretSlot],
    expected: &'a Expected,
    vars: Vec<Var>,
    functions: Vec<Function>,
    /// Which variables are assigned here.
    state: State,
    /// The states when the condition just bound is true, and when it is false.
    split: Option<(State, State)>,
    depth: u32,
    /// Loops and switches around the current statement.
    jumps: Vec<flow::Jump>,
    /// The value behind `?.` that is being bound.
    receivers: Vec<Bound>,
    /// Inside `checked`.
    checked: bool,
    /// Inside `unchecked`: constants may overflow.
    unchecked: bool,
    /// Inside a `catch`, where `throw;` is allowed.
    catching: u32,
    /// Inside a `finally`: how many loops and switches are around it.
    finally: Option<usize>,
    /// How often lambdas were bound on trial: bounds the work of overload resolution.
    trials: u32,
    /// Result types of the lambdas of the call whose method is being chosen, by place and parameter types.
    lambda_types: Vec<(Span, Vec<Type>, Result<Type, overload::Misfit>)>,
    /// The functions that the author wrote.
    locals: Vec<function::Declared>,
    /// Type parameters of the functions around, and what they stand for.
    type_names: Vec<(Arc<str>, Type)>,
}

/// What binding gives.
pub(crate) struct Output {
    pub(crate) code: Code,
    pub(crate) facts: Facts,
    pub(crate) problems: Vec<Problem>,
    pub(crate) warnings: Vec<Problem>,
    pub(crate) ty: Type,
    pub(crate) constant: Option<Value>,
}

/// Binds an expression.
pub(crate) fn bind_expression(tree: &ast::Expr, expected: &Expected, slots: &[SecretSlot]) -> Output {
    let mut binder = Binder::new(expected, slots);
    binder.begin_program();
    let value = binder.expr(tree);
    let value = binder.result(value);
    binder.end_function_with(value.node);
    binder.output(value.ty, value.constant)
}

/// Binds statements.
pub(crate) fn bind_block(tree: &ast::Block, expected: &Expected, slots: &[SecretSlot]) -> Output {
    let mut binder = Binder::new(expected, slots);
    binder.begin_program();
    let body = binder.block(tree);
    if !binder.state.dead {
        let end = Span::new(tree.span.end.saturating_sub(1).max(tree.span.start), tree.span.end);
        binder.error("csharp-missing-return", end, "not all code paths return a value (CS0161)");
        binder.help("end every path with `return`");
    }
    let ty = binder.returned_type();
    binder.end_function_with_block(body);
    binder.output(ty, None)
}

impl<'a> Binder<'a> {
    fn new(expected: &'a Expected, slots: &'a [SecretSlot]) -> Self {
        Self {
            code: Code::default(),
            facts: Facts::NONE,
            problems: Vec::new(),
            warnings: Vec::new(),
            slots,
            expected,
            vars: Vec::new(),
            functions: Vec::new(),
            state: State::default(),
            split: None,
            depth: 0,
            jumps: Vec::new(),
            receivers: Vec::new(),
            checked: false,
            unchecked: false,
            catching: 0,
            finally: None,
            trials: 0,
            lambda_types: Vec::new(),
            locals: Vec::new(),
            type_names: Vec::new(),
        }
    }

    fn output(mut self, ty: Type, constant: Option<Value>) -> Output {
        self.finish();
        tighten::tighten(&mut self.code);
        if tighten::searches_long(&self.code) {
            self.facts |= Facts::HEAVY;
        }
        if self.code.sites.iter().any(|site| registry().changes_json(site.function)) {
            self.facts |= Facts::CHANGES_JSON;
        }
        self.problems.sort_by_key(|problem| problem.span.start);
        self.problems.dedup();
        self.problems.truncate(PROBLEMS);
        self.warnings.sort_by_key(|warning| warning.span.start);
        self.warnings.dedup();
        self.warnings.truncate(PROBLEMS);
        let (problems, warnings) = (self.problems, self.warnings);
        Output { code: self.code.shrunk(), facts: self.facts, problems, warnings, ty, constant }
    }

    /// Reports a problem.
    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.problems.push(Problem { code, message: message.into(), span, help: None });
    }

    /// Reports something that is allowed and surely not meant.
    fn warn(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.warnings.push(Problem { code, message: message.into(), span, help: None });
    }

    /// Says what to do about the problem reported last.
    fn help(&mut self, help: impl Into<String>) {
        if let Some(problem) = self.problems.last_mut() {
            problem.help = Some(help.into());
        }
    }

    /// Reports something that C# has and that is not built.
    fn unsupported(&mut self, span: Span, what: &str) -> Bound {
        self.error("csharp-not-supported", span, format!("{what} is not yet supported"));
        self.wrong(span)
    }

    /// An expression that could not be typed.
    fn wrong(&mut self, span: Span) -> Bound {
        let node = self.constant_node(Value::Null);
        Bound { node, ty: Type::Error, constant: None, span, origin: Origin::Unknown }
    }

    fn bound(&self, node: NodeId, ty: Type, span: Span) -> Bound {
        Bound { node, ty, constant: None, span, origin: Origin::Unknown }
    }

    /// A constant.
    fn literal(&mut self, value: Value, ty: Type, span: Span) -> Bound {
        let node = self.constant_node(value.clone());
        Bound { node, ty, constant: Some(value), span, origin: Origin::Unknown }
    }

    /// Runs something one level deeper; too deep is a problem.
    fn deeper<T>(
        &mut self,
        span: Span,
        with: impl FnOnce(&mut Self) -> T,
        otherwise: impl FnOnce(&mut Self) -> T,
    ) -> T {
        if self.depth >= DEPTH {
            self.error("csharp-too-deep", span, "the expression is nested too deeply");
            return otherwise(self);
        }
        self.depth += 1;
        let result = with(self);
        self.depth -= 1;
        result
    }
}

/// Shared text of an AST name.
fn text_of(name: &ast::Name) -> Arc<str> {
    Arc::clone(&name.text)
}
