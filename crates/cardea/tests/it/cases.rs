//! Files of cases: the first lines of each say what a case can say.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table<T> {
    case: Vec<T>,
}

/// The cases of a file below `tests/cases`.
pub(crate) fn cases<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name);
    let text = std::fs::read_to_string(&path).expect("a file of cases");
    let table: Table<T> = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    table.case
}
