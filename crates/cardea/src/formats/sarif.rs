//! Problems as SARIF 2.1.0, the format of results of static analysis that code scanning services take.
//!
//! The numbers in comments are sections of the OASIS standard "Static Analysis Results Interchange Format (SARIF)
//! Version 2.1.0". What GitHub's code scanning demands beyond it (a text and a help for every rule, a place for every
//! result) is there too.

use std::collections::HashMap;

use serde_json::{Value, json};
use source::{Diagnostic, Diagnostics, Severity};

use super::{Base, Place};

/// The published schema of the format.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The name of the directory that all files are relative to: the root of the repository. Where that is on somebody's
/// disk is nobody's business (3.14.14: a base need not say where it is).
const ROOT: &str = "%SRCROOT%";

/// How many different helps a rule shows.
const HELPS: usize = 5;

/// One log with one run.
///
/// # Errors
/// None that can happen: every part has a text.
pub(crate) fn render(problems: &Diagnostics, base: &Base) -> anyhow::Result<String> {
    let rules = Rules::of(problems);
    let mut seen = HashMap::new();
    let results: Vec<Value> = problems.iter().map(|each| result(each, &rules, base, &mut seen)).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Cardea",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.shown(),
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {
                ROOT: { "description": { "text": "The root of the repository that holds the folder." } },
            },
            "results": results,
        }],
    });
    Ok(serde_json::to_string_pretty(&log)? + "\n")
}

/// The kinds of problems that occur, in the order in which they do.
struct Rules<'a> {
    index: HashMap<&'static str, usize>,
    list: Vec<Vec<&'a Diagnostic>>,
}

impl<'a> Rules<'a> {
    fn of(problems: &'a Diagnostics) -> Self {
        let mut rules = Self { index: HashMap::new(), list: Vec::new() };
        for problem in problems {
            let next = rules.list.len();
            let index = *rules.index.entry(problem.code).or_insert(next);
            match rules.list.get_mut(index) {
                Some(found) => found.push(problem),
                None => rules.list.push(vec![problem]),
            }
        }
        rules
    }

    fn shown(&self) -> Vec<Value> {
        self.list.iter().filter_map(|found| found.first().map(|first| rule(first, found))).collect()
    }
}

/// 3.49: a rule. Its help is what its results were helped with, because that says what to do.
fn rule(first: &Diagnostic, found: &[&Diagnostic]) -> Value {
    let title = first.code.replace('-', " ");
    let worst = found.iter().map(|each| each.severity).max().unwrap_or(first.severity);
    json!({
        "id": first.code,
        "shortDescription": { "text": title },
        "fullDescription": { "text": format!("`cardea check` reports `{}`: {title}.", first.code) },
        "help": { "text": help(found) },
        "defaultConfiguration": { "level": level(worst) },
    })
}

fn help(found: &[&Diagnostic]) -> String {
    let mut helps: Vec<&str> = Vec::new();
    for help in found.iter().flat_map(|each| &each.help) {
        if helps.len() < HELPS && !helps.contains(&help.as_str()) {
            helps.push(help);
        }
    }
    match helps.as_slice() {
        [] => "Each result says what is wrong and where.".to_owned(),
        helps => helps.join("\n"),
    }
}

/// 3.58.6: the levels.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// 3.27: a result.
fn result(problem: &Diagnostic, rules: &Rules<'_>, base: &Base, seen: &mut HashMap<u64, u32>) -> Value {
    let at = problem.at.as_ref().map(|at| Place::of(at, base));
    let helps = problem.help.iter().map(|help| format!("\nhelp: {help}"));
    let text: String = std::iter::once(problem.message.clone()).chain(helps).collect();
    let related = problem.labels.iter().zip(1_u32..).map(|(label, id)| {
        let mut place = location(Some(&Place::of(&label.at, base)), base);
        if let Some(members) = place.as_object_mut() {
            members.insert("id".to_owned(), json!(id));
            members.insert("message".to_owned(), message(&label.text));
        }
        place
    });
    json!({
        "ruleId": problem.code,
        "ruleIndex": rules.index.get(problem.code),
        "level": level(problem.severity),
        "message": message(&text),
        "locations": [location(at.as_ref(), base)],
        "relatedLocations": related.collect::<Vec<_>>(),
        "partialFingerprints": { "problem/v1": fingerprint(problem, at.as_ref(), seen) },
    })
}

/// 3.11.5: in messages a brace that stands for itself is doubled: what has arguments and what has none is read alike.
fn message(text: &str) -> Value {
    json!({ "text": text.replace('{', "{{").replace('}', "}}") })
}

/// 3.28: a location; the folder itself for problems that have no place in a file.
fn location(at: Option<&Place>, base: &Base) -> Value {
    let Some(at) = at else {
        let uri = format!("{}/", uri(&base.folder()));
        return json!({ "physicalLocation": { "artifactLocation": artifact(&uri) } });
    };
    json!({ "physicalLocation": {
        "artifactLocation": artifact(&uri(&at.file)),
        // 3.30.8: the end column is that of the character behind the region.
        "region": {
            "startLine": at.line,
            "startColumn": at.column,
            "endLine": at.end_line,
            "endColumn": at.end_column,
        },
    }})
}

/// 3.4: where a file is. One outside of the repository stands for itself.
fn artifact(uri: &str) -> Value {
    match uri.starts_with("file:") {
        true => json!({ "uri": uri }),
        false => json!({ "uri": uri, "uriBaseId": ROOT }),
    }
}

/// 3.10.1: a path as the URI that RFC 3986 wants.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    if path.starts_with('/') {
        out.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => out.push(byte.into()),
            _ if byte.is_ascii_alphanumeric() => out.push(byte.into()),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// 3.27.17: what makes a problem the same one in the next run, wherever its line has gone: its kind, its file and what
/// it says, and which of several such it is.
fn fingerprint(problem: &Diagnostic, at: Option<&Place>, seen: &mut HashMap<u64, u32>) -> String {
    let file = at.map_or("", |at| at.file.as_str());
    let hash = [problem.code, file, &problem.message].iter().fold(FNV_OFFSET, |hash, part| fnv(hash, part));
    let count = seen.entry(hash).or_insert(0);
    *count += 1;
    format!("{hash:016x}:{count}")
}

/// FNV-1a: short, and the same in every build. It keeps no secret and needs not to.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

fn fnv(start: u64, part: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    part.bytes().chain([0xff]).fold(start, step)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::Value;
    use source::{Diagnostic, Diagnostics};

    use super::{Base, render, uri};

    #[test]
    fn braces_stand_for_themselves_and_what_has_no_place_is_about_the_folder() {
        let problem = Diagnostic::warning("odd", "`{{x}}` is odd");
        let log = render(&Diagnostics::from_iter([problem]), &Base::of_command(Path::new("a b"))).unwrap();
        let log: Value = serde_json::from_str(&log).unwrap();
        let result = &log["runs"][0]["results"][0];
        assert_eq!(result["message"]["text"], "`{{{{x}}}}` is odd");
        let physical = &result["locations"][0]["physicalLocation"];
        assert_eq!(physical["artifactLocation"]["uri"], "a%20b/");
        assert!(physical.get("region").is_none());
    }

    #[test]
    fn what_stands_outside_of_the_repository_has_a_whole_uri() {
        assert_eq!(uri("/srv/a b.yaml"), "file:///srv/a%20b.yaml");
        assert_eq!(uri("apis/ü/policy.xml"), "apis/%C3%BC/policy.xml");
    }
}
