//! Points in time at a fixed rate, whatever becomes of what is begun at them.
//!
//! A request at a fixed rate is due at its point in time and not when somebody got around to sending it, and its latency
//! counts from there: a proxy that stops for a while makes all requests late that were due meanwhile. The points come from
//! a timer of the kernel, because the timers of the runtime are a millisecond wide.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::unix::AsyncFd;

/// A timer that goes off again and again.
#[derive(Debug)]
pub struct Schedule {
    timer: AsyncFd<OwnedFd>,
    begin: Instant,
    interval: Duration,
    given: u32,
}

impl Schedule {
    /// Begins now; the first point is an interval away.
    ///
    /// # Errors
    /// When the rate is none, or the kernel has no timer.
    pub fn new(per_second: u32) -> io::Result<Self> {
        let interval = Duration::from_secs(1).checked_div(per_second).ok_or(io::ErrorKind::InvalidInput)?;
        let timer =
            timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        let each = Timespec { tv_sec: 0, tv_nsec: interval.subsec_nanos().into() };
        let begin = Instant::now();
        let times = Itimerspec { it_interval: each, it_value: each };
        timerfd_settime(&timer, TimerfdTimerFlags::empty(), &times)?;
        #[expect(
            deprecated,
            reason = "its successor is `unsafe`; an owned descriptor stays open as long as this"
        )]
        let timer = AsyncFd::new(timer)?;
        Ok(Self { timer, begin, interval, given: 0 })
    }

    /// Waits for the next point; gives all that have passed since the last call.
    ///
    /// # Errors
    /// When the timer cannot be read.
    pub async fn due(&mut self) -> io::Result<Vec<Instant>> {
        loop {
            let mut ready = self.timer.readable().await?;
            let mut count = [0_u8; 8];
            match rustix::io::read(self.timer.get_ref(), &mut count) {
                Ok(_) => return Ok(self.points(u64::from_ne_bytes(count))),
                Err(rustix::io::Errno::AGAIN) => ready.clear_ready(),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn points(&mut self, count: u64) -> Vec<Instant> {
        let first = self.given + 1;
        self.given = self.given.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        (first..=self.given).map(|number| self.begin + self.interval * number).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn points_are_an_interval_apart_and_none_is_left_out() {
        let mut schedule = Schedule::new(2_000).unwrap();
        let mut points = Vec::new();
        while points.len() < 5 {
            points.extend(schedule.due().await.unwrap());
        }
        let begin = schedule.begin;
        for (number, point) in (1_u32..).zip(points) {
            assert_eq!(point - begin, Duration::from_micros(500) * number);
            assert!(point <= Instant::now());
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_rate_of_nothing_is_refused() {
        assert!(Schedule::new(0).is_err());
    }
}
