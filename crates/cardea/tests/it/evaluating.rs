//! `cardea eval` and `cardea check --evaluate`: expressions with a request of a file.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::harness::{Api, Folder, Policy, program};

const REQUEST: &str = "
request:
  method: POST
  url: https://api.contoso.com/echo?a=1
  headers: { X-Team: red }
  body: { json: { model: gpt-4o } }
variables: { limit: 5 }
";

/// A folder with a request file in it, and the file's path.
fn request(folder: Folder) -> (Folder, String) {
    let folder = folder.file("request.yaml", REQUEST);
    let path = folder.artifacts().join("request.yaml").display().to_string();
    (folder, path)
}

#[test]
fn eval_shows_type_and_value() {
    let (_folder, path) = request(Folder::new());
    for (expression, shown) in [
        (r#"@(context.Request.Headers.GetValueOrDefault("X-Team", "none"))"#, "string  \"red\"\n"),
        (r#"@{ var n = (int)context.Variables["limit"]; return n + 1L; }"#, "long  (long)6\n"),
        (r#"(string)context.Request.Body.As<JObject>()["model"]"#, "string  \"gpt-4o\"\n"),
        ("null", "null\n"),
    ] {
        let output = program(&["eval", expression, "--request", &path], &[]);
        assert_eq!((output.code, output.stdout.as_str()), (0, shown), "{output:?}");
    }
    let output = program(&["eval", r#"int.Parse("x")"#], &[]);
    let thrown = "throws System.FormatException: Input string was not in a correct format.\n";
    assert_eq!((output.code, output.stdout.as_str()), (1, thrown), "{output:?}");
    let output = program(&["eval", "context.Subscripton", "--format", "text"], &[]);
    assert!(output.code == 1 && output.stderr.contains("CS1061"), "{output:?}");
    let output = program(&["eval", "1.5", "--format", "json"], &[]);
    let value: Value = serde_json::from_str(&output.stdout).expect("JSON");
    assert_eq!(value, json!({ "outcome": "value", "type": "double", "value": "1.5d" }));
}

#[test]
fn variables_of_a_file_go_over_those_of_the_request() {
    let (folder, path) = request(Folder::new());
    let folder = folder.file("variables.json", r#"{ "limit": 7 }"#);
    let variables = folder.artifacts().join("variables.json");
    let given = ["--request", &path, "--variables", variables.to_str().expect("UTF-8")];
    let output = program(&[&["eval", r#"context.Variables["limit"]"#], &given[..]].concat(), &[]);
    assert_eq!((output.code, output.stdout.as_str()), (0, "int  7\n"), "{output:?}");
}

#[test]
fn a_prompt_keeps_variables_and_takes_blocks_of_several_lines() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cardea"))
        .arg("eval")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program");
    let lines = ":set n 41\n@{\n  return (int)context.Variables[\"n\"]\n    + 1;\n}\n1 +\n:quit\n2\n";
    child.stdin.take().expect("a pipe").write_all(lines.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("an end");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success(), "{text}");
    assert!(text.contains("int  41\n") && text.contains("int  42\n"), "{text}");
    assert!(text.contains("error[csharp-") && !text.contains("int  2\n"), "{text}");
}

#[test]
fn a_folder_s_expressions_are_evaluated_and_counted() {
    let api = Api::new("own").policy(Policy::inbound(
        r#"<set-variable name="team" value="@(context.Request.Headers.GetValueOrDefault("X-Team"))" />
           <set-header name="X-Number"><value>@(((string)context.Variables["team"]).Length.ToString())</value></set-header>
           <set-method>@(new[] { "GET" }[1])</set-method>"#,
    ));
    let (folder, path) = request(Folder::new().api(&api));
    let artifacts = folder.artifacts();
    let arguments = ["check", artifacts.to_str().expect("UTF-8"), "--evaluate", "--request", &path];
    let output = program(&arguments, &[]);
    assert_eq!(output.code, 0, "{output:?}");
    assert!(output.stdout.contains("note[expression-throws]"), "{output:?}");
    let last = output.stdout.lines().last();
    let figures = "1 document, 1 loaded; 3 expressions, 3 compiled, 2 evaluated, 1 failed";
    assert_eq!(last, Some(figures), "{output:?}");
    let output = program(&[&arguments[..], &["--format", "json"]].concat(), &[]);
    let value: Value = serde_json::from_str(&output.stdout).expect("JSON");
    let evaluation = &value["evaluation"];
    assert_eq!(evaluation["documents"], json!({ "found": 1, "loaded": 1 }));
    let second = &evaluation["results"][1];
    assert_eq!((&second["place"], &second["value"]), (&json!("value"), &json!("\"3\"")), "{second}");
    assert!(second["file"].as_str().is_some_and(|file| file.ends_with("policy.xml")), "{second}");
}
