//! The language of examples notices what is wrong: a runner that finds no difference proves nothing.

use policy::Scope;

use crate::compare::differences;
use crate::documents::Document;
use crate::script::{Then, When};
use crate::walk;

const DOCUMENT: &str = r#"<policies>
    <inbound>
        <set-variable name="v" value="1" />
        <set-header name="X-A"><value>new</value></set-header>
        <trace source="s"><message>m</message></trace>
    </inbound>
    <outbound><set-status code="202" /></outbound>
</policies>"#;

fn found(then: &str) -> Result<Vec<String>, String> {
    let when = When::read("> POST /orders?a=1\n> X-A: old\n>\n> sent\n< 200\n< X-B: b\n<\n< got")?;
    let document = Document { scope: Scope::Operation, text: DOCUMENT.to_owned() };
    let (walked, problems) = walk::run(&[document], &when)?;
    let walked = walked.ok_or_else(|| format!("{problems:?}"))?;
    Ok(differences(&Then::read(then)?, &walked))
}

#[test]
fn what_holds_is_no_difference() {
    let then = "> POST /orders?a=1\n> X-A: new\n> no X-C\n>\n> sent\n< 202 Accepted\n< X-B: b\n<\n< got\nvariable v = \"1\"\n\
                variable w unset\nno error\ntrace verbose s: m\nforwarded timeout=300s";
    assert_eq!(found(then), Ok(Vec::new()));
}

#[test]
fn each_thing_that_does_not_hold_is_told() {
    let wrong = [
        ("> GET /orders?a=1", "the backend gets `POST /orders?a=1`, not `GET /orders?a=1`"),
        ("> POST /orders?a=1\n> X-A: old", "the backend gets `X-A` as [\"new\"], not [\"old\"]"),
        ("> POST /orders?a=1\n> no X-A", "the backend gets `X-A` as [\"new\"], not []"),
        ("> POST /orders?a=1\n>\n> other", "the backend gets the body \"sent\", not \"other\""),
        ("< 200", "the caller gets 202, not 200; body \"got\", error None"),
        ("< 202 OK", "the reason is `Accepted`, not `OK`"),
        ("< 202\n< X-B: c", "the caller gets `X-B` as [\"b\"], not [\"c\"]"),
        ("< 202\n<", "the caller gets the body \"got\", not \"\""),
        ("no call", "`a call`, not `no call`"),
        ("variable v = 1", "`variable v = \"1\"`, not `variable v = 1`"),
        ("variable v unset", "`variable v = \"1\"`, not `variable v unset`"),
        ("error reason = X", "`no error`, not `error reason = X`"),
        ("no trace", "`trace verbose s: m`, not `no trace`"),
        ("forwarded timeout=1s", "not timeout=1s"),
        ("nonsense", "`nonsense` is not a line of `then`"),
    ];
    for (then, told) in wrong {
        let found = found(then).unwrap();
        assert!(matches!(found.as_slice(), [only] if only.ends_with(told)), "{then}: {found:?}");
    }
}
