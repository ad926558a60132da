//! `System.Guid`. Its value is kept in the order of its text; `ToByteArray` has .NET's mixed order.

use crate::eval::{Cx, Eval};
use crate::{Exception, Facts, Text, Value};

use super::arguments::{arg, bytes, text, text_or_empty};
use super::sequence::compare_values;
use super::{TypeSpec, constant, member, touching};

pub(super) const TYPES: &[TypeSpec] = &[TypeSpec {
    members: &[
        constant("static Guid Empty", || Value::Guid([0; 16])),
        touching(Facts::RANDOM, "static Guid NewGuid()", new_guid),
        member("static Guid Parse(string input)", |_, a| {
            parse(text(a, 0, "input")?.as_str()).map(Value::Guid)
        }),
        member("static bool TryParse(string input, out Guid result)", |cx, a| {
            let parsed = parse(text_or_empty(a, 0)).ok();
            cx.outs.push(Value::Guid(parsed.unwrap_or_default()));
            Ok(Value::Bool(parsed.is_some()))
        }),
        member("new(string g)", |_, a| parse(text(a, 0, "g")?.as_str()).map(Value::Guid)),
        member("new(byte[] b)", from_bytes),
        member("new(int a, short b, short c, byte[] d)", from_fields),
        member(
            "new(int a, short b, short c, byte d, byte e, byte f, byte g, byte h, byte i, byte j, byte k)",
            from_fields,
        ),
        member(
            "new(uint a, ushort b, ushort c, byte d, byte e, byte f, byte g, byte h, byte i, byte j, byte k)",
            from_fields,
        ),
        member("static Guid ParseExact(string input, string format)", |_, a| {
            let input = text(a, 0, "input")?;
            let letter = letter(text(a, 1, "format")?.as_str())?;
            parse_as(input.as_str(), Some(letter)).map(Value::Guid)
        }),
        member("static bool TryParseExact(string input, string format, out Guid result)", |cx, a| {
            let letter = letter(text_or_empty(a, 1)).ok();
            let parsed = letter.and_then(|letter| parse_as(text_or_empty(a, 0), Some(letter)).ok());
            cx.outs.push(Value::Guid(parsed.unwrap_or_default()));
            Ok(Value::Bool(parsed.is_some()))
        }),
        member("int CompareTo(object value)", |cx, a| match arg(a, 1) {
            Value::Guid(_) | Value::Null => super::integers::compare_to_object(cx, a),
            _ => Err(Exception::new(
                "System.ArgumentException",
                Text::from_static("Object must be of type GUID."),
            )),
        }),
        member("string ToString(string format)", |_, a| {
            let Value::Guid(bytes) = arg(a, 0) else { return Err(Exception::null_reference()) };
            format(bytes, text_or_empty(a, 1)).map(|text| Value::Text(text.into()))
        }),
        member("byte[] ToByteArray()", |cx, a| {
            let Value::Guid(bytes) = arg(a, 0) else { return Err(Exception::null_reference()) };
            cx.heap.bytes(mixed(*bytes).to_vec())
        }),
        member("int CompareTo(Guid value)", |_, a| {
            compare_values(arg(a, 0), arg(a, 1)).map(|order| Value::Int32(order as i32))
        }),
        member("bool Equals(Guid g)", |_, a| Ok(Value::Bool(arg(a, 0) == arg(a, 1)))),
        member("static bool operator ==(Guid a, Guid b)", |_, a| Ok(Value::Bool(arg(a, 0) == arg(a, 1)))),
        member("static bool operator !=(Guid a, Guid b)", |_, a| Ok(Value::Bool(arg(a, 0) != arg(a, 1)))),
    ],
    ..TypeSpec::structure("System.Guid", "api/system.guid")
}];

fn new_guid(cx: &mut Cx<'_>, _: &[Value]) -> Eval {
    let mut bytes = [0; 16];
    cx.host.random(&mut bytes);
    Ok(Value::Guid(uuid::Builder::from_random_bytes(bytes).into_uuid().into_bytes()))
}

/// .NET's byte order: the first three fields little-endian. The same function goes both ways.
fn mixed(bytes: [u8; 16]) -> [u8; 16] {
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    let [i, j, k, l, m, n, o, p] = rest;
    [d, c, b, a, f, e, h, g, i, j, k, l, m, n, o, p]
}

fn from_bytes(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let bytes = bytes(cx.heap, args, 0, "b")?;
    let bytes: [u8; 16] = bytes.try_into().map_err(|_| wrong_length(16))?;
    Ok(Value::Guid(mixed(bytes)))
}

/// `Guid.Parse`: whatever format the text has.
pub(crate) fn parse(text: &str) -> Result<[u8; 16], Exception> {
    parse_as(text, None)
}

/// Text in a format given by its letter, or in any.
fn parse_as(text: &str, format: Option<char>) -> Result<[u8; 16], Exception> {
    let word = text.trim();
    let has = |c| word.contains(c);
    let fits = match format {
        None => !word.is_empty(),
        Some('N') => !word.is_empty() && !has('-') && !has('{') && !has('('),
        Some('D') => has('-') && !has('{') && !has('('),
        Some('B') => has('-') && has('{') && !has('('),
        Some('P') => has('-') && !has('{') && has('('),
        Some(_) => !has('-') && has('{') && !has('('),
    };
    if !fits {
        return Err(Exception::format("Unrecognized Guid format."));
    }
    if has('-') {
        with_dashes(word)
    } else if has('{') {
        with_prefixes(word)
    } else if word.len() == 32 {
        uuid::Uuid::try_parse(word)
            .map(uuid::Uuid::into_bytes)
            .map_err(|_| Exception::format("Guid string should only contain hexadecimal characters."))
    } else {
        Err(bad_length())
    }
}

fn bad_length() -> Exception {
    Exception::format("Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).")
}

fn with_dashes(word: &str) -> Result<[u8; 16], Exception> {
    let inner = match (word.strip_prefix('{'), word.strip_prefix('(')) {
        (Some(inner), _) => inner.strip_suffix('}').ok_or_else(bad_length)?,
        (_, Some(inner)) => inner.strip_suffix(')').ok_or_else(bad_length)?,
        _ => word,
    };
    if inner.len() != 36 {
        return Err(bad_length());
    }
    if [8, 13, 18, 23].iter().any(|at| inner.as_bytes().get(*at) != Some(&b'-')) {
        return Err(Exception::format("Dashes are in the wrong position for GUID parsing."));
    }
    uuid::Uuid::try_parse(inner).map(uuid::Uuid::into_bytes).map_err(|_| bad_length())
}

/// `{0x00000000,0x0000,0x0000,{0x00,0x00,0x00,0x00,0x00,0x00,0x00,0x00}}`
fn with_prefixes(word: &str) -> Result<[u8; 16], Exception> {
    let word: String = word.chars().filter(|c| !c.is_whitespace()).collect();
    let inner = word.strip_prefix('{').ok_or_else(|| Exception::format("Expected {0xdddddddd, etc}."))?;
    let inner =
        inner.strip_suffix("}}").ok_or_else(|| Exception::format("Could not find the ending brace."))?;
    let (head, tail) =
        inner.split_once(",{").ok_or_else(|| Exception::format("Expected {0xdddddddd, etc}."))?;
    let mut bytes = Vec::with_capacity(16);
    let widths = [8, 4, 4, 2, 2, 2, 2, 2, 2, 2, 2];
    let parts: Vec<&str> = head.split(',').chain(tail.split(',')).collect();
    if parts.len() != widths.len() {
        return Err(Exception::format(
            "Could not find a comma, or the length between the previous token and the comma was zero (i.e., '0x,'etc.).",
        ));
    }
    for (part, width) in parts.iter().zip(widths) {
        let digits = part.strip_prefix("0x").or_else(|| part.strip_prefix("0X"));
        let digits = digits.ok_or_else(|| Exception::format("Expected 0x prefix."))?;
        let number = u32::from_str_radix(digits, 16)
            .ok()
            .filter(|number| width == 8 || number >> (width * 4) == 0)
            .ok_or_else(|| Exception::format("Could not find any recognizable digits."))?;
        let all = number.to_be_bytes();
        bytes.extend_from_slice(all.get(4 - width / 2..).unwrap_or_default());
    }
    bytes.try_into().map_err(|_| bad_length())
}

/// The letter of a format that `ParseExact` is given.
fn letter(format: &str) -> Result<char, Exception> {
    let mut chars = format.chars();
    match (chars.next().map(|c| c.to_ascii_uppercase()), chars.next()) {
        (Some(letter @ ('D' | 'N' | 'B' | 'P' | 'X')), None) => Ok(letter),
        _ => Err(bad_format()),
    }
}

fn bad_format() -> Exception {
    Exception::format(
        "Format String can be only \"D\", \"d\", \"N\", \"n\", \"P\", \"p\", \"B\", \"b\", \"X\" or \"x\".",
    )
}

/// Three numbers and eight bytes.
fn from_fields(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let number = |index: usize| arg(args, index).as_integer().unwrap_or(0).to_be_bytes();
    let mut all = Vec::with_capacity(16);
    for (index, width) in [(0, 4), (1, 2), (2, 2)] {
        all.extend_from_slice(number(index).get(16 - width..).unwrap_or_default());
    }
    if args.len() == 4 {
        let rest = bytes(cx.heap, args, 3, "d")?;
        if rest.len() != 8 {
            return Err(wrong_length(8));
        }
        all.extend_from_slice(rest);
    } else {
        all.extend((3..11).filter_map(|index| number(index).last().copied()));
    }
    all.try_into().map(Value::Guid).map_err(|_| wrong_length(8))
}

fn wrong_length(length: usize) -> Exception {
    Exception::new(
        "System.ArgumentException",
        format!("Byte array for GUID must be exactly {length} bytes long."),
    )
}

/// `ToString("N")` and its like.
pub(crate) fn format(bytes: &[u8; 16], format: &str) -> Result<String, Exception> {
    let guid = uuid::Uuid::from_bytes(*bytes);
    Ok(match format {
        "" | "D" | "d" => guid.hyphenated().to_string(),
        "N" | "n" => guid.simple().to_string(),
        "B" | "b" => format!("{{{}}}", guid.hyphenated()),
        "P" | "p" => format!("({})", guid.hyphenated()),
        "X" | "x" => nested(bytes),
        _ => return Err(bad_format()),
    })
}

fn nested(bytes: &[u8; 16]) -> String {
    let guid = uuid::Uuid::from_bytes(*bytes);
    let (a, b, c, d) = guid.as_fields();
    let d: Vec<String> = d.iter().map(|byte| format!("0x{byte:02x}")).collect();
    format!("{{0x{a:08x},0x{b:04x},0x{c:04x},{{{}}}}}", d.join(","))
}
