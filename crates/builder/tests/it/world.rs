//! A small configuration around what a test is about.

use std::sync::Arc;

use builder::{Built, Settings, build};
use model::{
    Api, ApiId, ApiPath, Backend, BackendCredentials, BackendId, BackendKind, BackendProtocol, BackendTls,
    Configuration, DisplayName, NamedValue, NamedValueContent, NamedValueId, NamedValueName, Operation,
    OperationId, PolicyText, SecretBinding, SecretReference, UrlTemplate, ValueText, VaultHosts,
    VaultReference, VaultSecretIdentifier,
};
use policy::{BackendEntity, Effect, Pipeline, Reading, Section};
use secret::SecretSlot;
use source::{Diagnostics, SourceFile, render_all};

/// An API `name` with one operation, whose service URL has no credential; `inbound` is the content of its section.
pub(crate) fn api(name: &str, inbound: &str) -> Api {
    let mut api =
        Api::new(ApiId::new(name).unwrap(), DisplayName::new(name).unwrap(), ApiPath::new(name).unwrap());
    api.service_url = Some("https://service.example".parse().unwrap());
    let text = format!("<policies><inbound><base />{inbound}</inbound></policies>");
    api.policy = Some(PolicyText::new(SourceFile::new(format!("apis/{name}/policy.xml"), text)));
    api.operations.push(Operation::new(
        OperationId::new("call").unwrap(),
        DisplayName::new("Call").unwrap(),
        http::Method::POST,
        UrlTemplate::new("/*").unwrap(),
    ));
    api
}

/// A backend that says something of credentials.
pub(crate) fn backend(name: &str, credentials: BackendCredentials) -> Backend {
    Backend {
        id: BackendId::new(name).unwrap(),
        title: None,
        description: None,
        kind: BackendKind::Single {
            url: ValueText::new(&format!("https://{name}.example")),
            protocol: BackendProtocol::Http,
        },
        credentials,
        tls: BackendTls::default(),
        proxy: None,
        circuit_breaker: None,
        rest: None,
        origin: None,
    }
}

/// A named value.
pub(crate) fn named_value(name: &str, content: NamedValueContent) -> NamedValue {
    NamedValue {
        id: NamedValueId::new(name).unwrap(),
        name: NamedValueName::new(name).unwrap(),
        content,
        tags: Vec::new(),
        rest: None,
        origin: None,
    }
}

/// The secret `name` of the vault `contoso`.
pub(crate) fn reference(name: &str) -> VaultReference {
    let secret = VaultSecretIdentifier::in_vault("https://contoso.vault.azure.net", name).unwrap();
    VaultReference { secret, identity_client_id: None }
}

/// Adds a named value from the vault; its slot.
pub(crate) fn vaulted(configuration: &mut Configuration, name: &str) -> SecretSlot {
    let slot = SecretSlot::unset(name);
    let content = NamedValueContent::KeyVault { reference: reference(name), slot: slot.clone() };
    configuration.named_values.insert(named_value(name, content)).unwrap();
    let reference = SecretReference::Vault(reference(name));
    configuration.secrets.push(SecretBinding { slot: slot.clone(), reference, at: None });
    slot
}

/// Compiles a configuration, with bindings from before.
pub(crate) fn built(configuration: &Configuration, known: Vec<SecretBinding>) -> Built {
    let settings = Settings { known, ..settings() };
    build(configuration, &Diagnostics::new(), None, &settings)
}

/// Settings of a gateway that reads secrets.
pub(crate) fn settings() -> Settings {
    Settings {
        edition: Arc::default(),
        instance_id: "test".into(),
        reading: Reading::Allowed,
        named_values: policy::CodeUse::Allowed,
        limits: policy::Limits::default(),
        protocols: builder::Protocols::default(),
        transport: net::Options::default(),
        roots: net::Roots::only(&[]).unwrap(),
        revoked: net::RevocationLists::default(),
        backends: Arc::default(),
        vaults: VaultHosts::default(),
        known: Vec::new(),
    }
}

/// Everything that is wrong, as it is printed.
pub(crate) fn problems(configuration: &Configuration) -> String {
    render_all(&built(configuration, Vec::new()).problems)
}

/// The effective policy of the first operation of the first API.
pub(crate) fn pipeline(built: &Built) -> Arc<Pipeline> {
    Arc::clone(built.snapshot.apis[0].pipeline(Some(0), None).expect("the API is served"))
}

/// The backend that the first operation of the first API is sent to.
pub(crate) fn target(built: &Built) -> Arc<policy::Backend> {
    match entity(built) {
        BackendEntity::Single(backend) => backend,
        BackendEntity::Pool(pool) => panic!("{} is a pool", pool.id),
    }
}

/// The backend or pool that it is sent to.
pub(crate) fn entity(built: &Built) -> BackendEntity {
    entity_of(built, 0)
}

/// The backend or pool that the first operation of another API is sent to.
pub(crate) fn entity_of(built: &Built, api: usize) -> BackendEntity {
    let pipeline = built.snapshot.apis[api].pipeline(Some(0), None).expect("the API is served");
    let effects = pipeline.section(Section::Inbound).iter().map(|step| match &step.action {
        policy::Action::Sync(policy) => policy.effect(),
        _ => Effect::Other,
    });
    let backend = effects.into_iter().find_map(|effect| match effect {
        Effect::ToBackend(backend) => backend,
        _ => None,
    });
    backend.expect("a policy chooses a backend")
}
