//! Named values in expressions: as code, as text, and where the setting lets them stand.

use crate::harness::{Api, Backend, Folder, Policy, Start};

fn header(name: &str, value: &str) -> String {
    format!(r#"<set-header name="{name}" exists-action="override"><value>{value}</value></set-header>"#)
}

/// Two APIs: one has a named value in code, the other in strings and comments only.
fn folder(backend: &Backend) -> Folder {
    let code = header("x-sum", "@(({{count}} + 1).ToString())");
    let text = header("x-text", r#"@($"n={"{{count}}"}" + "{{count}}" /* {{count}} */)"#);
    Folder::new()
        .named_value("count", "41")
        .api(&Api::new("code").to(&backend.url()).policy(Policy::inbound(&code)))
        .api(&Api::new("text").to(&backend.url()).policy(Policy::inbound(&text)))
}

#[tokio::test]
async fn a_named_value_may_be_code() {
    let backend = Backend::start().await;
    let gateway = Start::new(folder(&backend)).start().await;
    assert_eq!(gateway.get("/code").send().await.status, 200, "{}", gateway.said());
    assert_eq!(backend.last().header("x-sum"), ["42"]);
    assert_eq!(gateway.get("/text").send().await.status, 200);
    assert_eq!(backend.last().header("x-text"), ["n=4141"]);
}

#[tokio::test]
async fn a_setting_keeps_named_values_inside_of_strings() {
    let backend = Backend::start().await;
    let strict = |start: Start| start.set("expressions.named-values-as-code", "false");
    let gateway = strict(Start::new(folder(&backend))).start().await;
    assert_eq!(gateway.get("/code").send().await.status, 500);
    assert!(gateway.said().contains("named-value-as-code"), "{}", gateway.said());
    assert_eq!(gateway.get("/text").send().await.status, 200);
    assert_eq!(backend.last().header("x-text"), ["n=4141"]);
    let output = strict(Start::new(folder(&backend)).argument("--strict")).refused().await;
    assert!(output.stderr.contains("the named value `{{count}}` stands in code"), "{}", output.stderr);
}
