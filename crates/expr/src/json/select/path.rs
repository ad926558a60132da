//! Reading a path.

use crate::{Exception, Value};

use super::query::{Both, Compare, Query, Side, Test};
use super::{Step, wrong};

/// Deepest nesting of paths in filters.
const DEPTH: u32 = 32;

/// A reader of a path.
pub(super) struct Parser {
    chars: Vec<char>,
    at: usize,
    depth: u32,
}

type Read<T> = Result<T, Exception>;

impl Parser {
    pub(super) fn new(path: &str) -> Self {
        Self { chars: path.chars().collect(), at: 0, depth: 0 }
    }

    pub(super) fn main(mut self) -> Read<Vec<Step>> {
        let mut steps = Vec::new();
        self.blanks();
        if self.peek() == Some('$') && matches!(self.chars.get(self.at + 1), None | Some('.' | '[')) {
            self.at += 1;
        }
        if self.peek().is_none() {
            return Ok(steps);
        }
        if !self.path(&mut steps, false)? {
            let last = self.peek();
            self.blanks();
            if self.peek().is_some() {
                let message = format!("Unexpected character while parsing path: {}", last.unwrap_or(' '));
                return Err(wrong(message));
            }
        }
        Ok(steps)
    }

    /// Reads steps up to where the path ends; whether that is the end of the text.
    fn path(&mut self, steps: &mut Vec<Step>, query: bool) -> Read<bool> {
        let mut start = self.at;
        let (mut scan, mut behind_indexer, mut behind_dot) = (false, false, false);
        while let Some(c) = self.peek() {
            match c {
                '[' | '(' => {
                    if self.at > start {
                        steps.push(self.member(start, scan));
                        scan = false;
                    }
                    let step = self.indexer(c, scan)?;
                    steps.push(step);
                    scan = false;
                    self.at += 1;
                    start = self.at;
                    (behind_indexer, behind_dot) = (true, false);
                }
                ']' | ')' | ' ' => break,
                '.' => {
                    if self.at > start {
                        steps.push(self.member(start, scan));
                        scan = false;
                    }
                    if self.chars.get(self.at + 1) == Some(&'.') {
                        scan = true;
                        self.at += 1;
                    }
                    self.at += 1;
                    start = self.at;
                    (behind_indexer, behind_dot) = (false, true);
                }
                '=' | '<' | '!' | '>' | '|' | '&' if query => break,
                _ if behind_indexer => {
                    return Err(wrong(format!("Unexpected character following indexer: {c}")));
                }
                _ => self.at += 1,
            }
        }
        let at_end = self.peek().is_none();
        if self.at > start {
            steps.push(self.member(start, scan));
        } else if behind_dot && (at_end || query) {
            return Err(wrong("Unexpected end while parsing path."));
        }
        Ok(at_end)
    }

    fn member(&self, start: usize, scan: bool) -> Step {
        let name: String = self.chars.get(start..self.at).unwrap_or_default().iter().collect();
        let name = name.trim_end().to_owned();
        named(Some(name).filter(|name| name != "*"), scan)
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek() == Some(' ') {
            self.at += 1;
        }
    }

    /// The character at the place, which has to be there.
    fn needed(&self, message: &'static str) -> Read<char> {
        self.peek().ok_or_else(|| wrong(message))
    }

    fn indexer(&mut self, open: char, scan: bool) -> Read<Step> {
        self.at += 1;
        let close = if open == '[' { ']' } else { ')' };
        self.needed(OPEN)?;
        self.blanks();
        match self.needed(OPEN)? {
            '\'' => self.quoted_names(close, scan),
            '?' => self.query(close, scan),
            _ => self.indices(close),
        }
    }

    fn quoted_names(&mut self, close: char, scan: bool) -> Read<Step> {
        let mut names = Vec::new();
        while self.peek().is_some() {
            let name = self.quoted()?;
            self.blanks();
            match self.needed(OPEN)? {
                c if c == close && names.is_empty() => return Ok(named(Some(name), scan)),
                c if c == close => {
                    names.push(name);
                    return Ok(if scan { Step::ScanMany(names) } else { Step::Fields(names) });
                }
                ',' => {
                    self.at += 1;
                    self.blanks();
                    names.push(name);
                }
                c => return Err(bad_indexer(c)),
            }
        }
        Err(wrong(OPEN))
    }

    fn quoted(&mut self) -> Read<String> {
        let mut text = String::new();
        self.at += 1;
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '\'' => return Ok(text),
                '\\' if self.peek().is_some() => {
                    let escaped = self.peek().unwrap_or(' ');
                    text.push(match escaped {
                        'b' => '\u{8}',
                        't' => '\t',
                        'n' => '\n',
                        'f' => '\u{c}',
                        'r' => '\r',
                        '\\' | '"' | '\'' | '/' => escaped,
                        other => return Err(wrong(format!("Unknown escape character: \\{other}"))),
                    });
                    self.at += 1;
                }
                c => text.push(c),
            }
        }
        Err(wrong("Path ended with an open string."))
    }

    /// `[1]`, `[1, 2]`, `[1:2:3]`, `[*]`.
    fn indices(&mut self, close: char) -> Read<Step> {
        let mut parts: Vec<Option<i32>> = Vec::new();
        let (mut commas, mut colons) = (false, false);
        loop {
            let digits = self.digits()?;
            let c = self.needed(OPEN)?;
            if c == '*' {
                self.at += 1;
                self.needed(OPEN)?;
                self.blanks();
                let next = self.needed(OPEN)?;
                return if next == close { Ok(Step::Index(None)) } else { Err(bad_indexer('*')) };
            }
            let number = match digits.as_str() {
                "" => None,
                digits => Some(index(digits)?),
            };
            let end = c == close;
            if !end && c != ',' && c != ':' {
                return Err(bad_indexer(c));
            }
            if number.is_none() && (c == ',' || (end && !colons)) {
                return Err(wrong("Array index expected."));
            }
            parts.push(number);
            if end {
                break;
            }
            commas |= c == ',';
            colons |= c == ':';
            self.at += 1;
            self.blanks();
        }
        if commas {
            return Ok(Step::Indices(parts.into_iter().flatten().collect()));
        }
        let part = |at: usize| parts.get(at).copied().flatten();
        Ok(if colons { Step::Slice(part(0), part(1), part(2)) } else { Step::Index(part(0)) })
    }

    /// Digits and hyphens, with blanks behind them.
    fn digits(&mut self) -> Read<String> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit() || c == '-') {
            self.at += 1;
        }
        let digits = self.chars.get(start..self.at).unwrap_or_default().iter().collect();
        self.blanks();
        Ok(digits)
    }

    fn query(&mut self, close: char, scan: bool) -> Read<Step> {
        self.at += 1;
        match self.needed(OPEN)? {
            '(' => {}
            c => return Err(bad_indexer(c)),
        }
        self.at += 1;
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Exception::limit("The JSONPath is nested too deeply."));
        }
        let query = self.expression()?;
        self.depth -= 1;
        self.at += 1;
        self.needed(OPEN)?;
        self.blanks();
        match self.needed(OPEN)? {
            c if c == close => Ok(if scan { Step::QueryScan(query) } else { Step::Query(query) }),
            c => Err(bad_indexer(c)),
        }
    }

    /// Tests joined in the order in which they stand: each `&&` behind a `||` begins a group that goes on to the end.
    fn expression(&mut self) -> Read<Query> {
        let mut groups: Vec<(Both, Vec<Test>)> = Vec::new();
        while self.peek().is_some() {
            let test = self.test()?;
            let both = match self.peek() {
                Some(')') => {
                    let Some((_, tests)) = groups.last_mut() else { return Ok(Query::One(test)) };
                    tests.push(test);
                    return Ok(Query::of(groups));
                }
                Some('&') if self.matches("&&") => Both::And,
                Some('|') if self.matches("||") => Both::Or,
                Some('&' | '|') => return Err(self.bad_query()),
                // Json.NET reads on without an operator between them.
                _ => continue,
            };
            match groups.last_mut() {
                Some((own, tests)) if *own == both => tests.push(test),
                _ => groups.push((both, vec![test])),
            }
        }
        Err(wrong(OPEN_QUERY))
    }

    fn test(&mut self) -> Read<Test> {
        let left = self.side()?;
        if matches!(self.peek(), Some(')' | '|' | '&')) {
            return Ok(Test { left, compare: Compare::Exists, right: None });
        }
        let compare = self.operator()?;
        let right = self.side()?;
        Ok(Test { left, compare, right: Some(right) })
    }

    fn side(&mut self) -> Read<Side> {
        self.blanks();
        let mut steps = match self.peek() {
            Some('$') => vec![Step::Root],
            Some('@') => Vec::new(),
            _ => return self.literal(),
        };
        self.at += 1;
        if self.path(&mut steps, true)? {
            return Err(wrong(OPEN_QUERY));
        }
        self.blanks();
        self.needed(OPEN_QUERY)?;
        Ok(Side::Path(steps))
    }

    fn literal(&mut self) -> Read<Side> {
        let side = match self.peek() {
            Some('\'') => Side::text(&self.quoted()?),
            Some('0'..='9' | '-') => self.number()?,
            Some('t') if self.matches("true") => {
                Side::Value(super::super::JsonType::Boolean, Value::Bool(true))
            }
            Some('f') if self.matches("false") => {
                Side::Value(super::super::JsonType::Boolean, Value::Bool(false))
            }
            Some('n') if self.matches("null") => Side::Value(super::super::JsonType::Null, Value::Null),
            Some('/') => self.regex()?,
            _ => return Err(self.bad_query()),
        };
        self.blanks();
        self.needed(OPEN_QUERY)?;
        Ok(side)
    }

    fn number(&mut self) -> Read<Side> {
        use super::super::JsonType;
        let start = self.at;
        while self.peek().is_some_and(|c| c != ' ' && c != ')') {
            self.at += 1;
        }
        let digits: String = self.chars.get(start..self.at).unwrap_or_default().iter().collect();
        let float = digits.contains(['.', 'E', 'e']);
        let value = if float {
            digits.parse::<f64>().ok().map(|value| Side::Value(JsonType::Float, Value::Double(value)))
        } else {
            digits.parse::<i64>().ok().map(|value| Side::Value(JsonType::Integer, Value::Int64(value)))
        };
        match (value, self.peek()) {
            (Some(value), Some(_)) => Ok(value),
            _ => Err(self.bad_query()),
        }
    }

    /// `/pattern/options`, kept as it is written.
    fn regex(&mut self) -> Read<Side> {
        let start = self.at;
        self.at += 1;
        while let Some(c) = self.peek() {
            match c {
                '\\' if self.at + 1 < self.chars.len() => self.at += 2,
                '/' => {
                    self.at += 1;
                    while self.peek().is_some_and(char::is_alphabetic) {
                        self.at += 1;
                    }
                    let text: String = self.chars.get(start..self.at).unwrap_or_default().iter().collect();
                    return Ok(Side::text(&text));
                }
                _ => self.at += 1,
            }
        }
        Err(wrong("Path ended with an open regex."))
    }

    fn operator(&mut self) -> Read<Compare> {
        if self.at + 1 >= self.chars.len() {
            return Err(wrong(OPEN_QUERY));
        }
        let all = [
            ("===", Compare::StrictEqual),
            ("==", Compare::Equal),
            ("=~", Compare::Matches),
            ("!==", Compare::StrictNotEqual),
            ("!=", Compare::NotEqual),
            ("<>", Compare::NotEqual),
            ("<=", Compare::LessOrEqual),
            ("<", Compare::Less),
            (">=", Compare::GreaterOrEqual),
            (">", Compare::Greater),
        ];
        let found = all.into_iter().find(|(text, _)| self.matches(text));
        found.map(|(_, compare)| compare).ok_or_else(|| wrong("Could not read query operator."))
    }

    /// Goes past a text, if it is the next.
    fn matches(&mut self, text: &str) -> bool {
        let found = text.chars().enumerate().all(|(at, c)| self.chars.get(self.at + at) == Some(&c));
        if found {
            self.at += text.chars().count();
        }
        found
    }

    fn bad_query(&self) -> Exception {
        match self.peek() {
            Some(c) => wrong(format!("Unexpected character while parsing path query: {c}")),
            None => wrong(OPEN_QUERY),
        }
    }
}

const OPEN: &str = "Path ended with open indexer.";
const OPEN_QUERY: &str = "Path ended with open query.";

fn named(name: Option<String>, scan: bool) -> Step {
    if scan { Step::Scan(name) } else { Step::Field(name) }
}

fn bad_indexer(c: char) -> Exception {
    wrong(format!("Unexpected character while parsing path indexer: {c}"))
}

/// `Convert.ToInt32`.
fn index(digits: &str) -> Read<i32> {
    match digits.parse::<i32>() {
        Ok(index) => Ok(index),
        Err(_) if digits.strip_prefix('-').unwrap_or(digits).contains('-') || digits == "-" => {
            Err(Exception::format("Input string was not in a correct format."))
        }
        Err(_) => Err(Exception::overflow("Value was either too large or too small for an Int32.")),
    }
}
