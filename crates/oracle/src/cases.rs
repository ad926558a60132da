//! The case files of the crate `expr` (`crates/expr/tests/it/cases.rs` tells their form), as questions.
//!
//! A case that .NET Framework (or API Management) answers otherwise than Mono says so: `source: …; Mono …`, or a line `oracle:` with
//! the reason. It is skipped. So is one that only Cardea refuses, by a rule that has no code of the compiler.

use std::path::{Path, PathBuf};

use expr::{Expected, Form};
use request_file::RequestFile;
use serde_json::{Map, Value as Json, json};

use crate::Question;
use crate::command::Failure;

/// A case.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// File and line.
    pub(crate) place: String,
    /// The program.
    pub(crate) question: Question,
    /// The request.
    pub(crate) request: RequestFile,
    /// Why it is not asked.
    pub(crate) skipped: Option<String>,
}

type Fields = Vec<(String, String)>;

/// All cases below a folder, in the order of the files.
///
/// # Errors
/// When a file cannot be read or is none.
pub(crate) fn read(folder: &Path) -> Result<Vec<Case>, Failure> {
    let mut files = Vec::new();
    find(folder, &mut files)?;
    let mut cases = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(&path)?;
        let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
        for (line, fields) in split(&text) {
            cases.push(case(format!("{name}:{line}"), &fields)?);
        }
    }
    Ok(cases)
}

/// Programs that differ or once differed: one a line.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn found(path: &Path) -> Result<Vec<Case>, Failure> {
    let text = std::fs::read_to_string(path)?;
    let request = RequestFile::parse("")?;
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.starts_with("# "));
    let case = |(number, line): (usize, &str)| Case {
        place: format!("{}:{number}", path.file_name().unwrap_or_default().display()),
        question: Question::of(line),
        request: request.clone(),
        skipped: None,
    };
    Ok(lines.map(case).collect())
}

fn find(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        paths.push(entry?.path());
    }
    paths.sort();
    for path in paths {
        if path.is_dir() {
            find(&path, found)?;
        } else if path.extension().is_some_and(|ending| ending == "txt") {
            found.push(path);
        }
    }
    Ok(())
}

/// The fields of each case, with the line where it begins.
fn split(text: &str) -> Vec<(usize, Fields)> {
    let mut cases = Vec::new();
    let (mut start, mut fields) = (1, Fields::new());
    for (number, line) in (1..).zip(text.lines().chain(["---"])) {
        if line == "---" {
            if !fields.is_empty() {
                cases.push((start, std::mem::take(&mut fields)));
            }
            start = number + 1;
        } else if line.starts_with('#') || line.trim().is_empty() {
            continue;
        } else if let (Some(more), Some((_, value))) = (line.strip_prefix("  "), fields.last_mut()) {
            value.push_str(if value.is_empty() { "" } else { "\n" });
            value.push_str(more);
        } else {
            let (key, value) = line.split_once(':').unwrap_or((line, ""));
            fields.push((key.trim().to_owned(), value.strip_prefix(' ').unwrap_or(value).to_owned()));
        }
    }
    cases
}

fn get<'a>(fields: &'a Fields, key: &str) -> Option<&'a str> {
    fields.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str())
}

fn case(place: String, fields: &Fields) -> Result<Case, Failure> {
    let (code, form) = match (get(fields, "expression"), get(fields, "block")) {
        (Some(code), _) => (code, Form::Expression),
        (None, Some(code)) => (code, Form::Block),
        (None, None) => return Err(format!("{place}: no expression").into()),
    };
    let wants = match get(fields, "wants") {
        Some("bool") => Expected::Bool,
        Some("int") => Expected::Int,
        Some("long") => Expected::Long,
        Some("double") => Expected::Double,
        Some("string") => Expected::String,
        Some("bytes") => Expected::Bytes,
        Some("body") => Expected::BodyText,
        Some("variable") => Expected::Variable,
        _ => Expected::Any,
    };
    let request = RequestFile::of(request(fields)).map_err(|error| format!("{place}: {error}"))?;
    let question = Question { code: code.to_owned(), form, wants };
    Ok(Case { place, question, request, skipped: skipped(fields) })
}

fn skipped(fields: &Fields) -> Option<String> {
    let ours =
        get(fields, "error").filter(|error| !error.contains("(CS")).map(|_| "refused by a rule of ours");
    let mono = |source: &&str| source.contains("; Mono");
    let source = get(fields, "source").filter(mono);
    get(fields, "oracle").or(source).or(ours).map(str::to_owned)
}

/// The request that the tests of `expr` have, with what the case says.
fn request(fields: &Fields) -> Json {
    let lists = |prefix: &str| -> Map<String, Json> {
        let own = fields.iter().filter_map(|(key, value)| Some((key.strip_prefix(prefix)?.trim(), value)));
        own.map(|(name, value)| (name.to_owned(), json!(value.split(" | ").collect::<Vec<_>>()))).collect()
    };
    let variables =
        fields.iter().filter_map(|(key, code)| Some((key.strip_prefix("variable ")?.trim(), code)));
    let variables: Map<String, Json> =
        variables.map(|(name, code)| (name.to_owned(), json!({ "expression": code }))).collect();
    let parameters: Map<String, Json> = lists("parameter ")
        .into_iter()
        .map(|(name, values)| (name, values.get(0).cloned().unwrap_or_default()))
        .collect();
    let query: Vec<String> = lists("query ")
        .iter()
        .flat_map(|(name, values)| {
            let values = values.as_array().cloned().unwrap_or_default();
            values.into_iter().map(move |value| format!("{name}={}", value.as_str().unwrap_or_default()))
        })
        .collect();
    let query = if query.is_empty() { "a=1&b=2".to_owned() } else { query.join("&") };
    let mut file = json!({
        "request": {
            "method": "POST",
            "url": format!("https://api.contoso.com/echo/resource/7?{query}"),
            "ipAddress": "10.0.0.1",
            "headers": lists("header "),
            "matchedParameters": parameters,
            "body": get(fields, "body"),
        },
        "variables": variables,
        "api": { "id": "echo-api", "name": "Echo API", "path": "echo", "revision": "1" },
        "operation": { "id": "create", "name": "Create resource", "method": "POST", "urlTemplate": "/resource/{id}" },
        "deployment": { "region": "West Europe", "serviceName": "contoso" },
    });
    let mut add = |name: &str, value: Json| {
        if let Some(file) = file.as_object_mut() {
            file.insert(name.to_owned(), value);
        }
    };
    if let Some(status) = get(fields, "status") {
        let status: i32 = status.parse().unwrap_or(200);
        let headers = lists("response-header ");
        add(
            "response",
            json!({ "status": status, "reason": "OK", "headers": headers, "body": get(fields, "response-body") }),
        );
    }
    if get(fields, "anonymous").is_none() {
        add("subscription", json!({ "id": "sub-1", "name": "Contoso", "key": "planted-key" }));
        add("product", json!({ "id": "starter", "name": "Starter" }));
        add("user", json!({ "id": "user-1", "email": "a@contoso.com" }));
    }
    if get(fields, "last-error").is_some() {
        add(
            "lastError",
            json!({ "source": "validate-jwt", "reason": "TokenNotPresent", "message": "JWT not present." }),
        );
    }
    file
}
