//! Query parameters as they were sent.

use super::path::{Form, Raw};
use crate::{QueryPart, QueryValue};

/// The raw values of all parameters of a name, in any case.
pub(super) fn values<'r>(query: Option<&'r str>, name: &str) -> impl Iterator<Item = &'r str> {
    query
        .unwrap_or("")
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .filter(move |(key, _)| Raw::new(key, Form::Query).is(name))
        .map(|(_, value)| value)
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
