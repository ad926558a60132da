//! Names of types: short ones, with the number of type parameters, in a namespace or in another type.
//!
//! `Tuple`, `Tuple<A>` and `Tuple<A, B>` are three types; `Enumerator` is one of `List<T>` and another one of
//! `Dictionary<K, V>`. Declarations and the binder look types up here.

use std::collections::HashMap;

use crate::types::ClassId;

/// A type's full name, taken apart: `System.Collections.Generic.List<T>+Enumerator`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TypeName {
    /// `System.Collections.Generic`.
    pub(crate) namespace: &'static str,
    /// What the type stands in, as its full name is written: `System.Collections.Generic.List<T>`.
    pub(crate) outer: Option<&'static str>,
    /// `Enumerator`.
    pub(crate) name: &'static str,
    /// Type parameters, those of the outer type first.
    pub(crate) params: Vec<&'static str>,
    /// How many of them are its own.
    pub(crate) arity: usize,
}

impl TypeName {
    /// Reads a full name as the library's tables write it: `+` stands between a type and what is nested in it.
    pub(crate) fn read(full: &'static str) -> Self {
        let (outer, own) = match full.rsplit_once('+') {
            Some((outer, own)) => (Some(outer), own),
            None => (None, full),
        };
        let (plain, list) = own.split_once('<').unwrap_or((own, ""));
        let own_params = list.trim_end_matches('>').split(',').map(str::trim).filter(|name| !name.is_empty());
        let mut params = Vec::new();
        let mut namespace = plain.rsplit_once('.').map_or("", |(namespace, _)| namespace);
        if let Some(outer) = outer {
            let outer = Self::read(outer);
            params = outer.params;
            namespace = outer.namespace;
        }
        let inherited = params.len();
        params.extend(own_params);
        let arity = params.len() - inherited;
        Self { namespace, outer, name: plain.rsplit('.').next().unwrap_or(plain), params, arity }
    }
}

/// Types by short name.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<&'static str, Vec<Entry>>);

/// One type of a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) id: ClassId,
    pub(crate) namespace: &'static str,
    /// The type that it stands in.
    pub(crate) outer: Option<ClassId>,
    pub(crate) arity: usize,
    /// It takes fewer type arguments as well: `Func` and `Action`.
    variadic: bool,
}

impl Entry {
    /// Whether it takes that many type arguments of its own.
    pub(crate) fn takes(&self, arity: usize) -> bool {
        if self.variadic { arity <= self.arity } else { arity == self.arity }
    }
}

impl Names {
    /// Of full names, whose positions are the ids.
    pub(crate) fn new(full: impl Iterator<Item = &'static str>) -> Self {
        let mut names = Self::default();
        let mut by_full: HashMap<&'static str, ClassId> = HashMap::new();
        for (full, id) in full.zip(0..) {
            let id = ClassId(id);
            let name = TypeName::read(full);
            by_full.insert(full, id);
            let outer = name.outer.map(|outer| by_full.get(outer).copied().unwrap_or(ClassId(u16::MAX)));
            let variadic = name.namespace == "System" && matches!(name.name, "Func" | "Action");
            let entry = Entry { id, namespace: name.namespace, outer, arity: name.arity, variadic };
            names.0.entry(name.name).or_default().push(entry);
        }
        names
    }

    /// All types of a short name.
    pub(crate) fn all(&self, name: &str) -> &[Entry] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// A type by short name and number of type arguments; one that stands in no other before those that do.
    pub(crate) fn find(&self, name: &str, arity: usize) -> Option<ClassId> {
        let fitting = || self.all(name).iter().filter(|entry| entry.takes(arity));
        fitting().find(|entry| entry.outer.is_none()).or_else(|| fitting().next()).map(|entry| entry.id)
    }

    /// A type by short name alone: the one without type parameters where there are several. A number behind a
    /// backtick says how many it has: `` IEnumerable`1 ``.
    pub(crate) fn find_any(&self, name: &str) -> Option<ClassId> {
        if let Some((name, arity)) = name.split_once('`') {
            return self.find(name, arity.parse().ok()?);
        }
        let exact = self.all(name).iter().find(|entry| entry.arity == 0 && entry.outer.is_none());
        exact.or_else(|| self.all(name).first()).map(|entry| entry.id)
    }

    /// A type that stands in another one.
    pub(crate) fn nested(&self, outer: ClassId, name: &str, arity: usize) -> Option<ClassId> {
        let mut entries = self.all(name).iter();
        entries.find(|entry| entry.outer == Some(outer) && entry.takes(arity)).map(|entry| entry.id)
    }

    /// All short names.
    pub(crate) fn short(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_names_are_taken_apart() {
        let name = TypeName::read("System.Collections.Generic.List<T>+Enumerator");
        assert_eq!((name.namespace, name.name), ("System.Collections.Generic", "Enumerator"));
        assert_eq!((name.params, name.arity), (vec!["T"], 0));
        let name = TypeName::read("System.Tuple<T1, T2>");
        assert_eq!((name.name, name.arity, name.outer), ("Tuple", 2, None));
    }

    #[test]
    fn types_of_one_name_are_told_apart_by_their_type_parameters() {
        let names = Names::new(
            [
                "System.Tuple",
                "System.Tuple<A>",
                "X.List<T>",
                "X.List<T>+Enumerator",
                "X.Set<T>",
                "X.Set<T>+Enumerator",
            ]
            .into_iter(),
        );
        assert_eq!(names.find("Tuple", 1), Some(ClassId(1)));
        assert_eq!(names.find_any("Tuple"), Some(ClassId(0)));
        assert_eq!(names.nested(ClassId(4), "Enumerator", 0), Some(ClassId(5)));
        assert_eq!(names.find("Tuple", 7), None);
    }
}
