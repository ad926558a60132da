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

use artifacts::{DiskFolder, EntryKind, FolderSource, Options, SecretError, SecretSource, Secrets, load};
use builder::{Settings, build};
use model::SecretReference;
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
        "{name:<34} {:>7.2} s CPU {:>7.2} s   {:>5} MiB",
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
    let folder = DiskFolder::new(&root);
    if std::env::args().any(|word| word == "--stages") {
        stages(&folder, Path::new(&root));
    }
    let options = Options { secrets: Secrets::Read(&Files), ..Options::default() };
    let (configuration, problems) = stage("load (read and understand files)", || load(&folder, &options));
    let settings = settings();
    let built = stage("build (compile, routes)", || build(&configuration, &problems, None, &settings));
    println!("{} APIs, {} problems", built.snapshot.apis.len(), problems.len() + built.problems.len());
    let callers = stage("callers (keys)", || {
        gateway::Callers::new(&[7; 32], configuration.subscriptions.iter().cloned(), [])
    });
    println!("{} keys", callers.keys());
    stage("drop the configuration", || drop(configuration));
    println!("highest: {} MiB", memory("VmHWM:"));
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
        limits: policy::Limits::default(),
        transport: net::Options::default(),
        roots: net::Roots::system(),
        backends: Arc::default(),
        vaults: model::VaultHosts::default(),
        known: Vec::new(),
    }
}
