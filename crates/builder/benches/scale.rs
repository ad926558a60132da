//! CPU seconds of the stages between a folder and a snapshot, and the memory that is left.
//!
//! ```console
//! $ cargo run --release -p xtask -- folder target/big
//! $ cargo bench -p builder --bench scale -- "$PWD/target/big/apim"
//! ```
//!
//! The first stages look at the folder's files one kind after the other, and throw away what they made; the last two
//! are what the program does. Nothing is asserted.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark measures time, prints, and may stop"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use artifacts::{
    DiskFolder, EntryKind, FolderSource, Library, Options, SecretError, SecretSource, Secrets, load_after,
};
use builder::{Builder, Settings};
use catalog::{Catalog as _, FolderCatalog, Scope};
use gateway::Snapshot;
use model::{Configuration, SecretReference};
use secret::Secret;
use source::{Diagnostics, SourceFile};

/// Seconds of processors that all threads of this process used, in user mode and in the system.
fn cpu() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let of = |path: PathBuf| std::fs::read_to_string(path.join("schedstat")).unwrap_or_default();
    let nanoseconds: u64 =
        tasks.filter_map(|task| of(task.ok()?.path()).split(' ').next()?.parse::<u64>().ok()).sum();
    nanoseconds as f64 / 1e9
}

/// A line of `/proc/self/status`, in MiB.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0");
    line.split_whitespace().find_map(|word| word.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn stage<T>(name: &str, run: impl FnOnce() -> T) -> T {
    let (before, began) = (cpu(), Instant::now());
    let result = run();
    println!(
        "{name:<48} {:>7.3} s CPU {:>7.3} s   {:>5} MiB",
        cpu() - before,
        began.elapsed().as_secs_f64(),
        memory("VmRSS:")
    );
    result
}

struct Files;

impl SecretSource for Files {
    fn read(&self, reference: &SecretReference) -> Result<Secret, SecretError> {
        let SecretReference::File(path) = reference else {
            return Err(SecretError { why: "unknown".into() });
        };
        let text = std::fs::read_to_string(path).map_err(|error| SecretError { why: error.to_string() })?;
        Ok(Secret::new(text.trim_end().to_owned()))
    }
}

fn main() {
    let root = std::env::args().nth(1).filter(|word| !word.starts_with("--"));
    let Some(root) = root else {
        println!("which folder? `cargo bench -p builder --bench scale -- DIRECTORY`");
        return;
    };
    let catalog = FolderCatalog::new(&root, None, Arc::new(std::time::SystemTime::now));
    if std::env::args().any(|word| word == "--stages") {
        stages(&DiskFolder::new(&root), Path::new(&root));
    }
    catalog.expect_changes();
    let mut running = Running::default();
    let configuration = running.next(&catalog, Scope::Everything, "");
    let subscriptions = configuration.subscriptions.iter().cloned();
    let callers = stage("callers (keys)", || gateway::Callers::new(&[7; 32], subscriptions, []));
    println!("{} keys, highest {} MiB", callers.keys(), memory("VmHWM:"));
    for round in 1..6 {
        let file = format!("apis/api-{:05}/policy.xml", round * 7);
        let path = Path::new(&root).join(&file);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{text}<!-- {round} -->\n")).unwrap();
        catalog.changed(&file);
        running.next(&catalog, Scope::Changed, "one API changed: ");
        std::fs::write(&path, text).unwrap();
        catalog.changed(&file);
        running.next(&catalog, Scope::Changed, "and changed back: ");
    }
    println!("highest: {} MiB", memory("VmHWM:"));
}

#[derive(Default)]
struct Running {
    library: Library,
    builder: Builder,
    served: Option<Snapshot>,
}

impl Running {
    fn next(&mut self, catalog: &FolderCatalog, scope: Scope, what: &str) -> Configuration {
        let options = Options { secrets: Secrets::Read(&Files), ..Options::default() };
        let reading = stage(&format!("{what}look"), || catalog.begin(scope).unwrap());
        let before = self.library.clone();
        let read = stage(&format!("{what}read"), || load_after(before, &*reading, &options));
        let (configuration, problems, library) = read;
        stage(&format!("{what}nothing changed meanwhile"), || reading.finish().unwrap());
        let served = self.served.as_ref();
        let built = stage(&format!("{what}build"), || {
            self.builder.build(&configuration, &problems, served, &settings())
        });
        println!("{} APIs, {} problems", built.snapshot.apis.len(), problems.len() + built.problems.len());
        let old = self.served.replace(built.snapshot);
        let old_library = std::mem::replace(&mut self.library, library);
        stage(&format!("{what}drop"), || drop((old, old_library)));
        configuration
    }
}

fn stages(folder: &DiskFolder, root: &Path) {
    let files = stage("list all directories", || all(folder));
    println!("{} files", files.len());
    let texts = stage("read all files", || read(folder, &files));
    println!("{} MiB in {}", texts.iter().map(|file| file.text().len()).sum::<usize>() >> 20, root.display());
    let of = |end: &str| texts.iter().filter(|file| file.name().ends_with(end)).collect::<Vec<_>>();
    for end in ["specification.yaml", "specification.json"] {
        stage(end, || of(end).into_iter().map(definition).sum::<usize>());
    }
    stage("policy documents, read", || {
        of(".xml").into_iter().filter(|file| policy_doc::read(file).1.is_empty()).count()
    });
}

fn definition(file: &Arc<SourceFile>) -> usize {
    let read = artifacts::read_definition(file, &mut Diagnostics::new());
    read.map_or(0, |definition| definition.operations.len())
}

fn all(folder: &DiskFolder) -> Vec<String> {
    let (mut open, mut files) = (vec![String::new()], Vec::new());
    while let Some(directory) = open.pop() {
        for entry in folder.list(&directory).unwrap() {
            let path = format!("{directory}/{}", entry.name);
            let path = path.trim_start_matches('/').to_owned();
            match entry.kind {
                EntryKind::Directory => open.push(path),
                EntryKind::File => files.push(path),
            }
        }
    }
    files
}

fn read(folder: &DiskFolder, files: &[String]) -> Vec<Arc<SourceFile>> {
    let text = |path: &String| String::from_utf8(folder.read(path).unwrap().unwrap()).unwrap();
    files.iter().map(|path| SourceFile::new(path.as_str(), text(path))).collect()
}

fn settings() -> Settings {
    Settings {
        edition: Arc::default(),
        instance_id: "bench".into(),
        reading: policy::Reading::Allowed,
        named_values: policy::CodeUse::Allowed,
        limits: policy::Limits::default(),
        protocols: builder::Protocols::default(),
        transport: net::Options::default(),
        roots: net::Roots::system(),
        revoked: net::RevocationLists::default(),
        backends: Arc::default(),
        vaults: model::VaultHosts::default(),
        known: Vec::new(),
    }
}
