//! Functions of the library that the binder treats in ways of their own, found by where they are.
//!
//! What a program calls is a function and no name any more; these tables say what is special about it. They are made from
//! declarations that are looked at, but not read.

use std::collections::{HashMap, HashSet};

use super::Known;
use super::class::Class;
use crate::library::jwt::{CLAIMS, Reading, reader};
use crate::library::{Call, Kind, NativeFn, Row};
use crate::types::ClassId;

/// How the declarations of `GetValueOrDefault` begin that join what they find.
const JOINED: &str = "static string GetValueOrDefault(this IReadOnlyDictionary<string, string[]> ";

/// The tables.
#[derive(Debug)]
pub(super) struct Functions {
    /// Where the functions are that may change JSON.
    changes_json: HashSet<usize>,
    /// Where the indexers of JSON are.
    json_items: HashSet<usize>,
    /// Where the dictionary of a token's claims comes from.
    claims: HashSet<usize>,
    /// Where one claim is read from that dictionary, and how.
    of_claims: HashMap<usize, Reading>,
}

impl Functions {
    pub(super) fn new(classes: &[Class], known: &Known) -> Self {
        let indexers = |id: &ClassId| classes.get(usize::from(id.0)).into_iter().flat_map(indexers);
        let changes_json = classes.iter().flat_map(changing_json).collect();
        let json_items = [known.jtoken, known.jobject].iter().flat_map(indexers).collect();
        let claims = classes.iter().flat_map(giving_claims).collect();
        let of_claims = classes.iter().flat_map(reading_claims).collect();
        Self { changes_json, json_items, claims, of_claims }
    }

    /// The function that reads one claim of a token, in place of one that gives its claims and one that reads one of them.
    pub(super) fn claim_reader(&self, claims: NativeFn, reading: NativeFn) -> Option<NativeFn> {
        self.claims.contains(&(claims as usize)).then_some(())?;
        self.of_claims.get(&(reading as usize)).copied().map(reader)
    }

    pub(super) fn changes_json(&self, function: NativeFn) -> bool {
        self.changes_json.contains(&(function as usize))
    }

    pub(super) fn is_json_item(&self, function: NativeFn) -> bool {
        self.json_items.contains(&(function as usize))
    }
}

/// The name that a declaration gives, without reading the rest of it: `Join` of `static string Join<T>(T[] values)`. Only
/// of methods and properties.
pub(super) fn declared_name(declaration: &'static str) -> &'static str {
    let head = declaration.split_once('(').map_or(declaration, |(head, _)| head);
    let head = head.strip_suffix('>').and_then(|head| head.rsplit_once('<')).map_or(head, |(head, _)| head);
    head.rsplit_once(' ').map_or(head, |(_, name)| name)
}

/// Whether a declaration is an extension method.
pub(super) fn is_extension(row: &Row) -> bool {
    row.declaration.contains("(this ")
}

/// Where the functions are of members that may change JSON: setters, and what is named like them. Collections count
/// as their interfaces, behind which a `JArray` may stand.
fn changing_json(class: &Class) -> impl Iterator<Item = usize> + use<> {
    const BEGINNINGS: [&str; 7] = ["Add", "Remove", "Replace", "Insert", "Merge", "Clear", "Populate"];
    let may = class.namespace().starts_with("Newtonsoft") || matches!(class.kind(), Kind::Interface);
    class.rows().filter(move |_| may).filter_map(|row| match row.call {
        Call::Setter(function) => Some(function as usize),
        Call::Function(function) => {
            let name = declared_name(row.declaration);
            BEGINNINGS.iter().any(|begin| name.starts_with(begin)).then_some(function as usize)
        }
        Call::Constant(_) => None,
    })
}

/// Where the functions are that read by an index.
fn indexers(class: &Class) -> impl Iterator<Item = usize> + use<> {
    class.rows().filter_map(|row| match row.call {
        Call::Function(function) if row.declaration.contains(" this[") => Some(function as usize),
        _ => None,
    })
}

/// Where the functions are that give the claims of a token.
fn giving_claims(class: &Class) -> impl Iterator<Item = usize> + use<> {
    class.rows().filter(|row| row.declaration == CLAIMS).filter_map(function)
}

/// Where the functions are that read one entry of such a dictionary as claims are.
fn reading_claims(class: &Class) -> impl Iterator<Item = (usize, Reading)> + use<> {
    class.rows().filter_map(|row| {
        let reading = match row.declaration {
            "TValue this[TKey key]" => Reading::Values,
            "bool ContainsKey(TKey key)" => Reading::Contains,
            other if other.starts_with(JOINED) => Reading::Joined,
            _ => return None,
        };
        Some((function(row)?, reading))
    })
}

fn function(row: &Row) -> Option<usize> {
    match row.call {
        Call::Function(function) => Some(function as usize),
        Call::Setter(_) | Call::Constant(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::registry;
    use super::*;
    use crate::library::signature::{self, MemberKind};

    #[test]
    fn what_is_seen_of_a_declaration_is_what_is_read_from_it() {
        let registry = registry();
        for class in &registry.classes {
            for row in class.rows() {
                let read = signature::parse(row.declaration, class.type_params(), &registry.names).unwrap();
                if matches!(read.kind, MemberKind::Method | MemberKind::Property) {
                    assert_eq!(declared_name(row.declaration), read.name, "{}", row.declaration);
                }
                assert_eq!(is_extension(row), read.extension, "{}", row.declaration);
                let indexer = row.declaration.contains(" this[");
                assert_eq!(indexer, read.kind == MemberKind::Indexer, "{}", row.declaration);
            }
        }
    }
}
