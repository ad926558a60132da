//! Trees to instructions.
//!
//! Inside of a lookbehind, and with `RightToLeft`, everything runs from right to left, as in .NET: sequences are turned around
//! and characters are read before the place.

use super::class::{Class, fold};
use super::parse::{Assertion, Node};

/// Most instructions.
const MOST: usize = 20_000;

/// Index of an instruction.
pub(crate) type At = usize;

/// A test of one character.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    Char(char),
    /// Already folded.
    Folded(char),
    Any,
    NoLineFeed,
    Class(usize),
}

/// An instruction.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    One {
        test: Test,
        back: bool,
    },
    /// One character again and again.
    Run {
        test: Test,
        least: u32,
        most: u32,
        lazy: bool,
        back: bool,
    },
    Assert(Assertion),
    /// Remembers the place.
    Mark(usize),
    /// A group that began at the place in the mark ends here.
    Capture {
        mark: usize,
        slot: Option<usize>,
        release: Option<usize>,
    },
    /// Tries the first, then the second.
    Split(At, At),
    Jump(At),
    /// Begins to count rounds: the count is in `slot`, the place where a round began in the next one.
    Enter(usize),
    /// Whether there is another round.
    Round {
        slot: usize,
        least: u32,
        most: u32,
        lazy: bool,
        exit: At,
    },
    /// Counts a round and goes back to its [`Op::Round`].
    Again(usize, At),
    /// The text of a group again.
    Same {
        slot: usize,
        ignore_case: bool,
        lenient: bool,
        back: bool,
    },
    /// Runs what follows up to its [`Op::End`]; goes on at `next`.
    Look {
        negated: bool,
        next: At,
    },
    Atomic {
        next: At,
    },
    /// Goes on when the group has matched, jumps otherwise.
    IfGroup {
        slot: usize,
        no: At,
    },
    /// Runs what follows up to its [`Op::End`]; goes on at one of two places.
    IfLook {
        yes: At,
        no: At,
    },
    /// The end of the pattern or of a part that runs by itself.
    End,
}

/// A pattern as instructions.
#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(crate) ops: Vec<Op>,
    pub(crate) classes: Vec<Class>,
    /// How many places and counts are remembered.
    pub(crate) marks: usize,
    /// How many groups there are, the whole match included.
    pub(crate) groups: usize,
    /// From right to left.
    pub(crate) back: bool,
    /// The character that every match begins with.
    pub(crate) first: Option<char>,
}

pub(crate) fn compile(node: &Node, groups: usize, back: bool) -> Result<Program, String> {
    let mut compiler = Compiler { program: Program { groups, back, ..Program::default() } };
    compiler.node(node, back)?;
    compiler.push(Op::End)?;
    compiler.program.first = if back { None } else { first_char(node) };
    Ok(compiler.program)
}

/// The character that everything the tree matches begins with.
fn first_char(node: &Node) -> Option<char> {
    match node {
        Node::Char { c, ignore_case: false } => Some(*c),
        Node::Capture { node, release: None, .. } | Node::Atomic(node) => first_char(node),
        Node::All(nodes) => first_char(nodes.first()?),
        Node::Repeat { node, least: 1.., .. } => first_char(node),
        _ => None,
    }
}

struct Compiler {
    program: Program,
}

type Made<T = ()> = Result<T, String>;

impl Compiler {
    fn push(&mut self, op: Op) -> Made<At> {
        let at = self.program.ops.len();
        if at >= MOST {
            return Err("The pattern is too large.".to_owned());
        }
        self.program.ops.push(op);
        Ok(at)
    }

    fn here(&self) -> At {
        self.program.ops.len()
    }

    fn set(&mut self, at: At, op: Op) {
        if let Some(place) = self.program.ops.get_mut(at) {
            *place = op;
        }
    }

    fn marks(&mut self, count: usize) -> usize {
        let first = self.program.marks;
        self.program.marks += count;
        first
    }

    /// The test that a node is, when it matches exactly one character.
    fn test(&mut self, node: &Node) -> Option<Test> {
        Some(match node {
            Node::Char { c, ignore_case: false } => Test::Char(*c),
            Node::Char { c, ignore_case: true } => Test::Folded(fold(*c)),
            Node::Any { line_feed: true } => Test::Any,
            Node::Any { line_feed: false } => Test::NoLineFeed,
            Node::Class(class) => {
                self.program.classes.push(class.clone().ready());
                Test::Class(self.program.classes.len() - 1)
            }
            _ => return None,
        })
    }

    fn node(&mut self, node: &Node, back: bool) -> Made {
        if let Some(test) = self.test(node) {
            return self.push(Op::One { test, back }).map(drop);
        }
        match node {
            Node::Assert(assertion) => self.push(Op::Assert(*assertion)).map(drop),
            Node::Capture { slot, release, node } => self.capture(*slot, *release, node, back),
            Node::All(nodes) if back => nodes.iter().rev().try_for_each(|node| self.node(node, back)),
            Node::All(nodes) => nodes.iter().try_for_each(|node| self.node(node, back)),
            Node::Either(nodes) => self.either(nodes, back),
            Node::Repeat { node, least, most, lazy } => {
                let most = most.unwrap_or(u32::MAX);
                self.repeat(node, (*least, most), *lazy, back)
            }
            Node::Same { slot, ignore_case, lenient } => {
                let (slot, ignore_case, lenient) = (*slot, *ignore_case, *lenient);
                self.push(Op::Same { slot, ignore_case, lenient, back }).map(drop)
            }
            Node::Look { node, behind, negated } => {
                self.apart(node, *behind, |next| Op::Look { negated: *negated, next })
            }
            Node::Atomic(node) => self.apart(node, back, |next| Op::Atomic { next }),
            Node::IfGroup { slot, yes, no } => {
                let start = self.push(Op::End)?;
                let (_, otherwise) = self.both(yes, no, back)?;
                self.set(start, Op::IfGroup { slot: *slot, no: otherwise });
                Ok(())
            }
            Node::IfLook { test, yes, no } => {
                let start = self.push(Op::End)?;
                self.node(test, false)?;
                self.push(Op::End)?;
                let (then, otherwise) = self.both(yes, no, back)?;
                self.set(start, Op::IfLook { yes: then, no: otherwise });
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn capture(&mut self, slot: Option<usize>, release: Option<usize>, node: &Node, back: bool) -> Made {
        let mark = self.marks(1);
        self.push(Op::Mark(mark))?;
        self.node(node, back)?;
        self.push(Op::Capture { mark, slot, release }).map(drop)
    }

    fn either(&mut self, nodes: &[Node], back: bool) -> Made {
        let mut ends = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            if index + 1 == nodes.len() {
                self.node(node, back)?;
                break;
            }
            let split = self.push(Op::End)?;
            self.node(node, back)?;
            ends.push(self.push(Op::End)?);
            let next = self.here();
            self.set(split, Op::Split(split + 1, next));
        }
        let end = self.here();
        ends.into_iter().for_each(|at| self.set(at, Op::Jump(end)));
        Ok(())
    }

    fn repeat(&mut self, node: &Node, (least, most): (u32, u32), lazy: bool, back: bool) -> Made {
        if let Some(test) = self.test(node) {
            return self.push(Op::Run { test, least, most, lazy, back }).map(drop);
        }
        match (least, most) {
            (1, 1) => self.node(node, back),
            (0, 1) => {
                let split = self.push(Op::End)?;
                self.node(node, back)?;
                let end = self.here();
                self.set(split, if lazy { Op::Split(end, split + 1) } else { Op::Split(split + 1, end) });
                Ok(())
            }
            _ => {
                let slot = self.marks(2);
                self.push(Op::Enter(slot))?;
                let round = self.push(Op::End)?;
                self.push(Op::Mark(slot + 1))?;
                self.node(node, back)?;
                self.push(Op::Again(slot, round))?;
                let exit = self.here();
                self.set(round, Op::Round { slot, least, most, lazy, exit });
                Ok(())
            }
        }
    }

    /// A part that runs by itself: lookaround, atomic group.
    fn apart(&mut self, node: &Node, back: bool, op: impl Fn(At) -> Op) -> Made {
        let start = self.push(Op::End)?;
        self.node(node, back)?;
        self.push(Op::End)?;
        let next = self.here();
        self.set(start, op(next));
        Ok(())
    }

    /// Two ways; where each begins.
    fn both(&mut self, yes: &Node, no: &Node, back: bool) -> Made<(At, At)> {
        let then = self.here();
        self.node(yes, back)?;
        let jump = self.push(Op::End)?;
        let otherwise = self.here();
        self.node(no, back)?;
        let end = self.here();
        self.set(jump, Op::Jump(end));
        Ok((then, otherwise))
    }
}
