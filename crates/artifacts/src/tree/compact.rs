//! Trees as compact JSON text, and what of a document a reader has no use for.

use std::fmt::Write as _;

use super::{Kind, Member, Node};

/// A tree as JSON without blanks.
pub(crate) fn compact(node: &Node) -> String {
    let mut out = String::new();
    write(node, &mut out);
    out
}

/// INVARIANT: trees are at most as deep as their readers allow, so this ends.
fn write(node: &Node, out: &mut String) {
    match &node.kind {
        Kind::Null => out.push_str("null"),
        Kind::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Kind::Number(text) => number(text, out),
        Kind::Text(text) => string(text, out),
        Kind::List(items) => {
            out.push('[');
            separated(items, out, write);
            out.push(']');
        }
        Kind::Table(members) => {
            out.push('{');
            separated(members, out, |member, out| {
                string(&member.name, out);
                out.push(':');
                write(&member.value, out);
            });
            out.push('}');
        }
    }
}

fn separated<T>(all: &[T], out: &mut String, mut write: impl FnMut(&T, &mut String)) {
    for (at, each) in all.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(each, out);
    }
}

/// Numbers of JSON stay as they were written; YAML knows more forms, such as `+1` and `.5`.
fn number(text: &str, out: &mut String) {
    let plain = text.strip_prefix('-').unwrap_or(text);
    let json = plain.starts_with(|c: char| c.is_ascii_digit())
        && plain.ends_with(|c: char| c.is_ascii_digit())
        && !(plain.len() > 1
            && plain.starts_with('0')
            && plain.as_bytes().get(1).is_some_and(u8::is_ascii_digit));
    match text.parse::<f64>() {
        Ok(number) if !json && number.is_finite() => {
            let _ = write!(out, "{number}");
        }
        _ if json => out.push_str(text),
        _ => string(text, out),
    }
}

fn string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// What of an object is not among `known`, which names members by their paths (`keyVault.secretIdentifier`) in any case;
/// none when nothing is left. A member that is `null` is as good as absent.
pub(crate) fn unknown(object: &Node, known: &[&str]) -> Option<Node> {
    let members: Vec<Member> =
        object.members().iter().filter_map(|member| unknown_member(member, known)).collect();
    (!members.is_empty()).then(|| Node { at: object.at.clone(), kind: Kind::Table(members) })
}

fn unknown_member(member: &Member, known: &[&str]) -> Option<Member> {
    if member.value.is_null() || known.iter().any(|path| path.eq_ignore_ascii_case(&member.name)) {
        return None;
    }
    let inner = |path: &&str| {
        let (first, rest) = path.split_once('.')?;
        first.eq_ignore_ascii_case(&member.name).then_some(rest.len())
    };
    let below: Vec<&str> = known.iter().filter_map(|path| path.get(path.len() - inner(path)?..)).collect();
    if below.is_empty() || !matches!(member.value.kind, Kind::Table(_)) {
        return Some(member.clone());
    }
    let value = unknown(&member.value, &below)?;
    Some(Member { name: member.name.clone(), at: member.at.clone(), value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{read_json, read_yaml};
    use source::SourceFile;

    #[test]
    fn a_tree_is_written_as_it_was_read() {
        let text = r#"{"a":[1,-0.5,1e9,null,true],"b":{"c":"x\"y\\z\n\u0001\u00fc"},"d":[],"e":{}}"#;
        let node = read_json(&SourceFile::new("a.json", text)).unwrap();
        assert_eq!(compact(&node), text.replace("\\u00fc", "ü"));
    }

    #[test]
    fn numbers_of_yaml_become_numbers_of_json() {
        let node = read_yaml(&SourceFile::new("a.yaml", "[+1, .5, 010, 1.]")).unwrap();
        assert_eq!(compact(&node), "[1,0.5,10,1]");
    }

    #[test]
    fn only_what_is_not_known_is_left() {
        let text = r#"{"A": 1, "b": {"c": 1, "d": 2}, "e": {"f": 1}, "g": null, "h": {"c": 1}}"#;
        let node = read_json(&SourceFile::new("a.json", text)).unwrap();
        let left = unknown(&node, &["a", "b.c", "e.f"]).unwrap();
        assert_eq!(compact(&left), r#"{"b":{"d":2},"h":{"c":1}}"#);
        assert!(unknown(&node, &["a", "b", "e", "h"]).is_none());
    }
}
