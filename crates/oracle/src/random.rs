//! Random programs, asked: well-typed ones, and their mutations for what compilers refuse.
//!
//! Programs are made by a grammar ([`grammar`], rules in `random/*.txt`). A program with a difference is shrunk: each part is
//! exchanged for the simplest of its kind, or for one of its own parts of the same kind, as long as the difference stays.

mod grammar;
mod members;
mod mutate;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use expr::{Expected, Form};
use request_file::RequestFile;

use crate::command::{Failure, USAGE, line, print};
use crate::known::Known;
use crate::{Answer, Difference, Oracle, Question, compare, ours};

use grammar::{Dice, Grammar, Node};

/// Most programs that are asked to shrink one difference.
const SHRINKS: u32 = 400;

/// How many of each kind of difference, by its innermost rule, are shrunk and shown.
const SHOWN: u32 = 2;

/// What is asked for.
struct Wish {
    programs: u32,
    seed: u64,
    mutate: bool,
    /// The kind to begin with.
    start: String,
}

impl Wish {
    fn of(arguments: &[String]) -> Result<Self, Failure> {
        let mut wish = Self { programs: 2000, seed: 1, mutate: false, start: "program".to_owned() };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut next = || arguments.next().ok_or(USAGE);
            match argument.as_str() {
                "--programs" => wish.programs = next()?.parse()?,
                "--seed" => wish.seed = next()?.parse()?,
                "--mutate" => wish.mutate = true,
                other if other.starts_with('-') => return Err(USAGE.into()),
                kind => wish.start = kind.to_owned(),
            }
        }
        Ok(wish)
    }
}

/// What came of it.
#[derive(Default)]
struct Figures {
    asked: u32,
    values: u32,
    exceptions: u32,
    refused: u32,
    differences: BTreeMap<String, u32>,
    /// Differences that a list names.
    known: u32,
}

/// Runs it: `[--programs N] [--seed N] [--mutate] [KIND]`.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<ExitCode, Failure> {
    let wish = Wish::of(arguments)?;
    let (mut oracle, known) = (Oracle::of_workspace(root)?, Known::read(root)?);
    let grammar = Grammar::read(&members::rules(root)?)?;
    let rules = if wish.start.starts_with("members") { grammar.count(&wish.start) } else { 0 };
    if rules == 0 && grammar.count(&wish.start) == 0 {
        return Err(format!("there is no kind `{}`", wish.start).into());
    }
    let request = RequestFile::parse("")?;
    oracle.set_request(&request);
    let mut asker = Asker { oracle: &mut oracle, request, grammar, mutate: wish.mutate, known: &known };
    let mut figures = Figures::default();
    let mut shown: BTreeMap<(Difference, String), u32> = BTreeMap::new();
    for program in 0..u64::from(wish.programs) {
        let seed = wish.seed.wrapping_mul(0x2545_f491_4f6c_dd1d).wrapping_add(program << 20);
        let dice = &mut Dice::Seeded(seed);
        // Members one after the other, so that none is left out.
        let turn = usize::try_from(program).unwrap_or(0).checked_rem(rules);
        let by_turn = turn.and_then(|turn| asker.grammar.make_by(&wish.start, turn, dice));
        let node = by_turn.unwrap_or_else(|| asker.grammar.make(&wish.start, dice));
        let Some(found) = asker.ask(&node, seed, Some(&mut figures))? else { continue };
        *figures.differences.entry(format!("{:?}", found.difference)).or_default() += 1;
        // Most differences of one cause say the same: one is enough.
        let cause = if rules > 0 { node.rule.clone() } else { found.cause() };
        let times = shown.entry((found.difference, cause)).or_default();
        *times += 1;
        if *times <= if rules > 0 { 1 } else { SHOWN } {
            let found = asker.shrink(&node, seed, found)?;
            print(&found.text())?;
        }
    }
    print(&figures.text())?;
    // Of a program that both refuse, the codes may differ: two compilers tell the first of several mistakes in their own order.
    let failed = figures.differences.keys().any(|kind| !wish.mutate || kind != "Codes");
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// A difference.
struct Found {
    question: Question,
    difference: Difference,
    theirs: Answer,
    answer: Answer,
}

impl Found {
    /// What two differences of one cause have in common, before they are shrunk.
    fn cause(&self) -> String {
        let words = |text: &str| text.split_whitespace().take(6).collect::<Vec<_>>().join(" ");
        match (&self.theirs, &self.answer) {
            (_, Answer::Refused { problems }) => {
                problems.first().map(|problem| words(&problem.message)).unwrap_or_default()
            }
            (Answer::Refused { problems }, _) => {
                problems.first().map(|problem| problem.code.clone()).unwrap_or_default()
            }
            (_, Answer::Exception { class, message }) => format!("{class} {}", words(message)),
            (Answer::Exception { class, message }, _) => format!("{class} {}", words(message)),
            (Answer::Value { ty, .. }, Answer::Value { .. }) => ty.clone(),
            _ => String::new(),
        }
    }

    fn text(&self) -> String {
        let form = if self.question.form == Form::Block { "block" } else { "expression" };
        format!(
            "{:?}: {form}: {}\n  .NET    {}\n  Cardea  {}\n",
            self.difference,
            self.question.code,
            line(&self.theirs),
            line(&self.answer)
        )
    }
}

struct Asker<'a> {
    oracle: &'a mut Oracle,
    request: RequestFile,
    grammar: Grammar,
    mutate: bool,
    known: &'a Known,
}

impl Asker<'_> {
    /// Asks for a program; the difference if there is one that is not known.
    fn ask(
        &mut self,
        node: &Node,
        seed: u64,
        figures: Option<&mut Figures>,
    ) -> Result<Option<Found>, Failure> {
        let text = node.text();
        let (form, code) = match text.strip_prefix("@{") {
            Some(block) => (Form::Block, block.strip_suffix('}').unwrap_or(block).to_owned()),
            None => (Form::Expression, text),
        };
        let code = if self.mutate { mutate::mutate(&code, &mut Dice::Seeded(!seed)) } else { code };
        let question = Question { code, form, wants: Expected::Any };
        let answer = ours(&question, &self.request)?;
        let theirs = self.oracle.ask_beside(&question, &answer)?;
        let difference = compare(&theirs, &answer);
        let known = difference.filter(|difference| self.known.names(&question.code, *difference));
        if let Some(figures) = figures {
            figures.count(&theirs);
            figures.known += u32::from(known.is_some());
        }
        let difference = difference.filter(|_| known.is_none());
        Ok(difference.map(|difference| Found { question, difference, theirs, answer }))
    }

    /// A smaller program with the same kind of difference.
    fn shrink(&mut self, node: &Node, seed: u64, found: Found) -> Result<Found, Failure> {
        let (mut best, mut found) = (node.clone(), found);
        let mut left = SHRINKS;
        let mut place = 0;
        'places: while place < best.all().len() {
            for smaller in self.smaller(&best, place) {
                if left == 0 {
                    return Ok(found);
                }
                left -= 1;
                let asked = self.ask(&smaller, seed, None)?;
                if let Some(same) = asked.filter(|other| other.difference == found.difference) {
                    (best, found) = (smaller, same);
                    continue 'places;
                }
            }
            place += 1;
        }
        Ok(found)
    }

    /// The program with the part at a place made smaller, the smallest first.
    fn smaller(&self, node: &Node, place: usize) -> Vec<Node> {
        let all = node.all();
        let Some(part) = all.get(place) else { return Vec::new() };
        let length = part.text().len();
        let simplest = self.grammar.simplest(&part.kind);
        let mut parts: Vec<&Node> = part.all().into_iter().filter(|inner| inner.kind == part.kind).collect();
        parts.push(&simplest);
        parts.retain(|inner| inner.text().len() < length);
        parts.sort_by_key(|inner| inner.text().len());
        parts.into_iter().map(|inner| node.with(place, inner)).collect()
    }
}

impl Figures {
    fn count(&mut self, answer: &Answer) {
        self.asked += 1;
        match answer {
            Answer::Value { .. } => self.values += 1,
            Answer::Exception { .. } => self.exceptions += 1,
            Answer::Refused { .. } => self.refused += 1,
            Answer::Timeout => {}
        }
    }

    fn text(&self) -> String {
        let differences: Vec<String> =
            self.differences.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        format!(
            "{} programs: {} values, {} exceptions, {} refused; differences: {}, {} known\n",
            self.asked,
            self.values,
            self.exceptions,
            self.refused,
            if differences.is_empty() { "none".to_owned() } else { differences.join(", ") },
            self.known
        )
    }
}
