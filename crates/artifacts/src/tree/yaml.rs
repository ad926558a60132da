//! A reader of YAML that keeps places: the events of a parser, made into a tree. Plain scalars are what the core
//! schema of YAML 1.2 says they are; aliases are copied.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, ScanError};
use source::{Diagnostic, Location, SourceFile, Span};

use super::{DEEPEST, Kind, MOST_NODES, Member, Node};

/// Reads the first document of a file.
///
/// # Errors
/// The first problem.
pub fn read(file: &Arc<SourceFile>) -> Result<Node, Diagnostic> {
    let mut builder = Builder { file, open: Vec::new(), anchors: HashMap::new(), nodes: 0, root: None };
    for event in Parser::new_from_str(file.text()) {
        let (event, span) = event.map_err(|error| builder.syntax(&error))?;
        let span = span.byte_range().map_or(Span::default(), |range| Span::between(range.start, range.end));
        if matches!(event, Event::DocumentEnd) {
            break;
        }
        builder.take(event, span)?;
    }
    Ok(builder.root.unwrap_or_else(|| Node::new(file, Span::default(), Kind::Null)))
}

struct Builder<'a> {
    file: &'a Arc<SourceFile>,
    open: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
    root: Option<Node>,
}

/// A list or table that has begun.
struct Open {
    start: Span,
    anchor: usize,
    /// Nodes that had been read before it.
    nodes: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Table(Vec<Member>, Option<Node>),
}

impl Builder<'_> {
    fn problem(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error("bad-yaml", message).at(Location::new(self.file, span))
    }

    fn syntax(&self, error: &ScanError) -> Diagnostic {
        let at = error.marker().byte_offset().unwrap_or(0);
        let text = error.info();
        self.problem(Span::between(at, at + 1), text.lines().next().unwrap_or("this is not YAML"))
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Diagnostic> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && tag.is_none();
                let kind = if plain { plain_kind(&text) } else { Kind::Text(text.into_owned()) };
                self.finish(Node::new(self.file, span, kind), anchor, self.nodes)
            }
            Event::SequenceStart(_, anchor, _) => self.begin(Content::List(Vec::new()), anchor, span),
            Event::MappingStart(_, anchor, _) => self.begin(Content::Table(Vec::new(), None), anchor, span),
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => self.alias(anchor, span),
            _ => Ok(()),
        }
    }

    fn begin(&mut self, content: Content, anchor: usize, start: Span) -> Result<(), Diagnostic> {
        if self.open.len() >= DEEPEST {
            return Err(
                self.problem(start, format!("the YAML document is nested more than {DEEPEST} levels deep"))
            );
        }
        self.open.push(Open { start, anchor, nodes: self.nodes, content });
        Ok(())
    }

    fn end(&mut self, span: Span) -> Result<(), Diagnostic> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let kind = match open.content {
            Content::List(items) => Kind::List(items),
            Content::Table(members, _) => Kind::Table(merged(members)),
        };
        let node = Node::new(self.file, open.start.to(span), kind);
        self.finish(node, open.anchor, open.nodes)
    }

    /// Puts a finished node where it belongs.
    fn finish(&mut self, node: Node, anchor: usize, nodes_before: usize) -> Result<(), Diagnostic> {
        self.nodes += 1;
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), self.nodes - nodes_before));
        }
        self.put(node)
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Diagnostic> {
        let Some((node, size)) = self.anchors.get(&anchor) else {
            return Err(self.problem(span, "an alias stands inside of what it names"));
        };
        if self.nodes + size > MOST_NODES {
            return Err(self.problem(span, format!("the aliases multiply to more than {MOST_NODES} values")));
        }
        self.nodes += size;
        let node = node.clone();
        self.put(node)
    }

    fn put(&mut self, node: Node) -> Result<(), Diagnostic> {
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Table(_, key @ None)) => *key = Some(node),
            Some(Content::Table(members, key)) => {
                let Some(key) = key.take() else { return Ok(()) };
                let Some(name) = key.scalar().or(key.is_null().then_some("")) else {
                    let message = format!("a key must be text, not {}", key.kind_name());
                    return Err(Diagnostic::error("bad-yaml", message).at(key.at));
                };
                members.push(Member { name: name.to_owned(), at: key.at.clone(), value: node });
            }
        }
        Ok(())
    }
}

/// Puts in what `<<` names: members of another table, or of several, that the table does not have itself. It is no part
/// of YAML 1.2, but authors write it and other readers know it (the merge key of YAML 1.1).
fn merged(members: Vec<Member>) -> Vec<Member> {
    let is_merge = |member: &Member| {
        let tables = |node: &Node| matches!(node.kind, Kind::Table(_));
        let items = member.value.items();
        member.name == "<<" && (tables(&member.value) || (!items.is_empty() && items.iter().all(tables)))
    };
    if !members.iter().any(is_merge) {
        return members;
    }
    let (merges, mut own): (Vec<Member>, Vec<Member>) = members.into_iter().partition(is_merge);
    let mut names: HashSet<String> = own.iter().map(|member| member.name.clone()).collect();
    for merge in merges {
        let tables = match merge.value.kind {
            Kind::List(items) => items,
            _ => vec![merge.value],
        };
        for member in tables.iter().flat_map(Node::members) {
            if names.insert(member.name.clone()) {
                own.push(member.clone());
            }
        }
    }
    own
}

/// What a scalar without quotation marks is (core schema, YAML 1.2.2 section 10.3).
fn plain_kind(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        _ if is_number(text) => Kind::Number(text.to_owned()),
        _ => Kind::Text(text.to_owned()),
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let starts = digits.bytes().next().is_some_and(|byte| byte.is_ascii_digit() || byte == b'.');
    starts && digits.bytes().any(|byte| byte.is_ascii_digit()) && text.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Node, Diagnostic> {
        read(&SourceFile::new("a.yaml", text))
    }

    #[test]
    fn values_know_their_places() {
        let node = parse("openapi: 3.0.1\npaths:\n  /a:\n    get: {x: [1, 'no', yes]}\n").unwrap();
        assert_eq!(node.get("openapi").unwrap().text(), Some("3.0.1"));
        let get = node.get("paths").and_then(|paths| paths.get("/a")).and_then(|a| a.get("get")).unwrap();
        let items = get.get("x").unwrap().items();
        assert_eq!(items.iter().filter_map(Node::scalar).collect::<Vec<_>>(), ["1", "no", "yes"]);
        assert_eq!(items[1].at.to_string(), "a.yaml:4:18");
    }

    #[test]
    fn aliases_are_copies_but_do_not_multiply_without_end() {
        let node = parse("a: &x {k: 1}\nb: *x\n").unwrap();
        assert_eq!(node.get("b").unwrap().get("k").unwrap().scalar(), Some("1"));
        let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
        for level in 1..12 {
            let before = level - 1;
            let refs = vec![format!("*a{before}"); 9].join(",");
            bomb.push_str(&format!("a{level}: &a{level} [{refs}]\n"));
        }
        assert!(parse(&bomb).unwrap_err().message.contains("multiply"));
    }

    #[test]
    fn merge_keys_bring_in_what_is_not_there() {
        let node =
            parse("a: &a {x: 1, y: 2}\nb: &b {z: 3}\nc: {<<: [*a, *b], x: 0}\nd: {<<: *b}\ne: {<<: 1}\n")
                .unwrap();
        let shown = |name: &str| {
            let members = node.get(name).unwrap().members().iter();
            members
                .map(|each| format!("{}{}", each.name, each.value.scalar().unwrap()))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!((shown("c"), shown("d"), shown("e")), ("x0 y2 z3".into(), "z3".into(), "<<1".into()));
    }

    #[test]
    fn what_is_not_yaml_is_refused_with_its_place() {
        let problem = parse("a: [1\nb: 2\n").unwrap_err();
        assert!(problem.at.is_some_and(|at| at.to_string().starts_with("a.yaml:")));
        assert!(parse(&"[".repeat(50_000)).is_err());
    }
}
