//! Base64 of `System.Convert`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::eval::{Cx, Eval};
use crate::object::Object;
use crate::{Exception, Value};

use crate::library::arguments::{arg, bytes, count, int, items, member as number_of, text};
use crate::library::{Row, member};

/// Members of `Convert` for base64.
pub(super) const ROWS: &[Row] = &[
    member("static string ToBase64String(byte[] inArray)", |cx, a| {
        let length = bytes(cx.heap, a, 0, "inArray")?.len();
        to_text(cx, a, (0, length), 0)
    }),
    member("static string ToBase64String(byte[] inArray, Base64FormattingOptions options)", |cx, a| {
        let length = bytes(cx.heap, a, 0, "inArray")?.len();
        to_text(cx, a, (0, length), number_of(a, 1))
    }),
    member("static string ToBase64String(byte[] inArray, int offset, int length)", |cx, a| {
        let part = part(bytes(cx.heap, a, 0, "inArray")?.len(), a, ["offset", "length"])?;
        to_text(cx, a, part, 0)
    }),
    member(
        "static string ToBase64String(byte[] inArray, int offset, int length, Base64FormattingOptions options)",
        |cx, a| {
            let part = part(bytes(cx.heap, a, 0, "inArray")?.len(), a, ["offset", "length"])?;
            to_text(cx, a, part, number_of(a, 3))
        },
    ),
    member(
        "static int ToBase64CharArray(byte[] inArray, int offsetIn, int length, char[] outArray, int offsetOut)",
        |cx, a| to_chars(cx, a, 0),
    ),
    member(
        "static int ToBase64CharArray(byte[] inArray, int offsetIn, int length, char[] outArray, int offsetOut, Base64FormattingOptions options)",
        |cx, a| to_chars(cx, a, number_of(a, 5)),
    ),
    member("static byte[] FromBase64String(string s)", |cx, a| {
        let text = text(a, 0, "s")?;
        cx.grow(text.len())?;
        let bytes = from_base64(text.as_str())?;
        cx.heap.bytes(bytes)
    }),
    member("static byte[] FromBase64CharArray(char[] inArray, int offset, int length)", |cx, a| {
        if arg(a, 0).is_null() {
            return Err(Exception::argument_null("inArray"));
        }
        let all = items(cx.heap, arg(a, 0));
        let (from, length) = part(all.len(), a, ["offset", "length"])?;
        let unit = |value: &Value| if let Value::Char(unit) = value { *unit } else { 0 };
        let units: Vec<u16> = all.iter().skip(from).take(length).map(unit).collect();
        cx.grow(units.len())?;
        let bytes = from_base64(&String::from_utf16_lossy(&units))?;
        cx.heap.bytes(bytes)
    }),
];

/// Standard base64.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// `Convert.FromBase64String`: white space is skipped.
pub(crate) fn from_base64(text: &str) -> Result<Vec<u8>, Exception> {
    let bad = || {
        Exception::format(
            "The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding characters, or an illegal character among the padding characters. ",
        )
    };
    let cleaned: Vec<u8> = text.bytes().filter(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n')).collect();
    if !cleaned.len().is_multiple_of(4) {
        return Err(Exception::format("Invalid length for a Base-64 char array or string."));
    }
    // .NET does not look at the bits that the last character has left over.
    let lenient = base64::engine::GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        base64::engine::GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
    );
    lenient.decode(cleaned).map_err(|_| bad())
}

/// The offset and the length that follow an array.
fn part(
    all: usize,
    args: &[Value],
    [offset_name, length_name]: [&str; 2],
) -> Result<(usize, usize), Exception> {
    let length = usize::try_from(int(args, 2)).map_err(|_| {
        let message =
            "Index was out of range. Must be non-negative and less than the size of the collection.";
        Exception::out_of_range(message, length_name)
    })?;
    let offset = usize::try_from(int(args, 1))
        .map_err(|_| Exception::out_of_range("Value must be positive.", offset_name))?;
    if offset.checked_add(length).is_none_or(|end| end > all) {
        let message = "Offset and length must refer to a position in the string.";
        return Err(Exception::out_of_range(message, offset_name));
    }
    Ok((offset, length))
}

/// Base64 of a part, with a line break behind every 76 characters if the options say so.
fn encoded(
    cx: &mut Cx<'_>,
    args: &[Value],
    (from, length): (usize, usize),
    options: i32,
) -> Result<String, Exception> {
    if !(0..=1).contains(&options) {
        return Err(Exception::new("System.ArgumentException", format!("Illegal enum value: {options}.")));
    }
    cx.grow(length.saturating_mul(4) / 3)?;
    let all = bytes(cx.heap, args, 0, "inArray")?;
    let text = base64(all.get(from..from + length).unwrap_or_default());
    if options == 0 {
        return Ok(text);
    }
    let lines: Vec<&str> =
        text.as_bytes().chunks(76).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    Ok(lines.join("\r\n"))
}

fn to_text(cx: &mut Cx<'_>, args: &[Value], part: (usize, usize), options: i32) -> Eval {
    let text = encoded(cx, args, part, options)?;
    Ok(Value::Text(text.into()))
}

fn to_chars(cx: &mut Cx<'_>, args: &[Value], options: i32) -> Eval {
    let all = bytes(cx.heap, args, 0, "inArray")?.len();
    if arg(args, 3).is_null() {
        return Err(Exception::argument_null("outArray"));
    }
    let part = part(all, args, ["offsetIn", "length"])?;
    let at = usize::try_from(int(args, 4))
        .map_err(|_| Exception::out_of_range("Value must be positive.", "offsetOut"))?;
    let text = encoded(cx, args, part, options)?;
    let tainted = cx.heap.is_tainted_scalar(arg(args, 0));
    let Some(Object::Array { items, .. }) = cx.heap.object_mut(arg(args, 3)) else { return Ok(Value::Null) };
    let target = items.get_mut(at..).and_then(|rest| rest.get_mut(..text.len())).ok_or_else(|| {
        let message = "Either offset did not refer to a position in the string, or there is an insufficient length of destination character array.";
        Exception::out_of_range(message, "offsetOut")
    })?;
    for (place, byte) in target.iter_mut().zip(text.bytes()) {
        *place = Value::Char(byte.into());
    }
    if tainted {
        cx.heap.taint(arg(args, 3).clone());
    }
    Ok(count(text.len()))
}
