//! What was given out and may come back: codes, refresh tokens, ids of assertions.

use std::collections::VecDeque;

use parking_lot::Mutex;

use crate::identity::directory::RedirectKind;
use crate::random;

/// Things of one kind that are kept; the oldest leave first.
const MOST: usize = 5_000;

/// An authorization code.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) client: String,
    pub(crate) tenant: String,
    pub(crate) user: String,
    pub(crate) redirect: String,
    pub(crate) kind: RedirectKind,
    pub(crate) scope: String,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: Option<Challenge>,
    pub(crate) issued: u64,
    pub(crate) redeemed: bool,
}

/// What a code is bound to (RFC 7636).
#[derive(Clone, Debug)]
pub(crate) enum Challenge {
    Plain(String),
    Sha256(String),
}

/// A refresh token.
#[derive(Clone, Debug)]
pub(crate) struct Refresh {
    pub(crate) client: String,
    pub(crate) tenant: String,
    pub(crate) user: String,
    pub(crate) kind: Option<RedirectKind>,
    /// When the user signed in.
    pub(crate) issued: u64,
    /// When this one was given.
    pub(crate) used: u64,
}

/// Where tokens for a user follow from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Issued<'a> {
    /// `None` for tokens that did not begin in a browser.
    pub(crate) kind: Option<RedirectKind>,
    /// When the user signed in, if that was not now.
    pub(crate) since: Option<u64>,
    pub(crate) nonce: Option<&'a str>,
}

/// Things by names that nobody can guess.
#[derive(Debug)]
pub(crate) struct Kept<T>(Mutex<VecDeque<(String, T)>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::new(VecDeque::new()))
    }
}

impl<T: Clone> Kept<T> {
    /// Keeps a thing and names it.
    pub(crate) fn put(&self, thing: T) -> String {
        let name = random::text();
        let mut kept = self.0.lock();
        if kept.len() == MOST {
            kept.pop_front();
        }
        kept.push_back((name.clone(), thing));
        name
    }

    /// The thing of that name.
    pub(crate) fn get(&self, name: &str) -> Option<T> {
        self.0.lock().iter().find(|(kept, _)| kept == name).map(|(_, thing)| thing.clone())
    }

    /// Changes the thing of that name.
    pub(crate) fn change(&self, name: &str, change: impl FnOnce(&mut T)) {
        if let Some((_, thing)) = self.0.lock().iter_mut().find(|(kept, _)| kept == name) {
            change(thing);
        }
    }
}

/// Names that were seen once.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<VecDeque<String>>);

impl Seen {
    /// Whether the name is new; from now on it is not.
    pub(crate) fn is_new(&self, name: &str) -> bool {
        let mut seen = self.0.lock();
        if seen.iter().any(|known| known == name) {
            return false;
        }
        if seen.len() == MOST {
            seen.pop_front();
        }
        seen.push_back(String::from(name));
        true
    }
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) codes: Kept<Code>,
    pub(crate) refresh: Kept<Refresh>,
    pub(crate) assertions: Seen,
}
