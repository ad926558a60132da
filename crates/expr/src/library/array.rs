//! `System.Array`: what `T[]` can do beside being indexed, and the static methods. Arrays have one dimension.

mod copy;
mod search;
mod sort;

use crate::eval::{Cx, Eval, default_value, is_instance, runtime_type};
use crate::object::Object;
use crate::types::Type;
use crate::{Exception, Text, Value};

use super::arguments::{arg, count, int, long};
use super::sequence::collect;
use super::{Row, TypeSpec, list, member, views};

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        bases: &["IEnumerable"],
        members: ROWS,
        more: &[copy::ROWS, search::ROWS, sort::ROWS],
        ..TypeSpec::class("System.Array", "api/system.array")
    },
    TypeSpec {
        members: &[member("int Compare(object x, object y)", |cx, a| {
            let order = super::sequence::compare_by(cx.heap, arg(a, 0), arg(a, 1), arg(a, 2))?;
            Ok(Value::Int32(order as i32))
        })],
        ..TypeSpec::interface("System.Collections.IComparer", "api/system.collections.icomparer")
    },
];

const ROWS: &[Row] = &[
    member("int Length", |cx, a| length(cx, arg(a, 0)).map(count)),
    member("long LongLength", |cx, a| Ok(Value::Int64(length(cx, arg(a, 0))?.try_into().unwrap_or(0)))),
    member("int Rank", |_, _| Ok(Value::Int32(1))),
    member("bool IsFixedSize", |_, _| Ok(Value::Bool(true))),
    member("bool IsReadOnly", |_, _| Ok(Value::Bool(false))),
    member("bool IsSynchronized", |_, _| Ok(Value::Bool(false))),
    member("object SyncRoot", |_, a| Ok(arg(a, 0).clone())),
    member("int GetLength(int dimension)", |cx, a| {
        first_dimension(a)?;
        length(cx, arg(a, 0)).map(count)
    }),
    member("long GetLongLength(int dimension)", |cx, a| {
        first_dimension(a)?;
        Ok(Value::Int64(length(cx, arg(a, 0))?.try_into().unwrap_or(0)))
    }),
    member("int GetLowerBound(int dimension)", |_, a| {
        first_dimension(a)?;
        Ok(Value::Int32(0))
    }),
    member("int GetUpperBound(int dimension)", |cx, a| {
        first_dimension(a)?;
        Ok(Value::Int32(i32::try_from(length(cx, arg(a, 0))?).unwrap_or(i32::MAX) - 1))
    }),
    member("object GetValue(int index)", |cx, a| value_at(cx, arg(a, 0), int(a, 1).into())),
    member("object GetValue(long index)", |cx, a| value_at(cx, arg(a, 0), huge(long(a, 1), "index")?)),
    member("object GetValue(int index1, int index2)", |_, _| Err(not_of_rank("two"))),
    member("object GetValue(long index1, long index2)", |_, _| Err(not_of_rank("two"))),
    member("object GetValue(int index1, int index2, int index3)", |_, _| Err(not_of_rank("three"))),
    member("object GetValue(long index1, long index2, long index3)", |_, _| Err(not_of_rank("three"))),
    member("object GetValue(params int[] indices)", |cx, a| {
        let at = only_index(cx, arg(a, 1))?;
        value_at(cx, arg(a, 0), at)
    }),
    member("object GetValue(params long[] indices)", |cx, a| {
        let at = only_index(cx, arg(a, 1))?;
        value_at(cx, arg(a, 0), at)
    }),
    member("void SetValue(object value, int index)", |cx, a| set_value(cx, a, int(a, 2).into())),
    member("void SetValue(object value, long index)", |cx, a| set_value(cx, a, huge(long(a, 2), "index")?)),
    member("void SetValue(object value, int index1, int index2)", |_, _| Err(not_of_rank("two"))),
    member("void SetValue(object value, long index1, long index2)", |_, _| Err(not_of_rank("two"))),
    member("void SetValue(object value, int index1, int index2, int index3)", |_, _| {
        Err(not_of_rank("three"))
    }),
    member("void SetValue(object value, long index1, long index2, long index3)", |_, _| {
        Err(not_of_rank("three"))
    }),
    member("void SetValue(object value, params int[] indices)", |cx, a| {
        let at = only_index(cx, arg(a, 2))?;
        set_value(cx, a, at)
    }),
    member("void SetValue(object value, params long[] indices)", |cx, a| {
        let at = only_index(cx, arg(a, 2))?;
        set_value(cx, a, at)
    }),
    member("IEnumerator GetEnumerator()", views::enumerator),
    member("static Array CreateInstance(Type elementType, int length)", |cx, a| {
        create(cx, a, &[int(a, 1).into()])
    }),
    member("static Array CreateInstance(Type elementType, int length1, int length2)", |cx, a| {
        create(cx, a, &[int(a, 1).into(), int(a, 2).into()])
    }),
    member(
        "static Array CreateInstance(Type elementType, int length1, int length2, int length3)",
        |cx, a| create(cx, a, &[int(a, 1).into(), int(a, 2).into(), int(a, 3).into()]),
    ),
    member("static Array CreateInstance(Type elementType, params int[] lengths)", create_of),
    member("static Array CreateInstance(Type elementType, params long[] lengths)", create_of),
    member("void Initialize()", |_, _| Ok(Value::Null)),
    member("static ReadOnlyCollection<T> AsReadOnly<T>(T[] array)", |cx, a| {
        elements(cx, a, 0, "array")?;
        views::read_only(cx, arg(a, 0))
    }),
    member("static T[] Empty<T>()", |cx, _| {
        let element = cx.type_arg(0);
        cx.heap.array(element, Vec::new())
    }),
    member("static void ForEach<T>(T[] array, Action<T> action)", |cx, a| {
        let items = elements(cx, a, 0, "array")?;
        list::needed(a, 1, "action")?;
        for item in items {
            cx.invoke(arg(a, 1), &[item])?;
        }
        Ok(Value::Null)
    }),
    member(
        "static TOutput[] ConvertAll<TInput, TOutput>(TInput[] array, Converter<TInput, TOutput> converter)",
        |cx, a| {
            let items = elements(cx, a, 0, "array")?;
            list::needed(a, 1, "converter")?;
            let items =
                items.into_iter().map(|item| cx.invoke(arg(a, 1), &[item])).collect::<Result<_, _>>()?;
            let element = cx.type_arg(1);
            cx.heap.array(element, items)
        },
    ),
];

/// `Array.CreateInstance`: an array of so many elements in each dimension.
fn create(cx: &mut Cx<'_>, args: &[Value], lengths: &[i64]) -> Eval {
    let element =
        super::reflection::named_type(cx, args, 0).ok_or_else(|| Exception::argument_null("elementType"))?;
    let mut sizes = Vec::with_capacity(lengths.len());
    for length in lengths {
        let size = usize::try_from(*length).map_err(|_| {
            let name = if lengths.len() == 1 { "length" } else { "lengths" };
            Exception::out_of_range("Non-negative number required.", name)
        })?;
        sizes.push(size);
    }
    let all = sizes.iter().fold(1_usize, |product, size| product.saturating_mul(*size));
    cx.heap.charge(all.saturating_mul(24))?;
    let items = vec![default_value(&element); all];
    match sizes.as_slice() {
        [_] => cx.heap.array(element, items),
        _ => cx.heap.make(Object::MultiArray { element, lengths: sizes, items }),
    }
}

fn create_of(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let lengths: Vec<i64> =
        elements(cx, args, 1, "lengths")?.iter().map(|one| long(std::slice::from_ref(one), 0)).collect();
    if lengths.is_empty() {
        let message = Text::from_static("Must provide at least one rank.");
        return Err(Exception::new("System.ArgumentException", message));
    }
    create(cx, args, &lengths)
}

/// How many elements an array has.
fn length(cx: &Cx<'_>, value: &Value) -> Result<usize, Exception> {
    match cx.heap.object(value) {
        Some(Object::Array { items, .. }) => Ok(items.len()),
        Some(Object::Bytes { bytes, .. }) => Ok(bytes.len()),
        _ => Err(Exception::null_reference()),
    }
}

/// The elements of an array that must not be null.
fn elements(cx: &mut Cx<'_>, args: &[Value], index: usize, parameter: &str) -> Result<Vec<Value>, Exception> {
    if arg(args, index).is_null() {
        return Err(Exception::argument_null(parameter));
    }
    collect(cx, arg(args, index))
}

/// Puts elements into an array in place.
fn store(cx: &mut Cx<'_>, array: &Value, new: &[Value]) -> Eval {
    list::write(cx, array, 0, new)
}

fn first_dimension(args: &[Value]) -> Result<(), Exception> {
    if int(args, 1) == 0 { Ok(()) } else { Err(Exception::index_out_of_range()) }
}

fn not_of_rank(rank: &str) -> Exception {
    Exception::new("System.ArgumentException", format!("Array was not a {rank}-dimensional array."))
}

/// An index given as a `long`.
fn huge(index: i64, parameter: &str) -> Result<i64, Exception> {
    if i32::try_from(index).is_ok() {
        return Ok(index);
    }
    Err(Exception::out_of_range("Arrays larger than 2GB are not supported.", parameter))
}

fn only_index(cx: &Cx<'_>, indices: &Value) -> Result<i64, Exception> {
    match cx.heap.object(indices) {
        Some(Object::Array { items, .. }) => match items.as_slice() {
            [index] => Ok(long(std::slice::from_ref(index), 0)),
            _ => Err(Exception::new(
                "System.ArgumentException",
                Text::from_static(
                    "The number of dimensions in the array and the number of indices do not match.",
                ),
            )),
        },
        _ => Err(Exception::argument_null("indices")),
    }
}

fn value_at(cx: &Cx<'_>, array: &Value, index: i64) -> Eval {
    let at = usize::try_from(index).ok();
    let found = match cx.heap.object(array) {
        Some(Object::Array { items, .. }) => at.and_then(|at| items.get(at)).cloned(),
        Some(Object::Bytes { bytes, .. }) => at.and_then(|at| bytes.get(at)).map(|byte| Value::Byte(*byte)),
        _ => None,
    };
    found.ok_or_else(Exception::index_out_of_range)
}

fn set_value(cx: &mut Cx<'_>, args: &[Value], index: i64) -> Eval {
    let (array, value) = (arg(args, 0), arg(args, 1));
    value_at(cx, array, index)?;
    let element = element_of(cx, array);
    let value = if value.is_null() { default_value(&element) } else { value.clone() };
    let value = match widened(&value, &element) {
        Some(wide) => wide,
        None if value.is_null() || is_instance(cx.heap, &value, &element) => value,
        None => {
            let message = if element.is_value_type() && runtime_type(cx.heap, &value).is_value_type() {
                return Err(Exception::new(
                    "System.ArgumentException",
                    Text::from_static(
                        "Cannot widen from source type to target type either because the source type is a not a primitive type or the conversion cannot be accomplished.",
                    ),
                ));
            } else {
                "Object cannot be stored in an array of this type."
            };
            return Err(Exception::new("System.InvalidCastException", Text::from_static(message)));
        }
    };
    list::write(cx, array, usize::try_from(index).unwrap_or(0), &[value])
}

/// The type of an array's elements.
fn element_of(cx: &Cx<'_>, array: &Value) -> Type {
    match runtime_type(cx.heap, array) {
        Type::Array(element) => element.as_ref().clone(),
        _ => Type::Object,
    }
}

/// A number as a wider type; none where it is of another kind or the type is not wider.
fn widened(value: &Value, to: &Type) -> Option<Value> {
    use crate::eval::convert_number;
    use crate::types::Scalar;
    let Type::Scalar(to) = to else { return None };
    let rank = |scalar: Scalar| Scalar::ALL.iter().position(|own| *own == scalar);
    let from = match value {
        Value::Byte(_) => Scalar::Byte,
        Value::SByte(_) => Scalar::SByte,
        Value::Char(_) => Scalar::Char,
        Value::Int16(_) => Scalar::Int16,
        Value::UInt16(_) => Scalar::UInt16,
        Value::Int32(_) => Scalar::Int32,
        Value::UInt32(_) => Scalar::UInt32,
        Value::Int64(_) => Scalar::Int64,
        Value::UInt64(_) => Scalar::UInt64,
        Value::Single(_) => Scalar::Single,
        _ => return None,
    };
    if matches!(to, Scalar::Bool | Scalar::Decimal | Scalar::Char) || rank(from) >= rank(*to) {
        return None;
    }
    // What is signed does not widen to what is not.
    let signed = matches!(from, Scalar::SByte | Scalar::Int16 | Scalar::Int32 | Scalar::Int64);
    let unsigned = matches!(to, Scalar::Byte | Scalar::UInt16 | Scalar::UInt32 | Scalar::UInt64);
    if (signed && unsigned)
        || (from == Scalar::Char && matches!(to, Scalar::SByte | Scalar::Byte | Scalar::Int16))
    {
        return None;
    }
    convert_number(value, *to, false).ok()
}
