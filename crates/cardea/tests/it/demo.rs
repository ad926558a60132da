//! `cardea demo` and `cardea simulate`, as a newcomer types them.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::harness::{CHAT, Call, eventually, program};

/// A command that runs until it is interrupted.
struct Running {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Running {
    fn of(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cardea"))
            .args(arguments)
            .env_clear()
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program can be run");
        let lines = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, lines }
    }

    /// The next line that it prints.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        line
    }

    async fn interrupted(mut self) -> i32 {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().expect("`kill` can be run").success());
        let status = eventually("the program ends", async || self.child.try_wait().expect("a process")).await;
        status.code().expect("it ended by itself")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn address(url: &str) -> SocketAddr {
    url.trim_start_matches("http://").trim_end_matches('/').parse().expect("an address")
}

fn hello() -> Value {
    json!({ "messages": [{ "role": "user", "content": "Say hello" }] })
}

#[test]
fn the_demo_proves_itself() {
    let output = program(&["demo", "--check", "--port", "0"], &[]);
    assert_eq!(output.code, 0, "{}{}", output.stdout, output.stderr);
    assert!(output.stdout.contains(", 0 failed"), "{}", output.stdout);
    for title in
        ["a good call", "a streamed call", "no key", "a wrong key", "a model that the product does not allow"]
    {
        assert!(output.stdout.contains(&format!("ok    {title} ")), "{title}: {}", output.stdout);
    }
}

#[tokio::test]
async fn the_facts_of_the_demo_are_right() {
    let mut demo = Running::of(&["demo", "--json", "--port", "0"], &[]);
    let facts: Value = serde_json::from_str(&demo.line()).expect("one line of JSON");
    let at = |name: &str| address(facts[name].as_str().expect("a URL"));
    let chat = |key: &str| Call::new(at("gateway"), "POST", CHAT).header("api-key", key).json(&hello());
    for team in ["teamA", "teamB"] {
        let answer = chat(facts[team].as_str().expect("a key")).send().await;
        assert_eq!(answer.status, 200, "{team}: {}", answer.text());
    }
    assert_eq!(chat("wrong").send().await.status, 401);
    assert_eq!(Call::new(at("admin"), "GET", "/-/ready").send().await.status, 200);
    let received = Call::new(at("models"), "GET", "/_simulator/requests").send().await;
    assert_eq!(received.json()["requests"].as_array().map(Vec::len), Some(2), "{}", received.text());
    // The models do not know the callers' keys.
    let direct =
        Call::new(at("models"), "POST", CHAT).header("api-key", facts["teamA"].as_str().expect("a key"));
    assert_eq!(direct.json(&hello()).send().await.status, 401);
    assert_eq!(demo.interrupted().await, 0);
}

/// What is printed can be copied: each `curl` line gives what the line above it says.
#[tokio::test]
async fn the_printed_calls_can_be_copied() {
    let mut demo = Running::of(&["demo", "--port", "0"], &[]);
    let mut page = String::new();
    while !page.contains("cardea demo --check") {
        page.push_str(&demo.line());
    }
    let lines: Vec<&str> = page.lines().collect();
    let calls: Vec<_> = lines.windows(2).filter(|pair| pair[1].starts_with("curl ")).collect();
    assert_eq!(calls.len(), 11, "{page}");
    // Tokens stand in variables, which the page sets first.
    let variables: Vec<&str> = lines.iter().copied().filter(|line| line.contains("=$(curl ")).collect();
    assert_eq!(variables.len(), 3, "{page}");
    for pair in calls {
        let expected =
            pair[0].rsplit_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).expect("a status");
        let line = format!("{}\n{} -o /dev/null -w '%{{http_code}}'", variables.join("\n"), pair[1]);
        let output =
            tokio::task::spawn_blocking(move || Command::new("sh").args(["-c", &line]).output()).await;
        let output = output.expect("a task").expect("`sh` can be run");
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{pair:?}");
    }
    assert_eq!(demo.interrupted().await, 0);
}

#[tokio::test]
async fn the_models_run_alone() {
    let variables = [("CARDEA_SIMULATOR_KEY", "a-key-of-ours")];
    let mut models = Running::of(&["simulate", "models", "--port", "0"], &variables);
    let first = models.line();
    let url = first.split_whitespace().find(|word| word.starts_with("http://")).expect("a URL");
    let (host, _) = url.trim_start_matches("http://").split_once('/').expect("a path");
    let to: SocketAddr = host.parse().expect("an address");
    let chat = |key: &str| Call::new(to, "POST", CHAT).header("api-key", key).json(&hello());
    assert_eq!(chat("a-key-of-ours").send().await.status, 200);
    assert_eq!(chat("another").send().await.status, 401);
    let shown: String = (0..5).map(|_| models.line()).collect();
    assert!(!shown.contains("a-key-of-ours"), "a key that was given is not printed: {shown}");
    assert_eq!(models.interrupted().await, 0);
}

#[tokio::test]
async fn the_identity_provider_runs_alone_and_the_calls_that_it_prints_work() {
    let folder = tempfile::tempdir().expect("a folder");
    let ca = folder.path().join("ca.pem").display().to_string();
    let arguments = ["simulate", "identity", "--port", "0", "--machine-port", "0", "--ca-file", &ca];
    let mut identity = Running::of(&arguments, &[]);
    let mut page = String::new();
    while !page.contains("IDENTITY_HEADER=") {
        let line = identity.line();
        assert!(!line.is_empty(), "{page}");
        page.push_str(&line);
    }
    let (_, call) = page.split_once("asks for a token:\n").expect("a call");
    let (call, _) = call.split_once("\n\n").expect("an end");
    let machine =
        page.split("AZURE_POD_IDENTITY_AUTHORITY_HOST=").nth(1).and_then(|rest| rest.lines().next());
    let machine = machine.expect("the machine's address");
    let imds = "metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://vault.azure.net";
    let own = format!("curl -s -H Metadata:true '{machine}/{imds}'");
    for line in [call.replace("curl ", "curl -s "), own] {
        let shown = line.clone();
        let output =
            tokio::task::spawn_blocking(move || Command::new("sh").args(["-c", &line]).output()).await;
        let output = output.expect("a task").expect("`sh` can be run");
        let answer = String::from_utf8_lossy(&output.stdout);
        assert!(answer.contains("\"access_token\":\"eyJ"), "{shown}: {answer}");
    }
    assert_eq!(identity.interrupted().await, 0);
}
