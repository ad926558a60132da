//! Expressions.

use std::sync::Arc;

use source::Span;

use super::{Block, Init, Literal, Name, Param, Pattern, Predefined, Query, SimpleName, Type};

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// Could not be parsed, or is refused; reported.
    Error,
    /// `1`, `"a"`, `null`.
    Literal(Literal),
    /// `$"a{x,5:N2}"`: texts and holes in order.
    Interpolated(Vec<InterpolatedPart>),
    /// `x`, `M<int>`; also `_`.
    Name(SimpleName),
    /// `global::System`.
    Alias {
        /// What stands before `::`.
        alias: Name,
        /// What stands behind it.
        name: SimpleName,
    },
    /// `int` in `int.Parse`; only ever the target of a member access.
    Predefined(Predefined),
    /// `(x)`.
    Paren(Box<Expr>),
    /// `(a, b: c)`; at least two items.
    Tuple(Vec<TupleItem>),
    /// `target.name`.
    Member {
        /// What stands before the dot.
        target: Box<Expr>,
        /// What stands behind it.
        name: SimpleName,
    },
    /// `target?.name…` and `target?[…]…`: when `target` is not null, the value of `access`.
    ///
    /// `a?.b.c(d)` has the target `a` and the access `.b.c(d)`, whose innermost target is [`ExprKind::Receiver`]:
    /// all of it is skipped when `a` is null. `a?.b?.c` nests to the right: the access of `a` is another
    /// `NullConditional` with the target `.b`.
    NullConditional {
        /// What may be null.
        target: Box<Expr>,
        /// What is done to it otherwise.
        access: Box<Expr>,
    },
    /// The value of the innermost [`ExprKind::NullConditional`]'s target; not written, so its span is empty.
    Receiver,
    /// `target(args)`.
    Call {
        /// What is called.
        target: Box<Expr>,
        /// With what.
        args: Args,
    },
    /// `target[args]`.
    Index {
        /// What is indexed.
        target: Box<Expr>,
        /// With what.
        args: Args,
    },
    /// `new T(args) { … }`.
    New(Box<New>),
    /// `new { x, Name = y }`.
    NewAnonymous(Vec<AnonymousMember>),
    /// `new int[2]`, `new int[2][]`, `new int[] { 1, 2 }`.
    NewArray(Box<NewArray>),
    /// `new[] { 1, 2 }`.
    NewImplicitArray {
        /// Number of dimensions: 1 for `new[]`, 2 for `new[,]`.
        rank: u8,
        /// The elements; nested initialisers for further dimensions.
        init: Initializer,
    },
    /// `(T)value`.
    Cast {
        /// The type to convert to.
        ty: Type,
        /// What is converted.
        value: Box<Expr>,
    },
    /// `value as T`.
    As {
        /// What is converted.
        value: Box<Expr>,
        /// The type to convert to.
        ty: Type,
    },
    /// `value is pattern`.
    Is {
        /// What is tested.
        value: Box<Expr>,
        /// Against what.
        pattern: Box<Pattern>,
    },
    /// `-x`, `+x`, `!x`, `~x`.
    Unary {
        /// The operator.
        op: UnaryOp,
        /// What it is applied to.
        operand: Box<Expr>,
    },
    /// `++x`, `x--`.
    Step {
        /// `++` or `--`.
        op: StepOp,
        /// Whether the operator stands first, and the value is the new one.
        prefix: bool,
        /// What is changed.
        operand: Box<Expr>,
    },
    /// `a + b`, `a && b`, `a ?? b`.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Where the operator stands.
        op_span: Span,
        /// The left operand.
        left: Box<Expr>,
        /// The right operand.
        right: Box<Expr>,
    },
    /// `a = b`, `a += b`.
    Assign {
        /// The operator of a compound assignment; none for `=`.
        op: Option<BinaryOp>,
        /// What is assigned to; a [`ExprKind::Tuple`] or [`ExprKind::Declare`] for a deconstruction.
        target: Box<Expr>,
        /// What is assigned.
        value: Box<Expr>,
    },
    /// `condition ? then : otherwise`.
    Conditional {
        /// What decides.
        condition: Box<Expr>,
        /// The value when true.
        then: Box<Expr>,
        /// The value when false.
        otherwise: Box<Expr>,
    },
    /// `x => x + 1`, `(int x) => { … }`, `delegate (int x) { … }`.
    Lambda(Box<Lambda>),
    /// `ref x`, as the value of a `ref` variable.
    Ref(Box<Expr>),
    /// `throw x`, where an expression is wanted: behind `??`, in a branch of `?:`, as the body of a lambda.
    Throw(Box<Expr>),
    /// `default`.
    DefaultLiteral,
    /// `default(T)`.
    Default(Type),
    /// `typeof(T)`.
    TypeOf(Type),
    /// `sizeof(T)`.
    SizeOf(Type),
    /// `nameof(x.y)`.
    NameOf(Box<Expr>),
    /// `checked(x)`, `unchecked(x)`.
    Checked {
        /// True for `checked`.
        checked: bool,
        /// The value.
        value: Box<Expr>,
    },
    /// `from x in xs where … select …`.
    Query(Box<Query>),
    /// A variable declared inside an expression: `out var x`, `out int x`, and the target of a deconstruction:
    /// `var (a, b) = …`, `(int a, var b) = …`.
    Declare {
        /// The type; [`TypeKind::Var`](super::TypeKind::Var) for `var`.
        ty: Type,
        /// The variable or variables.
        designation: Designation,
    },
}

/// The name or names that a declaration inside an expression introduces.
#[derive(Clone, Debug, PartialEq)]
pub enum Designation {
    /// `x`.
    Variable(Name),
    /// `_`.
    Discard(Span),
    /// `(a, b)`, only behind `var`.
    Tuple(Vec<Designation>, Span),
}

/// A part of an interpolated string.
#[derive(Clone, Debug, PartialEq)]
pub enum InterpolatedPart {
    /// Text, with escapes and doubled braces resolved.
    Text {
        /// The text.
        value: Arc<str>,
        /// Where it stands.
        span: Span,
    },
    /// `{value,alignment:format}`.
    Hole {
        /// The value.
        value: Expr,
        /// The width, negative for left-aligned; a constant in C#.
        alignment: Option<Expr>,
        /// The format, such as `N2`.
        format: Option<Arc<str>>,
        /// From brace to brace.
        span: Span,
    },
}

/// One item of a tuple.
#[derive(Clone, Debug, PartialEq)]
pub struct TupleItem {
    /// The name before a colon.
    pub name: Option<Name>,
    /// The value.
    pub value: Expr,
}

/// Arguments in their brackets.
#[derive(Clone, Debug, PartialEq)]
pub struct Args {
    /// In order.
    pub list: Vec<Arg>,
    /// From bracket to bracket.
    pub span: Span,
}

/// One argument.
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    /// The parameter's name before a colon.
    pub name: Option<Name>,
    /// How it is passed.
    pub mode: ArgMode,
    /// What is passed; [`ExprKind::Declare`] for `out var x`.
    pub value: Expr,
}

/// How an argument is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ArgMode {
    /// As a value.
    #[default]
    Value,
    /// `out x`.
    Out,
    /// `ref x`.
    Ref,
    /// `in x`.
    In,
}

/// `{ … }` behind `new T` or as the value of an element: members, elements, or both kinds of entries as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Initializer {
    /// In order.
    pub elements: Vec<Element>,
    /// From brace to brace.
    pub span: Span,
}

/// One entry of an initialiser.
#[derive(Clone, Debug, PartialEq)]
pub enum Element {
    /// `x`: added to a collection, or an element of an array.
    Value(Expr),
    /// `{ k, v }`: added with several arguments, or a nested dimension of an array.
    Group(Initializer),
    /// `Name = x`.
    Member {
        /// The member.
        name: Name,
        /// What it becomes.
        value: Init,
    },
    /// `[k] = x`.
    Index {
        /// The arguments of the indexer.
        args: Args,
        /// What it becomes.
        value: Init,
    },
}

/// One member of an anonymous object.
#[derive(Clone, Debug, PartialEq)]
pub struct AnonymousMember {
    /// The written name; none when it comes from the value (`x`, `a.x`, `a?.x`).
    pub name: Option<Name>,
    /// The value.
    pub value: Expr,
}

/// The creation of an object: `new T(args) { … }`; one of `args` and `init` is there.
#[derive(Clone, Debug, PartialEq)]
pub struct New {
    /// The type of the object.
    pub ty: Type,
    /// The arguments of the constructor, when there are parentheses.
    pub args: Option<Args>,
    /// The object or collection initialiser.
    pub init: Option<Initializer>,
}

/// The creation of an array with a written element type.
#[derive(Clone, Debug, PartialEq)]
pub struct NewArray {
    /// The type of the elements: `int[]` for `new int[2][]`.
    pub element: Type,
    /// Number of dimensions of the created array.
    pub rank: u8,
    /// The written lengths: as many as dimensions, or none when only `init` says them.
    pub lengths: Vec<Expr>,
    /// The elements.
    pub init: Option<Initializer>,
}

/// An anonymous function.
#[derive(Clone, Debug, PartialEq)]
pub struct Lambda {
    /// The parameters; none for `delegate { … }`, which takes any. A parameter without type has `ty: None`.
    pub params: Option<Vec<Param>>,
    /// What it does.
    pub body: LambdaBody,
}

/// The body of an anonymous or local function.
#[derive(Clone, Debug, PartialEq)]
pub enum LambdaBody {
    /// `=> x`.
    Expr(Expr),
    /// `{ … }`.
    Block(Block),
}

/// A unary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `+`.
    Plus,
    /// `-`.
    Minus,
    /// `!`.
    Not,
    /// `~`.
    Complement,
}

/// An operator that changes a variable by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepOp {
    /// `++`.
    Increment,
    /// `--`.
    Decrement,
}

/// A binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// `*`.
    Multiply,
    /// `/`.
    Divide,
    /// `%`.
    Remainder,
    /// `+`.
    Add,
    /// `-`.
    Subtract,
    /// `<<`.
    ShiftLeft,
    /// `>>`.
    ShiftRight,
    /// `<`.
    Less,
    /// `>`.
    Greater,
    /// `<=`.
    LessOrEqual,
    /// `>=`.
    GreaterOrEqual,
    /// `==`.
    Equal,
    /// `!=`.
    NotEqual,
    /// `&`.
    And,
    /// `^`.
    Xor,
    /// `|`.
    Or,
    /// `&&`.
    AndAlso,
    /// `||`.
    OrElse,
    /// `??`.
    Coalesce,
}

impl BinaryOp {
    /// As C# writes it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::ShiftLeft => "<<",
            Self::ShiftRight => ">>",
            Self::Less => "<",
            Self::Greater => ">",
            Self::LessOrEqual => "<=",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::And => "&",
            Self::Xor => "^",
            Self::Or => "|",
            Self::AndAlso => "&&",
            Self::OrElse => "||",
            Self::Coalesce => "??",
        }
    }
}

impl UnaryOp {
    /// As C# writes it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Not => "!",
            Self::Complement => "~",
        }
    }
}

impl StepOp {
    /// As C# writes it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Increment => "++",
            Self::Decrement => "--",
        }
    }
}
