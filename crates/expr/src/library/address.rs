//! `System.Net.IPAddress`: the members that APIM allows.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use crate::object::{Key, NativeObject};
use crate::registry::registry;
use crate::types::Type;
use crate::value::EnumValue;
use crate::{Exception, Heap, Text, Value};

use super::arguments::{arg, text, text_or_empty};
use super::natives::{made, named, state};
use super::{TypeSpec, member};

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        members: &[
            member("static IPAddress Parse(string ipString)", |cx, a| {
                let address = parse(text(a, 0, "ipString")?.as_str()).ok_or_else(|| Exception::format("An invalid IP address was specified."))?;
                made(cx, address)
            }),
            member("static bool TryParse(string ipString, out IPAddress address)", |cx, a| {
                let parsed = parse(text_or_empty(a, 0));
                let found = parsed.is_some();
                let value = match parsed {
                    Some(address) => made(cx, address)?,
                    None => Value::Null,
                };
                cx.outs.push(value);
                Ok(Value::Bool(found))
            }),
            member("static bool IsLoopback(IPAddress address)", |cx, a| {
                let address: &Address = cx.heap.native(arg(a, 0)).ok_or_else(|| Exception::argument_null("address"))?;
                Ok(Value::Bool(match address.ip {
                    IpAddr::V4(ip) => ip.octets().first() == Some(&127),
                    IpAddr::V6(ip) => ip.is_loopback(),
                }))
            }),
            member("AddressFamily AddressFamily", |cx, a| {
                let family = if state::<Address>(cx, a, 0)?.ip.is_ipv4() { 2 } else { 23 };
                Ok(family_value(family))
            }),
            member("byte[] GetAddressBytes()", |cx, a| {
                let bytes = match state::<Address>(cx, a, 0)?.ip {
                    IpAddr::V4(ip) => ip.octets().to_vec(),
                    IpAddr::V6(ip) => ip.octets().to_vec(),
                };
                cx.heap.bytes(bytes)
            }),
            member("bool Equals(object comparand)", |cx, a| {
                let own = state::<Address>(cx, a, 0)?;
                let other = cx.heap.native::<Address>(arg(a, 1));
                Ok(Value::Bool(other.is_some_and(|other| other.ip == own.ip && other.scope == own.scope)))
            }),
            member("string ToString()", |cx, a| {
                let text = state::<Address>(cx, a, 0)?.text();
                Ok(text.map_or(Value::Null, Value::Text))
            }),
        ],
        ..TypeSpec::class("System.Net.IPAddress", "api/system.net.ipaddress")
    },
    TypeSpec::enumeration(
        "System.Net.Sockets.AddressFamily",
        &[("Unknown", -1), ("Unspecified", 0), ("Unix", 1), ("InterNetwork", 2), ("InterNetworkV6", 23)],
        "api/system.net.sockets.addressfamily",
    ),
];

fn family_value(number: i32) -> Value {
    static CLASS: LazyLock<Option<crate::ClassId>> = LazyLock::new(|| registry().find("AddressFamily"));
    CLASS.map_or(Value::Null, |class| Value::Enum(EnumValue { class, number }))
}

/// An address, with the scope of an IPv6 one.
#[derive(Clone, Debug)]
struct Address {
    ip: IpAddr,
    scope: u32,
    tainted: bool,
}

impl NativeObject for Address {
    fn class(&self) -> Type {
        named("IPAddress")
    }

    fn is_tainted(&self) -> bool {
        self.tainted
    }

    fn taint(&mut self) {
        self.tainted = true;
    }

    /// COMPAT: IPv4 parts of IPv6 addresses are written with dots where Windows does: mapped and compatible ones.
    fn text(&self) -> Option<Text> {
        let mut text = match self.ip {
            IpAddr::V6(ip) => compatible(ip).unwrap_or_else(|| ip.to_string()),
            IpAddr::V4(ip) => ip.to_string(),
        };
        if self.scope > 0 {
            text.push_str(&format!("%{}", self.scope));
        }
        Some(Text::from(text).tainted_if(self.tainted))
    }

    fn key(&self, _: &Heap) -> Option<Key> {
        Some(Key::Text(format!("{}%{}", self.ip, self.scope).into()))
    }
}

/// `::1.2.3.4`: an IPv6 address that is an IPv4 one behind zeroes.
fn compatible(ip: Ipv6Addr) -> Option<String> {
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => {
            let ip = Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
            Some(format!("::{ip}"))
        }
        _ => None,
    }
}

/// An IPv4 address in one to four parts, each decimal, octal or hexadecimal; or an IPv6 one, in brackets or not, with or
/// without scope.
fn parse(text: &str) -> Option<Address> {
    let address = |ip, scope| Some(Address { ip, scope, tainted: false });
    if !text.contains(':') {
        return address(IpAddr::V4(parse_v4(text)?), 0);
    }
    let inner = match text.strip_prefix('[') {
        // What stands behind the bracket has to be a port.
        Some(rest) => {
            let (inner, port) = rest.split_once(']')?;
            let port = port.strip_prefix(':').unwrap_or(port);
            port.bytes().all(|byte| byte.is_ascii_digit()).then_some(inner)?
        }
        None => text,
    };
    let inner = inner.split_once('/').map_or(inner, |(inner, _)| inner);
    let (ip, scope) = match inner.split_once('%') {
        Some((ip, scope)) => (ip, scope.parse().ok()?),
        None => (inner, 0),
    };
    address(IpAddr::V6(ip.parse::<Ipv6Addr>().ok()?), scope)
}

fn parse_v4(text: &str) -> Option<Ipv4Addr> {
    let numbers: Vec<u64> = text.split('.').map(number).collect::<Option<_>>()?;
    let (last, parts) = numbers.split_last()?;
    let room = 4_u32.checked_sub(u32::try_from(parts.len()).ok()?).filter(|room| *room > 0)?;
    if parts.iter().any(|part| *part > 255) || *last >= 1_u64 << (8 * room) {
        return None;
    }
    let mut value = 0_u64;
    for part in parts {
        value = value << 8 | part;
    }
    Some(Ipv4Addr::from(u32::try_from(value << (8 * room) | last).ok()?))
}

/// A part of an IPv4 address: `0x` is hexadecimal, `0` octal.
fn number(text: &str) -> Option<u64> {
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (text.get(2..)?, 16),
        [b'0', _, ..] => (text.get(1..)?, 8),
        _ => (text, 10),
    };
    if digits.is_empty() || digits.starts_with('+') {
        return None;
    }
    u64::from_str_radix(digits, radix).ok()
}

