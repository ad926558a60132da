//! Runs the case files under `tests/cases`.
//!
//! A file holds cases divided by lines of `---`. A case is lines of `key: value`; a value may go on in lines that begin with
//! two blanks (of which two are taken off). Lines that begin with `#` are comments.
//!
//! ```text
//! expression: "a" + 1            # or  block: return "a" + 1;
//! body: {"a":1}                  # given: body, response-body, status, header NAME, response-header NAME, query NAME,
//! header X-Name: one             #        parameter NAME, variable NAME (a literal), anonymous, last-error
//! value: a1                      # expected: value and type, or exception, or error (and help)
//! type: string
//! source: C# specification, 12.10.5
//! ```
//!
//! `wants` names what the place in the document wants: bool, int, long, double, string, bytes, body, variable; any when it is left out.
//! `oracle: REASON` keeps a case from being asked of the oracle (`cargo xtask oracle cases`): what .NET Framework or API Management
//! answers otherwise than Mono. `exception` is `Class: message`; `error` is a part of the message of the first problem. `facts` are the facts that hold.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use expr::{
    CompileEnv, Compiled, Exception, Expected, Form, Heap, Limits, Program, Text, Value, VarName, compile,
};

use crate::host::TestHost;

struct Case {
    place: String,
    fields: Vec<(String, String)>,
}

impl Case {
    fn get(&self, key: &str) -> Option<&str> {
        self.fields.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str())
    }

    fn named<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.fields
            .iter()
            .filter_map(move |(key, value)| Some((key.strip_prefix(prefix)?.trim(), value.as_str())))
    }
}

pub(crate) fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "txt") {
            found.push(path);
        }
    }
}

fn read(path: &Path) -> Vec<Case> {
    let text = fs::read_to_string(path).unwrap();
    let mut cases = Vec::new();
    let mut fields: Vec<(String, String)> = Vec::new();
    let mut start = 1;
    for (number, line) in text.lines().enumerate() {
        if line == "---" {
            push(&mut cases, path, start, &mut fields);
            start = number + 2;
        } else if line.starts_with('#') || line.trim().is_empty() {
            continue;
        } else if let Some(more) = line.strip_prefix("  ") {
            let (_, value) = fields.last_mut().unwrap_or_else(|| panic!("{}:{}", path.display(), number + 1));
            if !value.is_empty() {
                value.push('\n');
            }
            value.push_str(more);
        } else {
            let (key, value) = line.split_once(':').unwrap_or((line, ""));
            fields.push((key.trim().to_owned(), value.strip_prefix(' ').unwrap_or(value).to_owned()));
        }
    }
    push(&mut cases, path, start, &mut fields);
    cases
}

fn push(cases: &mut Vec<Case>, path: &Path, line: usize, fields: &mut Vec<(String, String)>) {
    if !fields.is_empty() {
        let name = path.file_name().unwrap().to_string_lossy();
        cases.push(Case { place: format!("{name}:{line}"), fields: std::mem::take(fields) });
    }
}

fn expected(case: &Case) -> Expected {
    match case.get("wants") {
        None | Some("any") => Expected::Any,
        Some("bool") => Expected::Bool,
        Some("int") => Expected::Int,
        Some("long") => Expected::Long,
        Some("double") => Expected::Double,
        Some("string") => Expected::String,
        Some("bytes") => Expected::Bytes,
        Some("body") => Expected::BodyText,
        Some("variable") => Expected::Variable,
        Some(other) => panic!("{}: unknown `wants: {other}`", case.place),
    }
}

fn source(case: &Case) -> (&str, Form) {
    match (case.get("expression"), case.get("block")) {
        (Some(code), _) => (code, Form::Expression),
        (_, Some(code)) => (code, Form::Block),
        _ => panic!("{}: no expression", case.place),
    }
}

pub(crate) fn run(program: &Program, host: &mut TestHost, heap: &mut Heap) -> Result<Value, Exception> {
    program.eval(host, heap, &Limits::default())
}

fn host(case: &Case, heap: &mut Heap) -> TestHost {
    let mut host = TestHost {
        request_body: case.get("body").map(str::to_owned),
        response_body: case.get("response-body").map(str::to_owned),
        status: case.get("status").map(|status| status.parse().unwrap()),
        anonymous: case.get("anonymous").is_some(),
        failed: case.get("last-error").is_some(),
        ..TestHost::default()
    };
    let lists = |prefix: &str| {
        let one =
            |(name, value): (&str, &str)| (name.to_owned(), value.split(" | ").map(str::to_owned).collect());
        case.named(prefix).map(one).collect::<Vec<_>>()
    };
    host.request_headers = lists("header ");
    host.response_headers = lists("response-header ");
    host.query = lists("query ");
    host.parameters = lists("parameter ");
    for (name, code) in case.named("variable ") {
        let compiled = compile(code, Form::Expression, &Expected::Any, &CompileEnv::default());
        let program = compiled.program.unwrap_or_else(|| panic!("{}: {:?}", case.place, compiled.problems));
        let value = run(&program, &mut host, heap).unwrap();
        host.variables.push((VarName::new(name), value));
    }
    host
}

/// The value as a case file writes it: text as it is, everything else as `ToString()` gives it.
fn shown(value: &Value, host: &mut TestHost, heap: &mut Heap) -> String {
    if let Some(bytes) = heap.as_bytes(value) {
        return bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    }
    if let Some(text) = heap.json_text(value, expr::Formatting::None) {
        return text.unwrap().as_str().to_owned();
    }
    if value.is_null() {
        return "null".to_owned();
    }
    // A program that shows a variable.
    let code = "context.Variables[\"x\"] is string[] ? string.Join(\"|\", (string[])context.Variables[\"x\"]) : context.Variables[\"x\"].ToString()";
    let program = compile(code, Form::Expression, &Expected::String, &CompileEnv::default()).program.unwrap();
    let kept = std::mem::replace(&mut host.variables, vec![(VarName::new("x"), value.clone())]);
    let text = run(&program, host, heap).unwrap();
    host.variables = kept;
    text.as_text().map(|text| text.as_str().to_owned()).unwrap_or_default()
}

fn check(case: &Case) -> Result<(), String> {
    let (code, form) = source(case);
    let expected = expected(case);
    let compiled = compile(code, form, &expected, &CompileEnv::default());
    if let Some(error) = case.get("error") {
        return check_error(case, &compiled, error);
    }
    if let Some(warning) = case.get("warning")
        && !compiled.warnings.iter().any(|found| found.message.contains(warning))
    {
        return Err(format!("warns: {:?}", compiled.warnings));
    }
    let Some(program) = &compiled.program else {
        let mut text = String::from("does not compile:");
        for problem in &compiled.problems {
            let _ = write!(text, "\n    {} {:?} {:?}", problem.message, problem.span, problem.help);
        }
        return Err(text);
    };
    let mut heap = Heap::new(64 * 1024 * 1024);
    let mut host = host(case, &mut heap);
    let result = run(program, &mut host, &mut heap);
    if let Some(facts) = case.get("facts")
        && format!("{:?}", program.facts()) != facts
    {
        return Err(format!("facts are {:?}", program.facts()));
    }
    match (case.get("value"), case.get("exception"), result) {
        (Some(wanted), _, Ok(value)) => check_value(case, wanted, &value, &mut host, &mut heap),
        (_, Some(wanted), Err(exception)) => {
            let found =
                format!("{}: {}", exception.class(), exception.message().as_str().replace("\r\n", " / "));
            if found == wanted { Ok(()) } else { Err(format!("threw {found}")) }
        }
        (None, None, Ok(_)) if case.get("facts").is_some() => Ok(()),
        (_, _, Ok(value)) => Err(format!("gave {}", shown(&value, &mut host, &mut heap))),
        (_, _, Err(exception)) => Err(format!("threw {exception:?}")),
    }
}

fn check_value(
    case: &Case,
    wanted: &str,
    value: &Value,
    host: &mut TestHost,
    heap: &mut Heap,
) -> Result<(), String> {
    let found = shown(value, host, heap).replace("\r\n", "\n");
    if found != wanted {
        return Err(format!("gave {found:?}"));
    }
    if let Some(ty) = case.get("type") {
        let found = heap.type_name(value);
        if found != ty {
            return Err(format!("gave a value of type {found}"));
        }
    }
    Ok(())
}

fn check_error(case: &Case, compiled: &Compiled, error: &str) -> Result<(), String> {
    let Some(problem) = compiled.problems.first() else { return Err("compiles".to_owned()) };
    if !problem.message.contains(error) {
        return Err(format!("reported: {}", problem.message));
    }
    match (case.get("help"), &problem.help) {
        (Some(wanted), Some(help)) if !help.contains(wanted) => Err(format!("helped: {help}")),
        (Some(_), None) => Err("did not help".to_owned()),
        _ => Ok(()),
    }
}

#[test]
fn every_case_behaves_as_its_source_says() {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases"), &mut found);
    assert!(!found.is_empty());
    let mut count = 0;
    let mut failures = String::new();
    for path in found {
        for case in read(&path) {
            count += 1;
            if let Err(failure) = check(&case) {
                let (code, _) = source(&case);
                let _ = writeln!(failures, "{}: {code}\n    {failure}", case.place);
            }
            assert!(case.get("source").is_some(), "{}: a case names its source", case.place);
        }
    }
    println!("{count} cases");
    assert!(failures.is_empty(), "\n{failures}");
}

#[test]
fn secrets_come_out_tainted_and_only_when_they_run() {
    let slot = secret::SecretSlot::holding("key", secret::Secret::new("s3cret"));
    let code = format!("\"Bearer \" + \"{}\"", csharp::placeholder(0));
    let slots = [slot.clone()];
    let env = CompileEnv { slots: &slots };
    let compiled = compile(&code, Form::Expression, &Expected::String, &env);
    let program = compiled.program.unwrap();
    assert!(program.constant().is_none() && program.facts().contains(expr::Facts::SECRET));
    let mut heap = Heap::new(10_000);
    let value = run(&program, &mut TestHost::default(), &mut heap).unwrap();
    assert!(value.is_tainted());
    assert_eq!(value.as_text().map(Text::as_str), Some("Bearer s3cret"));
    slot.replace(secret::Secret::new("two"));
    let value = run(&program, &mut TestHost::default(), &mut heap).unwrap();
    assert_eq!(value.as_text().map(Text::as_str), Some("Bearer two"));
}
