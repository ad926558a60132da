//! The writer: `XNode.ToString()`, as `XmlWellFormedWriter` and its indenting text writer do it.
//!
//! Indented markup has two blanks a level and `\r\n`, and none once an element holds text. Line breaks in text are written as
//! `\r\n`, since the writer of `ToString()` replaces them. Prefixes come from declarations around the node; a name in a
//! namespace without one gets a declaration.

use crate::value::HeapId;
use crate::{Exception, Heap, Text};

use super::names::{Name, XML, XMLNS, is_char};
use super::node::{Declaration, DocumentType, Element, XmlKind, XmlNode};
use super::too_deep;

/// How nodes are written: `SaveOptions`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WriteOptions {
    pub(crate) indent: bool,
    pub(crate) omit_duplicates: bool,
}

/// The text of a node; tainted when it holds tainted text.
pub(crate) fn write(heap: &Heap, id: HeapId, options: WriteOptions) -> Result<Text, Exception> {
    let mut writer = Writer {
        heap,
        options,
        out: String::new(),
        tainted: false,
        declared: Vec::new(),
        scope: vec![
            ("xmlns".into(), XMLNS.into(), true),
            ("xml".into(), XML.into(), true),
            (String::new(), String::new(), true),
        ],
        mixed: false,
        level: 0,
        at_start: true,
        work: 0,
    };
    writer.ancestors(id);
    writer.node(id, 0)?;
    let tainted = writer.tainted;
    Ok(Text::from(writer.out).tainted_if(tainted))
}

/// `<?xml version="1.0"?>`.
pub(crate) fn declaration_text(of: &Declaration) -> String {
    let mut text = "<?xml".to_owned();
    for (name, value) in
        [("version", &of.version), ("encoding", &of.encoding), ("standalone", &of.standalone)]
    {
        if let Some(value) = value {
            text.push_str(&format!(" {name}=\"{}\"", value.as_str()));
        }
    }
    text + "?>"
}

/// How many declarations of namespaces may be looked at: for each node those around it.
const MOST_WORK: u64 = 20_000_000;

struct Writer<'h> {
    heap: &'h Heap,
    options: WriteOptions,
    out: String,
    tainted: bool,
    /// Prefixes that attributes of elements declare, outermost first: where prefixes are looked for.
    declared: Vec<(String, String)>,
    /// What the written text declares: prefix, namespace, and whether it is written.
    scope: Vec<(String, String, bool)>,
    mixed: bool,
    level: usize,
    at_start: bool,
    /// How many declarations were looked at.
    work: u64,
}

type Written = Result<(), Exception>;

impl Writer<'_> {
    /// Prefixes declared around the node that is written.
    fn ancestors(&mut self, mut id: HeapId) {
        while let Some(parent) = self.heap.xml_parent(id) {
            for (prefix, namespace) in self.declarations(parent) {
                self.declared.insert(0, (prefix, namespace));
            }
            id = parent;
        }
    }

    fn declarations(&self, element: HeapId) -> Vec<(String, String)> {
        let attributes = self.heap.xml(element).map(XmlNode::attributes).unwrap_or_default();
        let mut found = Vec::new();
        for id in attributes {
            if let Some(XmlKind::Attribute(name, value)) = self.heap.xml(*id).map(|node| &node.kind)
                && name.declares_namespace()
            {
                let prefix = if name.namespace.is_empty() { "" } else { name.local.as_str() };
                found.push((prefix.to_owned(), value.as_str().to_owned()));
            }
        }
        found
    }

    fn node(&mut self, id: HeapId, depth: usize) -> Written {
        if depth > super::MAX_DEPTH {
            return Err(too_deep());
        }
        self.work += self.declared.len() as u64;
        if self.work > MOST_WORK {
            return Err(Exception::limit("The XML declares too many namespaces."));
        }
        let Some(node) = self.heap.xml(id) else { return Ok(()) };
        self.tainted |= node.is_tainted();
        match &node.kind {
            XmlKind::Document { nodes, .. } => {
                for id in nodes {
                    self.node(*id, depth + 1)?;
                }
            }
            XmlKind::Element(element) => self.element(id, element, depth)?,
            XmlKind::Attribute(name, value) => self.lone_attribute(name, value)?,
            XmlKind::Text(text) => {
                self.mixed = true;
                self.text(text.as_str())?;
            }
            XmlKind::CData(text) => {
                self.mixed = true;
                self.out.push_str("<![CDATA[");
                self.raw(&text.as_str().replace("]]>", "]]]]><![CDATA[>"))?;
                self.out.push_str("]]>");
            }
            XmlKind::Comment(text) => {
                self.line();
                self.out.push_str("<!--");
                self.raw(&comment(text.as_str()))?;
                self.out.push_str("-->");
            }
            XmlKind::Instruction(target, data) => {
                self.line();
                self.instruction(target.as_str(), data.as_str())?;
            }
            XmlKind::DocumentType(of) => {
                self.line();
                self.document_type(of);
            }
            XmlKind::Declaration(of) => self.out.push_str(&declaration_text(of)),
        }
        self.at_start = false;
        Ok(())
    }

    fn instruction(&mut self, target: &str, data: &str) -> Written {
        self.out.push_str("<?");
        self.out.push_str(target);
        if !data.is_empty() {
            self.out.push(' ');
            self.raw(&data.replace("?>", "? >"))?;
        }
        self.out.push_str("?>");
        Ok(())
    }

    fn document_type(&mut self, of: &DocumentType) {
        self.out.push_str("<!DOCTYPE ");
        self.out.push_str(of.name.as_str());
        match (&of.public, &of.system) {
            (Some(public), system) => {
                let system = system.as_ref().map_or("", Text::as_str);
                self.out.push_str(&format!(" PUBLIC \"{}\" \"{system}\"", public.as_str()));
            }
            (None, Some(system)) => self.out.push_str(&format!(" SYSTEM \"{}\"", system.as_str())),
            (None, None) => self.out.push(' '),
        }
        if let Some(subset) = &of.subset {
            self.out.push('[');
            self.out.push_str(subset.as_str());
            self.out.push(']');
        }
        self.out.push('>');
    }

    fn element(&mut self, id: HeapId, element: &Element, depth: usize) -> Written {
        let (declared, scope, outer) = (self.declared.len(), self.scope.len(), self.mixed);
        self.line();
        self.at_start = false;
        let own = self.declarations(id);
        self.declared.extend(own);
        let name = self.start(element)?;
        if element.nodes.is_empty() && !element.open {
            self.out.push_str(" />");
        } else {
            self.out.push('>');
            self.level += 1;
            for child in &element.nodes {
                self.node(*child, depth + 1)?;
            }
            self.level -= 1;
            if !element.nodes.is_empty() {
                self.line();
            }
            self.out.push_str(&format!("</{name}>"));
        }
        self.mixed = outer;
        self.declared.truncate(declared);
        self.scope.truncate(scope);
        Ok(())
    }

    /// The start tag without its end; gives the name as written.
    fn start(&mut self, element: &Element) -> Result<String, Exception> {
        let base = self.scope.len();
        let namespace = element.name.namespace.as_str();
        let prefix = self.prefix(namespace, true);
        let prefix = prefix.or_else(|| self.written_prefix(namespace)).unwrap_or_default();
        self.imply(&prefix, namespace, base)?;
        let local = element.name.local.as_str();
        let name = if prefix.is_empty() { local.to_owned() } else { format!("{prefix}:{local}") };
        self.out.push('<');
        self.out.push_str(&name);
        for id in &element.attributes {
            if let Some(XmlKind::Attribute(name, value)) = self.heap.xml(*id).map(|node| &node.kind) {
                self.tainted |= name.is_tainted() || value.is_tainted();
                self.attribute(name, value.as_str(), base)?;
            }
        }
        self.missing_declarations(base)?;
        Ok(name)
    }

    fn attribute(&mut self, name: &Name, value: &str, base: usize) -> Written {
        if name.declares_namespace() {
            return self.explicit(name, value, base);
        }
        let namespace = name.namespace.as_str();
        let local = name.local.as_str();
        if namespace.is_empty() {
            return self.put_attribute(local, value);
        }
        let found = self.prefix(namespace, false).or_else(|| self.written_prefix(namespace));
        let prefix = match found {
            Some(prefix) if !prefix.is_empty() => prefix,
            _ => self.generated(),
        };
        self.imply(&prefix, namespace, base)?;
        self.put_attribute(&format!("{prefix}:{local}"), value)
    }

    fn put_attribute(&mut self, name: &str, value: &str) -> Written {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        self.attribute_text(value)?;
        self.out.push('"');
        Ok(())
    }

    /// An attribute that declares a namespace.
    fn explicit(&mut self, name: &Name, value: &str, base: usize) -> Written {
        let (prefix, shown) = if name.namespace.is_empty() {
            ("", "xmlns".to_owned())
        } else {
            (name.local.as_str(), format!("xmlns:{}", name.local.as_str()))
        };
        let found = self.scope.iter().rposition(|(own, ..)| own == prefix);
        let same = found.and_then(|at| self.scope.get(at)).is_some_and(|(_, own, _)| own == value);
        let mut write = true;
        match found {
            Some(at) if at >= base => {
                if !same {
                    return Err(redefined(prefix, &self.scope, at, value));
                }
                if let Some(entry) = self.scope.get_mut(at) {
                    write = !(self.options.omit_duplicates && entry.2);
                    entry.2 = true;
                }
            }
            found => {
                write = !(found.is_some() && same && self.options.omit_duplicates);
                self.scope.push((prefix.to_owned(), value.to_owned(), true));
            }
        }
        if write { self.put_attribute(&shown, value) } else { Ok(()) }
    }

    /// Says that a prefix is needed for a namespace.
    fn imply(&mut self, prefix: &str, namespace: &str, base: usize) -> Written {
        let found = self.scope.iter().rposition(|(own, ..)| own == prefix);
        let same = found.and_then(|at| self.scope.get(at)).is_some_and(|(_, own, _)| own == namespace);
        match found {
            Some(at) if at >= base && !same => return Err(redefined(prefix, &self.scope, at, namespace)),
            Some(at) if at >= base => {}
            _ => self.scope.push((prefix.to_owned(), namespace.to_owned(), same)),
        }
        Ok(())
    }

    fn missing_declarations(&mut self, base: usize) -> Written {
        let missing: Vec<(String, String)> = self
            .scope
            .iter()
            .skip(base)
            .rev()
            .filter(|(_, _, written)| !written)
            .map(|(prefix, namespace, _)| (prefix.clone(), namespace.clone()))
            .collect();
        for (prefix, namespace) in missing {
            let name = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
            self.put_attribute(&name, &namespace)?;
        }
        Ok(())
    }

    /// The prefix that declarations in the tree give a namespace, the nearest first.
    fn prefix(&self, namespace: &str, default: bool) -> Option<String> {
        if namespace.is_empty() {
            return Some(String::new());
        }
        for (at, (prefix, own)) in self.declared.iter().enumerate().rev() {
            let hidden = || self.declared.iter().skip(at + 1).any(|(other, _)| other == prefix);
            if own == namespace && (default || !prefix.is_empty()) && !hidden() {
                return Some(prefix.clone());
            }
        }
        match namespace {
            XML => Some("xml".to_owned()),
            XMLNS => Some("xmlns".to_owned()),
            _ => None,
        }
    }

    /// The prefix that the written text gives a namespace.
    fn written_prefix(&self, namespace: &str) -> Option<String> {
        let at = self.scope.iter().rposition(|(_, own, _)| own == namespace)?;
        let (prefix, ..) = self.scope.get(at)?;
        let hidden = self.scope.iter().skip(at + 1).any(|(other, ..)| other == prefix);
        (!hidden).then(|| prefix.clone())
    }

    /// A new prefix: `p` and how many declarations are open.
    fn generated(&self) -> String {
        let base = format!("p{}", self.scope.len().saturating_sub(3));
        let taken = |name: &str| self.scope.iter().any(|(own, ..)| own == name);
        if !taken(&base) {
            return base;
        }
        (0..).map(|number: u32| format!("{base}{number}")).find(|name| !taken(name)).unwrap_or(base)
    }

    /// `XAttribute.ToString()`.
    fn lone_attribute(&mut self, name: &Name, value: &Text) -> Written {
        let local = name.local.as_str();
        let shown = match self.prefix(name.namespace.as_str(), false) {
            Some(prefix) if !prefix.is_empty() => format!("{prefix}:{local}"),
            Some(_) => local.to_owned(),
            None => format!("p0:{local}"),
        };
        self.out.push_str(&shown);
        self.out.push_str("=\"");
        self.attribute_text(value.as_str())?;
        self.out.push('"');
        Ok(())
    }

    /// A new line, where markup may stand on one of its own.
    fn line(&mut self) {
        if self.options.indent && !self.mixed && !self.at_start {
            self.out.push_str("\r\n");
            for _ in 0..self.level {
                self.out.push_str("  ");
            }
        }
    }

    fn text(&mut self, text: &str) -> Written {
        let mut previous = '\0';
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                other => self.plain(other, previous)?,
            }
            previous = c;
        }
        Ok(())
    }

    /// Text without escapes: of comments and the like.
    fn raw(&mut self, text: &str) -> Written {
        let mut previous = '\0';
        for c in text.chars() {
            self.plain(c, previous)?;
            previous = c;
        }
        Ok(())
    }

    fn plain(&mut self, c: char, previous: char) -> Written {
        match c {
            '\n' if previous == '\r' => {}
            '\n' | '\r' => self.out.push_str("\r\n"),
            c if !is_char(c) => return Err(bad_char(c)),
            c => self.out.push(c),
        }
        Ok(())
    }

    fn attribute_text(&mut self, text: &str) -> Written {
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\n' => self.out.push_str("&#xA;"),
                '\r' => self.out.push_str("&#xD;"),
                '\t' => self.out.push_str("&#x9;"),
                c if !is_char(c) => return Err(bad_char(c)),
                c => self.out.push(c),
            }
        }
        Ok(())
    }
}

/// The writer keeps a comment well-formed by putting blanks behind hyphens.
fn comment(text: &str) -> String {
    let mut out = text.replace("--", "- -").replace("--", "- -");
    if out.ends_with('-') {
        out.push(' ');
    }
    out
}

fn bad_char(c: char) -> Exception {
    let shown = super::names::visible(c);
    let message = format!("'{shown}', hexadecimal value 0x{:02X}, is an invalid character.", u32::from(c));
    Exception::new("System.ArgumentException", message)
}

fn redefined(prefix: &str, scope: &[(String, String, bool)], at: usize, to: &str) -> Exception {
    let from = scope.get(at).map_or("", |(_, namespace, _)| namespace);
    super::names::xml_error(format!(
        "The prefix '{prefix}' cannot be redefined from '{from}' to '{to}' within the same start element tag."
    ))
}
