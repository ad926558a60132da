//! `docs/failures.md`, of which the table is written from the cases.

use std::path::Path;

use crate::cases::{self, Case, Ends, Head};
use crate::web_sockets;

/// What stands before the tables.
const BEFORE: &str = "<!-- Written from crates/faults: the table from its cases, the text from tests/it/page.rs. Change it there. -->
# What fails, and what is seen of it

Every row of the first table is a file of `crates/faults/tests/cases`: `./test faults` brings each about with the real
program, over HTTP/1.1 and HTTP/2, while other callers use another model through the same gateway. Those notice nothing;
every call has one access record and is counted once; sockets, tasks and memory are as before when it is over. Rows of HTTP/2
speak of what the model does frame by frame.

An answer that *breaks off* cannot be taken for a whole one: over HTTP/1.1 the connection ends without the last chunk, or before
the announced length; over HTTP/2 the stream is reset. A stream of events has no `[DONE]` then. What had arrived from the
model has been passed on. Rows with `errors` are of APIs that have that [setting](errors.md#shapes): their streams end with an
event that says so. Where a body breaks off right after its head, a caller over HTTP/1.1 may see the connection end without a
head. Reasons are those of the [errors](errors.md); the program's own log has the cause (`connection refused`, `connection
reset`) with the `correlationId` of the record.

## Models and other backends

| what fails | what the caller sees | the access record | calls of the model |
| --- | --- | --- | --- |
";

/// What stands between them.
const BETWEEN: &str = "
Nothing is tried again unless a policy says so ([`retry`](policies/retry.md)), a kept connection turns out to be dead before
anything was sent, or a model says over HTTP/2 that it has not looked at a call (`REFUSED_STREAM`, GOAWAY with a lower last
stream): then it is sent once more if what was sent of its body is at most `limits.resent-body`. A connection of HTTP/2 on
which nothing at all was read while a call waited in vain gets no other call until something is read. Codes of RST_STREAM are
those of one connection: whatever a model says, callers see `INTERNAL_ERROR`.

## Models behind WebSockets

Every row is a file of `crates/faults/tests/web_sockets`. What the gateway says on its own account are close frames; in the
middle of a message there is no room for one.

| what fails | what the caller sees | the access record |
| --- | --- | --- |
";

/// What stands after them.
const AFTER: &str = "
A caller that leaves ends the model's side, with 1001 between two messages. A gateway that is told to end says 1001 to both
sides at the latest after `listen.drain-seconds`.

## What the gateway depends on

| what is away, or slow | what callers see | what operators see |
| --- | --- | --- |
| an OpenID provider, before its keys were ever fetched | 401 `JwtInvalid` where a token is needed; all else is served | a warning in the log with each attempt, every `tokens.openid-retry-seconds` |
| an OpenID provider, later | nothing: the keys of before serve for `tokens.openid-stale-seconds` | a warning with each attempt |
| the managed identity endpoint or Entra, before the first token | 500 `ManagedIdentityTokenUnavailable` where a token of the gateway is needed | a warning; it is asked again after `identity.retry-seconds` |
| the same, later | nothing until the token expires | a warning with each attempt |
| a key vault, before a secret was ever read | 500 where the secret is needed | a problem at `/-/config/problems`, `cardea_vault_secret_failures_total` |
| a key vault, later | nothing: the value of before serves | `lastStatus` of the named value, `cardea_vault_secret_failures_total` |
| the artifact folder | nothing: the configuration of before serves | `lastReload` at `/-/config`, a note at `/-/ready` |
| all of these, when the process starts anew | nothing: what was [saved](operations.md#the-saved-configuration) serves | as above |
| the disk of the access log is full | nothing | `cardea_access_records_dropped_total` and a warning; of a record for which there is no room nothing is written |
| the disk of the state directory is full | nothing | changes of subscriptions are refused by the command, `the configuration cannot be saved` in the log; what was saved before stays |
| a key vault, when the process starts anew after a secret was rotated | nothing: what was read last serves, and the start that reads a new value saves it | `configuration saved` in the log |
| the wall clock jumps | tokens and certificates of backends are judged by the new time; kept connections go on, and so do TLS sessions that are resumed | |
| the process is killed | connections end | what a command reported as done is there afterwards |
";

fn seen(case: &Case) -> String {
    let status = case.caller.status.map(|status| status.to_string()).unwrap_or_default();
    let seen = match case.caller.ends {
        Ends::Whole if case.caller.status == Some(500) => "500".to_owned(),
        Ends::Whole => format!("{status}, the whole answer"),
        Ends::Broken => format!("{status}, then the answer breaks off"),
        Ends::Unended => format!("{status} and everything, but no end: it breaks off"),
        Ends::Told => format!("{status}, then an event with the error"),
        Ends::Left => "it has left".to_owned(),
    };
    match (case.caller.head, case.caller.ends) {
        (Head::Perhaps, Ends::Whole) => format!("{seen}; or the connection ends while it still sends"),
        _ => seen,
    }
}

fn recorded(case: &Case) -> String {
    let Some(reason) = &case.record.reason else {
        return if case.record.success { "a success".into() } else { "no success, no error".into() };
    };
    let section = case.record.section.as_ref().map(|section| format!(" in `{section}`")).unwrap_or_default();
    format!("`{reason}`{section}")
}

fn page() -> String {
    let rows = cases::all().into_iter().map(|case| {
        let title = case.title.trim_end_matches('.');
        format!("| {title} | {} | {} | {} |\n", seen(&case), recorded(&case), case.model.calls)
    });
    let sockets = web_sockets::all().into_iter().map(|case| {
        let title = case.title.trim_end_matches('.');
        let record = case.record.ended.as_ref().or(case.record.reason.as_ref());
        let record = record.map_or("a success".to_owned(), |word| format!("`{word}`"));
        format!("| {title} | {} | {record} |\n", web_sockets::seen(&case))
    });
    format!("{BEFORE}{}{BETWEEN}{}{AFTER}", rows.collect::<String>(), sockets.collect::<String>())
}

#[test]
fn the_page_is_written_from_the_cases() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/failures.md");
    if std::env::var_os("CARDEA_UPDATE").is_some() {
        std::fs::write(&path, page()).expect("written");
    }
    let there = std::fs::read_to_string(path).unwrap_or_default();
    assert!(there == page(), "docs/failures.md is stale: CARDEA_UPDATE=1 cargo test -p faults page");
}
