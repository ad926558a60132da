//! `System.Text.StringBuilder`. Positions are UTF-16 units.

use crate::eval::{Cx, Eval};
use crate::object::Object;
use crate::text::{push_unit, release_half};
use crate::{Exception, Text, Value};

use super::arguments::{arg, character, count, int, items, text, text_or_empty};
use super::sequence::collect;
use super::{Row, TypeSpec, format, member, setter};

pub(super) const TYPES: &[TypeSpec] = &[TypeSpec {
    members: ROWS,
    ..TypeSpec::class("System.Text.StringBuilder", "api/system.text.stringbuilder")
}];

/// `Append` and `Insert` of each type, and rows of their own.
macro_rules! rows {
    ($($keyword:literal)*; $($row:expr),* $(,)?) => {
        &[
            $(
                member(concat!("StringBuilder Append(", $keyword, " value)"), append),
                member(concat!("StringBuilder Insert(int index, ", $keyword, " value)"), insert),
            )*
            $($row),*
        ]
    };
}

const ROWS: &[Row] = rows! {
    "bool" "byte" "char" "decimal" "double" "short" "int" "long" "object" "sbyte" "float" "string" "ushort" "uint" "ulong";
    member("new()", |cx, _| make(cx, Text::EMPTY)),
    member("new(int capacity)", |cx, a| {
        not_negative(a, 0, "capacity", "'capacity' must be greater than zero.")?;
        make(cx, Text::EMPTY)
    }),
    member("new(int capacity, int maxCapacity)", |cx, a| {
        if int(a, 0) > int(a, 1) {
            return Err(Exception::out_of_range("Capacity exceeds maximum capacity.", "capacity"));
        }
        if int(a, 1) < 1 {
            return Err(Exception::out_of_range("MaxCapacity must be one or greater.", "maxCapacity"));
        }
        not_negative(a, 0, "capacity", "'capacity' must be greater than zero.")?;
        make(cx, Text::EMPTY)
    }),
    member("new(string value)", |cx, a| make(cx, Text::copied(text_or_empty(a, 0)))),
    member("new(string value, int capacity)", |cx, a| {
        not_negative(a, 1, "capacity", "'capacity' must be greater than zero.")?;
        make(cx, Text::copied(text_or_empty(a, 0)))
    }),
    member("new(string value, int startIndex, int length, int capacity)", |cx, a| {
        not_negative(a, 3, "capacity", "'capacity' must be greater than zero.")?;
        let length = not_negative(a, 2, "length", "'length' must be non-negative.")?;
        let start = not_negative(a, 1, "startIndex", "StartIndex cannot be less than zero.")?;
        let part = Text::copied(text_or_empty(a, 0)).substring(start, length).ok_or_else(|| {
            Exception::out_of_range("Index and length must refer to a location within the string.", "length")
        })?;
        make(cx, part)
    }),
    member("int Length", |cx, a| Ok(count(units(content(cx, a)?)))),
    setter("int Length", set_length),
    member("int Capacity", |cx, a| Ok(count(units(content(cx, a)?).max(16)))),
    setter("int Capacity", |cx, a| {
        let least = units(content(cx, a)?);
        if usize::try_from(int(a, 1)).map_or(true, |capacity| capacity < least) {
            return Err(Exception::out_of_range("capacity was less than the current size.", "value"));
        }
        Ok(arg(a, 1).clone())
    }),
    member("int MaxCapacity", |_, _| Ok(Value::Int32(i32::MAX))),
    member("int EnsureCapacity(int capacity)", |cx, a| {
        let wanted = not_negative(a, 1, "capacity", "Capacity must be positive.")?;
        Ok(count(units(content(cx, a)?).max(16).max(wanted)))
    }),
    member("char this[int index]", |cx, a| {
        let at = usize::try_from(int(a, 1)).ok();
        let text = content(cx, a)?;
        let unit = at.and_then(|at| if text.is_ascii() { text.as_bytes().get(at).map(|b| (*b).into()) } else { text.encode_utf16().nth(at) });
        unit.map(Value::Char).ok_or_else(Exception::index_out_of_range)
    }),
    setter("char this[int index]", set_unit),
    member("StringBuilder Append(char value, int repeatCount)", |cx, a| {
        let times = not_negative(a, 2, "repeatCount", "Count cannot be less than zero.")?;
        cx.grow(times)?;
        let text = Text::from_units(&vec![character(a, 1); times]);
        push(cx, a, &text)
    }),
    member("StringBuilder Append(char[] value)", |cx, a| {
        let text = chars(cx, a, 1);
        push(cx, a, &text)
    }),
    member("StringBuilder Append(char[] value, int startIndex, int charCount)", |cx, a| {
        let part = part_of_chars(cx, a, [1, 2, 3], "charCount")?;
        push(cx, a, &part)
    }),
    member("StringBuilder Append(string value, int startIndex, int count)", append_part),
    member("StringBuilder AppendLine()", |cx, a| push(cx, a, &Text::from_static(NEW_LINE))),
    member("StringBuilder AppendLine(string value)", |cx, a| {
        append(cx, a)?;
        push(cx, a, &Text::from_static(NEW_LINE))
    }),
    member("StringBuilder AppendFormat(string format, object arg0)", append_format),
    member("StringBuilder AppendFormat(string format, object arg0, object arg1)", append_format),
    member("StringBuilder AppendFormat(string format, object arg0, object arg1, object arg2)", append_format),
    member("StringBuilder AppendFormat(string format, params object[] args)", append_format_many),
    member("StringBuilder Insert(int index, char[] value)", |cx, a| {
        let text = chars(cx, a, 2);
        insert_text(cx, a, &text)
    }),
    member("StringBuilder Insert(int index, char[] value, int startIndex, int charCount)", |cx, a| {
        place(cx, a, 1)?;
        let part = part_of_chars(cx, a, [2, 3, 4], "charCount")?;
        insert_text(cx, a, &part)
    }),
    member("StringBuilder Insert(int index, string value, int count)", |cx, a| {
        let times = not_negative(a, 3, "count", "Non-negative number required.")?;
        let part = text_or_empty(a, 2);
        cx.grow(part.len().saturating_mul(times))?;
        let text = Text::from(part.repeat(times));
        insert_text(cx, a, &text)
    }),
    member("StringBuilder Remove(int startIndex, int length)", remove),
    member("StringBuilder Replace(string oldValue, string newValue)", |cx, a| {
        let length = units(content(cx, a)?);
        replace(cx, a, text(a, 1, "oldValue")?, text_or_empty(a, 2), 0, length)
    }),
    member("StringBuilder Replace(string oldValue, string newValue, int startIndex, int count)", |cx, a| {
        let (start, length) = range(cx, a, 3)?;
        replace(cx, a, text(a, 1, "oldValue")?, text_or_empty(a, 2), start, length)
    }),
    member("StringBuilder Replace(char oldChar, char newChar)", |cx, a| {
        let length = units(content(cx, a)?);
        replace_units(cx, a, 0, length)
    }),
    member("StringBuilder Replace(char oldChar, char newChar, int startIndex, int count)", |cx, a| {
        let (start, length) = range(cx, a, 3)?;
        replace_units(cx, a, start, length)
    }),
    member("StringBuilder Clear()", |cx, a| edit(cx, a, String::clear)),
    member("string ToString(int startIndex, int length)", |cx, a| {
        let text = Text::copied(content(cx, a)?);
        let start = not_negative(a, 1, "startIndex", "StartIndex cannot be less than zero.")?;
        if start > text.length() {
            let message = "startIndex cannot be larger than length of string.";
            return Err(Exception::out_of_range(message, "startIndex"));
        }
        let length = not_negative(a, 2, "length", "Length cannot be less than zero.")?;
        cx.grow(text.len())?;
        text.substring(start, length).map(Value::Text).ok_or_else(|| {
            Exception::out_of_range("Index and length must refer to a location within the string.", "length")
        })
    }),
    member("void CopyTo(int sourceIndex, char[] destination, int destinationIndex, int count)", copy_to),
    member("bool Equals(StringBuilder sb)", |cx, a| {
        if arg(a, 1).is_null() {
            return Ok(Value::Bool(false));
        }
        let own = content(cx, a)?;
        Ok(Value::Bool(content(cx, a.get(1..).unwrap_or_default())? == own))
    }),
};

const NEW_LINE: &str = "\r\n";

fn make(cx: &mut Cx<'_>, text: Text) -> Eval {
    cx.heap.make(Object::Builder { text: text.as_str().to_owned(), tainted: text.is_tainted() })
}

fn content<'h>(cx: &'h Cx<'_>, args: &[Value]) -> Result<&'h str, Exception> {
    match cx.heap.object(arg(args, 0)) {
        Some(Object::Builder { text, .. }) => Ok(text),
        _ => Err(Exception::null_reference()),
    }
}

fn units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

fn not_negative(args: &[Value], index: usize, parameter: &str, message: &str) -> Result<usize, Exception> {
    usize::try_from(int(args, index)).map_err(|_| Exception::out_of_range(message, parameter))
}

fn bad_index(parameter: &str) -> Exception {
    let message = "Index was out of range. Must be non-negative and less than the size of the collection.";
    Exception::out_of_range(message, parameter)
}

/// The place in bytes of a place in units.
fn byte_of(text: &str, unit: usize) -> Option<usize> {
    if text.is_ascii() { (unit <= text.len()).then_some(unit) } else { Text::copied(text).byte_of(unit) }
}

/// A place in the text, its end included, in bytes.
fn place(cx: &Cx<'_>, args: &[Value], index: usize) -> Result<usize, Exception> {
    let text = content(cx, args)?;
    let at = usize::try_from(int(args, index)).ok().and_then(|unit| byte_of(text, unit));
    at.ok_or_else(|| bad_index("index"))
}

/// A start and a count in the text, in units.
fn range(cx: &Cx<'_>, args: &[Value], index: usize) -> Result<(usize, usize), Exception> {
    let length = units(content(cx, args)?);
    let start = usize::try_from(int(args, index)).ok().filter(|start| *start <= length);
    let start = start.ok_or_else(|| bad_index("startIndex"))?;
    let count = usize::try_from(int(args, index + 1)).ok().filter(|count| *count <= length - start);
    Ok((start, count.ok_or_else(|| bad_index("count"))?))
}

fn edit(cx: &mut Cx<'_>, args: &[Value], with: impl FnOnce(&mut String)) -> Eval {
    match cx.heap.object_mut(arg(args, 0)) {
        Some(Object::Builder { text, .. }) => with(text),
        _ => return Err(Exception::null_reference()),
    }
    Ok(arg(args, 0).clone())
}

/// Announces text that the builder grows by.
fn announce(cx: &mut Cx<'_>, args: &[Value], part: &Text) -> Result<(), Exception> {
    let length = content(cx, args)?.len();
    if length + part.len() > cx.limits.text {
        cx.grow(length + part.len())?;
    }
    cx.burn(part.len() as u64 / 64)?;
    cx.heap.charge(part.len())
}

fn push(cx: &mut Cx<'_>, args: &[Value], part: &Text) -> Eval {
    announce(cx, args, part)?;
    if let Some(Object::Builder { text, tainted }) = cx.heap.object_mut(arg(args, 0)) {
        release_half(text);
        text.push_str(part.as_str());
        *tainted |= part.is_tainted();
    }
    Ok(arg(args, 0).clone())
}

fn append(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    if let Value::Char(unit) = arg(args, 1) {
        announce(cx, args, &Text::from_static("\u{FFFD}"))?;
        return edit(cx, args, |text| push_unit(text, *unit));
    }
    if arg(args, 1).is_null() {
        return Ok(arg(args, 0).clone());
    }
    let part = cx.display(arg(args, 1))?;
    push(cx, args, &part)
}

fn chars(cx: &Cx<'_>, args: &[Value], index: usize) -> Text {
    let unit = |value: &Value| if let Value::Char(unit) = value { *unit } else { 0 };
    let units: Vec<u16> = items(cx.heap, arg(args, index)).iter().map(unit).collect();
    Text::from_units(&units)
}

/// Part of a `char[]`: array, start, count.
fn part_of_chars(cx: &Cx<'_>, args: &[Value], at: [usize; 3], parameter: &str) -> Result<Text, Exception> {
    let [array, start, length] = at;
    let start = not_negative(args, start, "startIndex", "Non-negative number required.")?;
    let length = not_negative(args, length, parameter, "Non-negative number required.")?;
    if arg(args, array).is_null() {
        if start == 0 && length == 0 {
            return Ok(Text::EMPTY);
        }
        return Err(Exception::argument_null("value"));
    }
    chars(cx, args, array).substring(start, length).ok_or_else(|| bad_index(parameter))
}

fn append_part(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let start = not_negative(
        args,
        2,
        "startIndex",
        "Index was out of range. Must be non-negative and less than the size of the collection.",
    )?;
    let length = not_negative(
        args,
        3,
        "count",
        "Index was out of range. Must be non-negative and less than the size of the collection.",
    )?;
    match arg(args, 1) {
        Value::Text(text) => {
            let part = text.substring(start, length).ok_or_else(|| bad_index("startIndex"))?;
            push(cx, args, &part)
        }
        _ if start == 0 && length == 0 => Ok(arg(args, 0).clone()),
        _ => Err(Exception::argument_null("value")),
    }
}

fn insert(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let part = if arg(args, 2).is_null() { Text::EMPTY } else { cx.display(arg(args, 2))? };
    insert_text(cx, args, &part)
}

fn insert_text(cx: &mut Cx<'_>, args: &[Value], part: &Text) -> Eval {
    let at = place(cx, args, 1)?;
    announce(cx, args, part)?;
    cx.burn(content(cx, args)?.len() as u64 / 64)?;
    if let Some(Object::Builder { text, tainted }) = cx.heap.object_mut(arg(args, 0)) {
        if text.is_char_boundary(at) {
            text.insert_str(at, part.as_str());
        }
        *tainted |= part.is_tainted();
    }
    Ok(arg(args, 0).clone())
}

fn remove(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let length = not_negative(args, 2, "length", "Length cannot be less than zero.")?;
    let start = not_negative(args, 1, "startIndex", "StartIndex cannot be less than zero.")?;
    let text = content(cx, args)?;
    let ends = byte_of(text, start).zip(start.checked_add(length).and_then(|end| byte_of(text, end)));
    let (from, to) = ends.ok_or_else(|| bad_index("index"))?;
    cx.burn(text.len() as u64 / 64)?;
    edit(cx, args, |text| text.replace_range(from..to, ""))
}

fn set_length(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let length = not_negative(args, 1, "value", "Length cannot be less than zero.")?;
    let own = units(content(cx, args)?);
    if length > own {
        cx.grow(length - own)?;
        edit(cx, args, |text| text.extend(std::iter::repeat_n('\0', length - own)))?;
    } else {
        let end = byte_of(content(cx, args)?, length).unwrap_or(0);
        edit(cx, args, |text| text.truncate(end))?;
    }
    Ok(arg(args, 1).clone())
}

fn set_unit(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let at = usize::try_from(int(args, 1)).ok();
    let mut all: Vec<u16> = content(cx, args)?.encode_utf16().collect();
    cx.grow(all.len())?;
    let place = at.and_then(|at| all.get_mut(at)).ok_or_else(|| bad_index("index"))?;
    *place = character(args, 2);
    let changed = Text::from_units(&all);
    edit(cx, args, |text| changed.as_str().clone_into(text))?;
    Ok(arg(args, 2).clone())
}

/// The text before a part, the part, and what follows it; a start and a length in units.
fn cut(text: &str, start: usize, length: usize) -> Option<[&str; 3]> {
    let (from, to) = (byte_of(text, start)?, byte_of(text, start + length)?);
    Some([text.get(..from)?, text.get(from..to)?, text.get(to..)?])
}

fn replace(cx: &mut Cx<'_>, args: &[Value], old: &Text, new: &str, start: usize, length: usize) -> Eval {
    if old.is_empty() {
        return Err(Exception::argument("Empty name is not legal.", "oldValue"));
    }
    let text = content(cx, args)?;
    let [_, part, _] = cut(text, start, length).unwrap_or([text, "", ""]);
    let times = part.matches(old.as_str()).count();
    if times == 0 {
        return Ok(arg(args, 0).clone());
    }
    let (size, text) = (text.len() + times.saturating_mul(new.len()), text.to_owned());
    if size > cx.limits.text {
        cx.grow(size)?;
    }
    let [before, part, after] = cut(&text, start, length).unwrap_or([&text, "", ""]);
    let changed = [before, &part.replace(old.as_str(), new), after].concat();
    cx.grow(changed.len())?;
    edit(cx, args, |text| *text = changed)
}

fn replace_units(cx: &mut Cx<'_>, args: &[Value], start: usize, length: usize) -> Eval {
    let (old, new) = (character(args, 1), character(args, 2));
    let mut all: Vec<u16> = content(cx, args)?.encode_utf16().collect();
    cx.grow(all.len())?;
    for unit in all.iter_mut().skip(start).take(length).filter(|unit| **unit == old) {
        *unit = new;
    }
    let changed = Text::from_units(&all);
    edit(cx, args, |text| changed.as_str().clone_into(text))
}

fn append_format(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let pattern = text(args, 1, "format")?.clone();
    let text = format::composite(cx, &pattern, args.get(2..).unwrap_or_default())?;
    push(cx, args, text.as_text().unwrap_or(&Text::EMPTY))
}

fn append_format_many(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    if arg(args, 1).is_null() || arg(args, 2).is_null() {
        return Err(Exception::argument_null(if arg(args, 1).is_null() { "format" } else { "args" }));
    }
    let pattern = text(args, 1, "format")?.clone();
    let values = collect(cx, arg(args, 2))?;
    let text = format::composite(cx, &pattern, &values)?;
    push(cx, args, text.as_text().unwrap_or(&Text::EMPTY))
}

fn copy_to(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    if arg(args, 2).is_null() {
        return Err(Exception::argument_null("destination"));
    }
    let count = not_negative(args, 4, "count", "Non-negative number required.")?;
    let at = not_negative(args, 3, "destinationIndex", "'destinationIndex' must be non-negative.")?;
    let start = not_negative(
        args,
        1,
        "sourceIndex",
        "Index was out of range. Must be non-negative and less than the size of the collection.",
    )?;
    let text = content(cx, args)?;
    let tainted = cx.heap.is_tainted(arg(args, 0));
    if start > units(text) {
        return Err(bad_index("sourceIndex"));
    }
    let part: Vec<u16> = text.encode_utf16().skip(start).take(count).collect();
    cx.grow(part.len())?;
    let Some(Object::Array { items, .. }) = cx.heap.object_mut(arg(args, 2)) else { return Ok(Value::Null) };
    let target = at.checked_add(count).and_then(|end| items.get_mut(at..end)).ok_or_else(|| {
        let message = "Either offset did not refer to a position in the string, or there is an insufficient length of destination character array.";
        Exception::new("System.ArgumentException", Text::from_static(message))
    })?;
    if part.len() < count {
        return Err(Exception::new(
            "System.ArgumentException",
            Text::from_static("Source string was not long enough. Check sourceIndex and count."),
        ));
    }
    for (place, unit) in target.iter_mut().zip(part) {
        *place = Value::Char(unit);
    }
    if tainted {
        cx.heap.taint(arg(args, 2).clone());
    }
    Ok(Value::Null)
}
