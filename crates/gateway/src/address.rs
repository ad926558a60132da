//! Addresses as text: each request has its caller's in a header and in the log.

use std::net::IpAddr;

/// Bytes of the longest address, as it is written.
pub(crate) const LONGEST_ADDRESS: usize = 45;

/// As `Display` writes it, without its price; gives the length.
pub(crate) fn put_address(address: IpAddr, room: &mut [u8; LONGEST_ADDRESS]) -> usize {
    let mut length = 0;
    let mut put = |byte: u8| {
        if let Some(place) = room.get_mut(length) {
            *place = byte;
            length += 1;
        }
    };
    match address {
        IpAddr::V4(address) => {
            for (place, octet) in address.octets().into_iter().enumerate() {
                if place > 0 {
                    put(b'.');
                }
                for (unit, least) in [(100, 100), (10, 10), (1, 0)] {
                    if octet >= least {
                        put(b'0' + octet / unit % 10);
                    }
                }
            }
        }
        IpAddr::V6(address) => address.to_string().bytes().for_each(put),
    }
    length
}
