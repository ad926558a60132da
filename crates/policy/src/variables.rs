//! `context.Variables`: values that policies keep for each other while a request runs.

use std::sync::Arc;

use expr::Value;

/// Context variables. There are few, so a list that is searched from the front beats a map.
#[derive(Debug, Default)]
pub struct Variables {
    entries: Vec<(Arc<str>, Value)>,
}

impl Variables {
    /// The value of a variable. Names are case-sensitive.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        let same = |known: &Arc<str>| std::ptr::eq(known.as_ref(), name) || known.as_ref() == name;
        self.entries.iter().find(|(known, _)| same(known)).map(|(_, value)| value)
    }

    /// Sets a variable, over what it held.
    pub fn set(&mut self, name: &Arc<str>, value: Value) {
        match self.entries.iter_mut().find(|(known, _)| Arc::ptr_eq(known, name) || known == name) {
            Some((_, held)) => *held = value,
            None => self.entries.push((Arc::clone(name), value)),
        }
    }

    /// All of them in the order in which they were first set.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Value)> {
        self.entries.iter().map(|(name, value)| (name, value))
    }
}
