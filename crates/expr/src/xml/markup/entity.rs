//! References: `&amp;`, `&#10;`, `&#xA;`.

use crate::xml::names::{is_char, starts_name};

use super::{Markup, Read};

impl Markup {
    /// Reads a reference and appends what it stands for.
    pub(super) fn reference(&mut self, out: &mut String) -> Read<()> {
        if self.rest().starts_with("&#") {
            return self.character_reference(out);
        }
        let start = self.at + 1;
        let rest = self.text.get(start..).unwrap_or_default();
        let name = |entity: &Self| entity.error(start, "An error occurred while parsing EntityName.");
        if !rest.chars().next().is_some_and(starts_name) {
            return Err(name(self));
        }
        let end = self.name_end(start).map_err(|_| name(self))?;
        match self.text.as_bytes().get(end) {
            Some(b';') => {}
            Some(_) => return Err(self.unexpected(end, "';'")),
            None => return Err(name(self)),
        }
        out.push(match self.slice(start, end) {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            other => {
                let message = format!("Reference to undeclared entity '{other}'.");
                return Err(self.error(start, message));
            }
        });
        self.at = end + 1;
        Ok(())
    }

    fn character_reference(&mut self, out: &mut String) -> Read<()> {
        let begin = self.at;
        let (radix, start, kind) = if self.rest().starts_with("&#x") {
            (16, begin + 3, "hexadecimal")
        } else {
            (10, begin + 2, "decimal")
        };
        let rest = self.text.get(start..).unwrap_or_default();
        let digits = rest.find(|c: char| !c.is_digit(radix)).unwrap_or(rest.len());
        let end = start + digits;
        match self.text.as_bytes().get(end) {
            None => {
                return Err(self.error(begin, "Unexpected end of file while parsing  has occurred."));
            }
            Some(b';') if digits > 0 => {}
            Some(_) => {
                let message = format!("Invalid syntax for a {kind} numeric entity reference.");
                return Err(self.error(end, message));
            }
        }
        let code = u32::from_str_radix(self.slice(start, end), radix).unwrap_or(u32::MAX);
        match char::from_u32(code).filter(|c| is_char(*c)) {
            Some(c) => out.push(c),
            None => {
                let shown = if code == 0 { '.' } else { char::from_u32(code).unwrap_or('\u{fffd}') };
                let message = format!("'{shown}', hexadecimal value 0x{code:02X}, is an invalid character.");
                return Err(self.error(start, message));
            }
        }
        self.at = end + 1;
        Ok(())
    }
}
