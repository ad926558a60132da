//! `System.Text.Encoding`.
//!
//! What an encoding cannot express becomes `?`; bytes that are not valid become U+FFFD, in ASCII `?`.

use crate::eval::{Cx, Eval};
use crate::object::NativeObject;
use crate::types::Type;
use crate::{Exception, Text, Value};

use super::arguments::{arg, bytes, count, int, items, size, text};
use super::natives::{made, named, state};
use super::{Row, TypeSpec, member};

pub(super) const TYPES: &[TypeSpec] = &[TypeSpec {
    members: ROWS,
    unbuilt: &["UTF7", "Default", "GetEncodings", "Convert", "GetDecoder", "GetEncoder", "GetChars", "GetMaxByteCount", "GetMaxCharCount"],
    ..TypeSpec::class("System.Text.Encoding", "api/system.text.encoding")
}];

const ROWS: &[Row] = &[
    member("static Encoding UTF8", |cx, _| made(cx, Encoding::Utf8)),
    member("static Encoding ASCII", |cx, _| made(cx, Encoding::Ascii)),
    member("static Encoding Unicode", |cx, _| made(cx, Encoding::Utf16)),
    member("static Encoding BigEndianUnicode", |cx, _| made(cx, Encoding::Utf16BigEndian)),
    member("static Encoding UTF32", |cx, _| made(cx, Encoding::Utf32)),
    member("static Encoding GetEncoding(string name)", |cx, a| {
        let encoding = Encoding::of_name(text(a, 0, "name")?.as_str())?;
        made(cx, encoding)
    }),
    member("static Encoding GetEncoding(int codepage)", |cx, a| {
        let encoding = Encoding::of_code_page(int(a, 0))?;
        made(cx, encoding)
    }),
    member("byte[] GetBytes(string s)", get_bytes),
    member("byte[] GetBytes(char[] chars)", get_bytes),
    member("int GetByteCount(string s)", |cx, a| {
        let encoding = *state::<Encoding>(cx, a, 0)?;
        let length = encoding.encode(text(a, 1, "chars")?.as_str()).len();
        cx.burn(length as u64 / 64)?;
        Ok(count(length))
    }),
    member("string GetString(byte[] bytes)", |cx, a| {
        let length = bytes(cx.heap, a, 1, "bytes")?.len();
        decode(cx, a, 0, length)
    }),
    member("string GetString(byte[] bytes, int index, int count)", |cx, a| {
        let (start, length) = (size(a, 2, "index")?, size(a, 3, "count")?);
        decode(cx, a, start, length)
    }),
    member("int GetCharCount(byte[] bytes)", |cx, a| {
        let length = bytes(cx.heap, a, 1, "bytes")?.len();
        let Value::Text(text) = decode(cx, a, 0, length)? else { return Ok(Value::Int32(0)) };
        Ok(count(text.length()))
    }),
    member("byte[] GetPreamble()", |cx, a| {
        let preamble = state::<Encoding>(cx, a, 0)?.preamble().to_vec();
        cx.heap.bytes(preamble)
    }),
    member("string WebName", |cx, a| Ok(Value::text(state::<Encoding>(cx, a, 0)?.name()))),
    member("string BodyName", |cx, a| Ok(Value::text(state::<Encoding>(cx, a, 0)?.name()))),
    member("string HeaderName", |cx, a| Ok(Value::text(state::<Encoding>(cx, a, 0)?.name()))),
    member("int CodePage", |cx, a| Ok(Value::Int32(state::<Encoding>(cx, a, 0)?.code_page()))),
    member("bool IsSingleByte", |cx, a| {
        Ok(Value::Bool(matches!(state::<Encoding>(cx, a, 0)?, Encoding::Ascii | Encoding::Latin1)))
    }),
];

/// An encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Ascii,
    Latin1,
    Utf16,
    Utf16BigEndian,
    Utf32,
}

impl NativeObject for Encoding {
    fn class(&self) -> Type {
        named("Encoding")
    }
}

impl Encoding {
    const ALL: [Self; 6] =
        [Self::Utf8, Self::Ascii, Self::Latin1, Self::Utf16, Self::Utf16BigEndian, Self::Utf32];

    const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Ascii => "us-ascii",
            Self::Latin1 => "iso-8859-1",
            Self::Utf16 => "utf-16",
            Self::Utf16BigEndian => "utf-16BE",
            Self::Utf32 => "utf-32",
        }
    }

    const fn code_page(self) -> i32 {
        match self {
            Self::Utf8 => 65_001,
            Self::Ascii => 20_127,
            Self::Latin1 => 28_591,
            Self::Utf16 => 1_200,
            Self::Utf16BigEndian => 1_201,
            Self::Utf32 => 12_000,
        }
    }

    fn of_name(name: &str) -> Result<Self, Exception> {
        let alias = match name.to_ascii_lowercase().as_str() {
            "utf8" | "unicode-1-1-utf-8" | "x-unicode-2-0-utf-8" => Some(Self::Utf8),
            "ascii" | "us" | "iso646-us" | "ansi_x3.4-1968" => Some(Self::Ascii),
            "latin1" | "l1" | "iso8859-1" | "iso_8859-1" => Some(Self::Latin1),
            "unicode" | "ucs-2" | "utf-16le" => Some(Self::Utf16),
            "unicodefffe" => Some(Self::Utf16BigEndian),
            "utf-32le" => Some(Self::Utf32),
            _ => None,
        };
        let found = Self::ALL.into_iter().find(|each| each.name().eq_ignore_ascii_case(name)).or(alias);
        found.ok_or_else(|| {
            let message = format!(
                "'{name}' is not a supported encoding name. For information on defining a custom encoding, see the documentation for the Encoding.RegisterProvider method."
            );
            Exception::argument(&message, "name")
        })
    }

    fn of_code_page(page: i32) -> Result<Self, Exception> {
        let found = Self::ALL.into_iter().find(|each| each.code_page() == page);
        let message = format!("No data is available for encoding {page}.");
        found.ok_or_else(|| Exception::new("System.NotSupportedException", message))
    }

    const fn preamble(self) -> &'static [u8] {
        match self {
            Self::Utf8 => b"\xEF\xBB\xBF",
            Self::Utf16 => b"\xFF\xFE",
            Self::Utf16BigEndian => b"\xFE\xFF",
            Self::Utf32 => b"\xFF\xFE\0\0",
            Self::Ascii | Self::Latin1 => b"",
        }
    }

    fn encode(self, text: &str) -> Vec<u8> {
        let single = |most: u32| -> Vec<u8> {
            // A character beyond U+FFFF is two characters to .NET.
            let bytes = text.encode_utf16().map(|unit| {
                let byte = u8::try_from(unit).ok();
                byte.filter(|&byte| u32::from(byte) <= most).unwrap_or(b'?')
            });
            bytes.collect()
        };
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Ascii => single(0x7F),
            Self::Latin1 => single(0xFF),
            Self::Utf16 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Self::Utf16BigEndian => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Self::Utf32 => text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
        }
    }

    fn decode(self, bytes: &[u8]) -> String {
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Self::Ascii => bytes.iter().map(|&byte| if byte < 0x80 { char::from(byte) } else { '?' }).collect(),
            Self::Latin1 => bytes.iter().map(|&byte| char::from(byte)).collect(),
            Self::Utf16 => from_units(bytes, u16::from_le_bytes),
            Self::Utf16BigEndian => from_units(bytes, u16::from_be_bytes),
            Self::Utf32 => from_code_points(bytes),
        }
    }
}

/// Pairs of bytes; a byte that is left over is not valid.
fn from_units(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|&pair| unit(pair)).collect();
    let mut text = String::from_utf16_lossy(&units);
    if !rest.is_empty() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    text
}

fn from_code_points(bytes: &[u8]) -> String {
    let (fours, rest) = bytes.as_chunks::<4>();
    let c = |&four: &[u8; 4]| char::from_u32(u32::from_le_bytes(four)).unwrap_or(char::REPLACEMENT_CHARACTER);
    let mut text: String = fours.iter().map(c).collect();
    if !rest.is_empty() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    text
}

fn get_bytes(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let encoding = *state::<Encoding>(cx, args, 0)?;
    let bytes = match arg(args, 1) {
        Value::Text(text) => encoding.encode(text.as_str()),
        Value::Null => return Err(Exception::argument_null("s")),
        chars => {
            let unit = |value: &Value| if let Value::Char(unit) = value { *unit } else { 0 };
            let units: Vec<u16> = items(cx.heap, chars).iter().map(unit).collect();
            encoding.encode(&String::from_utf16_lossy(&units))
        }
    };
    cx.grow(bytes.len())?;
    cx.heap.bytes(bytes)
}

fn decode(cx: &mut Cx<'_>, args: &[Value], start: usize, length: usize) -> Eval {
    let encoding = *state::<Encoding>(cx, args, 0)?;
    let all = bytes(cx.heap, args, 1, "bytes")?;
    let part = start.checked_add(length).and_then(|end| all.get(start..end));
    let outside =
        || Exception::out_of_range("Index and count must refer to a location within the buffer.", "bytes");
    let text = encoding.decode(part.ok_or_else(outside)?);
    cx.grow(text.len())?;
    Ok(Value::Text(Text::from(text)))
}

#[cfg(test)]
mod tests {
    use super::Encoding;

    #[test]
    fn texts_go_to_bytes_and_back() {
        for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf16BigEndian, Encoding::Utf32] {
            assert_eq!(encoding.decode(&encoding.encode("aé€😀")), "aé€😀");
            assert_eq!(Encoding::of_name(encoding.name()), Ok(encoding));
        }
        assert_eq!(Encoding::Ascii.encode("aé😀"), b"a???");
        assert_eq!(Encoding::Latin1.encode("aé€"), b"a\xE9?");
        assert_eq!(Encoding::Ascii.decode(b"a\xE9"), "a?");
        assert_eq!(Encoding::Utf16.decode(b"a\0b"), "a\u{FFFD}");
        assert!(Encoding::of_name("klingon").is_err() && Encoding::of_code_page(1).is_err());
    }
}
