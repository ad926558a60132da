//! How two answers differ.

use expr::Facts;

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

/// How the second answer differs from the first, the oracle's. A program that asks for randomness is only compared by types.
#[must_use]
pub fn compare(oracle: &Answer, ours: &Answer, facts: Facts) -> Option<Difference> {
    let random = facts.contains(Facts::RANDOM);
    match (oracle, ours) {
        (Answer::Value { ty, text }, Answer::Value { ty: our_type, text: our_text }) => {
            if text != our_text && !random {
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
            (lines(message) != lines(our_message)).then_some(Difference::Message)
        }
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
    let element = ["IEnumerable<", "IOrderedEnumerable<"].iter().find_map(|name| oracle.strip_prefix(name));
    let element = element.and_then(|rest| rest.strip_suffix('>'));
    oracle == ours
        || element.is_some_and(|element| {
            ours == format!("{element}[]") || ours == format!("IEnumerable<{element}>")
        })
}

fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// The first problem counts: what follows from it differs between compilers.
fn same_codes(oracle: &[Fault], ours: &[Fault]) -> bool {
    let first = |problems: &[Fault]| problems.iter().min_by_key(|problem| problem.start).cloned();
    let (Some(oracle_first), Some(our_first)) = (first(oracle), first(ours)) else { return false };
    oracle_first.code == our_first.code
        || oracle.iter().any(|problem| problem.code == our_first.code)
            && ours.iter().any(|problem| problem.code == oracle_first.code)
}
