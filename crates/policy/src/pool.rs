//! Pools of backends and circuit breakers, as the walk of a request sees them. What chooses a member and what trips a
//! breaker are ports: the gateway has them, because they outlive requests and configurations.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, StatusCode};
use jiff::Timestamp;

use crate::Backend;

/// What `backend-id` names.
#[derive(Clone, Debug)]
pub enum BackendEntity {
    /// One service.
    Single(Arc<Backend>),
    /// Several backends, of which each call gets one.
    Pool(Arc<BackendPool>),
}

impl BackendEntity {
    /// Its name.
    #[must_use]
    pub fn id(&self) -> &Arc<str> {
        match self {
            Self::Single(backend) => &backend.id,
            Self::Pool(pool) => &pool.id,
        }
    }

    /// The backends that calls may go to: itself, or the members.
    #[must_use]
    pub fn backends(&self) -> &[Arc<Backend>] {
        match self {
            Self::Single(backend) => std::slice::from_ref(backend),
            Self::Pool(pool) => &pool.members,
        }
    }
}

/// Several backends, of which each call gets one.
#[derive(Clone, Debug)]
pub struct BackendPool {
    /// Its name, which `backend-id` gives.
    pub id: Arc<str>,
    /// Its members, in the order of the configuration.
    pub members: Vec<Arc<Backend>>,
    /// Whose turn it is.
    pub balance: Arc<dyn Balance>,
    /// What keeps a caller at one member.
    pub affinity: Option<Affinity>,
    /// The status of the answer when no member can be called.
    pub failure_status: u16,
}

/// A cookie that keeps a caller at one member of a pool.
#[derive(Clone, Debug)]
pub struct Affinity {
    /// The cookie's name.
    pub cookie: Arc<str>,
    /// The cookie's value for each member.
    pub values: Vec<Arc<str>>,
}

/// Whose turn it is among the members of a pool. It is shared by all requests.
pub trait Balance: Send + Sync + fmt::Debug {
    /// The place of the member that gets the next call, if any can be called. Of those that are as good, one that the
    /// request has not `tried` before is preferred.
    fn next(&self, can_be_called: &dyn Fn(usize) -> bool, tried: &[usize]) -> Option<usize>;
}

/// A circuit breaker: keeps calls away from a backend for a while after it failed.
pub trait Breaker: Send + Sync + fmt::Debug {
    /// Until when no calls are to be made; none while they may be.
    fn open_until(&self, now: Timestamp) -> Option<Timestamp>;

    /// A call has ended so.
    fn note(&self, outcome: &CallOutcome<'_>, now: Timestamp);
}

/// How a call to a backend ended.
#[derive(Clone, Copy, Debug)]
pub enum CallOutcome<'a> {
    /// With an answer.
    Answered(StatusCode, &'a HeaderMap),
    /// Without one, for this reason (`context.LastError.Reason`).
    Failed(&'static str),
}

/// A pool as the target of a request.
#[derive(Clone, Debug)]
pub struct PoolTarget {
    pool: Arc<BackendPool>,
    tried: Vec<usize>,
}

impl PoolTarget {
    /// A pool of which no member was called yet.
    #[must_use]
    pub fn new(pool: Arc<BackendPool>) -> Self {
        Self { pool, tried: Vec::new() }
    }

    /// The pool.
    #[must_use]
    pub fn pool(&self) -> &Arc<BackendPool> {
        &self.pool
    }

    /// The places of the members that calls went to, the latest last.
    #[must_use]
    pub fn tried(&self) -> &[usize] {
        &self.tried
    }

    /// The member that the latest call went to.
    #[must_use]
    pub fn chosen(&self) -> Option<&Arc<Backend>> {
        self.pool.members.get(*self.tried.last()?)
    }

    /// The next call goes to the member at this place.
    pub fn choose(&mut self, place: usize) {
        self.tried.retain(|each| *each != place);
        self.tried.push(place);
    }
}
