//! Text derived from a file that remembers where each part came from.
//!
//! A C# expression in a policy document is lexed after entities are decoded and named values are put in. Positions in
//! what is then lexed are mapped back to the file here, and text that came from a secret is known as such.

use std::sync::Arc;

use crate::Span;

/// Why a part of derived text must not be shown: it came from this secret named value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// The named value's display name; diagnostics show `{{name}}` instead of the text.
    pub name: Arc<str>,
}

/// One run of derived text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Where the run stands in the derived text.
    pub text: Span,
    /// Where it came from in the file.
    pub origin: Span,
    /// Whether bytes correspond one to one; false for a decoded entity or a named value, which map as a whole.
    pub verbatim: bool,
    /// Set when the run came from a secret.
    pub hidden: Option<Hidden>,
}

/// Derived text with the origin of each of its runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappedText {
    text: String,
    segments: Vec<Segment>,
}

impl MappedText {
    /// Empty text.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Text that stands in the file exactly so, beginning at `origin`.
    #[must_use]
    pub fn verbatim(text: &str, origin: u32) -> Self {
        let mut mapped = Self::new();
        mapped.push_verbatim(text, origin);
        mapped
    }

    /// Appends text that stands in the file exactly so, beginning at `origin`.
    pub fn push_verbatim(&mut self, text: &str, origin: u32) {
        if text.is_empty() {
            return;
        }
        let length = Span::between(0, text.len()).end;
        if let Some(last) = self.segments.last_mut()
            && last.verbatim
            && last.origin.end == origin
        {
            last.origin.end += length;
            last.text.end += length;
            self.text.push_str(text);
            return;
        }
        self.push(text, Span::new(origin, origin.saturating_add(length)), true, None);
    }

    /// Appends text that replaces the range `origin` of the file, such as a decoded entity or a named value.
    pub fn push_replaced(&mut self, text: &str, origin: Span, hidden: Option<Hidden>) {
        self.push(text, origin, false, hidden);
    }

    fn push(&mut self, text: &str, origin: Span, verbatim: bool, hidden: Option<Hidden>) {
        let start = self.text.len();
        self.text.push_str(text);
        let span = Span::between(start, self.text.len());
        self.segments.push(Segment { text: span, origin, verbatim, hidden });
    }

    /// The derived text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its runs in order.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The range of the file from which a range of the derived text came.
    #[must_use]
    pub fn origin(&self, span: Span) -> Span {
        let start = self.origin_of(span.start, false);
        let end = self.origin_of(span.end.max(span.start), true);
        Span::new(start, end.max(start))
    }

    /// The secret whose text a range of the derived text shows, if any.
    #[must_use]
    pub fn hidden(&self, span: Span) -> Option<&Hidden> {
        let shows = |each: &&Segment| each.hidden.is_some() && each.text.touches(span);
        self.segments.iter().find(shows).and_then(|each| each.hidden.as_ref())
    }

    /// A part of this text, with the origins kept.
    #[must_use]
    pub fn slice(&self, span: Span) -> Self {
        let mut part = Self::new();
        for each in &self.segments {
            let from = each.text.start.max(span.start);
            let to = each.text.end.min(span.end);
            if from >= to {
                continue;
            }
            let text = Span::new(from, to).of(&self.text);
            if each.verbatim {
                part.push_verbatim(text, each.origin.start + (from - each.text.start));
            } else {
                part.push_replaced(text, each.origin, each.hidden.clone());
            }
        }
        part
    }

    /// Appends another derived text with its origins.
    pub fn append(&mut self, other: &Self) {
        for each in &other.segments {
            let text = each.text.of(&other.text);
            if each.verbatim {
                self.push_verbatim(text, each.origin.start);
            } else {
                self.push_replaced(text, each.origin, each.hidden.clone());
            }
        }
    }

    fn origin_of(&self, offset: u32, is_end: bool) -> u32 {
        let after = self.segments.partition_point(|each| {
            if is_end { each.text.start < offset } else { each.text.start <= offset }
        });
        let Some(segment) = self.segments.get(after.saturating_sub(1)) else { return 0 };
        if segment.verbatim {
            let into = offset.saturating_sub(segment.text.start);
            return segment.origin.start.saturating_add(into).min(segment.origin.end);
        }
        if is_end || offset >= segment.text.end && offset > segment.text.start {
            return segment.origin.end;
        }
        segment.origin.start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// File: `a &lt; {{k}}b`, derived: `a < 12b`.
    fn example() -> MappedText {
        let mut text = MappedText::verbatim("a ", 0);
        text.push_replaced("<", Span::new(2, 6), None);
        text.push_verbatim(" ", 6);
        text.push_replaced("12", Span::new(7, 12), Some(Hidden { name: "k".into() }));
        text.push_verbatim("b", 12);
        text
    }

    #[test]
    fn positions_map_back_to_the_file() {
        let text = example();
        assert_eq!(text.text(), "a < 12b");
        assert_eq!(text.origin(Span::new(0, 1)), Span::new(0, 1));
        assert_eq!(text.origin(Span::new(2, 3)), Span::new(2, 6));
        assert_eq!(text.origin(Span::new(5, 6)), Span::new(7, 12));
        assert_eq!(text.origin(Span::new(6, 7)), Span::new(12, 13));
        assert_eq!(text.origin(Span::new(0, 7)), Span::new(0, 13));
    }

    #[test]
    fn a_part_keeps_its_origins_and_what_is_hidden() {
        let part = example().slice(Span::new(2, 7));
        assert_eq!(part.text(), "< 12b");
        assert_eq!(part.origin(Span::new(4, 5)), Span::new(12, 13));
        assert_eq!(part.hidden(Span::new(2, 4)).map(|h| h.name.as_ref()), Some("k"));
        assert!(part.hidden(Span::new(0, 1)).is_none());
    }
}
