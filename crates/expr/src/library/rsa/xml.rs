//! `RSAKeyValue`: a key as .NET writes it in XML, each number in base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::key::{Key, Private};
use crate::{Exception, Text};

/// Reads a key.
///
/// # Errors
/// `CryptographicException` with .NET's text when a number is missing or is no base64.
pub(super) fn read(text: &str) -> Result<Key, Exception> {
    let number = |name: &'static str| number(text, name);
    let required = |name: &'static str| number(name)?.ok_or_else(|| invalid(name));
    let (n, e) = (required("Modulus")?, required("Exponent")?);
    let private = match number("D")? {
        None => None,
        Some(d) => Some(Private {
            d,
            p: required("P")?,
            q: required("Q")?,
            dp: required("DP")?,
            dq: required("DQ")?,
            qi: required("InverseQ")?,
        }),
    };
    Ok(Key { n, e, private })
}

fn invalid(name: &str) -> Exception {
    let message =
        format!("Input string does not contain a valid encoding of the 'RSA' '{name}' parameter.");
    Exception::new("System.Security.Cryptography.CryptographicException", message)
}

/// The number in an element; none when there is no such element.
fn number(text: &str, name: &str) -> Result<Option<Vec<u8>>, Exception> {
    let (begin, end) = (format!("<{name}>"), format!("</{name}>"));
    let Some((_, rest)) = text.split_once(&begin) else { return Ok(None) };
    let (digits, _) = rest.split_once(&end).ok_or_else(|| invalid(name))?;
    let plain: String = digits.chars().filter(|char| !char.is_whitespace()).collect();
    let bytes = STANDARD.decode(plain).map_err(|_| {
        Exception::new(
            "System.FormatException",
            Text::from_static("The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding characters, or an illegal character among the padding characters. "),
        )
    })?;
    Ok(Some(bytes.into_iter().skip_while(|digit| *digit == 0).collect()))
}

/// Writes a key; none when the private part is wanted and is not there.
pub(super) fn write(key: &Key, private: bool) -> Option<String> {
    let half = key.n.len().div_ceil(2);
    let mut numbers = vec![("Modulus", &key.n, 0), ("Exponent", &key.e, 0)];
    if private {
        let own = key.private.as_ref()?;
        let halves = [("P", &own.p), ("Q", &own.q), ("DP", &own.dp), ("DQ", &own.dq), ("InverseQ", &own.qi)];
        numbers.extend(halves.map(|(name, number)| (name, number, half)));
        numbers.push(("D", &own.d, key.n.len()));
    }
    let mut text = String::from("<RSAKeyValue>");
    for (name, number, length) in numbers {
        let mut digits = vec![0; length.saturating_sub(number.len())];
        digits.extend(number);
        text.push_str(&format!("<{name}>{}</{name}>", STANDARD.encode(digits)));
    }
    text.push_str("</RSAKeyValue>");
    Some(text)
}
