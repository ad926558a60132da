//! Where the reader is: paths, lines and positions of its errors.

use std::collections::HashMap;

use crate::value::HeapId;
use crate::{Exception, Text};

use super::{Part, Reader};

/// Where the values of a text stand.
#[derive(Debug)]
pub(crate) struct Places {
    text: Text,
    values: HashMap<HeapId, (usize, usize)>,
    /// Behind the first name of each object.
    names: HashMap<HeapId, usize>,
}

impl Places {
    pub(crate) fn new(text: &Text) -> Self {
        Self { text: text.clone(), values: HashMap::new(), names: HashMap::new() }
    }

    pub(super) fn note(&mut self, id: HeapId, start: usize, end: usize) {
        self.values.insert(id, (start, end));
    }

    pub(super) fn note_name(&mut self, object: HeapId, at: usize) {
        self.names.entry(object).or_insert(at);
    }

    /// The value as it is written.
    pub(crate) fn written(&self, id: HeapId) -> Option<&str> {
        let (start, end) = self.values.get(&id)?;
        self.text.as_str().get(*start..*end)
    }

    /// Line and position where a reader is when it has read a value, or the bracket that begins one.
    pub(crate) fn behind(&self, id: HeapId) -> Option<(usize, usize)> {
        let (start, end) = self.values.get(&id)?;
        let bracket = self.text.as_bytes().get(*start).is_some_and(|b| matches!(b, b'{' | b'['));
        Some(self.line_of(if bracket { start + 1 } else { *end }))
    }

    /// The same behind the first name of an object, or behind its end.
    pub(crate) fn behind_name(&self, id: HeapId) -> Option<(usize, usize)> {
        let at = self.names.get(&id).or_else(|| self.values.get(&id).map(|(_, end)| end))?;
        Some(self.line_of(*at))
    }

    fn line_of(&self, at: usize) -> (usize, usize) {
        line_of(self.text.as_str(), at)
    }
}

/// Line and position of a place, in UTF-16 units.
fn line_of(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at.min(text.len())).unwrap_or(text);
    let last = before.rfind(['\n', '\r']).map_or(0, |found| found + 1);
    let position = before.get(last..).unwrap_or_default().encode_utf16().count();
    let returns = before.matches("\r\n").count();
    let breaks = before.matches(['\n', '\r']).count();
    (breaks - returns + 1, position)
}

const READER: &str = "Newtonsoft.Json.JsonReaderException";

impl Reader<'_> {
    pub(super) fn error(&self, message: &str) -> Exception {
        let (line, position) = self.place();
        let path = self.path_text();
        let text = format!("{message} Path '{path}', line {line}, position {position}.");
        Exception::new(READER, Text::from(text).tainted_if(self.tainted))
    }

    /// Line and position, in UTF-16 units; line 0 before anything was read.
    fn place(&self) -> (usize, usize) {
        let (line, position) = line_of(self.text, self.at);
        if !self.started && position == 0 {
            return (0, 0);
        }
        (line, position)
    }

    fn path_text(&self) -> String {
        let mut path = String::new();
        for part in &self.path {
            match part {
                Part::Index(Some(index)) => path.push_str(&format!("[{index}]")),
                Part::Name(Some(name)) => append_name(&mut path, name.as_str()),
                Part::Index(None) | Part::Name(None) => {}
            }
        }
        path
    }
}

/// Appends a member to a path as `JsonPosition` writes it.
pub(crate) fn append_name(path: &mut String, name: &str) {
    let special = |c: char| {
        matches!(
            c,
            '.' | ' '
                | '\''
                | '/'
                | '"'
                | '['
                | ']'
                | '('
                | ')'
                | '\t'
                | '\n'
                | '\r'
                | '\u{c}'
                | '\u{8}'
                | '\\'
                | '\u{85}'
                | '\u{2028}'
                | '\u{2029}'
        )
    };
    if !name.contains(special) {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(name);
        return;
    }
    path.push_str("['");
    for c in name.chars() {
        match c {
            '\'' => path.push_str("\\'"),
            '\\' => path.push_str("\\\\"),
            '\t' => path.push_str("\\t"),
            '\n' => path.push_str("\\n"),
            '\r' => path.push_str("\\r"),
            '\u{c}' => path.push_str("\\f"),
            '\u{8}' => path.push_str("\\b"),
            '\0'..='\u{1f}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                path.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => path.push(c),
        }
    }
    path.push_str("']");
}
