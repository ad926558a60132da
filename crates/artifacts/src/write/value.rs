//! What an artifact file holds, without places: values that can be put together, changed and written.

use crate::tree::{Kind, Node};

/// A value of JSON or YAML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A number as it is written.
    Number(String),
    /// Text.
    Text(String),
    /// Values in order.
    List(Vec<Value>),
    /// Values with names, in order.
    Object(Object),
}

/// Values with names, in order, each name once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    members: Vec<(String, Value)>,
}

impl Value {
    /// Its text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Its members.
    #[must_use]
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }
}

impl Object {
    /// An object without members.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Its members, in order.
    pub fn members(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.members.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Its members, taken out of it.
    pub(super) fn into_members(self) -> impl ExactSizeIterator<Item = (String, Value)> {
        self.members.into_iter()
    }

    /// The value of a member, to be changed.
    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.members.iter_mut().find(|(each, _)| each.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The same with its members in the order of their names.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.members.sort_by(|(one, _), (other, _)| one.cmp(other));
        self
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The value of a member. The name is found in any case, as API Management's own reader finds it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.members.iter().find(|(each, _)| each.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Gives a member a value: in its place when it is there, at the end when it is not.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        match self.members.iter_mut().find(|(each, _)| each.eq_ignore_ascii_case(name)) {
            Some((_, there)) => *there = value,
            None => self.members.push((name.to_owned(), value)),
        }
    }

    /// Gives a member a value where `order` wants it: before the first member that comes later in `order`.
    pub fn set_in_order(&mut self, name: &str, value: impl Into<Value>, order: &[&str]) {
        let place = |of: &str| order.iter().position(|each| each.eq_ignore_ascii_case(of));
        let later = |each: &str| place(each) > place(name);
        match (self.get(name), self.members.iter().position(|(each, _)| later(each))) {
            (None, Some(at)) => self.members.insert(at, (name.to_owned(), value.into())),
            _ => self.set(name, value),
        }
    }

    /// Takes a member out and gives its value.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.members.iter().position(|(each, _)| each.eq_ignore_ascii_case(name))?;
        Some(self.members.remove(at).1)
    }

    /// The same with one more member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    /// The same with one more member if there is a value for it.
    #[must_use]
    pub fn maybe(self, name: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The same with its members in this order; those that it does not name stay behind, as they were.
    #[must_use]
    pub fn ordered(mut self, order: &[&str]) -> Self {
        let place = |of: &str| order.iter().position(|each| each.eq_ignore_ascii_case(of));
        self.members.sort_by_key(|(name, _)| place(name).unwrap_or(order.len()));
        self
    }
}

impl From<&Node> for Value {
    /// Takes what a file says. Of several members with one name it is the last one, as readers have it.
    fn from(node: &Node) -> Self {
        match &node.kind {
            Kind::Null => Self::Null,
            Kind::Bool(flag) => Self::Bool(*flag),
            Kind::Number(text) => Self::Number(text.clone()),
            Kind::Text(text) => Self::Text(text.clone()),
            Kind::List(items) => Self::List(items.iter().map(Self::from).collect()),
            Kind::Table(members) => {
                let mut last = std::collections::HashMap::new();
                for (at, member) in members.iter().enumerate() {
                    last.insert(member.name.as_str(), at);
                }
                let counts = |(at, name): (usize, &str)| last.get(name) == Some(&at);
                let kept = members.iter().enumerate().filter(|(at, each)| counts((*at, &each.name)));
                let members = kept.map(|(_, each)| (each.name.clone(), Self::from(&each.value))).collect();
                Self::Object(Object { members })
            }
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(number.to_string())
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_set_in_place_and_in_order() {
        let order = ["path", "displayName", "serviceUrl"];
        let mut object = Object::new().with("path", "a").with("ServiceUrl", "b").with("x", true);
        object.set_in_order("displayName", "c", &order);
        object.set_in_order("serviceUrl", "d", &order);
        let names: Vec<&str> = object.members().map(|(name, _)| name).collect();
        assert_eq!(names, ["path", "displayName", "ServiceUrl", "x"]);
        assert_eq!(object.get("serviceurl").and_then(Value::as_text), Some("d"));
        assert_eq!(object.remove("X"), Some(Value::Bool(true)));
    }
}
