//! A document as a few lines of text, for the case files.
//!
//! One line for each node, indented by depth; white space between elements is left out:
//!
//! ```text
//! <set-header> name="x-key" exists-action=`override`
//!   <value>
//!     text @( "a" )
//! ```

use policy_doc::{
    Child, Document, Element, Form, Lookup, NamedValues, Quote, RawValue, Resolved, SlotUse, TextPiece,
    Unknown,
};
use source::Diagnostics;
use zeroize::Zeroizing;

/// Named values of a case: lines of `name = text` or `name = secret(slot): text`.
#[derive(Default)]
pub(crate) struct Names(Vec<(String, Named)>);

enum Named {
    Plain(String),
    Secret(usize, Option<String>),
}

impl Names {
    /// Reads the lines of a case file.
    pub(crate) fn parse(lines: &str) -> Self {
        let lines = lines.lines().filter_map(|line| line.split_once(" = "));
        Self(lines.map(|(name, value)| (name.trim().to_owned(), named(value))).collect())
    }
}

/// `text`, `secret 3: text`, or `secret 3`. `\n` is a line break.
fn named(value: &str) -> Named {
    let Some(secret) = value.strip_prefix("secret ") else { return Named::Plain(value.replace("\\n", "\n")) };
    let (slot, text) = secret.split_once(": ").map_or((secret, None), |(slot, text)| (slot, Some(text)));
    Named::Secret(slot.trim().parse().unwrap(), text.map(|text| text.replace("\\n", "\n")))
}

impl NamedValues for Names {
    fn get(&self, name: &str) -> Lookup<'_> {
        match self.0.iter().find(|(own, _)| own == name) {
            Some((_, Named::Plain(text))) => Lookup::Plain(text),
            Some((_, Named::Secret(slot, text))) => {
                Lookup::Secret { slot: *slot, text: text.clone().map(Zeroizing::new) }
            }
            None => Lookup::Unknown,
        }
    }

    fn names(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).collect()
    }
}

/// Writes the outline of a document, with values resolved; what is wrong with values goes to `problems`.
pub(crate) fn outline(document: &Document, names: &Names, problems: &mut Diagnostics) -> String {
    let mut writer = Writer { document, names, problems, out: String::new() };
    writer.children(&document.nodes, 0);
    writer.out
}

struct Writer<'a> {
    document: &'a Document,
    names: &'a Names,
    problems: &'a mut Diagnostics,
    out: String,
}

impl Writer<'_> {
    fn line(&mut self, depth: usize, text: &str) {
        self.out.push_str(&"  ".repeat(depth));
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    fn children(&mut self, children: &[Child], depth: usize) {
        for child in children {
            let shown = |span: source::Span| format!("{:?}", span.of(self.document.file.text()));
            match child {
                Child::Element(element) => self.element(element, depth),
                Child::Text(value) | Child::CData(value) if value.is_blank() => {}
                Child::Text(_) | Child::CData(_) => {}
                Child::Comment(span) => self.line(depth, &format!("comment {}", shown(*span))),
                Child::ProcessingInstruction(span) => {
                    self.line(depth, &format!("instruction {}", shown(*span)))
                }
                Child::Skipped(span) => self.line(depth, &format!("skipped {}", shown(*span))),
            }
        }
    }

    fn element(&mut self, element: &Element, depth: usize) {
        let mut line = format!("<{}>", element.name);
        for attribute in &element.attributes {
            let quote = if attribute.quote == Quote::Unquoted { "unquoted " } else { "" };
            let value = self.value(&attribute.value, Unknown::Refuse);
            line.push_str(&format!(" {}={quote}{value}", attribute.name));
        }
        self.line(depth, &line);
        let is_liquid = element.attribute("template").is_some_and(|each| each.value.raw() == "liquid");
        let unknown = if is_liquid { Unknown::Leave } else { Unknown::Refuse };
        let inner = if &*element.name == "set-body" { element.inner() } else { element.content() };
        if !inner.is_blank() {
            let kind = if inner.is_markup() { "markup" } else { "text" };
            let value = self.value(&inner, unknown);
            self.line(depth + 1, &format!("{kind} {value}"));
        }
        if !inner.is_markup() {
            self.children(&element.children, depth + 1);
        }
    }

    fn value(&mut self, value: &RawValue, unknown: Unknown) -> String {
        match value.resolve(self.names, unknown, self.problems) {
            None => "(broken)".to_owned(),
            Some(Resolved::Literal(pieces)) if pieces.is_empty() => "\"\"".to_owned(),
            Some(Resolved::Literal(pieces)) => pieces.iter().map(piece).collect::<Vec<_>>().join(" + "),
            Some(Resolved::Expression { form, code, slots }) => {
                let open = if form == Form::Expression { "@( )" } else { "@{ }" };
                let slots: Vec<String> = slots.iter().map(slot).collect();
                let slots = if slots.is_empty() { String::new() } else { format!(" [{}]", slots.join(", ")) };
                format!("{open} {:?}{slots}", code.text())
            }
        }
    }
}

fn piece(piece: &TextPiece) -> String {
    match piece {
        TextPiece::Text(text) => format!("{:?}", text.text()),
        TextPiece::Slot(used) => slot(used),
    }
}

fn slot(slot: &policy_doc::SlotRef) -> String {
    let used = if slot.used == SlotUse::Marked { "slot" } else { "inserted" };
    format!("{used} {} {{{{{}}}}}", slot.slot, slot.name)
}
