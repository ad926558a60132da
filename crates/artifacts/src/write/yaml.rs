//! YAML in blocks, with two blanks for each level. Text that any reader could take for something else stands in quotation
//! marks, for readers of YAML 1.1 too (`no`, `1_000`, `2024-01-01`).

use super::json::quoted;
use super::value::{Object, Value};

/// A document, with a line break at its end.
#[must_use]
pub fn text(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Object(members) if !members.is_empty() => object(members, 0, &mut text),
        Value::List(items) if !items.is_empty() => list(items, 0, &mut text),
        scalar => {
            inline(scalar, 0, &mut text);
            text.push('\n');
        }
    }
    text
}

/// Members, each on lines of its own; the first one begins where the text ends.
fn object(members: &Object, depth: usize, text: &mut String) {
    for (at, (name, value)) in members.members().enumerate() {
        if at > 0 {
            indent(depth, text);
        }
        key(name, text);
        text.push(':');
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                text.push('\n');
                indent(depth + 1, text);
                object(inner, depth + 1, text);
            }
            Value::List(items) if !items.is_empty() => {
                text.push('\n');
                indent(depth + 1, text);
                list(items, depth + 1, text);
            }
            scalar => {
                text.push(' ');
                inline(scalar, depth + 1, text);
                text.push('\n');
            }
        }
    }
}

/// Items, each on lines of its own; the first one begins where the text ends.
fn list(items: &[Value], depth: usize, text: &mut String) {
    for (at, value) in items.iter().enumerate() {
        if at > 0 {
            indent(depth, text);
        }
        text.push_str("- ");
        match value {
            Value::Object(inner) if !inner.is_empty() => object(inner, depth + 1, text),
            Value::List(inner) if !inner.is_empty() => list(inner, depth + 1, text),
            scalar => {
                inline(scalar, depth + 1, text);
                text.push('\n');
            }
        }
    }
}

fn indent(depth: usize, text: &mut String) {
    (0..depth).for_each(|_| text.push_str("  "));
}

fn inline(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => text.push_str(number),
        Value::Text(plain) if has_lines(plain) => block(plain, depth, text),
        Value::Text(plain) => key(plain, text),
        Value::List(_) => text.push_str("[]"),
        Value::Object(_) => text.push_str("{}"),
    }
}

fn key(plain: &str, text: &mut String) {
    if is_plain(plain) {
        text.push_str(plain);
        return;
    }
    let mut marked = String::new();
    quoted(plain, &mut marked);
    // Line breaks to some readers, and the byte order mark.
    for c in ['\u{85}', '\u{2028}', '\u{2029}', '\u{feff}'] {
        marked = marked.replace(c, &format!("\\u{:04x}", u32::from(c)));
    }
    text.push_str(&marked);
}

/// Whether a text can stand without quotation marks, on one line, for every reader.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 12] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "~", "<<", "="];
    let first = text.chars().next();
    let starts = first.is_some_and(|c| c.is_alphabetic() || matches!(c, '/' | '_' | '$' | '(' | '<'));
    let printable = |c: char| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}');
    starts
        && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
        && text.chars().all(printable)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
}

/// Whether a text has several lines that a literal block gives back as they are.
fn has_lines(text: &str) -> bool {
    let printable =
        |c: char| c == '\n' || !(c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}'));
    text.contains('\n') && !text.starts_with([' ', '\n']) && text.chars().all(printable)
}

fn block(plain: &str, depth: usize, text: &mut String) {
    let (body, chomping) = match plain.strip_suffix('\n') {
        None => (plain, "|-"),
        Some(body) if body.ends_with('\n') => (body, "|+"),
        Some(body) => (body, "|"),
    };
    text.push_str(chomping);
    for line in body.split('\n') {
        text.push('\n');
        if !line.is_empty() {
            indent(depth, text);
            text.push_str(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use source::SourceFile;

    use super::*;
    use crate::tree::{read_json, read_yaml};

    #[test]
    fn documents_are_written_in_blocks() {
        let inner = Object::new().with("url", "https://x.example/{a}").with("on", "no");
        let object = Object::new()
            .with("openapi", "3.0.1")
            .with("/a/{b}", vec![Value::from(inner), Value::List(vec![]), "a: b".into()])
            .with("200", "two\nlines\n")
            .with("empty", Object::new());
        let expected = "openapi: \"3.0.1\"\n/a/{b}:\n  - url: https://x.example/{a}\n    \"on\": \"no\"\n  - []\n  - \
                        \"a: b\"\n\"200\": |\n  two\n  lines\nempty: {}\n";
        assert_eq!(text(&object.into()), expected);
    }

    /// Whatever is written is read back as it was, by our own reader.
    #[test]
    fn what_is_written_is_read_back() {
        let texts = [
            "",
            " ",
            "a",
            "a b",
            "a:",
            "a: b",
            "a #b",
            "#a",
            "- a",
            "-",
            "null",
            "~",
            "1",
            "1.5",
            "0x1f",
            "yes",
            "'a'",
            "\"",
            "\\",
            "a\nb",
            "a\nb\n",
            "a\n\n",
            "\n",
            "\na",
            " a\nb",
            "a\n  b\n\n c",
            "a\tb",
            "a\n\tb",
            "a\rb",
            "{a}",
            "[a]",
            "a, b",
            "&a",
            "*a",
            "!a",
            "|",
            ">",
            "%a",
            "@a",
            "`a`",
            "?",
            "? a",
            "ü€😀",
            "a ",
            "a\u{2028}b",
            "\u{feff}a",
            "<<",
            "=",
            "a\u{85}b",
            "---",
            "...",
            "--- a\n--- b",
            "a\n---\nb\n...\n",
        ];
        let mut object = Object::new();
        for (at, each) in texts.iter().enumerate() {
            object.set(&format!("k{at}"), *each);
            object.set(&format!("{each}?{at}"), vec![*each, "x"]);
        }
        let value = Value::from(object);
        let yaml = text(&value);
        let back = read_yaml(&SourceFile::new("a.yaml", yaml.clone())).unwrap();
        assert_eq!(Value::from(&back), value, "{yaml}");
        let json = super::super::json::text(&value);
        assert_eq!(Value::from(&read_json(&SourceFile::new("a.json", json)).unwrap()), value);
    }
}
