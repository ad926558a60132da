//! Protocols, headers and bodies on their way through; what is written down about each request; the admin listener.

use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{Response, Version};
use http_body_util::Full;
use serde_json::{Value, json};

use crate::harness::{
    Answer, Api, Authority, Backend, Folder, Gateway, Policy, Product, Start, Wire, eventually, raw,
};

#[tokio::test]
async fn http1_and_http2_are_told_apart_without_tls() {
    let backend = Backend::start().await;
    let mut gateway = Gateway::serving(Folder::new().api(&Api::new("own").to(&backend.url()))).await;
    for (wire, version, name) in
        [(Wire::Http1, Version::HTTP_11, "HTTP/1.1"), (Wire::Http2, Version::HTTP_2, "HTTP/2")]
    {
        let answer = gateway.call("POST", "/own/a?b").over(wire).body("question").send().await;
        assert_eq!((answer.status, answer.version, answer.text()), (200, version, "echo"));
        assert_eq!((backend.last().target.as_str(), &*backend.last().body), ("/a?b", &b"question"[..]));
        assert_eq!(gateway.record().await["clientProtocol"], name);
    }
}

#[tokio::test]
async fn tls_speaks_what_the_caller_offers() {
    let authority = Authority::new();
    let server = authority.server();
    let backend = Backend::start().await;
    let folder = Folder::new().api(&Api::new("own").to(&backend.url()).with("protocols", json!(["https"])));
    std::fs::write(folder.beside("gateway.pem"), &server.pem).expect("a file");
    std::fs::write(folder.beside("gateway.key"), server.key_pem()).expect("a file");
    let start = Start::new(folder);
    let start = start.set("listen.tls.certificate", "gateway.pem").set("listen.tls.key", "gateway.key");
    let mut gateway = start.start().await;
    for (offer, version, name) in [
        (&["h2", "http/1.1"][..], Version::HTTP_2, "HTTP/2"),
        (&["http/1.1"], Version::HTTP_11, "HTTP/1.1"),
        (&[], Version::HTTP_11, "HTTP/1.1"),
    ] {
        let wire = Wire::Tls { root: authority.pem.clone(), offer };
        let answer = gateway.get("/own/a").over(wire).send().await;
        assert_eq!((answer.status, answer.version), (200, version), "{offer:?}");
        let record = gateway.record().await;
        assert_eq!(record["clientProtocol"], name, "{offer:?}");
        assert_eq!(record["clientTlsVersion"], "1.3", "{record}");
        assert!(record["url"].as_str().is_some_and(|url| url.starts_with("https://")), "{record}");
    }
}

#[tokio::test]
async fn headers_of_a_connection_stay_on_it_and_others_pass() {
    let backend = Backend::answering(|_| {
        let answer = Response::builder().status(207).header("x-answer", "1").header("x-answer", "2");
        let answer = answer.header("connection", "x-hop").header("x-hop", "of the backend");
        answer.header("set-cookie", "a=1").body(Full::from("answer")).expect("an answer")
    })
    .await;
    let gateway = Gateway::serving(Folder::new().api(&Api::new("own").to(&backend.url()))).await;
    let call =
        gateway.get("/own").header("host", "gateway.example").header("x-ours", "1").header("x-ours", "2");
    let call = call.header("connection", "x-mine").header("x-mine", "3").header("te", "trailers");
    let call = call.header("user-agent", "test/1").header("x-forwarded-for", "192.0.2.7");
    let answer = call.header("accept-encoding", "br, zstd").send().await;
    let seen = backend.last();
    assert_eq!(seen.header("host"), [backend.url().replace("http://", "")]);
    assert_eq!(seen.header("x-ours"), ["1", "2"]);
    assert_eq!(
        (seen.header("user-agent"), seen.header("accept-encoding")),
        (vec!["test/1"], vec!["br, zstd"])
    );
    assert_eq!(seen.header("x-forwarded-for"), ["192.0.2.7, 127.0.0.1"]);
    for gone in ["x-mine", "connection"] {
        assert_eq!(seen.header(gone), Vec::<&str>::new(), "{gone}");
    }
    // It is about this connection, and true of the next as well: trailers pass.
    assert_eq!(seen.header("te"), ["trailers"]);
    assert_eq!((answer.status, answer.text()), (207, "answer"));
    let values: Vec<_> = answer.headers.get_all("x-answer").iter().collect();
    assert_eq!(values, ["1", "2"]);
    assert_eq!((answer.header("set-cookie"), answer.header("x-hop")), ("a=1", ""));
}

fn gzipped(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).expect("memory");
    encoder.finish().expect("memory")
}

#[tokio::test]
async fn compressed_answers_pass_unharmed() {
    let bytes = gzipped(&"a long answer, ".repeat(500));
    let sent = Bytes::from(bytes.clone());
    let backend = Backend::answering(move |_| {
        let answer =
            Response::builder().header("content-encoding", "gzip").header("content-type", "text/plain");
        answer.body(Full::from(sent.clone())).expect("an answer")
    })
    .await;
    let outbound = r#"<set-header name="x-seen" exists-action="override"><value>1</value></set-header>"#;
    let api = Api::new("own").to(&backend.url()).policy(Policy::default().and_outbound(outbound));
    let gateway = Gateway::serving(Folder::new().api(&api)).await;
    for wire in [Wire::Http1, Wire::Http2] {
        let answer = gateway.get("/own").over(wire).header("accept-encoding", "gzip").send().await;
        assert_eq!(answer.header("content-encoding"), "gzip");
        assert_eq!(answer.header("content-length"), bytes.len().to_string());
        assert_eq!((answer.header("x-seen"), &*answer.body), ("1", &bytes[..]));
    }
}

#[tokio::test]
async fn head_is_answered_without_a_body_and_with_its_length() {
    let backend = Backend::answering(|seen| {
        let length = if seen.method == "HEAD" { "1234" } else { "4" };
        let body = if seen.method == "HEAD" { "" } else { "four" };
        Response::builder().header("content-length", length).body(Full::from(body)).expect("an answer")
    })
    .await;
    let api = Api::new("own").to(&backend.url()).serving(&["GET /a", "HEAD /a"]);
    let gateway = Gateway::serving(Folder::new().api(&api)).await;
    for wire in [Wire::Http1, Wire::Http2] {
        let answer = gateway.call("HEAD", "/own/a").over(wire).send().await;
        assert_eq!((answer.status, answer.header("content-length"), answer.text()), (200, "1234", ""));
    }
    // The connection can be used again: nothing of a body was left on it.
    let twice =
        "HEAD /own/a HTTP/1.1\r\nhost: g\r\n\r\nGET /own/a HTTP/1.1\r\nhost: g\r\nconnection: close\r\n\r\n";
    let answers = raw(gateway.address, twice).await;
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 2, "{answers}");
    assert!(answers.ends_with("four"), "{answers}");
}

#[tokio::test]
async fn bodies_of_any_size_pass_in_both_directions() {
    let large: String = (0..200_000).map(|i| char::from(b'a' + (i % 26) as u8)).collect();
    let echo = Backend::answering(|seen| Response::new(Full::from(seen.body.clone()))).await;
    let gateway = Gateway::serving(Folder::new().api(&Api::new("own").to(&echo.url()))).await;
    for wire in [Wire::Http1, Wire::Http2] {
        let answer = gateway.call("POST", "/own").over(wire).body(large.clone()).send().await;
        assert!(answer.text() == large);
        assert_eq!(echo.last().header("content-length"), [large.len().to_string()]);
    }
    let chunked = "POST /own HTTP/1.1\r\nhost: g\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n\
        3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    assert!(raw(gateway.address, chunked).await.contains("abcde"));
    assert_eq!(echo.last().header("transfer-encoding"), ["chunked"]);
}

/// The columns of ApiManagementGatewayLogs, as a self-hosted gateway writes them.
#[tokio::test]
async fn each_request_leaves_one_record_with_its_columns() {
    let backend = Backend::start().await;
    let entity = json!({ "url": backend.url(), "protocol": "http" });
    let api = Api::new("own").with_key().serving(&["GET /items/{id}", "POST /fail"]);
    let chosen = Policy::inbound(r#"<set-backend-service backend-id="models" />"#);
    let folder = Folder::new()
        .overlay("[service]\nname = \"contoso\"\nregion = \"West Europe\"\n")
        .overlay("[users.jane]\nemail = \"jane@example.com\"\n")
        .api(&api.policy(chosen))
        .backend("models", &entity)
        .product(&Product::new("starter", &["own"]))
        .subscription_with(
            "team-a",
            &json!({ "displayName": "A", "scope": "/products/starter", "ownerId": "/users/jane" }),
            &[("primary", "k-1")],
        );
    let mut gateway = Gateway::serving(folder).await;
    let answer = gateway.get("/own/items/7?subscription-key=k-1&x=y").send().await;
    assert_eq!(answer.status, 200);
    let record = gateway.record().await;
    let port = gateway.address.port();
    let expected = json!({
        "category": "GatewayLogs",
        "region": "West Europe",
        "isRequestSuccess": true,
        "method": "GET",
        "url": format!("http://127.0.0.1:{port}/own/items/7?subscription-key=***&x=y"),
        "responseCode": 200,
        "responseSize": 4,
        "requestSize": 0,
        "clientProtocol": "HTTP/1.1",
        "callerIpAddress": "127.0.0.1",
        "cache": "none",
        "apiId": "own",
        "apiRevision": "1",
        "operationId": "get-items-id",
        "operationName": "GET /items/{id}",
        "productId": "starter",
        "apimSubscriptionId": "team-a",
        "userId": "jane",
        "backendId": "models",
        "backendMethod": "GET",
        "backendUrl": format!("{}/items/7", backend.url()),
        "backendProtocol": "HTTP/1.1",
        "backendResponseCode": 200,
    });
    for (column, value) in expected.as_object().expect("columns") {
        assert_eq!(&record[column], value, "{column}: {record}");
    }
    for measured in ["totalTime", "clientTime", "backendTime"] {
        assert!(record[measured].is_u64(), "{measured}: {record}");
    }
    let generated = record["timeGenerated"].as_str().expect("a moment");
    assert!(generated.parse::<jiff::Timestamp>().is_ok(), "{generated}");

    for (call, status, reason, section) in [
        (gateway.get("/nowhere"), 404, "OperationNotFound", "backend"),
        (gateway.get("/own/items/7"), 401, "SubscriptionKeyNotFound", "inbound"),
        (gateway.get("/own/items/7").key("bad"), 401, "SubscriptionKeyInvalid", "inbound"),
    ] {
        assert_eq!(call.send().await.status, status, "{reason}");
        let record = gateway.record().await;
        assert_eq!((&record["responseCode"], &record["isRequestSuccess"]), (&json!(status), &json!(false)));
        assert_eq!(record["lastError"]["reason"], reason, "{record}");
        assert_eq!(record["lastError"]["section"], section, "{record}");
        assert_eq!(record["backendUrl"], Value::Null, "{record}");
    }
    assert_eq!(gateway.terminate().await, 0);
    assert_eq!(gateway.records().len(), 4, "one record for one request");
    let mut ids: Vec<_> = gateway.records().iter().map(|each| each["correlationId"].to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4, "each has an id of its own");
}

/// Requests that are refused before anything looks at them are written down too.
#[tokio::test]
async fn refused_heads_leave_a_record_too() {
    let mut gateway = Gateway::serving(Folder::new().api(&Api::new("own"))).await;
    let answer = raw(gateway.address, "TRACE /own HTTP/1.1\r\nhost: g\r\nconnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
    let record = gateway.record().await;
    assert_eq!((&record["responseCode"], &record["method"]), (&json!(405), &json!("TRACE")), "{record}");
}

#[tokio::test]
async fn metrics_count_what_happened() {
    let backend = Backend::answering(|seen| {
        let status = if seen.target == "/bad" { 503 } else { 200 };
        Response::builder().status(status).body(Full::from("x")).expect("an answer")
    })
    .await;
    let folder = Folder::new().api(&Api::new("own").to(&backend.url())).api(&Api::new("closed").with_key());
    let mut gateway = Gateway::serving(folder).await;
    for (target, status) in
        [("/own", 200), ("/own", 200), ("/own/bad", 503), ("/closed", 401), ("/none", 404)]
    {
        assert_eq!(gateway.get(target).send().await.status, status, "{target}");
        gateway.record().await;
    }
    let metrics = gateway.metrics().await;
    let count = |labels: &[&str]| -> Option<u64> {
        let counters = metrics.lines().filter(|line| line.starts_with("cardea_requests_total{"));
        let line = counters.into_iter().find(|line| labels.iter().all(|label| line.contains(label)))?;
        line.rsplit(' ').next()?.parse().ok()
    };
    assert_eq!(count(&[r#"api="own""#, r#"gateway_response_code="200""#]), Some(2), "{metrics}");
    let failed = [r#"api="own""#, r#"gateway_response_code="503""#, r#"backend_response_code="503""#];
    assert_eq!(count(&failed), Some(1), "{metrics}");
    let refused = [r#"api="closed""#, r#"last_error_reason="SubscriptionKeyNotFound""#];
    assert_eq!(count(&refused), Some(1), "{metrics}");
    assert_eq!(count(&[r#"api="""#, r#"gateway_response_code="404""#]), Some(1), "{metrics}");
    assert!(metrics.contains("cardea_request_duration_seconds_count{api=\"own\"} 3"), "{metrics}");
    assert!(metrics.ends_with("# EOF\n"));
}

fn json_of(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn the_admin_listener_tells_what_is_served_and_what_is_wrong() {
    let folder = Folder::new()
        .overlay("[service]\nname = \"contoso\"\n")
        .api(&Api::new("good").with_key().serving(&["GET /a", "GET /b"]))
        .api(&Api::new("bad").policy("<policies><inbound><no-such-policy /></inbound></policies>"))
        .product(&Product::new("starter", &["good"]))
        .subscription("team-a", "/products/starter", "k-1");
    let gateway = Gateway::serving(folder).await;
    assert_eq!(gateway.ask("GET", "/-/healthy").await.status, 200);
    assert_eq!(gateway.ask("GET", "/-/ready").await.status, 200);
    let config = json_of(&gateway.ask("GET", "/-/config").await);
    assert_eq!((&config["service"], &config["generation"]), (&json!("contoso"), &json!(1)));
    assert_eq!((&config["keys"], &config["problems"]), (&json!(1), &json!(1)));
    let apis = config["apis"].as_array().expect("APIs");
    let api = |id: &str| apis.iter().find(|api| api["id"] == id).expect("the API");
    assert_eq!((&api("good")["state"], &api("good")["operations"]), (&json!("serving"), &json!(2)));
    assert_eq!(api("good")["products"], json!(["starter"]));
    assert_eq!(api("bad")["state"], "refused");
    let problems = json_of(&gateway.ask("GET", "/-/config/problems").await);
    let problem = &problems.as_array().expect("problems")[0];
    assert_eq!((&problem["severity"], &problem["code"]), (&json!("error"), &json!("unknown-policy")));
    assert_eq!((&problem["file"], &problem["line"]), (&json!("apis/bad/policy.xml"), &json!(1)), "{problem}");
    assert!(problem["column"].is_u64(), "{problem}");
    // It is for this machine, not for web pages of a browser on it.
    let page = crate::harness::Call::new(gateway.admin, "POST", "/-/reload")
        .header("origin", "https://evil.example");
    assert_eq!(page.send().await.status, 403);
}

/// Whoever rotates logs moves the file away and sends SIGHUP: no record is lost and none is in both.
#[tokio::test]
async fn the_access_log_is_opened_anew_at_sighup() {
    let backend = Backend::start().await;
    let mut gateway = Gateway::serving(Folder::new().api(&Api::new("own").to(&backend.url()))).await;
    assert_eq!(gateway.get("/own/before").send().await.status, 200);
    gateway.record().await;
    let moved = gateway.folder.beside("access.log.1");
    std::fs::rename(gateway.folder.beside("access.log"), &moved).expect("the log");
    gateway.signal("HUP");
    let path = gateway.folder.beside("access.log");
    eventually("a new file", async || path.exists().then_some(())).await;
    assert_eq!(gateway.get("/own/after").send().await.status, 200);
    assert_eq!(gateway.terminate().await, 0);
    let (old, new) =
        (std::fs::read_to_string(moved).expect("a file"), std::fs::read_to_string(path).expect("a file"));
    assert_eq!((old.lines().count(), new.lines().count()), (1, 1), "{old}{new}");
    assert!(old.contains("/own/before") && new.contains("/own/after"));
}

/// Records go to standard output unless a file is named, and nothing else does; the program's own log is beside them.
#[tokio::test]
async fn records_are_lines_of_json_on_standard_output() {
    let backend = Backend::start().await;
    let folder = Folder::new().api(&Api::new("own").to(&backend.url()));
    let start = Start::new(folder).set("log.access", "stdout").set("log.format", "json");
    let gateway = start.start().await;
    assert_eq!(gateway.get("/own").send().await.status, 200);
    assert_eq!(gateway.terminate().await, 0);
    let printed = eventually("standard output", async || gateway.printed()).await;
    let records: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((records.len(), &records[0]["apiId"]), (1, &json!("own")), "{printed}");
    for line in gateway.said().lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "what collects the log reads JSON: {line}");
    }
}

#[tokio::test]
async fn many_requests_at_once_are_each_answered_and_recorded_once() {
    let backend = Backend::answering(|seen| Response::new(Full::from(seen.target.clone()))).await;
    let gateway = Gateway::serving(Folder::new().api(&Api::new("own").to(&backend.url()))).await;
    let calls = (0..100).map(|number| {
        let wire = if number % 2 == 0 { Wire::Http1 } else { Wire::Http2 };
        let call = gateway.get(&format!("/own/{number}")).over(wire);
        tokio::spawn(async move { (number, call.send().await) })
    });
    for call in calls.collect::<Vec<_>>() {
        let (number, answer) = call.await.expect("a call");
        assert_eq!((answer.status, answer.text()), (200, format!("/{number}").as_str()));
    }
    assert_eq!(gateway.terminate().await, 0);
    let mut urls: Vec<String> = gateway.records().iter().map(|each| each["url"].to_string()).collect();
    urls.sort();
    urls.dedup();
    assert_eq!((gateway.records().len(), urls.len()), (100, 100));
}

/// A client that asks before it sends is told to go on, and its body arrives.
#[tokio::test]
async fn a_caller_that_expects_to_be_told_to_go_on_is_told_so() {
    let backend = Backend::answering(|seen| Response::new(Full::from(seen.body.clone()))).await;
    let gateway = Gateway::serving(Folder::new().api(&Api::new("own").to(&backend.url()))).await;
    let head = "POST /own HTTP/1.1\r\nhost: g\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\nhello";
    let answer = raw(gateway.address, head).await;
    assert!(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200"), "{answer}");
    assert!(answer.ends_with("hello"), "{answer}");
    assert_eq!(backend.last().header("expect"), Vec::<&str>::new());
}
