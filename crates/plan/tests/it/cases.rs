use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use artifacts::{MemoryFolder, Options, load};
use model::Configuration;
use plan::{Change, Kind, access, access_text, compare, difference_text};

type Files = BTreeMap<String, Vec<u8>>;

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn files(root: &Path, below: &Path, files: &mut Files) {
    let Ok(entries) = std::fs::read_dir(below) else { return };
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            self::files(root, &path, files);
            continue;
        }
        let name = path.strip_prefix(root).expect("below").to_str().expect("UTF-8").to_owned();
        match std::fs::read(&path).expect("a file") {
            empty if empty.is_empty() => _ = files.remove(&name),
            bytes => _ = files.insert(name, bytes),
        }
    }
}

fn configuration(files: &Files) -> Configuration {
    let (configuration, problems) = load(&MemoryFolder::new(files.clone()), &Options::default());
    // Workspaces are compared whether they are served or not.
    let is_wrong = |each: &&source::Diagnostic| {
        each.severity == source::Severity::Error && each.code != "not-yet-supported"
    };
    assert_eq!(problems.iter().filter(is_wrong).count(), 0, "{}", source::render_all(&problems));
    configuration
}

fn side(case: &Path, side: &str) -> Configuration {
    let mut all = Files::new();
    files(&tests().join("base"), &tests().join("base"), &mut all);
    files(&case.join(side), &case.join(side), &mut all);
    configuration(&all)
}

fn cases() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(tests().join("cases")).expect("cases");
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    cases.sort();
    assert!(cases.len() >= 20, "there are cases");
    cases
}

fn name(case: &Path) -> &str {
    case.file_name().and_then(|name| name.to_str()).expect("a name")
}

fn expect(file: &Path, found: &str) {
    if std::env::vars().any(|(name, _)| name == "CARDEA_UPDATE") {
        std::fs::write(file, found).expect("a file");
    }
    let expected = std::fs::read_to_string(file).unwrap_or_default();
    assert!(found == expected, "{}\n{found}", file.display());
}

#[test]
fn what_changes_is_told() {
    for case in cases() {
        let difference = compare(&side(&case, "a"), &side(&case, "b"));
        expect(&case.join("expected.txt"), &difference_text(&difference));
        let one = std::fs::read_to_string(case.join("one.txt")).unwrap_or_default();
        for code in one.lines() {
            let found: Vec<&Change> = difference.changes.iter().filter(|each| each.code() == code).collect();
            assert_eq!(found.len(), 1, "{}: {code}: {found:#?}", name(&case));
        }
    }
}

#[test]
fn nothing_changes_between_a_folder_and_itself() {
    for case in cases() {
        for which in ["a", "b"] {
            // Read twice, so that nothing is the same in memory.
            let difference = compare(&side(&case, which), &side(&case, which));
            assert!(difference.is_empty(), "{}: {:#?}", name(&case), difference.changes);
        }
    }
}

/// What a change is the other way round, without its weight and its place.
fn told(change: &Change) -> String {
    let detail = |detail: &plan::Detail| format!("{} {:?} {:?}", detail.what, detail.before, detail.after);
    let mut details: Vec<String> = change.details.iter().map(detail).collect();
    details.sort();
    let how = change.how.name();
    format!(
        "{} {how} {} {:?} {:?} {:?} {details:?}",
        change.kind.name(),
        change.what,
        change.property,
        change.before,
        change.after
    )
}

fn mirrored(mut change: Change) -> String {
    change.how = change.how.mirrored();
    std::mem::swap(&mut change.before, &mut change.after);
    for detail in &mut change.details {
        std::mem::swap(&mut detail.before, &mut detail.after);
    }
    told(&change)
}

#[test]
fn the_way_back_is_the_mirror_of_the_way_there() {
    for case in cases() {
        let (a, b) = (side(&case, "a"), side(&case, "b"));
        let mut there: Vec<String> = compare(&a, &b).changes.iter().map(told).collect();
        let mut back: Vec<String> = compare(&b, &a).changes.into_iter().map(mirrored).collect();
        there.sort();
        back.sort();
        assert_eq!(there, back, "{}", name(&case));
    }
}

/// What somebody gains is what the table of access has more, and nothing is gained where the tables are the same.
#[test]
fn access_changes_where_its_tables_differ() {
    for case in cases() {
        let (a, b) = (side(&case, "a"), side(&case, "b"));
        let same = access_text(&access(&a)) == access_text(&access(&b));
        let changes = compare(&a, &b).changes;
        let scopes =
            changes.iter().filter(|each| each.kind == Kind::Access && !each.what.contains("subscription"));
        assert!(!same || scopes.count() == 0, "{}", name(&case));
    }
}

#[test]
fn who_can_reach_what_is_a_table() {
    expect(&tests().join("access.txt"), &access_text(&access(&side(Path::new("/nowhere"), "a"))));
}
