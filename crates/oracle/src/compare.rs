//! How two answers differ.

use crate::mono::{same_message, same_text};
use crate::{Answer, Fault};

/// How Cardea's answer differs from the oracle's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Difference {
    /// The values differ.
    Value,
    /// The values are the same, their types are not.
    Type,
    /// Both throw, different classes.
    Exception,
    /// Both throw the same class with different messages.
    Message,
    /// One throws, the other has a value.
    Throws,
    /// Cardea refuses what is C#, and says that it does not support it yet.
    Unsupported,
    /// Cardea refuses what is C#.
    Refused,
    /// Cardea accepts what is not C#.
    Accepted,
    /// Both refuse, with different codes.
    Codes,
    /// One did not end.
    Timeout,
}

/// How the second answer differs from the first, the oracle's.
#[must_use]
pub fn compare(oracle: &Answer, ours: &Answer) -> Option<Difference> {
    match (oracle, ours) {
        (Answer::Value { ty, text }, Answer::Value { ty: our_type, text: our_text }) => {
            if !same_text(text, our_text) {
                return Some(Difference::Value);
            }
            (!same_type(ty, our_type)).then_some(Difference::Type)
        }
        (
            Answer::Exception { class, message },
            Answer::Exception { class: our_class, message: our_message },
        ) => {
            if class != our_class {
                return Some(Difference::Exception);
            }
            let (message, our_message) = (lines(message), lines(our_message));
            let same = message == our_message || same_message(class, &message, &our_message);
            (!same).then_some(Difference::Message)
        }
        // What API Management refuses by its list of types may be refused or not: accepting it breaks nobody.
        (refused, _) if refused.is_by_list() => None,
        (Answer::Refused { problems }, Answer::Refused { problems: our_problems }) => {
            (!same_codes(problems, our_problems)).then_some(Difference::Codes)
        }
        (Answer::Timeout, Answer::Timeout) => None,
        (Answer::Refused { .. }, _) => Some(Difference::Accepted),
        (_, Answer::Refused { problems }) => Some(refusal(problems)),
        (Answer::Timeout, _) | (_, Answer::Timeout) => Some(Difference::Timeout),
        (Answer::Value { .. }, Answer::Exception { .. })
        | (Answer::Exception { .. }, Answer::Value { .. }) => Some(Difference::Throws),
    }
}

fn refusal(problems: &[Fault]) -> Difference {
    let unsupported = problems.iter().any(|problem| problem.message.contains("not yet supported"));
    if unsupported { Difference::Unsupported } else { Difference::Refused }
}

/// A lazy sequence that is a result is run and becomes an array.
fn same_type(oracle: &str, ours: &str) -> bool {
    let element = ["IEnumerable<", "IOrderedEnumerable<", "JEnumerable<"]
        .iter()
        .find_map(|name| oracle.strip_prefix(name));
    let element = element.and_then(|rest| rest.strip_suffix('>'));
    if oracle.starts_with('(') {
        return oracle == unnamed(ours);
    }
    let read_only = oracle.strip_prefix("IReadOnly").is_some_and(|rest| rest == ours);
    oracle == ours
        || read_only
        || element.is_some_and(|element| {
            ours == format!("{element}[]") || ours == format!("IEnumerable<{element}>")
        })
}

/// `(int, string)` of `(int Year, string)`: values do not know the names.
fn unnamed(tuple: &str) -> String {
    let inner = tuple.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(tuple);
    let mut depth = 0;
    let mut parts = vec![String::new()];
    for c in inner.chars() {
        depth += i32::from(matches!(c, '(' | '<')) - i32::from(matches!(c, ')' | '>'));
        match (c, depth, parts.last_mut()) {
            (',', 0, _) => parts.push(String::new()),
            (c, _, Some(part)) => part.push(c),
            _ => {}
        }
    }
    let parts = parts.iter().map(|part| match part.trim() {
        nested if nested.starts_with('(') => nested.to_owned(),
        plain => {
            plain.rsplit_once(' ').filter(|(ty, _)| !ty.ends_with(',')).map_or(plain, |(ty, _)| ty).to_owned()
        }
    });
    format!("({})", parts.collect::<Vec<_>>().join(", "))
}

fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// Codes of a parser that finds what it does not expect: which of them depends on how it goes on reading.
const SYNTAX: [&str; 18] = [
    "CS1001", "CS1002", "CS1003", "CS1010", "CS1012", "CS1022", "CS1023", "CS1026", "CS1031", "CS1041",
    "CS1056", "CS1073", "CS1513", "CS1514", "CS1525", "CS1733", "CS0201", "CS0839",
];

/// One code has to be common: what follows from a mistake differs between compilers, and so does which of two is found first.
fn same_codes(oracle: &[Fault], ours: &[Fault]) -> bool {
    // What the list of types refuses is not looked into further.
    if ours.iter().all(|own| own.code.ends_with("-not-allowed")) {
        return true;
    }
    let syntax = |code: &str| SYNTAX.contains(&code);
    ours.iter().any(|own| {
        oracle.iter().any(|problem| problem.code == own.code || syntax(&problem.code) && syntax(&own.code))
    })
}
