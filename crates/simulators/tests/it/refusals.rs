//! Requests that are refused. The cases are files in `tests/cases/refusals`: a request, a status, and members that the
//! body must have. `source` says where the text is from.

use std::fs;
use std::path::Path;

use http::Method;
use serde_json::Value;

use crate::client::{KEY, start};

/// Whether `body` has everything that `expected` has.
fn has(body: &Value, expected: &Value) -> bool {
    match (body, expected) {
        (Value::Object(body), Value::Object(expected)) => {
            expected.iter().all(|(name, value)| body.get(name).is_some_and(|found| has(found, value)))
        }
        _ => body == expected,
    }
}

fn headers(case: &Value) -> Vec<(String, String)> {
    let given = case["headers"].as_object();
    let text = |value: &Value| value.as_str().unwrap().replace("{key}", KEY);
    match given {
        Some(given) => given.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
        None => vec![(String::from("api-key"), String::from(KEY))],
    }
}

#[tokio::test]
async fn what_the_service_refuses_is_refused_in_its_words() {
    let (_running, client) = start().await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/refusals");
    let mut cases = 0;
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let table: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        for case in table["cases"].as_array().unwrap() {
            let headers = headers(case);
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let method: Method = case["method"].as_str().unwrap_or("POST").parse().unwrap();
            let body = match &case["body"] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                body => body.to_string(),
            };
            let target = case["path"].as_str().or(table["path"].as_str()).unwrap();
            let answer = client.send(method, target, &headers, body.as_bytes()).await;
            let place = format!("{}: {case}\n{}", path.display(), answer.text());
            assert_eq!(answer.status.as_u16(), case["status"], "{place}");
            assert!(has(&answer.json(), &case["expected"]), "{place}");
            cases += 1;
        }
    }
    assert!(cases > 30, "{cases}");
}
