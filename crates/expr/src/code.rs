//! The typed program: what the binder makes and the evaluator runs.
//!
//! Nodes of all functions stand in one arena and refer to each other by number. Types are settled: every conversion
//! that C# implies is a node of its own, and an operator finds both operands in the type it computes in.

use std::sync::Arc;

use secret::SecretSlot;

use crate::catalogue::{HostMember, HostObject};
use crate::library::NativeFn;
use crate::types::{Scalar, Shape, Type};
use crate::{Value, VarName};

/// A node's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NodeId(pub(crate) u32);

/// A statement's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StmtId(pub(crate) u32);

/// A local variable: while binding, of the whole program; afterwards, a slot of its function's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot(pub(crate) u32);

/// A run of numbers in [`Code::lists`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct List {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

/// An index into one of the tables of [`Code`].
pub(crate) type Index = u32;

/// An expression.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Node {
    /// A constant.
    Const(Index),
    /// The text of a secret.
    Secret(Index),
    /// A local variable.
    Local(Slot),
    /// A captured variable, whose cell is in the slot.
    Cell(Slot),
    /// A slot as it is: only while binding.
    Raw(Slot),
    /// Assigns a local variable; the value is what was assigned.
    SetLocal(Slot, NodeId),
    /// Assigns a captured variable.
    SetCell(Slot, NodeId),
    /// A property of `context`.
    Context(HostMember),
    /// A property of an object that `context` has, or not: `context.Response.StatusCode`. Made of the two above and below.
    Path { owner: HostMember, object: HostObject, member: HostMember },
    /// A property of an object of the request.
    Property(NodeId, HostMember),
    /// `context.Variables["name"]`.
    Variable(Index),
    /// `context.Variables.GetValueOrDefault<T>("name", default)`: name, default, type.
    VariableOr { name: Index, default: NodeId, ty: Index },
    /// `GetValueOrDefault` of headers, query or matched parameters with a constant name.
    MapOr { map: HostObject, name: Index, default: NodeId },
    /// A function of the library.
    Call { site: Index, args: List },
    /// `token["name"]`, which is a call when the token is no object. Made of a call.
    JsonItem { site: Index, token: NodeId, name: NodeId },
    /// Arithmetic on two operands of one type.
    Arithmetic { op: Arithmetic, checked: bool, left: NodeId, right: NodeId },
    /// Order of two operands of one type.
    Compare { op: Compare, left: NodeId, right: NodeId },
    /// Equality of values: of numbers, text, enums, dates; of objects, identity.
    Equal { negated: bool, left: NodeId, right: NodeId },
    /// `!x`.
    Not(NodeId),
    /// `-x`.
    Negate { checked: bool, operand: NodeId },
    /// `~x`.
    Complement(NodeId),
    /// `a && b`.
    AndAlso(NodeId, NodeId),
    /// `a || b`.
    OrElse(NodeId, NodeId),
    /// `c ? a : b`.
    Conditional(NodeId, NodeId, NodeId),
    /// `a ?? b`.
    Coalesce(NodeId, NodeId),
    /// `a?.b`: keeps `a` in the slot; the access reads it there.
    Guard { target: NodeId, slot: Slot, access: NodeId },
    /// Concatenation of the texts of values.
    Concat(List),
    /// A numeric conversion.
    Number { to: Scalar, checked: bool, value: NodeId },
    /// Unboxing or a reference conversion: the value has to be of the type.
    Cast { value: NodeId, ty: Index },
    /// `value is T`.
    Is { value: NodeId, ty: Index },
    /// `value as T`.
    As { value: NodeId, ty: Index },
    /// The value of a nullable that has to have one.
    NotNull(NodeId),
    /// An enum from a number.
    ToEnum { value: NodeId, ty: Index },
    /// `new T[] { … }`.
    NewArray { element: Index, items: List },
    /// `new T[n]`.
    NewArrayOf { element: Index, length: NodeId },
    /// `array[index]`.
    Element(NodeId, NodeId),
    /// `array[index] = value`.
    SetElement { array: NodeId, index: NodeId, value: NodeId },
    /// `new T[a, b]`: the lengths of all dimensions, then the elements where they are written.
    NewMultiArray { ty: Index, parts: List },
    /// `array[a, b]`.
    MultiElement { array: NodeId, indices: List },
    /// `array[a, b] = value`.
    SetMultiElement { array: NodeId, indices: List, value: NodeId },
    /// A tuple.
    NewTuple { ty: Index, items: List },
    /// An item of a tuple. A tuple that is null is the default one, whose type this is.
    TupleItem { tuple: NodeId, item: Index, ty: Index },
    /// The tuple with one item replaced.
    WithItem { tuple: NodeId, item: Index, ty: Index, value: NodeId },
    /// `default(T)` of a type whose default is an object.
    Default(Index),
    /// The value; the default of a tuple type for null. Where a tuple leaves its type.
    Settled { value: NodeId, ty: Index },
    /// A reference to an element of an array: `ref array[index]`.
    ElementRef { array: NodeId, index: NodeId },
    /// Puts what a variable refers to into its slot: `ref int x = ref …`.
    SetRaw(Slot, NodeId),
    /// `typeof(T)`.
    TypeOf(Index),
    /// `new { … }`.
    NewAnonymous { shape: Index, values: List },
    /// A member of an anonymous object.
    Member(NodeId, Index),
    /// Evaluates all, gives the last.
    Sequence(List),
    /// An anonymous function with its captured variables.
    Lambda { function: Index, cells: List, ty: Index },
    /// Calls a delegate.
    Invoke { target: NodeId, args: List },
    /// Makes a new cell for a captured variable, with a value.
    Fresh(Slot, NodeId),
    /// `throw x`.
    Throw(NodeId),
}

/// An operator on numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    And,
    Or,
    Xor,
    ShiftLeft,
    ShiftRight,
}

/// An order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compare {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A statement.
#[derive(Clone, Debug)]
pub(crate) enum Stmt {
    /// An expression for its effect.
    Expr(NodeId),
    /// Statements in order.
    Block(Vec<StmtId>),
    If {
        condition: NodeId,
        then: StmtId,
        otherwise: Option<StmtId>,
    },
    /// `while`, `for`: steps run after each round.
    Loop {
        condition: Option<NodeId>,
        body: StmtId,
        steps: Vec<NodeId>,
        test_last: bool,
    },
    /// Each element goes into the slot.
    Foreach {
        slot: Slot,
        source: NodeId,
        body: StmtId,
    },
    Switch {
        value: NodeId,
        sections: Vec<Section>,
        default: Option<usize>,
    },
    Try {
        body: StmtId,
        catches: Vec<Catch>,
        finally: Option<StmtId>,
    },
    /// Runs the body, then disposes of nothing: library objects hold no resources.
    Return(Option<NodeId>),
    Break,
    Continue,
    /// `throw;`
    Rethrow,
}

/// A section of a `switch`: it runs when one of the tests is true.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) tests: Vec<NodeId>,
    pub(crate) body: StmtId,
}

/// A `catch`.
#[derive(Clone, Debug)]
pub(crate) struct Catch {
    /// Puts the exception, which is in the slot, where the body expects it.
    pub(crate) slot: Option<Slot>,
    pub(crate) enter: Option<NodeId>,
    pub(crate) filter: Option<NodeId>,
    pub(crate) body: StmtId,
}

/// A function: the program itself, a lambda, a local function.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    /// How many slots its frame has: parameters, captured cells, locals.
    pub(crate) slots: u32,
    pub(crate) body: Body,
}

/// What a function does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Body {
    Expr(NodeId),
    Block(StmtId),
}

/// A call of a library function.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) function: NativeFn,
    /// The first argument is an object that must not be null.
    pub(crate) instance: bool,
    /// Type arguments: of the type, then of the method.
    pub(crate) types: Arc<[Type]>,
    /// Where `out` arguments go: position among the arguments, assignment that reads the slot.
    pub(crate) outs: Vec<(u32, Slot, NodeId)>,
}

/// All of a program.
#[derive(Debug, Default)]
pub(crate) struct Code {
    pub(crate) nodes: Vec<Node>,
    pub(crate) statements: Vec<Stmt>,
    /// The first is the program itself.
    pub(crate) functions: Vec<Function>,
    pub(crate) lists: Vec<NodeId>,
    pub(crate) constants: Vec<Value>,
    pub(crate) names: Vec<VarName>,
    pub(crate) types: Vec<Type>,
    pub(crate) shapes: Vec<Arc<Shape>>,
    pub(crate) sites: Vec<Site>,
    pub(crate) slots: Vec<SecretSlot>,
}

impl Code {
    /// The same, without what growing took in excess: there may be very many programs.
    pub(crate) fn shrunk(mut self) -> Self {
        self.nodes.shrink_to_fit();
        self.statements.shrink_to_fit();
        self.functions.shrink_to_fit();
        self.lists.shrink_to_fit();
        self.constants.shrink_to_fit();
        self.names.shrink_to_fit();
        self.types.shrink_to_fit();
        self.shapes.shrink_to_fit();
        self.sites.shrink_to_fit();
        self.slots.shrink_to_fit();
        self
    }

    pub(crate) fn list(&self, list: List) -> &[NodeId] {
        let start = list.start as usize;
        self.lists.get(start..start + list.len as usize).unwrap_or_default()
    }
}
