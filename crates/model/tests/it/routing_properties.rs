//! Routes of random tables and random requests, against a slow rule that tries every template.

use std::sync::Arc;

use http::{HeaderMap, Method};
use model::routing::{Outcome, RouteRequest, RouteTable};
use model::{Api, Collection, Operation, Segment};
use proptest::prelude::*;

use super::routing::{api, shown};

fn find<'t, 'r>(
    table: &'t RouteTable,
    path: &'r str,
    query: Option<&'r str>,
    headers: &'r HeaderMap,
) -> Outcome<'t, 'r> {
    table.find(&RouteRequest { method: &Method::GET, path, query, headers })
}

/// A template of a few segments over a small alphabet, so that templates overlap.
fn template() -> impl Strategy<Value = String> {
    let segment = prop_oneof![3 => "[abc]", 2 => Just("{}".to_owned()), 1 => "[ab]-\\{\\}"];
    let tail = prop_oneof![4 => Just(""), 1 => Just("/*")];
    (prop::collection::vec(segment, 0..4), tail).prop_map(|(segments, tail)| {
        let mut number = 0;
        let mut text = String::new();
        for segment in segments {
            number += 1;
            text.push('/');
            text.push_str(&segment.replace("{}", &format!("{{p{number}}}")));
        }
        if text.is_empty() && tail.is_empty() { "/".to_owned() } else { format!("{text}{tail}") }
    })
}

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(prop_oneof![5 => "[abcx]", 1 => "[ab]-[xy]", 1 => Just(String::new())], 0..5)
        .prop_map(|segments| format!("/{}", segments.join("/")))
}

/// How well a template answers a path, segment by segment: smaller is better; none when it does not.
fn rank(operation: &Operation, path: &str) -> Option<Vec<u8>> {
    let trimmed = path.strip_prefix('/').unwrap_or(path);
    let mut given: Vec<&str> = trimmed.split('/').collect();
    if given.last() == Some(&"") {
        given.pop();
    }
    let mut given = given.into_iter();
    let mut ranks = Vec::new();
    for segment in operation.url_template.segments() {
        if let Segment::Wildcard(_) = segment {
            ranks.push(9);
            return Some(ranks);
        }
        let text = given.next().filter(|text| !text.is_empty())?;
        ranks.push(match segment {
            Segment::Literal(literal) => literal.eq_ignore_ascii_case(text).then_some(0)?,
            Segment::Compound(_) => {
                let literal =
                    operation.url_template.as_str().split('/').nth(ranks.len() + 1)?.split('{').next()?;
                (text.starts_with(literal) && text.len() > literal.len()).then_some(1)?
            }
            _ => 2,
        });
    }
    given.next().is_none().then_some(ranks)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// The tree finds what trying all templates finds.
    #[test]
    fn the_best_template_wins(templates in prop::collection::btree_set(template(), 1..8), path in path()) {
        let operations: Vec<String> = templates.iter().map(|each| format!("GET {each}")).collect();
        let api: Arc<Api> = Arc::new(api("a", "", &operations));
        let (table, problems) = RouteTable::new([&api], &Collection::new());
        prop_assume!(problems.is_empty());
        let best = api.operations.iter().enumerate()
            .filter_map(|(index, each)| Some((rank(each, &path)?, index)))
            .min();
        let headers = HeaderMap::new();
        match (find(&table, &path, None, &headers), best) {
            (Outcome::Found(found), Some((_, index))) => prop_assert_eq!(found.index, index, "{}", path),
            (Outcome::NoOperation(_), None) => {}
            (found, best) => prop_assert!(false, "{path}: {} but {best:?}", shown(&found)),
        }
    }

    /// Whatever is sent, finding ends without a panic, and what is handed on is the end of what was sent.
    #[test]
    fn any_path_is_survived(path in "(/|%2[ef5]|%|\\.|;rev=|\\\\|[a-c]|v1|é|\\?|%c3%a9|x){0,24}", query in "[&=%+a-z0-9]{0,24}") {
        hostile(&path, &query);
    }
}

/// What a fuzzer calls, too: one path and one query, both anything.
pub(crate) fn hostile(path: &str, query: &str) {
    let operations = ["GET /", "GET /{a}/b", "GET /a/{x}.{y}", "GET /c/*", "GET /v1?x={x}", "GET /b;rev=1/x"];
    let apis = [Arc::new(api("root", "", &operations)), Arc::new(api("deep", "a/b", &operations))];
    let (table, _) = RouteTable::new(&apis, &Collection::new());
    let headers = HeaderMap::new();
    match find(&table, path, Some(query), &headers) {
        Outcome::Found(found) => {
            assert!(path.ends_with(found.api.rest));
            let decoded: Vec<_> = found.parameters().map(|each| each.value().len()).collect();
            assert_eq!(decoded.len(), found.operation().unwrap().url_template.parameters().count());
        }
        Outcome::NoOperation(api) => assert!(path.ends_with(api.rest)),
        Outcome::NoApi | Outcome::BadPath(_) => {}
    }
}

/// Bytes of seeds, changed one at a time to what paths trip over.
#[test]
fn changed_seeds_are_survived() {
    let seeds =
        ["/a/b/c/d", "/a/x.y", "/a/b;rev=2/c", "/%2e%2e/a", "/c//a/%2f", "/v1", "/a/%c3%a9/b", "/;rev=1/a"];
    let changes = [b'/', b'%', b'.', b'\\', b';', b'=', b'2', b'f', 0, b' ', b'{', b'*', b'?', b'#'];
    for seed in seeds {
        for at in 0..seed.len() {
            for change in changes {
                let mut bytes = seed.as_bytes().to_vec();
                bytes[at] = change;
                let text = String::from_utf8_lossy(&bytes).into_owned();
                hostile(&text, &text);
            }
        }
    }
}

/// A table whose templates share beginnings in every way is still searched once, not once per combination.
#[test]
fn overlapping_templates_do_not_multiply_the_work() {
    let depth = 12;
    let mut operations: Vec<String> = Vec::new();
    for mask in 0..1_u32 << depth {
        let segments: String = (0..depth)
            .map(|bit| if mask >> bit & 1 == 0 { "/a".to_owned() } else { format!("/{{p{bit}}}") })
            .collect();
        operations.push(format!("GET {segments}/end"));
    }
    let api = Arc::new(api("a", "", &operations));
    let (table, problems) = RouteTable::new([&api], &Collection::new());
    assert!(problems.is_empty());
    let headers = HeaderMap::new();
    let path = format!("{}/nowhere", "/a".repeat(depth));
    for _ in 0..100 {
        assert!(matches!(find(&table, &path, None, &headers), Outcome::NoOperation(_)));
    }
}
