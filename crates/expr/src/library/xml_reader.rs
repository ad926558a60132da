//! `XmlReader` as official snippets use it: over a text, forward, one node at a time.
//!
//! The type is not on API Management's list; Microsoft's own snippets use it. A document type is refused, as by default in
//! .NET.

use crate::eval::{Cx, Eval};
use crate::object::NativeObject;
use crate::types::Type;
use crate::xml::{self, Event, Markup, Settings, Tag};
use crate::{Exception, Text, Value};

use super::arguments::{arg, int, text, text_or_empty};
use super::natives::{made, named, state, state_mut};
use super::xml_nodes::enum_value;
use super::{TypeSpec, member};

pub(super) const TYPES: &[TypeSpec] = &[TypeSpec {
    members: &[
        member("static XmlReader Create(TextReader input)", |cx, a| {
            if arg(a, 0).is_null() {
                return Err(Exception::argument_null("input"));
            }
            let text = super::io::read_to_end(cx, a)?;
            over(cx, text.as_text().unwrap_or(&Text::EMPTY))
        }),
        member("bool Read()", |cx, a| {
            let reader = state_mut::<Reader>(cx, a, 0)?;
            let more = reader.advance()?;
            cx.burn(2)?;
            Ok(Value::Bool(more))
        }),
        member("bool EOF", |cx, a| Ok(Value::Bool(state::<Reader>(cx, a, 0)?.ended))),
        member("XmlNodeType NodeType", |cx, a| {
            let number = state::<Reader>(cx, a, 0)?.node_type();
            Ok(enum_value("XmlNodeType", number))
        }),
        member("string Name", |cx, a| Ok(Value::Text(state::<Reader>(cx, a, 0)?.name()))),
        member("string LocalName", |cx, a| Ok(Value::Text(state::<Reader>(cx, a, 0)?.parts().1))),
        member("string Prefix", |cx, a| Ok(Value::Text(state::<Reader>(cx, a, 0)?.parts().0))),
        member("string NamespaceURI", |cx, a| Ok(Value::Text(state::<Reader>(cx, a, 0)?.namespace()))),
        member("string Value", |cx, a| Ok(Value::Text(state::<Reader>(cx, a, 0)?.value()))),
        member("bool HasValue", |cx, a| {
            let number = state::<Reader>(cx, a, 0)?.node_type();
            Ok(Value::Bool(matches!(number, 2..=4 | 7 | 8 | 10 | 13 | 14 | 17)))
        }),
        member("int Depth", |cx, a| Ok(super::arguments::count(state::<Reader>(cx, a, 0)?.depth()))),
        member("bool IsEmptyElement", |cx, a| {
            Ok(Value::Bool(state::<Reader>(cx, a, 0)?.tag().is_some_and(|tag| tag.empty)))
        }),
        member("bool HasAttributes", |cx, a| {
            let reader = state::<Reader>(cx, a, 0)?;
            let has = reader.tag().is_some_and(|tag| !tag.attributes.is_empty());
            Ok(Value::Bool(has || reader.node_type() == 17))
        }),
        member("int AttributeCount", |cx, a| {
            Ok(super::arguments::count(state::<Reader>(cx, a, 0)?.tag().map_or(0, |tag| tag.attributes.len())))
        }),
        member("string GetAttribute(string name)", |cx, a| {
            let wanted = text(a, 1, "name")?;
            Ok(state::<Reader>(cx, a, 0)?.attribute(wanted.as_str()).into())
        }),
        member("string GetAttribute(int i)", |cx, a| {
            let reader = state::<Reader>(cx, a, 0)?;
            let at = usize::try_from(int(a, 1)).ok();
            let found = reader.tag().zip(at).and_then(|(tag, at)| tag.attributes.get(at));
            match found {
                Some(attribute) => Ok(Value::Text(attribute.value.clone())),
                None => Err(Exception::out_of_range(
                    "Specified argument was out of the range of valid values.",
                    "i",
                )),
            }
        }),
        member("string this[string name]", |cx, a| {
            let wanted = text(a, 1, "name")?;
            Ok(state::<Reader>(cx, a, 0)?.attribute(wanted.as_str()).into())
        }),
        member("XmlNodeType MoveToContent()", |cx, a| {
            let number = state_mut::<Reader>(cx, a, 0)?.reach_content()?;
            Ok(enum_value("XmlNodeType", number))
        }),
        member("bool IsStartElement()", |cx, a| {
            Ok(Value::Bool(state_mut::<Reader>(cx, a, 0)?.reach_content()? == 1))
        }),
        member("bool IsStartElement(string name)", |cx, a| {
            let reader = state_mut::<Reader>(cx, a, 0)?;
            let found = reader.reach_content()? == 1 && reader.name().as_str() == text_or_empty(a, 1);
            Ok(Value::Bool(found))
        }),
        member("void ReadStartElement()", |cx, a| {
            state_mut::<Reader>(cx, a, 0)?.expect_start(None)?;
            Ok(Value::Null)
        }),
        member("void ReadStartElement(string name)", |cx, a| {
            let name = text(a, 1, "name")?.clone();
            state_mut::<Reader>(cx, a, 0)?.expect_start(Some(&name))?;
            Ok(Value::Null)
        }),
        member("void ReadEndElement()", |cx, a| {
            let reader = state_mut::<Reader>(cx, a, 0)?;
            if reader.reach_content()? != 15 {
                return Err(reader.wrong_node());
            }
            reader.advance()?;
            Ok(Value::Null)
        }),
        member("bool ReadToFollowing(string name)", |cx, a| {
            let name = text(a, 1, "name")?.clone();
            loop {
                cx.burn(2)?;
                let reader = state_mut::<Reader>(cx, a, 0)?;
                if !reader.advance()? {
                    return Ok(Value::Bool(false));
                }
                if reader.tag().is_some() && reader.name() == name {
                    return Ok(Value::Bool(true));
                }
            }
        }),
        member("void Skip()", |cx, a| {
            state_mut::<Reader>(cx, a, 0)?.skip()?;
            Ok(Value::Null)
        }),
        member("string ReadElementContentAsString()", read_text),
        member("string ReadElementString()", read_text),
        member("string ReadOuterXml()", |cx, a| {
            if state::<Reader>(cx, a, 0)?.tag().is_none() {
                return Ok(Value::Text(Text::EMPTY));
            }
            let node = read_here(cx, a)?;
            let Value::Ref(id) = node else { return Ok(Value::Text(Text::EMPTY)) };
            super::xml_nodes::written(cx, id, 1).map(Value::Text)
        }),
        member("void Close()", close),
        member("void Dispose()", close),
    ],
    ..TypeSpec::class("System.Xml.XmlReader", "api/system.xml.xmlreader")
}];

/// A reader: at no node before the first `Read()`.
#[derive(Debug)]
pub(super) struct Reader {
    markup: Markup,
    current: Option<Event>,
    started: bool,
    ended: bool,
    size: usize,
    tainted: bool,
}

/// A reader over a text.
pub(super) fn over(cx: &mut Cx<'_>, text: &Text) -> Eval {
    cx.burn(text.len() as u64 / 16)?;
    let markup = Markup::new(text, Settings::Prohibited);
    let tainted = text.is_tainted();
    made(cx, Reader { markup, current: None, started: false, ended: false, size: text.len(), tainted })
}

impl NativeObject for Reader {
    fn class(&self) -> Type {
        named("XmlReader")
    }

    fn size(&self) -> usize {
        self.size + 128
    }

    fn is_tainted(&self) -> bool {
        self.tainted
    }
}

impl Reader {
    fn advance(&mut self) -> Result<bool, Exception> {
        if self.ended {
            return Ok(false);
        }
        self.started = true;
        self.current = self.markup.next()?;
        self.ended = self.current.is_none();
        Ok(!self.ended)
    }

    fn node_type(&self) -> i32 {
        match &self.current {
            None => 0,
            Some(Event::Start(_)) => 1,
            Some(Event::Text(_)) => 3,
            Some(Event::CData(_)) => 4,
            Some(Event::Instruction(..)) => 7,
            Some(Event::Comment(_)) => 8,
            Some(Event::DocumentType(_)) => 10,
            Some(Event::Space(_, false)) => 13,
            Some(Event::Space(_, true)) => 14,
            Some(Event::End(..)) => 15,
            Some(Event::Declaration(_)) => 17,
        }
    }

    fn tag(&self) -> Option<&Tag> {
        match &self.current {
            Some(Event::Start(tag)) => Some(tag),
            _ => None,
        }
    }

    /// Prefix and local name.
    fn parts(&self) -> (Text, Text) {
        match &self.current {
            Some(Event::Start(tag)) => (tag.prefix.clone(), tag.name.local.clone()),
            Some(Event::End(prefix, name)) => (prefix.clone(), name.local.clone()),
            Some(Event::Instruction(target, _)) => (Text::EMPTY, target.clone()),
            Some(Event::Declaration(_)) => (Text::EMPTY, Text::from_static("xml")),
            Some(Event::DocumentType(of)) => (Text::EMPTY, of.name.clone()),
            _ => (Text::EMPTY, Text::EMPTY),
        }
    }

    fn name(&self) -> Text {
        let (prefix, local) = self.parts();
        if prefix.is_empty() {
            return local;
        }
        Text::from(format!("{}:{}", prefix.as_str(), local.as_str())).tainted_if(self.tainted)
    }

    fn namespace(&self) -> Text {
        match &self.current {
            Some(Event::Start(tag)) => tag.name.namespace.clone(),
            Some(Event::End(_, name)) => name.namespace.clone(),
            _ => Text::EMPTY,
        }
    }

    fn value(&self) -> Text {
        match &self.current {
            Some(
                Event::Text(text)
                | Event::Space(text, _)
                | Event::CData(text)
                | Event::Comment(text)
                | Event::Instruction(_, text),
            ) => text.clone(),
            Some(Event::Declaration(of)) => {
                let text = xml::declaration_text(of);
                Text::copied(text.trim_start_matches("<?xml").trim_end_matches("?>").trim())
            }
            Some(Event::DocumentType(of)) => of.subset.clone().unwrap_or(Text::EMPTY),
            _ => Text::EMPTY,
        }
    }

    fn depth(&self) -> usize {
        let open = self.markup.depth();
        match self.tag() {
            Some(tag) if !tag.empty => open.saturating_sub(1),
            _ => open,
        }
    }

    /// The value of an attribute by its qualified name.
    fn attribute(&self, wanted: &str) -> Option<Text> {
        let named = |prefix: &Text, local: &Text| match prefix.as_str() {
            "" => local.as_str() == wanted,
            prefix => wanted.strip_prefix(prefix).and_then(|rest| rest.strip_prefix(':')) == Some(local.as_str()),
        };
        let found = self.tag()?.attributes.iter().find(|one| named(&one.prefix, &one.name.local));
        found.map(|attribute| attribute.value.clone())
    }

    /// Goes on to an element, its end or text; gives the type of node.
    fn reach_content(&mut self) -> Result<i32, Exception> {
        loop {
            match self.node_type() {
                7 | 8 | 10 | 13 | 14 | 17 => {}
                0 if !self.started => {}
                found => return Ok(found),
            }
            self.advance()?;
        }
    }

    fn expect_start(&mut self, name: Option<&Text>) -> Result<(), Exception> {
        if self.reach_content()? != 1 {
            return Err(self.wrong_node());
        }
        if let Some(name) = name
            && self.name() != *name
        {
            let message = format!("Element '{}' was not found.", name.as_str());
            return Err(self.markup.error_at_element(&message));
        }
        self.advance().map(drop)
    }

    fn wrong_node(&self) -> Exception {
        let names = [
            "None", "Element", "Attribute", "Text", "CDATA", "EntityReference", "Entity", "ProcessingInstruction",
            "Comment", "Document", "DocumentType", "DocumentFragment", "Notation", "Whitespace",
            "SignificantWhitespace", "EndElement", "EndEntity", "XmlDeclaration",
        ];
        let found = usize::try_from(self.node_type()).ok().and_then(|at| names.get(at)).unwrap_or(&"None");
        self.markup.error_at_element(&format!("'{found}' is an invalid XmlNodeType."))
    }

    /// Past the node and what is in it.
    fn skip(&mut self) -> Result<(), Exception> {
        if self.tag().is_some_and(|tag| !tag.empty) {
            let depth = self.markup.depth();
            while self.advance()? && self.markup.depth() >= depth {}
        }
        self.advance().map(drop)
    }
}

fn close(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let reader = state_mut::<Reader>(cx, args, 0)?;
    reader.current = None;
    reader.ended = true;
    Ok(Value::Null)
}

/// The node at the reader's place as a node of XLinq; the reader then stands behind it.
fn read_here(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let reader = state_mut::<Reader>(cx, args, 0)?;
    let Some(event) = reader.current.take() else { return Ok(Value::Null) };
    let nothing = Markup::new(&Text::EMPTY, Settings::Prohibited);
    let mut markup = std::mem::replace(&mut reader.markup, nothing);
    let result = xml::build_node(cx.heap, &mut markup, event, true);
    let reader = state_mut::<Reader>(cx, args, 0)?;
    reader.markup = markup;
    reader.advance()?;
    Ok(result?.map_or(Value::Null, Value::Ref))
}

/// `XNode.ReadFrom(reader)`.
pub(super) fn read_node(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    if arg(args, 0).is_null() {
        return Err(Exception::argument_null("reader"));
    }
    let reader = state::<Reader>(cx, args, 0)?;
    if reader.current.is_none() {
        return Err(Exception::invalid_operation("The XmlReader state should be Interactive."));
    }
    if matches!(reader.node_type(), 15 | 17) {
        let shown = if reader.node_type() == 15 { "EndElement" } else { "XmlDeclaration" };
        let message = format!("The XmlReader should not be on a node of type {shown}.");
        return Err(Exception::new("System.InvalidOperationException", message));
    }
    read_here(cx, args)
}

/// `XElement.Load(reader)`.
pub(super) fn load_element(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    if arg(args, 0).is_null() {
        return Err(Exception::argument_null("reader"));
    }
    let reader = state_mut::<Reader>(cx, args, 0)?;
    if reader.reach_content()? != 1 {
        return Err(Exception::invalid_operation("The XmlReader must be on a node of type Element."));
    }
    read_here(cx, args)
}

/// The text of an element that holds text only.
fn read_text(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let reader = state_mut::<Reader>(cx, args, 0)?;
    if reader.reach_content()? != 1 {
        return Err(reader.wrong_node());
    }
    let node = read_here(cx, args)?;
    let Value::Ref(id) = node else { return Ok(Value::Text(Text::EMPTY)) };
    Ok(Value::Text(cx.heap.xml_value(id)))
}
