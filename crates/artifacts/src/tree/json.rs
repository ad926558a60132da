//! A reader of JSON that keeps places. Strict (RFC 8259) but for a byte order mark and repeated names.

use std::sync::Arc;

use source::{Diagnostic, Location, SourceFile, Span};

use super::{DEEPEST, Kind, Member, Node};

/// Reads a document.
///
/// # Errors
/// The first problem: JSON gives no way to go on after one.
pub(crate) fn read(file: &Arc<SourceFile>) -> Result<Node, Diagnostic> {
    let mut reader = Reader { file, text: file.text(), at: 0 };
    let node = reader.value(0)?;
    reader.blanks();
    match reader.peek() {
        None => Ok(node),
        Some(_) => Err(reader.problem(1, "there is more text after the end of the JSON document")),
    }
}

struct Reader<'a> {
    file: &'a Arc<SourceFile>,
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn problem(&self, width: usize, message: impl Into<String>) -> Diagnostic {
        let end = self.text.len().min(self.at + width);
        let at = Location::new(self.file, Span::between(self.at.min(end), end));
        Diagnostic::error("bad-json", message).at(at)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Takes a byte if it is the next one.
    fn take(&mut self, byte: u8) -> bool {
        let is = self.peek() == Some(byte);
        self.at += usize::from(is);
        is
    }

    fn node(&self, start: usize, kind: Kind) -> Node {
        Node::new(self.file, Span::between(start, self.at), kind)
    }

    fn value(&mut self, depth: usize) -> Result<Node, Diagnostic> {
        self.blanks();
        if depth > DEEPEST {
            return Err(
                self.problem(1, format!("the JSON document is nested more than {DEEPEST} levels deep"))
            );
        }
        match self.peek() {
            Some(b'{') => self.table(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => {
                let start = self.at;
                let text = self.string()?;
                Ok(self.node(start, Kind::Text(text)))
            }
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => self.word(),
            None => Err(self.problem(0, "the JSON document ends where a value should stand")),
        }
    }

    fn table(&mut self, depth: usize) -> Result<Node, Diagnostic> {
        let start = self.at;
        self.at += 1;
        let mut members = Vec::new();
        self.blanks();
        if self.take(b'}') {
            return Ok(self.node(start, Kind::Table(members)));
        }
        loop {
            members.push(self.member(depth)?);
            self.blanks();
            if self.take(b'}') {
                return Ok(self.node(start, Kind::Table(members)));
            }
            if !self.take(b',') {
                return Err(self.problem(1, "expected `,` or `}` here"));
            }
        }
    }

    fn member(&mut self, depth: usize) -> Result<Member, Diagnostic> {
        self.blanks();
        let start = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.problem(1, "expected a name in quotation marks here"));
        }
        let name = self.string()?;
        let at = Location::new(self.file, Span::between(start, self.at));
        self.blanks();
        if !self.take(b':') {
            return Err(self.problem(1, "expected `:` here"));
        }
        Ok(Member { name, at, value: self.value(depth + 1)? })
    }

    fn list(&mut self, depth: usize) -> Result<Node, Diagnostic> {
        let start = self.at;
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if self.take(b']') {
            return Ok(self.node(start, Kind::List(items)));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.blanks();
            if self.take(b']') {
                return Ok(self.node(start, Kind::List(items)));
            }
            if !self.take(b',') {
                return Err(self.problem(1, "expected `,` or `]` here"));
            }
        }
    }

    fn word(&mut self) -> Result<Node, Diagnostic> {
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or("");
        let words = [("true", Kind::Bool(true)), ("false", Kind::Bool(false)), ("null", Kind::Null)];
        match words.into_iter().find(|(word, _)| rest.starts_with(word)) {
            Some((word, kind)) => {
                self.at += word.len();
                Ok(self.node(start, kind))
            }
            None => Err(self.problem(1, "expected a value here")),
        }
    }

    fn number(&mut self) -> Result<Node, Diagnostic> {
        let start = self.at;
        self.take(b'-');
        let leading_zero = self.peek() == Some(b'0');
        let whole = self.digits();
        let mut good = whole > 0 && !(leading_zero && whole > 1);
        if self.take(b'.') {
            good &= self.digits() > 0;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            good &= self.digits() > 0;
        }
        let text = self.text.get(start..self.at).unwrap_or("").to_owned();
        if !good {
            self.at = start;
            return Err(
                self.problem(text.len().max(1), format!("`{text}` is not a number as JSON writes them"))
            );
        }
        Ok(self.node(start, Kind::Number(text)))
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn string(&mut self) -> Result<String, Diagnostic> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or("");
            let plain = rest.find(|c: char| matches!(c, '"' | '\\') || c < ' ').unwrap_or(rest.len());
            text.push_str(rest.get(..plain).unwrap_or(""));
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(_) => {
                    return Err(
                        self.problem(1, "a control character stands in a string; write it as `\\u00XX`")
                    );
                }
                None => return Err(self.problem(0, "the JSON document ends inside a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Diagnostic> {
        let short = match self.text.as_bytes().get(self.at + 1) {
            Some(b'"') => Some('"'),
            Some(b'\\') => Some('\\'),
            Some(b'/') => Some('/'),
            Some(b'b') => Some('\u{8}'),
            Some(b'f') => Some('\u{c}'),
            Some(b'n') => Some('\n'),
            Some(b'r') => Some('\r'),
            Some(b't') => Some('\t'),
            _ => None,
        };
        if let Some(c) = short {
            self.at += 2;
            return Ok(c);
        }
        let escaped = self.unicode(self.at);
        match escaped {
            Some((c, width)) => {
                self.at += width;
                Ok(c)
            }
            None => Err(self.problem(2, "this is not an escape that JSON knows")),
        }
    }

    /// The character of `\uXXXX` or of a pair of them, and how long that is.
    fn unicode(&self, at: usize) -> Option<(char, usize)> {
        let high = self.hex(at)?;
        if let Some(c) = char::from_u32(high) {
            return Some((c, 6));
        }
        let low = self.hex(at + 6).filter(|low| (0xdc00..0xe000).contains(low));
        match low {
            Some(low) if high < 0xdc00 => {
                let c = char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))?;
                Some((c, 12))
            }
            // A surrogate on its own is no character.
            _ => Some((char::REPLACEMENT_CHARACTER, 6)),
        }
    }

    fn hex(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..)?.strip_prefix("\\u")?.get(..4)?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
        u32::from_str_radix(digits, 16).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Node, Diagnostic> {
        read(&SourceFile::new("a.json", text))
    }

    #[test]
    fn values_know_their_places() {
        let node = parse("{\"a\": [1, {\"b\": \"x\\u0041\\ud83d\\ude00\"}],\n \"c\": null}").unwrap();
        let inner = node.get("a").unwrap().items()[1].get("b").unwrap();
        assert_eq!(inner.text(), Some("xA😀"));
        assert_eq!(inner.at.to_string(), "a.json:1:17");
        assert_eq!(node.member("c").unwrap().at.to_string(), "a.json:2:2");
        assert!(node.get("c").unwrap().is_null());
    }

    #[test]
    fn what_is_not_json_is_refused_with_its_place() {
        let cases = [
            ("", "a.json:1:1"),
            ("{\"a\" 1}", "a.json:1:6"),
            ("{\"a\": 1,}", "a.json:1:9"),
            ("[1 2]", "a.json:1:4"),
            ("{\"a\": 01}", "a.json:1:7"),
            ("\"a\nb\"", "a.json:1:3"),
            ("\"\\x\"", "a.json:1:2"),
            ("nul", "a.json:1:1"),
            ("{} x", "a.json:1:4"),
            ("\"a", "a.json:1:3"),
            ("[1.]", "a.json:1:2"),
        ];
        for (text, place) in cases {
            let problem = parse(text).unwrap_err();
            assert_eq!(problem.at.unwrap().to_string(), place, "{text}: {}", problem.message);
        }
    }

    #[test]
    fn deep_nesting_ends_in_a_problem() {
        let problem = parse(&"[".repeat(100_000)).unwrap_err();
        assert!(problem.message.contains("nested more than 100"), "{}", problem.message);
    }
}
