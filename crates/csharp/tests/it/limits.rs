//! Hostile text ends in a problem, soon.

use csharp::{Limits, parse_block, parse_expression};

fn codes(text: &str) -> Vec<&'static str> {
    parse_expression(text, Limits::default()).problems.iter().map(|problem| problem.code).collect()
}

/// A stack as small as a thread of a server may have.
fn on_small_stack(run: fn()) {
    let thread = std::thread::Builder::new().stack_size(1 << 21).spawn(run).unwrap();
    thread.join().unwrap();
}

#[test]
fn deep_nesting_is_refused() {
    on_small_stack(|| {
        let kinds = [
            ("(", "1", ")"),
            ("-", "1", ""),
            ("(int)", "1", ""),
            ("a(", "1", ")"),
            ("a[", "1", "]"),
            ("new[] {", "1", "}"),
            ("new A { B = ", "1", "}"),
            ("new { b = ", "1", "}"),
            ("x => ", "1", ""),
            ("() => { return ", "1", "; }"),
            ("a ? b : ", "1", ""),
            ("a ?? ", "1", ""),
            ("a = ", "1", ""),
            ("$\"{", "1", "}\""),
            ("a?.b(", "1", ")"),
            ("a || b && c == d + e * (", "1", ")"),
            ("from a in b select ", "1", ""),
            ("a is ", "1", ""),
            ("() => { if (a) x = ", "1", "; }"),
            ("delegate { switch (a) { case 1: ", ";", "} }"),
        ];
        for (before, middle, after) in kinds {
            let text = |times: usize| format!("{}{middle}{}", before.repeat(times), after.repeat(times));
            assert!(codes(&text(10_000)).contains(&"csharp-too-deep") || before == "a is ", "{before}");
            let _ = parse_block(&text(10_000), Limits::default());
            if before != "a is " && !before.contains("&&") && !before.starts_with("delegate") {
                assert_eq!(codes(&text(30)), [""; 0], "{before}");
            }
        }
        let types = |times: usize| format!("default({}B{})", "A<".repeat(times), ">".repeat(times));
        assert_eq!(codes(&types(30)), [""; 0]);
        assert!(codes(&types(10_000)).contains(&"csharp-too-deep"));
    });
}

#[test]
fn long_chains_are_read_and_very_long_ones_refused() {
    on_small_stack(|| {
        for link in [" + a", ".a", "()", "[0]", " as A", " ?? a"] {
            let text = |times: usize| format!("a{}", link.repeat(times));
            assert_eq!(codes(&text(190)), [""; 0], "{link}");
            assert!(codes(&text(100_000)).contains(&"csharp-too-deep"), "{link}");
        }
        assert_eq!(codes(&format!("\"a\"{}", " + \"a\"".repeat(450))), [""; 0]);
    });
}

#[test]
fn hostile_text_takes_linear_time() {
    // Each of these would take minutes if the time grew with the square of the length.
    let texts = [
        "a<".repeat(40_000),
        "a<b,".repeat(60_000),
        "(a,".repeat(60_000),
        "(((a))".repeat(40_000),
        "a < b > c ".repeat(15_000),
        "((a,b)c,".repeat(15_000),
        "{[(".repeat(60_000),
        "(]".repeat(60_000),
        "$\"{a}{b:c}\" ".repeat(15_000),
        "\"".repeat(40_000),
        "'".repeat(40_000),
        "/*".repeat(40_000),
        "\u{FDD0}".repeat(40_000),
        ";".repeat(40_000),
        "if(a)".repeat(40_000),
        "var x = 1 ".repeat(15_000),
        "“".repeat(40_000),
    ];
    for text in texts {
        let parsed = parse_expression(&text, Limits::default());
        assert!(parsed.problems.len() <= Limits::default().problems + 1);
        let _ = parse_block(&text, Limits::default());
    }
}
