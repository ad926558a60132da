//! Patterns of C# 7: behind `is` and `case`.

use source::Span;

use super::{Designation, Expr, Type};

/// A pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// What it is.
    pub kind: PatternKind,
    /// Where it stands.
    pub span: Span,
}

/// What a pattern is.
#[derive(Clone, Debug, PartialEq)]
pub enum PatternKind {
    /// Could not be parsed, or is refused; reported.
    Error,
    /// `is T`. A dotted name may also be a constant (`x is Limits.Max`): C# tries the type first, then the constant.
    Type(Type),
    /// `is T x`, `case T x`; `T _` discards.
    Declaration {
        /// The type.
        ty: Type,
        /// The variable.
        designation: Designation,
    },
    /// `is var x`, `case var x`.
    Var(Designation),
    /// `is null`, `is 1`, `case "a"`, `case A.B`.
    Constant(Expr),
}
