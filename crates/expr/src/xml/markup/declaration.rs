//! The XML declaration and the document type.

use crate::Text;
use crate::xml::names::xml_error;
use crate::xml::node::{Declaration, DocumentType};

use super::{Event, Markup, Read};

const SYNTAX: &str = "Syntax for an XML declaration is invalid.";

impl Markup {
    pub(super) fn declaration(&mut self) -> Read<Declaration> {
        self.at = 5;
        let mut found = Declaration::default();
        let mut last = 0;
        loop {
            self.blanks();
            let rest = self.rest();
            if rest.is_empty() {
                return Err(self.end_of_file());
            }
            if rest.starts_with("?>") {
                if found.version.is_none() {
                    return Err(self.error(self.at, SYNTAX));
                }
                self.at += 2;
                return Ok(found);
            }
            let order = self.pseudo_attribute(last, &mut found)?;
            last = order;
        }
    }

    fn pseudo_attribute(&mut self, last: u8, found: &mut Declaration) -> Read<u8> {
        let start = self.at;
        let names = [(1, "version"), (2, "encoding"), (3, "standalone")];
        let known = names.into_iter().find(|(_, name)| self.rest().starts_with(name));
        let Some((order, name)) = known.filter(|(order, _)| *order > last && (last > 0 || *order == 1))
        else {
            return Err(self.error(start, SYNTAX));
        };
        self.at += name.len();
        self.blanks();
        if self.peek() != Some('=') {
            return Err(self.unexpected(self.at, "'='"));
        }
        self.at += 1;
        self.blanks();
        let quote_at = self.at;
        let quote = match self.peek() {
            Some(quote @ ('"' | '\'')) => quote,
            _ => return Err(self.unexpected(self.at, "'\"' or '''")),
        };
        let from = quote_at + 1;
        let Some(length) = self.text.get(from..).unwrap_or_default().find(quote) else {
            return Err(self.error(self.text.len(), "There is an unclosed literal string."));
        };
        self.at = from + length + 1;
        self.declared(order, quote_at, self.make(self.slice(from, from + length)), found)?;
        Ok(order)
    }

    fn declared(&self, order: u8, quote_at: usize, value: Text, found: &mut Declaration) -> Read<()> {
        match order {
            1 if value.as_str() != "1.0" => {
                let message = format!("Version number '{}' is invalid.", value.as_str());
                return Err(self.error(quote_at + 1, message));
            }
            1 => found.version = Some(value),
            2 => found.encoding = Some(value),
            _ if !matches!(value.as_str(), "yes" | "no") => return Err(self.error(quote_at, SYNTAX)),
            _ => found.standalone = Some(value),
        }
        Ok(())
    }

    pub(super) fn document_type(&mut self) -> Read<Event> {
        let keyword = self.at + 2;
        if self.prohibits_document_type() {
            let message = "For security reasons DTD is prohibited in this XML document. To enable DTD processing set the DtdProcessing property on XmlReaderSettings to Parse and pass the settings into XmlReader.Create method.";
            return Err(xml_error(message));
        }
        if self.seen.document_type {
            return Err(self.error(keyword - 2, "Cannot have multiple DTDs."));
        }
        if self.seen.root {
            return Err(self.error(keyword - 2, "DTD must be defined before the document root element."));
        }
        self.seen.document_type = true;
        self.at = keyword + 7;
        self.blanks();
        let start = self.at;
        let end = self.qualified_end(start)?;
        self.at = end;
        let name = self.make(self.slice(start, end));
        self.blanks();
        let (public, system) = self.external_id()?;
        self.blanks();
        let subset = self.internal_subset()?;
        self.blanks();
        if self.peek() != Some('>') {
            return Err(self.unexpected_in_subset());
        }
        self.at += 1;
        Ok(Event::DocumentType(DocumentType { name, public, system, subset: Some(subset) }))
    }

    fn qualified_end(&self, start: usize) -> Read<usize> {
        let end = self.name_end(start)?;
        if self.text.as_bytes().get(end) == Some(&b':') { self.name_end(end + 1) } else { Ok(end) }
    }

    fn external_id(&mut self) -> Read<(Option<Text>, Option<Text>)> {
        if self.rest().starts_with("SYSTEM") {
            self.at += 6;
            return Ok((None, Some(self.literal()?)));
        }
        if self.rest().starts_with("PUBLIC") {
            self.at += 6;
            let public = self.literal()?;
            return Ok((Some(public), Some(self.literal()?)));
        }
        Ok((None, None))
    }

    fn literal(&mut self) -> Read<Text> {
        self.blanks();
        let quote = match self.peek() {
            Some(quote @ ('"' | '\'')) => quote,
            _ => return Err(self.unexpected(self.at, "'\"' or '''")),
        };
        let from = self.at + 1;
        let Some(length) = self.text.get(from..).unwrap_or_default().find(quote) else {
            return Err(self.error(self.text.len(), "There is an unclosed literal string."));
        };
        self.at = from + length + 1;
        Ok(self.make(self.slice(from, from + length)))
    }

    /// What stands between brackets, as it is written; quotes and comments may hold a bracket.
    fn internal_subset(&mut self) -> Read<Text> {
        if self.peek() != Some('[') {
            return Ok(Text::EMPTY);
        }
        let start = self.at + 1;
        self.at = start;
        loop {
            let rest = self.rest();
            let Some(found) = rest.find([']', '"', '\'', '<']) else {
                return Err(self.error(self.text.len(), "Incomplete DTD content."));
            };
            self.at += found;
            match self.rest().as_bytes().first() {
                Some(b']') => break,
                Some(quote @ (b'"' | b'\'')) => self.skip_past(1, char::from(*quote).to_string().as_str())?,
                _ if self.rest().starts_with("<!--") => self.skip_past(4, "-->")?,
                _ if self.rest().starts_with("<?") => self.skip_past(2, "?>")?,
                _ => self.at += 1,
            }
        }
        let subset = self.make(self.slice(start, self.at));
        self.at += 1;
        Ok(subset)
    }

    fn skip_past(&mut self, opening: usize, closing: &str) -> Read<()> {
        self.at += opening;
        match self.rest().find(closing) {
            Some(found) => {
                self.at += found + closing.len();
                Ok(())
            }
            None => Err(self.error(self.text.len(), "Incomplete DTD content.")),
        }
    }

    fn unexpected_in_subset(&self) -> crate::Exception {
        if self.rest().is_empty() {
            return self.error(self.text.len(), "Incomplete DTD content.");
        }
        self.unexpected(self.at, "'>'")
    }
}
