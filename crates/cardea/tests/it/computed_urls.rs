//! URLs that a policy computes reach this machine only where the settings allow it (server-side request forgery);
//! URLs of the configuration reach everything.

use crate::harness::{Api, Backend, Folder, Gateway, Policy, Start};

/// An API whose backend is named by a header of the caller.
fn folder(backend: &Backend) -> Folder {
    let computed =
        r#"<set-backend-service base-url="@(context.Request.Headers.GetValueOrDefault("x-backend", ""))" />"#;
    let known = format!(r#"<set-backend-service base-url="@("{}")" />"#, backend.url());
    Folder::new()
        .api(&Api::new("computed").serving(&["GET /x"]).policy(Policy::inbound(computed)))
        .api(&Api::new("known").serving(&["GET /x"]).policy(Policy::inbound(&known)))
}

async fn statuses(gateway: &Gateway, backend: &Backend) -> (u16, u16) {
    let computed = gateway.get("/computed/x").header("x-backend", &backend.url()).send().await;
    let known = gateway.get("/known/x").send().await;
    (computed.status, known.status)
}

#[tokio::test]
async fn a_caller_cannot_make_the_gateway_call_this_machine() {
    let backend = Backend::start().await;
    let gateway = Gateway::serving(folder(&backend)).await;
    assert_eq!(statuses(&gateway, &backend).await, (500, 200));
    assert_eq!(backend.seen().len(), 1);
}

#[tokio::test]
async fn an_operator_can_allow_it() {
    let backend = Backend::start().await;
    let gateway = Start::new(folder(&backend)).set("outbound.allow-loopback", "true").start().await;
    assert_eq!(statuses(&gateway, &backend).await, (200, 200));
}
