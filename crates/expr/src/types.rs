//! Static C# types.
//!
//! A type is small and clones without allocation. Library types and host interfaces are [`Type::Class`]es: a row of
//! the registry with type arguments, such as `List<int>`.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::registry::registry;

/// Which row of the type registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassId(pub(crate) u16);

/// A C# type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// The type of something that could not be typed; reported already, so it converts to everything.
    Error,
    /// The type of `null`.
    Null,
    /// No value.
    Void,
    /// `object`.
    Object,
    /// `string`.
    String,
    /// `bool`, `char`, a number.
    Scalar(Scalar),
    /// `T?`.
    Nullable(Arc<Type>),
    /// `T[]`.
    Array(Arc<Type>),
    /// A type of the registry with its type arguments.
    Class(ClassId, Arc<[Type]>),
    /// `T[,]`: an array of that many dimensions, at least two.
    MultiArray(Arc<Type>, u8),
    /// An anonymous type.
    Anonymous(Arc<Shape>),
    /// A tuple: `(int, string name)`.
    Tuple(Arc<TupleShape>),
    /// A type parameter of a function that the author wrote, while that function is checked.
    Opaque(Arc<str>),
    /// A type parameter of a library member: first those of the type, then those of the method.
    Param(u8),
}

/// The names and types of an anonymous object, in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Name and type of each member.
    pub members: Vec<(Arc<str>, Type)>,
}

/// The items of a tuple. Their names are no part of the type: `(int a, int b)` is `(int, int)`.
#[derive(Clone, Debug)]
pub struct TupleShape {
    /// Types of the items.
    pub items: Vec<Type>,
    /// Their names, where they have one.
    pub names: Vec<Option<Arc<str>>>,
}

impl PartialEq for TupleShape {
    fn eq(&self, other: &Self) -> bool {
        self.items == other.items
    }
}

impl Eq for TupleShape {}

impl Hash for TupleShape {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.items.hash(state);
    }
}

impl TupleShape {
    /// Of items without names.
    #[must_use]
    pub fn unnamed(items: Vec<Type>) -> Self {
        let names = vec![None; items.len()];
        Self { items, names }
    }

    /// The position of an item, by its own name or as `Item1`, `Item2`, ...
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        let own = self.names.iter().position(|own| own.as_deref() == Some(name));
        own.or_else(|| numbered(name).filter(|at| *at < self.items.len()))
    }
}

/// The position that `Item1`, `Item2`, ... means.
pub(crate) fn numbered(name: &str) -> Option<usize> {
    let digits = name.strip_prefix("Item")?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    let number: usize = digits.parse().ok().filter(|_| plain)?;
    number.checked_sub(1)
}

/// A simple value type with a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scalar {
    /// `bool`.
    Bool,
    /// `char`.
    Char,
    /// `sbyte`.
    SByte,
    /// `byte`.
    Byte,
    /// `short`.
    Int16,
    /// `ushort`.
    UInt16,
    /// `int`.
    Int32,
    /// `uint`.
    UInt32,
    /// `long`.
    Int64,
    /// `ulong`.
    UInt64,
    /// `float`.
    Single,
    /// `double`.
    Double,
    /// `decimal`.
    Decimal,
}

impl Scalar {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Bool,
        Self::Char,
        Self::SByte,
        Self::Byte,
        Self::Int16,
        Self::UInt16,
        Self::Int32,
        Self::UInt32,
        Self::Int64,
        Self::UInt64,
        Self::Single,
        Self::Double,
        Self::Decimal,
    ];

    /// Its C# keyword.
    #[must_use]
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Char => "char",
            Self::SByte => "sbyte",
            Self::Byte => "byte",
            Self::Int16 => "short",
            Self::UInt16 => "ushort",
            Self::Int32 => "int",
            Self::UInt32 => "uint",
            Self::Int64 => "long",
            Self::UInt64 => "ulong",
            Self::Single => "float",
            Self::Double => "double",
            Self::Decimal => "decimal",
        }
    }

    /// Its name in `System`.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Bool => "Boolean",
            Self::Char => "Char",
            Self::SByte => "SByte",
            Self::Byte => "Byte",
            Self::Int16 => "Int16",
            Self::UInt16 => "UInt16",
            Self::Int32 => "Int32",
            Self::UInt32 => "UInt32",
            Self::Int64 => "Int64",
            Self::UInt64 => "UInt64",
            Self::Single => "Single",
            Self::Double => "Double",
            Self::Decimal => "Decimal",
        }
    }

    /// Whether it is an integer type or `char`.
    #[must_use]
    pub const fn is_integral(self) -> bool {
        !matches!(self, Self::Bool | Self::Single | Self::Double | Self::Decimal)
    }

    /// Whether it is a number, `char` included.
    #[must_use]
    pub const fn is_numeric(self) -> bool {
        !matches!(self, Self::Bool)
    }
}

impl Type {
    /// `bool`.
    pub const BOOL: Self = Self::Scalar(Scalar::Bool);
    /// `int`.
    pub const INT: Self = Self::Scalar(Scalar::Int32);
    /// `long`.
    pub const LONG: Self = Self::Scalar(Scalar::Int64);
    /// `double`.
    pub const DOUBLE: Self = Self::Scalar(Scalar::Double);
    /// `char`.
    pub const CHAR: Self = Self::Scalar(Scalar::Char);

    /// `T[]`.
    #[must_use]
    pub fn array(element: Self) -> Self {
        Self::Array(Arc::new(element))
    }

    /// `T?`; the type itself when it can be null anyway.
    #[must_use]
    pub fn nullable(inner: Self) -> Self {
        if inner.is_value_type() { Self::Nullable(Arc::new(inner)) } else { inner }
    }

    /// `byte[]`.
    #[must_use]
    pub fn bytes() -> Self {
        Self::array(Self::Scalar(Scalar::Byte))
    }

    /// A registered type without type arguments.
    #[must_use]
    pub fn class(id: ClassId) -> Self {
        Self::Class(id, Arc::default())
    }

    /// A registered generic type.
    #[must_use]
    pub fn generic(id: ClassId, args: impl Into<Arc<[Type]>>) -> Self {
        Self::Class(id, args.into())
    }

    /// Whether it is a value type that cannot be null.
    #[must_use]
    pub fn is_value_type(&self) -> bool {
        match self {
            Self::Scalar(_) | Self::Tuple(_) => true,
            Self::Class(id, _) => registry().class(*id).is_value(),
            _ => false,
        }
    }

    /// Whether `null` is a value of it.
    #[must_use]
    pub fn accepts_null(&self) -> bool {
        !self.is_value_type() && !matches!(self, Self::Void | Self::Opaque(_))
    }

    /// The `T` of `T?`; the type itself otherwise.
    #[must_use]
    pub fn without_nullable(&self) -> &Self {
        match self {
            Self::Nullable(inner) => inner,
            other => other,
        }
    }

    /// The scalar it is.
    #[must_use]
    pub const fn scalar(&self) -> Option<Scalar> {
        match self {
            Self::Scalar(scalar) => Some(*scalar),
            _ => None,
        }
    }

    /// Whether it is of a registered type, with whatever type arguments.
    #[must_use]
    pub fn is_class(&self, id: ClassId) -> bool {
        matches!(self, Self::Class(own, _) if *own == id)
    }

    /// Whether it mentions a type parameter.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self {
            Self::Param(_) => true,
            Self::Nullable(inner) | Self::Array(inner) | Self::MultiArray(inner, _) => inner.is_open(),
            Self::Tuple(shape) => shape.items.iter().any(Self::is_open),
            Self::Class(_, args) => args.iter().any(Self::is_open),
            _ => false,
        }
    }

    /// The type with type parameters replaced; a parameter without argument stays.
    #[must_use]
    pub fn substitute(&self, args: &[Option<Type>]) -> Self {
        if !self.is_open() {
            return self.clone();
        }
        match self {
            Self::Param(index) => {
                let arg = args.get(usize::from(*index)).cloned().flatten();
                arg.unwrap_or_else(|| self.clone())
            }
            other => other.map(&|inner| inner.substitute(args)),
        }
    }

    /// The type with the types that it consists of replaced.
    pub(crate) fn map(&self, replace: &dyn Fn(&Self) -> Self) -> Self {
        match self {
            Self::Nullable(inner) => match replace(inner) {
                // A nullable of a type that is not known yet stays one.
                open @ (Self::Param(_) | Self::Opaque(_)) => Self::Nullable(Arc::new(open)),
                inner => Self::nullable(inner),
            },
            Self::Array(inner) => Self::array(replace(inner)),
            Self::MultiArray(inner, rank) => Self::MultiArray(Arc::new(replace(inner)), *rank),
            Self::Class(id, own) => Self::generic(*id, own.iter().map(replace).collect::<Vec<_>>()),
            Self::Tuple(shape) => {
                let items = shape.items.iter().map(replace).collect();
                Self::Tuple(Arc::new(TupleShape { items, names: shape.names.clone() }))
            }
            Self::Anonymous(shape) => {
                let members =
                    shape.members.iter().map(|(name, ty)| (Arc::clone(name), replace(ty))).collect();
                Self::Anonymous(Arc::new(Shape { members }))
            }
            other => other.clone(),
        }
    }

    /// The full .NET name, as messages of .NET show it: `System.Int32`, `Newtonsoft.Json.Linq.JObject`.
    #[must_use]
    pub fn net_name(&self) -> String {
        match self {
            Self::Object => "System.Object".to_owned(),
            Self::String => "System.String".to_owned(),
            Self::Void => "System.Void".to_owned(),
            Self::Scalar(scalar) => format!("System.{}", scalar.class()),
            Self::Nullable(inner) => format!("System.Nullable`1[{}]", inner.net_name()),
            Self::Array(inner) => format!("{}[]", inner.net_name()),
            Self::Class(id, args) if args.is_empty() => registry().class(*id).full_name(),
            Self::Class(id, args) => {
                let names: Vec<_> = args.iter().map(Self::net_name).collect();
                format!("{}[{}]", registry().class(*id).net_name(names.len()), names.join(","))
            }
            Self::MultiArray(inner, rank) => format!("{}[{}]", inner.net_name(), commas(*rank)),
            Self::Tuple(shape) => {
                let names: Vec<_> = shape.items.iter().map(Self::net_name).collect();
                format!("System.ValueTuple`{}[{}]", names.len(), names.join(","))
            }
            Self::Anonymous(shape) => format!("<>f__AnonymousType`{}", shape.members.len()),
            Self::Null | Self::Error | Self::Param(_) | Self::Opaque(_) => self.to_string(),
        }
    }
}

/// As C# writes it and as its compiler's messages show it.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error => f.write_str("?"),
            Self::Null => f.write_str("<null>"),
            Self::Void => f.write_str("void"),
            Self::Object => f.write_str("object"),
            Self::String => f.write_str("string"),
            Self::Scalar(scalar) => f.write_str(scalar.keyword()),
            Self::Nullable(inner) => write!(f, "{inner}?"),
            Self::Array(inner) => write!(f, "{inner}[]"),
            Self::Class(id, args) => write_class(f, *id, args),
            Self::MultiArray(inner, rank) => write!(f, "{inner}[{}]", commas(*rank)),
            Self::Anonymous(shape) => write_shape(f, shape),
            Self::Tuple(shape) => write_tuple(f, shape),
            Self::Opaque(name) => f.write_str(name),
            Self::Param(index) => write!(f, "T{index}"),
        }
    }
}

fn commas(rank: u8) -> String {
    ",".repeat(usize::from(rank.saturating_sub(1)))
}

fn write_tuple(f: &mut fmt::Formatter<'_>, shape: &TupleShape) -> fmt::Result {
    for (index, (ty, name)) in shape.items.iter().zip(&shape.names).enumerate() {
        write!(f, "{}{ty}", if index == 0 { "(" } else { ", " })?;
        if let Some(name) = name {
            write!(f, " {name}")?;
        }
    }
    f.write_str(")")
}

fn write_class(f: &mut fmt::Formatter<'_>, id: ClassId, args: &[Type]) -> fmt::Result {
    let class = registry().class(id);
    let mut args = args;
    if let Some(outer) = class.outer() {
        let (inherited, own) =
            args.split_at_checked(args.len().saturating_sub(class.arity())).unwrap_or((args, &[]));
        write_class(f, outer, inherited)?;
        f.write_str(".")?;
        args = own;
    }
    f.write_str(class.name())?;
    for (index, arg) in args.iter().enumerate() {
        f.write_str(if index == 0 { "<" } else { ", " })?;
        write!(f, "{arg}")?;
    }
    f.write_str(if args.is_empty() { "" } else { ">" })
}

fn write_shape(f: &mut fmt::Formatter<'_>, shape: &Shape) -> fmt::Result {
    f.write_str("<anonymous type:")?;
    for (index, (name, ty)) in shape.members.iter().enumerate() {
        write!(f, "{}{ty} {name}", if index == 0 { " " } else { ", " })?;
    }
    f.write_str(">")
}
