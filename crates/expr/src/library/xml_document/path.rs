//! Location paths: `/a/b`, `//c[@d='e']/text()`.

use crate::Exception;
use crate::eval::Cx;
use crate::value::HeapId;
use crate::xml::{XmlKind, XmlNode};

/// One step.
#[derive(Debug)]
struct Step {
    axis: Axis,
    test: Test,
    predicates: Vec<Predicate>,
}

#[derive(Debug, PartialEq)]
enum Axis {
    Child,
    Attribute,
    /// The node itself and everything inside.
    Inside,
    Itself,
    Parent,
}

#[derive(Debug)]
enum Test {
    /// Elements or attributes of any name.
    Any,
    Named(String),
    Text,
    Node,
}

#[derive(Debug)]
enum Predicate {
    At(usize),
    Last,
    /// A relative path leads to something.
    Has(Vec<Step>),
    /// What it leads to has this text.
    Is(Vec<Step>, String),
}

/// Most steps in a path, predicates included.
const MOST_STEPS: usize = 64;

/// The nodes that a path leads to, in document order.
///
/// # Errors
/// `System.Xml.XPath.XPathException` when it is no path, `System.NotSupportedException` for what is not built.
pub(super) fn select(cx: &mut Cx<'_>, from: HeapId, path: &str) -> Result<Vec<HeapId>, Exception> {
    let mut parser = Parser { path, rest: path.trim(), steps: 0 };
    let absolute = parser.rest.starts_with('/');
    let steps = parser.path()?;
    if !parser.rest.is_empty() {
        return Err(parser.unsupported());
    }
    let start = if absolute { cx.heap.xml_root(from) } else { from };
    follow(cx, start, &steps)
}

fn follow(cx: &mut Cx<'_>, start: HeapId, steps: &[Step]) -> Result<Vec<HeapId>, Exception> {
    let mut current = vec![start];
    for step in steps {
        let mut next: Vec<HeapId> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for node in current {
            for found in one(cx, node, step)? {
                if seen.insert(found) {
                    next.push(found);
                }
            }
        }
        current = next;
    }
    Ok(current)
}

fn one(cx: &mut Cx<'_>, node: HeapId, step: &Step) -> Result<Vec<HeapId>, Exception> {
    let candidates: Vec<HeapId> = match step.axis {
        Axis::Child => cx.heap.xml(node).map(|node| node.nodes().to_vec()).unwrap_or_default(),
        Axis::Attribute => cx.heap.xml(node).map(|node| node.attributes().to_vec()).unwrap_or_default(),
        Axis::Itself => vec![node],
        Axis::Parent => cx.heap.xml_parent(node).into_iter().collect(),
        Axis::Inside => inside(cx, node),
    };
    cx.burn(candidates.len() as u64 + 1)?;
    let mut found: Vec<HeapId> = candidates.into_iter().filter(|id| fits(cx, *id, step)).collect();
    for predicate in &step.predicates {
        found = kept(cx, found, predicate)?;
    }
    Ok(found)
}

fn inside(cx: &Cx<'_>, node: HeapId) -> Vec<HeapId> {
    let mut found = Vec::new();
    let mut ahead = vec![node];
    while let Some(id) = ahead.pop() {
        found.push(id);
        ahead.extend(cx.heap.xml(id).map(XmlNode::nodes).unwrap_or_default().iter().rev());
    }
    found
}

fn fits(cx: &Cx<'_>, id: HeapId, step: &Step) -> bool {
    let Some(node) = cx.heap.xml(id) else { return false };
    let declares = node.name().is_some_and(|name| {
        matches!(node.kind, XmlKind::Attribute(..)) && name.declares_namespace()
    });
    match &step.test {
        Test::Node => true,
        Test::Text => matches!(node.kind, XmlKind::Text(_) | XmlKind::CData(_)),
        Test::Any => node.name().is_some() && !declares,
        Test::Named(wanted) => {
            let same = |name: &crate::xml::Name| name.namespace.is_empty() && name.local.as_str() == wanted;
            node.name().is_some_and(same) && !declares
        }
    }
}

fn kept(cx: &mut Cx<'_>, nodes: Vec<HeapId>, predicate: &Predicate) -> Result<Vec<HeapId>, Exception> {
    let (steps, wanted) = match predicate {
        Predicate::At(at) => return Ok(nodes.into_iter().skip(at.saturating_sub(1)).take(usize::from(*at > 0)).collect()),
        Predicate::Last => return Ok(nodes.last().copied().into_iter().collect()),
        Predicate::Has(steps) => (steps, None),
        Predicate::Is(steps, wanted) => (steps, Some(wanted)),
    };
    let mut found = Vec::new();
    for node in nodes {
        let inner = follow(cx, node, steps)?;
        let holds = inner.iter().any(|id| wanted.is_none_or(|wanted| cx.heap.xml_value(*id).as_str() == wanted));
        if holds {
            found.push(node);
        }
    }
    Ok(found)
}

struct Parser<'p> {
    path: &'p str,
    rest: &'p str,
    steps: usize,
}

type Read<T> = Result<T, Exception>;

impl<'p> Parser<'p> {
    fn unsupported(&self) -> Exception {
        let message = format!("The XPath '{}' is not supported: only location paths with names, positions and comparisons are.", self.path);
        Exception::new("System.NotSupportedException", message)
    }

    fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn path(&mut self) -> Read<Vec<Step>> {
        let mut steps = Vec::new();
        if self.eat("//") {
            steps.push(Step { axis: Axis::Inside, test: Test::Node, predicates: Vec::new() });
        } else if self.eat("/") && self.rest.is_empty() {
            return Ok(steps);
        }
        loop {
            let step = self.step()?;
            steps.push(step);
            if self.eat("//") {
                steps.push(Step { axis: Axis::Inside, test: Test::Node, predicates: Vec::new() });
            } else if !self.eat("/") {
                return Ok(steps);
            }
        }
    }

    fn step(&mut self) -> Read<Step> {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return Err(self.unsupported());
        }
        let plain = |axis| Step { axis, test: Test::Node, predicates: Vec::new() };
        if self.eat("..") {
            return Ok(plain(Axis::Parent));
        }
        if self.eat(".") {
            return Ok(plain(Axis::Itself));
        }
        let axis = if self.eat("@") { Axis::Attribute } else { Axis::Child };
        let test = self.test()?;
        let mut predicates = Vec::new();
        while self.eat("[") {
            predicates.push(self.predicate()?);
            if !self.eat("]") {
                return Err(self.unsupported());
            }
        }
        Ok(Step { axis, test, predicates })
    }

    fn name(&mut self) -> &'p str {
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.')));
        let (name, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest.trim_start();
        name
    }

    fn test(&mut self) -> Read<Test> {
        if self.eat("*") {
            return Ok(Test::Any);
        }
        let name = self.name();
        if name.is_empty() {
            let message = format!("'{}' has an invalid token.", self.path);
            return Err(Exception::new("System.Xml.XPath.XPathException", message));
        }
        if self.rest.starts_with(':') && !self.rest.starts_with("::") {
            let message = "Namespace Manager or XsltContext needed. This query has a prefix, variable, or user-defined function.";
            return Err(Exception::new("System.Xml.XPath.XPathException", crate::Text::from_static(message)));
        }
        if self.rest.starts_with("::") {
            return Err(self.unsupported());
        }
        if self.eat("(") {
            return match (name, self.eat(")")) {
                ("text", true) => Ok(Test::Text),
                ("node", true) => Ok(Test::Node),
                _ => Err(self.unsupported()),
            };
        }
        Ok(Test::Named(name.to_owned()))
    }

    fn predicate(&mut self) -> Read<Predicate> {
        if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            let digits = self.name();
            return digits.parse().map(Predicate::At).map_err(|_| self.unsupported());
        }
        if self.eat("last()") {
            return Ok(Predicate::Last);
        }
        if self.rest.starts_with('/') {
            return Err(self.unsupported());
        }
        let steps = self.path()?;
        if !self.eat("=") {
            return Ok(Predicate::Has(steps));
        }
        let quote = self.rest.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let Some(quote) = quote else { return Err(self.unsupported()) };
        let inner = self.rest.get(1..).unwrap_or_default();
        let Some((wanted, rest)) = inner.split_once(quote) else { return Err(self.unsupported()) };
        self.rest = rest.trim_start();
        Ok(Predicate::Is(steps, wanted.to_owned()))
    }
}
