//! Texts about a certificate: `ToString()`, dates, `GetNameInfo`.

use crate::eval::{Cx, Eval};
use crate::time;
use crate::value::DateTime;
use crate::Value;

use super::certificate::{Certificate, hexadecimal};
use super::name::{self, Attribute};
use super::{Held, own, shown_text};
use crate::library::natives::state;

/// `X509Certificate.ToString()`: the name of the type.
pub(super) fn short(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let class = state::<Held>(cx, args, 0)?.class;
    Ok(Value::text(&format!("System.Security.Cryptography.X509Certificates.{class}")))
}

/// What both types show when they say something.
pub(super) fn long(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    if own(cx, args).is_err() {
        return short(cx, args);
    }
    shown_text(cx, args, |certificate| {
        let parts = [
            ("Subject", name::shown(&certificate.subject())),
            ("Issuer", name::shown(&certificate.issuer())),
            ("Serial Number", hexadecimal(&certificate.serial())),
            ("Not Before", date(certificate.not_before())),
            ("Not After", date(certificate.not_after())),
            ("Thumbprint", certificate.thumbprint()),
        ];
        let parts = parts.map(|(title, text)| format!("[{title}]\r\n  {text}\r\n"));
        parts.join("\r\n")
    })
}

/// A date in the invariant culture: `11/21/2026 08:00:00`.
pub(super) fn date(date: DateTime) -> String {
    let (year, month, day) = time::civil(date.ticks.div_euclid(time::DAY));
    let seconds = date.ticks.rem_euclid(time::DAY) / time::SECOND;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{month:02}/{day:02}/{year:04} {hour:02}:{minute:02}:{second:02}")
}

const COMMON_NAME: &str = "2.5.4.3";
const ORGANIZATIONAL_UNIT: &str = "2.5.4.11";
const ORGANIZATION: &str = "2.5.4.10";
const EMAIL: &str = "1.2.840.113549.1.9.1";

/// `GetNameInfo`; empty when there is no such name.
///
/// Source: <https://learn.microsoft.com/windows/win32/api/wincrypt/nf-wincrypt-certgetnamestringw>.
pub(super) fn name_info(certificate: &Certificate, kind: i32, of_issuer: bool) -> String {
    let attributes = certificate.attributes(of_issuer);
    let alternatives = certificate.alternatives(of_issuer);
    let of = |id: &str| value(&attributes, id);
    let found = match kind {
        0 => [COMMON_NAME, ORGANIZATIONAL_UNIT, ORGANIZATION, EMAIL]
            .into_iter()
            .find_map(of)
            .or(alternatives.email)
            .or_else(|| attributes.first().map(|attribute| attribute.value.clone())),
        1 => alternatives.email.or_else(|| of(EMAIL)),
        2 => alternatives.principal,
        3 => alternatives.dns.or_else(|| of(COMMON_NAME)),
        4 => alternatives.dns,
        5 => alternatives.url,
        _ => None,
    };
    found.unwrap_or_default()
}

/// Of several, the most specific: the last in the certificate.
fn value(attributes: &[Attribute], id: &str) -> Option<String> {
    attributes.iter().rev().find(|attribute| attribute.id == id).map(|attribute| attribute.value.clone())
}
