//! Finds where the C# of `@( … )` or `@{ … }` ends, without parsing it.
//!
//! ```
//! let mut rest = r#"(a[")"] /* ) */)"/>"#.chars();
//! assert_eq!(csharp::scan_code(&mut rest), Ok(16));
//! assert_eq!(rest.as_str(), "\"/>");
//! ```
//!
//! Only brackets count, on one stack, and brackets inside strings, characters and comments do not count; holes of
//! interpolated strings are code again. `<`, `>` and the quotes of an attribute mean nothing here. The characters are
//! those after entity decoding, because `&quot;)&quot;` is a string with a bracket in it.
//!
//! It does not judge: a character literal of many characters, or a lone `}` in an interpolated string, ends where it
//! plainly should, and is left for the parser to report. It takes linear time and a bounded stack.

use std::fmt;

use source::Code;

/// Deepest nesting of brackets and holes; far beyond what the parser accepts.
const DEEPEST: usize = 1_000;

/// Takes the characters of one piece of code from `chars`, which begins at its `(` or `{`, and counts them.
///
/// On success, exactly the returned number of characters has been taken, the closing bracket included, so that the
/// iterator stands right behind the code.
///
/// # Errors
///
/// When a string, comment or bracket is not closed, a bracket closes another kind of bracket, or there are too many
/// levels. The iterator then stands somewhere behind the place of the error.
pub fn scan_code<I: Iterator<Item = char>>(chars: &mut I) -> Result<usize, ScanError> {
    let mut scanner =
        Scanner { chars, taken: 0, held: None, frames: Vec::new(), typographic: None, blank: true };
    match scanner.next() {
        Some(open @ ('(' | '{')) => scanner.open(open)?,
        _ => return Err(ScanError { kind: ScanErrorKind::NoBracket, at: 0 }),
    }
    let found = scanner.code();
    match (found, scanner.typographic) {
        (Ok(()), _) => Ok(scanner.taken),
        (Err(_), Some(at)) => Err(ScanError { kind: ScanErrorKind::TypographicQuote, at }),
        (Err(error), None) => Err(error),
    }
}

/// Why the end of the code was not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanError {
    /// What is wrong.
    pub kind: ScanErrorKind,
    /// Index of the character where the unclosed or wrong thing begins, counted from the opening bracket.
    pub at: usize,
}

/// What is wrong with code whose end was not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanErrorKind {
    /// The first character is neither `(` nor `{`.
    NoBracket,
    /// A string is not closed on its line, or at all.
    UnclosedString,
    /// A character literal is not closed on its line.
    UnclosedCharacter,
    /// A comment is not closed.
    UnclosedComment,
    /// A bracket is not closed.
    UnclosedBracket(char),
    /// A bracket closes another kind of bracket.
    WrongBracket {
        /// What is open.
        open: char,
        /// What was found.
        found: char,
    },
    /// A typographic quote stands in the code, and nothing adds up behind it.
    TypographicQuote,
    /// Too many levels.
    TooDeep,
}

impl ScanError {
    /// The stable name of the problem.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self.kind {
            ScanErrorKind::NoBracket => "csharp-no-code",
            ScanErrorKind::UnclosedString => "csharp-unclosed-string",
            ScanErrorKind::UnclosedCharacter => "csharp-unclosed-character",
            ScanErrorKind::UnclosedComment => "csharp-unclosed-comment",
            ScanErrorKind::UnclosedBracket(_) => "csharp-unclosed-bracket",
            ScanErrorKind::WrongBracket { .. } => "csharp-wrong-bracket",
            ScanErrorKind::TypographicQuote => "csharp-typographic-quote",
            ScanErrorKind::TooDeep => "csharp-too-deep",
        }
    }
}

impl ScanError {
    /// What to do.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self.kind {
            ScanErrorKind::UnclosedString => {
                Some("end it with `\"`; a string over several lines is written `@\"…\"`")
            }
            ScanErrorKind::UnclosedCharacter => {
                Some("strings stand in `\"`; the apostrophe is for single characters")
            }
            ScanErrorKind::UnclosedComment => Some("end it with `*/`"),
            ScanErrorKind::TypographicQuote => {
                Some("replace it and its partner by `\"`; word processors and web pages change quotes")
            }
            ScanErrorKind::NoBracket
            | ScanErrorKind::UnclosedBracket(_)
            | ScanErrorKind::WrongBracket { .. }
            | ScanErrorKind::TooDeep => None,
        }
    }
}

impl fmt::Display for ScanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ScanErrorKind::NoBracket => f.write_str("code begins with `@(` or `@{`"),
            ScanErrorKind::UnclosedString => f.write_str("this string is not closed (CS1010)"),
            ScanErrorKind::UnclosedCharacter => f.write_str("this character literal is not closed (CS1010)"),
            ScanErrorKind::UnclosedComment => f.write_str("this comment is not closed (CS1035)"),
            ScanErrorKind::UnclosedBracket(open) => {
                write!(f, "`{open}` is not closed: `{}` expected ({})", closing(open), expected_code(open))
            }
            ScanErrorKind::WrongBracket { open, found } => {
                write!(f, "`{}` expected, found `{found}` ({})", closing(open), expected_code(open))
            }
            ScanErrorKind::TypographicQuote => {
                f.write_str("this is a typographic quote, not a quote of C# (CS1056)")
            }
            ScanErrorKind::TooDeep => write!(f, "more than {DEEPEST} levels of brackets"),
        }
    }
}

impl std::error::Error for ScanError {}

const fn closing(open: char) -> char {
    match open {
        '(' => ')',
        '[' => ']',
        _ => '}',
    }
}

/// The C# compiler's code for the closing bracket that is missing.
const fn expected_code(open: char) -> &'static str {
    match open {
        '(' => "CS1026",
        '[' => "CS1003",
        _ => "CS1513",
    }
}

/// Something that is open.
#[derive(Clone, Copy)]
struct Frame {
    kind: FrameKind,
    at: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FrameKind {
    Bracket(char),
    /// A hole of an interpolated string.
    Hole(Quoting),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoting {
    /// `"…"`: ends with its line, `\` escapes.
    Regular,
    /// `@"…"`: over lines, `""` is a quote.
    Verbatim,
}

/// INVARIANT: `held` is empty when the last bracket closes, so nothing behind it has been taken.
struct Scanner<'a, I> {
    chars: &'a mut I,
    taken: usize,
    held: Option<char>,
    frames: Vec<Frame>,
    /// Where the first typographic quote stands.
    typographic: Option<usize>,
    /// Whether nothing but white space stands before this place in its line: a directive may begin here.
    blank: bool,
}

type Scan<T = ()> = Result<T, ScanError>;

impl<I: Iterator<Item = char>> Scanner<'_, I> {
    fn next(&mut self) -> Option<char> {
        if let Some(c) = self.held.take() {
            return Some(c);
        }
        let c = self.chars.next()?;
        self.taken += 1;
        Some(c)
    }

    /// Takes the next character if it is `wanted`.
    fn eat(&mut self, wanted: char) -> bool {
        self.held = self.next();
        if self.held == Some(wanted) {
            self.held = None;
            return true;
        }
        false
    }

    /// Index of the character taken last.
    fn here(&self) -> usize {
        (self.taken - usize::from(self.held.is_some())).saturating_sub(1)
    }

    fn open(&mut self, open: char) -> Scan {
        self.push(FrameKind::Bracket(open))
    }

    fn push(&mut self, kind: FrameKind) -> Scan {
        if self.frames.len() >= DEEPEST {
            return Err(ScanError { kind: ScanErrorKind::TooDeep, at: self.here() });
        }
        self.frames.push(Frame { kind, at: self.here() });
        Ok(())
    }

    /// Reads code up to the bracket that closes the first one.
    fn code(&mut self) -> Scan {
        while let Some(c) = self.next() {
            let blank = self.blank;
            self.blank = is_line_end(c) || blank && c.is_whitespace();
            match c {
                '#' if blank && !self.is_in_hole() => self.line(),
                '(' | '[' | '{' => self.open(c)?,
                ')' | ']' | '}' => {
                    self.close(c)?;
                    if self.frames.is_empty() {
                        return Ok(());
                    }
                }
                '"' => self.string(Quoting::Regular, self.here())?,
                '\'' => self.character()?,
                '@' | '$' => self.prefixed(c)?,
                '/' => self.slash()?,
                ':' => self.colon()?,
                _ if is_typographic(c) => self.typographic(c),
                _ => {}
            }
        }
        match self.frames.last() {
            Some(&Frame { kind: FrameKind::Bracket(open), at }) => {
                Err(ScanError { kind: ScanErrorKind::UnclosedBracket(open), at })
            }
            Some(&Frame { at, .. }) => Err(ScanError { kind: ScanErrorKind::UnclosedBracket('{'), at }),
            None => Ok(()),
        }
    }

    fn close(&mut self, found: char) -> Scan {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        let open = match frame.kind {
            FrameKind::Bracket(open) => open,
            FrameKind::Hole(_) => '{',
        };
        if closing(open) != found {
            let kind = ScanErrorKind::WrongBracket { open, found };
            return Err(ScanError { kind, at: self.here() });
        }
        match frame.kind {
            FrameKind::Hole(quoting) => self.interpolated(quoting, frame.at),
            FrameKind::Bracket(_) => Ok(()),
        }
    }

    /// Behind `@` or `$`: a string whose kind the last two of these signs tell, or something else.
    fn prefixed(&mut self, first: char) -> Scan {
        let (mut before, mut last) = (None, first);
        loop {
            let start = self.here() - usize::from(before.is_some_and(|sign| sign != last));
            if self.eat('"') {
                return match (before, last) {
                    (None | Some('@'), '@') => self.string(Quoting::Verbatim, start),
                    (None | Some('$'), '$') => self.interpolated(Quoting::Regular, start),
                    _ => self.interpolated(Quoting::Verbatim, start),
                };
            }
            before = Some(last);
            last = if self.eat('@') {
                '@'
            } else if self.eat('$') {
                '$'
            } else {
                return Ok(());
            };
        }
    }

    /// Behind `/`: a comment, or a division.
    fn slash(&mut self) -> Scan {
        let start = self.here();
        if self.eat('/') {
            self.line();
        } else if self.eat('*') {
            return self.block_comment(start);
        }
        Ok(())
    }

    /// Whether the code is inside of an interpolated string, where there are no directives.
    fn is_in_hole(&self) -> bool {
        self.frames.iter().any(|frame| matches!(frame.kind, FrameKind::Hole(_)))
    }

    /// The rest of the line: of a comment, or of a directive such as `#region`.
    fn line(&mut self) {
        while let Some(c) = self.next() {
            if is_line_end(c) {
                break;
            }
        }
        self.blank = true;
    }

    fn block_comment(&mut self, start: usize) -> Scan {
        while let Some(c) = self.next() {
            if c == '*' && self.eat('/') {
                return Ok(());
            }
        }
        Err(ScanError { kind: ScanErrorKind::UnclosedComment, at: start })
    }

    /// Behind `:`: the format of a hole, when it stands directly in one.
    fn colon(&mut self) -> Scan {
        let Some(&Frame { kind: FrameKind::Hole(quoting), at }) = self.frames.last() else { return Ok(()) };
        let unclosed = ScanError { kind: ScanErrorKind::UnclosedString, at };
        while let Some(c) = self.next() {
            match c {
                '}' if !self.eat('}') => {
                    self.frames.pop();
                    return self.interpolated(quoting, at);
                }
                '\\' if quoting == Quoting::Regular => {
                    self.next();
                }
                '"' if quoting == Quoting::Regular || !self.eat('"') => return Err(unclosed),
                c if quoting == Quoting::Regular && is_line_end(c) => return Err(unclosed),
                _ => {}
            }
        }
        Err(unclosed)
    }

    fn string(&mut self, quoting: Quoting, start: usize) -> Scan {
        let unclosed = ScanError { kind: ScanErrorKind::UnclosedString, at: start };
        while let Some(c) = self.next() {
            match (c, quoting) {
                ('"', Quoting::Regular) => return Ok(()),
                ('"', Quoting::Verbatim) if !self.eat('"') => return Ok(()),
                ('\\', Quoting::Regular) => self.escaped(unclosed)?,
                (c, Quoting::Regular) if is_line_end(c) => return Err(unclosed),
                _ => {}
            }
        }
        Err(unclosed)
    }

    /// Behind `\`: whatever follows, but for the end of the line.
    fn escaped(&mut self, unclosed: ScanError) -> Scan {
        match self.next() {
            Some(c) if !is_line_end(c) => Ok(()),
            _ => Err(unclosed),
        }
    }

    /// Reads the text of an interpolated string up to its end or its next hole, which is then open.
    fn interpolated(&mut self, quoting: Quoting, start: usize) -> Scan {
        let unclosed = ScanError { kind: ScanErrorKind::UnclosedString, at: start };
        while let Some(c) = self.next() {
            match (c, quoting) {
                ('{', _) if !self.eat('{') => return self.push(FrameKind::Hole(quoting)),
                ('"', Quoting::Regular) => return Ok(()),
                ('"', Quoting::Verbatim) if !self.eat('"') => return Ok(()),
                ('\\', Quoting::Regular) => self.escaped(unclosed)?,
                (c, Quoting::Regular) if is_line_end(c) => return Err(unclosed),
                _ => {}
            }
        }
        Err(unclosed)
    }

    /// Skips a string in quotes that a word processor made, or the rest of the line; the parser reports it.
    fn typographic(&mut self, quote: char) {
        self.typographic.get_or_insert(self.here());
        while let Some(c) = self.next() {
            if closes_typographic(quote, c) || is_line_end(c) {
                break;
            }
        }
    }

    /// A character literal, or the string that somebody put in apostrophes.
    fn character(&mut self) -> Scan {
        let unclosed = ScanError { kind: ScanErrorKind::UnclosedCharacter, at: self.here() };
        while let Some(c) = self.next() {
            match c {
                '\'' => return Ok(()),
                '\\' => self.escaped(unclosed)?,
                c if is_line_end(c) => return Err(unclosed),
                _ => {}
            }
        }
        Err(unclosed)
    }
}

/// Whether C# ends a line here (C# specification, 6.3.2).
pub(crate) const fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

pub(crate) const fn is_typographic(c: char) -> bool {
    matches!(c, '“' | '”' | '„' | '‘' | '’')
}

/// Whether `c` ends what the typographic `quote` began: any quote that is single or double as it is.
pub(crate) const fn closes_typographic(quote: char, c: char) -> bool {
    match quote {
        '‘' | '’' => matches!(c, '‘' | '’' | '\''),
        _ => matches!(c, '“' | '”' | '„' | '"'),
    }
}

#[cfg(test)]
mod tests {
    use super::{ScanErrorKind as Kind, scan_code};

    /// The code and what is left.
    fn split(text: &str) -> (String, String) {
        let mut rest = text.chars();
        let count = scan_code(&mut rest).unwrap_or_else(|error| panic!("{text}: {error} at {}", error.at));
        let code: String = text.chars().take(count).collect();
        assert_eq!(format!("{code}{}", rest.as_str()), text, "takes exactly what it counts");
        (code, rest.as_str().to_owned())
    }

    #[test]
    fn code_ends_at_the_bracket_that_closes_the_first_one() {
        let cases = [
            "(a)",
            r#"{ return "}"; }"#,
            r#"(x["\""])"#,
            r#"(@"\")"#,
            r#"(@"a""b)")"#,
            r#"(x[')'] + '\'' + '"')"#,
            "(['key'])",
            "{ // it's (not closed\n return 1; }",
            "(a /* ) */ / b)",
            r#"($"{{ ) {x} }}")"#,
            r#"($"{(p != 443 ? $":{p}" : "")}")"#,
            r#"($"{d["id"]}/{x:yyyy-MM-ddTHH:mm:ss.fffZ})")"#,
            r#"($@"{d["a"]}"" )")"#,
            "(@$\"\n\\{x}\n)\")",
            "($@$\"\\\" + @@\"\\\")",
            r#"($"{x:(}}}")"#,
            "(x == “)” || y == “(\")",
            "(‘(’)",
            r"(@class)",
            "(a /)",
            r#"($"{new { a = 1 }}")"#,
            "(x < y && a > b)",
        ];
        for code in cases {
            assert_eq!(split(&format!("{code}) \"/>")), (code.to_owned(), ") \"/>".to_owned()));
        }
    }

    #[test]
    fn what_is_not_closed_is_named_with_its_place() {
        let cases = [
            ("", Kind::NoBracket, 0),
            ("a", Kind::NoBracket, 0),
            ("(a", Kind::UnclosedBracket('('), 0),
            ("{ f(a; }", Kind::WrongBracket { open: '(', found: '}' }, 7),
            ("(\"a)", Kind::UnclosedString, 1),
            ("(\"a\n\")", Kind::UnclosedString, 1),
            ("(\"a\\\n\")", Kind::UnclosedString, 1),
            ("(@\"a)", Kind::UnclosedString, 1),
            ("($\"a{b)", Kind::WrongBracket { open: '{', found: ')' }, 6),
            ("($\"a{b:c\")", Kind::UnclosedString, 4),
            ("($\"a{b", Kind::UnclosedBracket('{'), 4),
            ("('a)", Kind::UnclosedCharacter, 1),
            ("(/* a)", Kind::UnclosedComment, 1),
            ("(a, “ f(b)", Kind::TypographicQuote, 4),
            ("(// a)", Kind::UnclosedBracket('('), 0),
        ];
        for (code, kind, at) in cases {
            let error = scan_code(&mut code.chars()).unwrap_err();
            assert_eq!((error.kind, error.at), (kind, at), "{code}");
        }
    }

    #[test]
    fn very_deep_code_is_refused() {
        let error = scan_code(&mut std::iter::repeat_n('(', 1_000_000)).unwrap_err();
        assert_eq!((error.kind, error.at), (Kind::TooDeep, 1_000));
        let holes: String = "($\"{".repeat(100_000);
        assert_eq!(scan_code(&mut holes.chars()).unwrap_err().kind, Kind::TooDeep);
    }
}
