//! Makes the demo's calls over sockets and compares what comes back.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use simulators::Credential;
use tokio::net::TcpStream;

use super::Demo;
use super::calls::{Call, table};

/// How long one call may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a call gave.
struct Answer {
    status: u16,
    body: String,
    frames: usize,
}

/// One row of the printed table.
struct Row {
    title: String,
    expected: String,
    actual: String,
    good: bool,
}

/// Makes all calls. Gives the table for people, and whether all is as expected.
///
/// # Errors
/// When the gateway cannot be called at all.
pub(crate) async fn run(demo: &Demo) -> anyhow::Result<(String, bool)> {
    let gateway = demo.instance.addresses().gateway;
    let mut rows = Vec::new();
    for call in table(&demo.callers) {
        demo.models.recorder().clear();
        let answer = tokio::time::timeout(PATIENCE, make(gateway, &call)).await;
        let answer = answer.context("the gateway does not answer")??;
        rows.push(compare(&call, &answer, demo));
    }
    let good = rows.iter().all(|row| row.good);
    Ok((print(&rows), good))
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

/// What the model service received: nothing, or a call with the gateway's key and without the caller's.
fn at_the_model(call: &Call, demo: &Demo) -> (String, String, bool) {
    let received = demo.models.recorder().requests();
    if !call.reaches_model {
        let seen = if received.is_empty() { "model not called" } else { "model called" };
        return ("model not called".to_owned(), seen.to_owned(), received.is_empty());
    }
    let wanted = "model called with the gateway's key".to_owned();
    let [request] = received.as_slice() else {
        return (wanted, format!("model called {} times", received.len()), false);
    };
    let leaked = [&demo.callers.team_a, &demo.callers.team_b].into_iter().any(|key| {
        let in_headers = request
            .headers
            .values()
            .any(|value| value.to_str().is_ok_and(|text| text.contains(key.as_str())));
        in_headers || request.query.as_deref().is_some_and(|query| query.contains(key.as_str()))
    });
    let signed_in = matches!(request.credential, Credential::Key { .. });
    let seen = match (leaked, signed_in) {
        (true, _) => "model called with the caller's key",
        (false, false) => "model called without a key of its own",
        (false, true) => "model called with the gateway's key",
    };
    (wanted, seen.to_owned(), signed_in && !leaked)
}

fn print(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.title.len()).max().unwrap_or(0);
    let expected = rows.iter().map(|row| row.expected.chars().count()).max().unwrap_or(0);
    let mut text = format!("      {:<width$}  {:<expected$}  actual\n", "call", "expected");
    for row in rows {
        let mark = if row.good { "ok  " } else { "FAIL" };
        text.push_str(&format!(
            "{mark}  {:<width$}  {:<expected$}  {}\n",
            row.title, row.expected, row.actual
        ));
    }
    let failed = rows.iter().filter(|row| !row.good).count();
    text.push_str(&format!("\n{} passed, {failed} failed\n", rows.len() - failed));
    text
}
