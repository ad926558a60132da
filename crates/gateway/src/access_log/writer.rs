//! Records as lines of JSON.

use std::time::Duration;

use http::{StatusCode, Version};

use super::json::{Object, name};
use super::record::{AccessRecord, BackendRecord, CacheUse, LoggedError};
use crate::walk::WebSocketEnd;
use policy::trace::TraceRecord;

/// Appends a record as one line, its members in their order.
pub(super) fn write_line(record: &AccessRecord<'_>, out: &mut Vec<u8>) {
    let mut line = Object::begin(out);
    line.word(name!("category"), "GatewayLogs");
    line.moment(name!("timeGenerated"), record.time_generated);
    line.id(name!("correlationId"), record.correlation_id);
    if let Some(edition) = record.configuration {
        line.number(name!("configurationGeneration"), edition.generation);
        line.text(name!("configurationRevision"), &edition.revision);
    }
    given(&mut line, name!("region"), record.region);
    write_call(record, &mut line);
    write_ids(record, &mut line);
    if let Some(backend) = &record.backend {
        write_backend(backend, &mut line);
    }
    if let Some(error) = &record.last_error {
        line.object(name!("lastError"), |object| write_error(error, object));
    }
    if !record.errors.is_empty() {
        line.list(name!("errors"), record.errors, |object, error| write_error(error, object));
    }
    if !record.trace_records.is_empty() {
        line.list(name!("traceRecords"), record.trace_records, write_trace);
    }
    if let Some(end) = &record.web_socket {
        line.object(name!("webSocket"), |object| write_web_socket(end, object));
    }
    line.end();
    out.push(b'\n');
}

fn given(line: &mut Object<'_>, name: &'static str, value: Option<&str>) {
    if let Some(value) = value {
        line.text(name, value);
    }
}

fn given_number(line: &mut Object<'_>, name: &'static str, value: Option<u64>) {
    if let Some(value) = value {
        line.number(name, value);
    }
}

fn write_call(record: &AccessRecord<'_>, line: &mut Object<'_>) {
    line.truth(name!("isRequestSuccess"), record.is_request_success);
    line.text(name!("method"), record.method.as_str());
    line.text(name!("url"), record.url.as_str());
    given_number(line, name!("responseCode"), record.response_code.map(code));
    line.number(name!("responseSize"), record.response_size);
    given_number(line, name!("requestSize"), record.request_size);
    line.number(name!("totalTime"), millis(record.total_time));
    given_number(line, name!("clientTime"), record.client_time.map(millis));
    line.word(name!("clientProtocol"), protocol(record.client_protocol));
    if let Some(version) = record.client_tls_version {
        line.word(name!("clientTlsVersion"), version);
    }
    if let Some(address) = record.caller_ip_address {
        line.address(name!("callerIpAddress"), address);
    }
    line.word(name!("cache"), cache(record.cache));
    given_number(line, name!("cacheTime"), record.cache_time.map(millis));
}

fn write_ids(record: &AccessRecord<'_>, line: &mut Object<'_>) {
    given(line, name!("workspaceId"), record.workspace_id.map(|id| id.as_str()));
    given(line, name!("apiId"), record.api_id.map(|id| id.as_str()));
    given(line, name!("apiRevision"), record.api_revision);
    given(line, name!("operationId"), record.operation_id.map(|id| id.as_str()));
    given(line, name!("operationName"), record.operation_name.map(|name| name.as_str()));
    given(line, name!("productId"), record.product_id.map(|id| id.as_str()));
    given(line, name!("apimSubscriptionId"), record.apim_subscription_id.map(|id| id.as_str()));
    given(line, name!("userId"), record.user_id.map(|id| id.as_str()));
    given(line, name!("callerOid"), record.caller_oid);
    given(line, name!("callerAppId"), record.caller_app_id);
}

fn write_backend(backend: &BackendRecord<'_>, line: &mut Object<'_>) {
    given(line, name!("backendId"), backend.id);
    line.text(name!("backendMethod"), backend.method.as_str());
    line.pieces(name!("backendUrl"), &backend.url.pieces());
    if let Some(version) = backend.protocol {
        line.word(name!("backendProtocol"), protocol(version));
    }
    given_number(line, name!("backendResponseCode"), backend.response_code.map(code));
    line.number(name!("backendTime"), millis(backend.time));
    given(line, name!("backendIdentity"), backend.identity);
}

fn write_web_socket(end: &WebSocketEnd, object: &mut Object<'_>) {
    object.word(name!("ended"), end.reason.label());
    given_number(object, name!("closeCode"), end.code.map(u64::from));
    object.number(name!("messagesReceived"), end.from_caller.messages);
    object.number(name!("messagesSent"), end.from_backend.messages);
}

fn write_error(logged: &LoggedError<'_>, object: &mut Object<'_>) {
    let error = logged.error;
    given_number(object, name!("elapsed"), logged.elapsed.map(millis));
    object.text(name!("source"), &error.source);
    object.text(name!("reason"), error.reason);
    object.text(name!("message"), &error.message);
    if let Some(scope) = error.scope {
        object.plain(name!("scope"), scope);
    }
    if let Some(section) = error.section {
        object.plain(name!("section"), section);
    }
    given(object, name!("path"), error.path.as_deref());
    given(object, name!("policyId"), error.policy_id.as_deref());
}

fn write_trace(object: &mut Object<'_>, trace: &TraceRecord) {
    object.text(name!("source"), &trace.source);
    object.word(name!("severity"), trace.severity.name());
    object.text(name!("message"), trace.message.as_str());
    if !trace.metadata.is_empty() {
        object.texts(name!("metadata"), &trace.metadata);
    }
}

fn code(status: StatusCode) -> u64 {
    status.as_u16().into()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn protocol(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "HTTP/0.9",
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_11 => "HTTP/1.1",
        Version::HTTP_3 => "HTTP/3",
        _ => "HTTP/2",
    }
}

fn cache(used: CacheUse) -> &'static str {
    match used {
        CacheUse::None => "none",
        CacheUse::Hit => "hit",
        CacheUse::Miss => "miss",
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::net::Ipv4Addr;

    use http::Method;
    use serde_json::{Value, json};

    use super::super::{LoggedTarget, LoggedUrl, Place};
    use super::*;

    fn url(path: &str) -> LoggedUrl {
        let place = Place { scheme: "https", host: "gateway.example", port: None };
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        LoggedUrl::new(place, path, query, |name| name == "subscription-key")
    }

    /// What a record refers to.
    pub(in super::super) struct Facts {
        edition: crate::Edition,
        workspace: model::WorkspaceId,
        api: model::ApiId,
        url: LoggedUrl,
        error: policy::LastError,
        trace: [TraceRecord; 1],
    }

    pub(in super::super) fn facts() -> Facts {
        Facts {
            edition: crate::Edition {
                generation: 3,
                revision: "1f3a9c0d5e77".into(),
                ..crate::Edition::default()
            },
            workspace: model::WorkspaceId::new("team").unwrap(),
            api: model::ApiId::new("openai").unwrap(),
            url: url("/openai?subscription-key=s3cret"),
            error: policy::LastError {
                source: "forward-request".into(),
                reason: "BackendConnectionFailure",
                message: "a \"quoted\"\nmessage".into(),
                scope: Some(policy::Scope::Global),
                section: Some(policy::Section::Backend),
                path: Some("forward-request[1]".into()),
                policy_id: None,
                status: 500,
            },
            trace: [TraceRecord {
                source: "walk".into(),
                severity: policy::trace::Severity::Information,
                message: "m".into(),
                metadata: [("a".into(), "b".into())].into(),
            }],
        }
    }

    pub(in super::super) fn record(facts: &Facts) -> AccessRecord<'_> {
        AccessRecord {
            time_generated: "2026-11-21T08:00:00.0350147Z".parse().unwrap(),
            correlation_id: uuid::Uuid::from_u128(7),
            configuration: Some(&facts.edition),
            region: Some("West Europe"),
            workspace_id: Some(&facts.workspace),
            api_id: Some(&facts.api),
            api_revision: Some("1"),
            operation_id: None,
            operation_name: None,
            product_id: None,
            apim_subscription_id: None,
            user_id: None,
            caller_oid: None,
            caller_app_id: None,
            caller_ip_address: Some(Ipv4Addr::LOCALHOST.into()),
            client_protocol: Version::HTTP_11,
            client_tls_version: None,
            method: &Method::POST,
            url: &facts.url,
            request_size: Some(12),
            response_code: Some(StatusCode::INTERNAL_SERVER_ERROR),
            response_size: 34,
            total_time: Duration::from_micros(5_900),
            client_time: Some(Duration::ZERO),
            is_request_success: false,
            cache: CacheUse::None,
            cache_time: None,
            backend: Some(BackendRecord {
                id: None,
                method: &Method::POST,
                protocol: None,
                url: LoggedTarget { scheme: "https", authority: "gateway.example", path: "/x" },
                response_code: None,
                time: Duration::from_millis(5),
                identity: Some("named value provider-key"),
            }),
            last_error: Some(LoggedError { error: &facts.error, elapsed: Some(Duration::from_millis(5)) }),
            errors: &[],
            trace_records: &facts.trace,
            web_socket: None,
        }
    }

    /// Member names: the columns and the self-hosted gateway's record in policies-b 9.
    #[test]
    fn a_record_is_one_line_of_json_with_apims_columns() {
        let mut line = Vec::new();
        write_line(&record(&facts()), &mut line);
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
        let read: Value = serde_json::from_slice(&line).unwrap();
        let expected = json!({
            "category": "GatewayLogs",
            "timeGenerated": "2026-11-21T08:00:00.0350147Z",
            "correlationId": "00000000-0000-0000-0000-000000000007",
            "configurationGeneration": 3,
            "configurationRevision": "1f3a9c0d5e77",
            "region": "West Europe",
            "isRequestSuccess": false,
            "method": "POST",
            "url": "https://gateway.example/openai?subscription-key=***",
            "responseCode": 500,
            "responseSize": 34,
            "requestSize": 12,
            "totalTime": 5,
            "clientTime": 0,
            "clientProtocol": "HTTP/1.1",
            "callerIpAddress": "127.0.0.1",
            "cache": "none",
            "workspaceId": "team",
            "apiId": "openai",
            "apiRevision": "1",
            "backendMethod": "POST",
            "backendUrl": "https://gateway.example/x",
            "backendTime": 5,
            "backendIdentity": "named value provider-key",
            "lastError": {
                "elapsed": 5,
                "source": "forward-request",
                "reason": "BackendConnectionFailure",
                "message": "a \"quoted\"\nmessage",
                "scope": "global",
                "section": "backend",
                "path": "forward-request[1]",
            },
            "traceRecords": [
                { "source": "walk", "severity": "information", "message": "m", "metadata": { "a": "b" } }
            ],
        });
        assert_eq!(read, expected);
    }
}
