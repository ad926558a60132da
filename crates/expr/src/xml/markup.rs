//! The pull reader: one event after another out of a text, with the messages and positions of .NET's `XmlTextReaderImpl`.
//!
//! A document type is kept as text. Nothing in it is fetched, and entities that it declares are not expanded: a
//! reference to one is an undeclared entity here, so a document cannot grow while it is read.

mod declaration;
mod entity;
mod tag;

use std::collections::HashMap;
use std::sync::Arc;

use crate::{Exception, Text};

use super::names::{Name, continues_name, is_blank, is_char, starts_name, visible, xml_error};
use super::node::{Declaration, DocumentType};

/// What comes next in a document.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Declaration(Declaration),
    DocumentType(DocumentType),
    Start(Tag),
    /// The end of an element that was not empty: its prefix and name.
    End(Text, Name),
    Text(Text),
    /// White space between markup, and whether `xml:space` says that it counts.
    Space(Text, bool),
    CData(Text),
    Comment(Text),
    Instruction(Text, Text),
}

/// A start tag.
#[derive(Clone, Debug)]
pub(crate) struct Tag {
    pub(crate) prefix: Text,
    pub(crate) name: Name,
    pub(crate) attributes: Vec<Attribute>,
    /// `<a/>`.
    pub(crate) empty: bool,
}

/// An attribute of a start tag.
#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    pub(crate) prefix: Text,
    pub(crate) name: Name,
    pub(crate) value: Text,
}

/// How a text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settings {
    /// A document type is kept (`XDocument.Parse`).
    WithDocumentType,
    /// A document type is refused (`XmlReader.Create`).
    Prohibited,
}

/// A reader at a place in a text.
#[derive(Clone, Debug)]
pub(crate) struct Markup {
    text: Arc<str>,
    tainted: bool,
    at: usize,
    open: Vec<Open>,
    namespaces: Namespaces,
    settings: Settings,
    seen: Seen,
    /// Where the last name of an element is.
    named: usize,
}

/// An element that is open.
#[derive(Clone, Debug)]
struct Open {
    /// Where its name is.
    start: usize,
    end: usize,
    prefix: Text,
    name: Name,
    /// How many namespace declarations there were before it.
    namespaces: usize,
    /// `xml:space="preserve"` holds in it.
    preserve: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    document_type: bool,
    root: bool,
}

/// The namespaces that are declared at a place.
#[derive(Clone, Debug, Default)]
struct Namespaces {
    /// What each prefix means, the nearest declaration last.
    by_prefix: HashMap<Text, Vec<Text>>,
    /// The prefixes in the order in which they were declared.
    order: Vec<Text>,
}

impl Namespaces {
    fn declare(&mut self, prefix: Text, namespace: Text) {
        self.by_prefix.entry(prefix.clone()).or_default().push(namespace);
        self.order.push(prefix);
    }

    fn get(&self, prefix: &Text) -> Option<&Text> {
        self.by_prefix.get(prefix)?.last()
    }

    fn forget_from(&mut self, length: usize) {
        for prefix in self.order.drain(length.min(self.order.len())..) {
            if let Some(own) = self.by_prefix.get_mut(&prefix) {
                own.pop();
            }
        }
    }
}

type Read<T> = Result<T, Exception>;

impl Markup {
    pub(crate) fn new(text: &Text, settings: Settings) -> Self {
        Self {
            text: text.to_shared(),
            tainted: text.is_tainted(),
            at: 0,
            open: Vec::new(),
            namespaces: Namespaces::default(),
            settings,
            seen: Seen::default(),
            named: 0,
        }
    }

    /// How many elements are open.
    pub(crate) fn depth(&self) -> usize {
        self.open.len()
    }

    /// An error at the element that was read last.
    pub(crate) fn error_at_element(&self, message: &str) -> Exception {
        self.error(self.named, message)
    }

    /// The next event; none at the end of the document.
    ///
    /// # Errors
    /// `System.Xml.XmlException`.
    pub(crate) fn next(&mut self) -> Read<Option<Event>> {
        if self.open.is_empty() { self.outside() } else { self.inside().map(Some) }
    }

    fn outside(&mut self) -> Read<Option<Event>> {
        if self.at == 0 && self.rest().starts_with("<?xml") && !self.rest().get(5..6).is_some_and(is_name) {
            return self.declaration().map(|found| Some(Event::Declaration(found)));
        }
        let blank = self.blanks();
        if !blank.is_empty() {
            return Ok(Some(Event::Space(self.make(&normalized(&blank)), false)));
        }
        let Some(first) = self.peek() else {
            let missing = !self.seen.root;
            return if missing { Err(xml_error("Root element is missing.")) } else { Ok(None) };
        };
        if !is_char(first) {
            return Err(self.invalid_char(self.at, first));
        }
        if first != '<' || self.rest().len() < 4 {
            return Err(self.error(self.at, "Data at the root level is invalid."));
        }
        let rest = self.rest();
        match rest.as_bytes().get(1) {
            Some(b'!') if rest.starts_with("<!--") => self.comment().map(Some),
            Some(b'!') if rest.starts_with("<!DOCTYPE") => self.document_type().map(Some),
            Some(b'!') => Err(self.unexpected(self.at + 2, "'DOCTYPE'")),
            Some(b'?') => self.instruction().map(Some),
            Some(b'/') => Err(self.error(self.at + 2, "Unexpected end tag.")),
            _ if self.seen.root => Err(self.error(self.at + 1, "There are multiple root elements.")),
            _ => {
                self.seen.root = true;
                self.start_tag().map(Some)
            }
        }
    }

    fn inside(&mut self) -> Read<Event> {
        let rest = self.rest();
        if ["<", "<!--", "<![CDATA["].iter().any(|start| start.len() > rest.len() && start.starts_with(rest))
        {
            return Err(self.unclosed());
        }
        if !rest.starts_with('<') {
            return self.characters();
        }
        match rest.as_bytes().get(1) {
            Some(b'/') => self.end_tag(),
            Some(b'?') => self.instruction(),
            Some(b'!') if rest.starts_with("<!--") => self.comment(),
            Some(b'!') if rest.starts_with("<![CDATA[") => self.cdata(),
            Some(b'!') if rest.starts_with("<![") => Err(self.unexpected(self.at + 3, "'CDATA['")),
            Some(b'!') => Err(self.unexpected(self.at + 2, "'<!--' or '<[CDATA['")),
            _ => self.start_tag(),
        }
    }

    /// Text up to the next markup.
    fn characters(&mut self) -> Read<Event> {
        let mut out = String::new();
        loop {
            let rest = self.rest();
            let stop = rest.find(['<', '&', ']']).unwrap_or(rest.len());
            let piece = rest.get(..stop).unwrap_or_default().to_owned();
            self.check_chars(&piece)?;
            out.push_str(&normalized(&piece));
            self.at += stop;
            match self.peek() {
                Some('&') => self.reference(&mut out)?,
                Some(']') if self.rest().starts_with("]]>") => {
                    return Err(self.error(self.at, "']]>' is not allowed in character data."));
                }
                Some(']') => {
                    out.push(']');
                    self.at += 1;
                }
                Some(_) => break,
                None => return Err(self.unclosed()),
            }
        }
        let blank = is_blank(&out);
        let text = self.make(&out);
        let kept = self.open.last().is_some_and(|open| open.preserve);
        Ok(if blank { Event::Space(text, kept) } else { Event::Text(text) })
    }

    fn comment(&mut self) -> Read<Event> {
        self.at += 4;
        let start = self.at;
        let Some(found) = self.rest().find("--") else {
            let at = self.text.len() - usize::from(self.rest().ends_with('-'));
            let at = if at < self.text.len() { at } else { start };
            return Err(self.error(at, "Unexpected end of file while parsing Comment has occurred."));
        };
        let text = self.slice(start, start + found).to_owned();
        self.check_chars(&text)?;
        if start + found + 2 == self.text.len() {
            let at = start + found;
            return Err(self.error(at, "Unexpected end of file while parsing Comment has occurred."));
        }
        if self.text.as_bytes().get(start + found + 2) != Some(&b'>') {
            let message = "An XML comment cannot contain '--', and '-' cannot be the last character.";
            return Err(self.error(start + found, message));
        }
        self.at = start + found + 3;
        Ok(Event::Comment(self.make(&normalized(&text))))
    }

    fn cdata(&mut self) -> Read<Event> {
        self.at += 9;
        let start = self.at;
        let Some(found) = self.rest().find("]]>") else {
            let rest = self.rest();
            let kept = rest.strip_suffix("]]").or_else(|| rest.strip_suffix(']'));
            let at = kept.map_or(start, |kept| start + kept.len());
            return Err(self.error(at, "Unexpected end of file while parsing CDATA has occurred."));
        };
        let text = self.slice(start, start + found).to_owned();
        self.check_chars(&text)?;
        self.at = start + found + 3;
        Ok(Event::CData(self.make(&normalized(&text))))
    }

    fn instruction(&mut self) -> Read<Event> {
        let name_at = self.at + 2;
        self.at = name_at;
        let end = self.name_end(name_at)?;
        let target = self.slice(name_at, end).to_owned();
        if target.eq_ignore_ascii_case("xml") {
            let message = if target == "xml" {
                "Unexpected XML declaration. The XML declaration must be the first node in the document, and no white space characters are allowed to appear before it.".to_owned()
            } else {
                format!("'{target}' is an invalid name for processing instructions.")
            };
            return Err(self.error(name_at, message));
        }
        self.at = end;
        let blank = self.blanks();
        let start = self.at;
        let Some(found) = self.rest().find("?>") else {
            return Err(self.error(self.text.len(), "Unexpected end of file while parsing PI has occurred."));
        };
        if blank.is_empty() && found > 0 {
            let c = self.peek().unwrap_or(' ');
            return Err(self.bad_name_char(start, c));
        }
        let data = self.slice(start, start + found).to_owned();
        self.check_chars(&data)?;
        self.at = start + found + 2;
        Ok(Event::Instruction(self.make(&target), self.make(&normalized(&data))))
    }

    // Reading characters.

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn slice(&self, from: usize, to: usize) -> &str {
        self.text.get(from..to).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Skips white space and gives it.
    fn blanks(&mut self) -> String {
        let rest = self.rest();
        let count = rest.bytes().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).count();
        let found = rest.get(..count).unwrap_or_default().to_owned();
        self.at += count;
        found
    }

    /// Where a name without colon ends that begins at a place.
    fn name_end(&self, start: usize) -> Read<usize> {
        let rest = self.text.get(start..).unwrap_or_default();
        match rest.chars().next() {
            Some(c) if !starts_name(c) => Err(self.bad_name_start(start, c)),
            _ => match rest.find(|c: char| !continues_name(c)) {
                Some(length) => Ok(start + length),
                None => {
                    let message = "Unexpected end of file while parsing Name has occurred.";
                    Err(self.error(self.text.len(), message))
                }
            },
        }
    }

    fn make(&self, text: &str) -> Text {
        Text::copied(text).tainted_if(self.tainted)
    }

    fn check_chars(&self, piece: &str) -> Read<()> {
        match piece.char_indices().find(|(_, c)| !is_char(*c)) {
            None => Ok(()),
            Some((offset, c)) => Err(self.invalid_char(self.at + offset, c)),
        }
    }

    // Errors.

    fn error(&self, at: usize, message: impl AsRef<str>) -> Exception {
        let (line, position) = self.place(at);
        let text = format!("{} Line {line}, position {position}.", message.as_ref());
        Exception::new("System.Xml.XmlException", Text::from(text).tainted_if(self.tainted))
    }

    fn place(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or(&self.text);
        let breaks = before.replace("\r\n", "\n");
        let line = breaks.matches(['\n', '\r']).count() + 1;
        let last = before.rsplit(['\n', '\r']).next().unwrap_or_default();
        (line, last.encode_utf16().count() + 1)
    }

    fn bad_name_start(&self, at: usize, c: char) -> Exception {
        let code = u32::from(c);
        let c = visible(c);
        self.error(at, format!("Name cannot begin with the '{c}' character, hexadecimal value 0x{code:02X}."))
    }

    fn bad_name_char(&self, at: usize, c: char) -> Exception {
        let code = u32::from(c);
        let c = visible(c);
        self.error(
            at,
            format!("The '{c}' character, hexadecimal value 0x{code:02X}, cannot be included in a name."),
        )
    }

    fn invalid_char(&self, at: usize, c: char) -> Exception {
        let code = u32::from(c);
        let c = visible(c);
        self.error(at, format!("'{c}', hexadecimal value 0x{code:02X}, is an invalid character."))
    }

    /// What stands at a place is not what has to stand there.
    fn unexpected(&self, at: usize, expected: &str) -> Exception {
        match self.token(at) {
            Some(token) => {
                self.error(at, format!("'{token}' is an unexpected token. The expected token is {expected}."))
            }
            None => self.end_of_file(),
        }
    }

    fn token(&self, at: usize) -> Option<&str> {
        let rest = self.text.get(at..).unwrap_or_default();
        let first = rest.chars().next()?;
        let name = rest.find(|c: char| !continues_name(c)).unwrap_or(rest.len());
        rest.get(..if name > 0 { name } else { first.len_utf8() })
    }

    fn end_of_file(&self) -> Exception {
        self.error(self.text.len(), "Unexpected end of file has occurred.")
    }

    fn unclosed(&self) -> Exception {
        let names: Vec<&str> = self.open.iter().rev().map(|open| self.slice(open.start, open.end)).collect();
        let names = names.join(", ");
        let message =
            format!("Unexpected end of file has occurred. The following elements are not closed: {names}.");
        let message = if names.is_empty() { message.replace(": .", ": ") } else { message };
        self.error(self.text.len(), message)
    }
}

fn is_name(text: &str) -> bool {
    text.chars().all(continues_name)
}

/// Line breaks as XML has them: `\n`.
fn normalized(text: &str) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() }
}
