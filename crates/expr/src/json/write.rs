//! The writer: what `JsonTextWriter` makes of nodes.
//!
//! Indented text has two blanks a level and `\r\n`, as on the Windows that APIM runs on. Text is escaped as with
//! `StringEscapeHandling.Default`.

use std::fmt::Write as _;

use crate::number;
use crate::time;
use crate::value::HeapId;
use crate::{Exception, Heap, Text, Value};

use super::node::{JsonKind, JsonType};

/// `Newtonsoft.Json.Formatting`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Formatting {
    /// No white space.
    None,
    /// One member or element a line.
    Indented,
}

/// The JSON text of a node; tainted when it holds tainted text.
pub(crate) fn write(heap: &Heap, id: HeapId, formatting: Formatting) -> Result<Text, Exception> {
    let mut writer = Writer { heap, out: String::new(), formatting, tainted: false };
    writer.node(id, 0)?;
    let tainted = writer.tainted;
    Ok(Text::from(writer.out).tainted_if(tainted))
}

/// The text of a `JValue`'s value inside JSON, quotes included.
fn scalar_text(ty: JsonType, value: &Value, out: &mut String) {
    match (ty, value) {
        (JsonType::Integer | JsonType::Raw, Value::Text(digits)) => out.push_str(digits.as_str()),
        (JsonType::Raw, Value::Null) => {}
        (JsonType::Comment, text) => {
            out.push_str("/*");
            out.push_str(text.as_text().map_or("", Text::as_str));
            out.push_str("*/");
        }
        (_, Value::Null) => out.push_str(if ty == JsonType::Undefined { "undefined" } else { "null" }),
        (_, Value::Bool(value)) => out.push_str(if *value { "true" } else { "false" }),
        (_, Value::Text(text)) => quoted(text.as_str(), out),
        (_, Value::Double(value)) => float(*value, number::round_trip(*value), out),
        (_, Value::Single(value)) => float(f64::from(*value), number::round_trip_single(*value), out),
        (_, Value::Decimal(value)) => with_point(&value.to_string(), out),
        (_, Value::DateTime(date)) => {
            out.push('"');
            out.push_str(&time::json_text(*date));
            out.push('"');
        }
        (_, Value::DateTimeOffset(date)) => {
            out.push('"');
            out.push_str(&time::json_offset_text(*date));
            out.push('"');
        }
        (_, Value::TimeSpan(ticks)) => {
            out.push('"');
            out.push_str(&time::span_text(*ticks));
            out.push('"');
        }
        (_, Value::Guid(bytes)) => {
            out.push('"');
            out.push_str(&uuid::Uuid::from_bytes(*bytes).to_string());
            out.push('"');
        }
        (_, Value::Char(unit)) => quoted(&String::from_utf16_lossy(&[*unit]), out),
        (_, Value::Enum(member)) => {
            let _ = write!(out, "{}", member.number);
        }
        (_, number) => {
            let _ = write!(out, "{}", number.as_integer().unwrap_or_default());
        }
    }
}

/// A float: never without a decimal point or an exponent; what is not a number stands in quotes.
fn float(value: f64, text: String, out: &mut String) {
    if value.is_finite() {
        return with_point(&text, out);
    }
    out.push('"');
    out.push_str(&text);
    out.push('"');
}

fn with_point(text: &str, out: &mut String) {
    out.push_str(text);
    if !text.contains(['.', 'E', 'e']) {
        out.push_str(".0");
    }
}

/// A JSON string.
fn quoted(text: &str, out: &mut String) {
    out.push('"');
    let mut plain = 0;
    for (at, c) in text.char_indices() {
        let Some(escape) = escape(c) else { continue };
        out.push_str(text.get(plain..at).unwrap_or_default());
        plain = at + c.len_utf8();
        match escape {
            "" => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            short => out.push_str(short),
        }
    }
    out.push_str(text.get(plain..).unwrap_or_default());
    out.push('"');
}

/// The short escape of a character; empty for those written as a number; none for those written as they are.
fn escape(c: char) -> Option<&'static str> {
    match c {
        '"' => Some("\\\""),
        '\\' => Some("\\\\"),
        '\n' => Some("\\n"),
        '\r' => Some("\\r"),
        '\t' => Some("\\t"),
        '\u{8}' => Some("\\b"),
        '\u{c}' => Some("\\f"),
        '\0'..='\u{1f}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(""),
        _ => None,
    }
}

struct Writer<'a> {
    heap: &'a Heap,
    out: String,
    formatting: Formatting,
    tainted: bool,
}

impl Writer<'_> {
    fn node(&mut self, id: HeapId, depth: u32) -> Result<(), Exception> {
        if depth > super::read::MAX_DEPTH * 2 {
            return Err(Exception::limit("The JSON is nested too deeply."));
        }
        let heap = self.heap;
        match heap.json(id).map(|node| &node.kind) {
            Some(JsonKind::Value(ty, value)) => {
                self.tainted |= value.is_tainted();
                scalar_text(*ty, value, &mut self.out);
            }
            Some(JsonKind::Array(items)) => self.array("[", items, "]", depth)?,
            Some(JsonKind::Constructor(name, items)) => {
                self.tainted |= name.is_tainted();
                let open = format!("new {}(", name.as_str());
                self.array(&open, items, ")", depth)?;
            }
            Some(JsonKind::Object(members)) => {
                self.object(members.iter().map(|(name, id)| (name, Some(id))), depth)?;
            }
            Some(JsonKind::Property(property)) => {
                self.member(&property.name, heap.property_value(id), depth)?;
            }
            None => self.out.push_str("null"),
        }
        Ok(())
    }

    fn array(&mut self, open: &str, items: &[HeapId], close: &str, depth: u32) -> Result<(), Exception> {
        self.out.push_str(open);
        let mut any = false;
        for &item in items {
            // A comment takes no comma.
            let comment = self.heap.json(item).is_some_and(|node| node.ty() == JsonType::Comment);
            if any && !comment {
                self.out.push(',');
            }
            any |= !comment;
            self.line(depth + 1);
            self.node(item, depth + 1)?;
        }
        if !items.is_empty() {
            self.line(depth);
        }
        self.out.push_str(close);
        Ok(())
    }

    fn object<'n>(
        &mut self,
        members: impl Iterator<Item = (&'n Text, Option<HeapId>)>,
        depth: u32,
    ) -> Result<(), Exception> {
        self.out.push('{');
        let mut any = false;
        for (name, value) in members {
            if any {
                self.out.push(',');
            }
            any = true;
            self.line(depth + 1);
            self.member(name, value, depth + 1)?;
        }
        if any {
            self.line(depth);
        }
        self.out.push('}');
        Ok(())
    }

    fn member(&mut self, name: &Text, value: Option<HeapId>, depth: u32) -> Result<(), Exception> {
        self.tainted |= name.is_tainted();
        quoted(name.as_str(), &mut self.out);
        self.out.push_str(if self.formatting == Formatting::Indented { ": " } else { ":" });
        match value {
            Some(value) => self.node(value, depth),
            None => {
                self.out.push_str("null");
                Ok(())
            }
        }
    }

    fn line(&mut self, depth: u32) {
        if self.formatting == Formatting::Indented {
            self.out.push_str("\r\n");
            for _ in 0..depth {
                self.out.push_str("  ");
            }
        }
    }
}

impl Heap {
    /// `JToken.ToString(Formatting)` of a JSON node; none for other values.
    ///
    /// # Errors
    /// When it is nested too deeply.
    pub fn json_text(&self, value: &Value, formatting: Formatting) -> Option<Result<Text, Exception>> {
        let (id, _) = self.json_of(value)?;
        Some(write(self, id, formatting))
    }
}
