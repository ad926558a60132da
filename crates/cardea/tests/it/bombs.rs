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

/// RFC 7932 section 9.2: a metablock of 16 MiB, and no more.
fn brotli() -> Vec<u8> {
    vec![0x5b, 0xff, 0xff, 0xff, 0x3f, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff]
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
        assert!(!answer.text().contains("root:"), "{path}");
    }
    let after = memory(gateway.pid());
    assert!(after < before + 48 * 1024 * 1024, "{before} {after}");
}
