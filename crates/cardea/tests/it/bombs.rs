//! Small bodies that become large, or deep, when a policy reads them: each ends with an error, and the process stays as it
//! is.

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use crate::harness::{Api, Folder, Policy, Start};

/// What the bombs hold: zeros, 64 times the limit.
const FULL: usize = 64 * 1024 * 1024;

fn zeros(mut encoder: impl std::io::Write) {
    let piece = vec![0; 1024 * 1024];
    for _ in 0..FULL / piece.len() {
        encoder.write_all(&piece).expect("compressed");
    }
    encoder.flush().expect("compressed");
}

fn gzip() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    zeros(&mut encoder);
    encoder.finish().expect("compressed")
}

fn zlib() -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    zeros(&mut encoder);
    encoder.finish().expect("compressed")
}

fn deflate() -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    zeros(&mut encoder);
    encoder.finish().expect("compressed")
}

/// RFC 8878 section 3.1.1: a frame with a window of 8 MiB and blocks that repeat one byte 128 KiB times each.
fn zstd() -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 13 << 3];
    let blocks = FULL / (128 * 1024);
    for number in 1..=blocks {
        let head: u32 = (128 * 1024) << 3 | 1 << 1 | u32::from(number == blocks);
        frame.extend_from_slice(&head.to_le_bytes()[..3]);
        frame.push(0);
    }
    frame
}

/// RFC 8878 section 3.1.1.1.2: one byte of content, with a window of 64 MiB, which a reader would have to make room for.
fn wide_zstd() -> Vec<u8> {
    vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 16 << 3, 0x09, 0x00, 0x00, b'a']
}

/// 16 MiB of `a` in 14 bytes, field by field; sections are those of RFC 7932. Another decoder of Brotli (Node's `zlib`)
/// unfolds it to just that.
fn brotli() -> Vec<u8> {
    const LENGTH: u32 = 16 * 1024 * 1024;
    /// Values with their widths in bits, the least significant bit first (1.5.1).
    const FIELDS: [(u32, u32); 24] = [
        // The stream's header (9.1): a window of 4 MiB, WBITS 17 + 5.
        (1, 1),
        (3, 5),
        // The metablock's (9.2): the last one, not empty; its length less one in 4 + 2 nibbles.
        (1, 1),
        (1, 0),
        (2, 2),
        (24, LENGTH - 1),
        // One type of block each for literals, lengths and distances; no postfix bits, no direct distances.
        (1, 0),
        (1, 0),
        (1, 0),
        (2, 0),
        (4, 0),
        // A context mode for literals, which means nothing with one tree; one tree for literals and one for distances.
        (2, 0),
        (1, 0),
        (1, 0),
        // Simple prefix codes with one symbol, which takes no bit afterwards (3.4): the literal `a`,
        (2, 1),
        (2, 0),
        (8, b'a' as u32),
        // inserting 4 literals and copying as much as a length of 24 bits says, code 384 + 4 * 8 + 7 (5),
        (2, 1),
        (2, 0),
        (10, 423),
        // and the last distance, which is 4 at first (4).
        (2, 1),
        (2, 0),
        (6, 0),
        // The one command: what is copied beyond 2118 bytes (5).
        (24, LENGTH - 4 - 2118),
    ];
    let mut bits = FIELDS.iter().flat_map(|(width, value)| (0..*width).map(move |bit| value >> bit & 1));
    let mut bytes = Vec::new();
    while let Some(first) = bits.next() {
        let byte = bits.by_ref().take(7).zip(1..).fold(first, |byte, (bit, at)| byte | bit << at);
        bytes.push(u8::try_from(byte).expect("eight bits"));
    }
    bytes
}

/// Bytes of memory that a process has.
fn memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its memory");
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().expect("a number") * 1024
}

fn reading(expression: &str) -> Policy {
    Policy::inbound(&format!("<return-response><set-body>{expression}</set-body></return-response>"))
}

#[tokio::test]
async fn what_unfolds_is_not_unfolded() {
    let api = |name: &str, expression: &str| Api::new(name).policy(reading(expression));
    let folder = Folder::new()
        .api(&api("text", "@(context.Request.Body.As<string>().Length.ToString())"))
        .api(&api("json", "@(context.Request.Body.As<JToken>().Type.ToString())"))
        .api(&api("xml", "@(context.Request.Body.As<XElement>().Value)"));
    let start = Start::new(folder).set("limits.expanded-body", "1048576");
    let mut gateway = start.start().await;
    let entities: String = (1..20).map(|n| format!("<!ENTITY e{n} \"&e{};&e{};\">", n - 1, n - 1)).collect();
    let laughs = format!("<!DOCTYPE a [<!ENTITY e0 \"ha\">{entities}]><a>&e19;</a>");
    let outside = "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>&e;</a>";
    let bombs: [(&str, &str, Vec<u8>); 13] = [
        ("text", "gzip", gzip()),
        ("text", "GZIP", gzip()),
        ("text", "deflate", zlib()),
        ("text", "deflate", deflate()),
        ("text", "zstd", zstd()),
        ("text", "zstd", wide_zstd()),
        ("text", "br", brotli()),
        ("text", "gzip, gzip", gzip()),
        ("json", "", "[".repeat(500_000).into_bytes()),
        ("json", "", "{\"a\":".repeat(200_000).into_bytes()),
        ("xml", "", "<a>".repeat(300_000).into_bytes()),
        ("xml", "", laughs.into_bytes()),
        ("xml", "", outside.as_bytes().to_vec()),
    ];
    let before = memory(gateway.pid());
    for (path, coding, body) in bombs {
        let mut call = gateway.call("POST", &format!("/{path}/x")).body(body);
        if !coding.is_empty() {
            call = call.header("content-encoding", coding);
        }
        let answer = call.send().await;
        let record = gateway.record().await;
        assert!(matches!(answer.status, 400..=599), "{path} {coding}: {} {}", answer.status, answer.text());
        assert!(record["lastError"]["reason"].is_string(), "{path} {coding}: {record}");
        // It is the limit that ends them, not that they are none.
        let message = record["lastError"]["message"].as_str().unwrap_or_default();
        assert_eq!(
            !coding.is_empty(),
            message.contains("expands to more than 1048576 bytes"),
            "{path} {coding}: {record}"
        );
        assert!(!answer.text().contains("root:"), "{path}");
    }
    let after = memory(gateway.pid());
    assert!(after < before + 48 * 1024 * 1024, "{before} {after}");
}
