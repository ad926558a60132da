//! C# compiled by Roslyn, run by Mono's just-in-time compiler: another process, asked over its standard input.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::Engine;
use crate::programs::{BACKENDS, BODY, CASES, Code, SUBSCRIPTION, TOKEN};

pub struct OnMono {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl OnMono {
    pub fn new(program: &Path) -> Result<Self> {
        let mut child = Command::new("mono")
            .arg("--optimize=all")
            .arg(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("mono cannot be started")?;
        let to = child.stdin.take().context("no standard input")?;
        let from = BufReader::new(child.stdout.take().context("no standard output")?);
        let mut mono = Self { child, to, from };
        let cases: Vec<_> = CASES
            .iter()
            .map(|case| {
                let (block, text) = match case.csharp {
                    Code::Expression(text) => (false, text),
                    Code::Block(text) => (true, text),
                };
                serde_json::json!({ "name": case.name, "block": block, "text": text, "result": case.result })
            })
            .collect();
        let world = serde_json::json!({
            "cases": cases, "body": BODY, "backends": BACKENDS, "token": TOKEN, "subscription": SUBSCRIPTION,
        });
        mono.ask(&world.to_string())?;
        Ok(mono)
    }

    fn ask(&mut self, line: &str) -> Result<f64> {
        writeln!(self.to, "{line}")?;
        self.to.flush()?;
        let mut answer = String::new();
        self.from.read_line(&mut answer)?;
        match answer.trim().parse() {
            Ok(number) => Ok(number),
            Err(_) => bail!("mono says: {answer}"),
        }
    }
}

impl Drop for OnMono {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

impl Engine for OnMono {
    fn name(&self) -> &'static str {
        "mono"
    }

    fn evaluate(&mut self, case: usize, times: u32) -> Result<Option<f64>> {
        self.ask(&format!("run {case} {times}")).map(Some)
    }

    fn compile(&mut self, case: usize, _times: u32) -> Result<Option<f64>> {
        self.ask(&format!("compile {case} 3")).map(Some)
    }
}
