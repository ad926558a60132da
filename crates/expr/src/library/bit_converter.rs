//! `System.BitConverter`, little-endian as on every machine that runs APIM.

use crate::eval::{Cx, Eval};
use crate::{Exception, Text, Value};

use super::arguments::{arg, bytes, double, int, long, made as text_result, size};
use super::{TypeSpec, constant, member};

/// `GetBytes` of each type and `To…` back, and rows of their own.
macro_rules! rows {
    ($($keyword:literal $name:literal $variant:ident $rust:ident),*; $($row:expr),* $(,)?) => {
        &[
            $(
                member(concat!("static byte[] GetBytes(", $keyword, " value)"), |cx, a| {
                    let Value::$variant(number) = arg(a, 0) else { return cx.heap.bytes(Vec::new()) };
                    let bytes = number.to_le_bytes().to_vec();
                    cx.heap.bytes(bytes)
                }),
                member(concat!("static ", $keyword, " To", $name, "(byte[] value, int startIndex)"), |cx, a| {
                    take(cx, a).map(|bytes| Value::$variant($rust::from_le_bytes(bytes)))
                }),
            )*
            $($row),*
        ]
    };
}

pub(super) const TYPES: &[TypeSpec] = &[TypeSpec {
    members: rows! {
        "short" "Int16" Int16 i16, "int" "Int32" Int32 i32, "long" "Int64" Int64 i64, "ushort" "UInt16" UInt16 u16,
        "uint" "UInt32" UInt32 u32, "ulong" "UInt64" UInt64 u64, "char" "Char" Char u16, "float" "Single" Single f32,
        "double" "Double" Double f64;
        constant("static bool IsLittleEndian", || Value::Bool(true)),
        member("static byte[] GetBytes(bool value)", |cx, a| {
            cx.heap.bytes(vec![u8::from(matches!(arg(a, 0), Value::Bool(true)))])
        }),
        member("static bool ToBoolean(byte[] value, int startIndex)", |cx, a| {
            take::<1>(cx, a).map(|[byte]| Value::Bool(byte != 0))
        }),
        member("static long DoubleToInt64Bits(double value)", |_, a| {
            Ok(Value::Int64(double(a, 0).to_bits().cast_signed()))
        }),
        member("static double Int64BitsToDouble(long value)", |_, a| {
            Ok(Value::Double(f64::from_bits(long(a, 0).cast_unsigned())))
        }),
        member("static string ToString(byte[] value)", |cx, a| {
            let length = bytes(cx.heap, a, 0, "value")?.len();
            hexadecimal(cx, a, 0, length)
        }),
        member("static string ToString(byte[] value, int startIndex)", |cx, a| {
            let length = bytes(cx.heap, a, 0, "value")?.len();
            let start = size(a, 1, "startIndex")?;
            hexadecimal(cx, a, start, length.saturating_sub(start))
        }),
        member("static string ToString(byte[] value, int startIndex, int length)", |cx, a| {
            let (start, length) = (size(a, 1, "startIndex")?, size(a, 2, "length")?);
            hexadecimal(cx, a, start, length)
        }),
    },
    ..TypeSpec::statics("System.BitConverter", "api/system.bitconverter")
}];

/// The bytes of a number that begins at the index.
fn take<const N: usize>(cx: &Cx<'_>, args: &[Value]) -> Result<[u8; N], Exception> {
    let all = bytes(cx.heap, args, 0, "value")?;
    let start = usize::try_from(int(args, 1)).ok().filter(|&start| start < all.len());
    let message = "Index was out of range. Must be non-negative and less than the size of the collection.";
    let start = start.ok_or_else(|| Exception::out_of_range(message, "startIndex"))?;
    let message = "Destination array is not long enough to copy all the items in the collection. Check array index and length.";
    let part = all.get(start..).and_then(|rest| rest.first_chunk::<N>());
    part.copied().ok_or_else(|| Exception::new("System.ArgumentException", Text::from_static(message)))
}

/// `0A-1B`
fn hexadecimal(cx: &mut Cx<'_>, args: &[Value], start: usize, length: usize) -> Eval {
    let all = bytes(cx.heap, args, 0, "value")?;
    let outside =
        || Exception::out_of_range("StartIndex cannot be less than zero.", "startIndex");
    let part = start.checked_add(length).and_then(|end| all.get(start..end)).ok_or_else(outside)?;
    let text = part.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join("-");
    text_result(cx, text)
}
