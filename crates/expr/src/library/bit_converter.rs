//! `System.BitConverter`, little-endian as on every machine that runs APIM.

use crate::eval::{Cx, Eval};
use crate::{Exception, Text, Value};

use super::arguments::{arg, bytes, double, int, long, made as text_result};
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
            hexadecimal(cx, a, 0, i32::try_from(length).unwrap_or(i32::MAX))
        }),
        member("static string ToString(byte[] value, int startIndex)", |cx, a| {
            let length = i32::try_from(bytes(cx.heap, a, 0, "value")?.len()).unwrap_or(i32::MAX);
            hexadecimal(cx, a, int(a, 1), length.saturating_sub(int(a, 1)))
        }),
        member("static string ToString(byte[] value, int startIndex, int length)", |cx, a| {
            hexadecimal(cx, a, int(a, 1), int(a, 2))
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
    let part = all.get(start..).and_then(|rest| rest.first_chunk::<N>());
    part.copied().ok_or_else(too_small)
}

fn too_small() -> Exception {
    let message = "Destination array is not long enough to copy all the items in the collection. Check array index and length.";
    Exception::new("System.ArgumentException", Text::from_static(message))
}

/// `0A-1B`
fn hexadecimal(cx: &mut Cx<'_>, args: &[Value], start: i32, length: i32) -> Eval {
    let all = bytes(cx.heap, args, 0, "byteArray")?;
    let from = usize::try_from(start).ok().filter(|from| *from < all.len() || *from == 0);
    let from =
        from.ok_or_else(|| Exception::out_of_range("StartIndex cannot be less than zero.", "startIndex"))?;
    let length =
        usize::try_from(length).map_err(|_| Exception::out_of_range("Value must be positive.", "length"))?;
    let part = all.get(from..).and_then(|rest| rest.get(..length)).ok_or_else(too_small)?;
    let text = part.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join("-");
    text_result(cx, text)
}
