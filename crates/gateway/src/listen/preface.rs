//! The PROXY protocol, versions 1 and 2: a load balancer says before the first byte whom it connects for.
//!
//! `https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt`, sections 2.1 and 2.2. It is expected from the networks
//! that the listener's settings name, and only from those; a connection from there that begins otherwise is closed.
//! What the header holds besides addresses (TLVs) is stepped over, but for the checksum.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

/// Section 2.2: what version 2 begins with.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Section 2.1: a line of version 1 has 107 bytes at most.
const LINE: usize = 107;
/// Bytes of addresses and TLVs that are read at most. Known senders need some hundreds.
const BLOCK: usize = 4096;
/// Section 2.2: the TLV of the checksum.
const CRC32C: u8 = 0x03;

/// The two ends of a connection, as the load balancer saw them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ends {
    pub(super) caller: SocketAddr,
    pub(super) called: SocketAddr,
}

/// Reads the header, and nothing more; none when it names nobody (`LOCAL`, `UNKNOWN`, `UNSPEC`).
///
/// # Errors
/// When there is no header, or a broken one, or the connection ends.
pub(super) async fn read(tcp: &mut TcpStream) -> io::Result<Option<Ends>> {
    let mut first = [0; SIGNATURE.len()];
    tcp.read_exact(&mut first).await?;
    let read = if first == *SIGNATURE { read_block(tcp).await? } else { read_line(tcp, &first).await? };
    read.map_err(|Malformed| io::Error::new(io::ErrorKind::InvalidData, "no PROXY header"))
}

async fn read_block(tcp: &mut TcpStream) -> io::Result<Result<Option<Ends>, Malformed>> {
    let mut fixed = [0; 4];
    tcp.read_exact(&mut fixed).await?;
    let [command, family, high, low] = fixed;
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length > BLOCK {
        return Ok(Err(Malformed));
    }
    let mut block = vec![0; length];
    tcp.read_exact(&mut block).await?;
    Ok(version_2(command, family, &block))
}

async fn read_line(tcp: &mut TcpStream, first: &[u8]) -> io::Result<Result<Option<Ends>, Malformed>> {
    let mut line = first.to_vec();
    while line.starts_with(b"PROXY ") && line.len() < LINE {
        // Looked at before it is taken: what follows the line is not ours.
        let mut seen = [0; LINE];
        let room = LINE - line.len();
        let seen = seen.get_mut(..room).unwrap_or_default();
        let came = tcp.peek(seen).await?;
        let end = seen.get(..came).and_then(|seen| memchr::memchr(b'\n', seen));
        let taken = end.map_or(came, |end| end + 1);
        let seen = seen.get_mut(..taken).unwrap_or_default();
        tcp.read_exact(seen).await?;
        line.extend_from_slice(seen);
        if taken == 0 || end.is_some() {
            break;
        }
    }
    Ok(version_1(&line))
}

/// A header that does not follow the rules.
#[derive(Debug, PartialEq, Eq)]
struct Malformed;

/// `PROXY TCP4 203.0.113.7 10.0.0.1 4711 443`
fn version_1(line: &[u8]) -> Result<Option<Ends>, Malformed> {
    let text = std::str::from_utf8(line).map_err(|_| Malformed)?;
    let text = text.strip_suffix("\r\n").and_then(|text| text.strip_prefix("PROXY ")).ok_or(Malformed)?;
    if text == "UNKNOWN" || text.starts_with("UNKNOWN ") {
        return Ok(None);
    }
    let words: Vec<&str> = text.split(' ').collect();
    let &[family, caller, called, from, to] = words.as_slice() else { return Err(Malformed) };
    let end = |address: &str, port: &str| -> Result<SocketAddr, Malformed> {
        let address = match family {
            "TCP4" => address.parse::<Ipv4Addr>().map(IpAddr::from).ok(),
            "TCP6" => address.parse::<Ipv6Addr>().map(IpAddr::from).ok(),
            _ => None,
        };
        let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|_| is_number);
        Ok(SocketAddr::new(address.ok_or(Malformed)?, port.ok_or(Malformed)?))
    };
    Ok(Some(Ends { caller: end(caller, from)?, called: end(called, to)? }))
}

/// What follows the signature and the length.
fn version_2(command: u8, family: u8, block: &[u8]) -> Result<Option<Ends>, Malformed> {
    let (ends, tlvs) = match family {
        // TCP over IPv4 and IPv6; UDP has no place here.
        0x11 => ends::<4>(block)?,
        0x21 => ends::<16>(block)?,
        0x00 => (None, &[][..]),
        0x31 => (None, block.get(216..).ok_or(Malformed)?),
        _ => return Err(Malformed),
    };
    checked(command, family, block, tlvs)?;
    match command {
        0x20 => Ok(None),
        0x21 => Ok(ends),
        _ => Err(Malformed),
    }
}

/// Two addresses, two ports, and what follows them.
fn ends<const N: usize>(block: &[u8]) -> Result<(Option<Ends>, &[u8]), Malformed>
where
    IpAddr: From<[u8; N]>,
{
    let (caller, rest) = block.split_first_chunk::<N>().ok_or(Malformed)?;
    let (called, rest) = rest.split_first_chunk::<N>().ok_or(Malformed)?;
    let (from, rest) = rest.split_first_chunk::<2>().ok_or(Malformed)?;
    let (to, tlvs) = rest.split_first_chunk::<2>().ok_or(Malformed)?;
    let end = |address: &[u8; N], port: &[u8; 2]| {
        SocketAddr::new(IpAddr::from(*address), u16::from_be_bytes(*port))
    };
    Ok((Some(Ends { caller: end(caller, from), called: end(called, to) }), tlvs))
}

/// Steps over the TLVs; a checksum among them must be right: that of the whole header with zeros in its place.
fn checked(command: u8, family: u8, block: &[u8], mut tlvs: &[u8]) -> Result<(), Malformed> {
    while let Some(([kind, high, low], rest)) = tlvs.split_first_chunk::<3>() {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let (value, next) = rest.split_at_checked(length).ok_or(Malformed)?;
        if *kind == CRC32C {
            let said = <[u8; 4]>::try_from(value).map_err(|_| Malformed)?;
            let at = block.len() - next.len() - value.len();
            let after = block.get(at + value.len()..).ok_or(Malformed)?;
            let length = u16::try_from(block.len()).map_err(|_| Malformed)?.to_be_bytes();
            let before = block.get(..at).ok_or(Malformed)?;
            let fixed = [command, family, length[0], length[1]];
            if crc32c(&[SIGNATURE, &fixed, before, &[0; 4], after]) != u32::from_be_bytes(said) {
                return Err(Malformed);
            }
        }
        tlvs = next;
    }
    if tlvs.is_empty() { Ok(()) } else { Err(Malformed) }
}

/// The checksum of RFC 4960 appendix B: polynomial 0x1EDC6F41, reflected.
fn crc32c(parts: &[&[u8]]) -> u32 {
    let step = |crc: u32, byte: u8| {
        let shift = |crc: u32, _| (crc >> 1) ^ (0x82f6_3b78 & (crc & 1).wrapping_neg());
        (0..8).fold(crc ^ u32::from(byte), shift)
    };
    !parts.iter().flat_map(|part| part.iter().copied()).fold(!0, step)
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::*;
    use crate::fuzzing::{Chance, FACTOR};

    fn ends_of(caller: &str, called: &str) -> Result<Option<Ends>, Malformed> {
        Ok(Some(Ends { caller: caller.parse().unwrap(), called: called.parse().unwrap() }))
    }

    /// Examples of section 2.1, and what departs from it.
    #[test]
    fn a_line_of_version_1_is_taken_or_refused() {
        for (line, expected) in [
            (
                "PROXY TCP4 255.255.255.255 192.0.2.1 65535 443\r\n",
                ends_of("255.255.255.255:65535", "192.0.2.1:443"),
            ),
            ("PROXY TCP6 2001:db8::1 ::1 4711 443\r\n", ends_of("[2001:db8::1]:4711", "[::1]:443")),
            ("PROXY UNKNOWN\r\n", Ok(None)),
            ("PROXY UNKNOWN ffff::1 ffff::1 65535 65535\r\n", Ok(None)),
            ("PROXY TCP4 192.0.2.7 192.0.2.1 65536 443\r\n", Err(Malformed)),
            ("PROXY TCP4 192.0.2.7 192.0.2.1 +1 443\r\n", Err(Malformed)),
            ("PROXY TCP4 192.0.2.7 192.0.2.1 4711\r\n", Err(Malformed)),
            ("PROXY TCP4 192.0.2.7  192.0.2.1 4711 443\r\n", Err(Malformed)),
            ("PROXY TCP4 ::1 ::1 4711 443\r\n", Err(Malformed)),
            ("PROXY UDP4 192.0.2.7 192.0.2.1 4711 443\r\n", Err(Malformed)),
            ("PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\n", Err(Malformed)),
            ("proxy UNKNOWN\r\n", Err(Malformed)),
            ("GET / HTTP/1.1\r\n", Err(Malformed)),
        ] {
            assert_eq!(version_1(line.as_bytes()), expected, "{line}");
        }
    }

    /// RFC 3720 appendix B.4: known checksums.
    #[test]
    fn the_checksum_is_castagnolis() {
        assert_eq!(crc32c(&[&[0; 32]]), 0x8a91_36aa);
        assert_eq!(crc32c(&[&[0xff; 16], &[0xff; 16]]), 0x62a8_ab43);
        assert_eq!(crc32c(&[b"123456789"]), 0xe306_9283);
    }

    fn block(tlvs: &[u8]) -> Vec<u8> {
        [&[203, 0, 113, 7, 10, 0, 0, 1, 0x12, 0x67, 0x01, 0xbb][..], tlvs].concat()
    }

    /// Section 2.2.
    #[test]
    fn a_header_of_version_2_is_taken_or_refused() {
        let known = ends_of("203.0.113.7:4711", "10.0.0.1:443");
        assert_eq!(version_2(0x21, 0x11, &block(&[])), known);
        assert_eq!(version_2(0x21, 0x11, &block(&[0x04, 0, 2, 0, 0])), known);
        let six = [&[0; 15][..], &[1], &[0; 15], &[2], &[0, 1, 0, 2]].concat();
        assert_eq!(version_2(0x21, 0x21, &six), ends_of("[::1]:1", "[::2]:2"));
        // A health check of the balancer itself, with and without addresses.
        assert_eq!(version_2(0x20, 0x11, &block(&[])), Ok(None));
        assert_eq!(version_2(0x20, 0x00, &[]), Ok(None));
        // Sockets of Unix, and families that are not said.
        assert_eq!(version_2(0x21, 0x31, &[0; 216]), Ok(None));
        assert_eq!(version_2(0x21, 0x00, &[1, 2, 3]), Ok(None));
        for (command, family, block) in [
            (0x22, 0x11, block(&[])),
            (0x11, 0x11, block(&[])),
            (0x21, 0x12, block(&[])),
            (0x21, 0x11, vec![0; 11]),
            (0x21, 0x21, vec![0; 35]),
            (0x21, 0x11, block(&[0x04, 0, 2, 0])),
            (0x21, 0x11, block(&[0x04])),
        ] {
            assert_eq!(version_2(command, family, &block), Err(Malformed), "{command} {family} {block:?}");
        }
    }

    #[test]
    fn a_checksum_must_be_right_where_there_is_one() {
        let empty = block(&[0x03, 0, 4, 0, 0, 0, 0, 0x04, 0, 0]);
        let length = u16::try_from(empty.len()).unwrap().to_be_bytes();
        let sum = crc32c(&[SIGNATURE, &[0x21, 0x11], &length, &empty]).to_be_bytes();
        let right = block(&[&[0x03, 0, 4][..], &sum, &[0x04, 0, 0]].concat());
        assert!(version_2(0x21, 0x11, &right).is_ok_and(|ends| ends.is_some()));
        assert_eq!(version_2(0x21, 0x11, &empty), Err(Malformed));
        assert_eq!(version_2(0x21, 0x11, &block(&[0x03, 0, 2, 0, 0])), Err(Malformed));
    }

    /// What a fuzzer calls, too. Whoever is named is named in the header's own words.
    fn fuzz_line(data: &[u8]) {
        if let Ok(Some(Ends { caller, called })) = version_1(data) {
            let family = if caller.is_ipv4() { "TCP4" } else { "TCP6" };
            let (from, to) = (caller.port(), called.port());
            let again = format!("PROXY {family} {} {} {from} {to}\r\n", caller.ip(), called.ip());
            assert_eq!(version_1(again.as_bytes()), Ok(Some(Ends { caller, called })), "{again}");
            assert!(data.starts_with(b"PROXY TCP") && data.ends_with(b"\r\n"), "{data:x?}");
        }
    }

    /// Likewise.
    fn fuzz_block(data: &[u8]) {
        let Some(([command, family], block)) = data.split_first_chunk::<2>() else { return };
        if let Ok(Some(Ends { caller, called })) = version_2(*command, *family, block) {
            assert_eq!(*command, 0x21, "{data:x?}");
            let octets = |end: SocketAddr| match end.ip() {
                IpAddr::V4(ip) => ip.octets().to_vec(),
                IpAddr::V6(ip) => ip.octets().to_vec(),
            };
            let ports = [caller.port().to_be_bytes(), called.port().to_be_bytes()].concat();
            let own = [octets(caller), octets(called), ports].concat();
            assert!(block.starts_with(&own), "{data:x?}");
        }
    }

    /// Headers of version 2: what follows the signature but for the length.
    fn blocks() -> Vec<Vec<u8>> {
        let six = [&[0x21, 0x21][..], &[0; 15], &[1], &[0; 15], &[2], &[0, 1, 0, 2]].concat();
        let four = |tlvs: &[u8]| [&[0x21, 0x11][..], &block(tlvs)].concat();
        vec![four(&[]), four(&[0x04, 0, 2, 0, 0, 0x03, 0, 4, 1, 2, 3, 4]), six, vec![0x20, 0x00]]
    }

    const LINES: [&str; 3] = [
        "PROXY TCP4 203.0.113.7 10.0.0.1 4711 443\r\n",
        "PROXY TCP6 2001:db8::1 ::1 4711 443\r\n",
        "PROXY UNKNOWN ffff::1 ffff::1 65535 65535\r\n",
    ];

    #[test]
    fn fuzz_headers_name_whom_they_say_or_nobody() {
        let (mut chance, blocks) = (Chance::new(), blocks());
        for _ in 0..20_000 * FACTOR {
            let (line, block) = (chance.of(&LINES), chance.of(&blocks));
            fuzz_line(&chance.mutated(line.as_bytes()));
            fuzz_block(&chance.mutated(block));
        }
    }

    /// A header with its signature and length.
    fn header(data: &[u8]) -> Vec<u8> {
        let (fixed, block) = data.split_at(data.len().min(2));
        let length = u16::try_from(block.len()).unwrap().to_be_bytes();
        [SIGNATURE, fixed, &length, block].concat()
    }

    /// The bytes that a header takes of those that came, and what it says; none when there is no whole one.
    fn taken(bytes: &[u8]) -> Option<(usize, Result<Option<Ends>, Malformed>)> {
        if let Some(rest) = bytes.strip_prefix(SIGNATURE) {
            let ([command, family, high, low], block) = rest.split_first_chunk::<4>()?;
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            return Some((16 + length, version_2(*command, *family, block.get(..length)?)));
        }
        let end = bytes.iter().position(|byte| *byte == b'\n')? + 1;
        Some((end, version_1(&bytes[..end])))
    }

    /// Section 2: the header is followed at once by what the caller says, of which nothing may be taken.
    #[tokio::test]
    async fn fuzz_what_follows_a_header_is_left_for_others() {
        const NEXT: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = listener.local_addr().unwrap();
        let seeds: Vec<Vec<u8>> =
            blocks().iter().map(|block| header(block)).chain(LINES.map(|line| line.into())).collect();
        let mut chance = Chance::new();
        for round in 0..200 * FACTOR {
            let seed = &seeds[round % seeds.len()];
            let head = if round < seeds.len() { seed.clone() } else { chance.mutated(seed) };
            let sent = [&head, NEXT].concat();
            let (mut caller, ours) = tokio::join!(TcpStream::connect(to), listener.accept());
            let (caller, mut ours) = (caller.as_mut().unwrap(), ours.unwrap().0);
            caller.set_nodelay(true).unwrap();
            let pieces = chance.pieces(&sent, 60);
            let talk = async {
                for piece in pieces {
                    caller.write_all(piece).await.unwrap();
                    tokio::task::yield_now().await;
                }
                caller.shutdown().await.unwrap();
            };
            let (read, ()) = tokio::join!(read(&mut ours), talk);
            let mut left = Vec::new();
            ours.read_to_end(&mut left).await.unwrap();
            assert!(sent.ends_with(&left), "{head:x?}");
            if let Ok(ends) = read {
                let used = sent.len() - left.len();
                assert_eq!(taken(&sent), Some((used, Ok(ends))), "{head:x?}");
            }
            assert!(round >= seeds.len() || left == NEXT, "{head:x?}");
        }
    }
}
