//! Decision 3: `check` warns where a caller's token would reach a backend, and only there.

use model::{
    BackendCredentials, CallerToken, Configuration, ManagedIdentity, NamedValueContent, PolicyText, ValueText,
};
use secret::{Secret, SecretSlot};
use source::SourceFile;

use crate::world::{api, backend, built, named_value, problems};

const VALIDATES: &str = r#"<validate-jwt header-name="Authorization">
    <openid-config url="https://login.example/.well-known/openid-configuration" />
</validate-jwt>"#;

/// Two backends, of which one has a credential, and a secret.
fn world() -> Configuration {
    let mut configuration = Configuration::default();
    let secret = NamedValueContent::Secret(SecretSlot::holding("key", Secret::new("k")));
    configuration.named_values.insert(named_value("key", secret)).unwrap();
    let managed_identity = ManagedIdentity { resource: ValueText::new("api://models"), client_id: None };
    let credentials =
        BackendCredentials { managed_identity: Some(managed_identity), ..BackendCredentials::default() };
    configuration.backends.insert(backend("signed-in", credentials)).unwrap();
    configuration.backends.insert(backend("bare", BackendCredentials::default())).unwrap();
    configuration
}

fn told(inbound: &str) -> String {
    let mut configuration = world();
    configuration.apis.insert(api("chat", inbound)).unwrap();
    problems(&configuration)
}

/// What comes after the validation, and whether the token then reaches a backend without a credential.
#[test]
fn a_token_reaches_what_nothing_else_signs_in_to() {
    let entra = r#"<validate-azure-ad-token tenant-id="contoso.example" />"#;
    let other = r#"<validate-jwt header-name="X-Token">
        <openid-config url="https://login.example/.well-known/openid-configuration" /></validate-jwt>"#;
    let elsewhere = r#"<validate-jwt token-value="@(context.Request.Body.As<string>(true))">
        <openid-config url="https://login.example/.well-known/openid-configuration" /></validate-jwt>"#;
    let cases = [
        // (validation, what follows, whether it is told)
        (VALIDATES, "", true),
        (entra, "", true),
        (other, "", true),
        (elsewhere, "", false),
        ("", "", false),
        (VALIDATES, r#"<set-backend-service base-url="https://other.example" />"#, true),
        (VALIDATES, r#"<set-backend-service backend-id="bare" />"#, true),
        (VALIDATES, r#"<set-backend-service backend-id="signed-in" />"#, false),
        (VALIDATES, r#"<set-backend-service backend-id="@(context.Request.Method)" />"#, false),
        (VALIDATES, r#"<authentication-managed-identity resource="api://models" />"#, false),
        (VALIDATES, r#"<authentication-basic username="a" password="{{key}}" />"#, false),
        (VALIDATES, r#"<set-header name="Authorization"><value>Bearer x</value></set-header>"#, false),
        (VALIDATES, r#"<set-header name="Authorization" exists-action="delete" />"#, false),
        (
            VALIDATES,
            r#"<set-header name="Authorization" exists-action="skip"><value>a</value></set-header>"#,
            true,
        ),
        (other, r#"<set-header name="X-Token" exists-action="delete" />"#, false),
        (other, r#"<set-header name="Authorization" exists-action="delete" />"#, true),
        (VALIDATES, r#"<set-header name="api-key"><value>{{key}}</value></set-header>"#, false),
        (VALIDATES, r#"<set-header name="X-Key"><value>{{key}}</value></set-header>"#, false),
        (VALIDATES, r#"<set-header name="api-key" exists-action="delete" />"#, true),
        (VALIDATES, r#"<set-header name="X-Trace"><value>1</value></set-header>"#, true),
        (VALIDATES, r#"<set-query-parameter name="key"><value>{{key}}</value></set-query-parameter>"#, false),
        (VALIDATES, r#"<return-response><set-status code="204" /></return-response>"#, false),
        (VALIDATES, r#"<choose><when condition="@(true)"><return-response /></when></choose>"#, true),
        (
            VALIDATES,
            r#"<choose><when condition="@(context.Request.Method == "GET")"><set-backend-service backend-id="signed-in" /></when></choose>"#,
            true,
        ),
        (
            VALIDATES,
            r#"<choose><when condition="@(context.Request.Method == "GET")"><authentication-managed-identity resource="a" /></when></choose>"#,
            false,
        ),
    ];
    for (validation, rest, expected) in cases {
        let told = told(&format!("{validation}{rest}"));
        assert_eq!(told.contains("warning[token-reaches-backend]"), expected, "{validation}{rest}\n{told}");
        assert!(!told.contains("error["), "{validation}{rest}\n{told}");
    }
}

/// Whoever says that the backend is to get the token is not asked again.
#[test]
fn an_api_whose_tokens_are_forwarded_on_purpose_is_not_told_of() {
    let mut configuration = world();
    let mut forwarding = api("chat", VALIDATES);
    forwarding.settings.caller_token = CallerToken::Forwarded;
    configuration.apis.insert(forwarding).unwrap();
    assert_eq!(problems(&configuration), "");
}

/// A policy of all APIs is told of once, with the APIs that it concerns.
#[test]
fn one_validation_for_many_apis_is_one_warning() {
    let mut configuration = world();
    let text =
        format!("<policies><inbound>{VALIDATES}</inbound><backend><forward-request /></backend></policies>");
    configuration.policy = Some(PolicyText::new(SourceFile::new("policy.xml", text)));
    for name in ["a", "b", "c", "d", "e", "f", "g"] {
        configuration.apis.insert(api(name, "")).unwrap();
    }
    let signed_in = r#"<set-backend-service backend-id="signed-in" />"#;
    configuration.apis.insert(api("h", signed_in)).unwrap();
    let built = built(&configuration, Vec::new());
    let told: Vec<_> = built.problems.iter().map(|each| each.message.as_str()).collect();
    let expected =
        "the token that is validated here reaches the backend of the APIs `a`, `b`, `c`, `d`, `e` and 2 more";
    assert_eq!(told, [expected]);
}

/// Without `forward-request` nothing is sent anywhere.
#[test]
fn an_api_that_forwards_nothing_is_not_told_of() {
    let mut configuration = world();
    let text = "<policies><inbound /><backend /><outbound /><on-error /></policies>";
    configuration.policy = Some(PolicyText::new(SourceFile::new("policy.xml", text)));
    configuration.apis.insert(api("chat", VALIDATES)).unwrap();
    assert_eq!(problems(&configuration), "");
}
