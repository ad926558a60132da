//! `System.IO.StringReader` and `StringWriter`, with what they inherit from `TextReader` and `TextWriter`.

use crate::eval::{Cx, Eval};
use crate::object::{NativeObject, Object};
use crate::types::Type;
use crate::{Exception, Text, Value};

use super::arguments::{arg, character, count, int, text};
use super::natives::{made, named, state, state_mut};
use super::{Row, TypeSpec, list, member, setter};

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        members: READER,
        ..TypeSpec::class("System.IO.TextReader", "api/system.io.textreader")
    },
    TypeSpec {
        bases: &["TextReader"],
        members: &[
            member("new(string s)", |cx, a| {
                let text = text(a, 0, "s")?.clone();
                made(cx, Reader { units: text.units().collect(), at: 0, tainted: text.is_tainted(), open: true })
            }),
            member("void Close()", close),
            member("int Peek()", peek),
            member("int Read()", read),
            member("int Read(char[] buffer, int index, int count)", read_block),
            member("string ReadLine()", read_line),
            member("string ReadToEnd()", read_to_end),
        ],
        ..TypeSpec::class("System.IO.StringReader", "api/system.io.stringreader")
    },
    TypeSpec {
        members: WRITER,
        ..TypeSpec::class("System.IO.TextWriter", "api/system.io.textwriter")
    },
    TypeSpec {
        bases: &["TextWriter"],
        members: &[
            member("new()", |cx, _| {
                let builder = cx.heap.make(Object::Builder { text: String::new(), tainted: false })?;
                made(cx, Writer::over(builder))
            }),
            member("new(StringBuilder sb)", |cx, a| {
                list::needed(a, 0, "sb")?;
                made(cx, Writer::over(arg(a, 0).clone()))
            }),
            member("void Close()", close_writer),
            member("StringBuilder GetStringBuilder()", |cx, a| Ok(state::<Writer>(cx, a, 0)?.builder.clone())),
            member("string ToString()", |cx, a| {
                let builder = state::<Writer>(cx, a, 0)?.builder.clone();
                cx.display(&builder).map(Value::Text)
            }),
            member("Encoding Encoding", super::encoding::utf16),
            member("void Write(char value)", |cx, a| write(cx, a, &units_text(&[character(a, 1)]), false)),
            member("void Write(string value)", |cx, a| write_value(cx, a, false)),
            member("void Write(char[] buffer, int index, int count)", |cx, a| write_part(cx, a, false)),
        ],
        ..TypeSpec::class("System.IO.StringWriter", "api/system.io.stringwriter")
    },
];

const READER: &[Row] = &[
    member("void Close()", close),
    member("void Dispose()", close),
    member("int Peek()", peek),
    member("int Read()", read),
    member("int Read(char[] buffer, int index, int count)", read_block),
    member("int ReadBlock(char[] buffer, int index, int count)", read_block),
    member("string ReadLine()", read_line),
    member("string ReadToEnd()", read_to_end),
];

#[rustfmt::skip]
const WRITER: &[Row] = &[
    member("void Close()", close_writer),
    member("void Dispose()", close_writer),
    member("void Flush()", |_, _| Ok(Value::Null)),
    member("string NewLine", |cx, a| Ok(Value::Text(state::<Writer>(cx, a, 0)?.new_line.clone()))),
    setter("string NewLine", |cx, a| {
        let text = arg(a, 1).as_text().cloned();
        state_mut::<Writer>(cx, a, 0)?.new_line = text.unwrap_or(Text::from_static("\r\n"));
        Ok(Value::Null)
    }),
    member("void Write(char value)", |cx, a| write(cx, a, &units_text(&[character(a, 1)]), false)),
    member("void Write(char[] buffer)", |cx, a| write_chars(cx, a, false)),
    member("void Write(char[] buffer, int index, int count)", |cx, a| write_part(cx, a, false)),
    member("void Write(bool value)", |cx, a| write_value(cx, a, false)),
    member("void Write(int value)", |cx, a| write_value(cx, a, false)),
    member("void Write(uint value)", |cx, a| write_value(cx, a, false)),
    member("void Write(long value)", |cx, a| write_value(cx, a, false)),
    member("void Write(ulong value)", |cx, a| write_value(cx, a, false)),
    member("void Write(float value)", |cx, a| write_value(cx, a, false)),
    member("void Write(double value)", |cx, a| write_value(cx, a, false)),
    member("void Write(decimal value)", |cx, a| write_value(cx, a, false)),
    member("void Write(string value)", |cx, a| write_value(cx, a, false)),
    member("void Write(object value)", |cx, a| write_value(cx, a, false)),
    member("void Write(string format, object arg0)", |cx, a| write_format(cx, a, false)),
    member("void Write(string format, object arg0, object arg1)", |cx, a| write_format(cx, a, false)),
    member("void Write(string format, object arg0, object arg1, object arg2)", |cx, a| write_format(cx, a, false)),
    member("void Write(string format, params object[] arg)", |cx, a| write_format(cx, a, false)),
    member("void WriteLine()", |cx, a| write(cx, a, &Text::EMPTY, true)),
    member("void WriteLine(char value)", |cx, a| write(cx, a, &units_text(&[character(a, 1)]), true)),
    member("void WriteLine(char[] buffer)", |cx, a| write_chars(cx, a, true)),
    member("void WriteLine(char[] buffer, int index, int count)", |cx, a| write_part(cx, a, true)),
    member("void WriteLine(bool value)", |cx, a| write_value(cx, a, true)),
    member("void WriteLine(int value)", |cx, a| write_value(cx, a, true)),
    member("void WriteLine(uint value)", |cx, a| write_value(cx, a, true)),
    member("void WriteLine(long value)", |cx, a| write_value(cx, a, true)),
    member("void WriteLine(ulong value)", |cx, a| write_value(cx, a, true)),
    member("void WriteLine(float value)", |cx, a| write_value(cx, a, true)),
    member("void WriteLine(double value)", |cx, a| write_value(cx, a, true)),
    member("void WriteLine(decimal value)", |cx, a| write_value(cx, a, true)),
    member("void WriteLine(string value)", |cx, a| write_value(cx, a, true)),
    member("void WriteLine(object value)", |cx, a| write_value(cx, a, true)),
    member("void WriteLine(string format, object arg0)", |cx, a| write_format(cx, a, true)),
    member("void WriteLine(string format, object arg0, object arg1)", |cx, a| write_format(cx, a, true)),
    member("void WriteLine(string format, object arg0, object arg1, object arg2)", |cx, a| write_format(cx, a, true)),
    member("void WriteLine(string format, params object[] arg)", |cx, a| write_format(cx, a, true)),
];

/// `StringReader`.
#[derive(Debug)]
struct Reader {
    units: Vec<u16>,
    at: usize,
    tainted: bool,
    open: bool,
}

impl NativeObject for Reader {
    fn class(&self) -> Type {
        named("StringReader")
    }

    fn size(&self) -> usize {
        64 + self.units.len() * 2
    }

    fn is_tainted(&self) -> bool {
        self.tainted
    }

    fn taint(&mut self) {
        self.tainted = true;
    }
}

impl Reader {
    fn text(&self, from: usize, to: usize) -> Text {
        Text::from_units(self.units.get(from..to).unwrap_or_default()).tainted_if(self.tainted)
    }
}

fn closed(message: &'static str) -> Exception {
    Exception::new("System.ObjectDisposedException", Text::from_static(message))
}

/// The reader, which must be open.
fn reader<'h>(cx: &'h mut Cx<'_>, args: &[Value]) -> Result<&'h mut Reader, Exception> {
    let reader = state_mut::<Reader>(cx, args, 0)?;
    if reader.open { Ok(reader) } else { Err(closed("Cannot read from a closed TextReader.")) }
}

fn close(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    state_mut::<Reader>(cx, args, 0)?.open = false;
    Ok(Value::Null)
}

fn peek(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let reader = reader(cx, args)?;
    Ok(Value::Int32(reader.units.get(reader.at).map_or(-1, |&unit| i32::from(unit))))
}

fn read(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let next = peek(cx, args)?;
    if next != Value::Int32(-1) {
        reader(cx, args)?.at += 1;
    }
    Ok(next)
}

fn read_line(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let reader = reader(cx, args)?;
    let (start, all) = (reader.at, reader.units.len());
    if start >= all {
        return Ok(Value::Null);
    }
    let is = |at: usize, c: char| reader.units.get(at).is_some_and(|&unit| u32::from(unit) == u32::from(c));
    let end = (start..all).find(|&at| is(at, '\r') || is(at, '\n')).unwrap_or(all);
    let next = if is(end, '\r') && is(end + 1, '\n') { end + 2 } else { end + 1 };
    let line = reader.text(start, end);
    reader.at = next.min(all);
    let units = end - start;
    cx.grow(units)?;
    Ok(Value::Text(line))
}

pub(super) fn read_to_end(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let reader = reader(cx, args)?;
    let text = reader.text(reader.at, reader.units.len());
    reader.at = reader.units.len();
    cx.grow(text.len())?;
    Ok(Value::Text(text))
}

/// The part of a `char[]` that arguments name.
fn part(cx: &Cx<'_>, args: &[Value]) -> Result<(usize, usize), Exception> {
    list::needed(args, 1, "buffer")?;
    let size = |at: usize, name: &str| {
        usize::try_from(int(args, at)).map_err(|_| Exception::out_of_range("Non-negative number required.", name))
    };
    let (from, length) = (size(2, "index")?, size(3, "count")?);
    let room = list::length(cx, arg(args, 1)).unwrap_or(0);
    if room.checked_sub(from).is_none_or(|left| left < length) {
        let message = "Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection.";
        return Err(Exception::new("System.ArgumentException", Text::from_static(message)));
    }
    Ok((from, length))
}

fn read_block(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let (from, length) = part(cx, args)?;
    let reader = reader(cx, args)?;
    let units: Vec<Value> = reader.units.iter().skip(reader.at).take(length).map(|&unit| Value::Char(unit)).collect();
    reader.at += units.len();
    cx.burn(units.len() as u64)?;
    list::write(cx, arg(args, 1), from, &units)?;
    Ok(count(units.len()))
}

/// `StringWriter`: it writes into a `StringBuilder`.
#[derive(Debug)]
struct Writer {
    builder: Value,
    new_line: Text,
    open: bool,
}

impl Writer {
    fn over(builder: Value) -> Self {
        Self { builder, new_line: Text::from_static("\r\n"), open: true }
    }
}

impl NativeObject for Writer {
    fn class(&self) -> Type {
        named("StringWriter")
    }

    fn shows(&self) -> Option<&Value> {
        Some(&self.builder)
    }
}

fn close_writer(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    state_mut::<Writer>(cx, args, 0)?.open = false;
    Ok(Value::Null)
}

fn units_text(units: &[u16]) -> Text {
    Text::from_units(units)
}

pub(super) fn write(cx: &mut Cx<'_>, args: &[Value], text: &Text, line: bool) -> Eval {
    let writer = state::<Writer>(cx, args, 0)?;
    if !writer.open {
        return Err(closed("Cannot write to a closed TextWriter."));
    }
    let (builder, end) = (writer.builder.clone(), if line { writer.new_line.clone() } else { Text::EMPTY });
    append(cx, &builder, text)?;
    append(cx, &builder, &end)
}

/// Appends to a `StringBuilder`.
pub(super) fn append(cx: &mut Cx<'_>, builder: &Value, more: &Text) -> Eval {
    cx.grow(more.len())?;
    let most = cx.limits.text;
    match cx.heap.object_mut(builder) {
        Some(Object::Builder { text, tainted }) => {
            if text.len() + more.len() > most {
                return Err(Exception::limit("The expression makes a longer text than it may."));
            }
            text.push_str(more.as_str());
            *tainted |= more.is_tainted();
            Ok(Value::Null)
        }
        _ => Err(Exception::null_reference()),
    }
}

/// Text for other library types that write into a `TextWriter`.
pub(super) fn write_text(cx: &mut Cx<'_>, writer: &Value, text: &Text) -> Eval {
    write(cx, std::slice::from_ref(writer), text, false)
}

fn write_value(cx: &mut Cx<'_>, args: &[Value], line: bool) -> Eval {
    let text = match arg(args, 1) {
        Value::Null => Text::EMPTY,
        value => cx.display(value)?,
    };
    write(cx, args, &text, line)
}

fn write_chars(cx: &mut Cx<'_>, args: &[Value], line: bool) -> Eval {
    let units = units(cx, arg(args, 1));
    write(cx, args, &units_text(&units), line)
}

fn write_part(cx: &mut Cx<'_>, args: &[Value], line: bool) -> Eval {
    let (from, length) = part(cx, args)?;
    let units = units(cx, arg(args, 1));
    let part = units.get(from..from + length).unwrap_or_default();
    write(cx, args, &units_text(part), line)
}

fn units(cx: &Cx<'_>, value: &Value) -> Vec<u16> {
    let unit = |value: &Value| if let Value::Char(unit) = value { *unit } else { 0 };
    super::arguments::items(cx.heap, value).iter().map(unit).collect()
}

fn write_format(cx: &mut Cx<'_>, args: &[Value], line: bool) -> Eval {
    let pattern = text(args, 1, "format")?.clone();
    let values = match args {
        // `params` come as an array.
        [_, _, list] if list_of_objects(cx, list) => super::arguments::items(cx.heap, list).to_vec(),
        _ => args.get(2..).unwrap_or_default().to_vec(),
    };
    let made = super::format::composite(cx, &pattern, &values)?;
    let text = made.as_text().cloned().unwrap_or(Text::EMPTY);
    write(cx, args, &text, line)
}

fn list_of_objects(cx: &Cx<'_>, value: &Value) -> bool {
    matches!(cx.heap.object(value), Some(Object::Array { element: Type::Object, .. }))
}
