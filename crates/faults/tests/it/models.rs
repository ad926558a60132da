//! Models that fail in every way that has a file, all at once, before one gateway; while others call a model that does not.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use faults::{FaultProxy, Scripted};
use futures_util::FutureExt as _;
use serde_json::{Value, json};
use simulators::Running;
use tokio::task::JoinSet;

use crate::cases::{self, Case, Ends, Head};
use crate::factor;
use crate::harness::{Answer, Api, CHAT, Folder, Gateway, MODEL_KEY, Open, PATIENCE, Start, Wire, models};
use crate::process::{Held, THREADS, resident, sum};
use crate::records::Records;

/// Rounds through all cases.
const ROUNDS: usize = 2;
/// Callers of the model that does not fail.
const BYSTANDERS: usize = 3;
/// What memory may vary by between one round and the last, in KiB. Every request of a leak of one page would show in the
/// long form.
const SLACK: usize = 12 * 1024;

fn policy(case: &Case) -> String {
    let key = r#"<set-header name="api-key" exists-action="override"><value>{{key}}</value></set-header>"#;
    format!(
        "<policies><inbound><base />{key}</inbound><backend>{}</backend>\
         <outbound><base />{}</outbound><on-error><base /></on-error></policies>",
        case.call.backend, case.call.outbound
    )
}

fn prompt(case: &Case) -> Value {
    let content = "x".repeat(case.call.prompt);
    json!({ "messages": [{ "role": "user", "content": content }], "stream": case.call.stream })
}

/// What stands where the model should.
enum Model {
    Proxy(FaultProxy),
    Scripted(Scripted),
}

impl Model {
    async fn start(case: &Case, models: &Running) -> Self {
        if let Some(script) = &case.script {
            return Self::Scripted(Scripted::start(script.clone()).await.expect("a port"));
        }
        let proxy = match case.call.http2 {
            true => FaultProxy::of_bytes(models.address()).await,
            false => FaultProxy::start(models.address(), None).await,
        };
        let mut proxy = proxy.expect("a port");
        if case.refuses {
            proxy.go_away().await.expect("the port is kept");
        }
        Self::Proxy(proxy)
    }

    fn address(&self) -> std::net::SocketAddr {
        match self {
            Self::Proxy(proxy) => proxy.address(),
            Self::Scripted(scripted) => scripted.address(),
        }
    }

    /// The next call fails as the case says; all is counted anew.
    fn prepare(&self, case: &Case) {
        match self {
            Self::Proxy(proxy) => proxy.meet(case.fault.clone()),
            Self::Scripted(scripted) => scripted.forget(),
        }
    }

    fn release(&self) {
        match self {
            Self::Proxy(proxy) => proxy.release(),
            Self::Scripted(scripted) => scripted.release(),
        }
    }

    fn connections(&self) -> u64 {
        match self {
            Self::Proxy(proxy) => proxy.connections(),
            Self::Scripted(scripted) => scripted.connections(),
        }
    }

    fn calls(&self, case: &Case) -> u64 {
        match self {
            Self::Proxy(proxy) if case.call.http2 => proxy.connections(),
            Self::Proxy(proxy) => proxy.requests(),
            Self::Scripted(scripted) => scripted.requests(),
        }
    }
}

/// A case with its model.
struct Scene {
    case: Case,
    model: Model,
}

/// What a caller got.
enum Seen {
    /// It left.
    Nothing,
    /// The connection ended before the head was there.
    NoHead(String),
    /// An answer, and what it broke off with.
    Answer(Answer, Option<String>),
}

impl Scene {
    async fn prepare(case: Case, models: &Running) -> Self {
        let model = Model::start(&case, models).await;
        Self { case, model }
    }

    fn api(&self) -> Api {
        let endpoint = format!("http://{}/openai", self.model.address());
        Api::new(&self.case.name).to(&endpoint).policy(policy(&self.case))
    }

    /// One call, and what becomes of it. Gives what was other than expected.
    async fn play(&self, gateway: &Gateway, records: &Records, wire: Wire, number: usize) {
        let told = format!("{} over {wire:?}", self.case.name);
        self.model.prepare(&self.case);
        let target = CHAT.replacen("/openai", &format!("/{}", self.case.name), 1);
        let call = gateway.call("POST", &target).over(wire.clone()).header("x-simulate", "words=8");
        let call = call.json(&prompt(&self.case));
        let seen = tokio::time::timeout(PATIENCE * 2, self.seen_by_the_caller(call.open())).await;
        let seen = seen.unwrap_or_else(|_| panic!("{told}: the answer never ended"));
        self.judge_answer(&told, &wire, seen);
        self.judge_record(&told, &records.of_api(&self.case.name, number).await);
        assert_eq!(self.model.calls(&self.case), self.case.model.calls, "{told}: calls of the model");
        if let Some(connections) = self.case.model.connections {
            assert_eq!(self.model.connections(), connections, "{told}: connections to the model");
        }
    }

    async fn seen_by_the_caller(
        &self,
        opening: impl Future<Output = Result<Open, String>> + Send + 'static,
    ) -> Seen {
        let opening = tokio::spawn(opening);
        if self.case.call.leaves && self.case.caller.status.is_none() {
            crate::harness::eventually("the model is called", async || {
                (self.model.calls(&self.case) == self.case.model.calls).then_some(())
            })
            .await;
            opening.abort();
            return Seen::Nothing;
        }
        if self.case.call.events.is_none() {
            self.model.release();
        }
        let mut open = match opening.await.expect("a task") {
            Ok(open) => open,
            Err(why) if self.case.caller.head == Head::Perhaps => return Seen::NoHead(why),
            Err(why) => panic!("{}: no head of an answer: {why}", self.case.name),
        };
        let mut before = String::new();
        if let Some(events) = self.case.call.events {
            while before.matches("data: ").count() < events {
                before.push_str(std::str::from_utf8(&open.next().await.expect("more events")).expect("text"));
            }
            self.model.release();
        }
        if self.case.call.leaves {
            return Seen::Nothing;
        }
        let (mut answer, why) = open.rest().await;
        answer.body = [before.as_bytes(), &answer.body].concat().into();
        Seen::Answer(answer, why)
    }

    fn judge_answer(&self, told: &str, wire: &Wire, seen: Seen) {
        let expected = &self.case.caller;
        let (answer, why) = match seen {
            Seen::Answer(answer, why) => (answer, why),
            Seen::Nothing => return assert_eq!(expected.ends, Ends::Left, "{told}"),
            Seen::NoHead(why) => {
                let is_broken =
                    ["connection closed before message completed", "http2 error"].contains(&&*why);
                assert!(is_broken, "{told}: {why}");
                return assert_eq!(expected.ends, Ends::Broken, "{told}");
            }
        };
        let text = answer.text();
        assert_eq!(Some(answer.status), expected.status, "{told}: {text}");
        match expected.ends {
            Ends::Whole => assert_eq!(why, None, "{told}: {text}"),
            Ends::Broken | Ends::Unended => {
                let why = why.unwrap_or_else(|| panic!("{told}: it looks like a whole answer: {text}"));
                // What the library says to an end without the last chunk, and to RST_STREAM.
                let sign =
                    if matches!(wire, Wire::Http2) { "INTERNAL_ERROR, Remote" } else { "UnexpectedEof" };
                assert!(why.contains(sign), "{told}: {why}");
                let is_all = expected.ends == Ends::Unended;
                assert_eq!(text.contains("[DONE]"), is_all, "{told}: {text}");
            }
            Ends::Told => {
                assert_eq!(why, None, "{told}: {text}");
                judge_events(told, text);
            }
            Ends::Left => panic!("{told}: the caller stayed"),
        }
        for part in &expected.contains {
            assert!(text.contains(part), "{told}: no {part} in {text}");
        }
        for part in &expected.lacks {
            assert!(!text.contains(part), "{told}: {part} in {text}");
        }
    }

    fn judge_record(&self, told: &str, record: &Value) {
        let expected = &self.case.record;
        let text = |value: &Option<String>| value.clone().map_or(Value::Null, Value::String);
        assert_eq!(record["isRequestSuccess"], expected.success, "{told}: {record}");
        assert_eq!(record["responseCode"], json!(self.case.caller.status), "{told}: {record}");
        assert_eq!(record["lastError"]["reason"], text(&expected.reason), "{told}: {record}");
        assert_eq!(record["backendResponseCode"], json!(expected.backend), "{told}: {record}");
        let optional =
            [("section", &expected.section), ("source", &expected.source), ("message", &expected.message)];
        for (member, value) in optional.into_iter().filter(|(_, value)| value.is_some()) {
            assert_eq!(record["lastError"][member], text(value), "{told}: {record}");
        }
    }
}

/// What clients of models do with a stream: each event is JSON, whole, and the last one alone says what failed.
fn judge_events(told: &str, text: &str) {
    let events =
        text.strip_suffix("\n\n").unwrap_or_else(|| panic!("{told}: an event without an end in {text}"));
    let data: Vec<Value> = events
        .split("\n\n")
        .map(|event| {
            let line = event.lines().find_map(|line| line.strip_prefix("data: "));
            let data = line.unwrap_or_else(|| panic!("{told}: no data in {event}"));
            serde_json::from_str(data).unwrap_or_else(|error| panic!("{told}: {error} in {data}"))
        })
        .collect();
    let (last, others) = data.split_last().expect("one event");
    assert!(last["error"]["message"].is_string() && last["error"]["type"].is_string(), "{told}: {last}");
    assert!(others.iter().all(|event| event.get("error").is_none()), "{told}: {text}");
}

/// Calls a model that does not fail, again and again. Gives how often.
async fn stand_by(gateway: Arc<Gateway>, wire: Wire, end: Arc<AtomicBool>) -> usize {
    let mut calls = 0;
    while !end.load(Ordering::Relaxed) {
        let target = CHAT.replacen("/openai", "/bystander", 1);
        let body = json!({ "messages": [{ "role": "user", "content": "hello" }], "stream": calls % 2 == 0 });
        let answer = gateway.call("POST", &target).over(wire.clone()).json(&body).send().await;
        let end = if calls % 2 == 0 { "[DONE]" } else { "You said: hello" };
        assert!(answer.status == 200 && answer.text().contains(end), "bystander: {}", answer.text());
        calls += 1;
    }
    calls
}

fn folder(scenes: &[Scene], bystanders: &Running) -> Folder {
    let plain: Case =
        toml::from_str("title = ''\n[caller]\nends = 'whole'\n[model]\ncalls = 1").expect("a case");
    let bystander = Api::new("bystander").to(&format!("{}/openai", bystanders.base_url()));
    let folder = Folder::new().secret("key", MODEL_KEY).api(&bystander.policy(policy(&plain)));
    scenes.iter().fold(folder, |folder, scene| {
        let folder = folder.api(&scene.api());
        match &scene.case.call.errors {
            Some(errors) => folder.overlay(&format!("[apis.{}]\nerrors = \"{errors}\"\n", scene.case.name)),
            None => folder,
        }
    })
}

/// Every case over both wires, all cases at once; the rounds one after the other. Gives the calls of each case.
async fn rounds(gateway: &Gateway, records: &Records, scenes: &[Scene]) -> usize {
    let (mut calls, mut half_way) = (0, 0);
    let rounds = ROUNDS * factor();
    for round in 0..rounds {
        let playing = scenes.iter().map(async |scene| {
            for (turn, wire) in [Wire::Http1, Wire::Http2].into_iter().enumerate() {
                scene.play(gateway, records, wire, round * 2 + turn).await;
            }
        });
        // All of them are played, though one fails: what it says is printed where it does.
        let played = playing.map(|each| AssertUnwindSafe(each).catch_unwind());
        let played = futures_util::future::join_all(played).await;
        let names = scenes.iter().zip(&played).filter(|(_, played)| played.is_err());
        let failed: Vec<&str> = names.map(|(scene, _)| scene.case.name.as_str()).collect();
        assert!(failed.is_empty(), "failed: {failed:?}");
        calls += played.len() * 2;
        if round == rounds / 2 {
            half_way = resident(gateway);
        }
    }
    let last = resident(gateway);
    assert!(last <= half_way + SLACK, "memory grows: {half_way} KiB half way, {last} KiB at the end");
    calls
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_that_fail() {
    let (failing, healthy) = (models().await, models().await);
    let only = option_env!("CARDEA_FAULTS_CASE");
    let mut scenes = Vec::new();
    for case in cases::all().into_iter().filter(|case| only.is_none_or(|only| case.name.contains(only))) {
        scenes.push(Scene::prepare(case, &failing).await);
    }
    let start = Start::new(folder(&scenes, &healthy)).set("limits.response-body", "1000000");
    let start = start.set("outbound.gap-seconds", "2").set("outbound.sending-seconds", "2");
    let gateway = Arc::new(start.start().await);
    let records = Records::of(gateway.folder.beside("access.log"));
    let before = Held::at_rest(&gateway).await;
    let end = Arc::new(AtomicBool::new(false));
    let mut standing = JoinSet::new();
    for number in 0..BYSTANDERS {
        let wire = if number % 2 == 0 { Wire::Http1 } else { Wire::Http2 };
        standing.spawn(stand_by(Arc::clone(&gateway), wire, Arc::clone(&end)));
    }
    let called = rounds(&gateway, &records, &scenes).await;
    end.store(true, Ordering::Relaxed);
    let bystanders: usize = standing.join_all().await.into_iter().sum();

    // Nothing leaked.
    let before = before.and_tasks((scenes.len() + 1) * THREADS);
    drop(scenes);
    failing.shutdown().await;
    healthy.shutdown().await;
    before.again(&gateway).await;

    // Each was logged and counted once.
    let counted = sum(&gateway.metrics().await, "cardea_requests_total");
    assert_eq!(counted, (called + bystanders) as f64);
    assert_eq!(gateway.terminate().await, 0);
    assert_eq!(records.count("bystander"), bystanders);
    assert_eq!(gateway.records().len(), called + bystanders);
}
