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
        member("static Guid Parse(string input)", |_, a| parse(text(a, 0, "input")?.as_str()).map(Value::Guid)),
        member("static bool TryParse(string input, out Guid result)", |cx, a| {
            let parsed = parse(text_or_empty(a, 0)).ok();
            cx.outs.push(Value::Guid(parsed.unwrap_or_default()));
            Ok(Value::Bool(parsed.is_some()))
        }),
        member("new(string g)", |_, a| parse(text(a, 0, "g")?.as_str()).map(Value::Guid)),
        member("new(byte[] b)", from_bytes),
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
    unbuilt: &["ParseExact", "TryParseExact"],
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
    let bytes: [u8; 16] = bytes.try_into().map_err(|_| {
        Exception::new("System.ArgumentException", Text::from_static("Byte array for GUID must be exactly 16 bytes long."))
    })?;
    Ok(Value::Guid(mixed(bytes)))
}

/// `Guid.Parse`: the formats N, D, B and P.
pub(crate) fn parse(text: &str) -> Result<[u8; 16], Exception> {
    let bad = || {
        Exception::format(
            "Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).",
        )
    };
    let word = text.trim();
    let inner = match (word.strip_prefix('{'), word.strip_prefix('(')) {
        (Some(inner), _) => inner.strip_suffix('}').ok_or_else(bad)?,
        (_, Some(inner)) => inner.strip_suffix(')').ok_or_else(bad)?,
        _ => word,
    };
    let plain = inner.len() == 32 && word.len() == 32;
    if !plain && inner.len() != 36 {
        return Err(bad());
    }
    uuid::Uuid::try_parse(inner).map(uuid::Uuid::into_bytes).map_err(|_| bad())
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
        _ => {
            return Err(Exception::format(
                "Format String can be only \"D\", \"d\", \"N\", \"n\", \"P\", \"p\", \"B\", \"b\", \"X\" or \"x\".",
            ));
        }
    })
}

fn nested(bytes: &[u8; 16]) -> String {
    let guid = uuid::Uuid::from_bytes(*bytes);
    let (a, b, c, d) = guid.as_fields();
    let d: Vec<String> = d.iter().map(|byte| format!("0x{byte:02x}")).collect();
    format!("{{0x{a:08x},0x{b:04x},0x{c:04x},{{{}}}}}", d.join(","))
}
