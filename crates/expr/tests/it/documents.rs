//! Hostile JSON, XML and JSONPath end in an error, or in time.

use expr::{CompileEnv, Exception, Expected, Form, Heap, Limits, Value, VarName, compile};

use crate::host::TestHost;

/// Runs a block with a text in the variable `text`.
fn run(text: &str, code: &str) -> Result<Value, Exception> {
    let code = format!("var text = (string)context.Variables[\"text\"]; {code}");
    let compiled = compile(&code, Form::Block, &Expected::Any, &CompileEnv::default());
    let program = compiled.program.unwrap_or_else(|| panic!("{code}: {:?}", compiled.problems));
    let mut host = TestHost::default();
    host.variables.push((VarName::new("text"), Value::text(text)));
    program.eval(&mut host, &mut Heap::new(64 << 20), &Limits::default())
}

#[test]
fn deep_documents_are_refused() {
    for depth in [300, 5_000, 200_000] {
        let xml = "<a>".repeat(depth) + &"</a>".repeat(depth);
        let error = run(&xml, "return XElement.Parse(text).Value;").unwrap_err();
        assert!(error.is_limit(), "{error:?}");
        let json = "[".repeat(depth) + &"]".repeat(depth);
        let error = run(&json, "return JToken.Parse(text).ToString();").unwrap_err();
        assert!(error.message().as_str().starts_with("The reader's MaxDepth of 128 has been exceeded."));
    }
}

#[test]
fn trees_that_programs_nest_end_where_they_are_written() {
    for code in [
        "var x = new XElement(\"a\"); for (int i = 0; i < 3000; i++) { x = new XElement(\"a\", x); } return x.ToString();",
        "var x = new XElement(\"a\"); for (int i = 0; i < 3000; i++) { x = new XElement(\"a\", x); } return new XElement(x);",
        "var x = new XElement(\"a\"); while (true) { x.Add(x); }",
        "var x = new XElement(\"a\", new XElement(\"b\")); foreach (var e in x.Elements()) { x.Add(new XElement(\"b\")); } return 1;",
        "var a = new JArray(); while (true) { a.Add(a); }",
        "var a = JArray.Parse(new string('[', 100) + new string(']', 100)); return a.SelectTokens(\"$..*..*..*..*..*..*\").Count();",
        "var a = JArray.Parse(\"[\" + string.Join(\",\", Enumerable.Repeat(\"1\", 2000)) + \"]\"); return a.SelectTokens(\"$[?(@ == $[*])]\").Count();",
    ] {
        let result = run("", code);
        assert!(result.as_ref().is_err_and(Exception::is_limit), "{code}: {result:?}");
    }
}

#[test]
fn entities_of_a_document_type_are_never_expanded() {
    let bomb =
        "<!DOCTYPE a [<!ENTITY l 'lol'><!ENTITY m '&l;&l;&l;&l;'><!ENTITY n '&m;&m;&m;&m;'>]><a>&n;</a>";
    let error = run(bomb, "return XDocument.Parse(text).ToString();").unwrap_err();
    assert_eq!(error.class(), "System.Xml.XmlException");
    assert!(error.message().as_str().starts_with("Reference to undeclared entity 'n'."));
    let external = "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>";
    assert!(run(external, "return XElement.Parse(text).Value;").is_err());
}

#[test]
fn wide_documents_are_read_and_written() {
    let declarations: String = (0..2_000).map(|n| format!(" xmlns:p{n}='u{n}' a{n}='{n}'")).collect();
    let xml = format!("<a{declarations}>{}</a>", "<b/>".repeat(2_000));
    assert!(run(&xml, "return XElement.Parse(text).Elements(\"b\").Count();").is_ok());
    assert!(
        run(&xml, "var x = XElement.Parse(text); x.Elements().Remove(); return x.ToString().Length;").is_ok()
    );
    let json = format!("{{{}}}", (0..20_000).map(|n| format!("\"k{n}\":{n}")).collect::<Vec<_>>().join(","));
    assert!(run(&json, "return JObject.Parse(text).Properties().Count();").is_ok());
}
