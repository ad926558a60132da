//! An open WebSocket: both directions, and what ends it.
//!
//! Bytes pass as they are. The gateway's own words are close frames, at the end only: 1001 to both sides when it has been
//! silent or open for too long or the gateway ends, 1001 to a backend whose caller left without a word, 1011 to a caller
//! whose backend did (RFC 6455 7.4.1). They stand between two frames or are not said.
//!
//! COMPAT: when either side disconnects, the other connection is terminated too ("Import a WebSocket API").

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use super::flow::{Flow, Seen, Side};
use super::frames;
use super::sockets::{Permit, WebSocketLimits};
use super::tally::{Reason, Tally};
use crate::metrics::ApiWebSockets;

/// The gateway goes away, or the other side did.
const GOING_AWAY: u16 = 1001;

/// The backend broke off.
const BROKEN: u16 = 1011;

/// How long one side may take to end after the other has, or after it was told to.
const CLOSING: Duration = Duration::from_secs(5);

/// The same, when the gateway ends.
const SHUTDOWN: Duration = Duration::from_secs(1);

/// A WebSocket under way.
pub(super) struct Joined<C, B> {
    caller: C,
    backend: B,
    /// From the caller to the backend.
    up: Flow,
    /// From the backend to the caller.
    down: Flow,
    /// What masks a close frame to the backend.
    mask: [u8; 4],
    limits: WebSocketLimits,
    counted: Arc<ApiWebSockets>,
    opened: Instant,
    /// When bytes came last.
    last: Instant,
    /// When it ends, come what may.
    deadline: Option<Instant>,
    timer: Pin<Box<Sleep>>,
    closing: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    tally: Tally,
}

impl<C: Side, B: Side> Joined<C, B> {
    pub(super) fn new(caller: C, backend: B, mask: [u8; 4], permit: &Permit, tally: Tally) -> Self {
        let now = Instant::now();
        let mut joined = Self {
            caller,
            backend,
            up: Flow::default(),
            down: Flow::default(),
            mask,
            limits: permit.limits(),
            counted: Arc::clone(permit.counted()),
            opened: now,
            last: now,
            deadline: None,
            timer: Box::pin(sleep_until(now)),
            closing: None,
            tally,
        };
        let first = joined.wake_at();
        joined.timer.as_mut().reset(first);
        joined
    }

    /// Says goodbye when this comes to its end.
    pub(super) fn until(mut self, closing: impl Future<Output = ()> + Send + 'static) -> Self {
        self.closing = Some(Box::pin(closing));
        self
    }

    /// Lets both sides talk until the end.
    pub(super) async fn run(mut self) {
        std::future::poll_fn(|cx| self.poll(cx)).await;
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.closing.as_mut().is_some_and(|closing| closing.as_mut().poll(cx).is_ready()) {
            self.closing = None;
            self.end(Reason::Shutdown, SHUTDOWN);
        }
        loop {
            self.talk(cx);
            if self.up.is_over() && self.down.is_over() {
                return Poll::Ready(());
            }
            if self.timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            if self.is_late() {
                return Poll::Ready(());
            }
            let next = self.wake_at();
            self.timer.as_mut().reset(next);
        }
    }

    /// Moves bytes in both directions, and ends what one side has ended.
    fn talk(&mut self, cx: &mut Context<'_>) {
        let mut came = false;
        let up = self.up.poll(cx, &mut self.caller, &mut self.backend, |bytes| {
            came = true;
            self.counted.from_caller.bytes.inc_by(bytes as u64);
        });
        let down = self.down.poll(cx, &mut self.backend, &mut self.caller, |bytes| {
            came = true;
            self.counted.from_backend.bytes.inc_by(bytes as u64);
        });
        if came {
            self.last = Instant::now();
        }
        self.count();
        if up == Seen::Ended {
            self.left(Reason::CallerLeft, cx);
        }
        if down == Seen::Ended {
            self.left(Reason::BackendLeft, cx);
        }
        // What the side that takes nothing has said before is still passed on.
        if up == Seen::Refused || down == Seen::Refused {
            self.ends_within(CLOSING);
        }
    }

    /// Writes to the tally what has passed.
    fn count(&mut self) {
        let (up, down) = (self.up.frames(), self.down.frames());
        let before = (self.tally.from_caller.messages, self.tally.from_backend.messages);
        self.counted.from_caller.messages(up.messages() - before.0);
        self.counted.from_backend.messages(down.messages() - before.1);
        (self.tally.from_caller.messages, self.tally.from_backend.messages) =
            (up.messages(), down.messages());
        (self.tally.from_caller.bytes, self.tally.from_backend.bytes) = (self.up.bytes(), self.down.bytes());
        // Who closes first says why; the other one answers.
        if up.is_closed() {
            self.tally.ends(Reason::CallerClosed, up.code());
        }
        if down.is_closed() {
            self.tally.ends(Reason::BackendClosed, down.code());
        }
    }

    /// One side has ended or broken off: the other hears of it, and gets a moment to end.
    fn left(&mut self, who: Reason, cx: &mut Context<'_>) {
        self.tally.ends(who, None);
        let (up, down) = (frames::close(GOING_AWAY, Some(self.mask)), frames::close(BROKEN, None));
        if who == Reason::CallerLeft {
            self.up.say(up);
        } else {
            self.down.say(down);
        }
        self.ends_within(CLOSING);
        cx.waker().wake_by_ref();
    }

    /// The gateway ends it: both sides hear of it.
    fn end(&mut self, why: Reason, limit: Duration) {
        self.tally.ends(why, Some(GOING_AWAY));
        self.up.say(frames::close(GOING_AWAY, Some(self.mask)));
        self.down.say(frames::close(GOING_AWAY, None));
        self.ends_within(limit);
    }

    fn ends_within(&mut self, limit: Duration) {
        let at = Instant::now() + limit;
        self.deadline = Some(self.deadline.map_or(at, |before| before.min(at)));
        let next = self.wake_at();
        self.timer.as_mut().reset(next);
    }

    /// Looks at the clock: true when nobody is waited for any more.
    fn is_late(&mut self) -> bool {
        let now = Instant::now();
        if let Some(deadline) = self.deadline {
            return now >= deadline;
        }
        let limits = &self.limits;
        if limits.lifetime.is_some_and(|limit| now >= self.opened + limit) {
            self.end(Reason::Lifetime, CLOSING);
        } else if limits.idle.is_some_and(|limit| now >= self.last + limit) {
            self.end(Reason::Idle, CLOSING);
        }
        false
    }

    /// When to look at the clock next.
    fn wake_at(&self) -> Instant {
        /// With no limit at all there is still nothing to be late for.
        const NEVER: Duration = Duration::from_secs(24 * 60 * 60);
        let limits = &self.limits;
        let idle = limits.idle.map(|limit| self.last + limit);
        let lifetime = limits.lifetime.map(|limit| self.opened + limit);
        let ends = [
            self.deadline,
            idle.filter(|_| self.deadline.is_none()),
            lifetime.filter(|_| self.deadline.is_none()),
        ];
        ends.into_iter().flatten().min().unwrap_or_else(|| Instant::now() + NEVER)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;
    use crate::metrics::WebSocketMetrics;
    use crate::walk::settle::Settle;
    use crate::walk::upgrade::Sockets;

    const MASK: [u8; 4] = [1, 2, 3, 4];

    /// RFC 6455 5.7: an unmasked `Hello`.
    const HELLO: &[u8] = &[0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];

    /// A WebSocket whose sides are pipes of so many bytes.
    fn joined(size: usize) -> (Joined<DuplexStream, DuplexStream>, DuplexStream, DuplexStream) {
        let (caller, ours) = duplex(size);
        let (backend, theirs) = duplex(size);
        let sockets = Arc::new(Sockets::new(WebSocketLimits::default(), WebSocketMetrics::default()));
        let permit = sockets.enter("a").unwrap();
        (Joined::new(ours, theirs, MASK, &permit, Tally::new(Settle::unsettled())), caller, backend)
    }

    async fn rest(side: &mut DuplexStream) -> Vec<u8> {
        let mut all = Vec::new();
        let _ended = side.read_to_end(&mut all).await;
        all
    }

    #[tokio::test]
    async fn bytes_are_the_same_whatever_the_pipes_hold() {
        let sent: Vec<u8> = HELLO.iter().copied().cycle().take(HELLO.len() * 20_000).collect();
        for size in [1, 7, 1_000, 1_000_000] {
            let (joined, mut caller, mut backend) = joined(size);
            let running = tokio::spawn(joined.run());
            let writing = sent.clone();
            let talk = tokio::spawn(async move {
                caller.write_all(&writing).await.unwrap();
                caller.shutdown().await.unwrap();
                rest(&mut caller).await
            });
            let mut got = rest(&mut backend).await;
            assert_eq!(got.split_off(sent.len()), frames::close(GOING_AWAY, Some(MASK)), "{size}");
            assert!(got == sent, "{size}");
            drop(backend);
            // The caller has left; nothing more is said to it but that the backend is gone too.
            assert_eq!(talk.await.unwrap(), frames::close(BROKEN, None), "{size}");
            running.await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends_it_with_a_word_to_both() {
        let (joined, mut caller, mut backend) = joined(1_000);
        let running = tokio::spawn(joined.run());
        tokio::time::sleep(Duration::from_secs(299)).await;
        backend.write_all(HELLO).await.unwrap();
        let mut got = [0; HELLO.len()];
        caller.read_exact(&mut got).await.unwrap();
        let begun = Instant::now();
        assert_eq!(rest(&mut caller).await, frames::close(GOING_AWAY, None));
        assert_eq!(begun.elapsed().as_secs(), 300, "bytes count");
        assert_eq!(rest(&mut backend).await, frames::close(GOING_AWAY, Some(MASK)));
        // Neither side closes: nobody waits for them for ever.
        running.await.unwrap();
        assert_eq!(begun.elapsed().as_secs(), 305);
    }

    #[tokio::test(start_paused = true)]
    async fn a_goodbye_waits_for_the_end_of_a_frame() {
        let (joined, caller, mut backend) = joined(1_000);
        let (tell, told) = tokio::sync::oneshot::channel::<()>();
        let running = tokio::spawn(joined.until(async move { drop(told.await) }).run());
        let (start, end) = HELLO.split_at(4);
        backend.write_all(start).await.unwrap();
        let mut caller = caller;
        let mut got = [0; 4];
        caller.read_exact(&mut got).await.unwrap();
        tell.send(()).unwrap();
        tokio::task::yield_now().await;
        backend.write_all(&[end, HELLO].concat()).await.unwrap();
        assert_eq!(rest(&mut caller).await, [end, &frames::close(GOING_AWAY, None)].concat());
        assert_eq!(rest(&mut backend).await, frames::close(GOING_AWAY, Some(MASK)));
        drop((caller, backend));
        running.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_frame_that_does_not_end_is_cut() {
        let (joined, mut caller, mut backend) = joined(1_000);
        let running = tokio::spawn(joined.until(std::future::ready(())).run());
        backend.write_all(&HELLO[..4]).await.unwrap();
        let begun = Instant::now();
        running.await.unwrap();
        assert_eq!(begun.elapsed(), SHUTDOWN);
        let got = rest(&mut caller).await;
        assert!(got == frames::close(GOING_AWAY, None) || got == HELLO[..4], "{got:?}");
    }

    /// The clock moves only when nobody can do anything else.
    #[tokio::test(start_paused = true)]
    async fn a_side_that_takes_nothing_holds_the_other_up() {
        const PIPE: usize = 1_000;
        let (joined, caller, mut backend) = joined(PIPE);
        let running = tokio::spawn(joined.run());
        let mut taken = 0;
        while let Ok(written) = tokio::time::timeout(Duration::from_secs(1), backend.write(HELLO)).await {
            taken += written.unwrap();
            assert!(taken <= 2 * PIPE + 16 * 1024, "{taken}");
        }
        assert!(taken > PIPE, "{taken}");
        drop((caller, backend));
        running.await.unwrap();
    }

    #[tokio::test]
    async fn a_close_is_not_followed_by_another() {
        let (joined, mut caller, mut backend) = joined(1_000);
        let running = tokio::spawn(joined.run());
        let close = frames::close(4_000, Some([9; 4]));
        caller.write_all(&close).await.unwrap();
        caller.shutdown().await.unwrap();
        assert_eq!(rest(&mut backend).await, close);
        backend.write_all(&frames::close(4_000, None)).await.unwrap();
        drop(backend);
        assert_eq!(rest(&mut caller).await, frames::close(4_000, None));
        running.await.unwrap();
    }
}
