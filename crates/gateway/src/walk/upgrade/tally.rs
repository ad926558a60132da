//! What is known of a WebSocket when it has ended.

use super::super::settle::Settle;

/// Why a WebSocket ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The caller sent a close frame, and the backend had sent none.
    CallerClosed,
    /// The backend sent a close frame, and the caller had sent none.
    BackendClosed,
    /// The caller's connection ended without one.
    CallerLeft,
    /// The backend's connection ended without one.
    BackendLeft,
    /// Nothing passed for too long.
    Idle,
    /// It was open for too long.
    Lifetime,
    /// The gateway ended.
    Shutdown,
    /// The gateway ended before the WebSocket could.
    Cut,
    /// The caller left before the handshake was complete.
    Unopened,
}

impl Reason {
    /// A stable word for metrics and logs.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::CallerClosed => "closed-by-caller",
            Self::BackendClosed => "closed-by-backend",
            Self::CallerLeft => "caller-left",
            Self::BackendLeft => "backend-left",
            Self::Idle => "idle",
            Self::Lifetime => "lifetime",
            Self::Shutdown => "shutdown",
            Self::Cut => "cut",
            Self::Unopened => "unopened",
        }
    }
}

/// What has passed in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Messages; control frames are none.
    pub messages: u64,
    /// Bytes, those of frames' heads included.
    pub bytes: u64,
}

/// What became of a WebSocket, for log and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebSocketEnd {
    /// Why it ended.
    pub reason: Reason,
    /// The status of the close frame that said so, if one did and gave one.
    pub code: Option<u16>,
    /// What the caller sent.
    pub from_caller: Passed,
    /// What the backend sent.
    pub from_backend: Passed,
}

/// Counts a WebSocket until it is dropped; then the request is settled.
pub(super) struct Tally {
    pub(super) from_caller: Passed,
    pub(super) from_backend: Passed,
    end: Option<(Reason, Option<u16>)>,
    is_open: bool,
    settle: Settle,
}

impl Tally {
    pub(super) fn new(settle: Settle) -> Self {
        let (from_caller, from_backend) = (Passed::default(), Passed::default());
        Self { from_caller, from_backend, end: None, is_open: false, settle }
    }

    /// Both sides are joined.
    pub(super) fn opened(mut self) -> Self {
        self.is_open = true;
        self
    }

    /// Notes why it ends; the first reason counts.
    pub(super) fn ends(&mut self, why: Reason, code: Option<u16>) {
        self.end.get_or_insert((why, code));
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        let otherwise = if self.is_open { Reason::Cut } else { Reason::Unopened };
        let (reason, code) = self.end.unwrap_or((otherwise, None));
        let Self { from_caller, from_backend, .. } = *self;
        self.settle.web_socket(WebSocketEnd { reason, code, from_caller, from_backend });
    }
}
