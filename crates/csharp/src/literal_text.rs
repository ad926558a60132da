//! Which parts of a text are code, and which are the text of strings.
//!
//! ```
//! let code = csharp::code_spans("a + \"b\" // c");
//! let parts: Vec<&str> = code.iter().map(|span| span.of("a + \"b\" // c")).collect();
//! assert_eq!(parts, ["a", "+", "\"", "\""]);
//! ```

use source::Span;

use crate::lex::lex;
use crate::token::{Token, TokenKind};

/// The parts of a text that are code, in order: not what stands inside of string literals, and no comments.
#[must_use]
pub fn code_spans(text: &str) -> Vec<Span> {
    lex(text).tokens.into_iter().flat_map(code_of).filter(|span| span.start < span.end).collect()
}

/// What of a token is code: of a string, its quotes.
fn code_of(token: Token) -> [Span; 2] {
    let Token { kind, span, .. } = token;
    let nothing = Span::new(span.end, span.end);
    let quotes = |opening: u32| {
        let start = Span::new(span.start, span.end.min(span.start.saturating_add(opening)));
        [start, Span::new(span.end.saturating_sub(1).max(start.end), span.end)]
    };
    match kind {
        TokenKind::InterpolatedText => [nothing, nothing],
        TokenKind::Str => quotes(1),
        TokenKind::VerbatimStr => quotes(2),
        _ => [span, nothing],
    }
}
