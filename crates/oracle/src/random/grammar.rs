//! Programs by rules.
//!
//! ```text
//! int = 0                                     a rule: kind, text; the first of a kind is the simplest
//! int = {int} + {int}                         {kind} is made by a rule of that kind
//! ints = {ints}.Where($ => {bool|$:int})      $ is a fresh name, which is an int in what is made behind |
//! text = $"{{{int}}}"                         braces are doubled
//! ```

use std::collections::HashMap;

use crate::command::Failure;

/// The files with rules.
const RULES: [&str; 7] = [
    include_str!("values.txt"),
    include_str!("text.txt"),
    include_str!("dates.txt"),
    include_str!("sequences.txt"),
    include_str!("json.txt"),
    include_str!("blocks.txt"),
    include_str!("objects.txt"),
];

/// How deep rules stand in each other, before the shortest are taken.
const DEPTH: u32 = 6;

/// Rules by kind.
pub(crate) struct Grammar {
    kinds: HashMap<String, Vec<Rule>>,
}

struct Rule {
    text: String,
    parts: Vec<Part>,
    /// The least depth that it needs.
    depth: u32,
    /// It needs brackets before `.`, and behind a cast or a sign.
    loose: bool,
}

enum Part {
    Text(String),
    /// The fresh name.
    Name,
    /// What is made by a rule of a kind, with names that it may use: name number and kind.
    Kind {
        kind: String,
        scope: Vec<String>,
    },
}

impl Grammar {
    /// Reads the rules.
    ///
    /// # Errors
    /// When a rule cannot be read, or names a kind that there is not.
    pub(crate) fn read(members: &[(String, String)]) -> Result<Self, Failure> {
        let mut kinds: HashMap<String, Vec<Rule>> = HashMap::new();
        let mut add = |kind: &str, text: &str| {
            let parts = parts(text).ok_or_else(|| format!("unbalanced: {text}"))?;
            let rule = Rule { text: text.to_owned(), parts, depth: u32::MAX, loose: is_loose(text) };
            kinds.entry(kind.to_owned()).or_default().push(rule);
            Ok::<(), Failure>(())
        };
        for (kind, text) in members {
            add(kind, text)?;
        }
        for line in RULES.iter().flat_map(|text| text.lines()) {
            if line.is_empty() || line.starts_with("# ") {
                continue;
            }
            let (kind, text) = line.split_once(" = ").ok_or_else(|| format!("no rule: {line}"))?;
            add(kind, text)?;
        }
        let mut grammar = Self { kinds };
        grammar.measure()?;
        Ok(grammar)
    }

    /// Finds the depth of each rule.
    fn measure(&mut self) -> Result<(), Failure> {
        loop {
            let least: HashMap<String, u32> = self
                .kinds
                .iter()
                .map(|(kind, rules)| {
                    (kind.clone(), rules.iter().map(|rule| rule.depth).min().unwrap_or(u32::MAX))
                })
                .collect();
            let mut changed = false;
            for rule in self.kinds.values_mut().flatten() {
                let mut depth = 0;
                for part in &rule.parts {
                    let Part::Kind { kind, .. } = part else { continue };
                    let inner = least.get(kind).ok_or_else(|| format!("there is no kind `{kind}`"))?;
                    depth = depth.max(inner.saturating_add(1));
                }
                changed |= rule.depth != depth;
                rule.depth = depth;
            }
            if !changed {
                return Ok(());
            }
        }
    }

    /// How many rules a kind has.
    pub(crate) fn count(&self, kind: &str) -> usize {
        self.kinds.get(kind).map_or(0, Vec::len)
    }

    /// A random program by the rule of a number.
    pub(crate) fn make_by(&self, kind: &str, rule: usize, dice: &mut Dice) -> Option<Node> {
        let rule = self.kinds.get(kind)?.get(rule)?;
        Some(Maker { grammar: self, dice, names: 0, scope: Vec::new() }.rule(kind, rule, 3))
    }

    /// A random program of a kind.
    pub(crate) fn make(&self, kind: &str, dice: &mut Dice) -> Node {
        Maker { grammar: self, dice, names: 0, scope: Vec::new() }.node(kind, DEPTH)
    }

    /// The simplest program of a kind.
    pub(crate) fn simplest(&self, kind: &str) -> Node {
        Maker { grammar: self, dice: &mut Dice::Lowest, names: 1000, scope: Vec::new() }.node(kind, 0)
    }
}

/// What chooses.
pub(crate) enum Dice {
    /// Always the first.
    Lowest,
    /// Vigna's `splitmix64`.
    Seeded(u64),
}

impl Dice {
    /// A number below a limit.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        let Self::Seeded(state) = self else { return 0 };
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) >> 1).unwrap_or(0).checked_rem(limit).unwrap_or(0)
    }
}

/// A part of a program and how it was made.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// The kind that was asked for.
    pub(crate) kind: String,
    /// The rule, as it is written; empty for a name.
    pub(crate) rule: String,
    loose: bool,
    pub(crate) pieces: Vec<Piece>,
}

/// Text, or a part.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Text(String),
    Node(Node),
}

impl Node {
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) {
        for piece in &self.pieces {
            match piece {
                Piece::Text(own) => text.push_str(own),
                Piece::Node(node) => node.write(text),
            }
        }
    }

    pub(crate) fn children(&self) -> impl Iterator<Item = &Self> {
        self.pieces.iter().filter_map(|piece| if let Piece::Node(node) = piece { Some(node) } else { None })
    }

    /// All parts, itself first, in the order of the text.
    pub(crate) fn all(&self) -> Vec<&Self> {
        let mut all = vec![self];
        let mut at = 0;
        while let Some(node) = all.get(at) {
            let children: Vec<&Self> = node.children().collect();
            all.splice(at + 1..at + 1, children);
            at += 1;
        }
        all
    }

    /// The program with one part, by its place in [`Self::all`], exchanged.
    pub(crate) fn with(&self, place: usize, part: &Self) -> Self {
        self.replaced(&mut place.clone(), part)
    }

    fn replaced(&self, place: &mut usize, part: &Self) -> Self {
        if *place == 0 {
            *place = usize::MAX;
            return part.clone();
        }
        let mut copy =
            Self { kind: self.kind.clone(), rule: self.rule.clone(), loose: self.loose, pieces: Vec::new() };
        for piece in &self.pieces {
            copy.pieces.push(match piece {
                Piece::Node(node) if *place != usize::MAX => {
                    *place -= 1;
                    Piece::Node(node.replaced(place, part))
                }
                other => other.clone(),
            });
        }
        copy
    }
}

struct Maker<'a> {
    grammar: &'a Grammar,
    dice: &'a mut Dice,
    names: u32,
    /// Names in scope with their kinds.
    scope: Vec<(String, String)>,
}

impl<'a> Maker<'a> {
    fn node(&mut self, kind: &str, depth: u32) -> Node {
        let rules = self.grammar.kinds.get(kind).map(Vec::as_slice).unwrap_or_default();
        let least = rules.iter().map(|rule| rule.depth).min().unwrap_or_default();
        let fits: Vec<&'a Rule> = rules.iter().filter(|rule| rule.depth <= depth.max(least)).collect();
        let names: Vec<String> =
            self.scope.iter().filter(|(_, own)| own == kind).map(|(name, _)| name.clone()).collect();
        // A name in scope is as likely as three rules, or as a third of them.
        let weight = (fits.len() / 3).max(3);
        let at = self.dice.below(fits.len() + names.len() * weight);
        match fits.get(at) {
            Some(rule) => self.rule(kind, rule, depth),
            None => {
                let name = names.get((at - fits.len()) / weight).cloned().unwrap_or_default();
                Node {
                    kind: kind.to_owned(),
                    rule: String::new(),
                    loose: false,
                    pieces: vec![Piece::Text(name)],
                }
            }
        }
    }

    fn rule(&mut self, kind: &str, rule: &'a Rule, depth: u32) -> Node {
        let name = format!("v{}", self.names);
        self.names += u32::from(rule.parts.iter().any(|part| matches!(part, Part::Name)));
        let mut pieces = Vec::new();
        for (at, part) in rule.parts.iter().enumerate() {
            let tight = is_tight(at.checked_sub(1).and_then(|at| rule.parts.get(at)), rule.parts.get(at + 1));
            pieces.push(match part {
                Part::Text(own) => Piece::Text(own.clone()),
                Part::Name => Piece::Text(name.clone()),
                Part::Kind { kind, scope } => {
                    let before = self.scope.len();
                    self.scope.extend(scope.iter().map(|kind| (name.clone(), kind.clone())));
                    let mut node = self.node(kind, depth.saturating_sub(1));
                    self.scope.truncate(before);
                    if tight && node.loose {
                        node.pieces.insert(0, Piece::Text("(".to_owned()));
                        node.pieces.push(Piece::Text(")".to_owned()));
                    }
                    Piece::Node(node)
                }
            });
        }
        Node { kind: kind.to_owned(), rule: rule.text.clone(), loose: rule.loose, pieces }
    }
}

/// Whether an expression is more than one primary expression: a cast, a sign, an operator with blanks.
fn is_loose(text: &str) -> bool {
    let cast = text.starts_with('(')
        && !text.ends_with(')')
        && !text.starts_with("(new")
        && !text.starts_with("(Func");
    let cast =
        cast || text.starts_with("(string)") || text.starts_with("(object)") || text.starts_with("(int?)");
    let cast = cast || text.starts_with("(double?)") || text.starts_with("(int)") || text.starts_with("(J");
    let bare = !text.starts_with('(')
        && !text.starts_with("new ")
        && !text.starts_with('@')
        && !text.starts_with('"');
    let operator = bare
        && [" + ", " - ", " * ", " / ", " % ", " ? ", " as ", " is ", " < ", " > ", " == ", " != ", " >= "]
            .iter()
            .any(|operator| text.contains(operator));
    cast || text.starts_with(['-', '~', '!']) || operator && !text.contains("=>")
}

/// Whether what stands between two texts has to be a primary expression.
fn is_tight(before: Option<&Part>, after: Option<&Part>) -> bool {
    let before = matches!(before, Some(Part::Text(text)) if text.ends_with([')', '-', '~', '!']) && !text.ends_with(" -"));
    let after = matches!(after, Some(Part::Text(text)) if text.starts_with(['.', '[', '?']) || text.starts_with(" is ") || text.starts_with(" as "));
    before || after
}

fn parts(text: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let doubled = matches!(c, '{' | '}' | '$') && rest.peek() == Some(&c);
        if doubled {
            rest.next();
            plain.push(c);
        } else if c == '$' && rest.peek() != Some(&'"') {
            parts.push(Part::Text(std::mem::take(&mut plain)));
            parts.push(Part::Name);
        } else if c == '{' {
            parts.push(Part::Text(std::mem::take(&mut plain)));
            let inner: String = rest.by_ref().take_while(|c| *c != '}').collect();
            parts.push(hole(&inner)?);
        } else if c == '}' {
            return None;
        } else {
            plain.push(c);
        }
    }
    parts.push(Part::Text(plain));
    Some(parts)
}

/// `bool` or `bool|$:int,$:text`.
fn hole(inner: &str) -> Option<Part> {
    let (kind, names) = inner.split_once('|').unwrap_or((inner, ""));
    let scope = names
        .split(',')
        .filter(|name| !name.is_empty())
        .map(|name| name.strip_prefix("$:").map(str::to_owned));
    Some(Part::Kind { kind: kind.to_owned(), scope: scope.collect::<Option<_>>()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_can_be_read_and_every_kind_is_there() {
        let grammar = Grammar::read(&[]).unwrap();
        assert!(grammar.kinds.values().flatten().all(|rule| rule.depth < 10));
    }

    #[test]
    fn the_simplest_program_is_the_first_rule_of_each_kind() {
        assert_eq!(Grammar::read(&[]).unwrap().simplest("program").text(), "0");
    }

    #[test]
    fn a_part_is_exchanged_in_its_place() {
        let grammar = Grammar::read(&[]).unwrap();
        let program = grammar.make("program", &mut Dice::Seeded(3));
        let simplest = grammar.simplest("int");
        for (place, part) in program.all().into_iter().enumerate() {
            assert_eq!(program.with(place, part).text(), program.text());
            assert_eq!(
                program.with(place, &simplest).all().get(place).map(|part| part.text()),
                Some("0".to_owned())
            );
        }
    }
}
