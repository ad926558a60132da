//! `System.Type`, as `typeof(T)` and `GetType()` give it: what a type is called, and whether two are the same.
//!
//! COMPAT: APIM's list does not have the type, so that expressions cannot name it; its list has `Enum.Parse`, which takes one.
//! Nothing can be created or called through it.

use crate::eval::{Cx, Eval, runtime_type};
use crate::object::{NativeObject, Object};
use crate::registry::known;
use crate::types::Type;
use crate::{Exception, Text, Value};

use super::arguments::arg;
use super::{TypeSpec, member};

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        members: &[
            member("string Name", |cx, a| with(cx, a, |ty| Value::text(&simple_name(ty)))),
            member("string FullName", |cx, a| with(cx, a, |ty| Value::text(&ty.net_name()))),
            member("string Namespace", |cx, a| with(cx, a, |ty| Value::text(namespace(ty)))),
            member("bool IsArray", |cx, a| with(cx, a, |ty| matches!(ty, Type::Array(_) | Type::MultiArray(..)).into())),
            member("bool IsValueType", |cx, a| with(cx, a, |ty| (ty.is_value_type() || matches!(ty, Type::Nullable(_))).into())),
            member("bool Equals(Type o)", same),
            member("static bool operator ==(Type left, Type right)", same),
            member("static bool operator !=(Type left, Type right)", |cx, a| {
                Ok(Value::Bool(same(cx, a)? != Value::Bool(true)))
            }),
        ],
        ..TypeSpec::class("System.Type", "api/system.type")
    },
    // What an array of several dimensions has besides its elements.
    TypeSpec {
        members: &[
            member("int Length", |cx, a| lengths(cx, a).map(|lengths| super::arguments::count(lengths.iter().product()))),
            member("int Rank", |cx, a| lengths(cx, a).map(|lengths| super::arguments::count(lengths.len()))),
            member("int GetLength(int dimension)", |cx, a| dimension(cx, a)),
            member("int GetLowerBound(int dimension)", |cx, a| dimension(cx, a).map(|_| Value::Int32(0))),
            member("int GetUpperBound(int dimension)", |cx, a| match dimension(cx, a)? {
                Value::Int32(length) => Ok(Value::Int32(length - 1)),
                other => Ok(other),
            }),
        ],
        ..TypeSpec::class("Cardea.MultiArray", "api/system.array")
    },
];

/// The object of a type.
#[derive(Debug)]
struct TypeObject(Type);

/// The type that an argument is.
pub(super) fn given_type(cx: &Cx<'_>, args: &[Value], index: usize, parameter: &str) -> Result<Type, Exception> {
    let found = cx.heap.native::<TypeObject>(arg(args, index));
    found.map(|own| own.0.clone()).ok_or_else(|| Exception::argument_null(parameter))
}

impl NativeObject for TypeObject {
    fn class(&self) -> Type {
        Type::class(known().type_object)
    }

    fn text(&self) -> Option<Text> {
        Some(Text::from(self.0.net_name()))
    }
}

/// What `typeof(T)` gives.
pub(crate) fn type_object(cx: &mut Cx<'_>, ty: Type) -> Eval {
    super::natives::made(cx, TypeObject(ty))
}

/// What `x.GetType()` gives.
pub(crate) fn type_of(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let ty = match cx.heap.object(arg(args, 0)) {
        // Expressions cannot name the classes of exceptions, but they can ask for the name.
        Some(Object::Exception(exception)) => Type::Opaque(exception.class().into()),
        _ => runtime_type(cx.heap, arg(args, 0)),
    };
    type_object(cx, ty)
}

/// The type that an argument of type `Type` stands for.
pub(crate) fn named_type(cx: &Cx<'_>, args: &[Value], index: usize) -> Option<Type> {
    cx.heap.native::<TypeObject>(arg(args, index)).map(|object| object.0.clone())
}

fn with(cx: &mut Cx<'_>, args: &[Value], read: impl FnOnce(&Type) -> Value) -> Eval {
    named_type(cx, args, 0).map(|ty| read(&ty)).ok_or_else(Exception::null_reference)
}

/// Two types are one object in .NET.
fn same(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    Ok(Value::Bool(named_type(cx, args, 0) == named_type(cx, args, 1)))
}

/// `List`1` of `System.Collections.Generic.List`1[System.Int32]`.
fn simple_name(ty: &Type) -> String {
    let full = ty.net_name();
    let plain = match ty {
        Type::Array(_) | Type::MultiArray(..) => full.as_str(),
        _ => full.split('[').next().unwrap_or(&full),
    };
    plain.rsplit(['.', '+']).next().unwrap_or(plain).to_owned()
}

fn namespace(ty: &Type) -> &'static str {
    match ty {
        Type::Class(id, _) => crate::registry::registry().class(*id).namespace(),
        Type::Array(inner) | Type::MultiArray(inner, _) => namespace(inner),
        _ => "System",
    }
}

fn lengths<'h>(cx: &'h Cx<'_>, args: &[Value]) -> Result<&'h [usize], Exception> {
    match cx.heap.object(arg(args, 0)) {
        Some(Object::MultiArray { lengths, .. }) => Ok(lengths),
        _ => Err(Exception::null_reference()),
    }
}

fn dimension(cx: &Cx<'_>, args: &[Value]) -> Eval {
    let at = usize::try_from(super::arguments::int(args, 1)).ok();
    let length = at.and_then(|at| lengths(cx, args).ok()?.get(at).copied());
    length.map(super::arguments::count).ok_or_else(Exception::index_out_of_range)
}
