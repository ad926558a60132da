//! Patterns for the `regex` crate, which never takes more than linear time.
//!
//! The matcher of .NET's dialect tries ways one after the other and may take exponential time. When it takes long, a pattern
//! without anything that needs it (lookaround, references, atomic and balancing groups, conditions, loops around nothing)
//! is searched for by this engine instead: it finds the same places, in linear time.

use std::fmt::Write as _;

use super::class::{Class, Item, fold, range, upper};
use super::parse::{Assertion, Node};

/// A pattern that can be searched for in linear time.
#[derive(Debug)]
pub(crate) struct Linear {
    regex: regex::Regex,
    /// It contains `$`: no text with a line feed at its end.
    ends: bool,
    /// It contains `\b`: texts of ASCII only.
    ascii: bool,
}

impl Linear {
    /// The same pattern; none when it needs more.
    pub(crate) fn new(node: &Node) -> Option<Self> {
        let mut writer = Writer { out: String::new(), ends: false, ascii: false };
        writer.node(node)?;
        let regex = regex::RegexBuilder::new(&writer.out).size_limit(2 << 20).build().ok()?;
        Some(Self { regex, ends: writer.ends, ascii: writer.ascii })
    }

    /// Whether it means the same for a text.
    pub(crate) fn takes(&self, text: &str) -> bool {
        !(self.ends && text.ends_with('\n') || self.ascii && !text.is_ascii())
    }

    /// The first match from a place on.
    pub(crate) fn find(&self, text: &str, from: usize) -> Option<(usize, usize)> {
        self.regex.find_at(text, from).map(|found| (found.start(), found.end()))
    }
}

struct Writer {
    out: String,
    ends: bool,
    ascii: bool,
}

impl Writer {
    fn node(&mut self, node: &Node) -> Option<()> {
        match node {
            Node::Empty => {}
            Node::Char { c, ignore_case } => self.char(*c, *ignore_case)?,
            Node::Any { line_feed: true } => self.out.push_str("(?s:.)"),
            Node::Any { line_feed: false } => self.out.push_str(r"[^\n]"),
            Node::Class(class) => {
                let class = written(class)?;
                self.out.push_str(&class);
            }
            Node::Assert(assertion) => self.assertion(*assertion)?,
            Node::Capture { release: None, node, .. } => self.grouped(node)?,
            Node::All(nodes) => nodes.iter().try_for_each(|node| self.node(node))?,
            Node::Either(nodes) => {
                self.out.push_str("(?:");
                for (index, node) in nodes.iter().enumerate() {
                    if index > 0 {
                        self.out.push('|');
                    }
                    self.node(node)?;
                }
                self.out.push(')');
            }
            Node::Repeat { node, least, most, lazy } => {
                if can_be_empty(node) {
                    return None;
                }
                self.grouped(node)?;
                match most {
                    Some(most) => write!(self.out, "{{{least},{most}}}").ok()?,
                    None => write!(self.out, "{{{least},}}").ok()?,
                }
                self.out.push_str(if *lazy { "?" } else { "" });
            }
            _ => return None,
        }
        Some(())
    }

    fn grouped(&mut self, node: &Node) -> Option<()> {
        self.out.push_str("(?:");
        self.node(node)?;
        self.out.push(')');
        Some(())
    }

    fn char(&mut self, c: char, ignore_case: bool) -> Option<()> {
        if !ignore_case {
            self.out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
            return Some(());
        }
        let class = Class { items: vec![Item::Range(c.into(), c.into())], ignore_case, ..Class::default() };
        self.out.push_str(&written(&class)?);
        Some(())
    }

    fn assertion(&mut self, assertion: Assertion) -> Option<()> {
        let text = match assertion {
            Assertion::TextStart => r"\A",
            Assertion::LineStart => "(?m:^)",
            Assertion::TextEnd => r"\z",
            Assertion::LineEnd => "(?m:$)",
            Assertion::TextEndOrLast => {
                self.ends = true;
                r"\z"
            }
            Assertion::WordEdge | Assertion::AsciiWordEdge => r"\b",
            Assertion::NotWordEdge | Assertion::NotAsciiWordEdge => r"\B",
            Assertion::SearchStart => return None,
        };
        self.ascii |= text.eq_ignore_ascii_case(r"\b");
        self.out.push_str(text);
        Some(())
    }
}

/// A set in the other dialect.
fn written(class: &Class) -> Option<String> {
    let mut items = String::new();
    for item in &class.items {
        match item {
            Item::Range(from, to) => {
                items.push_str(&range(*from, *to));
                if class.ignore_case {
                    items.push_str(&other_case(*from, *to)?);
                }
            }
            Item::Named { set, negated: false } => items.push_str(&set.linear()),
            Item::Named { set, negated: true } => write!(items, "[^{}]", set.linear()).ok()?,
        }
    }
    if items.is_empty() {
        return None;
    }
    let own = format!("[{}{items}]", if class.negated { "^" } else { "" });
    Some(match &class.minus {
        Some(minus) => format!("[{own}--{}]", written(minus)?),
        None => own,
    })
}

/// The characters that are the same as those of a range but for case; none when there are too many to tell.
fn other_case(from: u32, to: u32) -> Option<String> {
    if to - from > 128 {
        return None;
    }
    let mut all = String::new();
    for c in (from..=to).filter_map(char::from_u32) {
        let lower = fold(c);
        let mut others = vec![lower];
        others.extend(upper(lower));
        // Capitals that have the small letter of another one.
        others.extend(
            ['\u{212A}', '\u{212B}', '\u{2126}', '\u{1E9E}']
                .into_iter()
                .filter(|other| fold(*other) == lower),
        );
        for other in others.into_iter().filter(|other| *other != c) {
            all.push_str(&range(other.into(), other.into()));
        }
    }
    Some(all)
}

/// Whether a tree can match nothing.
fn can_be_empty(node: &Node) -> bool {
    match node {
        Node::Char { .. } | Node::Any { .. } | Node::Class(_) => false,
        Node::Capture { node, .. } | Node::Atomic(node) => can_be_empty(node),
        Node::All(nodes) => nodes.iter().all(can_be_empty),
        Node::Either(nodes) => nodes.iter().any(can_be_empty),
        Node::Repeat { node, least, .. } => *least == 0 || can_be_empty(node),
        _ => true,
    }
}
