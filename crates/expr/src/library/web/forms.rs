//! `System.Net.WebUtility`: encodings of forms and of HTML.
//!
//! <https://learn.microsoft.com/dotnet/api/system.net.webutility>

use super::entities::entity;
use super::uri::{encoded_byte, push_encoded};

/// `UrlEncode`: a blank becomes `+`; letters, digits and `-_.!*()` stay.
pub(crate) fn url_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'-' | b'_' | b'.' | b'!' | b'*' | b'(' | b')' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => push_encoded(&mut out, byte),
        }
    }
    out
}

/// `UrlDecode`: what is not UTF-8 becomes U+FFFD.
pub(crate) fn url_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(&first) = rest.as_bytes().first() {
        let (byte, length) = match (first, encoded_byte(rest)) {
            (_, Some(byte)) => (byte, 3),
            (b'+', None) => (b' ', 1),
            (byte, None) => (byte, 1),
        };
        bytes.push(byte);
        // A character of several bytes is copied whole, so that the next place is a character again.
        let length = if rest.is_char_boundary(length) {
            length
        } else {
            let whole = rest.chars().next().map_or(1, char::len_utf8);
            bytes.extend(rest.as_bytes().get(1..whole).unwrap_or_default());
            whole
        };
        rest = rest.get(length..).unwrap_or("");
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `UrlEncodeToBytes`.
pub(crate) fn url_encode_bytes(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b' ' => out.push(b'+'),
            b'-' | b'_' | b'.' | b'!' | b'*' | b'(' | b')' => out.push(byte),
            _ if byte.is_ascii_alphanumeric() => out.push(byte),
            _ => {
                let mut text = String::new();
                push_encoded(&mut text, byte);
                out.extend(text.as_bytes());
            }
        }
    }
    out
}

/// `UrlDecodeToBytes`.
pub(crate) fn url_decode_bytes(bytes: &[u8]) -> Vec<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|&byte| char::from(byte).to_digit(16));
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        match (first, digit(tail.first()), digit(tail.get(1))) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(0));
                rest = tail.get(2..).unwrap_or_default();
            }
            (b'+', ..) => out.push(b' '),
            _ => out.push(first),
        }
    }
    out
}

/// `HtmlEncode`: `<`, `>`, `&`, quotes, U+00A0 to U+00FF and characters beyond U+FFFF.
pub(crate) fn html_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{A0}'..='\u{FF}' | '\u{10000}'.. => {
                out.push_str("&#");
                out.push_str(&u32::from(c).to_string());
                out.push(';');
            }
            _ => out.push(c),
        }
    }
    out
}

/// `HtmlDecode`: what is no character reference stays.
pub(crate) fn html_decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, found)) = rest.find('&').and_then(|at| rest.split_at_checked(at)) {
        out.push_str(before);
        let (c, length) = reference(found).unwrap_or(('&', 1));
        out.push(c);
        rest = found.get(length..).unwrap_or("");
    }
    out + rest
}

/// The character of the reference at the beginning of a text, and its length.
fn reference(text: &str) -> Option<(char, usize)> {
    let body = text.get(1..)?;
    let length = body.bytes().take(10).position(|byte| matches!(byte, b';' | b'&'))?;
    let name = body.get(..length)?;
    if body.as_bytes().get(length) != Some(&b';') {
        return None;
    }
    let c = match name.strip_prefix('#') {
        Some(number) => char::from_u32(code(number)?)?,
        None => entity(name)?,
    };
    Some((c, length + 2))
}

fn code(number: &str) -> Option<u32> {
    let (digits, radix) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    u32::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with('+'))
}

#[cfg(test)]
mod tests {
    use super::{html_decode, html_encode, url_decode, url_encode};

    #[test]
    fn forms_are_encoded_and_decoded() {
        assert_eq!(url_encode("a b&c=d/é-_.!*()~'"), "a+b%26c%3Dd%2F%C3%A9-_.!*()%7E%27");
        assert_eq!(url_decode("a+b%26%C3%A9é%zz%"), "a b&éé%zz%");
    }

    #[test]
    fn html_is_encoded_and_decoded() {
        assert_eq!(
            html_encode("<a href=\"x\">é'&😀</a>"),
            "&lt;a href=&quot;x&quot;&gt;&#233;&#39;&amp;&#128512;&lt;/a&gt;"
        );
        assert_eq!(html_decode("&lt;&eacute;&#233;&#xE9;&apos;&amp;lt;&none;&"), "<éé\u{E9}'&lt;&none;&");
    }
}
