//! Backends that want a token of the gateway.

use model::{
    Authorization, BackendCredentials, Certificate, CertificateId, CertificateReference, Configuration,
    ManagedIdentity, NamedValueContent, ValueText,
};
use policy::IdentityChoice;
use secret::{Secret, SecretSlot};

use crate::world::{api, backend, built, named_value, problems, target, vaulted};

fn with(credentials: BackendCredentials) -> Configuration {
    let mut configuration = Configuration::default();
    let plain = |text: &str| NamedValueContent::Plain(text.into());
    for (name, text) in [("resource", "api://models"), ("blank", " "), ("client", "1234")] {
        configuration.named_values.insert(named_value(name, plain(text))).unwrap();
    }
    vaulted(&mut configuration, "hidden");
    configuration.backends.insert(backend("models", credentials)).unwrap();
    configuration.apis.insert(api("chat", r#"<set-backend-service backend-id="models" />"#)).unwrap();
    configuration
}

fn identity(resource: &str, client_id: Option<&str>) -> BackendCredentials {
    let managed_identity =
        ManagedIdentity { resource: ValueText::new(resource), client_id: client_id.map(ValueText::new) };
    BackendCredentials { managed_identity: Some(managed_identity), ..BackendCredentials::default() }
}

/// `policies-a.md` 4.4: `credentials.managedIdentity`, a system- or user-assigned identity.
#[test]
fn a_backend_names_the_token_that_it_wants() {
    let configuration = with(identity("https://cognitiveservices.azure.com/", None));
    let built = built(&configuration, Vec::new());
    let wanted = target(&built).credentials.managed_identity.clone().unwrap();
    // As it is written: a slash at the end makes another resource for some services.
    assert_eq!(&*wanted.resource, "https://cognitiveservices.azure.com/");
    assert_eq!(wanted.identity, IdentityChoice::System);
    assert!(target(&built).credentials.any());
}

#[test]
fn resource_and_client_id_may_be_plain_named_values() {
    let built = built(&with(identity("{{resource}}", Some("{{client}}"))), Vec::new());
    let wanted = target(&built).credentials.managed_identity.clone().unwrap();
    assert_eq!((&*wanted.resource, wanted.identity), ("api://models", IdentityChoice::User("1234".into())));
}

/// A backend is refused rather than called without its credential.
#[test]
fn a_token_that_cannot_be_named_makes_the_backend_unusable() {
    let cases = [
        (identity("{{hidden}}", None), "must not be a secret named value"),
        (identity("api://models", Some("{{hidden}}")), "must not be a secret named value"),
        (identity("{{blank}}", None), "must not be empty"),
        (identity("{{resouce}}", None), "there is no named value `resouce`"),
    ];
    for (credentials, expected) in cases {
        let configuration = with(credentials);
        let told = problems(&configuration);
        assert!(told.contains(expected) && told.contains("the backend `models` cannot be used"), "{told}");
        assert_eq!(built(&configuration, Vec::new()).refused, ["chat"]);
    }
}

#[test]
fn two_credentials_for_one_header_are_refused() {
    let mut credentials = identity("api://models", None);
    credentials.authorization =
        Some(Authorization { scheme: ValueText::new("Bearer"), parameter: ValueText::new("k") });
    let told = problems(&with(credentials));
    assert!(told.contains("has both `authorization` and `managedIdentity`"), "{told}");
}

/// `management.md` 3.2: a certificate's secret is a PFX unless it was made as PEM.
#[test]
fn a_certificate_that_is_not_pem_is_refused_with_what_to_do() {
    let client = CertificateId::new("client").unwrap();
    let mut credentials = BackendCredentials::default();
    credentials.certificates.push(CertificateReference::Id(client.clone()));
    let mut configuration = with(credentials);
    let pfx = || SecretSlot::holding("client", Secret::new("MIIKsQIBAzCCCm0"));
    let certificate = Certificate { id: client, thumbprint: None, chain: pfx(), key: pfx(), origin: None };
    configuration.certificates.insert(certificate).unwrap();
    let told = problems(&configuration);
    assert!(
        told.contains("error[bad-certificate]: the certificate `client` of the backend `models` is not PEM")
    );
    assert!(told.contains("application/x-pem-file") && !told.contains("MIIKsQ"), "{told}");
}
