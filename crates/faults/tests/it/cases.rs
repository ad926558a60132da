//! The files of `tests/cases`: a fault of a model, a call, and what everybody sees of it.

use std::path::Path;

use faults::{Fault, Step};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// One file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Case {
    /// The name of the file.
    #[serde(skip)]
    pub(crate) name: String,
    /// What fails, for the page.
    pub(crate) title: String,
    /// Where the facts are from.
    #[expect(dead_code, reason = "for who reads the file")]
    pub(crate) source: Option<String>,
    pub(crate) fault: Option<Fault>,
    /// What a model of HTTP/2 does instead, frame by frame.
    pub(crate) script: Option<Vec<Step>>,
    /// The port refuses connections.
    #[serde(default)]
    pub(crate) refuses: bool,
    #[serde(default)]
    pub(crate) call: Call,
    pub(crate) caller: Caller,
    #[serde(default)]
    pub(crate) record: Record,
    pub(crate) model: Model,
}

/// The call, and the policy that it meets.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Call {
    pub(crate) stream: bool,
    /// The backend section.
    pub(crate) backend: String,
    /// What follows `<base />` in the outbound section.
    pub(crate) outbound: String,
    /// Events that the caller reads before the fault may go on.
    pub(crate) events: Option<usize>,
    /// Whether the caller then leaves.
    pub(crate) leaves: bool,
    /// Whether the gateway speaks HTTP/2 to the model.
    pub(crate) http2: bool,
    /// Bytes of a prompt.
    pub(crate) prompt: usize,
    /// `errors` of the API.
    pub(crate) errors: Option<String>,
}

impl Default for Call {
    fn default() -> Self {
        Self {
            stream: false,
            backend: "<forward-request />".into(),
            outbound: String::new(),
            events: None,
            leaves: false,
            http2: false,
            prompt: 5,
            errors: None,
        }
    }
}

/// How an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Ends {
    /// As it should.
    Whole,
    /// In a way that nobody takes for its end: without the last chunk, or with a reset of the stream.
    Broken,
    /// The same, after everything that it should say.
    Unended,
    /// With an event that says what failed, in the dialect of the API, after whole events only; then as it should.
    Told,
    /// The caller did not wait for it.
    Left,
}

/// Whether the head of the answer reaches the caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Head {
    #[default]
    Surely,
    /// The body may break off before the head was written, or the connection end while the caller still sends its own: then
    /// it ends without one.
    Perhaps,
}

/// What the caller sees.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Caller {
    /// None where the caller leaves before there is one.
    pub(crate) status: Option<u16>,
    pub(crate) ends: Ends,
    #[serde(default)]
    pub(crate) head: Head,
    #[serde(default)]
    pub(crate) contains: Vec<String>,
    #[serde(default)]
    pub(crate) lacks: Vec<String>,
}

/// What the access record says besides the caller's status.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Record {
    #[serde(default)]
    pub(crate) success: bool,
    pub(crate) reason: Option<String>,
    pub(crate) section: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) message: Option<String>,
    /// The status that the model answered.
    pub(crate) backend: Option<u16>,
}

/// What the model sees.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Model {
    /// Requests; over HTTP/2 without a script, connections that were made for one.
    pub(crate) calls: u64,
    /// Connections, where they count.
    pub(crate) connections: Option<u64>,
}

/// All of them, by name.
pub(crate) fn all() -> Vec<Case> {
    files("tests/cases", |case: &mut Case, name| case.name = name)
}

/// The files of a folder, by name.
pub(crate) fn files<C: DeserializeOwned>(folder: &str, call: impl Fn(&mut C, String)) -> Vec<C> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(folder).expect("the cases");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    paths.sort_by(|one, other| one.file_stem().cmp(&other.file_stem()));
    assert!(!paths.is_empty());
    let read = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).expect("a file");
        let case = toml::from_str(&text);
        let mut case: C = case.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        call(&mut case, path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned());
        case
    };
    paths.iter().map(read).collect()
}
