//! The data under `reference/` joined with the library.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use expr::ReferenceEntry;

use super::shape::shape;

/// All types that API Management allows.
pub(crate) struct Table {
    pub(crate) types: Vec<Type>,
    /// Exclusions and differences of members that there are not.
    pub(crate) unknown: Vec<String>,
}

/// A type.
pub(crate) struct Type {
    /// `System.Tuple-2`, as its files are called.
    pub(crate) file: String,
    /// `System.Tuple<T1, T2>`.
    pub(crate) name: String,
    pub(crate) rows: Vec<Row>,
    /// Members of ours that the table has not.
    pub(crate) more: Vec<String>,
    /// Where its behaviour is documented.
    pub(crate) source: &'static str,
}

/// A member of .NET's.
pub(crate) struct Row {
    pub(crate) declaration: String,
    /// Why no expression can use it.
    pub(crate) excluded: Option<String>,
    pub(crate) differs: Option<String>,
    pub(crate) mono_lacks: bool,
    pub(crate) built: bool,
}

impl Type {
    pub(crate) fn usable(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.excluded.is_none())
    }

    pub(crate) fn missing(&self) -> impl Iterator<Item = &Row> {
        self.usable().filter(|row| !row.built)
    }

    pub(crate) fn namespace(&self) -> &str {
        let plain = self.file.trim_end_matches(char::is_numeric).trim_end_matches('-');
        let outer = plain.strip_prefix("System.TimeZoneInfo.").map_or(plain, |_| "System.TimeZoneInfo");
        outer.rsplit_once('.').map_or("", |(namespace, _)| namespace)
    }
}

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("reference")
}

/// Name without arity or namespace, and number of type parameters.
fn key(name: &str) -> String {
    if let Some((outer, nested)) = name.split_once('+') {
        return format!("{}.{}", key(outer), key(nested));
    }
    match name.split_once('<') {
        Some((plain, rest)) => format!("{plain}-{}", rest.matches(',').count() + 1),
        None => name.to_owned(),
    }
}

fn type_params(name: &str) -> Vec<String> {
    let Some((_, rest)) = name.split_once('<') else { return Vec::new() };
    rest.trim_end_matches('>').split(',').map(|name| name.trim().to_owned()).collect()
}

/// What the library has, by name of type.
struct Library {
    entries: HashMap<String, ReferenceEntry>,
    /// `List-1` to its full key.
    short: HashMap<String, String>,
}

impl Library {
    fn read() -> Self {
        let entries: HashMap<String, ReferenceEntry> =
            expr::reference().into_iter().map(|entry| (key(entry.name), entry)).collect();
        let short =
            entries.keys().map(|name| (name.rsplit('.').next().unwrap_or(name).to_owned(), name.clone()));
        let short = short.collect();
        Self { entries, short }
    }

    /// The shapes of a type's own members and of what it inherits.
    fn shapes(&self, name: &str, seen: &mut BTreeSet<String>, shapes: &mut BTreeSet<String>) {
        let Some(entry) = self.entries.get(name) else { return };
        if !seen.insert(name.to_owned()) {
            return;
        }
        let params = type_params(entry.name);
        shapes.extend(entry.members.iter().map(|declaration| shape(declaration, &params)));
        shapes.extend(entry.setters.iter().map(|declaration| shape(&format!("set {declaration}"), &params)));
        for base in entry.bases.iter().copied().chain(["Object"]) {
            if let Some(full) = self.short.get(&key(base)) {
                self.shapes(full, seen, shapes);
            }
        }
    }
}

/// `declaration<TAB>text` lines of a file that may be missing.
fn notes(kind: &str, file: &str) -> BTreeMap<String, String> {
    let text = fs::read_to_string(folder().join(kind).join(format!("{file}.txt"))).unwrap_or_default();
    let line = |line: &str| line.split_once('\t').map(|(a, b)| (a.trim().to_owned(), b.trim().to_owned()));
    text.lines().filter_map(line).collect()
}

impl Table {
    pub(crate) fn read() -> Self {
        let library = Library::read();
        let mut files: Vec<PathBuf> =
            fs::read_dir(folder().join("types")).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let mut unknown = Vec::new();
        let types = files.iter().map(|path| read(path, &library, &mut unknown)).collect();
        Self { types, unknown }
    }
}

fn read(path: &Path, library: &Library, unknown: &mut Vec<String>) -> Type {
    let file = path.file_stem().unwrap().to_string_lossy().into_owned();
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let short = lines.next().and_then(|line| line.strip_prefix("type\t")).unwrap().to_owned();
    let params = type_params(&short);
    let mut shapes = BTreeSet::new();
    library.shapes(&file, &mut BTreeSet::new(), &mut shapes);
    let (mut excluded, mut differs) = (notes("excluded", &file), notes("differs", &file));
    let mut known = BTreeSet::new();
    let mut rows = Vec::new();
    for line in lines {
        let mut cells = line.split('\t');
        let (declaration, reason, mono) =
            (cells.next().unwrap(), cells.next().unwrap(), cells.next().unwrap());
        let shape = shape(declaration, &params);
        let reason = Some(reason.to_owned()).filter(|reason| !reason.is_empty());
        rows.push(Row {
            built: shapes.contains(&shape) || super::probe::usable(&short, declaration),
            excluded: excluded.remove(declaration).or(reason),
            differs: differs.remove(declaration),
            mono_lacks: !mono.is_empty(),
            declaration: declaration.to_owned(),
        });
        known.insert(shape);
    }
    unknown.extend(excluded.keys().chain(differs.keys()).map(|declaration| format!("{file}: {declaration}")));
    let entry = library.entries.get(&file);
    let more = entry.map(|entry| {
        let own = type_params(entry.name);
        let members = entry.members.iter().filter(|declaration| !known.contains(&shape(declaration, &own)));
        members.map(|declaration| (*declaration).to_owned()).collect()
    });
    let namespace =
        file.trim_end_matches(char::is_numeric).rsplit_once('.').map_or("", |(namespace, _)| namespace);
    let name = match file.strip_prefix("System.TimeZoneInfo.") {
        Some(_) => format!("System.{short}"),
        None => format!("{namespace}.{short}"),
    };
    // The keyword is how C# writes it; the page shows the name.
    let name = if short.starts_with(char::is_lowercase) { file.clone() } else { name };
    Type { name, rows, more: more.unwrap_or_default(), source: entry.map_or("", |entry| entry.source), file }
}
