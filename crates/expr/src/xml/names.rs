//! Names: `XName` and `XNamespace`, each one object a request, and which characters XML allows.

use std::collections::HashMap;

use crate::object::NativeObject;
use crate::registry::registry;
use crate::types::Type;
use crate::value::HeapId;
use crate::{Exception, Heap, Text, Value};

/// The namespace of `xml:` names.
pub(crate) const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// The namespace of declarations of namespaces.
pub(crate) const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// An expanded name. INVARIANT: equal names are equal objects for expressions, since [`NameTable`] keeps one of each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name {
    pub(crate) namespace: Text,
    pub(crate) local: Text,
}

/// `XName` or, without a local name, `XNamespace`.
#[derive(Debug)]
pub(crate) struct XmlName {
    pub(crate) namespace: Text,
    pub(crate) local: Option<Text>,
}

/// The names that a request has seen.
#[derive(Debug, Default)]
pub(crate) struct NameTable(HashMap<(Text, Option<Text>), HeapId>);

impl Name {
    pub(crate) fn new(namespace: impl Into<Text>, local: impl Into<Text>) -> Self {
        Self { namespace: namespace.into(), local: local.into() }
    }

    /// `{namespace}local`.
    pub(crate) fn expanded(&self) -> Text {
        if self.namespace.is_empty() {
            return self.local.clone();
        }
        let text = format!("{{{}}}{}", self.namespace.as_str(), self.local.as_str());
        Text::from(text).tainted_if(self.is_tainted())
    }

    pub(crate) fn is_tainted(&self) -> bool {
        self.namespace.is_tainted() || self.local.is_tainted()
    }

    /// Whether an attribute of this name declares a namespace.
    pub(crate) fn declares_namespace(&self) -> bool {
        match self.namespace.as_str() {
            "" => self.local.as_str() == "xmlns",
            XMLNS => true,
            _ => false,
        }
    }

    /// `XName.Get(expandedName)`.
    pub(crate) fn parse(text: &Text) -> Result<Self, Exception> {
        let invalid = || {
            let message = format!("'{}' is an invalid expanded name.", text.as_str());
            Exception::new("System.ArgumentException", message)
        };
        let Some(rest) = text.as_str().strip_prefix('{') else {
            if text.is_empty() {
                return Err(invalid());
            }
            local_name(text.as_str())?;
            return Ok(Self::new(Text::EMPTY, text.clone()));
        };
        let (namespace, local) = rest.rsplit_once('}').ok_or_else(invalid)?;
        if namespace.is_empty() || local.is_empty() {
            return Err(invalid());
        }
        local_name(local)?;
        let part = |part: &str| Text::copied(part).tainted_if(text.is_tainted());
        Ok(Self { namespace: part(namespace), local: part(local) })
    }
}

impl NativeObject for XmlName {
    fn class(&self) -> Type {
        let name = if self.local.is_some() { "XName" } else { "XNamespace" };
        registry().find(name).map_or(Type::Object, Type::class)
    }

    fn text(&self) -> Option<Text> {
        Some(match &self.local {
            Some(local) => Name { namespace: self.namespace.clone(), local: local.clone() }.expanded(),
            None => self.namespace.clone(),
        })
    }

    fn is_tainted(&self) -> bool {
        self.namespace.is_tainted() || self.local.as_ref().is_some_and(Text::is_tainted)
    }
}

impl Heap {
    /// The `XName` object of a name.
    pub(crate) fn xml_name(&mut self, name: &Name) -> Result<Value, Exception> {
        self.name_object(name.namespace.clone(), Some(name.local.clone()))
    }

    /// The `XNamespace` object of a namespace.
    pub(crate) fn xml_namespace(&mut self, namespace: &Text) -> Result<Value, Exception> {
        self.name_object(namespace.clone(), None)
    }

    fn name_object(&mut self, namespace: Text, local: Option<Text>) -> Result<Value, Exception> {
        let key = (namespace, local);
        if let Some(id) = self.seldom().and_then(|seldom| seldom.names.0.get(&key)) {
            return Ok(Value::Ref(*id));
        }
        let (namespace, local) = key.clone();
        let object = XmlName { namespace, local };
        let id = self.alloc(crate::object::Object::Native(Box::new(object)))?;
        self.seldom_mut().names.0.insert(key, id);
        Ok(Value::Ref(id))
    }

    /// The name that an `XName` object stands for.
    pub(crate) fn name_of(&self, value: &Value) -> Option<Name> {
        let name = self.native::<XmlName>(value)?;
        Some(Name { namespace: name.namespace.clone(), local: name.local.clone()? })
    }
}

/// Whether a character may begin a name (without the colon).
pub(crate) fn starts_name(c: char) -> bool {
    c == '_' || c.is_ascii_alphabetic() || (!c.is_ascii() && is_name_letter(c))
}

fn is_name_letter(c: char) -> bool {
    // XML 1.0, production `NameStartChar`, beyond ASCII.
    matches!(c, '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}' | '\u{370}'..='\u{37d}'
        | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}'
        | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}')
}

/// Whether a character may go on in a name (without the colon).
pub(crate) fn continues_name(c: char) -> bool {
    starts_name(c)
        || c.is_ascii_digit()
        || matches!(c, '-' | '.' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

/// Whether XML 1.0 allows a character at all.
pub(crate) fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Whether a text is nothing but XML's white space.
pub(crate) fn is_blank(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'))
}

/// Checks a name without colon (`XmlConvert.VerifyNCName`).
pub(crate) fn local_name(text: &str) -> Result<(), Exception> {
    let mut chars = text.chars();
    match chars.next() {
        None => {
            let message = "The empty string '' is not a valid local name.";
            return Err(Exception::new("System.ArgumentException", Text::from_static(message)));
        }
        Some(c) if !starts_name(c) => {
            return Err(xml_error(format!("Name cannot begin with the {}.", shown(c))));
        }
        _ => {}
    }
    match chars.find(|c| !continues_name(*c)) {
        None => Ok(()),
        Some(c) => Err(xml_error(format!("The {}, cannot be included in a name.", shown(c)))),
    }
}

fn shown(c: char) -> String {
    format!("'{}' character, hexadecimal value 0x{:02X}", visible(c), u32::from(c))
}

/// How .NET's messages show a character.
pub(crate) fn visible(c: char) -> char {
    if c == '\0' { '.' } else { c }
}

/// `System.Xml.XmlException`.
pub(crate) fn xml_error(message: impl Into<Text>) -> Exception {
    Exception::new("System.Xml.XmlException", message)
}
