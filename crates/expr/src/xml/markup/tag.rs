//! Start tags and end tags, with their namespaces.

use std::collections::HashSet;

use crate::Text;
use crate::xml::names::{Name, XML, XMLNS};

use super::{Attribute, Event, Markup, Open, Read, Settings, Tag};

/// An attribute before its namespace is known.
struct Raw {
    start: usize,
    prefix: Text,
    local: Text,
    value: Text,
}

impl Markup {
    /// A name with an optional prefix: where it ends, the prefix, the rest.
    fn qualified_name(&mut self) -> Read<(Text, Text)> {
        let start = self.at;
        let end = self.name_end(start)?;
        self.at = end;
        if self.peek() != Some(':') {
            return Ok((Text::EMPTY, self.make(self.slice(start, end))));
        }
        let local_end = self.name_end(end + 1)?;
        self.at = local_end;
        if self.peek() == Some(':') {
            return Err(self.bad_name_char(local_end, ':'));
        }
        Ok((self.make(self.slice(start, end)), self.make(self.slice(end + 1, local_end))))
    }

    pub(super) fn start_tag(&mut self) -> Read<Event> {
        self.at += 1;
        let start = self.at;
        self.named = start;
        let (prefix, local) = self.qualified_name()?;
        let end = self.at;
        let (attributes, empty) = self.attributes()?;
        let before = self.namespaces.order.len();
        for attribute in &attributes {
            self.declare(attribute)?;
        }
        let namespace = self.namespace(&prefix, start)?;
        let name = Name { namespace, local };
        let attributes = self.resolved(attributes)?;
        if empty {
            self.namespaces.forget_from(before);
        } else {
            let preserve = self.preserves(&attributes);
            let open =
                Open { start, end, prefix: prefix.clone(), name: name.clone(), namespaces: before, preserve };
            self.open.push(open);
        }
        if self.open.len() > crate::xml::MAX_DEPTH {
            return Err(crate::xml::too_deep());
        }
        Ok(Event::Start(Tag { prefix, name, attributes, empty }))
    }

    fn preserves(&self, attributes: &[Attribute]) -> bool {
        let space = |one: &&Attribute| one.prefix.as_str() == "xml" && one.name.local.as_str() == "space";
        match attributes.iter().find(space) {
            Some(own) => own.value.as_str() == "preserve",
            None => self.open.last().is_some_and(|open| open.preserve),
        }
    }

    fn attributes(&mut self) -> Read<(Vec<Raw>, bool)> {
        let mut found = Vec::new();
        loop {
            let spaced = !self.blanks().is_empty();
            match self.peek() {
                Some('>') => {
                    self.at += 1;
                    return Ok((found, false));
                }
                Some('/') => {
                    self.at += 1;
                    if self.peek() != Some('>') {
                        return Err(self.unexpected(self.at, "'>'"));
                    }
                    self.at += 1;
                    return Ok((found, true));
                }
                None => return Err(self.unclosed()),
                Some(c) if !spaced && found.is_empty() => return Err(self.bad_name_char(self.at, c)),
                Some(_) if !spaced => {
                    let token = self.token(self.at).unwrap_or_default();
                    let message = format!("'{token}' is an unexpected token. Expecting white space.");
                    return Err(self.error(self.at, message));
                }
                Some(_) => found.push(self.attribute()?),
            }
        }
    }

    fn attribute(&mut self) -> Read<Raw> {
        let start = self.at;
        let (prefix, local) = self.qualified_name()?;
        self.blanks();
        if self.peek() != Some('=') {
            return Err(self.unexpected(self.at, "'='"));
        }
        self.at += 1;
        self.blanks();
        let quote = match self.peek() {
            Some(quote @ ('"' | '\'')) => quote,
            _ => return Err(self.unexpected(self.at, "'\"' or '''")),
        };
        let quote_at = self.at;
        self.at += 1;
        let value = self.attribute_value(quote)?;
        if prefix.as_str() == "xmlns" && value.is_empty() {
            return Err(self.error(quote_at, "Invalid namespace declaration."));
        }
        Ok(Raw { start, prefix, local, value })
    }

    fn attribute_value(&mut self, quote: char) -> Read<Text> {
        let mut out = String::new();
        loop {
            let rest = self.rest();
            let stop = rest.find(['<', '&', quote]).unwrap_or(rest.len());
            let piece = rest.get(..stop).unwrap_or_default().to_owned();
            self.check_chars(&piece)?;
            let piece = super::normalized(&piece);
            out.extend(piece.chars().map(|c| if matches!(c, '\n' | '\t') { ' ' } else { c }));
            self.at += stop;
            match self.peek() {
                Some('&') => self.reference(&mut out)?,
                Some('<') => {
                    let message = "'<', hexadecimal value 0x3C, is an invalid attribute character.";
                    return Err(self.error(self.at, message));
                }
                Some(_) => {
                    self.at += 1;
                    return Ok(self.make(&out));
                }
                None => return Err(self.error(self.at, "There is an unclosed literal string.")),
            }
        }
    }

    /// Takes a declaration of a namespace into account.
    fn declare(&mut self, attribute: &Raw) -> Read<()> {
        let prefix = match (attribute.prefix.as_str(), attribute.local.as_str()) {
            ("", "xmlns") => Text::EMPTY,
            ("xmlns", _) => attribute.local.clone(),
            ("xml", "space") if !matches!(attribute.value.as_str(), "default" | "preserve") => {
                let message = format!("'{}' is an invalid xml:space value.", attribute.value.as_str());
                return Err(self.error(attribute.start, message));
            }
            _ => return Ok(()),
        };
        let value = attribute.value.as_str();
        let reserved = match prefix.as_str() {
            "xmlns" => Some("Prefix \"xmlns\" is reserved for use by XML.".to_owned()),
            "xml" if value != XML => Some(format!(
                "Prefix \"xml\" is reserved for use by XML and can be mapped only to namespace name \"{XML}\"."
            )),
            _ => None,
        };
        if let Some(message) = reserved {
            return Err(self.error(attribute.start, message));
        }
        self.namespaces.declare(prefix, attribute.value.clone());
        Ok(())
    }

    /// The namespace of a prefix.
    fn namespace(&self, prefix: &Text, at: usize) -> Read<Text> {
        match (self.namespaces.get(prefix), prefix.as_str()) {
            (Some(namespace), _) => Ok(namespace.clone()),
            (None, "") => Ok(Text::EMPTY),
            (None, "xml") => Ok(Text::from_static(XML)),
            (None, "xmlns") => Ok(Text::from_static(XMLNS)),
            (None, other) => Err(self.error(at, format!("'{other}' is an undeclared prefix."))),
        }
    }

    fn resolved(&self, raw: Vec<Raw>) -> Read<Vec<Attribute>> {
        let mut seen = HashSet::with_capacity(raw.len());
        let mut found = Vec::with_capacity(raw.len());
        for Raw { start, prefix, local, value } in raw {
            let namespace = if prefix.is_empty() { Text::EMPTY } else { self.namespace(&prefix, start)? };
            let name = Name { namespace, local };
            if !seen.insert(name.clone()) {
                let shown = match prefix.as_str() {
                    "" => name.local.as_str().to_owned(),
                    prefix => format!("{prefix}:{}", name.local.as_str()),
                };
                return Err(self.error(start, format!("'{shown}' is a duplicate attribute name.")));
            }
            found.push(Attribute { prefix, name, value });
        }
        Ok(found)
    }

    pub(super) fn end_tag(&mut self) -> Read<Event> {
        let start = self.at + 2;
        self.at = start;
        self.named = start;
        if self.peek().is_none() {
            return Err(self.error(start, "Unexpected end of file while parsing Name has occurred."));
        }
        let Some(open) = self.open.last().cloned() else {
            return Err(self.error(start, "Unexpected end tag."));
        };
        if self.rest() == self.slice(open.start, open.end) {
            return Err(self.unclosed());
        }
        self.qualified_name()?;
        let end = self.at;
        if self.slice(start, end) != self.slice(open.start, open.end) {
            return Err(self.mismatch(&open, start, end));
        }
        self.blanks();
        match self.peek() {
            Some('>') => {}
            Some(_) => return Err(self.unexpected(self.at, "'>'")),
            None => return Err(self.unclosed()),
        }
        self.at += 1;
        self.open.pop();
        self.namespaces.forget_from(open.namespaces);
        Ok(Event::End(open.prefix, open.name))
    }

    fn mismatch(&self, open: &Open, start: usize, end: usize) -> crate::Exception {
        let (line, position) = self.place(open.start);
        let (own, found) = (self.slice(open.start, open.end), self.slice(start, end));
        let message = format!(
            "The '{own}' start tag on line {line} position {position} does not match the end tag of '{found}'."
        );
        self.error(start, message)
    }

    /// Whether a document type may stand in the text.
    pub(super) fn prohibits_document_type(&self) -> bool {
        self.settings == Settings::Prohibited
    }
}
