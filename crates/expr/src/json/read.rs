//! The reader: what `JsonTextReader` with its default settings makes of a text.
//!
//! As Json.NET does, it accepts more than JSON: comments, apostrophes, names without quotes, a comma before a closing
//! bracket, `NaN`, hexadecimal and octal integers. Strings that are ISO 8601 dates become dates
//! (`DateParseHandling.DateTime`, the default; Json.NET's "Serializing Dates in JSON"). Integers beyond `long` keep
//! their digits. Nesting is bounded, as by Json.NET 13's `MaxDepth`.

use crate::object::Object;
use crate::value::HeapId;
use crate::{Exception, Heap, Text, Value};

use super::node::{JsonKind, JsonType, Members};
use crate::time;

/// Deepest nesting that is read.
pub(crate) const MAX_DEPTH: u32 = 128;

const READER: &str = "Newtonsoft.Json.JsonReaderException";

/// What the text has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    Token,
    Object,
    Array,
}

/// Reads a text into nodes of the heap.
pub(crate) fn read(heap: &mut Heap, text: &Text, want: Want) -> Result<HeapId, Exception> {
    let mut reader = Reader {
        heap,
        bytes: text.as_bytes(),
        text: text.as_str(),
        at: 0,
        tainted: text.is_tainted(),
        started: false,
        path: Vec::new(),
    };
    let id = reader.root(want)?;
    reader.end()?;
    Ok(id)
}

enum Part {
    Name(Text),
    Index(usize),
}

struct Reader<'a> {
    heap: &'a mut Heap,
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
    tainted: bool,
    started: bool,
    path: Vec<Part>,
}

type Read<T> = Result<T, Exception>;

impl Reader<'_> {
    fn root(&mut self, want: Want) -> Read<HeapId> {
        self.space()?;
        let (name, found, a_thing) = match want {
            Want::Token => ("JToken", self.peek().is_some(), ""),
            Want::Object => ("JObject", self.peek() == Some(b'{'), "an object"),
            Want::Array => ("JArray", self.peek() == Some(b'['), "an array"),
        };
        let Some(first) = self.peek() else {
            return Err(self.error(&format!("Error reading {name} from JsonReader.")));
        };
        if !found && (first == b'{' || first == b'[' || first == b'"' || self.is_number(first)) {
            let item = match first {
                b'{' => "StartObject",
                b'[' => "StartArray",
                b'"' => "String",
                _ => "Integer",
            };
            self.started = true;
            self.at += 1;
            return Err(self.error(&format!(
                "Error reading {name} from JsonReader. Current JsonReader item is not {a_thing}: {item}."
            )));
        }
        self.value(0)
    }

    fn is_number(&self, byte: u8) -> bool {
        byte.is_ascii_digit() || byte == b'-'
    }

    fn end(&mut self) -> Read<()> {
        self.space()?;
        match self.current_char() {
            None => Ok(()),
            Some(c) => {
                let message =
                    format!("Additional text encountered after finished reading JSON content: {c}.");
                Err(self.error(&message))
            }
        }
    }

    fn value(&mut self, depth: u32) -> Read<HeapId> {
        if depth > MAX_DEPTH {
            return Err(self.error(&format!("The reader's MaxDepth of {MAX_DEPTH} has been exceeded.")));
        }
        self.space()?;
        let Some(first) = self.peek() else { return Err(self.unexpected_end()) };
        match first {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' | b'\'' => {
                self.started = true;
                let text = self.string()?;
                self.text_value(text)
            }
            b'-' if self.word(b"-Infinity") => {
                self.heap.json_scalar(JsonType::Float, f64::NEG_INFINITY.into())
            }
            b'0'..=b'9' | b'-' => self.number(),
            _ => self.keyword(),
        }
    }

    fn keyword(&mut self) -> Read<HeapId> {
        let (ty, value) = if self.word(b"true") {
            (JsonType::Boolean, Value::Bool(true))
        } else if self.word(b"false") {
            (JsonType::Boolean, Value::Bool(false))
        } else if self.word(b"null") {
            (JsonType::Null, Value::Null)
        } else if self.word(b"undefined") {
            (JsonType::Undefined, Value::Null)
        } else if self.word(b"NaN") {
            (JsonType::Float, f64::NAN.into())
        } else if self.word(b"Infinity") {
            (JsonType::Float, f64::INFINITY.into())
        } else {
            return Err(self.unexpected("value"));
        };
        self.started = true;
        self.heap.json_scalar(ty, value)
    }

    fn object(&mut self, depth: u32) -> Read<HeapId> {
        self.started = true;
        self.at += 1;
        let id = self.heap.json_node(JsonKind::Object(Members::default()))?;
        loop {
            self.space()?;
            match self.peek() {
                Some(b'}') => break,
                Some(_) => self.member(id, depth)?,
                None => return Err(self.unexpected_end()),
            }
            self.space()?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                Some(_) => return Err(self.after_value()),
                None => return Err(self.unexpected_end()),
            }
        }
        self.at += 1;
        Ok(id)
    }

    fn member(&mut self, object: HeapId, depth: u32) -> Read<()> {
        let name = self.name()?;
        self.space()?;
        if self.peek() != Some(b':') {
            let found = self.current_char().map(String::from).unwrap_or_default();
            return Err(self.error(&format!(
                "Invalid character after parsing property name. Expected ':' but got: {found}."
            )));
        }
        self.at += 1;
        self.path.push(Part::Name(name.clone()));
        let value = self.value(depth + 1)?;
        self.path.pop();
        self.attach_member(object, name, value)
    }

    /// Values just read have no parent, so they are put in without the checks of an assignment.
    fn attach_member(&mut self, object: HeapId, name: Text, value: HeapId) -> Read<()> {
        self.heap.charge(32 + name.len())?;
        if let Some(node) = self.heap.json_mut(value) {
            node.parent = Some(object);
        }
        if let Some(JsonKind::Object(members)) = self.heap.json_mut(object).map(|node| &mut node.kind) {
            members.set(name, value);
        }
        Ok(())
    }

    fn name(&mut self) -> Read<Text> {
        match self.peek() {
            Some(b'"' | b'\'') => self.string(),
            _ => {
                let start = self.at;
                while self
                    .peek()
                    .is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'$' || b >= 0x80)
                {
                    self.at += 1;
                }
                match self.text.get(start..self.at) {
                    Some(name) if !name.is_empty() => Ok(Text::copied(name).tainted_if(self.tainted)),
                    _ => {
                        let found = self.current_char().map(String::from).unwrap_or_default();
                        Err(self.error(&format!("Invalid property identifier character: {found}.")))
                    }
                }
            }
        }
    }

    fn array(&mut self, depth: u32) -> Read<HeapId> {
        self.started = true;
        self.at += 1;
        let id = self.heap.json_node(JsonKind::Array(Vec::new()))?;
        let mut items = Vec::new();
        loop {
            self.space()?;
            match self.peek() {
                Some(b']') => break,
                Some(b',') => items.push(self.heap.json_scalar(JsonType::Undefined, Value::Null)?),
                Some(_) => {
                    self.path.push(Part::Index(items.len()));
                    items.push(self.value(depth + 1)?);
                    self.path.pop();
                }
                None => return Err(self.unexpected_end()),
            }
            self.space()?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                Some(_) => return Err(self.after_value()),
                None => return Err(self.unexpected_end()),
            }
        }
        self.at += 1;
        self.attach_items(id, items)
    }

    fn attach_items(&mut self, array: HeapId, items: Vec<HeapId>) -> Read<HeapId> {
        self.heap.charge(items.len() * 8)?;
        for &item in &items {
            if let Some(node) = self.heap.json_mut(item) {
                node.parent = Some(array);
            }
        }
        if let Some(JsonKind::Array(own)) = self.heap.json_mut(array).map(|node| &mut node.kind) {
            *own = items;
        }
        Ok(array)
    }

    fn text_value(&mut self, text: Text) -> Read<HeapId> {
        if let Some(date) = time::json_date(text.as_str()) {
            return self.heap.json_scalar(JsonType::Date, Value::DateTime(date));
        }
        self.heap.charge(text.len())?;
        self.heap.json_scalar(JsonType::String, Value::Text(text))
    }

    fn string(&mut self) -> Read<Text> {
        let quote = self.peek().unwrap_or(b'"');
        self.at += 1;
        let start = self.at;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let Some(stop) = memchr::memchr2(quote, b'\\', rest).map(|found| start + found) else {
            return Err(self.unterminated(quote));
        };
        if self.bytes.get(stop) == Some(&quote) {
            self.at = stop + 1;
            let text = Text::copied(self.text.get(start..stop).unwrap_or_default());
            return Ok(text.tainted_if(self.tainted));
        }
        self.escaped_string(quote, start, stop)
    }

    fn escaped_string(&mut self, quote: u8, mut start: usize, mut stop: usize) -> Read<Text> {
        let mut units: Vec<u16> = Vec::new();
        loop {
            units.extend(self.text.get(start..stop).unwrap_or_default().encode_utf16());
            self.at = stop + 1;
            if self.bytes.get(stop) == Some(&quote) {
                break;
            }
            units.push(self.escape()?);
            start = self.at;
            let rest = self.bytes.get(start..).unwrap_or_default();
            let found = memchr::memchr2(quote, b'\\', rest);
            stop = start + found.ok_or_else(|| self.unterminated(quote))?;
        }
        Ok(Text::from_units(&units).tainted_if(self.tainted))
    }

    fn escape(&mut self) -> Read<u16> {
        let byte = self.peek();
        self.at += 1;
        Ok(match byte {
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => 10,
            Some(b'r') => 13,
            Some(b't') => 9,
            Some(plain @ (b'"' | b'\'' | b'\\' | b'/')) => plain.into(),
            Some(b'u') => {
                let digits = self.text.get(self.at..self.at + 4).unwrap_or_default();
                let unit = u16::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 4);
                self.at += 4;
                unit.ok_or_else(|| self.error(&format!("Invalid Unicode escape sequence: \\u{digits}.")))?
            }
            _ => {
                self.at -= 1;
                let found = self.current_char().map(String::from).unwrap_or_default();
                return Err(self.error(&format!("Bad JSON escape sequence: \\{found}.")));
            }
        })
    }

    fn unterminated(&mut self, quote: u8) -> Exception {
        self.at = self.bytes.len();
        self.error(&format!("Unterminated string. Expected delimiter: {}.", char::from(quote)))
    }

    fn number(&mut self) -> Read<HeapId> {
        self.started = true;
        let start = self.at;
        let part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
        while self.peek().is_some_and(part) {
            self.at += 1;
        }
        let digits = self.text.get(start..self.at).unwrap_or_default();
        let (ty, value) = match number(digits) {
            Some((ty, value)) => (ty, value),
            None => {
                let kind = if digits.contains(['.', 'e', 'E']) { "double" } else { "integer" };
                return Err(self.error(&format!("Input string '{digits}' is not a valid {kind}.")));
            }
        };
        self.heap.json_scalar(ty, value)
    }

    fn word(&mut self, word: &[u8]) -> bool {
        let end = self.at + word.len();
        let found = self.bytes.get(self.at..end) == Some(word)
            && !self.bytes.get(end).is_some_and(|b| b.is_ascii_alphanumeric());
        if found {
            self.at = end;
        }
        found
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn current_char(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    /// Skips white space and comments.
    fn space(&mut self) -> Read<()> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
                Some(b'/') => self.comment()?,
                Some(0xEF | 0xC2) => match self.current_char() {
                    Some(c @ ('\u{feff}' | '\u{a0}' | '\u{85}')) => self.at += c.len_utf8(),
                    _ => return Ok(()),
                },
                _ => return Ok(()),
            }
        }
    }

    fn comment(&mut self) -> Read<()> {
        let rest = self.bytes.get(self.at + 2..).unwrap_or_default();
        match self.bytes.get(self.at + 1) {
            Some(b'/') => self.at += 2 + memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
            Some(b'*') => match memchr::memmem::find(rest, b"*/") {
                Some(found) => self.at += found + 4,
                None => return Err(self.error("Unexpected end while parsing comment.")),
            },
            _ => return Err(self.unexpected("value")),
        }
        Ok(())
    }

    fn unexpected(&mut self, what: &str) -> Exception {
        let found = self.current_char().map(String::from).unwrap_or_default();
        self.error(&format!("Unexpected character encountered while parsing {what}: {found}."))
    }

    fn after_value(&mut self) -> Exception {
        let found = self.current_char().map(String::from).unwrap_or_default();
        self.error(&format!("After parsing a value an unexpected character was encountered: {found}."))
    }

    fn unexpected_end(&mut self) -> Exception {
        self.error("Unexpected end of content while loading JSON.")
    }

    fn error(&self, message: &str) -> Exception {
        let (line, position) = self.place();
        let path = self.path_text();
        let text = format!("{message} Path '{path}', line {line}, position {position}.");
        let exception = Exception::new(READER, text);
        if self.tainted { exception.tainted() } else { exception }
    }

    fn place(&self) -> (usize, usize) {
        if !self.started {
            return (0, 0);
        }
        let before = self.bytes.get(..self.at.min(self.bytes.len())).unwrap_or_default();
        let line = before.iter().filter(|&&b| b == b'\n').count() + 1;
        let start = memchr::memrchr(b'\n', before).map_or(0, |found| found + 1);
        (line, before.len() - start)
    }

    fn path_text(&self) -> String {
        let mut path = String::new();
        for part in &self.path {
            append_part(&mut path, part);
        }
        path
    }
}

fn append_part(path: &mut String, part: &Part) {
    match part {
        Part::Index(index) => path.push_str(&format!("[{index}]")),
        Part::Name(name) => append_name(path, name.as_str()),
    }
}

/// Appends a member to a path as `JsonPosition` writes it.
pub(crate) fn append_name(path: &mut String, name: &str) {
    const SPECIAL: &[char] =
        &['.', ' ', '\'', '/', '"', '[', ']', '(', ')', '\t', '\n', '\r', '\u{c}', '\u{8}', '\\'];
    if name.contains(SPECIAL) {
        path.push_str("['");
        path.push_str(&name.replace('\\', "\\\\").replace('\'', "\\'"));
        path.push_str("']");
        return;
    }
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}

/// The value of a number as written.
fn number(digits: &str) -> Option<(JsonType, Value)> {
    let (negative, unsigned) = match digits.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, digits),
    };
    if let Some(hexadecimal) = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X")) {
        let value = i64::from_str_radix(hexadecimal, 16).ok()?;
        return Some((JsonType::Integer, Value::Int64(if negative { -value } else { value })));
    }
    if unsigned.is_empty() || !unsigned.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) {
        return None;
    }
    if unsigned.contains(['.', 'e', 'E']) {
        return digits.parse::<f64>().ok().map(|value| (JsonType::Float, Value::Double(value)));
    }
    if unsigned.len() > 1 && unsigned.starts_with('0') {
        let value = i64::from_str_radix(unsigned, 8).ok()?;
        return Some((JsonType::Integer, Value::Int64(if negative { -value } else { value })));
    }
    match digits.parse::<i64>() {
        Ok(value) => Some((JsonType::Integer, Value::Int64(value))),
        Err(_) if unsigned.bytes().all(|b| b.is_ascii_digit()) && unsigned.len() <= 380 => {
            Some((JsonType::Integer, Value::Text(Text::copied(digits))))
        }
        Err(_) => None,
    }
}

impl Heap {
    /// `JToken.Parse`.
    ///
    /// # Errors
    /// `Newtonsoft.Json.JsonReaderException` with Json.NET's message.
    pub fn parse_json(&mut self, text: &Text) -> Result<Value, Exception> {
        read(self, text, Want::Token).map(Value::Ref)
    }

    /// Whether a value is a JSON node of a type.
    #[must_use]
    pub fn json_type(&self, value: &Value) -> Option<JsonType> {
        match self.object(value) {
            Some(Object::Json(node)) => Some(node.ty()),
            _ => None,
        }
    }
}
