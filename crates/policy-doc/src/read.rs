//! From text to tree. Every step goes forward, nothing is recursive, and whatever is wrong is reported and passed.
//!
//! The reading is a loop over what stands next: markup (`read/markup.rs`), an end tag (`read/close.rs`), a start tag
//! (`read/tag.rs`, `read/attribute.rs`) or text (`read/text.rs`). Expressions are passed over as a whole
//! (`read/expression.rs`), so that no quote, `<` or `&` in them is taken for markup.
//!
//! It does not decide what elements mean. The only names it knows are those whose content is markup of another
//! language (`set-body`, `xsl-transform`) and those that hold no text of their own (`policies` and its sections).

mod attribute;
mod close;
mod expression;
mod literal;
mod markup;
mod report;
mod tag;
mod text;

use std::sync::Arc;

use source::{Diagnostics, SourceFile, Span};

use crate::cursor::Cursor;
use crate::{Child, Document, Element, Limits};

/// Reads a policy document within [`Limits::DOCUMENT`].
///
/// The tree is complete where nothing was reported. It is lossless in any case: [`crate::print`] with
/// [`crate::Format::AsRead`] gives the text back.
#[must_use]
pub fn read(file: &Arc<SourceFile>) -> (Document, Diagnostics) {
    read_with(file, Limits::DOCUMENT)
}

/// Reads a policy document or fragment within the given limits. What goes beyond one ends the reading with an error.
#[must_use]
pub fn read_with(file: &Arc<SourceFile>, limits: Limits) -> (Document, Diagnostics) {
    let mut reader = Reader::new(file, limits);
    reader.run();
    (Document { file: Arc::clone(file), nodes: reader.nodes }, reader.problems)
}

/// Elements whose content is a value that may be markup of another language.
const MARKUP_VALUES: [&str; 2] = ["set-body", "xsl-transform"];

struct Reader<'f> {
    file: &'f Arc<SourceFile>,
    limits: Limits,
    cursor: Cursor<'f>,
    problems: Diagnostics,
    /// The finished nodes at the top.
    nodes: Vec<Child>,
    /// The elements that are open, outermost first.
    open: Vec<Element>,
    /// How many elements there are.
    elements: usize,
    /// How many elements were open when the content of one of [`MARKUP_VALUES`] began.
    markup_from: Option<usize>,
    /// Whether only white space and comments stood since the last tag: an expression may begin here.
    may_begin: bool,
    /// How far was searched for ends of expressions that were not found, in bytes.
    wasted: usize,
    /// Whether a bound ended the reading before the end of the text.
    stopped: bool,
}

impl<'f> Reader<'f> {
    fn new(file: &'f Arc<SourceFile>, limits: Limits) -> Self {
        Self {
            file,
            limits,
            cursor: Cursor::new(file.text()),
            problems: Diagnostics::new(),
            nodes: Vec::new(),
            open: Vec::new(),
            elements: 0,
            markup_from: None,
            may_begin: true,
            wasted: 0,
            stopped: false,
        }
    }

    fn run(&mut self) {
        self.cursor.take("\u{FEFF}");
        self.check_size();
        self.check_characters();
        while !self.cursor.is_at_end() && !self.stopped {
            self.step();
        }
        self.skip_rest();
        self.close_all();
        self.check_root();
    }

    fn step(&mut self) {
        if self.is_at_markup() {
            self.markup();
        } else {
            self.text();
        }
    }

    fn push(&mut self, child: Child) {
        match self.open.last_mut() {
            Some(element) => element.children.push(child),
            None => self.nodes.push(child),
        }
    }

    /// Keeps what was passed since `start` without understanding it.
    fn push_skipped(&mut self, start: usize) {
        self.push(Child::Skipped(self.cursor.span_from(start)));
    }

    /// Whether this is inside of an element that belongs to the content of `set-body` or `xsl-transform`: that is
    /// somebody else's markup, and only what would break the document is reported.
    fn is_in_markup_value(&self) -> bool {
        self.markup_from.is_some_and(|from| self.open.len() > from)
    }

    /// Whether a tag that stands here belongs to the content of `set-body` or `xsl-transform`.
    fn is_markup_tag(&self) -> bool {
        self.markup_from.is_some_and(|from| self.open.len() >= from)
    }

    fn slice(&self, span: Span) -> &'f str {
        span.of(self.file.text())
    }
}
