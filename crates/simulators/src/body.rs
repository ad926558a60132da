//! The body of an answer as a list of steps: frames, waits, and the ways in which a service lets its callers down.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::behaviour::{Behaviour, Cut, Hang};
use crate::connection::ResetSwitch;
use crate::recorder::{Outcome, Ticket};

/// What the body does next.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Wait(Duration),
    /// A whole frame.
    Send(Bytes),
    /// The first half of a frame that will not be completed.
    SendHalf(Bytes),
    /// Let what was sent reach the socket first.
    Flush,
    Break(Cut),
    Stall,
}

/// The error that makes hyper break the connection.
#[derive(Debug, thiserror::Error)]
#[error("the answer is cut off on purpose")]
pub(crate) struct CutOff;

/// The body.
pub(crate) struct PacedBody {
    steps: VecDeque<Step>,
    waiting: Option<Pin<Box<Sleep>>>,
    ticket: Option<Ticket>,
    reset: ResetSwitch,
}

impl PacedBody {
    /// `frames` as `behaviour` delivers them. `reset` is armed before a cut that shall be one.
    pub(crate) fn new(
        frames: Vec<Bytes>,
        behaviour: &Behaviour,
        ticket: Option<Ticket>,
        reset: ResetSwitch,
    ) -> Self {
        let mut body = Self { steps: plan(frames, behaviour), waiting: None, ticket, reset };
        body.note_end();
        body
    }

    fn step(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        match self.steps.pop_front() {
            None => Poll::Ready(None),
            Some(Step::Wait(time)) => {
                self.waiting = Some(Box::pin(sleep(time)));
                self.wait(cx)
            }
            Some(Step::Send(frame)) => {
                self.ticket.iter().for_each(Ticket::frame_sent);
                self.note_end();
                Poll::Ready(Some(Ok(Frame::data(frame))))
            }
            Some(Step::SendHalf(half)) => Poll::Ready(Some(Ok(Frame::data(half)))),
            Some(Step::Flush) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Step::Break(cut)) => {
                if cut == Cut::Reset {
                    self.reset.arm();
                }
                self.end(Outcome::Cut);
                Poll::Ready(Some(Err(CutOff)))
            }
            Some(Step::Stall) => {
                // Nobody wakes this task but the connection, when the caller goes away.
                self.steps.push_front(Step::Stall);
                Poll::Pending
            }
        }
    }

    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        if let Some(waiting) = &mut self.waiting {
            std::task::ready!(waiting.as_mut().poll(cx));
            self.waiting = None;
        }
        self.step(cx)
    }

    /// The server does not ask again after the last frame, so the end is noted with it.
    fn note_end(&mut self) {
        if self.steps.is_empty() {
            self.end(Outcome::Answered);
        }
    }

    fn end(&mut self, outcome: Outcome) {
        if let Some(mut ticket) = self.ticket.take() {
            ticket.end(outcome);
        }
    }
}

impl Body for PacedBody {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        self.wait(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.steps.is_empty()
    }

    /// The exact length when one frame is all there is: then the answer has a `content-length`.
    fn size_hint(&self) -> SizeHint {
        let mut steps = self.steps.iter();
        match (steps.next(), steps.next()) {
            (None, _) => SizeHint::with_exact(0),
            (Some(Step::Send(frame)), None) => SizeHint::with_exact(frame.len() as u64),
            _ => SizeHint::default(),
        }
    }
}

fn plan(frames: Vec<Bytes>, behaviour: &Behaviour) -> VecDeque<Step> {
    // A cut after more frames than there are happens in the last one: what is asked for always happens.
    let cut_at = behaviour.cut_after.map(|after| after.min(frames.len().saturating_sub(1)));
    let mut steps = VecDeque::with_capacity(frames.len() + 2);
    for (index, frame) in frames.into_iter().enumerate() {
        if behaviour.hang == Some(Hang::AfterFrames(index)) {
            steps.push_back(Step::Stall);
            return steps;
        }
        if index > 0 && !behaviour.pace.is_zero() {
            steps.push_back(Step::Wait(behaviour.pace));
        }
        if cut_at == Some(index) {
            steps.extend([
                Step::SendHalf(frame.slice(..frame.len() / 2)),
                Step::Flush,
                Step::Break(behaviour.cut),
            ]);
            return steps;
        }
        steps.push_back(Step::Send(frame));
    }
    if matches!(behaviour.hang, Some(Hang::AfterFrames(_) | Hang::BeforeEnd)) {
        steps.push_back(Step::Stall);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(behaviour: &str) -> Vec<Step> {
        let frames = vec![Bytes::from_static(b"aaaa"), Bytes::from_static(b"bbbb")];
        plan(frames, &behaviour.parse().unwrap()).into()
    }

    fn send(text: &'static str) -> Step {
        Step::Send(Bytes::from_static(text.as_bytes()))
    }

    fn half(text: &'static str) -> Step {
        Step::SendHalf(Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn a_good_answer_is_its_frames() {
        assert_eq!(planned(""), [send("aaaa"), send("bbbb")]);
    }

    #[test]
    fn the_pace_is_kept_between_frames() {
        assert_eq!(planned("pace=20ms"), [send("aaaa"), Step::Wait(Duration::from_millis(20)), send("bbbb")]);
    }

    #[test]
    fn a_cut_happens_in_the_middle_of_a_frame() {
        assert_eq!(planned("cut-after=0"), [half("aa"), Step::Flush, Step::Break(Cut::Close)]);
        let last = [send("aaaa"), half("bb"), Step::Flush, Step::Break(Cut::Reset)];
        assert_eq!(planned("cut-after=1; cut=reset"), last);
        assert_eq!(planned("cut-after=9; cut=reset"), last);
    }

    #[test]
    fn a_hang_happens_where_it_is_asked_for() {
        assert_eq!(planned("hang=after-head"), [Step::Stall]);
        assert_eq!(planned("hang=between-frames"), [send("aaaa"), Step::Stall]);
        assert_eq!(planned("hang=before-end"), [send("aaaa"), send("bbbb"), Step::Stall]);
        assert_eq!(planned("hang=after-9"), [send("aaaa"), send("bbbb"), Step::Stall]);
    }
}
