//! What is known of a call from the policies alone: documents, and where they may send it.

use artifacts::{MemoryFolder, Options, load};
use plan::access;

/// Backends `one` and `two`, and the pool `both` of them, whose deployments differ.
const BACKENDS: [(&str, &str); 3] = [
    ("one", r#"{"properties": {"url": "https://one.example/openai/deployments/small", "protocol": "http"}}"#),
    ("two", r#"{"properties": {"url": "https://two.example/openai/deployments/large", "protocol": "http"}}"#),
    (
        "both",
        r#"{"properties": {"type": "Pool", "pool": {"services": [{"id": "/backends/one"}, {"id": "/backends/two"}]}}}"#,
    ),
];

/// Where holders of keys of all APIs get, with these policies of the service and of the API.
fn reached(global: &str, api: &str) -> Vec<String> {
    let document = |inbound: &str, backend: &str| {
        format!("<policies><inbound><base />{inbound}</inbound><backend>{backend}</backend></policies>")
    };
    let backends =
        BACKENDS.map(|(id, text)| (format!("backends/{id}/backendInformation.json"), text.to_owned()));
    let files = [
        (
            "apis/models/apiInformation.json".to_owned(),
            r#"{"properties": {"displayName": "Models", "path": "models", "serviceUrl": "https://own.example"}}"#.to_owned(),
        ),
        (
            "apis/models/specification.yaml".to_owned(),
            "openapi: 3.0.1\npaths:\n  /chat:\n    post: {operationId: chat}\n".to_owned(),
        ),
        ("policy.xml".to_owned(), document(global, "<forward-request />")),
        ("apis/models/policy.xml".to_owned(), document(api, "<base />")),
    ];
    let folder = MemoryFolder::new(files.into_iter().chain(backends));
    let (configuration, _) = load(&folder, &Options::default());
    let rows = access(&configuration);
    let mut told: Vec<String> = rows
        .iter()
        .filter(|row| row.caller == "keys of all APIs")
        .map(|row| {
            let certainty = row.certainty.to_string();
            // Places are those of the cases in folders.
            let decided: Vec<&str> = certainty.split('`').skip(1).step_by(2).collect();
            let certainty = if decided.is_empty() { certainty.clone() } else { decided.join(" and ") };
            format!("{}, {}: {certainty}", row.backend, row.deployment)
        })
        .collect();
    told.sort();
    told
}

const NOWHERE: &[&str] = &[];

#[test]
fn ways_follow_the_policies() {
    let to = |id: &str| format!(r#"<set-backend-service backend-id="{id}" />"#);
    let when = |inside: &str| {
        format!(r#"<choose><when condition="@(context.Variables.Count > 0)">{inside}</when></choose>"#)
    };
    let cases: [(&str, String, &[&str]); 12] = [
        ("", String::new(), &["the service URL, no deployment in the URL: yes"]),
        ("", to("one"), &["backend `one`, deployment `small`: yes"]),
        (
            "",
            to("both"),
            &["backend `both`, deployment `large`: yes", "backend `both`, deployment `small`: yes"],
        ),
        ("", "<return-response />".to_owned() + &to("one"), NOWHERE),
        ("", to("one") + &when("<return-response />"), &["backend `one`, deployment `small`: choose"]),
        // A branch that changes nothing of the way decides nothing.
        (
            "",
            to("one") + &when("<trace source=\"a\"><message>b</message></trace>"),
            &["backend `one`, deployment `small`: yes"],
        ),
        (
            "",
            to("one") + &when(&to("two")),
            &["backend `one`, deployment `small`: choose", "backend `two`, deployment `large`: choose"],
        ),
        // Whoever chose before is overruled.
        ("", when(&to("one")) + &to("two"), &["backend `two`, deployment `large`: choose"]),
        (
            "",
            when("<validate-jwt header-name=\"Authorization\" />") + &to("one"),
            &["backend `one`, deployment `small`: choose"],
        ),
        (
            "",
            "<ip-filter action=\"allow\" /><set-backend-service base-url=\"@(context.Api.Path)\" />"
                .to_owned(),
            &["a backend that a policy computes, a deployment that a policy computes: ip-filter"],
        ),
        // What a broader scope chose by its name, a base URL of a narrower one does not replace
        // (set-backend-service page).
        (
            "<set-backend-service backend-id=\"one\" />",
            "<set-backend-service base-url=\"https://else.example\" />".to_owned(),
            &["backend `one`, deployment `small`: yes"],
        ),
        // Nobody knows what it does.
        ("<invoke-wonders />", to("one"), &["backend `one`, deployment `small`: invoke-wonders"]),
    ];
    for (global, api, expected) in cases {
        assert_eq!(reached(global, &api), expected, "{global} {api}");
    }
}
