//! What a policy is: its declaration, how it compiles, what it runs on; scopes, fragments, the executor.
//!
//! A policy is one file of the crate `policies`. It declares itself with a [`PolicySpec`], compiles its element through
//! a [`Reader`] into an [`Action`], and runs on an [`Exchange`]. This crate knows no policy by name.
//!
//! From configuration to a running request:
//!
//! 1. [`compile_document`] turns a document into steps, with every problem reported;
//! 2. [`splice`] puts the scopes of an operation together into a [`Pipeline`];
//! 3. [`execute`] runs a section of it.

mod backend;
mod body;
mod buffers;
mod caller_broke;
mod compile;
mod compression;
mod compute;
mod dialect;
mod effect;
mod exchange;
mod execute;
mod fault;
mod host;
mod last_error;
mod named_values;
mod pool;
mod ports;
pub mod query;
mod registry;
mod request;
mod section;
mod setting;
pub mod spec;
mod splice;
mod step;
pub mod trace;
mod transport;
mod variables;
mod vault;
mod verified;

pub use backend::{Backend, BadBaseUrl, BaseUrl, Credentials, Piece, Scheme, Target, Template};
pub use body::{Body, BodyError, BrokenAnswer, FillError, MessageBody, Stream};
pub use buffers::{Buffers, Share};
pub use caller_broke::CallerBroke;
pub use compile::{
    Backends, CompileCx, CompiledDocument, Fragments, Item, Knowledge, Reader, Uses, Wanted,
    compile_document, wanted,
};
pub use compression::{Inflate, decoded};
pub use compute::{AtOnce, Compute, Job, Place, anywhere, apart, is_heavy};
pub use dialect::DialectWords;
pub use effect::Effect;
pub use exchange::{
    Attempts, BackendCall, Caller, CertificateTrust, Exchange, Existing, FinalHeader, Handshake, Limits,
    OutboundProxy, OwnToken, Preflight, PresentedToken, Response, ResponseOrigin, Site, TokenPlace,
    UsedSecret, Workspace,
};
pub use execute::{execute, prepare};
pub use fault::{Fault, FaultKind, FaultRow, Origin, Retry};
pub use last_error::LastError;
pub use named_values::{CodeUse, NamedValueTable, Reading};
pub use pool::{Affinity, BackendEntity, BackendPool, Balance, Breaker, CallOutcome, PoolTarget};
pub use ports::{
    AccessToken, Clock, ErrorStatus, Forward, ForwardOptions, HttpVersion, IdentityChoice, OpenIdProviders,
    PortFuture, Ports, Provider, ProviderUnavailable, Redirects, RequestBody, ResponseBody, Rng, Rotated,
    SecretRotation, Standalone, Timer, TokenRequest, TokenSource, TokenUnavailable,
};
pub use registry::{Compile, PolicyEntry, Registry, Reported};
pub use request::{Host, MatchedParameter, Original, Request, RequestPath, RequestQuery};
pub use section::{Message, Scope, Scopes, Section, Sections};
pub use setting::{NotNegative, Retries, Setting, SettingValue, Status, evaluate};
pub use spec::PolicySpec;
pub use splice::splice;
pub use step::{
    Action, Again, Choose, Flow, Pipeline, RunAsync, RunSync, Step, StepFuture, StepMeta, StepResult, When,
};
pub use transport::Transport;
pub use variables::Variables;
pub use vault::VaultSecrets;
pub use verified::{Accepts, KeysName, VerifiedToken, VerifiedTokens};
