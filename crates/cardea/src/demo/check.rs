//! Makes the demo's calls over sockets and compares what comes back.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use simulators::{Credential, RecordedRequest};
use tokio::net::TcpStream;

use super::calls::{AtModel, Call, groups};
use super::{Demo, scenes};

/// How long one call may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a call gave.
struct Answer {
    status: u16,
    body: String,
    frames: usize,
}

/// One row of the printed table.
pub(super) struct Row {
    title: String,
    expected: String,
    actual: String,
    good: bool,
}

impl Row {
    /// A row that is good when both are the same.
    pub(super) fn of(title: &str, expected: &str, actual: &str) -> Self {
        let good = expected == actual;
        Self { title: title.to_owned(), expected: expected.to_owned(), actual: actual.to_owned(), good }
    }
}

/// Makes all calls. Gives the table for people, and whether all is as expected.
///
/// # Errors
/// When the gateway cannot be called at all.
pub(crate) async fn run(demo: &mut Demo) -> anyhow::Result<(String, bool)> {
    let mut rows = Vec::new();
    for (title, calls) in groups(&demo.callers) {
        let mut group = Vec::new();
        for call in calls {
            group.push(row(demo, &call).await?);
        }
        rows.push((title, group));
    }
    rows.push(("Roles at the model, the vault, rotation", scenes::play(demo).await?));
    let good = rows.iter().flat_map(|(_, rows)| rows).all(|row| row.good);
    Ok((print(&rows), good))
}

/// Makes one call and compares.
///
/// # Errors
/// When the gateway does not answer.
pub(super) async fn row(demo: &Demo, call: &Call) -> anyhow::Result<Row> {
    demo.models.recorder().clear();
    let gateway = demo.instance.addresses().gateway;
    let answer = tokio::time::timeout(PATIENCE, make(gateway, call)).await;
    let answer = answer.context("the gateway does not answer")??;
    Ok(compare(call, &answer, demo))
}

/// Makes one call and gives its status.
///
/// # Errors
/// When the gateway does not answer.
pub(super) async fn status(gateway: SocketAddr, call: &Call) -> anyhow::Result<u16> {
    let answer = tokio::time::timeout(PATIENCE, make(gateway, call)).await;
    Ok(answer.context("the gateway does not answer")??.status)
}

async fn make(gateway: SocketAddr, call: &Call) -> anyhow::Result<Answer> {
    let stream = TcpStream::connect(gateway).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driving = tokio::spawn(connection);
    let mut request = Request::post(call.path).header("host", gateway.to_string());
    request = request.header("content-type", "application/json");
    for (name, value) in &call.headers {
        request = request.header(*name, value);
    }
    let response =
        sender.send_request(request.body(Full::new(Bytes::from_static(call.body.as_bytes())))?).await?;
    let status = response.status().as_u16();
    let mut body = response.into_body();
    let (mut text, mut frames) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            text.extend_from_slice(&data);
            frames += 1;
        }
    }
    driving.abort();
    Ok(Answer { status, body: String::from_utf8_lossy(&text).into_owned(), frames })
}

fn compare(call: &Call, answer: &Answer, demo: &Demo) -> Row {
    let mut expected = vec![call.status.to_string()];
    let mut actual = vec![answer.status.to_string()];
    let mut good = call.status == answer.status;
    if !answer.body.contains(call.holds) {
        good = false;
        expected.push(format!("…{}…", call.holds));
        actual.push(answer.body.chars().take(200).collect());
    }
    if call.streamed {
        expected.push("a stream".to_owned());
        actual.push(if answer.frames > 1 { "a stream" } else { "one piece" }.to_owned());
        good &= answer.frames > 1;
    }
    let (wanted, seen, right) = at_the_model(call, demo);
    expected.push(wanted);
    actual.push(seen);
    Row {
        title: call.title.to_owned(),
        expected: expected.join(", "),
        actual: actual.join(", "),
        good: good && right,
    }
}

/// What the model service must have seen and what it saw; right when it is that and holds no credential of a caller.
fn at_the_model(call: &Call, demo: &Demo) -> (String, String, bool) {
    let received = demo.models.recorder().requests();
    let wanted = call.at_model.told();
    let request = match received.as_slice() {
        [] => return (wanted, AtModel::Nothing.told(), call.at_model == AtModel::Nothing),
        [request] => request,
        several => return (wanted, format!("model called {} times", several.len()), false),
    };
    if holds_a_credential_of(demo, request) {
        return (wanted, "model called with the caller's credential".to_owned(), false);
    }
    let seen = match (&request.credential, call.at_model) {
        (Credential::Key { account, .. }, AtModel::Key(wanted)) if account == wanted => call.at_model.told(),
        (Credential::Token(_), AtModel::Identity) => call.at_model.told(),
        (Credential::Key { account, .. }, _) => format!("model called with a key at {account}"),
        (Credential::Token(principal), _) => format!("model called by {principal}"),
        _ => "model called without a credential of the gateway".to_owned(),
    };
    let right = seen == wanted;
    (wanted, seen, right)
}

/// The record keeps credentials as their hash.
fn holds_a_credential_of(demo: &Demo, request: &RecordedRequest) -> bool {
    let body = String::from_utf8_lossy(&request.body);
    let values = request.headers.values().filter_map(|value| value.to_str().ok());
    let everything: Vec<&str> = values.chain(request.query.as_deref()).chain([&*body]).collect();
    demo.callers.all().into_iter().any(|credential| {
        let hash = digest(&SHA256, credential.as_bytes());
        let hash: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        everything.iter().any(|text| text.contains(credential) || text.contains(&hash))
    })
}

fn print(groups: &[(&str, Vec<Row>)]) -> String {
    let rows = || groups.iter().flat_map(|(_, rows)| rows);
    let width = rows().map(|row| row.title.len()).max().unwrap_or(0);
    let expected = rows().map(|row| row.expected.chars().count()).max().unwrap_or(0);
    let mut text = format!("      {:<width$}  {:<expected$}  actual\n", "call", "expected");
    for (title, rows) in groups {
        text.push_str(&format!("\n{title}\n"));
        for row in rows {
            let mark = if row.good { "ok  " } else { "FAIL" };
            text.push_str(&format!(
                "{mark}  {:<width$}  {:<expected$}  {}\n",
                row.title, row.expected, row.actual
            ));
        }
    }
    let failed = rows().filter(|row| !row.good).count();
    text.push_str(&format!("\n{} passed, {failed} failed\n", rows().count() - failed));
    text
}
