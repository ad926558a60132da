//! `System.Text.Encoding`.
//!
//! What an encoding cannot express becomes `?` (.NET Framework looks for a similar character in code pages first); bytes
//! that are not valid become U+FFFD, in ASCII `?`.

mod pages;
mod utf7;

use crate::eval::{Cx, Eval};
use crate::object::{Key, NativeObject, Object};
use crate::types::Type;
use crate::{Exception, Text, Value};

use super::arguments::{self, arg, count, int, items, size, text};
use super::natives::{made, named, state};
use super::{Row, TypeSpec, member};

use pages::{PAGES, Page};

pub(super) const TYPES: &[TypeSpec] =
    &[TypeSpec { members: ROWS, ..TypeSpec::class("System.Text.Encoding", "api/system.text.encoding") }];

const ROWS: &[Row] = &[
    member("static Encoding UTF8", |cx, _| made(cx, Encoding::Utf8)),
    member("static Encoding ASCII", |cx, _| made(cx, Encoding::Ascii)),
    member("static Encoding Unicode", |cx, _| made(cx, Encoding::Utf16)),
    member("static Encoding BigEndianUnicode", |cx, _| made(cx, Encoding::Utf16BigEndian)),
    member("static Encoding UTF32", |cx, _| made(cx, Encoding::Utf32)),
    member("static Encoding UTF7", |cx, _| made(cx, Encoding::Utf7)),
    // The code page of Windows in English.
    member("static Encoding Default", |cx, _| {
        let encoding = Encoding::of_code_page(1252)?;
        made(cx, encoding)
    }),
    member("static Encoding GetEncoding(string name)", |cx, a| {
        let encoding = Encoding::of_name(text(a, 0, "name")?.as_str())?;
        made(cx, encoding)
    }),
    member("static Encoding GetEncoding(int codepage)", |cx, a| {
        let encoding = Encoding::of_code_page(int(a, 0))?;
        made(cx, encoding)
    }),
    member("static byte[] Convert(Encoding srcEncoding, Encoding dstEncoding, byte[] bytes)", |cx, a| {
        let length = bytes(cx.heap, a, 2, "bytes")?.len();
        convert(cx, a, 0, length)
    }),
    member(
        "static byte[] Convert(Encoding srcEncoding, Encoding dstEncoding, byte[] bytes, int index, int count)",
        |cx, a| {
            let (start, length) = (size(a, 3, "index")?, size(a, 4, "count")?);
            convert(cx, a, start, length)
        },
    ),
    member("byte[] GetBytes(string s)", |cx, a| whole(cx, a, "s")),
    member("byte[] GetBytes(char[] chars)", |cx, a| whole(cx, a, "chars")),
    member("byte[] GetBytes(char[] chars, int index, int count)", |cx, a| {
        let part = part(cx, a, ["chars", "index", "count"])?;
        let bytes = encode(cx, a, &part)?;
        cx.heap.bytes(bytes)
    }),
    member(
        "int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex)",
        |cx, a| bytes_into(cx, a, ["chars", "charIndex", "charCount"]),
    ),
    member("int GetBytes(string s, int charIndex, int charCount, byte[] bytes, int byteIndex)", |cx, a| {
        bytes_into(cx, a, ["s", "charIndex", "charCount"])
    }),
    member("int GetByteCount(string s)", |cx, a| {
        let text = text(a, 1, "s")?.clone();
        encode(cx, a, &text).map(|bytes| count(bytes.len()))
    }),
    member("int GetByteCount(char[] chars)", |cx, a| {
        let text = characters(cx, a, "chars")?;
        encode(cx, a, &text).map(|bytes| count(bytes.len()))
    }),
    member("int GetByteCount(char[] chars, int index, int count)", |cx, a| {
        let part = part(cx, a, ["chars", "index", "count"])?;
        encode(cx, a, &part).map(|bytes| count(bytes.len()))
    }),
    member("string GetString(byte[] bytes)", |cx, a| {
        let length = bytes(cx.heap, a, 1, "bytes")?.len();
        decode(cx, a, 0, length).map(Value::Text)
    }),
    member("string GetString(byte[] bytes, int index, int count)", |cx, a| {
        let (start, length) = (size(a, 2, "index")?, size(a, 3, "count")?);
        decode(cx, a, start, length).map(Value::Text)
    }),
    member("int GetCharCount(byte[] bytes)", |cx, a| {
        let length = bytes(cx.heap, a, 1, "bytes")?.len();
        Ok(count(decode(cx, a, 0, length)?.length()))
    }),
    member("int GetCharCount(byte[] bytes, int index, int count)", |cx, a| {
        let (start, length) = (size(a, 2, "index")?, size(a, 3, "count")?);
        Ok(count(decode(cx, a, start, length)?.length()))
    }),
    member("char[] GetChars(byte[] bytes)", |cx, a| {
        let length = bytes(cx.heap, a, 1, "bytes")?.len();
        let text = decode(cx, a, 0, length)?;
        chars(cx, &text)
    }),
    member("char[] GetChars(byte[] bytes, int index, int count)", |cx, a| {
        let (start, length) = (size(a, 2, "index")?, size(a, 3, "count")?);
        let text = decode(cx, a, start, length)?;
        chars(cx, &text)
    }),
    member(
        "int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)",
        chars_into,
    ),
    member("int GetMaxByteCount(int charCount)", |cx, a| {
        let most = size(a, 1, "charCount")?;
        int_of(state::<Encoding>(cx, a, 0)?.most_bytes(most), "characters", "bytes", "charCount")
    }),
    member("int GetMaxCharCount(int byteCount)", |cx, a| {
        let most = size(a, 1, "byteCount")?;
        int_of(state::<Encoding>(cx, a, 0)?.most_chars(most), "bytes", "chars", "byteCount")
    }),
    member("byte[] GetPreamble()", |cx, a| {
        let preamble = state::<Encoding>(cx, a, 0)?.preamble().to_vec();
        cx.heap.bytes(preamble)
    }),
    member("object Clone()", |cx, a| {
        let encoding = *state::<Encoding>(cx, a, 0)?;
        made(cx, encoding)
    }),
    member("bool IsAlwaysNormalized()", |cx, a| {
        Ok(Value::Bool(matches!(state::<Encoding>(cx, a, 0)?, Encoding::Ascii | Encoding::Latin1)))
    }),
    member("string WebName", |cx, a| Ok(Value::text(state::<Encoding>(cx, a, 0)?.name()))),
    member("string BodyName", |cx, a| Ok(Value::text(state::<Encoding>(cx, a, 0)?.body_name()))),
    member("string HeaderName", |cx, a| Ok(Value::text(state::<Encoding>(cx, a, 0)?.name()))),
    member("string EncodingName", |cx, a| Ok(Value::text(state::<Encoding>(cx, a, 0)?.display()))),
    member("int CodePage", |cx, a| Ok(Value::Int32(state::<Encoding>(cx, a, 0)?.code_page()))),
    member("int WindowsCodePage", |cx, a| Ok(Value::Int32(state::<Encoding>(cx, a, 0)?.windows()))),
    member("bool IsSingleByte", |cx, a| Ok(Value::Bool(state::<Encoding>(cx, a, 0)?.is_single()))),
    member("bool IsBrowserDisplay", |cx, a| Ok(Value::Bool(state::<Encoding>(cx, a, 0)?.is_for_browsers()))),
    member("bool IsBrowserSave", |cx, a| {
        let encoding = *state::<Encoding>(cx, a, 0)?;
        Ok(Value::Bool(encoding.is_for_browsers() || encoding == Encoding::Utf16))
    }),
    member("bool IsMailNewsDisplay", |cx, a| Ok(Value::Bool(state::<Encoding>(cx, a, 0)?.is_for_mail()))),
    member("bool IsMailNewsSave", |cx, a| Ok(Value::Bool(state::<Encoding>(cx, a, 0)?.is_for_mail()))),
    member("bool IsReadOnly", |_, _| Ok(Value::Bool(true))),
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
    Utf32BigEndian,
    Utf7,
    Page(&'static Page),
}

impl NativeObject for Encoding {
    fn class(&self) -> Type {
        named("Encoding")
    }

    fn text(&self) -> Option<Text> {
        Some(Text::from_static(match self {
            Self::Utf8 => "System.Text.UTF8Encoding",
            Self::Ascii => "System.Text.ASCIIEncoding",
            Self::Latin1 => "System.Text.Latin1Encoding",
            Self::Utf16 | Self::Utf16BigEndian => "System.Text.UnicodeEncoding",
            Self::Utf32 | Self::Utf32BigEndian => "System.Text.UTF32Encoding",
            Self::Utf7 => "System.Text.UTF7Encoding",
            Self::Page(page) if page.single => "System.Text.SBCSCodePageEncoding",
            Self::Page(_) => "System.Text.DBCSCodePageEncoding",
        }))
    }

    fn key(&self, _: &crate::Heap) -> Option<Key> {
        Some(Key::Number(40, self.code_page().into()))
    }
}

impl Encoding {
    const ALL: [Self; 8] = [
        Self::Utf8,
        Self::Ascii,
        Self::Latin1,
        Self::Utf16,
        Self::Utf16BigEndian,
        Self::Utf32,
        Self::Utf32BigEndian,
        Self::Utf7,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Ascii => "us-ascii",
            Self::Latin1 => "iso-8859-1",
            Self::Utf16 => "utf-16",
            Self::Utf16BigEndian => "utf-16BE",
            Self::Utf32 => "utf-32",
            Self::Utf32BigEndian => "utf-32BE",
            Self::Utf7 => "utf-7",
            Self::Page(page) => page.name,
        }
    }

    /// What mail calls it: of some Windows code pages, the ISO one.
    const fn body_name(self) -> &'static str {
        match self.code_page() {
            1250 => "iso-8859-2",
            1251 | 20_866 => "koi8-r",
            1252 => "iso-8859-1",
            1253 => "iso-8859-7",
            1254 => "iso-8859-9",
            932 | 51_932 => "iso-2022-jp",
            _ => self.name(),
        }
    }

    const fn display(self) -> &'static str {
        match self {
            Self::Utf8 => "Unicode (UTF-8)",
            Self::Ascii => "US-ASCII",
            Self::Latin1 => "Western European (ISO)",
            Self::Utf16 => "Unicode",
            Self::Utf16BigEndian => "Unicode (Big-Endian)",
            Self::Utf32 => "Unicode (UTF-32)",
            Self::Utf32BigEndian => "Unicode (UTF-32 Big-Endian)",
            Self::Utf7 => "Unicode (UTF-7)",
            Self::Page(page) => page.display,
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
            Self::Utf32BigEndian => 12_001,
            Self::Utf7 => 65_000,
            Self::Page(page) => page.number,
        }
    }

    const fn windows(self) -> i32 {
        match self {
            Self::Ascii | Self::Latin1 => 1_252,
            Self::Page(page) => page.windows,
            _ => 1_200,
        }
    }

    const fn is_single(self) -> bool {
        match self {
            Self::Ascii | Self::Latin1 => true,
            Self::Page(page) => page.single,
            _ => false,
        }
    }

    const fn is_for_browsers(self) -> bool {
        matches!(self, Self::Utf8 | Self::Latin1 | Self::Page(_))
    }

    const fn is_for_mail(self) -> bool {
        matches!(self, Self::Utf8 | Self::Ascii | Self::Latin1 | Self::Utf7 | Self::Page(_))
    }

    const fn most_bytes(self, chars: usize) -> usize {
        match self {
            Self::Utf8 => (chars + 1) * 3,
            Self::Utf16 | Self::Utf16BigEndian => (chars + 1) * 2,
            Self::Utf32 | Self::Utf32BigEndian => (chars + 1) * 4,
            Self::Utf7 => chars * 3 + 2,
            Self::Page(page) if !page.single => (chars + 1) * 2,
            _ => chars + 1,
        }
    }

    const fn most_chars(self, bytes: usize) -> usize {
        match self {
            Self::Utf8 => bytes + 1,
            Self::Utf16 | Self::Utf16BigEndian => bytes / 2 + bytes % 2 + 1,
            Self::Utf32 | Self::Utf32BigEndian => bytes / 2 + 2,
            Self::Utf7 if bytes == 0 => 1,
            _ => bytes,
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
        let own = Self::ALL.into_iter().find(|each| each.name().eq_ignore_ascii_case(name)).or(alias);
        let found = own.or_else(|| Page::of_name(&name.to_ascii_lowercase()).map(Self::Page));
        found.ok_or_else(|| {
            let message = format!(
                "'{name}' is not a supported encoding name. For information on defining a custom encoding, see the documentation for the Encoding.RegisterProvider method."
            );
            Exception::argument(&message, "name")
        })
    }

    fn of_code_page(page: i32) -> Result<Self, Exception> {
        if matches!(page, 1 | 2 | 3 | 42) {
            return Err(Exception::argument(&format!("{page} is not a supported code page."), "codepage"));
        }
        if !(0..=65_535).contains(&page) {
            return Err(Exception::out_of_range(
                "Valid values are between 0 and 65535, inclusive.",
                "codepage",
            ));
        }
        // 0 is the default one.
        let page = if page == 0 { 1_252 } else { page };
        let own = Self::ALL.into_iter().find(|each| each.code_page() == page);
        let found = own.or_else(|| PAGES.iter().find(|each| each.number == page).map(Self::Page));
        let message = format!(
            "No data is available for encoding {page}. For information on defining a custom encoding, see the documentation for the Encoding.RegisterProvider method."
        );
        found.ok_or_else(|| Exception::new("System.NotSupportedException", message))
    }

    const fn preamble(self) -> &'static [u8] {
        match self {
            Self::Utf8 => b"\xEF\xBB\xBF",
            Self::Utf16 => b"\xFF\xFE",
            Self::Utf16BigEndian => b"\xFE\xFF",
            Self::Utf32 => b"\xFF\xFE\0\0",
            Self::Utf32BigEndian => b"\0\0\xFE\xFF",
            Self::Ascii | Self::Latin1 | Self::Utf7 | Self::Page(_) => b"",
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
            Self::Utf32BigEndian => text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect(),
            Self::Utf7 => utf7::encode(text),
            Self::Page(page) => page.encode(text),
        }
    }

    fn decode(self, bytes: &[u8]) -> String {
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Self::Ascii => {
                bytes.iter().map(|&byte| if byte < 0x80 { char::from(byte) } else { '?' }).collect()
            }
            Self::Latin1 => bytes.iter().map(|&byte| char::from(byte)).collect(),
            Self::Utf16 => from_units(bytes, u16::from_le_bytes),
            Self::Utf16BigEndian => from_units(bytes, u16::from_be_bytes),
            Self::Utf32 => from_code_points(bytes, u32::from_le_bytes),
            Self::Utf32BigEndian => from_code_points(bytes, u32::from_be_bytes),
            Self::Utf7 => utf7::decode(bytes),
            Self::Page(page) => page.decode(bytes),
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

fn from_code_points(bytes: &[u8], code: fn([u8; 4]) -> u32) -> String {
    let (fours, rest) = bytes.as_chunks::<4>();
    let c = |&four: &[u8; 4]| char::from_u32(code(four)).unwrap_or(char::REPLACEMENT_CHARACTER);
    let mut text: String = fours.iter().map(c).collect();
    if !rest.is_empty() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    text
}

/// The encoding of a `StringWriter`.
pub(super) fn utf16(cx: &mut Cx<'_>, _: &[Value]) -> Eval {
    made(cx, Encoding::Utf16)
}

/// A size as an `int`.
fn int_of(size: usize, of: &str, what: &str, parameter: &str) -> Eval {
    i32::try_from(size).map(Value::Int32).map_err(|_| {
        let message = format!(
            "Too many {of}. The resulting number of {what} is larger than what can be returned as an int."
        );
        Exception::out_of_range(&message, parameter)
    })
}

/// `ArgumentNullException` in the words of encodings.
fn null(what: &str, parameter: &str) -> Exception {
    let message = format!("{what}\r\nParameter name: {parameter}");
    Exception::new("System.ArgumentNullException", message)
}

const NO_ARRAY: &str = "Array cannot be null.";
const NO_STRING: &str = "String reference not set to an instance of a String.";

/// A `byte[]`, which must not be null.
fn bytes<'h>(heap: &'h crate::Heap, args: &[Value], index: usize, name: &str) -> Result<&'h [u8], Exception> {
    arguments::bytes(heap, args, index, name).map_err(|_| null(NO_ARRAY, name))
}

/// The text of a `string` or `char[]` argument.
fn characters(cx: &Cx<'_>, args: &[Value], parameter: &str) -> Result<Text, Exception> {
    match arg(args, 1) {
        Value::Text(text) => Ok(text.clone()),
        Value::Null => Err(null(if parameter == "s" { NO_STRING } else { NO_ARRAY }, parameter)),
        chars => {
            let unit = |value: &Value| if let Value::Char(unit) = value { *unit } else { 0 };
            let units: Vec<u16> = items(cx.heap, chars).iter().map(unit).collect();
            Ok(Text::from_units(&units))
        }
    }
}

/// A part of a `string` or `char[]` argument, given by the two that follow it.
fn part(cx: &Cx<'_>, args: &[Value], [name, start_name, count_name]: [&str; 3]) -> Result<Text, Exception> {
    let all = characters(cx, args, name)?;
    let (start, length) = (size(args, 2, start_name)?, size(args, 3, count_name)?);
    all.substring(start, length).ok_or_else(|| {
        let place = if name == "s" { "string" } else { "buffer" };
        let message = format!("Index and count must refer to a location within the {place}.");
        Exception::out_of_range(&message, name)
    })
}

fn encode(cx: &mut Cx<'_>, args: &[Value], text: &Text) -> Result<Vec<u8>, Exception> {
    let encoding = *state::<Encoding>(cx, args, 0)?;
    cx.grow(text.len())?;
    let bytes = encoding.encode(text.as_str());
    cx.grow(bytes.len())?;
    Ok(bytes)
}

fn whole(cx: &mut Cx<'_>, args: &[Value], parameter: &str) -> Eval {
    let text = characters(cx, args, parameter)?;
    let bytes = encode(cx, args, &text)?;
    cx.heap.bytes(bytes)
}

fn bad_index(parameter: &str) -> Exception {
    let message = "Index was out of range. Must be non-negative and less than the size of the collection.";
    Exception::out_of_range(message, parameter)
}

/// Puts the bytes of a part into an array; how many there are.
fn bytes_into(cx: &mut Cx<'_>, args: &[Value], names: [&str; 3]) -> Eval {
    let room = bytes(cx.heap, args, 4, "bytes")?.len();
    let part = part(cx, args, names)?;
    let at =
        usize::try_from(int(args, 5)).ok().filter(|at| *at <= room).ok_or_else(|| bad_index("byteIndex"))?;
    let encoded = encode(cx, args, &part)?;
    let name = state::<Encoding>(cx, args, 0)?.display();
    let tainted = cx.heap.is_tainted_scalar(arg(args, 1));
    let Some(Object::Bytes { bytes, .. }) = cx.heap.object_mut(arg(args, 4)) else { return Ok(Value::Null) };
    let target = bytes.get_mut(at..).and_then(|rest| rest.get_mut(..encoded.len())).ok_or_else(|| {
        let message = format!("The output byte buffer is too small to contain the encoded data, encoding '{name}' fallback 'System.Text.EncoderReplacementFallback'.");
        Exception::argument(&message, "bytes")
    })?;
    target.copy_from_slice(&encoded);
    if tainted {
        cx.heap.taint(arg(args, 4).clone());
    }
    Ok(count(encoded.len()))
}

fn decode(cx: &mut Cx<'_>, args: &[Value], start: usize, length: usize) -> Result<Text, Exception> {
    let encoding = *state::<Encoding>(cx, args, 0)?;
    let all = bytes(cx.heap, args, 1, "bytes")?.len();
    if start.checked_add(length).is_some_and(|end| end <= all) {
        cx.grow(length)?;
    }
    let all = bytes(cx.heap, args, 1, "bytes")?;
    let part = start.checked_add(length).and_then(|end| all.get(start..end));
    let outside =
        || Exception::out_of_range("Index and count must refer to a location within the buffer.", "bytes");
    let text = encoding.decode(part.ok_or_else(outside)?);
    cx.grow(text.len())?;
    Ok(Text::from(text))
}

fn chars(cx: &mut Cx<'_>, text: &Text) -> Eval {
    let units: Vec<Value> = text.units().map(Value::Char).collect();
    cx.grow(units.len() * 24)?;
    cx.heap.array(Type::CHAR, units)
}

fn chars_into(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    if arg(args, 4).is_null() {
        return Err(null(NO_ARRAY, "chars"));
    }
    let (start, length) = (size(args, 2, "byteIndex")?, size(args, 3, "byteCount")?);
    let text = decode(cx, args, start, length)?;
    let name = state::<Encoding>(cx, args, 0)?.display();
    let tainted = cx.heap.is_tainted_scalar(arg(args, 1));
    let Some(Object::Array { items, .. }) = cx.heap.object_mut(arg(args, 4)) else { return Ok(Value::Null) };
    let at = usize::try_from(int(args, 5))
        .ok()
        .filter(|at| *at <= items.len())
        .ok_or_else(|| bad_index("charIndex"))?;
    let units: Vec<u16> = text.units().collect();
    let target = items.get_mut(at..).and_then(|rest| rest.get_mut(..units.len())).ok_or_else(|| {
        let message = format!("The output char buffer is too small to contain the decoded characters, encoding '{name}' fallback 'System.Text.DecoderReplacementFallback'.");
        Exception::argument(&message, "chars")
    })?;
    for (place, unit) in target.iter_mut().zip(&units) {
        *place = Value::Char(*unit);
    }
    if tainted {
        cx.heap.taint(arg(args, 4).clone());
    }
    Ok(count(units.len()))
}

/// `Encoding.Convert`: from one, to another, bytes.
fn convert(cx: &mut Cx<'_>, args: &[Value], start: usize, length: usize) -> Eval {
    for (index, name) in [(0, "srcEncoding"), (1, "dstEncoding")] {
        if arg(args, index).is_null() {
            return Err(null(NO_ARRAY, name));
        }
    }
    let text = decode(cx, &[arg(args, 0).clone(), arg(args, 2).clone()], start, length)?;
    let bytes = encode(cx, &[arg(args, 1).clone()], &text)?;
    cx.heap.bytes(bytes)
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
        let western = Encoding::of_name("windows-1252").unwrap();
        assert_eq!(
            (western.encode("a€é😀"), western.decode(b"\x80\x81")),
            (b"a\x80\xE9??".to_vec(), "€\u{81}".to_owned())
        );
        assert_eq!(Encoding::Utf7.encode("aé+b"), b"a+AOkAKw-b");
        assert_eq!(Encoding::Utf7.decode(b"a+AOk-b+-"), "aéb+");
        assert!(Encoding::of_name("klingon").is_err() && Encoding::of_code_page(1).is_err());
    }
}
