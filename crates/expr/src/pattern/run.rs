//! The matcher: tries one way after the other, and remembers how to take each step back.

use super::class::{fold, is_word};
use super::compile::{At, Op, Program};
use super::parse::Assertion;

/// How much matching may cost.
#[derive(Debug)]
pub(crate) struct Budget {
    /// Steps that are left.
    pub(crate) steps: u64,
}

/// Most alternatives that are remembered at once.
const MOST_FRAMES: usize = 1_000_000;

/// The budget is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

/// A match: the place of each group, the whole match first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) groups: Vec<Option<(usize, usize)>>,
}

impl Found {
    /// Where the whole match begins and ends.
    pub(crate) fn whole(&self) -> (usize, usize) {
        self.groups.first().copied().flatten().unwrap_or((0, 0))
    }

    /// The text of a group; none when it did not match.
    pub(crate) fn text<'t>(&self, group: usize, text: &'t str) -> Option<&'t str> {
        let (start, end) = self.groups.get(group).copied().flatten()?;
        text.get(start..end)
    }
}

/// The first match from a place on.
pub(crate) fn find(
    program: &Program,
    text: &str,
    from: usize,
    budget: &mut Budget,
) -> Result<Option<Found>, Exhausted> {
    let mut run = Run { program, text, from, slots: vec![NONE; program.slots], frames: Vec::new(), budget };
    let mut start = from;
    while start <= text.len() {
        if text.is_char_boundary(start) && run.from(0, start)?.is_some() {
            return Ok(Some(run.found()));
        }
        run.slots.fill(NONE);
        start += 1;
    }
    Ok(None)
}

const NONE: usize = usize::MAX;

/// A step to take back.
enum Frame {
    /// Go on there instead.
    Retry { at: At, place: usize },
    /// A remembered place was that.
    Slot { slot: usize, before: usize },
}

struct Run<'r> {
    program: &'r Program,
    text: &'r str,
    /// Where the search began.
    from: usize,
    slots: Vec<usize>,
    frames: Vec<Frame>,
    budget: &'r mut Budget,
}

/// What an instruction leads to.
enum Next {
    Go(At, usize),
    Fail,
    Done(usize),
}

impl Run<'_> {
    fn found(&self) -> Found {
        let slot = |index: usize| self.slots.get(index).copied().filter(|&place| place != NONE);
        let group = |number: usize| Some((slot(number * 2)?, slot(number * 2 + 1)?));
        Found { groups: (0..self.program.groups).map(group).collect() }
    }

    /// Runs from an instruction to its [`Op::End`]; where that was reached. Ways not tried are forgotten.
    fn from(&mut self, at: At, place: usize) -> Result<Option<usize>, Exhausted> {
        let bottom = self.frames.len();
        let mut next = Next::Go(at, place);
        loop {
            next = match next {
                Next::Go(at, place) => self.step(at, place)?,
                Next::Fail => match self.back(bottom) {
                    Some((at, place)) => Next::Go(at, place),
                    None => return Ok(None),
                },
                Next::Done(place) => {
                    self.forget_ways(bottom);
                    return Ok(Some(place));
                }
            };
        }
    }

    /// Takes steps back up to one that has another way.
    fn back(&mut self, bottom: usize) -> Option<(At, usize)> {
        while self.frames.len() > bottom {
            match self.frames.pop()? {
                Frame::Retry { at, place } => return Some((at, place)),
                Frame::Slot { slot, before } => self.set(slot, before),
            }
        }
        None
    }

    /// Keeps how to restore places, and no other ways.
    fn forget_ways(&mut self, bottom: usize) {
        let mut kept: Vec<Frame> = self.frames.drain(bottom..).collect();
        kept.retain(|frame| matches!(frame, Frame::Slot { .. }));
        self.frames.append(&mut kept);
    }

    fn set(&mut self, slot: usize, place: usize) {
        if let Some(own) = self.slots.get_mut(slot) {
            *own = place;
        }
    }

    fn get(&self, slot: usize) -> usize {
        self.slots.get(slot).copied().unwrap_or(NONE)
    }

    fn push(&mut self, frame: Frame) -> Result<(), Exhausted> {
        if self.frames.len() >= MOST_FRAMES {
            return Err(Exhausted);
        }
        self.frames.push(frame);
        Ok(())
    }

    fn step(&mut self, at: At, place: usize) -> Result<Next, Exhausted> {
        self.budget.steps = self.budget.steps.checked_sub(1).ok_or(Exhausted)?;
        let program = self.program;
        let Some(op) = program.ops.get(at) else { return Ok(Next::Fail) };
        Ok(match *op {
            Op::Char { c, ignore_case, back } => {
                let same = |own: char| own == c || ignore_case && fold(own) == c;
                self.read(at, place, back, same)
            }
            Op::Any { line_feed, back } => self.read(at, place, back, |c| line_feed || c != '\n'),
            Op::Class { class, back } => {
                let class = program.classes.get(class);
                self.read(at, place, back, |c| class.is_some_and(|class| class.contains(c)))
            }
            Op::Assert(assertion) if self.holds(assertion, place) => Next::Go(at + 1, place),
            Op::Assert(_) => Next::Fail,
            Op::Save(slot) => {
                self.push(Frame::Slot { slot, before: self.get(slot) })?;
                self.set(slot, place);
                Next::Go(at + 1, place)
            }
            Op::Split(first, second) => {
                self.push(Frame::Retry { at: second, place })?;
                Next::Go(first, place)
            }
            Op::Jump(to) => Next::Go(to, place),
            Op::Same { group, ignore_case, back } => self.same(at, place, group, ignore_case, back)?,
            Op::Look { negated, next } => self.look(at, place, negated, next)?,
            Op::Atomic { next } => {
                self.from(at + 1, place)?.map_or(Next::Fail, |place| Next::Go(next, place))
            }
            Op::IfGroup { group, no } => {
                let matched = self.get(group * 2) != NONE && self.get(group * 2 + 1) != NONE;
                Next::Go(if matched { at + 1 } else { no }, place)
            }
            // A round that read nothing ends the loop: what follows the jump back.
            Op::Progress(slot) if self.get(slot) == place => Next::Go(at + 2, place),
            Op::Progress(_) => Next::Go(at + 1, place),
            Op::End => Next::Done(place),
        })
    }

    /// Reads one character behind or before the place.
    fn read(&self, at: At, place: usize, back: bool, test: impl Fn(char) -> bool) -> Next {
        let c = if back { self.before(place) } else { self.behind(place) };
        match c {
            Some(c) if test(c) => {
                Next::Go(at + 1, if back { place - c.len_utf8() } else { place + c.len_utf8() })
            }
            _ => Next::Fail,
        }
    }

    fn behind(&self, place: usize) -> Option<char> {
        self.text.get(place..)?.chars().next()
    }

    fn before(&self, place: usize) -> Option<char> {
        self.text.get(..place)?.chars().next_back()
    }

    fn look(&mut self, at: At, place: usize, negated: bool, next: At) -> Result<Next, Exhausted> {
        let bottom = self.frames.len();
        let found = self.from(at + 1, place)?.is_some();
        if negated {
            // Groups of a negative lookaround keep nothing.
            while self.frames.len() > bottom {
                self.back(bottom);
            }
        }
        Ok(if found == negated { Next::Fail } else { Next::Go(next, place) })
    }

    fn same(
        &mut self,
        at: At,
        place: usize,
        group: usize,
        ignore_case: bool,
        back: bool,
    ) -> Result<Next, Exhausted> {
        let (start, end) = (self.get(group * 2), self.get(group * 2 + 1));
        let Some(text) = self.text.get(start..end) else { return Ok(Next::Fail) };
        self.budget.steps = self.budget.steps.checked_sub(text.len() as u64).ok_or(Exhausted)?;
        let other = if back {
            place.checked_sub(text.len()).and_then(|from| self.text.get(from..place))
        } else {
            self.text.get(place..place + text.len())
        };
        let alike =
            |own: &str| own == text || ignore_case && own.chars().map(fold).eq(text.chars().map(fold));
        Ok(match other {
            Some(own) if alike(own) => {
                Next::Go(at + 1, if back { place - text.len() } else { place + text.len() })
            }
            _ => Next::Fail,
        })
    }

    fn holds(&self, assertion: Assertion, place: usize) -> bool {
        let word = |c: Option<char>| c.is_some_and(is_word);
        match assertion {
            Assertion::TextStart => place == 0,
            Assertion::LineStart => place == 0 || self.before(place) == Some('\n'),
            Assertion::TextEnd => place == self.text.len(),
            Assertion::TextEndOrLast => matches!(self.text.get(place..), Some("" | "\n")),
            Assertion::LineEnd => matches!(self.behind(place), None | Some('\n')),
            Assertion::WordEdge => word(self.before(place)) != word(self.behind(place)),
            Assertion::NotWordEdge => word(self.before(place)) == word(self.behind(place)),
            Assertion::SearchStart => place == self.from,
        }
    }
}
