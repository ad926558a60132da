//! Secrets of vaults: who gets which slot, and what happens while a slot is empty.

use model::{
    BackendCredentials, Configuration, CredentialValues, HeaderText, NamedValueContent, SecretReference,
    ValueText,
};
use secret::{Secret, SecretSlot};

use crate::world::{api, backend, built, named_value, pipeline, problems, reference, target, vaulted};

const ASKS: &str =
    r#"<key-vault-configuration resourceId="https://contoso.vault.azure.net" secretName="own" />"#;

fn names(slots: &[SecretSlot]) -> Vec<&str> {
    slots.iter().map(|slot| slot.name().as_ref()).collect()
}

/// `policies-a.md` 11: named values from a vault are used like others. Nothing has been fetched when it is compiled.
#[test]
fn a_named_value_of_a_vault_is_a_secret_like_any_other() {
    let mut configuration = Configuration::default();
    vaulted(&mut configuration, "key");
    let inbound = r#"<set-header name="api-key"><value>{{key}}</value></set-header>"#;
    configuration.apis.insert(api("chat", inbound)).unwrap();
    assert_eq!(problems(&configuration), "");
}

/// Fail closed: what cannot be put together without the secret is not served.
#[test]
fn a_backend_whose_url_needs_a_secret_that_was_not_fetched_cannot_be_used() {
    let mut configuration = Configuration::default();
    let slot = vaulted(&mut configuration, "host");
    let mut entity = backend("models", BackendCredentials::default());
    if let model::BackendKind::Single { url, .. } = &mut entity.kind {
        *url = ValueText::new("https://{{host}}.example");
    }
    configuration.backends.insert(entity).unwrap();
    configuration.apis.insert(api("chat", r#"<set-backend-service backend-id="models" />"#)).unwrap();
    let told = problems(&configuration);
    assert!(
        told.contains("the URL of the backend `models` needs the secret `host`, which has no value"),
        "{told}"
    );
    assert_eq!(built(&configuration, Vec::new()).refused, ["chat"]);
    slot.replace(Secret::new("west"));
    assert_eq!(problems(&configuration), "");
}

/// Issue 3: a 401 from a model whose key came from a vault triggers one early refresh; here is who is asked.
#[test]
fn an_operation_knows_which_of_its_secrets_vaults_fill() {
    let mut configuration = Configuration::default();
    for name in ["literal", "in-code", "of-backend", "unused"] {
        vaulted(&mut configuration, name);
    }
    let fixed = NamedValueContent::Secret(SecretSlot::holding("fixed", Secret::new("k")));
    configuration.named_values.insert(named_value("fixed", fixed)).unwrap();
    let mut credentials = BackendCredentials::default();
    let values = vec![ValueText::new("{{of-backend}}"), ValueText::new("{{fixed}} {{of-backend}}")];
    credentials.headers.push(CredentialValues { name: HeaderText::new("api-key").unwrap(), values });
    configuration.backends.insert(backend("models", credentials)).unwrap();
    let inbound = format!(
        r#"{ASKS}<set-backend-service backend-id="models" />
        <choose><when condition="@(true)">
            <set-header name="a"><value>{{{{literal}}}} {{{{fixed}}}}</value></set-header>
        </when></choose>
        <set-header name="b"><value>@("Key {{{{in-code}}}}" + "{{{{literal}}}}")</value></set-header>"#
    );
    configuration.apis.insert(api("chat", &inbound)).unwrap();
    let built = built(&configuration, Vec::new());
    assert_eq!(source::render_all(&built.problems), "");
    let pipeline = pipeline(&built);
    assert_eq!(names(pipeline.rotating().expect("there are some")), ["own", "literal", "in-code"]);
    assert_eq!(names(&target(&built).credentials.rotating), ["of-backend"]);
}

#[test]
fn an_operation_without_secrets_of_vaults_has_none_to_ask_for() {
    let mut configuration = Configuration::default();
    vaulted(&mut configuration, "unused");
    configuration.apis.insert(api("chat", "")).unwrap();
    assert!(pipeline(&built(&configuration, Vec::new())).rotating().is_none());
}

/// Issue 3: read at load and refreshed like a named value: one secret is one slot, wherever it is asked for.
#[test]
fn documents_that_ask_for_one_secret_share_its_slot() {
    let mut configuration = Configuration::default();
    configuration.apis.insert(api("chat", ASKS)).unwrap();
    configuration.apis.insert(api("other", &format!("{ASKS}{ASKS}"))).unwrap();
    let built = built(&configuration, Vec::new());
    let [binding] = built.secrets.as_slice() else { panic!("{:?}", built.secrets) };
    assert_eq!(binding.reference, SecretReference::Vault(reference("own")));
    assert_eq!(binding.at.as_ref().unwrap().file.name(), "apis/chat/policy.xml");
    for entry in &built.snapshot.apis {
        let slots = entry.pipeline(Some(0), None).unwrap().rotating().unwrap();
        assert!(slots.iter().all(|slot| slot.is_same(&binding.slot)));
    }
}

/// Issue 3: the old value serves while the vault is away, also after a new configuration.
#[test]
fn a_secret_that_is_asked_for_again_keeps_its_value() {
    let mut configuration = Configuration::default();
    configuration.apis.insert(api("chat", ASKS)).unwrap();
    let first = built(&configuration, Vec::new());
    first.secrets[0].slot.replace(Secret::new("k-1"));
    let second = built(&configuration, first.secrets.clone());
    assert!(second.secrets[0].slot.load().unwrap().matches("k-1"));
    assert!(second.secrets[0].slot.is_same(&first.secrets[0].slot));
}
