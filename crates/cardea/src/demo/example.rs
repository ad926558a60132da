//! The example folder, as it is in the repository, inside of the program.

use anyhow::bail;
use artifacts::MemoryFolder;
use include_dir::{Dir, include_dir};

static EXAMPLE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../examples/demo");

/// Where the folder says that the models are; the demo puts the real address there.
const ENDPOINT: &str = "http://127.0.0.1:8401";

/// The folder with the address of the models in it.
///
/// # Errors
/// When the folder no longer names an address to replace.
pub(crate) fn folder(models: &str) -> anyhow::Result<MemoryFolder> {
    let mut files = Vec::new();
    collect(&EXAMPLE, &mut files);
    let place = "named values/model-endpoint/namedValueInformation.json";
    let Some((_, text)) = files.iter_mut().find(|(path, _)| path == place) else {
        bail!("the example has no `{place}`");
    };
    let replaced = String::from_utf8_lossy(text).replace(ENDPOINT, models);
    *text = replaced.into_bytes();
    Ok(MemoryFolder::new(files))
}

fn collect(directory: &Dir<'_>, files: &mut Vec<(String, Vec<u8>)>) {
    for file in directory.files() {
        // Paths inside of the program have the separator of the machine it was built on.
        let path = file.path().to_string_lossy().replace('\\', "/");
        files.push((path, file.contents().to_vec()));
    }
    for inner in directory.dirs() {
        collect(inner, files);
    }
}
