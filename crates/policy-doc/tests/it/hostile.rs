//! Texts made to hurt, and texts made by accident: the reader ends in an error, and its tree stays lossless.
//!
//! Costs are asserted as counts (problems, nodes, depth), not as time.

use policy_doc::{
    Child, Document, Element, Format, Limits, NamedValues, NoNamedValues, Unknown, print, read, read_with,
};
use source::{Diagnostics, Severity, SourceFile, Span};

use crate::cases::documents;
use crate::outline::Names;

/// `./test long` makes the rounds many more.
const FACTOR: usize = match option_env!("CARDEA_FUZZ_FACTOR") {
    Some(text) => match usize::from_str_radix(text, 10) {
        Ok(factor) => factor,
        Err(_) => 1,
    },
    None => 1,
};

/// Reads a text, checks what must hold for every text, and gives the codes of what was reported.
pub(crate) fn survive(text: &str) -> Vec<&'static str> {
    let file = SourceFile::new("policy.xml", text);
    let (document, problems) = read(&file);
    assert_eq!(print(&document, Format::AsRead), text, "not lossless");
    assert!(problems.len() <= Limits::DOCUMENT.problems + 1, "{} problems", problems.len());
    check_tiling(&document);
    for problem in &problems {
        let at = problem.at.as_ref().expect("every problem has a place");
        check_span(at.span, text);
        assert!(problem.labels.iter().all(|label| label.at.span.end as usize <= text.len()));
    }
    resolve_all(&document.nodes, &NoNamedValues, &mut Diagnostics::new());
    let odd =
        Names::parse("a = @(\"\nbody.city = {{a}}\nkey = secret 1: \"{\\n\ns = secret 2\nttl = secret 3: 30");
    resolve_all(&document.nodes, &odd, &mut Diagnostics::new());
    check_reprint(&document, &problems);
    problems.iter().map(|problem| problem.code).collect()
}

fn check_span(span: Span, text: &str) {
    let (start, end) = (span.start as usize, span.end as usize);
    assert!(
        start <= end && text.get(start..end).is_some(),
        "{span:?} lies outside of the text or cuts a character"
    );
}

/// The nodes follow each other without a gap.
fn check_tiling(document: &Document) {
    let text = document.file.text();
    let start = if text.starts_with('\u{FEFF}') { 3 } else { 0 };
    check_tiles(&document.nodes, Span::between(start, text.len()));
}

fn check_tiles(children: &[Child], within: Span) {
    let mut at = within.start;
    for child in children {
        assert_eq!(child.span().start, at, "a gap before {child:?}");
        at = child.span().end;
        if let Child::Element(element) = child {
            check_element(element);
        }
    }
    assert_eq!(at, within.end, "a gap at the end");
}

fn check_element(element: &Element) {
    check_span(element.span, element.file.text());
    assert!(
        element.open_span.start <= element.name_span.start && element.name_span.end <= element.open_span.end
    );
    for attribute in &element.attributes {
        check_span(attribute.value.span(), element.file.text());
        assert!(attribute.name_span.end <= attribute.value.span().start);
        assert!(attribute.value.span().end <= element.open_span.end);
    }
    if !element.children.is_empty() {
        check_tiles(&element.children, element.inner_span());
    }
}

/// Resolving must not panic, whatever was read.
fn resolve_all(children: &[Child], names: &dyn NamedValues, problems: &mut Diagnostics) {
    for element in children.iter().filter_map(Child::as_element) {
        let values = element.attributes.iter().map(|each| each.value.clone());
        for value in values.chain([element.content(), element.inner()]) {
            let _ = value.resolve(names, Unknown::Leave, problems);
        }
        resolve_all(&element.children, names, problems);
    }
}

/// A document without errors can be written in the other formats and read again as the same.
fn check_reprint(document: &Document, problems: &Diagnostics) {
    if problems.has_errors() {
        return;
    }
    for format in [Format::Xml, Format::RawXml] {
        let printed = print(document, format);
        let file = SourceFile::new("printed.xml", printed.clone());
        let (again, problems) = read(&file);
        assert!(!problems.has_errors(), "{format:?} of {:?} gives {printed:?}", document.file.text());
        assert_eq!(meaning(&again.nodes), meaning(&document.nodes), "{format:?} gives {printed:?}");
    }
}

/// What a document says, without how it is written.
fn meaning(children: &[Child]) -> Vec<String> {
    let mut out = Vec::new();
    for element in children.iter().filter_map(Child::as_element) {
        out.push(format!("<{}", element.name));
        out.extend(
            element.attributes.iter().map(|each| format!("{}={}", each.name, each.value.text().text())),
        );
        out.push(element.content().text().text().to_owned());
        out.extend(meaning(&element.children));
        out.push(">".to_owned());
    }
    out
}

#[test]
fn the_documents_of_all_cases_survive() {
    for document in documents() {
        survive(&document);
    }
}

#[test]
fn deep_nesting_ends_at_the_limit() {
    let deep = "<a>".repeat(100_000);
    assert_eq!(survive(&deep), ["nested-too-deeply"]);
    let allowed = format!("{}{}", "<a>".repeat(128), "</a>".repeat(128));
    assert!(survive(&allowed).is_empty());
    let code = format!("<a b=\"@({}\" />", "(".repeat(100_000));
    assert_eq!(survive(&code), ["csharp-too-deep"]);
}

#[test]
fn many_problems_end_the_reading() {
    let limit = Limits::DOCUMENT.problems;
    let tags = "</a>".repeat(100_000);
    assert_eq!(survive(&tags).len(), limit + 1);
    assert_eq!(survive(&"<a b=\"1\" b=\"2\">".repeat(100_000)).last(), Some(&"too-many-problems"));
    assert_eq!(survive(&"<a b=".repeat(100_000)).last(), Some(&"too-many-problems"));
    assert_eq!(survive(&"<a b=\"@(\" />".repeat(100_000)).last(), Some(&"too-many-problems"));
    assert!(survive(&"<a b=\"@(\"".repeat(100_000)).len() <= 4);
    assert!(survive(&"<a>@{\"".repeat(100_000)).len() <= 4);
}

#[test]
fn a_run_of_one_character_is_one_problem_or_two() {
    assert_eq!(survive(&"<".repeat(1 << 20)), ["unescaped-less-than", "stray-text"]);
    let many = 1 << 17;
    for c in
        ["&", "\"", "'", ">", "/", "!", "?", "=", "a", " ", "\n", "@", "(", "{", "…", "“", "\0", "-", "]"]
    {
        assert!(survive(&c.repeat(many)).len() <= 2, "{c:?}");
        assert!(!survive(&format!("<a>{}", c.repeat(many))).is_empty(), "{c:?}");
        assert!(survive(&format!("<a b={}", c.repeat(many))).len() <= 101, "{c:?}");
    }
}

#[test]
fn whatever_is_left_open_is_reported_once() {
    let million = "x".repeat(1 << 20);
    assert_eq!(survive(&format!("<a b=\"{million}")), ["unclosed-value", "unclosed-tag", "unclosed-element"]);
    assert_eq!(survive(&format!("<a b=\"@(\"{million}")).first(), Some(&"csharp-unclosed-string"));
    assert_eq!(survive(&format!("<a>@(@\"{million}")).first(), Some(&"csharp-unclosed-string"));
    assert_eq!(survive(&format!("<!--{million}")).first(), Some(&"unclosed-markup"));
}

#[test]
fn many_attributes_and_elements_are_read_or_refused_at_the_limit() {
    let attributes: String = (0..50_000).map(|index| format!(" a{index}=\"1\"")).collect();
    assert!(survive(&format!("<a{attributes} />")).is_empty());
    let elements = format!("<a>{}</a>", "<b/>".repeat(Limits::DOCUMENT.elements + 5));
    assert_eq!(survive(&elements), ["too-many-elements"]);
}

#[test]
fn size_is_limited_and_the_limit_can_be_set() {
    let text = format!("<a>{}</a>", " ".repeat(600_000));
    assert!(survive(&text).is_empty());
    let file = SourceFile::new("fragment.xml", text.clone());
    let (document, problems) = read_with(&file, Limits::FRAGMENT);
    assert_eq!(problems.iter().map(|each| each.code).collect::<Vec<_>>(), ["document-too-large"]);
    assert!(document.root().is_none());
    assert_eq!(print(&document, Format::AsRead), text);
}

/// Expressions without end inside of somebody else's markup are not reported; what is spent on them is bounded.
#[test]
fn searching_in_vain_is_bounded() {
    let body = "@(".repeat(100_000);
    let text = format!("<set-body><a b=\"{body}\">{body}</a></set-body>");
    assert!(survive(&text).is_empty());
}

/// The fuzz target: any text. Other tests and the fuzzer call it.
fn target(text: &str) {
    survive(text);
}

/// What mutations put into documents: all that means something to the reader.
const WORDS: [&str; 42] = [
    "<",
    ">",
    "/>",
    "</",
    "<a",
    "</a>",
    "=",
    "\"",
    "'",
    "@(",
    "@{",
    ")",
    "}",
    "{{",
    "}}",
    "{{a}}",
    "{{s}}",
    "{{key}}",
    "&",
    "&lt;",
    "&quot;",
    "&nbsp;",
    "&#",
    ";",
    "<!--",
    "-->",
    "--",
    "<![CDATA[",
    "]]>",
    "<?",
    "?>",
    "<!",
    "...",
    "…",
    "“",
    "”",
    "\\",
    "\n",
    "\u{a0}",
    "$\"",
    "//",
    "\u{FEFF}",
];

/// A small generator of numbers that look random; the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (limit.max(1) as u64)).unwrap()
    }

    fn boundary(&mut self, text: &str) -> usize {
        let at = self.below(text.len() + 1);
        (at..=text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(0)
    }

    /// Inserts a word, deletes a piece, or copies a piece to another place.
    fn mutate(&mut self, text: &mut String) {
        let (one, two) = (self.boundary(text), self.boundary(text));
        let (start, end) = (one.min(two), one.max(two));
        match self.below(4) {
            0 | 1 => text.insert_str(one, WORDS[self.below(WORDS.len())]),
            2 if end - start < 40 => text.replace_range(start..end, ""),
            2 => _ = text.pop(),
            _ => {
                let piece: String = text.get(start..end).unwrap_or_default().chars().take(60).collect();
                let at = self.boundary(text);
                text.insert_str(at, &piece);
            }
        }
    }
}

#[test]
fn mutated_documents_survive() {
    let mut numbers = Numbers(0x5eed);
    for document in documents() {
        for _ in 0..200 * FACTOR {
            let mut text = document.clone();
            for _ in 0..=numbers.below(6) {
                numbers.mutate(&mut text);
            }
            target(&text);
        }
    }
}

#[test]
fn warnings_leave_a_document_usable() {
    let file = SourceFile::new("policy.xml", "<a><!-- -- -->1 & 2</a>");
    let (_, problems) = read(&file);
    assert_eq!((problems.count(Severity::Warning), problems.has_errors()), (2, false));
}
