//! Records as lines of JSON.

use std::fmt::{self, Display};
use std::io;
use std::time::Duration;

use http::{StatusCode, Version};
use serde::{Serialize, Serializer};

use super::record::{AccessRecord, BackendRecord, CacheUse, LoggedError};
use policy::trace::TraceRecord;

/// Appends a record as one line.
pub(super) fn write_line(record: &AccessRecord, line: &mut Vec<u8>) -> io::Result<()> {
    serde_json::to_writer(&mut *line, &Line::of(record))?;
    line.push(b'\n');
    Ok(())
}

/// The members of a line, in their order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    category: &'static str,
    time_generated: Shown<Time>,
    correlation_id: Shown<uuid::Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration_generation: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration_revision: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    is_request_success: bool,
    method: &'a str,
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_code: Option<u16>,
    response_size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_size: Option<u64>,
    total_time: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_time: Option<u64>,
    client_protocol: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_tls_version: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caller_ip_address: Option<Shown<std::net::IpAddr>>,
    cache: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_time: Option<u64>,
    #[serde(flatten)]
    ids: Ids<'a>,
    #[serde(flatten)]
    backend: Option<BackendColumns<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<ErrorColumns<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ErrorColumns<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    trace_records: Vec<TraceColumns<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ids<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_revision: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    apim_subscription_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caller_oid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caller_app_id: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BackendColumns<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    backend_id: Option<&'a str>,
    backend_method: &'a str,
    backend_url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    backend_protocol: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backend_response_code: Option<u16>,
    backend_time: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    backend_identity: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorColumns<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    elapsed: Option<u64>,
    source: &'a str,
    reason: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Shown<policy::Scope>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    section: Option<Shown<policy::Section>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_id: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TraceColumns<'a> {
    source: &'a str,
    severity: &'static str,
    message: &'a str,
    #[serde(serialize_with = "pairs", skip_serializing_if = "<[_]>::is_empty")]
    metadata: &'a [(String, String)],
}

impl<'a> Line<'a> {
    fn of(record: &'a AccessRecord) -> Self {
        Self {
            category: "GatewayLogs",
            time_generated: Shown(Time(record.time_generated)),
            correlation_id: Shown(record.correlation_id),
            configuration_generation: record.configuration.as_ref().map(|edition| edition.generation),
            configuration_revision: record.configuration.as_ref().map(|edition| &*edition.revision),
            region: record.region.as_deref(),
            is_request_success: record.is_request_success,
            method: record.method.as_str(),
            url: record.url.as_str(),
            response_code: record.response_code.as_ref().map(StatusCode::as_u16),
            response_size: record.response_size,
            request_size: record.request_size,
            total_time: millis(record.total_time),
            client_time: record.client_time.map(millis),
            client_protocol: protocol(record.client_protocol),
            client_tls_version: record.client_tls_version,
            caller_ip_address: record.caller_ip_address.map(Shown),
            cache: cache(record.cache),
            cache_time: record.cache_time.map(millis),
            ids: Ids::of(record),
            backend: record.backend.as_ref().map(BackendColumns::of),
            last_error: record.last_error.as_ref().map(ErrorColumns::of),
            errors: record.errors.iter().map(ErrorColumns::of).collect(),
            trace_records: record.trace_records.iter().map(TraceColumns::of).collect(),
        }
    }
}

impl<'a> Ids<'a> {
    fn of(record: &'a AccessRecord) -> Self {
        Self {
            workspace_id: record.workspace_id.as_ref().map(|id| id.as_str()),
            api_id: record.api_id.as_ref().map(|id| id.as_str()),
            api_revision: record.api_revision.as_deref(),
            operation_id: record.operation_id.as_ref().map(|id| id.as_str()),
            operation_name: record.operation_name.as_ref().map(|name| name.as_str()),
            product_id: record.product_id.as_ref().map(|id| id.as_str()),
            apim_subscription_id: record.apim_subscription_id.as_ref().map(|id| id.as_str()),
            user_id: record.user_id.as_ref().map(|id| id.as_str()),
            caller_oid: record.caller_oid.as_deref(),
            caller_app_id: record.caller_app_id.as_deref(),
        }
    }
}

impl<'a> BackendColumns<'a> {
    fn of(backend: &'a BackendRecord) -> Self {
        Self {
            backend_id: backend.id.as_deref(),
            backend_method: backend.method.as_str(),
            backend_url: backend.url.as_str(),
            backend_protocol: backend.protocol.map(protocol),
            backend_response_code: backend.response_code.as_ref().map(StatusCode::as_u16),
            backend_time: millis(backend.time),
            backend_identity: backend.identity.as_deref(),
        }
    }
}

impl<'a> ErrorColumns<'a> {
    fn of(logged: &'a LoggedError) -> Self {
        let error = &logged.error;
        Self {
            elapsed: logged.elapsed.map(millis),
            source: &error.source,
            reason: error.reason,
            message: &error.message,
            scope: error.scope.map(Shown),
            section: error.section.map(Shown),
            path: error.path.as_deref(),
            policy_id: error.policy_id.as_deref(),
        }
    }
}

impl<'a> TraceColumns<'a> {
    fn of(trace: &'a TraceRecord) -> Self {
        Self {
            source: &trace.source,
            severity: trace.severity.name(),
            message: &trace.message,
            metadata: &trace.metadata,
        }
    }
}

/// Written as it displays.
struct Shown<T>(T);

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// UTC with seven decimals, as .NET writes it.
struct Time(jiff::Timestamp);

impl Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.7}", self.0)
    }
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

fn pairs<S: Serializer>(pairs: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}

#[cfg(test)]
pub(super) mod tests {
    use std::net::Ipv4Addr;

    use http::Method;
    use http::uri::Scheme;
    use serde_json::{Value, json};

    use super::super::LoggedUrl;
    use super::*;

    fn url(path: &str) -> LoggedUrl {
        LoggedUrl::new(&Scheme::HTTPS, Some(&"gateway.example".parse().unwrap()), path, &["subscription-key"])
    }

    pub(in super::super) fn record() -> AccessRecord {
        AccessRecord {
            time_generated: "2026-11-21T08:00:00.0350147Z".parse().unwrap(),
            correlation_id: uuid::Uuid::from_u128(7),
            configuration: Some(std::sync::Arc::new(crate::Edition {
                generation: 3,
                revision: "1f3a9c0d5e77".into(),
                ..crate::Edition::default()
            })),
            region: Some("West Europe".into()),
            workspace_id: Some(model::WorkspaceId::new("team").unwrap()),
            api_id: Some(model::ApiId::new("openai").unwrap()),
            api_revision: Some("1".into()),
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
            method: Method::POST,
            url: url("/openai?subscription-key=s3cret"),
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
                method: Method::POST,
                protocol: None,
                url: url("/x"),
                response_code: None,
                time: Duration::from_millis(5),
                identity: Some("named value provider-key".into()),
            }),
            last_error: Some(LoggedError {
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
                elapsed: Some(Duration::from_millis(5)),
            }),
            errors: Vec::new(),
            trace_records: vec![TraceRecord {
                source: "walk".into(),
                severity: policy::trace::Severity::Information,
                message: "m".into(),
                metadata: vec![("a".into(), "b".into())],
            }],
        }
    }

    /// Member names: the columns and the self-hosted gateway's record in policies-b 9.
    #[test]
    fn a_record_is_one_line_of_json_with_apims_columns() {
        let mut line = Vec::new();
        write_line(&record(), &mut line).unwrap();
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
