//! Documents that somebody mangled: compiling and running them ends, without a panic, whatever they say.

use std::fs;

use crate::case_file::{self, Case};
use crate::cases;
use crate::documents::Document;
use crate::script::When;
use crate::walk;

/// How many mangled documents are tried.
const ROUNDS: usize = 3_000;

/// `./test long` makes the rounds many more.
const FACTOR: usize = match option_env!("CARDEA_FUZZ_FACTOR") {
    Some(text) => match usize::from_str_radix(text, 10) {
        Ok(factor) => factor,
        Err(_) => 1,
    },
    None => 1,
};

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (bound.max(1) as u64)).unwrap_or(0)
    }
}

/// What is put into documents: pieces of markup, of code, of values, and what no value should be.
const PIECES: [&str; 20] = [
    "<",
    ">",
    "\"",
    "'",
    "@(",
    "@{",
    ")",
    "}",
    "{{x}}",
    "{{",
    "&",
    "<base />",
    "<choose>",
    "</when>",
    "-1",
    "99999999999999999999",
    "\0",
    "\u{fffd}\u{1F600}",
    "<set-header name=\"Host\">",
    "template=\"{\"",
];

fn mangle(text: &str, numbers: &mut Numbers) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = numbers.below(chars.len());
    let until = (at + numbers.below(12)).min(chars.len());
    let piece = PIECES.get(numbers.below(PIECES.len() * 2)).copied().unwrap_or("");
    let (before, after) = (chars.iter().take(at), chars.iter().skip(until));
    before.copied().chain(piece.chars()).chain(after.copied()).collect()
}

fn all_cases() -> Vec<Case> {
    let texts = cases::files().into_iter().filter_map(|path| fs::read_to_string(path).ok());
    texts.filter_map(|text| case_file::read(&text).ok()).flatten().collect()
}

#[test]
fn mangled_documents_end_in_problems_or_answers() {
    let cases = all_cases();
    let mut numbers = Numbers(0x5EED);
    let mut refused = 0;
    for _ in 0..ROUNDS * FACTOR {
        let Some(case) = cases.get(numbers.below(cases.len())) else { continue };
        let mangled = |document: &Document| Document {
            scope: document.scope,
            text: mangle(&document.text, &mut numbers),
        };
        let documents: Vec<Document> = case.documents.iter().map(mangled).collect();
        let when = When::read(case.when.as_deref().unwrap_or("> GET /")).unwrap();
        let (walked, problems) = walk::run(&documents, &when).unwrap();
        assert_eq!(walked.is_none(), problems.has_errors(), "{documents:?}");
        refused += usize::from(walked.is_none());
    }
    assert!(refused > ROUNDS / 4, "most of them are refused, but {refused}");
}
