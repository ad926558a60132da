//! One tree put over another.

use super::{Kind, Member, Node};

/// Puts `over` over `base`: objects member by member, everything else whole.
///
/// COMPAT: as the publisher of APIOps does it (`JsonObjectModule.MergeWith` in `src/common/Json.cs`): lists are replaced,
/// not joined; `null` replaces what is there; members are found in any case, because its information files are read so.
pub(crate) fn merged(base: Node, over: &Node) -> Node {
    let Node { at, kind } = base;
    match (kind, &over.kind) {
        (Kind::Table(mut members), Kind::Table(others)) => {
            others.iter().for_each(|other| put(&mut members, other));
            Node { at, kind: Kind::Table(members) }
        }
        _ => over.clone(),
    }
}

/// INVARIANT: trees are at most as deep as their readers allow, so this ends.
fn put(members: &mut Vec<Member>, other: &Member) {
    let exact = members.iter().rposition(|each| each.name == other.name);
    let place =
        exact.or_else(|| members.iter().rposition(|each| each.name.eq_ignore_ascii_case(&other.name)));
    match place.and_then(|place| members.get_mut(place)) {
        Some(member) => {
            let value = Node { at: member.value.at.clone(), kind: Kind::Null };
            member.value = merged(std::mem::replace(&mut member.value, value), &other.value);
            member.at = other.at.clone();
        }
        None => members.push(other.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{compact, read_json};
    use source::SourceFile;

    #[test]
    fn objects_are_merged_and_everything_else_is_replaced() {
        let parse = |text: &str| read_json(&SourceFile::new("a.json", text)).unwrap();
        let cases = [
            (
                r#"{"a": {"b": 1, "c": [1, 2]}}"#,
                r#"{"a": {"c": [3], "d": 4}}"#,
                r#"{"a":{"b":1,"c":[3],"d":4}}"#,
            ),
            (r#"{"a": {"b": 1}}"#, r#"{"A": {"B": 2}}"#, r#"{"a":{"b":2}}"#),
            (r#"{"a": {"b": 1}, "c": 1}"#, r#"{"a": null, "c": {}}"#, r#"{"a":null,"c":{}}"#),
            (r#"{"a": 1, "A": 2}"#, r#"{"a": 3}"#, r#"{"a":3,"A":2}"#),
        ];
        for (base, over, expected) in cases {
            assert_eq!(compact(&merged(parse(base), &parse(over))), expected, "{base} and {over}");
        }
    }
}
