//! The process of the driver: one JSON object a line in, one a line out.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use request_file::RequestFile;
use serde_json::{Value as Json, json};

use crate::{Answer, Question};

/// Assemblies are never unloaded: after so many programs a new process is started.
const PROGRAMS: u32 = 6000;

/// Why the oracle does not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not installed.
    #[error("the oracle is not installed: run `tests/oracle/setup.sh` ({0})")]
    Missing(String),
    /// The process cannot be started or does not answer.
    #[error("the oracle does not answer: {0}")]
    Process(#[from] std::io::Error),
    /// An answer that is none.
    #[error("the oracle's answer cannot be read: {0}")]
    Answer(#[from] serde_json::Error),
}

/// The oracle: a process that compiles and runs programs with a request.
#[derive(Debug)]
pub struct Oracle {
    folder: PathBuf,
    running: Option<Running>,
    request: Json,
    milliseconds: u32,
}

#[derive(Debug)]
struct Running {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    programs: u32,
    knows_request: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It ends with its input; one that hangs in a program does not.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Oracle {
    /// The oracle that `tests/oracle/setup.sh` built below a workspace's `target`, built first if it is not there.
    ///
    /// # Errors
    /// When it cannot be built.
    pub fn of_workspace(root: &Path) -> Result<Self, Error> {
        let setup = Command::new(root.join("tests/oracle/setup.sh")).stdout(Stdio::null()).output()?;
        if !setup.status.success() {
            return Err(Error::Missing(String::from_utf8_lossy(&setup.stderr).trim().to_owned()));
        }
        let folder = root.join("target/oracle");
        Ok(Self { folder, running: None, request: json!({}), milliseconds: 5000 })
    }

    /// Writes the table of .NET's members below a folder that holds the list of allowed types.
    ///
    /// # Errors
    /// When the process fails, or a type is not there.
    pub fn write_table(&self, reference: &Path) -> Result<(), Error> {
        let output = driver(&self.folder)?.arg("table").arg(reference).output()?;
        let said =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        if said.is_empty() { Ok(()) } else { Err(std::io::Error::other(said).into()) }
    }

    /// Sets the request of the questions that follow.
    pub fn set_request(&mut self, file: &RequestFile) {
        self.request = file.json().clone();
        if let Some(running) = &mut self.running {
            running.knows_request = false;
        }
    }

    /// Asks. A program that ends the process, by the depth of its stack, counts as one that did not end in time.
    ///
    /// # Errors
    /// When the process cannot be started, or answers what cannot be read.
    pub fn ask(&mut self, question: &Question) -> Result<Answer, Error> {
        self.ask_and_keep(question, None)
    }

    /// Asks again what only the list of types refuses, when Cardea takes it: values compare all the same.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub fn ask_beside(&mut self, question: &Question, ours: &Answer) -> Result<Answer, Error> {
        let theirs = self.ask(question)?;
        if !theirs.is_by_list() || matches!(ours, Answer::Refused { .. }) {
            return Ok(theirs);
        }
        self.exchange(question, None, true)
    }

    /// Asks, and keeps the value as a variable for the questions that follow, until a request is set.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub fn ask_and_keep(&mut self, question: &Question, variable: Option<&str>) -> Result<Answer, Error> {
        self.exchange(question, variable, false)
    }

    fn exchange(&mut self, question: &Question, variable: Option<&str>, free: bool) -> Result<Answer, Error> {
        let form = if question.form == expr::Form::Block { "block" } else { "expression" };
        let mut line = json!({
            "code": question.code, "form": form, "wants": question.wanted(), "milliseconds": self.milliseconds,
            "keep": variable, "free": free
        });
        let text = self.send(&mut line)?;
        if text.is_empty() {
            self.running = None;
            return Ok(Answer::Timeout);
        }
        Ok(serde_json::from_str(&text)?)
    }

    /// Gives a variable a text, for the questions that follow.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub fn keep_text(&mut self, variable: &str, text: &str) -> Result<(), Error> {
        self.send(&mut json!({ "keep": variable, "text": text })).map(|_| ())
    }

    /// Sends a line, with the request when the process does not know it.
    fn send(&mut self, line: &mut Json) -> Result<String, Error> {
        let running = match self.running.take() {
            Some(running) if running.programs < PROGRAMS => running,
            _ => Running::start(&self.folder)?,
        };
        let running = self.running.insert(running);
        if !running.knows_request
            && let Some(line) = line.as_object_mut()
        {
            line.insert("request".to_owned(), self.request.clone());
        }
        let text = running.exchange(&line.to_string())?;
        running.knows_request = true;
        running.programs += 1;
        Ok(text)
    }
}

/// The program, with what it needs to know.
fn driver(folder: &Path) -> Result<Command, Error> {
    let framework = std::fs::read_to_string(folder.join("framework"))?;
    let mut command = Command::new("mono");
    command.arg(folder.join("bin/Oracle.exe")).current_dir(folder);
    let reference = folder.join("../../crates/expr/reference");
    command.env("ORACLE_FRAMEWORK", framework.trim()).env("ORACLE_REFERENCE", reference).env("TZ", "UTC");
    Ok(command)
}

impl Running {
    fn start(folder: &Path) -> Result<Self, Error> {
        let mut child =
            driver(folder)?.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let gone = || std::io::Error::other("no pipe");
        let input = child.stdin.take().ok_or_else(gone)?;
        let output = BufReader::new(child.stdout.take().ok_or_else(gone)?);
        Ok(Self { child, input, output, programs: 0, knows_request: false })
    }

    /// Sends a line and reads one; an empty text when the process is gone.
    fn exchange(&mut self, line: &str) -> Result<String, Error> {
        let sent = self.input.write_all(line.as_bytes()).and_then(|()| self.input.write_all(b"\n"));
        let mut text = String::new();
        if sent.and_then(|()| self.input.flush()).is_ok() {
            self.output.read_line(&mut text)?;
        }
        Ok(text)
    }
}
