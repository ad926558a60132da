//! From C# text to a program.

use secret::SecretSlot;

use crate::bind;
use crate::types::Type;
use crate::{Facts, Problem, Program};

/// The two forms of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// `@( … )`: one expression, whose value it is.
    Expression,
    /// `@{ … }`: statements; every path ends in `return`.
    Block,
}

/// What the place in the policy document wants (`expressions.md` 4).
///
/// The static type of the expression has to be the type itself or convert to it implicitly, as in C#.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// `bool`: [`Value::Bool`](crate::Value::Bool).
    Bool,
    /// `int`: [`Value::Int32`](crate::Value::Int32).
    Int,
    /// `long`: [`Value::Int64`](crate::Value::Int64).
    Long,
    /// `double`: [`Value::Double`](crate::Value::Double).
    Double,
    /// `string`: [`Value::Text`](crate::Value::Text) or null.
    String,
    /// `byte[]`.
    Bytes,
    /// The text of `set-body`: `string` or `byte[]`.
    BodyText,
    /// The value of `set-variable`: the types documented for it and those of `Newtonsoft.Json.Linq`.
    Variable,
    /// Any type but `void`.
    Any,
    /// `string` that is one of these; a constant is checked when compiled, another value by the policy.
    Enum(&'static [&'static str]),
}

/// What compiling needs besides the text.
#[derive(Clone, Copy, Debug, Default)]
pub struct CompileEnv<'a> {
    /// The secrets that placeholders in string literals refer to: U+FDD0, the index in decimal digits, U+FDD1.
    pub slots: &'a [SecretSlot],
}

/// The result of compiling.
#[derive(Debug)]
pub struct Compiled {
    /// The program; none when there are problems.
    pub program: Option<Program>,
    /// What is wrong, with spans in the text. The code ends in C#'s own where there is one: `cs1061`.
    pub problems: Vec<Problem>,
    /// What is allowed and surely not meant, such as a test that is never true.
    pub warnings: Vec<Problem>,
    /// The static type, as far as it is known: for messages and for editors.
    pub ty: Option<Type>,
    /// What it touches, as far as it is known.
    pub facts: Facts,
}

/// Compiles an expression's text, without `@(`, `@{` and their closing bracket.
#[must_use]
pub fn compile(code: &str, form: Form, expected: &Expected, env: &CompileEnv<'_>) -> Compiled {
    let limits = csharp::Limits::default();
    let (problems, output) = match form {
        Form::Expression => {
            let parsed = csharp::parse_expression(code, limits);
            let clean = parsed.problems.is_empty();
            (parsed.problems, clean.then(|| bind::bind_expression(&parsed.tree, expected, env.slots)))
        }
        Form::Block => {
            let parsed = csharp::parse_block(code, limits);
            let clean = parsed.problems.is_empty();
            (parsed.problems, clean.then(|| bind::bind_block(&parsed.tree, expected, env.slots)))
        }
    };
    let Some(output) = output else {
        return Compiled { program: None, problems, warnings: Vec::new(), ty: None, facts: Facts::NONE };
    };
    let (ty, facts, warnings) = (output.ty, output.facts, output.warnings);
    if !output.problems.is_empty() {
        return Compiled { program: None, problems: output.problems, warnings, ty: Some(ty), facts };
    }
    let program = Program { code: output.code, facts, ty: ty.clone(), constant: output.constant };
    Compiled { program: Some(program), problems: Vec::new(), warnings, ty: Some(ty), facts }
}
