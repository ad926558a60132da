//! A TCP proxy that stands before a service and breaks what passes through it, as a plan says.
//!
//! ```no_run
//! # async fn example(model: std::net::SocketAddr) -> std::io::Result<()> {
//! use faults::{Act, Fault, FaultProxy, Stage};
//!
//! let reset = Fault::new(Stage::Frame, Act::Reset).after(2);
//! let proxy = FaultProxy::start(model, Some(reset)).await?;
//! println!("a model that resets in the middle of its third frame: http://{}", proxy.address());
//! # Ok(())
//! # }
//! ```
//!
//! The proxy knows just enough of HTTP/1.1 to tell where in an answer it is; what is TLS or HTTP/2 passes as bytes, and can
//! be refused, cut, hung and delayed when a connection is made. It invents no answers: those come from the service behind
//! it, or stand in the plan. What fails within HTTP/2 is done by [`Scripted`], a server that sends the frames of a script.
//! Part of no program; the suites in `tests/` are what it is for.

mod connection;
mod frames;
mod plan;
mod progress;
mod proxy;
mod script;
mod scripted;

pub use plan::{Act, Fault, Stage, Then};
pub use proxy::FaultProxy;
pub use script::{Last, Step};
pub use scripted::Scripted;
