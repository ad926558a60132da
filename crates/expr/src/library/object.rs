//! `System.Object`: what every value can do.

use crate::eval::{Cx, Eval};
use crate::object::Key;
use crate::{Text, Value};

use super::arguments::arg;
use super::{TypeSpec, member};

pub(super) const TYPES: &[TypeSpec] = &[TypeSpec {
    members: &[
        member("new()", |cx, _| cx.heap.make(crate::object::Object::Cell(Value::Null))),
        member("string ToString()", |cx, a| cx.display(arg(a, 0)).map(Value::Text)),
        member("bool Equals(object obj)", |cx, a| cx.equals(arg(a, 0), arg(a, 1))),
        member("static bool Equals(object objA, object objB)", |cx, a| cx.equals(arg(a, 0), arg(a, 1))),
        member("static bool ReferenceEquals(object objA, object objB)", same),
        member("int GetHashCode()", hash_code),
        member("Type GetType()", super::reflection::type_of),
    ],
    unbuilt: &["MemberwiseClone"],
    ..TypeSpec::class("System.Object", "api/system.object")
}];

/// Whether two values are one object. Boxed values never are; texts are when they share their memory.
pub(crate) fn same(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    Ok(Value::Bool(match (arg(args, 0), arg(args, 1)) {
        (Value::Null, Value::Null) => true,
        (Value::Ref(a), Value::Ref(b)) => a == b,
        (Value::Host(a), Value::Host(b)) => a == b,
        (Value::Text(a), Value::Text(b)) => a.is_same_object(b),
        _ => false,
    }))
}

/// The hash code. .NET promises no value, only that equal objects have equal ones; numbers and Guids are as on .NET
/// Framework, because policies spread load by them.
pub(crate) fn hash_code(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let value = arg(args, 0);
    let hash = match value {
        // A nullable without value; another null never gets here.
        Value::Null => 0,
        Value::Bool(value) => i32::from(*value),
        Value::Int32(number) => *number,
        Value::Char(unit) => i32::from(*unit) | i32::from(*unit) << 16,
        Value::SByte(number) => i32::from(*number) ^ i32::from(*number) << 8,
        Value::Int16(number) => i32::from(number.cast_unsigned()) | i32::from(*number) << 16,
        Value::Byte(number) => (*number).into(),
        Value::UInt16(number) => (*number).into(),
        Value::UInt32(number) => number.cast_signed(),
        Value::Int64(number) => folded(*number),
        Value::UInt64(number) => folded(number.cast_signed()),
        Value::Double(number) => if *number == 0.0 { 0 } else { folded(number.to_bits().cast_signed()) },
        Value::Single(number) => if *number == 0.0 { 0 } else { number.to_bits().cast_signed() },
        Value::DateTime(date) => folded(date.ticks),
        Value::TimeSpan(ticks) => folded(*ticks),
        Value::Enum(member) => member.number,
        Value::Guid(bytes) => guid_hash(bytes),
        other => match cx.heap.key(other, false) {
            Key::Text(text) => text_hash(&text),
            key => text_hash(&Text::from(format!("{key:?}"))),
        },
    };
    Ok(Value::Int32(hash))
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is wanted")]
fn low(number: i64) -> i32 {
    number as i32
}

/// `a ^ ((b << 16) | c) ^ ((f << 24) | k)` of the fields of `System.Guid`.
fn guid_hash(bytes: &[u8; 16]) -> i32 {
    let [a0, a1, a2, a3, b0, b1, c0, c1, _, _, f, _, _, _, _, k] = *bytes;
    let a = i32::from_be_bytes([a0, a1, a2, a3]);
    let bc = i32::from_be_bytes([b0, b1, c0, c1]);
    a ^ bc ^ i32::from_be_bytes([f, 0, 0, k])
}

/// Both halves of a number.
fn folded(number: i64) -> i32 {
    low(number) ^ low(number >> 32)
}

/// The hash of .NET Framework in a process of 64 bits: the same in every process, so that a hash used to pick a backend
/// keeps picking it. It ends at a zero character.
fn text_hash(text: &Text) -> i32 {
    let (mut even, mut odd) = (5381_i32, 5381_i32);
    for (at, unit) in text.units().take_while(|unit| *unit != 0).enumerate() {
        let half = if at % 2 == 0 { &mut even } else { &mut odd };
        *half = half.wrapping_shl(5).wrapping_add(*half) ^ i32::from(unit);
    }
    even.wrapping_add(odd.wrapping_mul(1_566_083_941))
}
