//! The reader: what `JsonTextReader` with its default settings makes of a text.
//!
//! As Json.NET does, it accepts more than JSON: comments, apostrophes, names without quotes, a comma before a closing
//! bracket, missing values, constructors, `NaN`, hexadecimal and octal integers. Strings that are dates become dates
//! (`DateParseHandling.DateTime`, the default; Json.NET's "Serializing Dates in JSON"). Integers beyond `long` keep
//! their digits. Nesting is bounded, as by Json.NET 13's `MaxDepth`. Messages, paths and positions are those of Json.NET
//! 12.0.3: an error in a value names the value before it.

mod literal;
mod place;

use crate::object::Object;
use crate::value::HeapId;
use crate::{Exception, Heap, Text, Value};

use super::node::{JsonKind, JsonType, Members};

pub(crate) use place::{Places, append_name};

/// Deepest nesting that is read.
pub(crate) const MAX_DEPTH: u32 = 128;

/// What the text has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    Token,
    Object,
    Array,
}

/// Reads a text into nodes of the heap.
pub(crate) fn read(heap: &mut Heap, text: &Text, want: Want) -> Result<HeapId, Exception> {
    read_placed(heap, text, want, None)
}

/// Reads a text into nodes of the heap, and notes where each stands.
pub(crate) fn read_placed(
    heap: &mut Heap,
    text: &Text,
    want: Want,
    places: Option<&mut Places>,
) -> Result<HeapId, Exception> {
    let mut reader = Reader {
        places,
        heap,
        bytes: text.as_bytes(),
        text: text.as_str(),
        at: 0,
        tainted: text.is_tainted(),
        started: false,
        path: Vec::new(),
        root: "",
    };
    let id = reader.root(want)?;
    reader.end()?;
    Ok(id)
}

/// The text that a quoted string stands for.
///
/// # Errors
/// When it is none.
pub(crate) fn unquoted(heap: &mut Heap, written: &str) -> Result<Text, Exception> {
    let mut reader = Reader {
        places: None,
        heap,
        bytes: written.as_bytes(),
        text: written,
        at: 0,
        tainted: false,
        started: true,
        path: Vec::new(),
        root: "",
    };
    reader.string()
}

/// A container that is being read, and what was read in it last.
enum Part {
    Name(Option<Text>),
    Index(Option<usize>),
}

struct Reader<'a> {
    heap: &'a mut Heap,
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
    tainted: bool,
    started: bool,
    path: Vec<Part>,
    /// The class of the outermost container.
    root: &'static str,
    /// Where values stand, when somebody wants to know.
    places: Option<&'a mut Places>,
}

type Read<T> = Result<T, Exception>;

impl Reader<'_> {
    fn root(&mut self, want: Want) -> Read<HeapId> {
        let (name, a_thing) = match want {
            Want::Token => return self.any_root(),
            Want::Object => ("JObject", "an object"),
            Want::Array => ("JArray", "an array"),
        };
        self.space();
        let commented = self.peek() == Some(b'/');
        while self.peek() == Some(b'/') {
            self.comment()?;
            self.started = true;
            self.space();
        }
        let found = match self.peek() {
            Some(b'{') if want == Want::Object => return self.value(0),
            Some(b'[') if want == Want::Array => return self.value(0),
            None if commented => "Comment",
            None => return Err(self.error(&format!("Error reading {name} from JsonReader."))),
            Some(b'{') => self.only("StartObject"),
            Some(b'[') => self.only("StartArray"),
            Some(_) => {
                let id = self.value(0)?;
                self.item_name(id)
            }
        };
        Err(self.error(&format!(
            "Error reading {name} from JsonReader. Current JsonReader item is not {a_thing}: {found}."
        )))
    }

    fn only(&mut self, item: &'static str) -> &'static str {
        self.started = true;
        self.at += 1;
        item
    }

    fn item_name(&self, id: HeapId) -> &'static str {
        match self.heap.json(id).map_or(JsonType::None, super::JsonNode::ty) {
            JsonType::Constructor => "StartConstructor",
            other => super::type_name(other),
        }
    }

    /// A comment in front is a value of its own (`JToken.Parse` without load settings).
    fn any_root(&mut self) -> Read<HeapId> {
        self.space();
        match self.peek() {
            None => Err(self.error("Error reading JToken from JsonReader.")),
            Some(b'/') => {
                let start = self.at + 2;
                self.comment()?;
                self.started = true;
                let end = self.at;
                let inner = self.text.get(start..end).unwrap_or_default();
                let block = self.bytes.get(start - 1) == Some(&b'*');
                let inner = if block { inner.strip_suffix("*/").unwrap_or(inner) } else { inner };
                let inner = Text::copied(inner).tainted_if(self.tainted);
                let id = self.heap.json_scalar(JsonType::Comment, Value::Text(inner))?;
                self.skip_space_and_comments()?;
                if self.peek().is_some() {
                    self.value(0)?;
                }
                Ok(id)
            }
            Some(b']') => {
                self.at += 1;
                Err(self.error("JsonToken EndArray is not valid for closing JsonType None."))
            }
            Some(_) => self.value(0),
        }
    }

    fn end(&mut self) -> Read<()> {
        self.skip_space_and_comments()?;
        match self.current_char() {
            None => Ok(()),
            Some(c) => {
                let message =
                    format!("Additional text encountered after finished reading JSON content: {c}.");
                Err(self.error(&message))
            }
        }
    }

    /// A value was read: the place in the array around it moves on.
    fn finished(&mut self) {
        self.started = true;
        if let Some(Part::Index(last)) = self.path.last_mut() {
            *last = Some(last.map_or(0, |last| last + 1));
        }
    }

    fn value(&mut self, depth: u32) -> Read<HeapId> {
        let start = self.at;
        let id = self.any_value(depth)?;
        let end = self.at;
        if let Some(places) = &mut self.places {
            self.heap.charge(24)?;
            places.note(id, start, end);
        }
        Ok(id)
    }

    fn any_value(&mut self, depth: u32) -> Read<HeapId> {
        if depth > MAX_DEPTH {
            return Err(self.error(&format!("The reader's MaxDepth of {MAX_DEPTH} has been exceeded.")));
        }
        let Some(first) = self.peek() else { return Err(self.unexpected_end()) };
        match first {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' | b'\'' => {
                let text = self.string()?;
                self.finished();
                self.text_value(text)
            }
            b',' => {
                self.finished();
                self.heap.json_scalar(JsonType::Undefined, Value::Null)
            }
            b'n' if self.bytes.get(self.at + 1) == Some(&b'e') => self.constructor(depth),
            b'0'..=b'9' | b'.' => self.number(),
            b'-' if self.bytes.get(self.at + 1) != Some(&b'I') => self.number(),
            _ => self.keyword(first),
        }
    }

    fn open(&mut self, class: &'static str, part: Part) {
        self.finished();
        if self.root.is_empty() {
            self.root = class;
        }
        self.path.push(part);
        self.at += 1;
    }

    fn object(&mut self, depth: u32) -> Read<HeapId> {
        self.open("JObject", Part::Name(None));
        let id = self.heap.json_node(JsonKind::Object(Members::default()))?;
        self.check_content()?;
        loop {
            self.skip_space_and_comments()?;
            match self.peek() {
                Some(b'}') => break,
                Some(_) => self.member(id, depth)?,
                None => return Err(self.unexpected_end()),
            }
            self.skip_space_and_comments()?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.not_after_value("Object")),
            }
        }
        self.path.pop();
        self.at += 1;
        Ok(id)
    }

    /// The outermost container needs something after its bracket.
    fn check_content(&mut self) -> Read<()> {
        if self.path.len() > 1 {
            return Ok(());
        }
        self.space();
        if self.peek().is_some() {
            return Ok(());
        }
        let class = self.root;
        Err(self.error(&format!("Error reading {class} from JsonReader.")))
    }

    fn member(&mut self, object: HeapId, depth: u32) -> Read<()> {
        let name = self.name()?;
        self.space();
        if self.peek() != Some(b':') {
            let found = self.current_char().unwrap_or('\0');
            return Err(self.error(&format!(
                "Invalid character after parsing property name. Expected ':' but got: {found}."
            )));
        }
        self.at += 1;
        let at = self.at;
        if let Some(places) = &mut self.places {
            places.note_name(object, at);
        }
        if let Some(Part::Name(last)) = self.path.last_mut() {
            *last = Some(name.clone());
        }
        self.skip_space_and_comments()?;
        let value = self.value(depth + 1)?;
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

    fn array(&mut self, depth: u32) -> Read<HeapId> {
        self.open("JArray", Part::Index(None));
        let id = self.heap.json_node(JsonKind::Array(Vec::new()))?;
        self.elements(id, depth, b']')
    }

    /// The elements of an array or constructor, up to its closing bracket.
    fn elements(&mut self, id: HeapId, depth: u32, close: u8) -> Read<HeapId> {
        self.check_content()?;
        let container = if close == b']' { "Array" } else { "Constructor" };
        let mut items = Vec::new();
        loop {
            self.skip_space_and_comments()?;
            match self.peek() {
                Some(byte) if byte == close => break,
                Some(b']' | b')') => return Err(self.wrong_close(container)),
                Some(_) => items.push(self.value(depth + 1)?),
                None => return Err(self.unexpected_end()),
            }
            self.skip_space_and_comments()?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(byte) if byte == close => break,
                _ => return Err(self.not_after_value(container)),
            }
        }
        self.path.pop();
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
        if let Some(own) = self.heap.json_mut(array).and_then(super::JsonNode::items_mut) {
            *own = items;
        }
        Ok(array)
    }

    /// `new Name(1, 2)`.
    fn constructor(&mut self, depth: u32) -> Read<HeapId> {
        if !self.word(b"new")? {
            return Err(self.error("Unexpected content while parsing JSON."));
        }
        self.space();
        let start = self.at;
        while self.current_char().is_some_and(char::is_alphanumeric) {
            self.at += self.current_char().map_or(1, char::len_utf8);
        }
        let name = Text::copied(self.text.get(start..self.at).unwrap_or_default()).tainted_if(self.tainted);
        self.space();
        match self.current_char() {
            Some('(') => {}
            Some(c) => {
                return Err(self.error(&format!("Unexpected character while parsing constructor: {c}.")));
            }
            None => return Err(self.error("Unexpected end while parsing constructor.")),
        }
        self.open("JConstructor", Part::Index(None));
        let id = self.heap.json_node(JsonKind::Constructor(name, Vec::new()))?;
        self.elements(id, depth, b')')
    }

    fn text_value(&mut self, text: Text) -> Read<HeapId> {
        if let Some(date) = super::date::date_of(text.as_str()) {
            return self.heap.json_scalar(JsonType::Date, Value::DateTime(date));
        }
        self.heap.charge(text.len())?;
        self.heap.json_scalar(JsonType::String, Value::Text(text))
    }

    /// What follows a value is neither a comma nor the bracket that closes the container.
    fn not_after_value(&mut self, container: &str) -> Exception {
        match self.current_char() {
            None => self.unexpected_end(),
            Some('}' | ']') => self.wrong_close(container),
            Some(c) => {
                self.error(&format!("After parsing a value an unexpected character was encountered: {c}."))
            }
        }
    }

    fn wrong_close(&mut self, container: &str) -> Exception {
        let token = match self.peek() {
            Some(b'}') => "EndObject",
            Some(b']') => "EndArray",
            _ => "EndConstructor",
        };
        self.at += 1;
        self.path.pop();
        self.error(&format!("JsonToken {token} is not valid for closing JsonType {container}."))
    }

    fn unexpected_end(&mut self) -> Exception {
        let class = if self.root.is_empty() { "JToken" } else { self.root };
        self.error(&format!("Unexpected end of content while loading {class}."))
    }
}

impl Heap {
    /// `JToken.Parse` of a body; a byte order mark is no part of it.
    ///
    /// # Errors
    /// `Newtonsoft.Json.JsonReaderException` with Json.NET's message.
    pub fn parse_json(&mut self, text: &Text) -> Result<Value, Exception> {
        match text.as_str().strip_prefix('\u{feff}') {
            Some(rest) => read(self, &Text::copied(rest).tainted_if(text.is_tainted()), Want::Token),
            None => read(self, text, Want::Token),
        }
        .map(Value::Ref)
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
