//! Statements.

use source::Span;

use super::{Expr, Initializer, LambdaBody, Name, Pattern, Type};

/// Statements between braces; the root of `@{ … }`, whose span is the whole text.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// In order.
    pub statements: Vec<Stmt>,
    /// From brace to brace.
    pub span: Span,
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// Where it stands.
    pub span: Span,
}

/// What a statement is.
#[derive(Clone, Debug, PartialEq)]
pub enum StmtKind {
    /// Could not be parsed, or is refused; reported.
    Error,
    /// `;`.
    Empty,
    /// `x;`. C# allows calls, assignments, `++`, `--` and `new` only; others have been reported.
    Expr(Expr),
    /// `var x = 1, y = 2;`, `const int x = 1;`.
    Local(Local),
    /// `int Twice(int x) => 2 * x;`.
    LocalFunction(Box<LocalFunction>),
    /// `{ … }`.
    Block(Block),
    /// `if (condition) then else otherwise`.
    If {
        /// What decides.
        condition: Expr,
        /// When true.
        then: Box<Stmt>,
        /// When false.
        otherwise: Option<Box<Stmt>>,
    },
    /// `while (condition) body`.
    While {
        /// Tested before each round.
        condition: Expr,
        /// What is repeated.
        body: Box<Stmt>,
    },
    /// `do body while (condition);`.
    Do {
        /// What is repeated.
        body: Box<Stmt>,
        /// Tested after each round.
        condition: Expr,
    },
    /// `for (init; condition; step) body`.
    For {
        /// Before the first round.
        init: ForInit,
        /// Tested before each round; none is true.
        condition: Option<Expr>,
        /// After each round.
        step: Vec<Expr>,
        /// What is repeated.
        body: Box<Stmt>,
    },
    /// `foreach (var x in xs) body`.
    Foreach(Box<Foreach>),
    /// `switch (value) { case … }`.
    Switch {
        /// What is looked at.
        value: Expr,
        /// The sections in order.
        cases: Vec<Case>,
    },
    /// `try … catch … finally`.
    Try(Box<Try>),
    /// `throw x;`, and `throw;` in a `catch`.
    Throw(Option<Expr>),
    /// `using (…) body`.
    Using {
        /// What is disposed of.
        subject: UsingSubject,
        /// What uses it.
        body: Box<Stmt>,
    },
    /// `lock (subject) body`.
    Lock {
        /// What is locked.
        subject: Expr,
        /// What is done meanwhile.
        body: Box<Stmt>,
    },
    /// `return x;`.
    Return(Option<Expr>),
    /// `break;`.
    Break,
    /// `continue;`.
    Continue,
    /// `checked { … }`, `unchecked { … }`.
    Checked {
        /// True for `checked`.
        checked: bool,
        /// The statements.
        body: Block,
    },
}

/// Local variables of one declaration.
#[derive(Clone, Debug, PartialEq)]
pub struct Local {
    /// `const`.
    pub constant: bool,
    /// `ref`: the variables stand for others.
    pub by_ref: bool,
    /// Their type; [`TypeKind::Var`](super::TypeKind::Var) for `var`.
    pub ty: Type,
    /// At least one.
    pub declarators: Vec<Declarator>,
}

/// One variable of a declaration.
#[derive(Clone, Debug, PartialEq)]
pub struct Declarator {
    /// Its name.
    pub name: Name,
    /// What it begins with.
    pub init: Option<Init>,
    /// Name and initialiser.
    pub span: Span,
}

/// What stands behind `=` in a declaration or in an element of an initialiser.
#[derive(Clone, Debug, PartialEq)]
pub enum Init {
    /// `= x`.
    Expr(Expr),
    /// `= { … }`: the elements of an array, or members of a nested object.
    List(Initializer),
}

/// A function declared among statements.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalFunction {
    /// The type of its result; `void` is possible.
    pub result: Type,
    /// Its name.
    pub name: Name,
    /// Its type parameters; empty when it is not generic.
    pub type_params: Vec<Name>,
    /// Its parameters; all have a type.
    pub params: Vec<Param>,
    /// What it does.
    pub body: LambdaBody,
}

/// A parameter of a lambda or local function.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// How it is passed.
    pub mode: ParamMode,
    /// Its type; none in `x => …` and `(x, y) => …`.
    pub ty: Option<Type>,
    /// Its name.
    pub name: Name,
    /// What it is when the caller leaves it out.
    pub default: Option<Expr>,
    /// All of it.
    pub span: Span,
}

/// How a parameter is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ParamMode {
    /// As a value.
    #[default]
    Value,
    /// `out`.
    Out,
    /// `ref`.
    Ref,
    /// `in`.
    In,
    /// `params`.
    Params,
}

/// What stands first in the parentheses of `for`.
#[derive(Clone, Debug, PartialEq)]
pub enum ForInit {
    /// `int i = 0, j = 1`.
    Local(Local),
    /// `i = 0, j = 1`; may be empty.
    Exprs(Vec<Expr>),
}

/// `foreach (target in source) body`.
#[derive(Clone, Debug, PartialEq)]
pub struct Foreach {
    /// What each element becomes.
    pub target: ForeachTarget,
    /// The elements.
    pub source: Expr,
    /// What is done with each.
    pub body: Stmt,
}

/// What each element of a `foreach` becomes.
#[derive(Clone, Debug, PartialEq)]
pub enum ForeachTarget {
    /// `var x`, `Match m`.
    Variable {
        /// Its type; elements are cast to it.
        ty: Type,
        /// Its name.
        name: Name,
    },
    /// `var (k, v)`, `(string k, var v)`.
    Deconstruct(Expr),
}

/// One section of a `switch`.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// At least one.
    pub labels: Vec<Label>,
    /// What is done.
    pub body: Vec<Stmt>,
    /// All of it.
    pub span: Span,
}

/// A label of a section.
#[derive(Clone, Debug, PartialEq)]
pub enum Label {
    /// `default:`.
    Default(Span),
    /// `case pattern when guard:`.
    Case {
        /// What the value is tested against.
        pattern: Pattern,
        /// What has to be true as well.
        guard: Option<Expr>,
    },
}

/// `try`.
#[derive(Clone, Debug, PartialEq)]
pub struct Try {
    /// What may fail.
    pub body: Block,
    /// In order; may be empty when there is a `finally`.
    pub catches: Vec<Catch>,
    /// Always done.
    pub finally: Option<Block>,
}

/// `catch (Exception name) when (filter) { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Catch {
    /// The type of the exception; none catches all.
    pub ty: Option<Type>,
    /// The variable that holds it.
    pub name: Option<Name>,
    /// What has to be true as well.
    pub filter: Option<Expr>,
    /// What is done.
    pub body: Block,
    /// All of it.
    pub span: Span,
}

/// What a `using` statement disposes of.
#[derive(Clone, Debug, PartialEq)]
pub enum UsingSubject {
    /// `using (var x = …)`.
    Local(Local),
    /// `using (x)`.
    Expr(Expr),
}
