//! Hostile expressions end, fast, in an error.

use expr::{CompileEnv, Exception, Expected, Facts, Form, Heap, Limits, Value, compile};

use crate::host::TestHost;

fn run(code: &str, form: Form) -> Result<Value, Exception> {
    let compiled = compile(code, form, &Expected::Any, &CompileEnv::default());
    let program = compiled.program.unwrap_or_else(|| panic!("{code}: {:?}", compiled.problems));
    program.eval(&mut TestHost::default(), &mut Heap::new(16 << 20), &Limits::default())
}

#[test]
fn what_would_never_end_is_ended() {
    for code in [
        "while (true) { } return 1;",
        "for (;;) { try { while (true) { } } catch { } }",
        "int F(int n) { return F(n + 1); } return F(0);",
        "Func<int, int> f = null; f = n => f(n) + 1; return f(0);",
        "var s = \"ab\"; for (int i = 0; i < 1000; i++) { s += s; } return s;",
        "var l = new List<string>(); while (true) { l.Add(\"x\" + l.Count); }",
        "var o = new JObject(); while (true) { o = new JObject(new JProperty(\"a\", o)); }",
        "return Enumerable.Range(0, 2000000000).Select(x => x.ToString()).ToList().Count;",
        "return Enumerable.Range(0, 100000).SelectMany(x => Enumerable.Range(0, 100000)).Count();",
        "return new int[2000000000].Length;",
        "return new string('x', 2000000000);",
        "return \"\".PadLeft(2000000000);",
        "return string.Format(\"{0,999999}{0,999999}{0,999999}{0,999999}{0,999999}{0,999999}{0,999999}{0,999999}{0,999999}{0,999999}{0,999999}{0,999999}{0,999999}{0,999999}{0,999999}{0,999999}{0,999999}{0,999999}\", 1);",
        "var b = new StringBuilder(\"0123456789\"); while (true) { b.Append(b.ToString()); }",
        "var s = \"x\"; for (int i = 0; i < 40; i++) { s = s.Replace(\"x\", \"xx\"); } return s;",
        "var a = new JArray(); for (int i = 0; i < 100000000; i++) { a.Add(i); } return a;",
    ] {
        let result = run(code, Form::Block);
        assert!(result.as_ref().is_err_and(Exception::is_limit), "{code}: {result:?}");
    }
}

#[test]
fn a_limit_cannot_be_caught() {
    let result =
        run("try { while (true) { } } catch (Exception ex) { return 1; } finally { } return 2;", Form::Block);
    assert!(result.unwrap_err().is_limit());
}

#[test]
fn deep_code_is_refused_or_runs() {
    let deep = |open: &str, inner: &str, close: &str, count: usize| {
        format!("{}{inner}{}", open.repeat(count), close.repeat(count))
    };
    for count in [50, 100, 150, 200, 400, 2000] {
        for (open, inner, close) in [
            ("(", "1", ")"),
            ("-", "1", ""),
            ("!", "true", ""),
            ("(int)", "1", ""),
            ("new object[] { ", "1", " }"),
            ("true ? ", "1", " : 2"),
            ("\"a\" + (", "1", ")"),
            ("new JObject(new JProperty(\"a\", ", "1", "))"),
            ("", "context", ".Request"),
            ("", "\"\"", ".Trim()"),
            ("", "\"\"", "?.Trim()"),
            ("1 + ", "1", ""),
            ("null ?? ", "\"\"", ""),
            ("x => ", "1", ""),
            ("new[] { 1 }.Select(x => ", "1", ").First()"),
        ] {
            let code = deep(open, inner, close, count);
            let compiled = compile(&code, Form::Expression, &Expected::Any, &CompileEnv::default());
            if let Some(program) = compiled.program {
                let _ = program.eval(&mut TestHost::default(), &mut Heap::new(1 << 20), &Limits::default());
            } else {
                assert!(!compiled.problems.is_empty());
            }
        }
        for (open, inner, close) in [
            ("if (true) ", "return 1;", ""),
            ("{", "return 1;", "}"),
            ("while (true) ", "return 1;", ""),
            ("try {", "return 1;", "} catch { }"),
        ] {
            let code = deep(open, inner, close, count) + " return 0;";
            let compiled = compile(&code, Form::Block, &Expected::Any, &CompileEnv::default());
            if let Some(program) = compiled.program {
                let _ = program.eval(&mut TestHost::default(), &mut Heap::new(1 << 20), &Limits::default());
            }
        }
    }
}

#[test]
fn a_long_concatenation_is_no_deep_one() {
    let code = vec!["\"line\""; 200].join(" + context.RequestId + ");
    assert!(run(&code, Form::Expression).is_ok());
}

#[test]
fn deep_json_ends() {
    let code = format!("return JToken.Parse(\"{}\").ToString();", "[".repeat(100_000));
    assert!(run(&code, Form::Block).is_err());
    let nested =
        "var a = new JArray(); for (int i = 0; i < 5000; i++) { a = new JArray { a }; } return a.ToString();";
    assert!(run(nested, Form::Block).is_err());
    let clone = "var a = new JArray(); for (int i = 0; i < 5000; i++) { a = new JArray { a }; } return a.DeepClone() != null;";
    assert!(run(clone, Form::Block).is_err());
}

#[test]
fn what_may_take_long_is_known_when_it_is_compiled() {
    for (code, heavy) in [
        ("context.Request.Method == \"GET\"", false),
        ("Regex.IsMatch(context.Request.Method, \"^[a-z]+$\")", false),
        ("new Regex(\"a|b\").IsMatch(context.Request.Method)", false),
        ("Regex.Replace(context.Request.Method, \"a+\", \"b\")", false),
        ("Regex.IsMatch(context.Request.Method, \"(a)\\\\1\")", true),
        ("Regex.IsMatch(context.Request.Method, context.Operation.Id)", true),
        ("new[] { 1 }.Any(x => x > 1)", true),
    ] {
        let compiled = compile(code, Form::Expression, &Expected::Any, &CompileEnv::default());
        assert!(compiled.program.is_some(), "{code}: {:?}", compiled.problems);
        assert_eq!(compiled.facts.contains(Facts::HEAVY), heavy, "{code}");
    }
}
