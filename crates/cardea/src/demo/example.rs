//! The example folders, as they are in the repository, inside of the program: the demo's own, and that of identity.
//! Both become one folder, with the addresses of the demo in it.

use anyhow::{Context as _, bail};
use artifacts::MemoryFolder;
use include_dir::{Dir, include_dir};
use toml::Table;

static EXAMPLE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../examples/demo");
static IDENTITY: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../examples/identity/apim");

/// Files of the root that both folders have: tables, which are put together. The policy of the service is the demo's.
const TABLES: [&str; 2] = ["overlay.toml", "secrets.toml"];
const SERVICE_POLICY: &str = "policy.xml";

/// Where the folders say that the parties are.
const MODELS: &str = "http://127.0.0.1:8401";
const ENTRA: &str = "https://localhost:8403";
const VAULT: &str = "https://contoso.vault.azure.net";

/// Where the parties of the demo are.
pub(crate) struct Places {
    /// The models.
    pub models: String,
    /// The identity provider.
    pub entra: String,
    /// The vault, as identifiers of secrets begin.
    pub vault: String,
}

type Files = Vec<(String, Vec<u8>)>;

/// The folder with the addresses in it.
///
/// # Errors
/// When the folders no longer name an address to replace, or contradict each other.
pub(crate) fn folder(places: &Places) -> anyhow::Result<MemoryFolder> {
    let (mut files, mut more) = (Files::new(), Files::new());
    collect(&EXAMPLE, &mut files);
    collect(&IDENTITY, &mut more);
    for (path, text) in more {
        match files.iter_mut().find(|(there, _)| *there == path) {
            None => files.push((path, text)),
            Some(_) if path == SERVICE_POLICY => {}
            Some((_, there)) if TABLES.contains(&path.as_str()) => *there = both(there, &text)?,
            Some((_, there)) if *there == text => {}
            Some(_) => bail!("both examples have `{path}`"),
        }
    }
    replace(&mut files, "model-endpoint", MODELS, &places.models)?;
    replace(&mut files, "entra", ENTRA, &places.entra)?;
    for vendor in ["azure-openai", "mistral", "cohere"] {
        replace(&mut files, &format!("{vendor}-key-in-vault"), VAULT, &places.vault)?;
    }
    Ok(MemoryFolder::new(files))
}

/// Puts an address into a named value.
fn replace(files: &mut Files, name: &str, from: &str, to: &str) -> anyhow::Result<()> {
    let place = format!("named values/{name}/namedValueInformation.json");
    let found = files.iter_mut().find(|(path, _)| *path == place);
    let (_, text) = found.with_context(|| format!("the example has no `{place}`"))?;
    let read = String::from_utf8_lossy(text);
    if !read.contains(from) {
        bail!("`{place}` does not name `{from}`");
    }
    let replaced = read.replace(from, to);
    *text = replaced.into_bytes();
    Ok(())
}

/// Two files of tables as one; what the first says, counts.
fn both(first: &[u8], second: &[u8]) -> anyhow::Result<Vec<u8>> {
    let table = |text: &[u8]| String::from_utf8_lossy(text).parse::<Table>();
    let (mut merged, second) = (table(first)?, table(second)?);
    merge(&mut merged, second);
    Ok(merged.to_string().into_bytes())
}

fn merge(into: &mut Table, from: Table) {
    for (name, value) in from {
        match (into.get_mut(&name), value) {
            (Some(toml::Value::Table(there)), toml::Value::Table(more)) => {
                for (name, value) in more {
                    there.entry(name).or_insert(value);
                }
            }
            (Some(_), _) => {}
            (None, value) => drop(into.insert(name, value)),
        }
    }
}

fn collect(directory: &Dir<'_>, files: &mut Files) {
    for file in directory.files() {
        // Paths inside of the program have the separator of the machine it was built on.
        let path = file.path().to_string_lossy().replace('\\', "/");
        files.push((path, file.contents().to_vec()));
    }
    for inner in directory.dirs() {
        collect(inner, files);
    }
}
