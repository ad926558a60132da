//! The page of failures, from the table in the crate `policy`.

use policy::{DialectWords, FaultKind, FaultRow, Origin, Retry};

use super::table::Table;

const HEAD: &str = "<!-- Written from the table in crates/policy/src/fault.rs: change it there. -->
# Errors

What can go wrong while a request is processed. Any failure stops the section that runs and goes on in `on-error`, where
`context.LastError` has source, reason and message; `*` as a source stands for the name of the policy that failed, as a
message for a text of the failure's own. Unless a policy says otherwise the caller gets the status and a body of one line,
`{ \"statusCode\": 401, \"message\": \"...\" }`; where `*` stands for the caller's message it is that of `LastError`. An
answer of 500 has an `activityId` besides, by which the log has the request, and never tells what happened.

A policy that names a status of its own (`check-header`, `fail-on-error-status-code`) overrides that of the table.

## Shapes

`errors` of an API in [`overlay.toml`](artifact-folder.md#what-the-layout-has-no-place-for) says in which shape its callers get
these bodies. Status, headers and texts are the same in all; bodies that policies write (`return-response`, `set-body` in
`on-error`) stay as they are written, and so do answers to calls that no API matches.

| `errors` | the body |
| --- | --- |
| `\"apim\"` | `{ \"statusCode\": 401, \"message\": \"...\" }` |
| `\"openai\"` | `{\"error\":{\"message\":\"...\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":\"invalid_api_key\"}}`; of 500 the `activityId` is part of the message |
| `\"anthropic\"` | `{\"type\":\"error\",\"error\":{\"type\":\"authentication_error\",\"message\":\"...\"},\"request_id\":\"...\"}`; `request_id` is the `activityId` |

The types follow the status: the table has them for the status in it, and this one for others.

STATUSES

A stream of events (`text/event-stream`) that breaks off after its head ends with one event more, as the vendors' own do, and
then as a whole answer ends: `data: {\"error\":{...}}` and no `[DONE]`, or `event: error` with `data: {\"type\":\"error\",...}`. So
the clients of OpenAI and Anthropic raise an error of theirs instead of one of the connection. The same is said when
`listen.drain-seconds` are over. For that the gateway keeps an event back until all of it is there, up to 16 KiB of it: what
there is of an event that never ends is not sent, since a client would read it together with the error. A stream breaks off
without a word, as all do with `\"apim\"`, when it is compressed, when it announced its length, after `[DONE]`, and within an event
larger than that. Records and metrics are the same either way.

## All errors

";

pub(super) fn page() -> String {
    let mut table = Table::new(&[
        "Reason",
        "Status",
        "Source",
        "Message",
        "To the caller",
        "`openai`",
        "`anthropic`",
        "Whose",
        "Try again",
        "When",
    ]);
    for kind in FaultKind::ALL {
        table.row(&row(*kind));
    }
    format!("{}{}", HEAD.replace("STATUSES\n", &statuses()), table.text())
}

/// What failures are called that have a status of a policy's.
fn statuses() -> String {
    let mut table = Table::new(&["Status", "`openai`", "`anthropic`"]);
    for status in [400_u16, 401, 403, 404, 413, 429, 500, 502, 503, 504] {
        let [openai, anthropic] = words(FaultKind::PolicyFailure, status);
        table.row(&[status.to_string(), openai, anthropic]);
    }
    table.text()
}

/// Type and code of OpenAI's shape, type of Anthropic's.
fn words(kind: FaultKind, status: u16) -> [String; 2] {
    let words = DialectWords::of(kind, status);
    let code = words.openai_code.map(|code| format!(", `{code}`")).unwrap_or_default();
    [format!("`{}`{code}", words.openai_type), format!("`{}`", words.anthropic_type)]
}

fn row(kind: FaultKind) -> [String; 10] {
    let row: &FaultRow = kind.row();
    let [openai, anthropic] = words(kind, row.status);
    let origin = match row.origin {
        Origin::Client => "the caller",
        Origin::Gateway => "the gateway",
        Origin::Backend => "the backend",
    };
    let retry = match row.retry {
        Retry::Never => "no",
        Retry::IfIdempotent => "if idempotent",
        Retry::Safe => "yes",
    };
    [
        format!("`{}`", row.reason),
        row.status.to_string(),
        row.source.replace('*', "\\*"),
        row.message.replace('*', "\\*"),
        row.wire.replace('*', "\\*"),
        openai,
        anthropic,
        origin.to_owned(),
        retry.to_owned(),
        row.doc.trim().to_owned(),
    ]
}
