//! Entry points for fuzzing: plain functions over bytes that fail by assertion.
//!
//! The tests run them on seeds and on a bounded number of mutations; a fuzzer can run them for as long as it likes.

use crate::lex::lex;
use crate::token::{Token, TokenKind as T};
use crate::{Limits, Problem, parse_block, parse_expression, pieces, placeholder_positions, scan_code};

/// Both parsers end, and speak of places inside the text.
pub fn fuzz_parse(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let expression = parse_expression(&text, Limits::default());
    check_problems(&text, &expression.problems);
    assert!(expression.tree.span.end as usize <= text.len(), "the tree lies inside of the text");
    let block = parse_block(&text, Limits::default());
    check_problems(&text, &block.problems);
    assert_eq!(block.tree.span.end as usize, text.len(), "a block is all of its text");
}

fn check_problems(text: &str, problems: &[Problem]) {
    for problem in problems {
        let (start, end) = (problem.span.start as usize, problem.span.end as usize);
        assert!(text.get(start..end).is_some(), "{problem:?} lies outside of the text or cuts a character");
    }
}

/// The scanner finds the end of a code exactly when the lexer finds everything in it closed.
pub fn fuzz_scan(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    // The line break ends a comment.
    let code = format!("({text}\n)");
    let mut rest = code.chars();
    let end = scan_code(&mut rest);
    let length = code.chars().count();
    if let Ok(taken) = end {
        assert_eq!(code.chars().skip(taken).collect::<String>(), rest.as_str(), "takes what it counts");
    }
    let deep = code.bytes().filter(|byte| b"([{".contains(byte)).count() >= 900;
    if !deep {
        assert_eq!(end == Ok(length), is_closed(&format!("{text}\n")), "scanner and lexer agree: {end:?}");
    }
}

fn is_closed(text: &str) -> bool {
    let lexed = lex(text);
    let unclosed = lexed.problems.iter().any(|problem| problem.code.starts_with("csharp-unclosed"));
    let count = |kinds: [T; 3]| lexed.tokens.iter().filter(|token| kinds.contains(&token.kind)).count();
    let open = count([T::OpenParen, T::OpenBracket, T::OpenBrace]);
    let closed = count([T::CloseParen, T::CloseBracket, T::CloseBrace]);
    let mated = lexed.tokens.iter().filter(|token| token.mate != Token::NO_MATE).count();
    !unclosed && open == closed && open == mated
}

/// Placeholders are found where they stand, and values come apart without loss.
pub fn fuzz_placeholders(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for each in placeholder_positions(&text) {
        assert!(each.span.of(&text).starts_with(crate::placeholder::OPEN), "{each:?}");
    }
    let rebuilt: String = pieces(&text)
        .into_iter()
        .map(|piece| match piece {
            crate::Piece::Text(part) => part.to_owned(),
            crate::Piece::Secret(index) => crate::placeholder(index),
        })
        .collect();
    // An index may be written with zeroes in front.
    assert!(rebuilt.len() <= text.len(), "nothing is added");
}
