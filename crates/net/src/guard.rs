//! Which addresses a URL made by a policy may reach (server-side request forgery).
//!
//! A policy can build a URL from what the caller sent. Such a destination carries a [`Guard`], and the addresses that
//! its name resolves to are checked on every connection, so that a name which changes its answer gains nothing.
//! Backends, identity endpoints and vaults that an operator configured are exempt: they carry none.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What kind of place an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressClass {
    /// Anybody's network.
    Public,
    /// This machine: `127.0.0.0/8`, `::1`.
    Loopback,
    /// `10/8`, `172.16/12`, `192.168/16`, the shared `100.64/10`, and IPv6 unique local `fc00::/7`.
    Private,
    /// `169.254/16` and `fe80::/10`.
    LinkLocal,
    /// The instance metadata services of clouds: `169.254.169.254`, `168.63.129.16`, `fd00:ec2::254`.
    Metadata,
    /// Unspecified, multicast, broadcast, documentation, benchmarking and reserved ranges.
    Special,
}

impl AddressClass {
    /// Classifies an address; an IPv4 address inside an IPv6 one (mapped, compatible, 6to4, NAT64) is looked at
    /// as the IPv4 address that it reaches.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => of_v4(v4),
            IpAddr::V6(v6) => embedded(v6).map_or_else(|| of_v6(v6), of_v4),
        }
    }
}

/// What a guarded destination may reach: public addresses, and what is allowed here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Guard {
    /// This machine may be called (the demo).
    pub allow_loopback: bool,
    /// Private networks may be called. Metadata services and link-local addresses never.
    pub allow_private: bool,
}

impl Guard {
    /// Whether a connection to the address is allowed.
    #[must_use]
    pub fn allows(self, address: IpAddr) -> bool {
        match AddressClass::of(address) {
            AddressClass::Public => true,
            AddressClass::Loopback => self.allow_loopback,
            AddressClass::Private => self.allow_private,
            AddressClass::LinkLocal | AddressClass::Metadata | AddressClass::Special => false,
        }
    }
}

/// Azure's wire server and the address that the large clouds share for instance metadata.
const METADATA_V4: [Ipv4Addr; 2] = [Ipv4Addr::new(169, 254, 169, 254), Ipv4Addr::new(168, 63, 129, 16)];
/// The IPv6 address of one cloud's instance metadata service.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

fn of_v4(address: Ipv4Addr) -> AddressClass {
    let [a, b, c, _] = address.octets();
    match (a, b, c) {
        _ if METADATA_V4.contains(&address) => AddressClass::Metadata,
        (127, ..) => AddressClass::Loopback,
        (169, 254, _) => AddressClass::LinkLocal,
        (10, ..) | (192, 168, _) | (172, 16..=31, _) | (100, 64..=127, _) => AddressClass::Private,
        // "This network", protocol assignments, documentation, 6to4 relays, benchmarking, multicast and above.
        (0 | 224..=255, ..) | (192, 0, 0 | 2) | (192, 88, 99) => AddressClass::Special,
        (198, 18 | 19, _) | (198, 51, 100) | (203, 0, 113) => AddressClass::Special,
        _ => AddressClass::Public,
    }
}

fn of_v6(address: Ipv6Addr) -> AddressClass {
    match address.segments() {
        _ if address == METADATA_V6 => AddressClass::Metadata,
        [0, 0, 0, 0, 0, 0, 0, 1] => AddressClass::Loopback,
        [0, ..] => AddressClass::Special,
        [0xfe80..=0xfebf, ..] => AddressClass::LinkLocal,
        [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => AddressClass::Private,
        [0xff00..=0xffff, ..] | [0x100, 0, 0, 0, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => {
            AddressClass::Special
        }
        // Teredo and the other protocol assignments of 2001::/23; local-use NAT64.
        [0x2001, 0..=0x1ff, ..] | [0x64, 0xff9b, 1, ..] => AddressClass::Special,
        _ => AddressClass::Public,
    }
}

/// The IPv4 address that an IPv6 address stands for.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let joined = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0 | 0xffff, 0, high, low] | [0, 0, 0, 0, 0, 0xffff, high, low] => {
            Some(joined(high, low))
        }
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(joined(high, low)),
        [0x2002, high, low, ..] => Some(joined(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ranges from the IANA special-purpose registries (RFC 6890) and the clouds' documentation of their metadata
    /// services.
    #[test]
    fn addresses_are_told_apart_in_every_way_of_writing_them() {
        use AddressClass::{LinkLocal, Loopback, Metadata, Private, Public, Special};
        let table = [
            ("8.8.8.8", Public),
            ("100.63.255.255", Public),
            ("100.64.0.1", Private),
            ("100.128.0.1", Public),
            ("172.15.0.1", Public),
            ("172.16.0.1", Private),
            ("172.31.255.255", Private),
            ("172.32.0.1", Public),
            ("10.1.2.3", Private),
            ("192.168.0.1", Private),
            ("127.0.0.1", Loopback),
            ("127.9.9.9", Loopback),
            ("0.0.0.0", Special),
            ("0.1.2.3", Special),
            ("169.254.1.1", LinkLocal),
            ("169.254.169.254", Metadata),
            ("168.63.129.16", Metadata),
            ("192.0.2.1", Special),
            ("198.18.0.1", Special),
            ("198.51.100.7", Special),
            ("203.0.113.7", Special),
            ("224.0.0.1", Special),
            ("255.255.255.255", Special),
            ("::", Special),
            ("::1", Loopback),
            ("::ffff:127.0.0.1", Loopback),
            ("::ffff:10.0.0.1", Private),
            ("::ffff:169.254.169.254", Metadata),
            ("::ffff:8.8.8.8", Public),
            ("::127.0.0.1", Loopback),
            ("::ffff:0:127.0.0.1", Loopback),
            ("64:ff9b::a9fe:a9fe", Metadata),
            ("64:ff9b::808:808", Public),
            ("64:ff9b:1::1", Special),
            ("2002:7f00:1::", Loopback),
            ("2002:a00:1::", Private),
            ("2001::1", Special),
            ("2001:db8::1", Special),
            ("fe80::1", LinkLocal),
            ("febf::1", LinkLocal),
            ("fec0::1", Private),
            ("fc00::1", Private),
            ("fd12:3456::1", Private),
            ("fd00:ec2::254", Metadata),
            ("ff02::1", Special),
            ("2606:4700::1111", Public),
        ];
        for (text, class) in table {
            assert_eq!(AddressClass::of(text.parse().unwrap()), class, "{text}");
        }
    }

    #[test]
    fn metadata_services_stay_closed_whatever_is_allowed() {
        let open = Guard { allow_loopback: true, allow_private: true };
        let strict = Guard::default();
        for (text, with_open, with_strict) in [
            ("127.0.0.1", true, false),
            ("10.0.0.1", true, false),
            ("169.254.169.254", false, false),
            ("fe80::1", false, false),
            ("1.1.1.1", true, true),
        ] {
            let address = text.parse().unwrap();
            assert_eq!((open.allows(address), strict.allows(address)), (with_open, with_strict), "{text}");
        }
    }
}
