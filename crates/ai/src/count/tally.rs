//! A running total that stops at a limit.

use serde_json::Value;

use super::Encoding;

/// How many tokens something has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Exactly(usize),
    /// More than the limit that was given; counting stopped there.
    MoreThan(usize),
}

impl Count {
    /// The count, or the limit where counting stopped.
    #[must_use]
    pub fn at_least(self) -> usize {
        match self {
            Self::Exactly(tokens) | Self::MoreThan(tokens) => tokens,
        }
    }
}

/// Adds up tokens. Once the limit is passed nothing is counted any more.
#[derive(Clone, Debug)]
pub struct Tally {
    encoding: Encoding,
    limit: usize,
    counted: Option<usize>,
}

impl Tally {
    /// Begins at nothing.
    #[must_use]
    pub fn new(encoding: Encoding, limit: usize) -> Self {
        Self { encoding, limit, counted: Some(0) }
    }

    /// Its encoding.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Adds a number of tokens.
    pub fn add(&mut self, tokens: usize) {
        let sum = self.counted.and_then(|counted| counted.checked_add(tokens));
        self.counted = sum.filter(|sum| *sum <= self.limit);
    }

    /// Takes some off again. What has passed the limit stays there.
    pub fn subtract(&mut self, tokens: usize) {
        self.counted = self.counted.map(|counted| counted.saturating_sub(tokens));
    }

    /// Adds a text.
    pub fn text(&mut self, text: &str) {
        if let Some(counted) = self.counted {
            let more = self.encoding.count_within(text, self.limit - counted);
            self.counted = more.map(|more| counted + more);
        }
    }

    /// Adds a text if the value is one.
    pub(crate) fn text_of(&mut self, value: Option<&Value>) {
        if let Some(text) = value.and_then(Value::as_str) {
            self.text(text);
        }
    }

    /// The total.
    #[must_use]
    pub fn total(&self) -> Count {
        self.counted.map_or(Count::MoreThan(self.limit), Count::Exactly)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counting_stops_at_the_limit() {
        let mut tally = Tally::new(Encoding::Cl100kBase, 10);
        tally.text("tiktoken is great!");
        assert_eq!(tally.total(), Count::Exactly(6));
        tally.add(4);
        assert_eq!(tally.total(), Count::Exactly(10));
        tally.text("!");
        assert_eq!(tally.total(), Count::MoreThan(10));
        tally.subtract(5);
        assert_eq!(tally.total(), Count::MoreThan(10));
    }
}
