//! What an expression can reach is its request, by the catalogue, and what it computes: the crates that read and run it
//! know no file, network, process, environment, clock or randomness of the system.

use std::fs;
use std::path::{Path, PathBuf};

/// What these crates never mention.
const OUTSIDE: &[&str] = &[
    "std::fs",
    "std::env",
    "std::process",
    "std::thread",
    "std::time",
    "std::os",
    "std::io::std",
    "std::net::Tcp",
    "std::net::Udp",
    "std::net::ToSocketAddrs",
    "SystemTime::",
    "Instant::now",
    "SystemRandom",
    "OsRng",
    "thread_rng",
    "new_v4",
    "now_utc",
    "Utc::now",
    "Timestamp::now",
    "tokio",
    "option_env!",
    "File::open",
];

/// The crates that read, type and run expressions.
const CRATES: &[&str] = &["csharp", "expr"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn expressions_reach_nothing_outside_of_their_request() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut mentions = Vec::new();
    for name in CRATES {
        let mut files = Vec::new();
        sources(&crates.join(name).join("src"), &mut files);
        assert!(files.len() > 10, "{name}");
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            for (number, line) in code.enumerate() {
                let outside = OUTSIDE.iter().filter(|each| line.contains(**each));
                mentions.extend(outside.map(|each| format!("{}: {each} ({number})", file.display())));
            }
        }
    }
    assert!(mentions.is_empty(), "{mentions:#?}");
}
