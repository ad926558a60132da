//! A file's text with its lines, and places in it.

use std::fmt;
use std::sync::{Arc, OnceLock};

/// A half-open range of byte offsets into some text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range `start..end`.
    #[must_use]
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The range between two offsets; offsets beyond 4 GiB are clamped (no document is that long).
    #[must_use]
    pub fn between(start: usize, end: usize) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { start: clamp(start), end: clamp(end) }
    }

    /// The smallest range that holds both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Length in bytes.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    /// Whether it holds no byte.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether the two ranges share a byte, or one is an empty place inside the other.
    #[must_use]
    pub const fn touches(self, other: Self) -> bool {
        self.start <= other.end && other.start <= self.end
    }

    /// The text of this range, empty when it lies outside of `text` or cuts a character.
    #[must_use]
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or("")
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// Line and column as people count them, both from 1; columns are characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// Where the text of a file is that need not be held, because hardly anybody asks for it.
pub trait Elsewhere: Send + Sync {
    /// The text of the file of that name, as it was when `key` was given for it; none when it is no longer there.
    fn text(&self, name: &str, key: u128) -> Option<String>;
}

/// The text of one file and where its lines begin. Cheap to share: keep it in an [`Arc`].
pub struct SourceFile {
    name: Box<str>,
    text: OnceLock<Box<str>>,
    elsewhere: Option<(Arc<dyn Elsewhere>, u128)>,
    /// Found when somebody asks for a line: of most files nobody does.
    line_starts: OnceLock<Box<[u32]>>,
}

impl SourceFile {
    /// Takes the text of a file under the name that diagnostics show, usually a path relative to the folder.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        let text: String = text.into();
        Arc::new(Self {
            name: name.into().into(),
            text: OnceLock::from(Box::from(text)),
            elsewhere: None,
            line_starts: OnceLock::new(),
        })
    }

    /// A file whose text is fetched when somebody asks for it, and held from then on. One that is no longer there is
    /// empty. `key` is what `place` knows it by besides its name.
    #[must_use]
    pub fn elsewhere(name: &str, place: Arc<dyn Elsewhere>, key: u128) -> Arc<Self> {
        Arc::new(Self {
            name: name.into(),
            text: OnceLock::new(),
            elsewhere: Some((place, key)),
            line_starts: OnceLock::new(),
        })
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let starts = self.text().bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
            std::iter::once(0).chain(starts.map(|(at, _)| Span::between(at, at + 1).end)).collect()
        })
    }

    /// What it is known by where its text is, if that is elsewhere.
    #[must_use]
    pub fn key(&self) -> Option<u128> {
        self.elsewhere.as_ref().map(|(_, key)| *key)
    }

    /// The name that diagnostics show.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.text.get_or_init(|| {
            let elsewhere = self.elsewhere.as_ref();
            let text = elsewhere.and_then(|(place, key)| place.text(&self.name, *key));
            text.unwrap_or_default().into()
        })
    }

    /// Line and column of a byte offset; offsets past the end give the end.
    #[must_use]
    pub fn line_column(&self, offset: u32) -> LineColumn {
        let line = self.line_starts().partition_point(|&start| start <= offset).max(1);
        let start = self.line_starts().get(line - 1).copied().unwrap_or(0);
        let before = self.text().get(start as usize..).unwrap_or("");
        let width = offset.saturating_sub(start) as usize;
        let column = before.char_indices().take_while(|&(at, _)| at < width).count();
        LineColumn {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX).saturating_add(1),
        }
    }

    /// The text of a line (counted from 1) without its line break; empty when there is no such line.
    #[must_use]
    pub fn line(&self, line: u32) -> &str {
        let index = line.saturating_sub(1) as usize;
        let Some(&start) = self.line_starts().get(index) else { return "" };
        let end = self.line_starts().get(index + 1).map_or(self.text().len(), |&next| next as usize - 1);
        self.text().get(start as usize..end).unwrap_or("").trim_end_matches('\r')
    }

    /// The byte offset at which a line (counted from 1) begins.
    #[must_use]
    pub fn line_start(&self, line: u32) -> u32 {
        self.line_starts().get(line.saturating_sub(1) as usize).copied().unwrap_or(0)
    }
}

impl fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The text may hold secrets that somebody wrote into a document.
        let bytes = self.text.get().map(|text| text.len());
        f.debug_struct("SourceFile").field("name", &self.name).field("bytes", &bytes).finish()
    }
}

/// A place in a file.
#[derive(Clone, Debug)]
pub struct Location {
    /// The file.
    pub file: Arc<SourceFile>,
    /// The range in its text.
    pub span: Span,
}

impl Location {
    /// A place in a file.
    #[must_use]
    pub fn new(file: &Arc<SourceFile>, span: Span) -> Self {
        Self { file: Arc::clone(file), span }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.file.line_column(self.span.start);
        write!(f, "{}:{}:{}", self.file.name(), at.line, at.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let file = SourceFile::new("a.xml", "one\r\nzwö x\n");
        assert_eq!(file.line_column(0), LineColumn { line: 1, column: 1 });
        let x = u32::try_from(file.text().find('x').unwrap()).unwrap();
        assert_eq!(file.line_column(x), LineColumn { line: 2, column: 5 });
        assert_eq!(file.line(1), "one");
        assert_eq!(file.line(2), "zwö x");
        assert_eq!(file.line(9), "");
        assert_eq!(file.line_column(10_000).line, 3);
    }

    #[test]
    fn a_text_that_is_elsewhere_is_fetched_when_it_is_wanted() {
        struct Shelf;
        impl Elsewhere for Shelf {
            fn text(&self, name: &str, key: u128) -> Option<String> {
                (key == 7).then(|| format!("text of\n{name}"))
            }
        }
        let file = SourceFile::elsewhere("a.xml", Arc::new(Shelf), 7);
        assert_eq!(format!("{file:?}"), "SourceFile { name: \"a.xml\", bytes: None }");
        assert_eq!(file.line(2), "a.xml");
        assert_eq!(SourceFile::elsewhere("a.xml", Arc::new(Shelf), 8).text(), "");
    }
}
