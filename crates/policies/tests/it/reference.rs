//! Pages and schema are what the declarations say.

use std::fs;
use std::path::{Path, PathBuf};

use policies::reference::{File, files};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn fresh(file: &File) -> bool {
    // Line ends are a matter of the checkout.
    fs::read_to_string(root().join(&file.path)).is_ok_and(|text| text.replace("\r\n", "\n") == file.text)
}

/// Set, it writes the files instead of comparing them.
const UPDATE: &str = "CARDEA_UPDATE";

#[test]
fn the_checked_in_pages_are_fresh() {
    let files = files(&policies::REGISTRY);
    if std::env::var_os(UPDATE).is_some() {
        files.iter().try_for_each(write).expect("the files can be written");
    }
    let stale: Vec<_> = files.iter().filter(|file| !fresh(file)).map(|file| file.path.as_str()).collect();
    assert!(stale.is_empty(), "run `{UPDATE}=1 cargo test -p policies` to write {stale:?} anew");
}

fn write(file: &File) -> std::io::Result<()> {
    let path = root().join(&file.path);
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, &file.text)
}

/// A page of a policy that is gone would stay for ever.
#[test]
fn there_is_no_page_without_a_policy() {
    let known: Vec<String> = files(&policies::REGISTRY).into_iter().map(|file| file.path).collect();
    for entry in fs::read_dir(root().join("docs/policies")).expect("there are pages").flatten() {
        let path = format!("docs/policies/{}", entry.file_name().to_string_lossy());
        assert!(known.contains(&path), "{path}");
    }
}

#[test]
fn the_schema_is_well_formed_and_names_every_policy() {
    let files = files(&policies::REGISTRY);
    let schema = files.iter().find(|file| file.path.ends_with(".xsd")).expect("there is a schema");
    let (document, problems) =
        policy_doc::read(&source::SourceFile::new("policies.xsd", schema.text.as_str()));
    assert!(problems.is_empty(), "{}", source::render_all(&problems));
    let root = document.root().expect("there is an element");
    let types: Vec<_> =
        root.elements().filter_map(|each| each.attribute("name")).map(|each| each.value.raw()).collect();
    for entry in policies::REGISTRY.policies {
        let name = entry.spec.element;
        assert!(types.iter().any(|own| *own == name || own.starts_with(&format!("{name}-in-"))), "{name}");
    }
}
