//! What was seen against what must be seen. Every difference is told, not only the first.

use std::time::Duration;

use http::HeaderMap;
use policy::{
    ErrorStatus, ForwardOptions, HttpVersion, LastError, Redirects, RequestBody, ResponseBody, TokenPlace,
    trace::TraceRecord,
};

use crate::message::Message;
use crate::script::Then;
use crate::walk::Walked;
use crate::world::Seen;

/// The differences.
pub(crate) fn differences(then: &Then, walked: &Walked) -> Vec<String> {
    let mut found = Vec::new();
    match (&then.forwarded, &walked.seen) {
        (Some(wanted), Some(seen)) => forwarded(wanted, seen, &mut found),
        (Some(_), None) => found.push("the backend is not called".to_owned()),
        (None, _) => {}
    }
    if let Some(wanted) = &then.answer {
        answer(wanted, walked, &mut found);
    }
    found.extend(then.facts.iter().filter_map(|fact| fact_differs(fact, walked)));
    found
}

fn forwarded(wanted: &Message, seen: &Seen, found: &mut Vec<String>) {
    let whole = wanted.first.contains("://");
    let line = format!("{} {}", seen.method, if whole { &seen.url } else { &seen.target });
    if line != wanted.first {
        found.push(format!("the backend gets `{line}`, not `{}`", wanted.first));
    }
    headers("the backend gets", wanted, &seen.headers, found);
    body("the backend gets", wanted, &seen.body, found);
}

fn answer(wanted: &Message, walked: &Walked, found: &mut Vec<String>) {
    let status = walked.status.as_u16().to_string();
    let (code, reason) = wanted.first.split_once(' ').unwrap_or((&wanted.first, ""));
    if status != code {
        let body = String::from_utf8_lossy(&walked.body);
        found.push(format!("the caller gets {status}, not {code}; body {body:?}, error {:?}", walked.error));
    }
    if !reason.is_empty() && walked.reason.as_str() != reason {
        found.push(format!("the reason is `{}`, not `{reason}`", walked.reason.as_str()));
    }
    headers("the caller gets", wanted, &walked.headers, found);
    body("the caller gets", wanted, &walked.body, found);
}

/// All values that are wanted of a name against all that are there.
fn headers(who: &str, wanted: &Message, there: &HeaderMap, found: &mut Vec<String>) {
    for (name, _) in &wanted.headers {
        let values: Vec<_> = wanted
            .headers
            .iter()
            .filter(|(own, _)| own == name)
            .filter_map(|(_, value)| value.clone())
            .collect();
        let seen: Vec<_> = there
            .get_all(name.as_str())
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect();
        let difference = format!("{who} `{name}` as {seen:?}, not {values:?}");
        if seen != values && !found.contains(&difference) {
            found.push(difference);
        }
    }
}

fn body(who: &str, wanted: &Message, there: &[u8], found: &mut Vec<String>) {
    let seen = String::from_utf8_lossy(there);
    if let Some(wanted) = wanted.body.as_ref().filter(|wanted| **wanted != seen) {
        found.push(format!("{who} the body {seen:?}, not {wanted:?}"));
    }
}

fn fact_differs(fact: &str, walked: &Walked) -> Option<String> {
    let (word, rest) = fact.split_once(' ').unwrap_or((fact, ""));
    let seen = match (word, rest) {
        ("no", "call") => walked.seen.as_ref().map_or("no call", |_| "a call").to_owned(),
        ("proxy", _) => proxy(walked),
        ("calls", _) => format!("calls {}", walked.calls),
        ("waited", _) => {
            let seconds: Vec<_> = walked.waited.iter().map(|wait| wait.as_secs_f64().to_string()).collect();
            format!("waited {}", if seconds.is_empty() { "nothing".to_owned() } else { seconds.join(" ") })
        }
        ("no", "error") => walked.error.as_ref().map_or("no error".to_owned(), |error| format!("{error:?}")),
        ("no", "trace") => walked.trace.first().map_or("no trace".to_owned(), trace),
        ("trace", _) => walked.trace.iter().map(trace).find(|line| line == fact).unwrap_or_else(|| {
            format!("other traces: {:?}", walked.trace.iter().map(trace).collect::<Vec<_>>())
        }),
        ("variable", _) => variable(rest, walked),
        ("caller", _) => caller(rest, walked),
        ("validated", _) => validated(walked),
        ("keys", _) => format!("keys fetched {} renewed {}", walked.asked.fetched, walked.asked.renewed),
        ("error", _) => error(rest.split(' ').next().unwrap_or(""), walked.error.as_ref()),
        ("forwarded", _) => {
            return walked.seen.as_ref().map_or(Some("no call".to_owned()), |seen| options(rest, seen));
        }
        _ => return Some(format!("`{fact}` is not a line of `then`")),
    };
    (seen != fact).then(|| format!("`{seen}`, not `{fact}`"))
}

fn proxy(walked: &Walked) -> String {
    let Some(proxy) = &walked.proxy else { return "proxy none".to_owned() };
    let sign_in = proxy.sign_in.as_ref().map(|pair| format!(" as {}", pair.expose())).unwrap_or_default();
    let made = if proxy.url.computed { " computed" } else { "" };
    format!("proxy {}{sign_in}{made}", proxy.url)
}

fn variable(rest: &str, walked: &Walked) -> String {
    let name = rest.split([' ', '=']).next().unwrap_or("");
    match walked.variables.iter().find(|(own, _)| own == name) {
        Some((_, value)) => format!("variable {name} = {value}"),
        None => format!("variable {name} unset"),
    }
}

fn caller(rest: &str, walked: &Walked) -> String {
    let part = rest.split(' ').next().unwrap_or("");
    let found = match part {
        "oid" => walked.caller.oid.as_deref(),
        "app" => walked.caller.app_id.as_deref(),
        _ => return "no such part of the caller".to_owned(),
    };
    found.map_or_else(|| format!("caller {part} unset"), |found| format!("caller {part} = {found}"))
}

fn validated(walked: &Walked) -> String {
    let places: Vec<String> = walked
        .caller
        .validated
        .iter()
        .map(|presented| match &presented.place {
            TokenPlace::Header(name) => format!("header {name}"),
            TokenPlace::Query(name) => format!("query {name}"),
            TokenPlace::Computed => "computed".to_owned(),
        })
        .collect();
    format!("validated {}", if places.is_empty() { "nowhere".to_owned() } else { places.join(", ") })
}

fn trace(record: &TraceRecord) -> String {
    let mut line = format!("trace {} {}: {}", record.severity.name(), record.source, record.message.as_str());
    if !record.metadata.is_empty() {
        let pairs: Vec<_> = record
            .metadata
            .iter()
            .map(|(name, value)| format!("{}={}", name.as_str(), value.as_str()))
            .collect();
        line.push_str(&format!(" {{{}}}", pairs.join(", ")));
    }
    line
}

fn error(part: &str, error: Option<&LastError>) -> String {
    let Some(error) = error else { return "no error".to_owned() };
    let shown = match part {
        "source" => error.source.to_string(),
        "reason" => error.reason.to_owned(),
        "message" => error.message.to_string(),
        "scope" => error.scope.map_or(String::new(), |scope| scope.to_string()),
        "section" => error.section.map_or(String::new(), |section| section.to_string()),
        "path" => error.path.as_deref().unwrap_or("").to_owned(),
        "policy-id" => error.policy_id.as_deref().unwrap_or("").to_owned(),
        _ => "no such part".to_owned(),
    };
    format!("error {part} = {shown}").trim_end().to_owned()
}

fn options(wanted: &str, seen: &Seen) -> Option<String> {
    let all = shown(&seen.options);
    let missing = wanted.split_whitespace().find(|each| !all.iter().any(|own| own == each))?;
    Some(format!("forwarded {}, not {missing}", all.join(" ")))
}

fn shown(options: &ForwardOptions) -> Vec<String> {
    let version = match options.version {
        HttpVersion::Http1 => "1",
        HttpVersion::Http2Or1 => "2or1",
        HttpVersion::Http2 => "2",
    };
    vec![
        format!("timeout={}", time(options.timeout)),
        format!("version={version}"),
        format!("redirects={}", if options.redirects == Redirects::Followed { "followed" } else { "passed" }),
        format!(
            "request-body={}",
            if options.request_body == RequestBody::Kept { "kept" } else { "streamed" }
        ),
        format!(
            "chunks={}",
            if options.response_body == ResponseBody::AtOnce { "at-once" } else { "gathered" }
        ),
        format!("continue={}", options.continue_timeout.map_or("none".to_owned(), time)),
        format!(
            "error-status={}",
            if options.error_status == ErrorStatus::Fault { "fault" } else { "answer" }
        ),
    ]
}

fn time(duration: Duration) -> String {
    match duration.subsec_millis() {
        0 => format!("{}s", duration.as_secs()),
        _ => format!("{}ms", duration.as_millis()),
    }
}
