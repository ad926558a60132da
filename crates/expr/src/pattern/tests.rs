//! Patterns of the language reference, and the ones that policies use.

use super::{Budget, Pattern, Replacement, option, unescape};

fn budget() -> Budget {
    Budget { steps: 100_000 }
}

/// The text of each group of the first match.
fn groups(pattern: &str, text: &str) -> Option<Vec<String>> {
    let pattern = Pattern::new(pattern, 0).unwrap_or_else(|error| panic!("{error}"));
    let found = pattern.find(text, pattern.start_of(text), &mut budget()).unwrap()?;
    Some((0..found.captures.len()).map(|group| found.text(group, text).unwrap_or("-").to_owned()).collect())
}

fn first(pattern: &str, text: &str) -> Option<String> {
    groups(pattern, text).map(|groups| groups[0].clone())
}

fn all(pattern: &str, text: &str) -> Vec<String> {
    let pattern = Pattern::new(pattern, 0).unwrap();
    let found = pattern.find_all(text, pattern.start_of(text), usize::MAX, &mut budget()).unwrap();
    found.iter().map(|each| each.text(0, text).unwrap().to_owned()).collect()
}

#[test]
fn elements_of_the_quick_reference() {
    let cases = [
        (r"[ae]", "gray", "a"),
        (r"[^aei]", "reign", "r"),
        (r"[A-Z]", "AB123", "A"),
        (r"a.e", "nave", "ave"),
        (r"\p{Lu}\p{Ll}", "City Lights", "Ci"),
        (r"\P{Lu}", "City", "i"),
        (r"\w", "ID A1.3", "I"),
        (r"\W", "ID A1.3", " "),
        (r"\w\s", "ID A1.3", "D "),
        (r"\s\S", "int __ctr", " _"),
        (r"\d", "4 = IV", "4"),
        (r"\D", "4 = IV", " "),
        (r"^\d{3}", "901-333-", "901"),
        (r"-\d{3}$", "-901-333", "-333"),
        (r"-\d{3}\Z", "-901-333\n", "-333"),
        (r"\A\d{3}", "901-333-", "901"),
        (r"\b\w+\s\w+\b", "them theme them them", "them theme"),
        (r"\Bend\w*\b", "end sends endure lender", "ends"),
        (r"(\w)\1", "deep", "ee"),
        (r"(?<double>\w)\k<double>", "deep", "ee"),
        (r"\w+(?=\.)", "He is. The dog ran. The sun is out.", "is"),
        (r"\b\w+\b(?!\.)", "in. on", "on"),
        (r"(?<=19)\d{2}\b", "1851 1999 1950 1905 2003", "99"),
        (r"(?<!wo)man\b", "Hi woman Hi man", "man"),
        (r"(?>a|ab)c", "abc ac", "ac"),
        (r"\d*\.\d", "219.9", "219.9"),
        (r#""be+""#, r#""been" "bent" "be""#, r#""be""#),
        (r"rai?n", "rain", "rain"),
        (r",\d{3}", "1,043.6", ",043"),
        (r"\d{2,}?", "166 29", "16"),
        (r"\d{3,5}?", "19302", "193"),
        (r"\d*?\.\d", "219.9", "219.9"),
        (r"th(e|is|at)", "this is the day", "this"),
        (r"[a-z-[aeiou]]+", "aeixyz", "xyz"),
        (r"(?i)ABC(?-i)d", "abcd", "abcd"),
        (r"(?i:a)B", "AB", "AB"),
        (r"(?x) a b # c", "ab", "ab"),
        (r"a(?#x)b", "ab", "ab"),
        (r"\u0041\x42\t?\101", "ABA", "ABA"),
        (r"^(a)?(?(1)b|c)$", "ab", "ab"),
        (r"^(a)?(?(1)b|c)$", "c", "c"),
        (r"(a*)*b", "aab", "aab"),
        (r"(|a)+b", "b", "b"),
        (r"a{2}{x", "aa{x", "aa{x"),
        (r"a{,2}", "a{,2}", "a{,2}"),
        (r"é.", "xé😀", "é😀"),
        (r"^/deployments/([^/?]+)", "/deployments/gpt-4o/chat", "/deployments/gpt-4o"),
    ];
    for (pattern, text, expected) in cases {
        assert_eq!(first(pattern, text).as_deref(), Some(expected), "{pattern} in {text}");
    }
    assert_eq!(first("b$", "a"), None);
}

#[test]
fn groups_are_numbered_as_in_net() {
    assert_eq!(groups(r"(?<a>1)(2)(?<b>3)", "123").unwrap(), ["123", "2", "1", "3"]);
    assert_eq!(groups(r"(a)|(b)", "b").unwrap(), ["b", "-", "b"]);
    assert_eq!(groups(r"(?:(a)|b)*", "ab").unwrap(), ["ab", "a"]);
    let pattern = Pattern::new(r"(x)(?<n>y)", option::EXPLICIT_CAPTURE).unwrap();
    assert_eq!((pattern.slot_of_name("n"), pattern.slot_of_name("7")), (Some(1), None));
}

#[test]
fn all_matches_are_found_and_empty_ones_move_on() {
    assert_eq!(all(r"\d+", "1 22 333"), ["1", "22", "333"]);
    assert_eq!(all(r"a*", "baac"), ["", "aa", "", ""]);
    assert_eq!(all(r"\Ga", "aab a"), ["a", "a"]);
    assert_eq!(all(r"(?m)^\w+$", "a\nb\nc d"), ["a", "b"]);
}

#[test]
fn replacements_refer_to_groups() {
    let replace = |pattern: &str, replacement: &str, text: &str| {
        let pattern = Pattern::new(pattern, 0).unwrap();
        let replacement = Replacement::new(replacement, &pattern);
        let mut out = String::new();
        let mut at = 0;
        for found in pattern.find_all(text, pattern.start_of(text), usize::MAX, &mut budget()).unwrap() {
            let (start, end) = found.whole();
            out.push_str(text.get(at..start).unwrap());
            replacement.append(&mut out, text, &found);
            at = end;
        }
        out + text.get(at..).unwrap()
    };
    assert_eq!(replace(r"\b(\w+)(\s)(\w+)\b", "$3$2$1", "one two"), "two one");
    assert_eq!(replace(r"\b(?<a>\w+)(\s)(?<b>\w+)\b", "${b} ${a}", "one two"), "two one");
    assert_eq!(replace(r"\b(\d+)\s?USD", "$$$1", "103 USD"), "$103");
    assert_eq!(replace(r"(\d+)", "<$&>$5$x", "a1"), "a<1>$5$x");
    assert_eq!(replace("B+", "[$`|$'|$_]", "AABBCC"), "AA[AA|CC|AABBCC]CC");
}

#[test]
fn wrong_patterns_say_what_is_wrong() {
    let cases = [
        ("(", "Not enough )'s."),
        (")", "Too many )'s."),
        ("[a", "Unterminated [] set."),
        ("[b-a]", "[x-y] range in reverse order."),
        ("*", "Quantifier {x,y} following nothing."),
        ("a**", "Nested quantifier *."),
        ("\\", "Illegal \\ at end of pattern."),
        ("\\q", "Unrecognized escape sequence \\q."),
        ("\\1", "Reference to undefined group number 1."),
        ("\\k<x>", "Reference to undefined group name x."),
        ("a{3,2}", "Illegal {x,y} with x > y."),
        ("(?<a-b>x)", "Reference to undefined group name b."),
    ];
    for (pattern, message) in cases {
        let error = Pattern::new(pattern, 0).unwrap_err();
        assert_eq!(error, format!("parsing \"{pattern}\" - {message}"));
    }
}

#[test]
fn matching_ends_when_the_budget_does() {
    let text = "a".repeat(100) + "b";
    let pattern = Pattern::new("^(a+)+$", 0).unwrap();
    // In linear time; with a lookahead it has to try all ways.
    assert_eq!(pattern.find(&text, pattern.start_of(&text), &mut budget()), Ok(None));
    let pattern = Pattern::new("^(?=(a+)+$)", 0).unwrap();
    assert!(pattern.find(&text, pattern.start_of(&text), &mut budget()).is_err());
    assert!(Pattern::new(&"(".repeat(100_000), 0).is_err());
}

#[test]
fn escapes_are_resolved() {
    assert_eq!(unescape("a\\.b\\n\\x41\\ ").as_deref(), Ok("a.b\nA "));
    assert_eq!(unescape("a\\").as_deref(), Ok("a"));
    assert!(unescape("\\q").is_err());
}
