//! The outside world: answers by a function, remembers what it was asked, can be held back.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use identity::{CallError, Transport};
use jiff::Timestamp;
use parking_lot::Mutex;
use policy::{Clock, PortFuture, Rng};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::Instant;

pub(crate) type Answer = Result<Response<Bytes>, CallError>;
type Handler = Box<dyn FnMut(&Request<Bytes>) -> Answer + Send>;

pub(crate) struct World {
    handler: Mutex<Handler>,
    asked: Mutex<Vec<Request<Bytes>>>,
    gate: Semaphore,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")
    }
}

impl World {
    pub(crate) fn new(handler: impl FnMut(&Request<Bytes>) -> Answer + Send + 'static) -> Arc<Self> {
        let gate = Semaphore::new(Semaphore::MAX_PERMITS);
        Arc::new(Self { handler: Mutex::new(Box::new(handler)), asked: Mutex::default(), gate })
    }

    /// Answers otherwise from now on.
    pub(crate) fn becomes(&self, handler: impl FnMut(&Request<Bytes>) -> Answer + Send + 'static) {
        *self.handler.lock() = Box::new(handler);
    }

    /// Answers nothing until `release`.
    pub(crate) fn hold(&self) {
        self.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    pub(crate) fn release(&self) {
        self.gate.add_permits(Semaphore::MAX_PERMITS);
    }

    pub(crate) fn asked(&self) -> Vec<Request<Bytes>> {
        self.asked.lock().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.asked.lock().len()
    }

    pub(crate) fn last(&self) -> Request<Bytes> {
        self.asked.lock().last().expect("nothing was asked").clone()
    }
}

impl Transport for World {
    fn call<'a>(&'a self, request: Request<Bytes>, _limit: usize) -> PortFuture<'a, Answer> {
        Box::pin(async move {
            self.asked.lock().push(request.clone());
            let permit = self.gate.acquire().await.unwrap();
            drop(permit);
            (self.handler.lock())(&request)
        })
    }
}

pub(crate) fn json(status: u16, body: &Value) -> Answer {
    let response = Response::builder().status(status).header("Content-Type", "application/json");
    Ok(response.body(Bytes::from(body.to_string())).unwrap())
}

pub(crate) fn status(status: StatusCode) -> Answer {
    Ok(Response::builder().status(status).body(Bytes::new()).unwrap())
}

pub(crate) fn away() -> Answer {
    Err(CallError::Unreachable("no connection could be made (`login.example`)".to_owned()))
}

/// The form of a request's body.
pub(crate) fn form(request: &Request<Bytes>) -> Vec<(String, String)> {
    url::form_urlencoded::parse(request.body()).into_owned().collect()
}

pub(crate) fn query(request: &Request<Bytes>) -> Vec<(String, String)> {
    let query = request.uri().query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

pub(crate) fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
}

/// A clock that goes with tokio's, which tests move.
#[derive(Debug)]
pub(crate) struct TestClock(Instant);

pub(crate) const START: i64 = 1_800_000_000;

pub(crate) fn clock() -> Arc<TestClock> {
    Arc::new(TestClock(Instant::now()))
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(START).unwrap() + self.0.elapsed()
    }
}

/// Gives sevens, then eights.
#[derive(Debug)]
struct Counted(AtomicU8);

pub(crate) fn rng() -> Arc<dyn Rng> {
    Arc::new(Counted(AtomicU8::new(7)))
}

impl Rng for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
    }
}

pub(crate) async fn pass(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

/// Lets everything run that can run without time passing.
pub(crate) async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}
