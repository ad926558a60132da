//! Tokens to trees: recursive descent, precedence climbing for operators.
//!
//! Never fails. Where something is missing or wrong, a problem is reported and an `Error` node stands in the tree; of
//! several problems at one token only the first is reported. Each function begins at the first token of what it
//! reads and ends behind the last one.
//!
//! INVARIANT: every loop takes a token in each round, and every recursion passes [`Parser::nested`], so any text is
//! read in time proportional to its length (times the bounded nesting) and in bounded stack.

mod create;
mod declaration;
mod expr;
mod interpolated;
mod lambda;
mod newer;
mod pattern;
mod postfix;
mod primary;
mod query;
mod report;
mod skip;
mod statement;
mod switch;
mod types;

use source::Span;

use crate::ast::{Block, Expr, ExprKind, Name};
use crate::lex::lex;
use crate::token::{Keyword, Token, TokenKind as T};
use crate::{Limits, Parsed, Problem, value};

/// Reads what stands between the brackets of `@( … )`: one expression.
#[must_use]
pub fn parse_expression(text: &str, limits: Limits) -> Parsed<Expr> {
    parse(text, limits, |parser| {
        if parser.kind() == T::End {
            parser.report(Problem::new("csharp-empty", parser.span(), "the expression is empty (CS1525)"));
            return parser.error_expr();
        }
        let expr = parser.expr();
        parser.end_of_expression();
        expr
    })
}

/// Reads what stands between the braces of `@{ … }`: statements.
#[must_use]
pub fn parse_block(text: &str, limits: Limits) -> Parsed<Block> {
    parse(text, limits, |parser| {
        let mut statements = Vec::new();
        while parser.kind() != T::End {
            statements.push(parser.statement());
        }
        Block { statements, span: Span::between(0, text.len()) }
    })
}

fn parse<R>(text: &str, limits: Limits, read: impl FnOnce(&mut Parser<'_>) -> R) -> Parsed<R> {
    let lexed = lex(text);
    let unclosed = lexed.problems.iter().any(|problem| problem.code.starts_with("csharp-unclosed"));
    let mut parser = Parser {
        text,
        tokens: &lexed.tokens,
        at: 0,
        problems: lexed.problems,
        quiet_at: if unclosed { lexed.tokens.len().saturating_sub(1) } else { usize::MAX },
        unclosed,
        stopped: false,
        depth: 0,
        peak: 0,
        limits,
    };
    let tree = read(&mut parser);
    let mut problems = parser.problems;
    problems.sort_by_key(|problem| problem.span.start);
    shorten(&mut problems, limits.problems);
    Parsed { tree, problems }
}

fn shorten(problems: &mut Vec<Problem>, most: usize) {
    let rest = problems.len().saturating_sub(most);
    if rest > 0 {
        problems.truncate(most);
        let span = problems.last().map(|problem| problem.span).unwrap_or_default();
        problems.push(Problem::new("csharp-more-problems", span, format!("and {rest} more problems")));
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: &'t [Token],
    at: usize,
    problems: Vec<Problem>,
    /// Index of the token at which a problem was reported last: others there are consequences.
    quiet_at: usize,
    /// Whether the lexer found something unclosed, so that whatever is missing at the end is a consequence.
    unclosed: bool,
    /// Whether parsing was given up because of a limit.
    stopped: bool,
    /// How many levels are open.
    depth: u32,
    /// The deepest level of the tree that is being made, counted from the root.
    peak: u32,
    limits: Limits,
}

const END: Token = Token::new(T::End, Span::new(0, 0));

impl<'t> Parser<'t> {
    fn token(&self) -> Token {
        self.tokens.get(self.at).or(self.tokens.last()).copied().unwrap_or(END)
    }

    fn kind(&self) -> T {
        self.token().kind
    }

    fn span(&self) -> Span {
        self.token().span
    }

    fn token_at(&self, index: usize) -> Token {
        self.tokens.get(index).or(self.tokens.last()).copied().unwrap_or(END)
    }

    fn kind_at(&self, index: usize) -> T {
        self.token_at(index).kind
    }

    /// The kind of the token that many tokens further on.
    fn peek(&self, ahead: usize) -> T {
        self.kind_at(self.at + ahead)
    }

    /// Index of the bracket that closes the one at `index`.
    fn mate(&self, index: usize) -> Option<usize> {
        let mate = self.token_at(index).mate;
        if mate == Token::NO_MATE { None } else { Some(mate as usize) }
    }

    fn bump(&mut self) -> Token {
        let token = self.token();
        if token.kind != T::End {
            self.at += 1;
        }
        token
    }

    fn eat(&mut self, kind: T) -> bool {
        let found = self.kind() == kind;
        if found {
            self.bump();
        }
        found
    }

    fn is_keyword(&self, keyword: Keyword) -> bool {
        self.kind() == T::Keyword(keyword)
    }

    fn is_keyword_at(&self, index: usize, keyword: Keyword) -> bool {
        self.kind_at(index) == T::Keyword(keyword)
    }

    fn eat_keyword(&mut self, keyword: Keyword) -> bool {
        self.eat(T::Keyword(keyword))
    }

    fn text_of(&self, token: Token) -> &'t str {
        token.span.of(self.text)
    }

    /// Whether the token at `index` is the contextual keyword `word`.
    fn is_word_at(&self, index: usize, word: &str) -> bool {
        let token = self.token_at(index);
        token.kind == T::Name && self.text_of(token) == word
    }

    fn is_word(&self, word: &str) -> bool {
        self.is_word_at(self.at, word)
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.bump();
        }
        found
    }

    /// From `start` to the end of the token read last.
    fn since(&self, start: Span) -> Span {
        let before = self.at.checked_sub(1).map_or(start.end, |index| self.token_at(index).span.end);
        Span::new(start.start, before.max(start.start))
    }

    /// The place behind the token read last.
    fn behind(&self) -> Span {
        let end = self.at.checked_sub(1).map_or(0, |index| self.token_at(index).span.end);
        Span::new(end, end)
    }

    /// Whether the token at `index` follows its predecessor without space.
    fn touches_previous(&self, index: usize) -> bool {
        let previous = index.checked_sub(1).map(|before| self.token_at(before).span.end);
        previous == Some(self.token_at(index).span.start)
    }

    fn make_name(&self, token: Token) -> Name {
        Name { text: value::name(self.text_of(token)), span: token.span }
    }

    fn name(&mut self) -> Name {
        if self.kind() == T::Name {
            let token = self.bump();
            return self.make_name(token);
        }
        self.expected("a name", "CS1001");
        Name { text: "".into(), span: self.behind() }
    }

    const fn error_expr(&self) -> Expr {
        Expr { kind: ExprKind::Error, span: Span::new(0, 0) }
    }

    fn error_here(&self) -> Expr {
        Expr { kind: ExprKind::Error, span: self.behind() }
    }
}
