//! A gateway: the real program, serving a folder, until the test is over.

use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::Value;

use super::folder::Folder;
use super::program::{Output, command, command_of, program};
use super::{Answer, Call, eventually};

/// Settings that every gateway of a test has.
const SETTINGS: &str = r#"
[listen]
address = "127.0.0.1:0"

[admin]
address = "127.0.0.1:0"

[runtime]
threads = 2

[log]
access = "access.log"
level = "debug"

[state]
dir = "state"

[secrets]
refresh-seconds = 1

[configuration]
follow = "off"
settle-seconds = 1
"#;

/// A gateway about to start.
#[derive(Debug)]
pub(crate) struct Start {
    folder: Folder,
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
    program: Option<PathBuf>,
}

impl Start {
    pub(crate) fn new(folder: Folder) -> Self {
        Self { folder, arguments: Vec::new(), variables: Vec::new(), program: None }
    }

    /// Another file of the program.
    pub(crate) fn program(mut self, path: PathBuf) -> Self {
        self.program = Some(path);
        self
    }

    /// What it will serve.
    pub(crate) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// One more argument of `cardea serve`.
    pub(crate) fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// A setting, such as `secrets.refresh-seconds`, through the environment.
    pub(crate) fn set(self, setting: &str, value: &str) -> Self {
        self.variable(&variable(setting), value)
    }

    /// A variable of the environment.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts it and waits until it listens.
    pub(crate) async fn start(self) -> Gateway {
        let (child, printed, errors) = self.spawn();
        let mut gateway = Gateway {
            address: SocketAddr::from(([0, 0, 0, 0], 0)),
            admin: SocketAddr::from(([0, 0, 0, 0], 0)),
            child: Mutex::new(child),
            printed,
            errors,
            folder: self.folder,
            arguments: self.arguments,
            variables: self.variables,
            read: 0,
        };
        let (address, admin) = eventually("the gateway listens", async || gateway.announced()).await;
        (gateway.address, gateway.admin) = (address, admin);
        gateway
    }

    /// Starts it where it must refuse to run, and gives what it left.
    pub(crate) async fn refused(self) -> Output {
        let (mut child, _printed, errors) = self.spawn();
        let status = eventually("the program ends", async || child.try_wait().expect("a process")).await;
        let stderr = eventually("the program's words", async || errors.ended()).await;
        Output { code: status.code().expect("a code"), stdout: String::new(), stderr }
    }

    /// Has the folder checked with these settings instead, and all secrets read.
    pub(crate) async fn resolved(&self) -> Output {
        let settings = self.folder.beside("cardea.toml");
        std::fs::write(&settings, SETTINGS).expect("a file");
        let mut checking = command();
        checking.arg("check").arg(self.folder.artifacts()).arg("--resolve").arg("--settings").arg(settings);
        checking.envs(self.variables.iter().cloned()).stdin(Stdio::null());
        // The vault runs on the test's own thread.
        let output = tokio::task::spawn_blocking(move || checking.output().expect("the program can be run"));
        let output = output.await.expect("it ended");
        Output {
            code: output.status.code().expect("a code"),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    fn spawn(&self) -> (Child, Said, Said) {
        let settings = self.folder.beside("cardea.toml");
        std::fs::write(&settings, SETTINGS).expect("a file");
        let mut child = self
            .program
            .as_ref()
            .map_or_else(command, |path| command_of(path))
            .arg("serve")
            .arg("--artifacts")
            .arg(self.folder.artifacts())
            .arg("--settings")
            .arg(&settings)
            .args(&self.arguments)
            .envs(self.variables.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be run");
        let errors = Said::of(child.stderr.take().expect("a pipe"));
        let printed = Said::of(child.stdout.take().expect("a pipe"));
        (child, printed, errors)
    }
}

/// The variable of a setting.
fn variable(setting: &str) -> String {
    format!("CARDEA_{}", setting.to_uppercase().replace('.', "__").replace('-', "_"))
}

/// The address of a URL on a line that says what is there.
fn address(line: &str, what: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once(what)?;
    let (_, rest) = rest.split_once("://")?;
    let end = rest.find(|c: char| !matches!(c, '0'..='9' | '.' | ':')).unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

/// What a process writes on standard output or standard error.
#[derive(Clone, Debug, Default)]
struct Said(Arc<Mutex<(String, bool)>>);

impl Said {
    fn of(pipe: impl Read + Send + 'static) -> Self {
        let said = Self::default();
        let (lines, into) = (BufReader::new(pipe), said.clone());
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                into.0.lock().0.push_str(&format!("{line}\n"));
            }
            into.0.lock().1 = true;
        });
        said
    }

    fn text(&self) -> String {
        self.0.lock().0.clone()
    }

    fn ended(&self) -> Option<String> {
        let held = self.0.lock();
        held.1.then(|| held.0.clone())
    }
}

/// A gateway that runs. It is killed when the test is over.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) folder: Folder,
    child: Mutex<Child>,
    printed: Said,
    errors: Said,
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
    /// Access records that [`Gateway::record`] has given.
    read: usize,
}

impl Gateway {
    /// A gateway that serves a folder.
    pub(crate) async fn serving(folder: Folder) -> Self {
        Start::new(folder).start().await
    }

    fn announced(&self) -> Option<(SocketAddr, SocketAddr)> {
        if let Some(status) = self.child.lock().try_wait().expect("a process") {
            panic!("the gateway ended with {status}:\n{}", self.errors.text());
        }
        let text = self.errors.text();
        let gateway = text.lines().find_map(|line| address(line, "listening"))?;
        let admin = text.lines().find_map(|line| address(line, "operators"))?;
        Some((gateway, admin))
    }

    /// A call to it.
    pub(crate) fn call(&self, method: &str, target: &str) -> Call {
        Call::new(self.address, method, target)
    }

    /// A GET.
    pub(crate) fn get(&self, target: &str) -> Call {
        self.call("GET", target)
    }

    /// What its admin listener answers.
    pub(crate) async fn ask(&self, method: &str, path: &str) -> Answer {
        Call::new(self.admin, method, path).send().await
    }

    /// Its metrics.
    pub(crate) async fn metrics(&self) -> String {
        self.ask("GET", "/metrics").await.text().to_owned()
    }

    /// What the program has said of itself so far.
    pub(crate) fn said(&self) -> String {
        self.errors.text()
    }

    /// What it wrote on standard output, once it has ended.
    pub(crate) fn printed(&self) -> Option<String> {
        self.printed.ended()
    }

    /// The access records so far.
    pub(crate) fn records(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.beside("access.log")).unwrap_or_default();
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }

    /// The next access record.
    pub(crate) async fn record(&mut self) -> Value {
        let wanted = self.read;
        let record = eventually("an access record", async || self.records().get(wanted).cloned()).await;
        self.read += 1;
        record
    }

    /// Runs a command of the program on the same settings.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let settings = self.folder.beside("cardea.toml");
        let mut all = arguments.to_vec();
        all.extend(["--settings", settings.to_str().expect("UTF-8")]);
        let variables: Vec<_> =
            self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        program(&all, &variables)
    }

    /// The number of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.lock().id()
    }

    /// Sends it a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let status = std::process::Command::new("kill").args([&format!("-{name}"), &pid]).status();
        assert!(status.expect("`kill` can be run").success());
    }

    /// Waits until it has ended, and gives its exit code.
    pub(crate) async fn ended(&self) -> i32 {
        let status =
            eventually("the gateway ends", async || self.child.lock().try_wait().expect("a process")).await;
        status.code().expect("it ended by itself")
    }

    /// Asks it to end and waits for that; afterwards all records are written.
    pub(crate) async fn terminate(&self) -> i32 {
        self.signal("TERM");
        self.ended().await
    }

    /// Ends it and starts it anew on the same directories.
    pub(crate) async fn restarted(mut self) -> Self {
        self.ending().await.start().await
    }

    /// The same, without a setting that it had.
    pub(crate) async fn restarted_without(mut self, setting: &str) -> Self {
        let mut start = self.ending().await;
        start.variables.retain(|(name, _)| *name != variable(setting));
        start.start().await
    }

    /// Kills it, and gives what it takes to start it anew on the same directories.
    pub(crate) async fn killed(mut self) -> Start {
        self.signal("KILL");
        let _status =
            eventually("the gateway is gone", async || self.child.lock().try_wait().expect("a process"))
                .await;
        self.again()
    }

    /// Starts another process on the same directories that takes over from this one, which goes on as it can.
    pub(crate) async fn succeeded(&mut self) -> Self {
        let mut start = self.again();
        if !start.arguments.iter().any(|argument| argument == "--take-over") {
            start = start.argument("--take-over");
        }
        start.start().await
    }

    async fn ending(&mut self) -> Start {
        assert_eq!(self.terminate().await, 0);
        self.again()
    }

    fn again(&mut self) -> Start {
        let folder = std::mem::take(&mut self.folder);
        let (arguments, variables) = (self.arguments.clone(), self.variables.clone());
        Start { folder, arguments, variables, program: None }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let mut child = self.child.lock();
        let _killed = child.kill();
        let _reaped = child.wait();
    }
}
