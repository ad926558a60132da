//! `System.Text.StringBuilder`.

use crate::eval::{Cx, Eval};
use crate::object::Object;
use crate::{Exception, Text, Value};

use super::arguments::{arg, character, count, int, text_or_empty};
use super::{TypeSpec, member};

pub(super) const TYPES: &[TypeSpec] = &[TypeSpec {
    members: &[
        member("new()", |cx, _| make(cx, "")),
        member("new(int capacity)", |cx, _| make(cx, "")),
        member("new(string value)", |cx, a| make(cx, text_or_empty(a, 0))),
        member("new(string value, int capacity)", |cx, a| make(cx, text_or_empty(a, 0))),
        member("int Length", |cx, a| Ok(count(content(cx, a)?.length()))),
        member("char this[int index]", |cx, a| {
            let at = usize::try_from(int(a, 1)).ok();
            let unit = at.and_then(|at| content(cx, a).ok()?.unit(at));
            unit.map(Value::Char).ok_or_else(Exception::index_out_of_range)
        }),
        member("StringBuilder Append(object value)", append),
        member("StringBuilder Append(string value)", append),
        member("StringBuilder Append(char value)", append),
        member("StringBuilder Append(int value)", append),
        member("StringBuilder Append(long value)", append),
        member("StringBuilder Append(double value)", append),
        member("StringBuilder Append(bool value)", append),
        member("StringBuilder Append(char value, int repeatCount)", |cx, a| {
            let times = usize::try_from(int(a, 2)).unwrap_or(0);
            cx.grow(times)?;
            let text = Text::from_units(&vec![character(a, 1); times]);
            push(cx, a, &text)
        }),
        member("StringBuilder AppendLine()", |cx, a| push(cx, a, &Text::from_static(NEW_LINE))),
        member("StringBuilder AppendLine(string value)", |cx, a| {
            append(cx, a)?;
            push(cx, a, &Text::from_static(NEW_LINE))
        }),
        member("StringBuilder AppendFormat(string format, object arg0)", append_format),
        member("StringBuilder AppendFormat(string format, object arg0, object arg1)", append_format),
        member("StringBuilder AppendFormat(string format, object arg0, object arg1, object arg2)", append_format),
        member("StringBuilder AppendFormat(string format, params object[] args)", append_format_many),
        member("StringBuilder Insert(int index, string value)", |cx, a| {
            let part = text_or_empty(a, 2).to_owned();
            edit(cx, a, |text, cut| {
                let at = cut(text, int(a, 1))?;
                text.insert_str(at, &part);
                Some(())
            })
        }),
        member("StringBuilder Remove(int startIndex, int length)", |cx, a| {
            edit(cx, a, |text, cut| {
                let (from, to) = (cut(text, int(a, 1))?, cut(text, int(a, 1).checked_add(int(a, 2))?)?);
                (from <= to).then(|| text.replace_range(from..to, ""))
            })
        }),
        member("StringBuilder Replace(string oldValue, string newValue)", |cx, a| {
            let (old, new) = (text_or_empty(a, 1).to_owned(), text_or_empty(a, 2).to_owned());
            if old.is_empty() {
                return Err(Exception::argument("Empty name is not legal.", "oldValue"));
            }
            let text = content(cx, a)?;
            cx.grow(text.len() + text.as_str().matches(&old).count().saturating_mul(new.len()))?;
            edit(cx, a, |text, _| {
                *text = text.replace(&old, &new);
                Some(())
            })
        }),
        member("StringBuilder Clear()", |cx, a| {
            edit(cx, a, |text, _| {
                text.clear();
                Some(())
            })
        }),
    ],
    unbuilt: &["Capacity", "MaxCapacity", "EnsureCapacity", "CopyTo"],
    ..TypeSpec::class("System.Text.StringBuilder", "api/system.text.stringbuilder")
}];

const NEW_LINE: &str = "\r\n";

fn make(cx: &mut Cx<'_>, text: &str) -> Eval {
    cx.heap.make(Object::Builder { text: text.to_owned(), tainted: false })
}

fn content(cx: &Cx<'_>, args: &[Value]) -> Result<Text, Exception> {
    match cx.heap.object(arg(args, 0)) {
        Some(Object::Builder { text, tainted }) => Ok(Text::copied(text).tainted_if(*tainted)),
        _ => Err(Exception::null_reference()),
    }
}

fn push(cx: &mut Cx<'_>, args: &[Value], part: &Text) -> Eval {
    let length = match cx.heap.object(arg(args, 0)) {
        Some(Object::Builder { text, .. }) => text.len(),
        _ => return Err(Exception::null_reference()),
    };
    if length + part.len() > cx.limits.text {
        cx.grow(length + part.len())?;
    }
    cx.heap.charge(part.len())?;
    if let Some(Object::Builder { text, tainted }) = cx.heap.object_mut(arg(args, 0)) {
        text.push_str(part.as_str());
        *tainted |= part.is_tainted();
    }
    Ok(arg(args, 0).clone())
}

fn append(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    if arg(args, 1).is_null() {
        return Ok(arg(args, 0).clone());
    }
    let part = cx.display(arg(args, 1))?;
    push(cx, args, &part)
}

fn append_format(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let pattern = super::arguments::text(args, 1, "format")?.clone();
    let text = super::format::composite(cx, &pattern, args.get(2..).unwrap_or_default())?;
    push(cx, args, text.as_text().unwrap_or(&Text::EMPTY))
}

fn append_format_many(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let pattern = super::arguments::text(args, 1, "format")?.clone();
    let values = super::sequence::collect(cx, arg(args, 2))?;
    let text = super::format::composite(cx, &pattern, &values)?;
    push(cx, args, text.as_text().unwrap_or(&Text::EMPTY))
}

type Cut = fn(&str, i32) -> Option<usize>;

/// Changes the text; positions are UTF-16 units.
fn edit(cx: &mut Cx<'_>, args: &[Value], with: impl FnOnce(&mut String, Cut) -> Option<()>) -> Eval {
    let cut: Cut = |text, unit| Text::copied(text).byte_of(usize::try_from(unit).ok()?);
    match cx.heap.object_mut(arg(args, 0)) {
        Some(Object::Builder { text, .. }) => with(text, cut).ok_or_else(|| {
            Exception::out_of_range("Index was out of range. Must be non-negative and less than the size of the collection.", "index")
        })?,
        _ => return Err(Exception::null_reference()),
    }
    Ok(arg(args, 0).clone())
}
