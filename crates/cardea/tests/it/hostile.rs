//! Expressions that would not end: they end by their limits, and while they run everybody else is served.
//!
//! Nothing here depends on how fast the machine is: what must happen while a hostile expression runs is seen to happen
//! before it ends, and it would run for ten minutes.

use crate::harness::{Api, Folder, Gateway, Policy, Start, eventually};

/// What went wrong, as the answer.
const TELL: &str = r#"<return-response>
    <set-status code="500" reason="Failed" />
    <set-body>@(context.LastError.Source + "/" + context.LastError.Reason + ": " + context.LastError.Message)</set-body>
</return-response>"#;

/// An API whose policy answers with the value of an expression.
fn api(name: &str, expression: &str) -> Api {
    let answer = format!("<return-response><set-body>{expression}</set-body></return-response>");
    Api::new(name).policy(Policy::inbound(&answer).and_on_error(TELL))
}

/// It computes for ten minutes, unless nobody waits for it any more.
const ENDLESS: &str =
    "@{ var n = 0; while (true) { try { n = (n + 1) % 1000; } catch { } } return \"never\"; }";
/// It has a loop as well, but an end.
const SHORT: &str = "@{ var n = 0; for (int i = 0; i < 100; i++) { n += i; } return n.ToString(); }";

/// One thread serves all requests, one computes, and nobody may wait for it.
fn gateway(folder: Folder) -> Start {
    Start::new(folder)
        .set("runtime.threads", "1")
        .set("expressions.threads", "1")
        .set("expressions.queue", "0")
        .set("expressions.steps", "1000000000000000")
        .set("expressions.milliseconds", "600000")
}

async fn body(gateway: &Gateway, path: &str) -> (u16, String) {
    let answer = gateway.get(path).send().await;
    (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
}

#[tokio::test]
async fn others_are_served_while_an_expression_computes_and_a_caller_that_leaves_ends_it() {
    let folder = Folder::new()
        .api(&api("endless", ENDLESS))
        .api(&api("short", SHORT))
        .api(&api("plain", "@(\"served: \" + context.Request.Method)"));
    let gateway = gateway(folder).start().await;
    let begin = || {
        let call = gateway.get("/endless");
        tokio::spawn(async move { call.send().await })
    };
    let mut endless = begin();
    let mut begun = 1;
    let busy = "return-response/ExpressionValueEvaluationFailure: Expression evaluation failed. \
                Too many expressions that may take long are waiting.";
    let is_busy = async || {
        if endless.is_finished() {
            // A short one had the only thread.
            endless = begin();
            begun += 1;
        }
        (body(&gateway, "/short").await.1 == busy).then_some(())
    };
    eventually("the pool is busy", is_busy).await;
    for _ in 0..50 {
        assert_eq!(body(&gateway, "/plain").await, (200, "served: GET".to_owned()));
    }
    assert!(!endless.is_finished(), "it still computes, on a thread that serves nobody");
    endless.abort();
    let short = async || (body(&gateway, "/short").await == (200, "4950".to_owned())).then_some(());
    eventually("the thread is free again", short).await;
    let ended = |record: &&serde_json::Value| record.to_string().contains("/endless");
    let records = async || (gateway.records().iter().filter(ended).count() == begun).then_some(());
    eventually("a record of each call, the one whose caller left too", records).await;
}

#[tokio::test]
async fn a_limit_is_an_error_of_the_expression_that_no_catch_catches() {
    let text = "@{ var s = \"ab\"; while (true) { try { s += s; } catch (Exception) { return \"caught\"; } finally { } } }";
    let regex = "@(Regex.IsMatch(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\", \"^(?:(a+)+\\\\1?)+$\").ToString())";
    let depth = "@{ int F(int n) { return F(n + 1); } return F(0).ToString(); }";
    let folder = Folder::new()
        .api(&api("steps", ENDLESS))
        .api(&api("text", text))
        .api(&api("regex", regex))
        .api(&api("depth", depth));
    let gateway = Start::new(folder)
        .set("expressions.steps", "200000")
        .set("expressions.text-bytes", "65536")
        .set("expressions.milliseconds", "600000")
        .start()
        .await;
    for (path, why) in [
        ("/steps", "The expression takes more steps than it may."),
        ("/text", "The expression makes a longer text than it may."),
        ("/regex", "The regular expression takes more steps than it may."),
        ("/depth", "The expression nests calls more deeply than it may."),
    ] {
        let expected =
            format!("return-response/ExpressionValueEvaluationFailure: Expression evaluation failed. {why}");
        assert_eq!(body(&gateway, path).await, (500, expected), "{path}");
    }
}

#[tokio::test]
async fn an_expression_ends_when_its_time_is_over() {
    let folder = Folder::new().api(&api("endless", ENDLESS));
    let gateway = gateway(folder).set("expressions.milliseconds", "1").start().await;
    let (status, text) = body(&gateway, "/endless").await;
    assert_eq!(status, 500);
    assert!(text.ends_with("The expression takes longer than it may."), "{text}");
}
