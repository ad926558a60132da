//! Definitions that are broken, or mean harm, end in a plan or in problems, fast, and never in a panic. The function under
//! test is plain, so that a fuzzer can call it too.

use artifacts::MemoryFolder;
use import::openapi::{Request, plan};
use source::{SourceFile, render_all};

/// How much more than usual is tried.
fn factor() -> usize {
    let given = std::env::vars().find(|(name, _)| name == "CARDEA_FUZZ_FACTOR");
    given.and_then(|(_, text)| text.parse().ok()).unwrap_or(1)
}

/// What a fuzzer calls: a definition, imported twice, the second time over itself.
fn survive(name: &str, text: &str) {
    let file = SourceFile::new(name, text);
    let empty = MemoryFolder::default();
    match plan(&file, &Request::default(), &empty) {
        Err(problems) => drop(render_all(&problems)),
        Ok(outcome) => {
            let files = outcome.plan.files.iter().map(|file| (file.path.clone(), file.bytes.clone()));
            for file in &outcome.plan.files {
                assert!(!file.path.contains("..") && file.path.starts_with("apis/"), "{}", file.path);
            }
            let folder = MemoryFolder::new(files);
            if let Ok(again) = plan(&file, &Request::default(), &folder) {
                assert!(again.calls.is_empty() && again.settings.is_empty(), "{text}");
                assert!(again.plan.changes(&folder).unwrap().iter().all(|change| change.diff().is_empty()));
            }
        }
    }
}

const YAML: &str = include_str!("../../../cardea/tests/cases/import/parameters.openapi-3.0.yaml");
const JSON: &str = include_str!("../../../cardea/tests/cases/import/newer.openapi-3.1.json");
const OLD: &str = include_str!("../../../cardea/tests/cases/import/older.swagger-2.0.yaml");

/// A small generator (xorshift): the same changes at every run.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }
}

#[test]
fn changed_definitions_are_survived() {
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        "*",
        "{*",
        "?",
        "&",
        "=",
        "%2",
        "/",
        "..",
        "$ref: '#/paths'",
        "\n  ",
        ": ",
        "- ",
        "'",
        "\"",
        "é",
        "\u{0}",
        "&a ",
        "*a",
        "null",
        "{a}{b}",
        "https://",
        "#",
        "~1",
        "get",
        "x-ms-paths",
        "12345678901234567890",
    ];
    for (name, text) in [("a.yaml", YAML), ("a.json", JSON), ("b.yaml", OLD)] {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        for _ in 0..400 * factor() {
            let mut changed = text.to_owned();
            for _ in 0..=dice.throw(3) {
                let at = places[dice.throw(places.len())];
                let end = places[dice.throw(places.len())].clamp(at, at + 12);
                if changed.is_char_boundary(at) && changed.is_char_boundary(end) && end <= changed.len() {
                    changed.replace_range(at..end, pieces[dice.throw(pieces.len())]);
                }
            }
            survive(name, &changed);
        }
        for at in places.iter().step_by(7) {
            survive(name, text.get(..*at).unwrap());
        }
    }
}

#[test]
fn bombs_and_circles_end_in_problems() {
    let refused = |name: &str, text: &str| match plan(
        &SourceFile::new(name, text),
        &Request::default(),
        &MemoryFolder::default(),
    ) {
        Ok(_) => panic!("not refused"),
        Err(problems) => render_all(&problems),
    };
    let mut bomb = String::from("openapi: 3.0.1\ninfo: {title: x}\na0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for level in 1..12 {
        let refs = vec![format!("*a{}", level - 1); 9].join(",");
        bomb.push_str(&format!("a{level}: &a{level} [{refs}]\n"));
    }
    assert!(refused("a.yaml", &bomb).contains("multiply"));
    assert!(refused("a.json", &"[".repeat(100_000)).contains("nested"));
    assert!(refused("-", &format!("{{\"a\":{}", "[".repeat(100_000))).contains("nested"));
    let circle = "openapi: 3.0.1\ninfo: {title: x}\npaths:\n  /a: {$ref: '#/paths/~1a'}\n";
    assert!(refused("a.yaml", circle).contains("goes around in a circle"));
    let long =
        format!("openapi: 3.0.1\ninfo: {{title: x}}\npaths:\n  /{}: {{get: {{}}}}\n", "a".repeat(1_001));
    assert!(refused("a.yaml", &long).contains("at most 1000 are allowed"));
}

/// Names that lead out of the folder become names, or are refused.
#[test]
fn nothing_is_written_outside_of_the_folder() {
    for title in ["../../etc", "..", ".", "/", "a/../b", "\u{202e}x", "~", "C:\\x"] {
        survive(
            "a.yaml",
            &format!(
                "openapi: 3.0.1\ninfo: {{title: \"{}\"}}\npaths: {{/a: {{get: {{}}}}}}\n",
                title.escape_default()
            ),
        );
    }
    for name in ["..", ".hidden"] {
        let request = Request { api: model::ApiId::new(name).ok(), ..Request::default() };
        assert!(
            plan(&SourceFile::new("a.yaml", YAML), &request, &MemoryFolder::default()).is_err(),
            "{name}"
        );
    }
}

/// Thousands of operations, aliases within bounds: it must not take noticeable time per operation.
#[test]
fn big_definitions_are_imported() {
    let mut text = String::from(
        "openapi: 3.0.1\ninfo: {title: Big}\nservers: [{url: 'https://a.example.com'}]\npaths:\n",
    );
    for at in 0..3_000 {
        text.push_str(&format!("  /p{at}/{{id}}:\n    get: {{operationId: 'same name'}}\n"));
    }
    // COMPAT: numbers up to `-999` tell names apart; what is beyond them is refused.
    let problems =
        plan(&SourceFile::new("a.yaml", text.as_str()), &Request::default(), &MemoryFolder::default());
    assert!(
        render_all(&problems.unwrap_err())
            .contains("more than a thousand operations would be named `same-name`")
    );
    let text = text.replace("{operationId: 'same name'}", "{}");
    let outcome =
        plan(&SourceFile::new("a.yaml", text), &Request::default(), &MemoryFolder::default()).unwrap();
    assert_eq!(outcome.operations, 3_000);
}
