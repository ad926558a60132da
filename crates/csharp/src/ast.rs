//! The syntax tree of C# 7.3 expressions and statements, as written.
//!
//! `context.Request.Headers["a"].First()` is a [`ExprKind::Call`] of a [`ExprKind::Member`] of an
//! [`ExprKind::Index`], and so on. Every node has the [`Span`] of its text, a byte range of the text that was parsed.
//!
//! The tree knows no types and resolves no names: whether `a.b` is a namespace, a type or a value is the binder's
//! question. A part that could not be parsed is an `Error` node; the problem that says why has been reported, so
//! whoever meets the node stays silent.
//!
//! INVARIANT: no path from a root to a leaf is longer than [`Limits::height`](crate::Limits) nodes of expressions
//! and statements, so that walking the tree by recursion is safe.

mod expr;
mod literal;
mod pattern;
mod query;
mod statement;
mod types;

use std::sync::Arc;

use source::Span;

pub use expr::{
    AnonymousMember, Arg, ArgMode, Args, BinaryOp, Designation, Element, Expr, ExprKind, Initializer,
    InterpolatedPart, Lambda, LambdaBody, New, NewArray, StepOp, TupleItem, UnaryOp,
};
pub use literal::{IntBase, IntSuffix, Literal};
pub use pattern::{Pattern, PatternKind};
pub use query::{Clause, Join, Ordering, Query, QueryBody, QueryEnd};
pub use statement::{
    Block, Case, Catch, Declarator, ForInit, Foreach, ForeachTarget, Init, Label, Local, LocalFunction,
    Param, ParamMode, Stmt, StmtKind, Try, UsingSubject,
};
pub use types::{Predefined, QualifiedName, SimpleName, TupleTypeItem, Type, TypeKind};

/// An identifier; a verbatim identifier such as `@class` has the name `class`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name itself, with escapes resolved.
    pub text: Arc<str>,
    /// Where it stands.
    pub span: Span,
}
