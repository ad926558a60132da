//! Numbers in another base, of `System.Convert`.

use crate::eval::{Cx, Eval, convert_number, integer_overflow};
use crate::types::Scalar;
use crate::{Exception, Text, Value};

use crate::library::arguments::{arg, int, text_or_empty};
use crate::library::{Row, member};

/// Members of `Convert` with a base.
pub(super) const ROWS: &[Row] = &[
    member("static byte ToByte(string value, int fromBase)", |_, a| from_base(a, Scalar::Byte)),
    member("static sbyte ToSByte(string value, int fromBase)", |_, a| from_base(a, Scalar::SByte)),
    member("static short ToInt16(string value, int fromBase)", |_, a| from_base(a, Scalar::Int16)),
    member("static ushort ToUInt16(string value, int fromBase)", |_, a| from_base(a, Scalar::UInt16)),
    member("static int ToInt32(string value, int fromBase)", |_, a| from_base(a, Scalar::Int32)),
    member("static uint ToUInt32(string value, int fromBase)", |_, a| from_base(a, Scalar::UInt32)),
    member("static long ToInt64(string value, int fromBase)", |_, a| from_base(a, Scalar::Int64)),
    member("static ulong ToUInt64(string value, int fromBase)", |_, a| from_base(a, Scalar::UInt64)),
    member("static string ToString(byte value, int toBase)", to_base),
    member("static string ToString(short value, int toBase)", to_base),
    member("static string ToString(int value, int toBase)", to_base),
    member("static string ToString(long value, int toBase)", to_base),
];

fn invalid_base() -> Exception {
    Exception::new("System.ArgumentException", Text::from_static("Invalid Base."))
}

/// Text in base 2, 8, 10 or 16. In bases other than 10 the digits are the bits: `FFFFFFFF` is -1 as an `int`.
fn from_base(args: &[Value], scalar: Scalar) -> Eval {
    let radix = match int(args, 1) {
        radix @ (2 | 8 | 10 | 16) => radix.cast_unsigned(),
        _ => return Err(invalid_base()),
    };
    if arg(args, 0).is_null() {
        return convert_number(&Value::Int32(0), scalar, false);
    }
    let text = text_or_empty(args, 0);
    let negative = text.starts_with('-');
    if negative && radix != 10 {
        let message = Text::from_static("String cannot contain a minus sign if the base is not 10.");
        return Err(Exception::new("System.ArgumentException", message));
    }
    if negative && is_unsigned(scalar) {
        let message = "The string was being parsed as an unsigned number and could not have a negative sign.";
        return Err(Exception::overflow(message));
    }
    let number = digits(text, radix, scalar)?;
    if radix == 10 {
        let number = if negative { -number } else { number };
        return crate::eval::from_integer(number, scalar, true).map_err(|_| integer_overflow(scalar));
    }
    let bits = match scalar {
        Scalar::Byte | Scalar::SByte => 8,
        Scalar::Int16 | Scalar::UInt16 => 16,
        Scalar::Int32 | Scalar::UInt32 => 32,
        _ => 64,
    };
    if number >> bits != 0 {
        return Err(integer_overflow(scalar));
    }
    crate::eval::from_integer(number, scalar, false)
}

const fn is_unsigned(scalar: Scalar) -> bool {
    matches!(scalar, Scalar::Byte | Scalar::UInt16 | Scalar::UInt32 | Scalar::UInt64)
}

fn digits(text: &str, radix: u32, scalar: Scalar) -> Result<i128, Exception> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = if radix == 16 {
        digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")).unwrap_or(digits)
    } else {
        digits
    };
    if text.is_empty() {
        // COMPAT: .NET passes the message where the parameter's name belongs.
        let message =
            "Index was out of range. Must be non-negative and less than the size of the collection.";
        return Err(Exception::out_of_range(
            "Specified argument was out of the range of valid values.",
            message,
        ));
    }
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    if end == 0 {
        return Err(Exception::format("Could not find any recognizable digits."));
    }
    if end < digits.len() {
        return Err(Exception::format("Additional non-parsable characters are at the end of the string."));
    }
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return Ok(0);
    }
    let is_long = matches!(scalar, Scalar::Int64 | Scalar::UInt64);
    let signed = radix == 10 && !is_unsigned(scalar);
    // .NET reads a word of 32 or 64 bits first.
    let (word, most) = match (is_long, signed) {
        (true, true) => (Scalar::Int64, 1_i128 << 63),
        (true, false) => (Scalar::UInt64, i128::from(u64::MAX)),
        (false, true) => (Scalar::Int32, 1 << 31),
        (false, false) => (Scalar::UInt32, i128::from(u32::MAX)),
    };
    let number = i128::from_str_radix(significant, radix).ok().filter(|number| *number <= most);
    number.ok_or_else(|| integer_overflow(word))
}

/// The bits of a number in base 2, 8 or 16; the number itself in base 10.
fn to_base(_: &mut Cx<'_>, args: &[Value]) -> Eval {
    let bits = match arg(args, 0) {
        Value::Byte(number) => u64::from(*number),
        Value::Int16(number) => u64::from(number.cast_unsigned()),
        Value::Int32(number) => u64::from(number.cast_unsigned()),
        Value::Int64(number) => number.cast_unsigned(),
        _ => 0,
    };
    Ok(Value::Text(Text::from(match int(args, 1) {
        2 => format!("{bits:b}"),
        8 => format!("{bits:o}"),
        10 => crate::eval::plain_text(arg(args, 0)),
        16 => format!("{bits:x}"),
        _ => return Err(invalid_base()),
    })))
}
