//! The page of failures, from the table in the crate `policy`.

use policy::{FaultKind, FaultRow, Origin, Retry};

use super::table::Table;

const HEAD: &str = "<!-- Written from the table in crates/policy/src/fault.rs: change it there. -->
# Errors

What can go wrong while a request is processed. Any failure stops the section that runs and goes on in `on-error`, where
`context.LastError` has source, reason and message; `*` as a source stands for the name of the policy that failed, as a
message for a text of the failure's own. Unless a policy says otherwise the caller gets the status and a body of one line,
`{ \"statusCode\": 401, \"message\": \"...\" }`; where `*` stands for the caller's message it is that of `LastError`. An
answer of 500 has an `activityId` besides, by which the log has the request, and never tells what happened.

A policy that names a status of its own (`check-header`, `fail-on-error-status-code`) overrides that of the table.

";

pub(super) fn page() -> String {
    let mut table =
        Table::new(&["Reason", "Status", "Source", "Message", "To the caller", "Whose", "Try again", "When"]);
    for kind in FaultKind::ALL {
        table.row(&row(kind.row()));
    }
    format!("{HEAD}{}", table.text())
}

fn row(row: &FaultRow) -> [String; 8] {
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
        origin.to_owned(),
        retry.to_owned(),
        row.doc.trim().to_owned(),
    ]
}
