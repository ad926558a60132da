//! Why a text cannot be what somebody wants it to be.

/// A name, path, template or number that API Management would refuse; says what and why in one clause.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Invalid {
    /// Nothing where something is needed.
    #[error("the {what} is empty")]
    Empty {
        /// What was to be made.
        what: &'static str,
    },
    /// More characters than API Management takes.
    #[error("the {what} has {length} characters, at most {limit} are allowed")]
    TooLong {
        /// What was to be made.
        what: &'static str,
        /// Characters given.
        length: usize,
        /// Characters allowed.
        limit: usize,
    },
    /// A character that may not stand there.
    #[error("the {what} `{text}` may hold {allowed}, not `{found}`")]
    Character {
        /// What was to be made.
        what: &'static str,
        /// The given text.
        text: String,
        /// What may stand there.
        allowed: &'static str,
        /// The first character that may not.
        found: char,
    },
    /// Any other rule.
    #[error("the {what} `{text}` {why}")]
    Rule {
        /// What was to be made.
        what: &'static str,
        /// The given text.
        text: String,
        /// The rule that it breaks.
        why: String,
    },
}

impl Invalid {
    pub(crate) fn rule(what: &'static str, text: &str, why: impl Into<String>) -> Self {
        Self::Rule { what, text: text.to_owned(), why: why.into() }
    }

    /// Refuses text that is empty or longer than `limit` characters.
    pub(crate) fn check_length(what: &'static str, text: &str, limit: usize) -> Result<(), Self> {
        if text.is_empty() {
            return Err(Self::Empty { what });
        }
        match text.chars().count() {
            length if length > limit => Err(Self::TooLong { what, length, limit }),
            _ => Ok(()),
        }
    }

    /// Refuses text with a character for which `fits` does not hold.
    pub(crate) fn check_characters(
        what: &'static str,
        text: &str,
        allowed: &'static str,
        fits: impl Fn(char) -> bool,
    ) -> Result<(), Self> {
        match text.chars().find(|&c| !fits(c)) {
            Some(found) => Err(Self::Character { what, text: text.to_owned(), allowed, found }),
            None => Ok(()),
        }
    }
}
