//! Which policies let the call to the backend take the request's headers along.

use policy::{Scope, Section};

use crate::documents::Document;
use crate::script::When;
use crate::walk::Loaded;

const CALL: &str = "<forward-request />";

fn ends_with_call(inbound: &str, backend: &str, outbound: &str, on_error: &str) -> Result<bool, String> {
    let text = format!(
        "<policies><inbound>{inbound}</inbound><backend>{backend}</backend><outbound>{outbound}</outbound>\
         <on-error>{on_error}</on-error></policies>"
    );
    let document = Document::of(Scope::Api, Section::Inbound, &text);
    let when = When::read("> GET /")?;
    let (loaded, problems) = Loaded::of(&[document], &when)?;
    let loaded = loaded.ok_or_else(|| format!("{problems:?}"))?;
    Ok(loaded.pipeline.ends_with_call())
}

#[test]
fn headers_go_along_where_nobody_reads_them_afterwards() {
    let keeps = r#"<set-variable name="h" value="@(context.Request.Headers.GetValueOrDefault("a", ""))" />"#;
    let late = r#"<set-header name="x" exists-action="override"><value>@(context.Request.Headers.GetValueOrDefault("a", ""))</value></set-header>"#;
    let own = r#"<set-header name="x" exists-action="override"><value>y</value></set-header>"#;
    let through = r#"<set-header name="x" exists-action="override"><value>@(context.Variables.ContainsKey("h") ? "y" : "n")</value></set-header>"#;
    let chosen = r#"<choose><when condition="@(context.Request.Headers.ContainsKey("a"))"><set-status code="418" reason="no" /></when></choose>"#;
    let twice = r#"<retry condition="@(false)" count="1" interval="0"><forward-request /></retry>"#;
    for (inbound, backend, outbound, on_error, ends) in [
        ("", CALL, "", "", true),
        (late, CALL, own, own, true),
        (own, CALL, through, "", true),
        // A variable holds what was read, never the headers themselves.
        (keeps, CALL, through, "", true),
        ("", CALL, late, "", false),
        ("", CALL, "", late, false),
        ("", CALL, chosen, "", false),
        ("", twice, "", "", false),
        ("", "", "", "", false),
    ] {
        let found = ends_with_call(inbound, backend, outbound, on_error);
        assert_eq!(found, Ok(ends), "{inbound} | {backend} | {outbound} | {on_error}");
    }
}
