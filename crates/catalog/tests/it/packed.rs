//! A folder that is packed, and read again without it.

use std::path::{Path, PathBuf};

use artifacts::saved::Damaged;
use artifacts::{FolderSource, Library, Options, load_after};
use catalog::{Catalog as _, FolderCatalog, Packed, Scope};
use source::Elsewhere;
use std::sync::Arc;

use crate::support::{Place, now, text};

/// What was packed and what was read, in sections.
#[derive(Clone)]
struct Sections {
    files: Vec<Vec<u8>>,
    units: Vec<Vec<u8>>,
}

impl Sections {
    fn of(packed: &Packed, library: &Library) -> Self {
        let (mut files, mut units) = (Vec::new(), Vec::new());
        let keep = |into: &mut Vec<Vec<u8>>, section: Vec<u8>| {
            into.push(section);
            Ok::<(), ()>(())
        };
        packed.write(|section| keep(&mut files, section)).unwrap();
        library.write(|section| keep(&mut units, section)).unwrap();
        Self { files, units }
    }

    fn read(&self) -> Result<(Packed, Library), Damaged> {
        let packed = Packed::read(self.files.len(), |at| self.files.get(at).cloned().ok_or(Damaged))?;
        let texts: Arc<dyn Elsewhere> = Arc::new(packed.clone());
        let open = |at: usize| self.units.get(at).cloned().ok_or(Damaged);
        let library = Library::read(self.units.len(), open, &texts)?;
        Ok((packed, library))
    }
}

/// The configuration of a folder in words, and what is kept of it.
fn read(folder: &dyn FolderSource, before: Library) -> (String, Library) {
    let (configuration, problems, library) = load_after(before, folder, &Options::default());
    (format!("{configuration:#?} {problems:#?}"), library)
}

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let cases = root.join("crates/artifacts/tests/folders");
    let cases = std::fs::read_dir(cases).unwrap().map(|entry| entry.unwrap().path());
    cases
        .filter(|path| path.is_dir())
        .chain([root.join("examples/demo"), root.join("examples/identity/apim")])
        .collect()
}

#[test]
fn what_was_saved_of_a_folder_is_what_the_folder_says() {
    for folder in folders() {
        let catalog = FolderCatalog::new(&folder, None, now());
        let reading = catalog.begin(Scope::Everything).unwrap();
        let (fresh, library) = read(&*reading, Library::default());
        let version = reading.finish().unwrap();
        let moment = catalog.moment().unwrap();
        let packed = moment.pack(None).unwrap();
        assert_eq!(packed.revision(), &version.revision);

        let (packed, library) = Sections::of(&packed, &library).read().unwrap();
        let away = packed.reading(version.commit.clone());
        assert_eq!(read(&*away, library.clone()).0, fresh, "{}, with what was read", folder.display());
        assert_eq!(read(&*away, Library::default()).0, fresh, "{}, without it", folder.display());
        assert_eq!(away.finish().unwrap(), version);

        let later = FolderCatalog::new(&folder, None, now());
        later.recall(&packed.moment());
        let reading = later.begin(Scope::Everything).unwrap();
        assert_eq!(read(&*reading, library).0, fresh, "{}, with the folder", folder.display());
        assert_eq!(reading.finish().unwrap(), version);
    }
}

#[test]
fn texts_are_found_by_name_and_digest() {
    let place = Place::with(&[("apis/a/policy.xml", "\u{feff}one"), ("apis/b/x", "two"), ("z", "three")]);
    let catalog = place.catalog();
    let reading = catalog.begin(Scope::Everything).unwrap();
    for path in ["apis/a/policy.xml", "apis/b/x", "z"] {
        reading.read(path).unwrap();
    }
    let digest = |path| reading.digest(path).unwrap();
    let digests = [digest("apis/a/policy.xml"), digest("apis/b/x"), digest("z")];
    reading.finish().unwrap();
    let packed = catalog.moment().unwrap().pack(None).unwrap();
    assert_eq!(packed.text("apis/a/policy.xml", digests[0]).unwrap(), "one");
    assert_eq!(packed.text("z", digests[2]).unwrap(), "three");
    assert_eq!(packed.text("z", digests[1]), None);
    assert_eq!(packed.text("apis/none", digests[1]), None);
    assert_eq!(text(&*packed.reading(None), "apis/b/x"), "two");
}

#[test]
fn a_folder_that_has_changed_since_is_not_packed() {
    let place = Place::with(&[("apis/a/policy.xml", "one"), ("z", "three")]);
    let catalog = place.catalog();
    catalog.begin(Scope::Everything).unwrap().finish().unwrap();
    let moment = catalog.moment().unwrap();
    let packed = moment.pack(None).unwrap();
    place.write("apim/z", "other");
    assert!(moment.pack(None).unwrap_err().to_string().contains("`z`"));
    // What was packed before need not be read again.
    assert_eq!(moment.pack(Some(&packed)).unwrap().revision(), packed.revision());
}

/// Whatever bytes there are, reading them ends, and ends well.
#[test]
fn damaged_bytes_are_an_error_or_another_folder_and_never_a_panic() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/demo");
    let catalog = FolderCatalog::new(root, None, now());
    let reading = catalog.begin(Scope::Everything).unwrap();
    let (_, library) = read(&*reading, Library::default());
    reading.finish().unwrap();
    let whole = Sections::of(&catalog.moment().unwrap().pack(None).unwrap(), &library);
    let mut state = 1_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below.max(1)
    };
    let mut errors = 0;
    for round in 0..3_000 {
        let mut sections = whole.clone();
        let list = if round % 2 == 0 { &mut sections.files } else { &mut sections.units };
        let at = random(list.len());
        let section = &mut list[at];
        match random(3) {
            0 => section.truncate(random(section.len())),
            1 => (0..=random(4)).for_each(|_| {
                let at = random(section.len());
                section[at] = u8::try_from(random(256)).unwrap();
            }),
            _ => {
                let (from, to) = (random(section.len()), random(section.len()));
                let piece: Vec<u8> = section.iter().skip(from).take(8).copied().collect();
                section.splice(to..to, piece);
            }
        }
        match sections.read() {
            Ok((packed, library)) if round % 20 < 2 => drop(read(&*packed.reading(None), library)),
            Ok(_) => {}
            Err(Damaged) => errors += 1,
        }
    }
    assert!(errors > 1_000, "{errors}");
}
