//! Marks for secrets in C#: U+FDD0, the slot's number, U+FDD1; and where they stand in terms of C#.

use csharp::{ScanErrorKind, scan_code};

/// Opens a mark.
pub(crate) const OPEN: char = '\u{FDD0}';
/// Closes a mark.
pub(crate) const CLOSE: char = '\u{FDD1}';

/// The mark for a slot.
pub(crate) fn mark(slot: usize) -> String {
    format!("{OPEN}{slot}{CLOSE}")
}

/// For each mark in `code`, which begins with its bracket, whether its text is needed: it stands neither in a string
/// nor in a comment.
///
/// What an unfinished text lacks tells where it ends; a quote behind it tells a line comment from code.
pub(crate) fn bare(code: &str) -> Vec<bool> {
    let lacks = |text: &mut dyn Iterator<Item = char>| scan_code(&mut { text }).err().map(|error| error.kind);
    let is_bare = |(at, _): (usize, &str)| {
        let before = code.get(..at).unwrap_or("");
        match lacks(&mut before.chars()) {
            Some(ScanErrorKind::UnclosedString | ScanErrorKind::UnclosedComment) => false,
            Some(ScanErrorKind::UnclosedCharacter) => true,
            _ => lacks(&mut before.chars().chain(['"'])) == Some(ScanErrorKind::UnclosedString),
        }
    };
    code.match_indices(OPEN).map(is_bare).collect()
}

#[cfg(test)]
mod tests {
    use super::{bare, mark};

    #[test]
    fn marks_are_bare_outside_of_strings_and_comments() {
        let parts = ["(\"a", "\" + @\"", "\" + $\"b", "{x + ", "}\" + '", "' + ", " // ", "\n/* ", " */)"];
        let code: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
        let found = bare(&code.join(&mark(3)));
        assert_eq!(found, [false, false, false, true, true, true, false, false]);
    }
}
