//! Patterns to trees.

use std::collections::HashMap;

use super::class::{Class, Item, Set, category};
use super::option::{ECMA_SCRIPT, EXPLICIT_CAPTURE, IGNORE_CASE, IGNORE_WHITE_SPACE, MULTILINE, SINGLELINE};

/// Deepest nesting of groups.
const DEEPEST: u32 = 100;

/// A part of a pattern.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Empty,
    Char {
        c: char,
        ignore_case: bool,
    },
    /// `.`: without `Singleline` not a line feed.
    Any {
        line_feed: bool,
    },
    Class(Class),
    Assert(Assertion),
    Group {
        number: usize,
        node: Box<Node>,
    },
    All(Vec<Node>),
    Either(Vec<Node>),
    Repeat {
        node: Box<Node>,
        least: u32,
        most: Option<u32>,
        lazy: bool,
    },
    Same {
        group: usize,
        ignore_case: bool,
    },
    Look {
        node: Box<Node>,
        behind: bool,
        negated: bool,
    },
    Atomic(Box<Node>),
    /// `(?(1)yes|no)`.
    If {
        group: usize,
        yes: Box<Node>,
        no: Box<Node>,
    },
}

/// A place in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Assertion {
    TextStart,
    LineStart,
    /// `$` and `\Z`: the end, or before a line feed at the end.
    TextEndOrLast,
    LineEnd,
    TextEnd,
    WordEdge,
    NotWordEdge,
    /// `\G`: where the search began.
    SearchStart,
}

/// A pattern as a tree.
pub(crate) struct Parsed {
    pub(crate) node: Node,
    pub(crate) names: HashMap<String, usize>,
    pub(crate) groups: usize,
}

type Read<T> = Result<T, String>;

pub(crate) fn parse(pattern: &str, options: i32) -> Read<Parsed> {
    let chars: Vec<char> = pattern.chars().collect();
    let (names, groups) = number_groups(&chars, options);
    let mut parser = Parser { chars: &chars, at: 0, options, next: 1, names, groups, depth: 0 };
    let node = parser.either()?;
    if parser.at < chars.len() {
        return Err("Too many )'s.".to_owned());
    }
    Ok(Parsed { node, names: parser.names, groups })
}

/// The text with its escapes resolved.
pub(crate) fn unescape(text: &str) -> Read<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut parser =
        Parser { chars: &chars, at: 0, options: 0, next: 1, names: HashMap::new(), groups: 0, depth: 0 };
    let mut out = String::with_capacity(text.len());
    while let Some(c) = parser.bump() {
        if c == '\\' {
            let c = parser.bump().ok_or("Illegal \\ at end of pattern.")?;
            out.push(parser.escaped_char(c)?);
        } else {
            out.push(c);
        }
    }
    Ok(out)
}

/// The numbers of named groups, and how many groups there are: unnamed ones are numbered first.
fn number_groups(chars: &[char], options: i32) -> (HashMap<String, usize>, usize) {
    let mut unnamed = 0;
    let mut order: Vec<String> = Vec::new();
    let mut at = 0;
    let mut in_class = 0_usize;
    while let Some(&c) = chars.get(at) {
        match c {
            '\\' => at += 1,
            '[' => in_class += 1,
            ']' => in_class = in_class.saturating_sub(1),
            '(' if in_class == 0 => match group_name(chars, at + 1) {
                Some(name) if !order.contains(&name) => order.push(name),
                Some(_) => {}
                None if chars.get(at + 1) != Some(&'?') && options & EXPLICIT_CAPTURE == 0 => unnamed += 1,
                None => {}
            },
            _ => {}
        }
        at += 1;
    }
    let mut groups = unnamed + 1;
    let mut names = HashMap::new();
    for name in order {
        let number = name.parse::<usize>().ok().filter(|&number| number < 1000);
        let number = number.unwrap_or(groups);
        groups = groups.max(number + 1);
        names.insert(name, number);
    }
    (names, groups)
}

/// The name in `?<name>` or `?'name'`.
fn group_name(chars: &[char], at: usize) -> Option<String> {
    if chars.get(at) != Some(&'?') {
        return None;
    }
    let close = match chars.get(at + 1)? {
        '<' => '>',
        '\'' => '\'',
        _ => return None,
    };
    let rest = chars.get(at + 2..)?;
    let length = rest.iter().position(|&c| c == close)?;
    let name: String = rest.get(..length)?.iter().collect();
    let valid = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    valid.then_some(name)
}

struct Parser<'p> {
    chars: &'p [char],
    at: usize,
    options: i32,
    /// The number of the next unnamed group.
    next: usize,
    names: HashMap<String, usize>,
    groups: usize,
    depth: u32,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn peek_at(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn eat(&mut self, wanted: &str) -> bool {
        let found = wanted.chars().enumerate().all(|(ahead, c)| self.peek_at(ahead) == Some(c));
        if found {
            self.at += wanted.chars().count();
        }
        found
    }

    fn is(&self, option: i32) -> bool {
        self.options & option != 0
    }

    fn either(&mut self) -> Read<Node> {
        let mut branches = vec![self.all()?];
        while self.eat("|") {
            branches.push(self.all()?);
        }
        Ok(match branches.pop() {
            Some(only) if branches.is_empty() => only,
            last => {
                branches.extend(last);
                Node::Either(branches)
            }
        })
    }

    fn all(&mut self) -> Read<Node> {
        let mut list = Vec::new();
        loop {
            self.skip_white_space()?;
            match self.peek() {
                None | Some('|' | ')') => break,
                Some(_) => {
                    let node = self.atom()?;
                    let node = self.quantified(node)?;
                    if !matches!(node, Node::Empty) {
                        list.push(node);
                    }
                }
            }
        }
        Ok(if list.is_empty() { Node::Empty } else { Node::All(list) })
    }

    /// Comments `(?#…)`, and with `x` white space and `#…`.
    fn skip_white_space(&mut self) -> Read<()> {
        loop {
            match self.peek() {
                Some('(') if self.eat("(?#") => {
                    while self.bump().ok_or("Unterminated (?#...) comment.")? != ')' {}
                }
                Some('#') if self.is(IGNORE_WHITE_SPACE) => while self.bump().is_some_and(|c| c != '\n') {},
                Some(c) if self.is(IGNORE_WHITE_SPACE) && c.is_whitespace() => self.at += 1,
                _ => return Ok(()),
            }
        }
    }

    fn char(&self, c: char) -> Node {
        Node::Char { c, ignore_case: self.is(IGNORE_CASE) }
    }

    fn atom(&mut self) -> Read<Node> {
        let Some(c) = self.bump() else { return Ok(Node::Empty) };
        Ok(match c {
            '(' => return self.group(),
            '[' => Node::Class(self.class()?),
            '\\' => return self.escape(),
            '.' => Node::Any { line_feed: self.is(SINGLELINE) },
            '^' if self.is(MULTILINE) => Node::Assert(Assertion::LineStart),
            '^' => Node::Assert(Assertion::TextStart),
            '$' if self.is(MULTILINE) => Node::Assert(Assertion::LineEnd),
            '$' => Node::Assert(Assertion::TextEndOrLast),
            '*' | '+' | '?' => return Err("Quantifier {x,y} following nothing.".to_owned()),
            '{' if self.counts(self.at).is_some() => {
                return Err("Quantifier {x,y} following nothing.".to_owned());
            }
            c => self.char(c),
        })
    }

    fn quantified(&mut self, node: Node) -> Read<Node> {
        self.skip_white_space()?;
        let Some((least, most)) = self.quantifier()? else { return Ok(node) };
        let lazy = self.eat("?");
        self.skip_white_space()?;
        if matches!(self.peek(), Some('*' | '+' | '?'))
            || self.peek() == Some('{') && self.counts(self.at + 1).is_some()
        {
            return Err(format!("Nested quantifier {}.", self.peek().unwrap_or('*')));
        }
        Ok(Node::Repeat { node: Box::new(node), least, most, lazy })
    }

    fn quantifier(&mut self) -> Read<Option<(u32, Option<u32>)>> {
        let counts = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => {
                let Some((least, most, end)) = self.counts(self.at + 1) else { return Ok(None) };
                if most.is_some_and(|most| most < least) {
                    return Err("Illegal {x,y} with x > y.".to_owned());
                }
                self.at = end;
                return Ok(Some((least, most)));
            }
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(counts))
    }

    /// `n}`, `n,}`, `n,m}` from an index on, and where it ends.
    fn counts(&self, from: usize) -> Option<(u32, Option<u32>, usize)> {
        let rest = self.chars.get(from..)?;
        let length = rest.iter().take(24).position(|&c| c == '}')?;
        let text: String = rest.get(..length)?.iter().collect();
        let (least, most) =
            text.split_once(',').map_or((text.as_str(), None), |(least, most)| (least, Some(most)));
        let number =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?;
        let least: u32 = number(least)?;
        let most = match most {
            None => Some(least),
            Some("") => None,
            Some(most) => Some(number(most)?),
        };
        Some((least, most, from + length + 1))
    }

    fn group(&mut self) -> Read<Node> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("Too many nested groups.".to_owned());
        }
        let options = self.options;
        let node = self.group_body();
        self.depth -= 1;
        // Options given alone, `(?i)`, hold to the end of the group around them.
        if !matches!(node, Ok(Node::Empty)) {
            self.options = options;
        }
        node
    }

    fn group_body(&mut self) -> Read<Node> {
        if self.peek() != Some('?') {
            let number = self.next;
            if self.is(EXPLICIT_CAPTURE) {
                return self.inside();
            }
            self.next += 1;
            let node = Box::new(self.inside()?);
            return Ok(Node::Group { number, node });
        }
        if let Some(name) = group_name(self.chars, self.at) {
            self.at += name.chars().count() + 3;
            let number = self.names.get(&name).copied().unwrap_or(0);
            let node = Box::new(self.inside()?);
            return Ok(Node::Group { number, node });
        }
        self.special_group()
    }

    fn special_group(&mut self) -> Read<Node> {
        let looks = [("?=", false, false), ("?!", false, true), ("?<=", true, false), ("?<!", true, true)];
        for (sign, behind, negated) in looks {
            if self.eat(sign) {
                let node = Box::new(self.inside()?);
                return Ok(Node::Look { node, behind, negated });
            }
        }
        if self.eat("?:") {
            return self.inside();
        }
        if self.eat("?>") {
            return Ok(Node::Atomic(Box::new(self.inside()?)));
        }
        if self.eat("?(") {
            return self.conditional();
        }
        self.inline_options()
    }

    /// Up to the closing parenthesis.
    fn inside(&mut self) -> Read<Node> {
        let options = self.options;
        let node = self.either()?;
        self.options = options;
        if !self.eat(")") {
            return Err("Not enough )'s.".to_owned());
        }
        // An empty group is a node, so that `(?i)` stays the only construct without one.
        Ok(if matches!(node, Node::Empty) { Node::All(Vec::new()) } else { node })
    }

    /// `(?(1)yes|no)`, `(?(name)yes|no)`.
    fn conditional(&mut self) -> Read<Node> {
        let mut name = String::new();
        loop {
            match self.bump() {
                Some(')') => break,
                Some(c) => name.push(c),
                None => return Err("Not enough )'s.".to_owned()),
            }
        }
        let group = self.number_of(&name)?;
        let (yes, no) = match self.inside()? {
            Node::Either(branches) if branches.len() > 2 => return Err("Too many | in (?()|).".to_owned()),
            Node::Either(branches) => {
                let mut branches = branches.into_iter();
                (branches.next().unwrap_or(Node::Empty), branches.next().unwrap_or(Node::Empty))
            }
            node => (node, Node::Empty),
        };
        Ok(Node::If { group, yes: Box::new(yes), no: Box::new(no) })
    }

    fn number_of(&self, name: &str) -> Read<usize> {
        if let Some(&number) = self.names.get(name) {
            return Ok(number);
        }
        match name.parse::<usize>() {
            Ok(number) if number < self.groups => Ok(number),
            Ok(number) => Err(format!("Reference to undefined group number {number}.")),
            Err(_) => Err(format!("Reference to undefined group name {name}.")),
        }
    }

    /// `(?i)`, `(?i-s:…)`.
    fn inline_options(&mut self) -> Read<Node> {
        self.at += 1;
        let mut on = true;
        loop {
            let c = self.bump().ok_or("Unrecognized grouping construct.")?;
            let option = match c {
                '-' => {
                    on = false;
                    continue;
                }
                '+' => {
                    on = true;
                    continue;
                }
                'i' => IGNORE_CASE,
                'm' => MULTILINE,
                'n' => EXPLICIT_CAPTURE,
                's' => SINGLELINE,
                'x' => IGNORE_WHITE_SPACE,
                ')' => return Ok(Node::Empty),
                ':' => return self.inside(),
                _ => return Err("Unrecognized grouping construct.".to_owned()),
            };
            self.options = if on { self.options | option } else { self.options & !option };
        }
    }

    fn escape(&mut self) -> Read<Node> {
        let c = self.bump().ok_or("Illegal \\ at end of pattern.")?;
        let assertion = match c {
            'A' => Some(Assertion::TextStart),
            'z' => Some(Assertion::TextEnd),
            'Z' => Some(Assertion::TextEndOrLast),
            'b' => Some(Assertion::WordEdge),
            'B' => Some(Assertion::NotWordEdge),
            'G' => Some(Assertion::SearchStart),
            _ => None,
        };
        if let Some(assertion) = assertion {
            return Ok(Node::Assert(assertion));
        }
        if let Some((set, negated)) = self.named_set(c)? {
            return Ok(Node::Class(Class::named(set, negated)));
        }
        match c {
            'k' => self.named_reference(),
            '1'..='9' => self.numbered_reference(c),
            _ => self.escaped_char(c).map(|c| self.char(c)),
        }
    }

    /// `\d`, `\W`, `\p{Lu}`.
    fn named_set(&mut self, c: char) -> Read<Option<(Set, bool)>> {
        let ascii = self.is(ECMA_SCRIPT);
        let set = match c.to_ascii_lowercase() {
            'd' if ascii => Set::AsciiDigit,
            'w' if ascii => Set::AsciiWord,
            's' if ascii => Set::AsciiSpace,
            'd' => Set::Digit,
            'w' => Set::Word,
            's' => Set::Space,
            'p' => self.category()?,
            _ => return Ok(None),
        };
        Ok(Some((set, c.is_ascii_uppercase())))
    }

    fn category(&mut self) -> Read<Set> {
        if !self.eat("{") {
            return Err("Malformed \\p{X} character escape.".to_owned());
        }
        let mut name = String::new();
        loop {
            match self.bump() {
                Some('}') => break,
                Some(c) => name.push(c),
                None => return Err("Incomplete \\p{X} character escape.".to_owned()),
            }
        }
        category(&name).map(Set::Category).ok_or_else(|| format!("Unknown property '{name}'."))
    }

    /// `\k<name>`, `\k'name'`.
    fn named_reference(&mut self) -> Read<Node> {
        let close = match self.bump() {
            Some('<') => '>',
            Some('\'') => '\'',
            _ => return Err("Malformed \\k<...> named back reference.".to_owned()),
        };
        let mut name = String::new();
        loop {
            match self.bump() {
                Some(c) if c == close => break,
                Some(c) => name.push(c),
                None => return Err("Malformed \\k<...> named back reference.".to_owned()),
            }
        }
        let group = self.number_of(&name)?;
        Ok(Node::Same { group, ignore_case: self.is(IGNORE_CASE) })
    }

    /// `\1`; of several digits a character in octal when there is no such group.
    fn numbered_reference(&mut self, first: char) -> Read<Node> {
        let mut digits = String::from(first);
        while let Some(c) = self.peek().filter(char::is_ascii_digit)
            && digits.len() < 3
        {
            digits.push(c);
            self.at += 1;
        }
        let number: usize = digits.parse().unwrap_or(usize::MAX);
        if number < self.groups {
            return Ok(Node::Same { group: number, ignore_case: self.is(IGNORE_CASE) });
        }
        let octal =
            u32::from_str_radix(&digits, 8).ok().filter(|_| digits.len() > 1).and_then(char::from_u32);
        octal.map(|c| self.char(c)).ok_or_else(|| format!("Reference to undefined group number {number}."))
    }

    /// The character that `\` and `c` stand for.
    fn escaped_char(&mut self, c: char) -> Read<char> {
        Ok(match c {
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\x0C',
            'v' => '\x0B',
            'a' => '\x07',
            'e' => '\x1B',
            'x' => return self.hexadecimal(2),
            'u' => return self.hexadecimal(4),
            '0' => return self.octal(),
            'c' => {
                let letter =
                    self.bump().filter(char::is_ascii_alphabetic).ok_or("Missing control character.")?;
                char::from(u8::try_from(letter.to_ascii_uppercase()).unwrap_or(b'@') - b'@')
            }
            c if c.is_alphanumeric() || c == '_' => {
                return Err(format!("Unrecognized escape sequence \\{c}."));
            }
            c => c,
        })
    }

    fn hexadecimal(&mut self, count: usize) -> Read<char> {
        let digits: String = self.chars.iter().skip(self.at).take(count).collect();
        self.at += count;
        let code = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == count);
        code.and_then(char::from_u32).ok_or_else(|| "Insufficient hexadecimal digits.".to_owned())
    }

    fn octal(&mut self) -> Read<char> {
        let mut code = 0;
        for _ in 0..2 {
            match self.peek().and_then(|c| c.to_digit(8)) {
                Some(digit) => code = code * 8 + digit,
                None => break,
            }
            self.at += 1;
        }
        char::from_u32(code).ok_or_else(|| "Unrecognized escape sequence \\0.".to_owned())
    }

    /// A set from behind its `[` on.
    fn class(&mut self) -> Read<Class> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("Too many nested groups.".to_owned());
        }
        let mut class =
            Class { negated: self.eat("^"), ignore_case: self.is(IGNORE_CASE), ..Class::default() };
        let mut first = true;
        loop {
            match self.bump().ok_or("Unterminated [] set.")? {
                ']' if !first => break,
                '-' if !first && self.eat("[") => {
                    class.minus = Some(Box::new(self.class()?));
                    if !self.eat("]") {
                        return Err("A subtraction must be the last element in a character class.".to_owned());
                    }
                    break;
                }
                c => self.class_item(&mut class, c)?,
            }
            first = false;
        }
        self.depth -= 1;
        Ok(class)
    }

    fn class_item(&mut self, class: &mut Class, c: char) -> Read<()> {
        let from = match self.class_char(c)? {
            ClassChar::Set(item) => {
                class.items.push(item);
                return Ok(());
            }
            ClassChar::Char(c) => c,
        };
        let ranges = self.peek() == Some('-') && !matches!(self.peek_at(1), None | Some(']' | '['));
        if !ranges {
            class.items.push(Item::Range(from, from));
            return Ok(());
        }
        self.at += 1;
        let c = self.bump().ok_or("Unterminated [] set.")?;
        let ClassChar::Char(to) = self.class_char(c)? else {
            return Err("Cannot include class in character range.".to_owned());
        };
        if to < from {
            return Err("[x-y] range in reverse order.".to_owned());
        }
        class.items.push(Item::Range(from, to));
        Ok(())
    }

    fn class_char(&mut self, c: char) -> Read<ClassChar> {
        if c != '\\' {
            return Ok(ClassChar::Char(c));
        }
        let c = self.bump().ok_or("Illegal \\ at end of pattern.")?;
        if let Some((set, negated)) = self.named_set(c)? {
            return Ok(ClassChar::Set(Item::Named { set, negated }));
        }
        Ok(ClassChar::Char(if c == 'b' { '\x08' } else { self.escaped_char(c)? }))
    }
}

/// What stands at one place of a set.
enum ClassChar {
    Char(char),
    Set(Item),
}
