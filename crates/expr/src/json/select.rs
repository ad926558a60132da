//! JSONPath, as `SelectToken` and `SelectTokens` read it.
//!
//! Built: `$`, names behind dots, names in brackets and apostrophes, indices (negative ones are refused, as by Json.NET),
//! lists of names and indices, slices, `*`, `..`. Filters (`[?(…)]`) are not built and throw.

use crate::value::HeapId;
use crate::{Exception, Heap};

use super::node::JsonKind;

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Names(Vec<String>),
    /// `..name`: members of these names at any depth, in the order of the document.
    Scan(Vec<String>),
    Indices(Vec<i64>),
    Slice(Option<i64>, Option<i64>, Option<i64>),
    All,
    /// `..` before another step: all nodes below, and the node itself.
    Descend,
}

/// All nodes that a path leads to, in order.
///
/// # Errors
/// `Newtonsoft.Json.JsonException` when the path cannot be read; with `strict` also when it leads to nothing.
pub(crate) fn select(heap: &Heap, root: HeapId, path: &str, strict: bool) -> Result<Vec<HeapId>, Exception> {
    let steps = Parser { path, chars: path.chars().collect(), at: 0 }.steps()?;
    let mut found = vec![root];
    for step in &steps {
        let mut next = Vec::new();
        for &node in &found {
            apply(heap, node, step, &mut next)?;
        }
        if strict && next.is_empty() {
            return Err(missing(step));
        }
        found = next;
    }
    Ok(found)
}

/// `..` and a name become one step.
fn merged(steps: Vec<Step>) -> Vec<Step> {
    let mut out: Vec<Step> = Vec::with_capacity(steps.len());
    for step in steps {
        match (out.last_mut(), step) {
            (Some(last @ Step::Descend), Step::Names(names)) => *last = Step::Scan(names),
            (_, step) => out.push(step),
        }
    }
    out
}

fn missing(step: &Step) -> Exception {
    let message = match step {
        Step::Names(names) | Step::Scan(names) => {
            format!("Property '{}' does not exist on JObject.", names.first().map_or("", String::as_str))
        }
        Step::Indices(indices) => {
            format!("Index {} outside the bounds of JArray.", indices.first().copied().unwrap_or(0))
        }
        _ => "The path leads to nothing.".to_owned(),
    };
    Exception::new("Newtonsoft.Json.JsonException", message)
}

fn apply(heap: &Heap, node: HeapId, step: &Step, out: &mut Vec<HeapId>) -> Result<(), Exception> {
    match (step, heap.json(node).map(|node| &node.kind)) {
        (Step::Names(names), Some(JsonKind::Object(members))) => {
            out.extend(names.iter().filter_map(|name| members.get(name)));
        }
        (Step::Indices(indices), Some(JsonKind::Array(items))) => {
            let at = |index: &i64| usize::try_from(*index).ok().and_then(|at| items.get(at)).copied();
            out.extend(indices.iter().filter_map(at));
        }
        (Step::Slice(from, to, by), Some(JsonKind::Array(items))) => slice(items, *from, *to, *by, out)?,
        (Step::All, _) => out.extend(children(heap, node)),
        (Step::Descend, _) => descend(heap, node, out, 0)?,
        (Step::Scan(names), _) => scan(heap, node, names, out, 0)?,
        _ => {}
    }
    Ok(())
}

fn slice(
    items: &[HeapId],
    from: Option<i64>,
    to: Option<i64>,
    by: Option<i64>,
    out: &mut Vec<HeapId>,
) -> Result<(), Exception> {
    let by = by.unwrap_or(1);
    if by == 0 {
        return Err(Exception::new("Newtonsoft.Json.JsonException", "Step cannot be zero."));
    }
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let inside = |index: i64| if index < 0 { index + length } else { index };
    let (mut at, end) = if by > 0 {
        (inside(from.unwrap_or(0)).max(0), inside(to.unwrap_or(length)).min(length))
    } else {
        (inside(from.unwrap_or(length - 1)).min(length - 1), to.map_or(-1, inside).max(-1))
    };
    while (by > 0 && at < end) || (by < 0 && at > end) {
        out.extend(usize::try_from(at).ok().and_then(|at| items.get(at)));
        at += by;
    }
    Ok(())
}

/// The children of a container: elements, or values of members.
pub(crate) fn children(heap: &Heap, node: HeapId) -> Vec<HeapId> {
    match heap.json(node).map(|node| &node.kind) {
        Some(JsonKind::Array(items)) => items.clone(),
        Some(JsonKind::Object(members)) => members.iter().map(|(_, id)| id).collect(),
        Some(JsonKind::Property(_)) => heap.property_value(node).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn descend(heap: &Heap, node: HeapId, out: &mut Vec<HeapId>, depth: u32) -> Result<(), Exception> {
    if depth > super::read::MAX_DEPTH * 2 {
        return Err(Exception::limit("The JSON is nested too deeply."));
    }
    out.push(node);
    for child in children(heap, node) {
        descend(heap, child, out, depth + 1)?;
    }
    Ok(())
}

fn scan(
    heap: &Heap,
    node: HeapId,
    names: &[String],
    out: &mut Vec<HeapId>,
    depth: u32,
) -> Result<(), Exception> {
    if depth > super::read::MAX_DEPTH * 2 {
        return Err(Exception::limit("The JSON is nested too deeply."));
    }
    match heap.json(node).map(|node| &node.kind) {
        Some(JsonKind::Object(members)) => {
            for (name, value) in members.iter() {
                if names.iter().any(|wanted| wanted == name.as_str()) {
                    out.push(value);
                }
                scan(heap, value, names, out, depth + 1)?;
            }
        }
        _ => {
            for child in children(heap, node) {
                scan(heap, child, names, out, depth + 1)?;
            }
        }
    }
    Ok(())
}

struct Parser<'a> {
    path: &'a str,
    chars: Vec<char>,
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn error(&self, message: &str) -> Exception {
        Exception::new("Newtonsoft.Json.JsonException", format!("{message} Path: {}.", self.path))
    }

    fn steps(mut self) -> Result<Vec<Step>, Exception> {
        let mut steps = Vec::new();
        if self.peek() == Some('$') && matches!(self.chars.get(1), None | Some('.' | '[')) {
            self.at = 1;
        }
        while let Some(c) = self.peek() {
            match c {
                '[' => steps.push(self.bracket()?),
                '.' => {
                    self.at += 1;
                    if self.peek() == Some('.') {
                        self.at += 1;
                        steps.push(Step::Descend);
                    }
                    match self.peek() {
                        Some('[') => {}
                        Some(_) => steps.push(self.name()),
                        None => return Err(self.error("Unexpected end while parsing path.")),
                    }
                }
                ' ' => self.at += 1,
                ']' | ')' => {
                    return Err(self.error(&format!("Unexpected character while parsing path: {c}.")));
                }
                _ => steps.push(self.name()),
            }
        }
        Ok(merged(steps))
    }

    fn name(&mut self) -> Step {
        let mut name = String::new();
        while let Some(c) = self.peek()
            && !matches!(c, '.' | '[' | ']')
        {
            name.push(c);
            self.at += 1;
        }
        let name = name.trim();
        if name == "*" { Step::All } else { Step::Names(vec![name.to_owned()]) }
    }

    fn bracket(&mut self) -> Result<Step, Exception> {
        self.at += 1;
        self.blanks();
        match self.peek() {
            Some('\'' | '"') => self.quoted_names(),
            Some('*') => {
                self.at += 1;
                self.close()?;
                Ok(Step::All)
            }
            Some('?') => Err(Exception::new(
                "System.NotSupportedException",
                "Filters in a JSONPath are not yet supported.",
            )),
            Some(_) => self.indices(),
            None => Err(self.error("Path ended with open indexer.")),
        }
    }

    fn blanks(&mut self) {
        while self.peek() == Some(' ') {
            self.at += 1;
        }
    }

    fn close(&mut self) -> Result<(), Exception> {
        self.blanks();
        if self.peek() != Some(']') {
            return Err(self.error("Path ended with open indexer."));
        }
        self.at += 1;
        Ok(())
    }

    fn quoted_names(&mut self) -> Result<Step, Exception> {
        let mut names = Vec::new();
        loop {
            self.blanks();
            let Some(quote) = self.peek() else { return Err(self.error("Path ended with open indexer.")) };
            self.at += 1;
            let mut name = String::new();
            loop {
                let Some(c) = self.peek() else { return Err(self.error("Path ended with an open string.")) };
                self.at += 1;
                match c {
                    '\\' => {
                        name.extend(self.peek());
                        self.at += 1;
                    }
                    c if c == quote => break,
                    c => name.push(c),
                }
            }
            names.push(name);
            self.blanks();
            if self.peek() == Some(',') {
                self.at += 1;
                continue;
            }
            self.close()?;
            return Ok(Step::Names(names));
        }
    }

    fn indices(&mut self) -> Result<Step, Exception> {
        let start = self.at;
        while self.peek().is_some_and(|c| c != ']') {
            self.at += 1;
        }
        let inner: String = self.chars.get(start..self.at).unwrap_or_default().iter().collect();
        self.close()?;
        if inner.contains(':') {
            let parts: Vec<Option<i64>> = inner.split(':').map(|part| part.trim().parse().ok()).collect();
            let part = |at: usize| parts.get(at).copied().flatten();
            return Ok(Step::Slice(part(0), part(1), part(2)));
        }
        let indices: Result<Vec<i64>, _> = inner.split(',').map(|part| part.trim().parse::<i64>()).collect();
        match indices {
            Ok(indices) if indices.iter().all(|index| *index >= 0) => Ok(Step::Indices(indices)),
            _ => {
                let found = inner.trim().chars().next().unwrap_or(']');
                Err(self.error(&format!("Unexpected character while parsing path indexer: {found}.")))
            }
        }
    }
}
