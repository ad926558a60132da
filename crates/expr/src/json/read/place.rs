//! Where the reader is: paths, lines and positions of its errors.

use crate::{Exception, Text};

use super::{Part, Reader};

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
        let before = self.text.get(..self.at.min(self.text.len())).unwrap_or(self.text);
        let last = before.rfind(['\n', '\r']).map_or(0, |found| found + 1);
        let position = before.get(last..).unwrap_or_default().encode_utf16().count();
        if !self.started && position == 0 {
            return (0, 0);
        }
        let returns = before.matches("\r\n").count();
        let breaks = before.matches(['\n', '\r']).count();
        (breaks - returns + 1, position)
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
