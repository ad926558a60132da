//! One line of JSON for each request: who called what, who answered, how long it took.
//!
//! ```json
//! {"category":"GatewayLogs","timeGenerated":"2026-11-21T08:00:00.0000000Z","correlationId":"…","method":"POST",
//!  "url":"https://gateway.example/openai/…?api-version=2024-10-21","responseCode":200,"totalTime":412,…}
//! ```
//!
//! The members are the columns of `ApiManagementGatewayLogs` as the self-hosted gateway prints them, and what tells
//! callers and credentials apart (`callerOid`, `callerAppId`, `backendIdentity`). Keys, tokens and bodies have no
//! place in an [`AccessRecord`]; its URL can only be made with secrets left out ([`LoggedUrl`]).
//!
//! Writing never holds up a request: its line goes into a bounded piece of memory, and one that finds it full is dropped
//! and counted ([`AccessLog`]).

mod json;
mod queue;
mod record;
mod url;
mod writer;

pub use queue::{AccessLog, AccessLogSettings, Target};
pub use record::{AccessRecord, BackendRecord, CacheUse, LoggedError};
pub use url::{LoggedTarget, LoggedUrl, Place};
