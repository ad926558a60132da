//! JSON, YAML and TOML as one kind of tree in which everything knows its place.

mod compact;
mod json;
mod merge;
mod toml;
mod yaml;

use std::sync::Arc;

use source::{Location, SourceFile, Span};

pub(crate) use compact::{compact, unknown};
pub(crate) use json::read as read_json;
pub(crate) use merge::merged;
pub(crate) use toml::read as read_toml;
pub use yaml::read as read_yaml;

/// Deepest nesting that is read.
const DEEPEST: usize = 100;
/// Largest number of nodes in one document, so that YAML aliases cannot multiply without end.
const MOST_NODES: usize = 4_000_000;

/// A value and its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it stands.
    pub at: Location,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number as it was written.
    Number(String),
    /// Text.
    Text(String),
    /// Values in order.
    List(Vec<Node>),
    /// Values with names, in order.
    Table(Vec<Member>),
}

/// A value with a name.
#[derive(Clone, Debug)]
pub struct Member {
    /// The name.
    pub name: String,
    /// Where the name stands.
    pub at: Location,
    /// The value.
    pub value: Node,
}

impl Node {
    fn new(file: &Arc<SourceFile>, span: Span, kind: Kind) -> Self {
        Self { at: Location::new(file, span), kind }
    }

    /// The value of a member of a table. Of several with one name it is the last one, as most readers of JSON have it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.member(name).map(|member| &member.value)
    }

    /// A member of a table.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members().iter().rev().find(|member| member.name == name)
    }

    /// The members of a table; none of anything else.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        match &self.kind {
            Kind::Table(members) => members,
            _ => &[],
        }
    }

    /// The items of a list; none of anything else.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Its text, a number's too: YAML authors leave quotation marks out.
    #[must_use]
    pub fn scalar(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) | Kind::Number(text) => Some(text),
            Kind::Bool(true) => Some("true"),
            Kind::Bool(false) => Some("false"),
            _ => None,
        }
    }

    /// Whether it is true or false.
    #[must_use]
    pub fn flag(&self) -> Option<bool> {
        match self.kind {
            Kind::Bool(flag) => Some(flag),
            _ => None,
        }
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    /// What people call this kind of value.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "true or false",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "text",
            Kind::List(_) => "a list",
            Kind::Table(_) => "an object",
        }
    }
}
