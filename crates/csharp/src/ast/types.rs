//! Types as written.

use source::Span;

use super::Name;

/// A type.
#[derive(Clone, Debug, PartialEq)]
pub struct Type {
    /// What it is.
    pub kind: TypeKind,
    /// Where it stands.
    pub span: Span,
}

/// What a type is.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeKind {
    /// Could not be parsed, or is refused; reported.
    Error,
    /// `var`, where a declaration may leave the type out.
    Var,
    /// `int`, `string`.
    Predefined(Predefined),
    /// `JObject`, `System.Collections.Generic.List<int>`.
    Name(QualifiedName),
    /// `int?`.
    Nullable(Box<Type>),
    /// `T[]`, `T[,]`. `int[][,]` is an array of rank 1 whose elements are arrays of rank 2.
    Array {
        /// The type of the elements.
        element: Box<Type>,
        /// Number of dimensions.
        rank: u8,
    },
    /// `(int, string name)`; at least two items.
    Tuple(Vec<TupleTypeItem>),
    /// The missing argument of `typeof(List<>)`.
    Omitted,
}

/// A dotted name with type arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct QualifiedName {
    /// What stands before `::`.
    pub alias: Option<Name>,
    /// The names between the dots; at least one.
    pub parts: Vec<SimpleName>,
}

/// A name, with type arguments when there are any.
#[derive(Clone, Debug, PartialEq)]
pub struct SimpleName {
    /// The name.
    pub name: Name,
    /// The types between `<` and `>`.
    pub args: Option<Vec<Type>>,
    /// The name with its arguments.
    pub span: Span,
}

impl SimpleName {
    /// The name as written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.name.text
    }
}

/// One item of a tuple type.
#[derive(Clone, Debug, PartialEq)]
pub struct TupleTypeItem {
    /// Its type.
    pub ty: Type,
    /// Its name.
    pub name: Option<Name>,
}

/// A type with a keyword of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Predefined {
    /// `bool`, System.Boolean.
    Bool,
    /// `byte`, System.Byte.
    Byte,
    /// `sbyte`, System.SByte.
    SByte,
    /// `short`, System.Int16.
    Short,
    /// `ushort`, System.UInt16.
    UShort,
    /// `int`, System.Int32.
    Int,
    /// `uint`, System.UInt32.
    UInt,
    /// `long`, System.Int64.
    Long,
    /// `ulong`, System.UInt64.
    ULong,
    /// `char`, System.Char.
    Char,
    /// `float`, System.Single.
    Float,
    /// `double`, System.Double.
    Double,
    /// `decimal`, System.Decimal.
    Decimal,
    /// `string`, System.String.
    String,
    /// `object`, System.Object.
    Object,
    /// `void`; only as the result of a local function and in `typeof(void)`.
    Void,
}

impl Predefined {
    /// The keyword.
    #[must_use]
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Byte => "byte",
            Self::SByte => "sbyte",
            Self::Short => "short",
            Self::UShort => "ushort",
            Self::Int => "int",
            Self::UInt => "uint",
            Self::Long => "long",
            Self::ULong => "ulong",
            Self::Char => "char",
            Self::Float => "float",
            Self::Double => "double",
            Self::Decimal => "decimal",
            Self::String => "string",
            Self::Object => "object",
            Self::Void => "void",
        }
    }
}
