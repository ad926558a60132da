//! Broken and hostile files end in problems, fast, and never in a panic. The function under test is plain, so that a
//! fuzzer can call it too.

use std::path::Path;
use std::sync::Arc;

use artifacts::{MemoryFolder, Options, OverrideFile, load, read_definition};
use source::{Diagnostics, SourceFile, render_all};

/// What a fuzzer calls: a path in a folder, and what stands there.
fn survive(path: &str, text: &[u8]) {
    let (_, problems) = load(&MemoryFolder::new([(path, text)]), &Options::default());
    let _ = render_all(&problems);
    if path.contains("specification") {
        let file = SourceFile::new(path, String::from_utf8_lossy(text));
        read_definition(&file, &mut Diagnostics::new());
    }
}

fn files(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut open = vec![root.to_path_buf()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                files.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
    files
}

/// Every file of the folder that shows everything, with single bytes changed, and cut off at every place.
#[test]
fn changed_files_are_survived() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/folders/everything");
    let changes = [b'"', b'{', b'[', b':', b'\\', b'&', b'*', b'\n', 0, 0xff, b'9'];
    for (path, text) in files(&root) {
        for at in (0..text.len()).step_by(3) {
            survive(&path, &text[..at]);
            let mut changed = text.clone();
            changed[at] = changes[at / 3 % changes.len()];
            survive(&path, &changed);
        }
    }
}

/// What a fuzzer calls: an override file for the folder that shows what it can say.
fn survive_override(folder: &MemoryFolder, text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    let overrides = Some(OverrideFile::Text(SourceFile::new("overrides.yaml", text)));
    let (_, problems) = load(folder, &Options { overrides, ..Options::default() });
    let shown = render_all(&problems);
    assert!(!shown.contains("sk-planted"), "{shown}");
}

#[test]
fn changed_override_files_are_survived_and_show_no_secret() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/folders/overrides");
    let (overrides, files): (Vec<_>, Vec<_>) =
        files(&root).into_iter().partition(|(path, _)| path == "overrides.yaml");
    let folder = MemoryFolder::new(files);
    let text = &overrides[0].1;
    let changes = [b'[', b'{', b':', b'-', b'\n', b'&', b'*', b'"', 0xff];
    for at in (0..text.len()).step_by(41) {
        survive_override(&folder, &text[..at]);
        let mut changed = text.clone();
        changed[at] = changes[at / 41 % changes.len()];
        survive_override(&folder, &changed);
    }
}

#[test]
fn deep_and_circular_documents_are_refused() {
    let read = |name: &str, text: String| {
        let mut problems = Diagnostics::new();
        read_definition(&SourceFile::new(name, text), &mut problems);
        render_all(&problems)
    };
    assert!(read("a.json", "[".repeat(200_000)).contains("nested more than"));
    assert!(!read("a.yaml", "- ".repeat(200_000)).is_empty());
    let circle =
        "openapi: 3.0.0\npaths:\n  /a: {$ref: '#/x/a'}\nx:\n  a: {$ref: '#/x/b'}\n  b: {$ref: '#/x/a'}\n";
    assert!(read("a.yaml", circle.to_owned()).contains("goes around in a circle"));
}

/// What the folder itself is called makes no difference: odd names are refused as names.
#[test]
fn odd_directory_names_are_refused() {
    let file: Arc<str> = r#"{"properties": {"displayName": "x", "path": "x"}}"#.into();
    for name in ["a#b", "a?b", &"x".repeat(300)] {
        let path = format!("apis/{name}/apiInformation.json");
        let (configuration, problems) =
            load(&MemoryFolder::new([(path, file.as_bytes())]), &Options::default());
        assert!(configuration.apis.is_empty());
        assert!(render_all(&problems).contains("error[invalid-name]"), "{name}");
    }
}
