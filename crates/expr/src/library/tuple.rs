//! `System.Tuple`: values that stand together, equal when each of them is.

use crate::eval::{Cx, Eval};
use crate::object::{Key, NativeObject};
use crate::registry::registry;
use crate::types::Type;
use crate::{Exception, Text, Value};

use super::arguments::arg;
use super::natives::{made, state};
use super::{TypeSpec, member};

/// A tuple's type: its name with type parameters, its constructor, its items with their places, and what it has besides.
macro_rules! tuple {
    ($name:literal, $new:literal, $page:literal, $($item:literal $place:literal),*) => {
        TypeSpec {
            members: &[
                member($new, make),
                $(member($item, |cx, a| item(cx, a, $place)),)*
                member("bool Equals(object obj)", equals),
                member("int GetHashCode()", hash_code),
                member("string ToString()", |cx, a| {
                    let text = shown(cx, a)?;
                    super::arguments::made(cx, format!("({text})"))
                }),
            ],
            ..TypeSpec::class(concat!("System.Tuple<", $name, ">"), concat!("api/system.tuple-", $page))
        }
    };
}

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        members: &[
            member("static Tuple<T1> Create<T1>(T1 item1)", make),
            member("static Tuple<T1, T2> Create<T1, T2>(T1 item1, T2 item2)", make),
            member("static Tuple<T1, T2, T3> Create<T1, T2, T3>(T1 item1, T2 item2, T3 item3)", make),
            member(
                "static Tuple<T1, T2, T3, T4> Create<T1, T2, T3, T4>(T1 item1, T2 item2, T3 item3, T4 item4)",
                make,
            ),
            member(
                "static Tuple<T1, T2, T3, T4, T5> Create<T1, T2, T3, T4, T5>(T1 item1, T2 item2, T3 item3, T4 item4, T5 item5)",
                make,
            ),
            member(
                "static Tuple<T1, T2, T3, T4, T5, T6> Create<T1, T2, T3, T4, T5, T6>(T1 item1, T2 item2, T3 item3, T4 item4, T5 item5, T6 item6)",
                make,
            ),
            member(
                "static Tuple<T1, T2, T3, T4, T5, T6, T7> Create<T1, T2, T3, T4, T5, T6, T7>(T1 item1, T2 item2, T3 item3, T4 item4, T5 item5, T6 item6, T7 item7)",
                make,
            ),
            member(
                "static Tuple<T1, T2, T3, T4, T5, T6, T7, Tuple<T8>> Create<T1, T2, T3, T4, T5, T6, T7, T8>(T1 item1, T2 item2, T3 item3, T4 item4, T5 item5, T6 item6, T7 item7, T8 item8)",
                make_eight,
            ),
        ],
        ..TypeSpec::statics("System.Tuple", "api/system.tuple")
    },
    tuple!("T1", "new(T1 item1)", "1", "T1 Item1" 0),
    tuple!("T1, T2", "new(T1 item1, T2 item2)", "2", "T1 Item1" 0, "T2 Item2" 1),
    tuple!("T1, T2, T3", "new(T1 item1, T2 item2, T3 item3)", "3", "T1 Item1" 0, "T2 Item2" 1, "T3 Item3" 2),
    tuple!(
        "T1, T2, T3, T4",
        "new(T1 item1, T2 item2, T3 item3, T4 item4)",
        "4",
        "T1 Item1" 0, "T2 Item2" 1, "T3 Item3" 2, "T4 Item4" 3
    ),
    tuple!(
        "T1, T2, T3, T4, T5",
        "new(T1 item1, T2 item2, T3 item3, T4 item4, T5 item5)",
        "5",
        "T1 Item1" 0, "T2 Item2" 1, "T3 Item3" 2, "T4 Item4" 3, "T5 Item5" 4
    ),
    tuple!(
        "T1, T2, T3, T4, T5, T6",
        "new(T1 item1, T2 item2, T3 item3, T4 item4, T5 item5, T6 item6)",
        "6",
        "T1 Item1" 0, "T2 Item2" 1, "T3 Item3" 2, "T4 Item4" 3, "T5 Item5" 4, "T6 Item6" 5
    ),
    tuple!(
        "T1, T2, T3, T4, T5, T6, T7",
        "new(T1 item1, T2 item2, T3 item3, T4 item4, T5 item5, T6 item6, T7 item7)",
        "7",
        "T1 Item1" 0, "T2 Item2" 1, "T3 Item3" 2, "T4 Item4" 3, "T5 Item5" 4, "T6 Item6" 5, "T7 Item7" 6
    ),
    tuple!(
        "T1, T2, T3, T4, T5, T6, T7, TRest",
        "new(T1 item1, T2 item2, T3 item3, T4 item4, T5 item5, T6 item6, T7 item7, TRest rest)",
        "8",
        "T1 Item1" 0, "T2 Item2" 1, "T3 Item3" 2, "T4 Item4" 3, "T5 Item5" 4, "T6 Item6" 5, "T7 Item7" 6, "TRest Rest" 7
    ),
];

/// A tuple.
#[derive(Debug)]
pub(crate) struct Tuple {
    ty: Type,
    pub(crate) items: Vec<Value>,
    tainted: bool,
}

impl NativeObject for Tuple {
    fn class(&self) -> Type {
        self.ty.clone()
    }

    fn size(&self) -> usize {
        64 + self.items.len() * 24
    }

    fn is_tainted(&self) -> bool {
        self.tainted
    }

    fn key(&self, heap: &crate::Heap) -> Option<Key> {
        Some(Key::Many(self.items.iter().map(|item| heap.key(item, false)).collect()))
    }
}

/// The class of tuples of so many items.
fn class(arity: usize) -> Option<crate::types::ClassId> {
    registry().find(&format!("Tuple`{arity}"))
}

fn tuple(cx: &mut Cx<'_>, types: &[Type], items: Vec<Value>) -> Eval {
    let ty = class(types.len()).map_or(Type::Object, |id| Type::generic(id, types.to_vec()));
    let tainted = items.iter().any(|item| cx.heap.is_tainted(item));
    made(cx, Tuple { ty, items, tainted })
}

/// A tuple of these types.
pub(super) fn of(cx: &mut Cx<'_>, types: &[Type], items: Vec<Value>) -> Eval {
    tuple(cx, types, items)
}

fn make(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let types = cx.types.to_vec();
    if args.len() == 8 && cx.heap.native::<Tuple>(arg(args, 7)).is_none() {
        return Err(Exception::new(
            "System.ArgumentException",
            Text::from_static("The last element of an eight element tuple must be a Tuple."),
        ));
    }
    tuple(cx, &types, args.to_vec())
}

/// The eighth item stands in a tuple of its own.
fn make_eight(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let mut types = cx.types.to_vec();
    let last = types.pop().unwrap_or(Type::Object);
    let (seven, rest) = args.split_at_checked(7).unwrap_or((args, &[]));
    let rest = tuple(cx, std::slice::from_ref(&last), rest.to_vec())?;
    types.push(class(1).map_or(Type::Object, |id| Type::generic(id, [last])));
    let items = seven.iter().cloned().chain([rest]).collect();
    tuple(cx, &types, items)
}

fn item(cx: &mut Cx<'_>, args: &[Value], place: usize) -> Eval {
    Ok(state::<Tuple>(cx, args, 0)?.items.get(place).cloned().unwrap_or(Value::Null))
}

fn equals(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let (Some(a), Some(b)) = (cx.heap.native::<Tuple>(arg(args, 0)), cx.heap.native::<Tuple>(arg(args, 1)))
    else {
        return Ok(Value::Bool(false));
    };
    if a.ty != b.ty {
        return Ok(Value::Bool(false));
    }
    let key = |value| cx.heap.key(value, false);
    Ok(Value::Bool(key(arg(args, 0)) == key(arg(args, 1))))
}

/// The hash codes of the items, put together pair by pair as .NET Framework does.
fn hash_code(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let items = state::<Tuple>(cx, args, 0)?.items.clone();
    let mut codes = Vec::with_capacity(items.len());
    cx.burn(1)?;
    for item in items {
        codes.push(match &item {
            Value::Null => 0,
            other if cx.heap.native::<Tuple>(other).is_some() => int_of(hash_code(cx, &[item])?),
            other => int_of(super::object::hash_code(cx, std::slice::from_ref(other))?),
        });
    }
    Ok(Value::Int32(combined(&codes)))
}

fn int_of(value: Value) -> i32 {
    if let Value::Int32(number) = value { number } else { 0 }
}

const fn pair(a: i32, b: i32) -> i32 {
    (a.wrapping_shl(5).wrapping_add(a)) ^ b
}

fn combined(codes: &[i32]) -> i32 {
    match *codes {
        [] => 0,
        [a] => a,
        [a, b] => pair(a, b),
        [a, b, c] => pair(pair(a, b), c),
        [a, b, c, d] => pair(pair(a, b), pair(c, d)),
        [a, b, c, d, ref rest @ ..] => pair(combined(&[a, b, c, d]), combined(rest)),
    }
}

/// `1, a, (2)` without the outer parentheses.
fn shown(cx: &mut Cx<'_>, args: &[Value]) -> Result<String, Exception> {
    let tuple = state::<Tuple>(cx, args, 0)?;
    let items = tuple.items.clone();
    cx.burn(1)?;
    let mut text = String::new();
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            text.push_str(", ");
        }
        match item {
            Value::Null => {}
            // The rest of a long tuple goes on in the same parentheses.
            rest if place == 7 => text.push_str(&shown(cx, std::slice::from_ref(rest))?),
            other => text.push_str(cx.display(other)?.as_str()),
        }
        cx.grow(text.len())?;
    }
    Ok(text)
}

impl Cx<'_> {
    /// `ToString()` of a tuple.
    pub(crate) fn display_tuple(&mut self, value: &Value) -> Result<Text, Exception> {
        let tainted = self.heap.is_tainted(value);
        shown(self, std::slice::from_ref(value))
            .map(|text| Text::from(format!("({text})")).tainted_if(tainted))
    }
}
