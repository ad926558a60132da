//! The matcher: tries one way after the other, and remembers how to take each step back.

use super::class::{fold, is_word};
use super::compile::{At, Op, Program, Test};
use super::parse::Assertion;

/// How much matching may cost.
#[derive(Debug)]
pub(crate) struct Budget {
    /// Steps that are left.
    pub(crate) steps: u64,
}

/// Most steps back that are remembered at once.
const MOST_FRAMES: usize = 300_000;

/// The budget is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

/// A match: what each group captured, one after the other; the whole match is group 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) captures: Vec<Vec<(usize, usize)>>,
}

impl Found {
    /// A match without groups.
    pub(crate) fn of(start: usize, end: usize, groups: usize) -> Self {
        let mut captures = vec![Vec::new(); groups];
        if let Some(whole) = captures.first_mut() {
            whole.push((start, end));
        }
        Self { captures }
    }

    /// Where the whole match begins and ends.
    pub(crate) fn whole(&self) -> (usize, usize) {
        self.last(0).unwrap_or((0, 0))
    }

    /// What a group captured last.
    pub(crate) fn last(&self, slot: usize) -> Option<(usize, usize)> {
        self.captures.get(slot)?.last().copied()
    }

    /// The text of a group; none when it did not match.
    pub(crate) fn text<'t>(&self, slot: usize, text: &'t str) -> Option<&'t str> {
        let (start, end) = self.last(slot)?;
        text.get(start..end)
    }
}

/// Where a search begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    /// The first place that is tried.
    pub(crate) at: usize,
    /// The place that `\G` means.
    pub(crate) anchor: usize,
}

/// The first match from a place on.
pub(crate) fn find(
    program: &Program,
    text: &str,
    start: Start,
    budget: &mut Budget,
) -> Result<Option<Found>, Exhausted> {
    let mut run = Run::new(program, text, start.anchor, budget);
    let mut at = Some(start.at);
    while let Some(place) = at {
        let place = match program.first {
            Some(first) => match text.get(place..).and_then(|rest| rest.find(first)) {
                Some(ahead) => place + ahead,
                None => return Ok(None),
            },
            None => place,
        };
        if let Some(found) = run.at(place)? {
            return Ok(Some(found));
        }
        at = next_place(text, place, program.back);
    }
    Ok(None)
}

/// The match that begins at a place.
pub(crate) fn find_at(
    program: &Program,
    text: &str,
    start: Start,
    budget: &mut Budget,
) -> Result<Option<Found>, Exhausted> {
    Run::new(program, text, start.anchor, budget).at(start.at)
}

/// The place one character on.
pub(crate) fn next_place(text: &str, place: usize, back: bool) -> Option<usize> {
    if back {
        return Some(place - text.get(..place)?.chars().next_back()?.len_utf8());
    }
    Some(place + text.get(place..)?.chars().next()?.len_utf8())
}

const NONE: usize = usize::MAX;

/// A step to take back.
enum Frame {
    /// Go on there instead.
    Retry { at: At, place: usize },
    /// A run of one character may be shorter (longer when it is lazy): `left` more times.
    Run { at: At, place: usize, left: u32 },
    /// A remembered place was that.
    Mark { mark: usize, before: usize },
    /// A group captured.
    Captured(usize),
    /// A group gave up a capture.
    Released(usize, (usize, usize)),
}

struct Run<'r> {
    program: &'r Program,
    text: &'r str,
    anchor: usize,
    marks: Vec<usize>,
    captures: Vec<Vec<(usize, usize)>>,
    frames: Vec<Frame>,
    budget: &'r mut Budget,
}

/// What an instruction leads to.
enum Next {
    Go(At, usize),
    Fail,
    Done(usize),
}

impl<'r> Run<'r> {
    fn new(program: &'r Program, text: &'r str, anchor: usize, budget: &'r mut Budget) -> Self {
        Self {
            program,
            text,
            anchor,
            marks: vec![NONE; program.marks],
            captures: vec![Vec::new(); program.groups],
            frames: Vec::new(),
            budget,
        }
    }

    fn at(&mut self, place: usize) -> Result<Option<Found>, Exhausted> {
        self.frames.clear();
        match self.from(0, place)? {
            Some(end) => {
                let mut captures = std::mem::take(&mut self.captures);
                if let Some(whole) = captures.first_mut() {
                    *whole = vec![(place.min(end), place.max(end))];
                }
                Ok(Some(Found { captures }))
            }
            None => Ok(None),
        }
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
                Frame::Run { at, place, left } => {
                    if let Some(found) = self.another(at, place, left) {
                        return Some(found);
                    }
                }
                Frame::Mark { mark, before } => self.set(mark, before),
                Frame::Captured(slot) => {
                    if let Some(list) = self.captures.get_mut(slot) {
                        list.pop();
                    }
                }
                Frame::Released(slot, place) => {
                    if let Some(list) = self.captures.get_mut(slot) {
                        list.push(place);
                    }
                }
            }
        }
        None
    }

    /// A run of one character less, or, when it is lazy, one more.
    fn another(&mut self, at: At, place: usize, left: u32) -> Option<(At, usize)> {
        let Some(Op::Run { test, lazy, back, .. }) = self.program.ops.get(at) else { return None };
        let place = if *lazy { self.read(test, place, *back)? } else { next_place(self.text, place, !back)? };
        if left > 1 {
            self.frames.push(Frame::Run { at, place, left: left - 1 });
        }
        Some((at + 1, place))
    }

    /// Keeps how to restore what was remembered, and no other ways.
    fn forget_ways(&mut self, bottom: usize) {
        let mut kept = bottom;
        for index in bottom..self.frames.len() {
            let way = matches!(self.frames.get(index), Some(Frame::Retry { .. } | Frame::Run { .. }));
            if !way {
                self.frames.swap(kept, index);
                kept += 1;
            }
        }
        self.frames.truncate(kept);
    }

    fn set(&mut self, mark: usize, place: usize) {
        if let Some(own) = self.marks.get_mut(mark) {
            *own = place;
        }
    }

    fn get(&self, mark: usize) -> usize {
        self.marks.get(mark).copied().unwrap_or(NONE)
    }

    /// Sets a mark so that it can be taken back.
    fn remember(&mut self, mark: usize, place: usize) -> Result<(), Exhausted> {
        self.push(Frame::Mark { mark, before: self.get(mark) })?;
        self.set(mark, place);
        Ok(())
    }

    fn push(&mut self, frame: Frame) -> Result<(), Exhausted> {
        if self.frames.len() >= MOST_FRAMES {
            return Err(Exhausted);
        }
        self.frames.push(frame);
        Ok(())
    }

    fn burn(&mut self, steps: usize) -> Result<(), Exhausted> {
        self.budget.steps = self.budget.steps.checked_sub(steps as u64).ok_or(Exhausted)?;
        Ok(())
    }

    fn matched(&self, slot: usize) -> bool {
        self.captures.get(slot).is_some_and(|list| !list.is_empty())
    }

    fn step(&mut self, at: At, place: usize) -> Result<Next, Exhausted> {
        self.burn(1)?;
        let program = self.program;
        let Some(op) = program.ops.get(at) else { return Ok(Next::Fail) };
        Ok(match op {
            Op::One { test, back } => {
                self.read(test, place, *back).map_or(Next::Fail, |place| Next::Go(at + 1, place))
            }
            Op::Run { test, least, most, lazy, back } => {
                self.run(at, place, test, (*least, *most, *lazy, *back))?
            }
            Op::Assert(assertion) if self.holds(*assertion, place) => Next::Go(at + 1, place),
            Op::Assert(_) => Next::Fail,
            Op::Mark(mark) => {
                self.remember(*mark, place)?;
                Next::Go(at + 1, place)
            }
            Op::Capture { mark, slot, release } => self.capture((at, place), *mark, *slot, *release)?,
            Op::Split(first, second) => {
                self.push(Frame::Retry { at: *second, place })?;
                Next::Go(*first, place)
            }
            Op::Jump(to) => Next::Go(*to, place),
            Op::Enter(slot) => {
                self.remember(*slot, 0)?;
                self.remember(slot + 1, NONE)?;
                Next::Go(at + 1, place)
            }
            Op::Round { slot, least, most, lazy, exit } => {
                self.round((at, place), *slot, (*least, *most), (*lazy, *exit))?
            }
            Op::Again(slot, round) => {
                let count = self.get(*slot);
                self.remember(*slot, count.saturating_add(1))?;
                Next::Go(*round, place)
            }
            Op::Same { slot, ignore_case, lenient, back } => {
                match self.captures.get(*slot).and_then(|list| list.last()) {
                    Some(&range) => self.same((at, place), range, *ignore_case, *back)?,
                    None if *lenient => Next::Go(at + 1, place),
                    None => Next::Fail,
                }
            }
            Op::Look { negated, next } => self.look(at, place, *negated, *next)?,
            Op::Atomic { next } => {
                self.from(at + 1, place)?.map_or(Next::Fail, |place| Next::Go(*next, place))
            }
            Op::IfGroup { slot, no } => Next::Go(if self.matched(*slot) { at + 1 } else { *no }, place),
            Op::IfLook { yes, no } => {
                let holds = self.from(at + 1, place)?.is_some();
                Next::Go(if holds { *yes } else { *no }, place)
            }
            Op::End => Next::Done(place),
        })
    }

    /// The place behind (or before) a character that passes a test.
    fn read(&self, test: &Test, place: usize, back: bool) -> Option<usize> {
        let c = if back { self.before(place)? } else { self.behind(place)? };
        let passes = match test {
            Test::Char(own) => c == *own,
            Test::Folded(own) => fold(c) == *own,
            Test::Any => true,
            Test::NoLineFeed => c != '\n',
            Test::Class(class) => self.program.classes.get(*class)?.contains(c),
        };
        passes.then_some(if back { place - c.len_utf8() } else { place + c.len_utf8() })
    }

    fn run(
        &mut self,
        at: At,
        place: usize,
        test: &Test,
        (least, most, lazy, back): (u32, u32, bool, bool),
    ) -> Result<Next, Exhausted> {
        let goal = if lazy { least } else { most };
        let (mut end, mut count) = (place, 0);
        while count < goal
            && let Some(next) = self.read(test, end, back)
        {
            end = next;
            count += 1;
        }
        self.burn(count as usize / 4)?;
        if count < least {
            return Ok(Next::Fail);
        }
        let left = if lazy { most - count } else { count - least };
        if left > 0 {
            self.push(Frame::Run { at, place: end, left })?;
        }
        Ok(Next::Go(at + 1, end))
    }

    fn round(
        &mut self,
        (at, place): (At, usize),
        slot: usize,
        (least, most): (u32, u32),
        (lazy, exit): (bool, At),
    ) -> Result<Next, Exhausted> {
        let count = u32::try_from(self.get(slot)).unwrap_or(u32::MAX);
        if count < least {
            return Ok(Next::Go(at + 1, place));
        }
        // A round that read nothing ends the loop.
        if count >= most || count > 0 && self.get(slot + 1) == place {
            return Ok(Next::Go(exit, place));
        }
        let (first, second) = if lazy { (exit, at + 1) } else { (at + 1, exit) };
        self.push(Frame::Retry { at: second, place })?;
        Ok(Next::Go(first, place))
    }

    /// Ends a group. What a balancing group captures lies between what it gives up and itself.
    fn capture(
        &mut self,
        (at, place): (At, usize),
        mark: usize,
        slot: Option<usize>,
        release: Option<usize>,
    ) -> Result<Next, Exhausted> {
        let begin = self.get(mark);
        let (mut start, mut end) = (begin.min(place), begin.max(place));
        if let Some(release) = release {
            let Some(other) = self.captures.get_mut(release).and_then(Vec::pop) else {
                return Ok(Next::Fail);
            };
            self.push(Frame::Released(release, other))?;
            (start, end) = between((start, end), other);
        }
        if let Some(slot) = slot {
            self.push(Frame::Captured(slot))?;
            if let Some(list) = self.captures.get_mut(slot) {
                list.push((start, end));
            }
        }
        Ok(Next::Go(at + 1, place))
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
        (at, place): (At, usize),
        (start, end): (usize, usize),
        ignore_case: bool,
        back: bool,
    ) -> Result<Next, Exhausted> {
        let Some(text) = self.text.get(start..end) else { return Ok(Next::Fail) };
        self.burn(text.len())?;
        if !ignore_case {
            let other = if back {
                place.checked_sub(text.len()).map(|from| (from, place))
            } else {
                Some((place, place + text.len()))
            };
            let found = other.filter(|&(from, to)| self.text.get(from..to) == Some(text));
            return Ok(found.map_or(Next::Fail, |(from, to)| Next::Go(at + 1, if back { from } else { to })));
        }
        let mut place = place;
        let mut wanted: Vec<char> = text.chars().collect();
        if back {
            wanted.reverse();
        }
        for c in wanted {
            match self.read(&Test::Folded(fold(c)), place, back) {
                Some(next) => place = next,
                None => return Ok(Next::Fail),
            }
        }
        Ok(Next::Go(at + 1, place))
    }

    fn holds(&self, assertion: Assertion, place: usize) -> bool {
        let word = |c: Option<char>| c.is_some_and(is_word);
        let ascii = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        match assertion {
            Assertion::TextStart => place == 0,
            Assertion::LineStart => place == 0 || self.before(place) == Some('\n'),
            Assertion::TextEnd => place == self.text.len(),
            Assertion::TextEndOrLast => matches!(self.text.get(place..), Some("" | "\n")),
            Assertion::LineEnd => matches!(self.behind(place), None | Some('\n')),
            Assertion::WordEdge => word(self.before(place)) != word(self.behind(place)),
            Assertion::NotWordEdge => word(self.before(place)) == word(self.behind(place)),
            Assertion::AsciiWordEdge => ascii(self.before(place)) != ascii(self.behind(place)),
            Assertion::NotAsciiWordEdge => ascii(self.before(place)) == ascii(self.behind(place)),
            Assertion::SearchStart => place == self.anchor,
        }
    }
}

/// What a balancing group captures: the text between the capture that it gives up and its own, or where they overlap.
fn between((start, end): (usize, usize), (other_start, other_end): (usize, usize)) -> (usize, usize) {
    if start >= other_end {
        (other_end, start)
    } else if end <= other_start {
        // As .NET has it, which turns around only the first of the two cases.
        (other_start, end)
    } else {
        (start.max(other_start), end.min(other_end))
    }
}
