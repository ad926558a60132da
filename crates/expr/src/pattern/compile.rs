//! Trees to instructions.
//!
//! Inside of a lookbehind everything runs from right to left, as in .NET: sequences are turned around and characters are
//! read before the place.

use super::class::{Class, fold};
use super::parse::{Assertion, Node};

/// Most instructions: repetitions with counts are written out.
const MOST: usize = 20_000;

/// Index of an instruction.
pub(crate) type At = usize;

/// An instruction.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    /// A character; already folded when case does not count.
    Char {
        c: char,
        ignore_case: bool,
        back: bool,
    },
    Any {
        line_feed: bool,
        back: bool,
    },
    Class {
        class: usize,
        back: bool,
    },
    Assert(Assertion),
    /// Remembers the place.
    Save(usize),
    /// Tries the first, then the second.
    Split(At, At),
    Jump(At),
    /// The text of a group again.
    Same {
        group: usize,
        ignore_case: bool,
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
        group: usize,
        no: At,
    },
    /// Fails when nothing was read since the matching [`Op::Save`] of that slot.
    Progress(usize),
    /// The end of the pattern or of a part that runs by itself.
    End,
}

/// A pattern as instructions.
#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(crate) ops: Vec<Op>,
    pub(crate) classes: Vec<Class>,
    /// How many places are remembered: two for each group, then one for each loop.
    pub(crate) slots: usize,
    pub(crate) groups: usize,
}

pub(crate) fn compile(node: &Node, groups: usize) -> Result<Program, String> {
    let mut compiler = Compiler { program: Program { slots: groups * 2, groups, ..Program::default() } };
    compiler.push(Op::Save(0))?;
    compiler.node(node, false)?;
    compiler.push(Op::Save(1))?;
    compiler.push(Op::End)?;
    Ok(compiler.program)
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

    fn node(&mut self, node: &Node, back: bool) -> Made {
        match node {
            Node::Empty => Ok(()),
            Node::Char { c, ignore_case } => {
                let c = if *ignore_case { fold(*c) } else { *c };
                self.push(Op::Char { c, ignore_case: *ignore_case, back }).map(drop)
            }
            Node::Any { line_feed } => self.push(Op::Any { line_feed: *line_feed, back }).map(drop),
            Node::Class(class) => {
                let index = self.program.classes.len();
                self.program.classes.push(class.clone());
                self.push(Op::Class { class: index, back }).map(drop)
            }
            Node::Assert(assertion) => self.push(Op::Assert(*assertion)).map(drop),
            Node::Group { number, node } => self.group(*number, node, back),
            Node::All(nodes) => self.all(nodes, back),
            Node::Either(nodes) => self.either(nodes, back),
            Node::Repeat { node, least, most, lazy } => self.repeat(node, *least, *most, *lazy, back),
            Node::Same { group, ignore_case } => {
                self.push(Op::Same { group: *group, ignore_case: *ignore_case, back }).map(drop)
            }
            Node::Look { node, behind, negated } => {
                self.apart(node, *behind, |next| Op::Look { negated: *negated, next })
            }
            Node::Atomic(node) => self.apart(node, back, |next| Op::Atomic { next }),
            Node::If { group, yes, no } => self.conditional(*group, yes, no, back),
        }
    }

    fn group(&mut self, number: usize, node: &Node, back: bool) -> Made {
        let (first, last) = if back { (number * 2 + 1, number * 2) } else { (number * 2, number * 2 + 1) };
        self.push(Op::Save(first))?;
        self.node(node, back)?;
        self.push(Op::Save(last)).map(drop)
    }

    fn all(&mut self, nodes: &[Node], back: bool) -> Made {
        if back {
            return nodes.iter().rev().try_for_each(|node| self.node(node, back));
        }
        nodes.iter().try_for_each(|node| self.node(node, back))
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

    fn repeat(&mut self, node: &Node, least: u32, most: Option<u32>, lazy: bool, back: bool) -> Made {
        for _ in 0..least {
            self.node(node, back)?;
        }
        match most {
            None => self.endless(node, lazy, back),
            Some(most) => self.optional(node, most.saturating_sub(least), lazy, back),
        }
    }

    /// `*`
    fn endless(&mut self, node: &Node, lazy: bool, back: bool) -> Made {
        let slot = self.program.slots;
        self.program.slots += 1;
        let split = self.push(Op::End)?;
        self.push(Op::Save(slot))?;
        self.node(node, back)?;
        self.push(Op::Progress(slot))?;
        self.push(Op::Jump(split))?;
        let end = self.here();
        self.set(split, choice(split + 1, end, lazy));
        Ok(())
    }

    /// `{0,n}`
    fn optional(&mut self, node: &Node, count: u32, lazy: bool, back: bool) -> Made {
        let mut splits = Vec::new();
        for _ in 0..count {
            splits.push(self.push(Op::End)?);
            self.node(node, back)?;
        }
        let end = self.here();
        splits.into_iter().for_each(|at| self.set(at, choice(at + 1, end, lazy)));
        Ok(())
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

    fn conditional(&mut self, group: usize, yes: &Node, no: &Node, back: bool) -> Made {
        let start = self.push(Op::End)?;
        self.node(yes, back)?;
        let jump = self.push(Op::End)?;
        let otherwise = self.here();
        self.node(no, back)?;
        let end = self.here();
        self.set(start, Op::IfGroup { group, no: otherwise });
        self.set(jump, Op::Jump(end));
        Ok(())
    }
}

fn choice(body: At, end: At, lazy: bool) -> Op {
    if lazy { Op::Split(end, body) } else { Op::Split(body, end) }
}
