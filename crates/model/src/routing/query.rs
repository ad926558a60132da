//! Query parameters as they were sent.

use super::path::{Form, Raw};
use crate::{QueryPart, QueryValue};

/// The raw values of all parameters of a name, in any case.
pub(super) fn values<'r>(query: Option<&'r str>, name: &str) -> impl Iterator<Item = &'r str> {
    Pairs { rest: query }.filter(move |(key, _)| Raw::new(key, Form::Query).is(name)).map(|(_, value)| value)
}

/// The names and values of a query. They are short, so that looking at byte after byte is fast.
struct Pairs<'r> {
    rest: Option<&'r str>,
}

impl<'r> Iterator for Pairs<'r> {
    type Item = (&'r str, &'r str);

    fn next(&mut self) -> Option<Self::Item> {
        let (pair, rest) = split(self.rest?, b'&');
        self.rest = rest;
        let (name, value) = split(pair, b'=');
        Some((name, value.unwrap_or("")))
    }
}

/// What stands before a mark, and behind it if it is there.
fn split(text: &str, mark: u8) -> (&str, Option<&str>) {
    let at = text.bytes().position(|byte| byte == mark);
    at.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?)))
        .map_or((text, None), |(before, behind)| (before, Some(behind)))
}

/// Whether a query has what a template wants; what its parameters capture is put on the trail.
pub(super) fn matches<'r>(parts: &[QueryPart], query: Option<&'r str>, trail: &mut Vec<&'r str>) -> bool {
    let before = trail.len();
    for part in parts {
        let mut values = values(query, &part.name);
        let found = match &part.value {
            QueryValue::Literal(text) => values.any(|value| Raw::new(value, Form::Query).is(text)),
            QueryValue::Parameter(_) => values.next().map(|value| trail.push(value)).is_some(),
        };
        if !found {
            trail.truncate(before);
            return false;
        }
    }
    true
}
