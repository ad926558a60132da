//! Distinguished names as .NET on Windows writes them: `CN=api, OU="Sales, EMEA", O=Contoso, C=DE`.
//!
//! The most specific part stands first, which is the reverse of the certificate's order. Keys are those of Windows
//! (`S` for the state, `E` for the mail address); attributes that it has no key for show their identifier.
//! Source: <https://learn.microsoft.com/windows/win32/api/wincrypt/nf-wincrypt-certnametostrw>, `CERT_X500_NAME_STR` with
//! `CERT_NAME_STR_REVERSE_FLAG`, as `X500DistinguishedName.Name` asks for it.

use super::der::{BMP_STRING, Elements, OBJECT_IDENTIFIER, SEQUENCE, SET, dotted};

const UTF8_STRING: u8 = 0x0C;
const PRINTABLE_STRING: u8 = 0x13;
const TELETEX_STRING: u8 = 0x14;
const IA5_STRING: u8 = 0x16;
const UNIVERSAL_STRING: u8 = 0x1C;

/// A part of a name.
#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    /// Its type: `2.5.4.3`.
    pub(crate) id: String,
    /// Its value as text.
    pub(crate) value: String,
    /// Whether it belongs to the same relative name as the attribute before it.
    joined: bool,
}

/// The parts of a name in the order of the certificate, from the DER of a `Name`; empty when it cannot be read.
pub(crate) fn attributes(der: &[u8]) -> Vec<Attribute> {
    let mut found = Vec::new();
    let mut relative = Elements(Elements(der).only(SEQUENCE).unwrap_or_default());
    while let Some(set) = relative.take(SET) {
        let mut parts = Elements(set);
        let mut joined = false;
        while let Some(part) = parts.take(SEQUENCE) {
            let mut part = Elements(part);
            let (Some(id), Some((tag, value))) = (part.take(OBJECT_IDENTIFIER), part.next_element()) else {
                break;
            };
            found.push(Attribute { id: dotted(id), value: text(tag, value), joined });
            joined = true;
        }
    }
    found
}

/// The name as .NET shows it.
pub(crate) fn shown(der: &[u8]) -> String {
    let mut relative = relative(der);
    relative.reverse();
    relative.join(", ")
}

/// The name in the certificate's order, as the obsolete `GetName()` shows it.
pub(crate) fn in_order(der: &[u8]) -> String {
    relative(der).join(", ")
}

fn relative(der: &[u8]) -> Vec<String> {
    let mut relative: Vec<String> = Vec::new();
    for attribute in attributes(der) {
        let shown = format!("{}{}", key(&attribute.id), quoted(&attribute.value));
        match relative.last_mut() {
            Some(last) if attribute.joined => {
                last.push_str(" + ");
                last.push_str(&shown);
            }
            _ => relative.push(shown),
        }
    }
    relative
}

fn key(id: &str) -> String {
    let known = match id {
        "2.5.4.3" => "CN",
        "2.5.4.4" => "SN",
        "2.5.4.5" => "SERIALNUMBER",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "S",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.12" => "T",
        "2.5.4.13" => "Description",
        "2.5.4.17" => "PostalCode",
        "2.5.4.18" => "POBox",
        "2.5.4.20" => "Phone",
        "2.5.4.42" => "G",
        "2.5.4.43" => "I",
        "2.5.4.46" => "dnQualifier",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "E",
        other => return format!("OID.{other}="),
    };
    format!("{known}=")
}

/// Values that could be misread stand in quotation marks.
fn quoted(value: &str) -> String {
    let special = |char: char| matches!(char, ',' | '+' | '=' | '"' | '\n' | '\r' | '<' | '>' | '#' | ';');
    let blank = |char: Option<char>| char.is_none_or(char::is_whitespace);
    if value.contains(special) || blank(value.chars().next()) || blank(value.chars().next_back()) {
        return format!("\"{}\"", value.replace('"', "\"\""));
    }
    value.to_owned()
}

/// The text of a directory string; for a type that is no text, its bytes in hexadecimal after a `#`.
pub(crate) fn text(tag: u8, content: &[u8]) -> String {
    match tag {
        UTF8_STRING | PRINTABLE_STRING | IA5_STRING => String::from_utf8_lossy(content).into_owned(),
        TELETEX_STRING => content.iter().map(|&byte| char::from(byte)).collect(),
        BMP_STRING => utf16(content),
        UNIVERSAL_STRING => {
            let units = content.chunks_exact(4).filter_map(|unit| <[u8; 4]>::try_from(unit).ok());
            units.map(|unit| char::from_u32(u32::from_be_bytes(unit)).unwrap_or('\u{FFFD}')).collect()
        }
        _ => {
            let digits: String = content.iter().map(|byte| format!("{byte:02X}")).collect();
            format!("#{digits}")
        }
    }
}

/// UTF-16, big-endian.
pub(crate) fn utf16(content: &[u8]) -> String {
    let units = content.chunks_exact(2).filter_map(|unit| <[u8; 2]>::try_from(unit).ok());
    String::from_utf16_lossy(&units.map(u16::from_be_bytes).collect::<Vec<_>>())
}
