//! A key vault over TLS, and the identity provider whose tokens it takes: the gateway's identity comes from there too.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use identity::{OpenId, Outbound};
use policy::Clock;
use secret::Secret;
use serde_json::json;
use simulators::Authority;
use simulators::identity::{
    App, Directory, IdentityProvider, ManagedIdentity, RunningIdentity, Tenant, TokenOrder,
};
use vault::{
    Actor, CertificatePem, Grant, NewSecret, Permission, ProviderTokens, Rules, SecretName, Server,
    ServerSettings, Vault, VaultName, Vaults,
};

use super::folder::Folder;
use super::gateway::Start;

const SUFFIX: &str = "vault.localhost";

/// The secret of the application `Gateway`, which can stand for a managed identity.
pub(crate) const CLIENT_SECRET: &str = "planted-client-secret";

/// The clock of the machine.
#[derive(Debug)]
struct Real;

impl Clock for Real {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }
}

/// A vault named `main`, and everybody whom it takes to ask it.
#[derive(Debug)]
pub(crate) struct KeyVault {
    pub(crate) entra: RunningIdentity,
    vault: Vault,
    authority: Authority,
    address: SocketAddr,
    server: Option<Server>,
}

impl KeyVault {
    /// A vault that the gateway's own identity may read.
    pub(crate) async fn start() -> Self {
        let vault = Self::without_grants().await;
        vault.grant().await;
        vault
    }

    /// A vault that nobody may read.
    pub(crate) async fn without_grants() -> Self {
        Self::with_keys_named("").await
    }

    /// The same; ids of the provider's keys begin with this.
    pub(crate) async fn with_keys_named(mark: &str) -> Self {
        let now = || u64::try_from(Real.now().as_second()).expect("after 1970");
        let entra = IdentityProvider::builder(directory("https://vault.localhost"))
            .key_mark(mark)
            .clock(now)
            .start_on_loopback(0, 0)
            .await;
        let store = store::Store::in_memory(Real.now()).await.expect("a store");
        let name = VaultName::new("main").expect("a name");
        let vaults = Vaults::new(store, [name], Rules::default(), Arc::new(Real));
        let mut vault = Self {
            entra: entra.expect("a free port"),
            vault: vaults.only().expect("one vault"),
            authority: Authority::new().expect("an authority"),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            server: None,
        };
        vault.come_back().await;
        let resource = vault.server.as_ref().expect("it runs").resource().to_owned();
        vault.entra.set_directory(directory(&resource));
        vault
    }

    /// Ends the server; its address stays its own.
    pub(crate) async fn go_away(&mut self) {
        if let Some(server) = self.server.take() {
            server.shutdown(Duration::ZERO).await;
        }
    }

    /// Starts the server, where it was if it was there before.
    pub(crate) async fn come_back(&mut self) {
        let made = self.authority.issue(&["127.0.0.1"]).expect("a certificate");
        let certificate = CertificatePem { chain: made.certificate_pem, key: Secret::new(made.key_pem) };
        let roots = net::Roots::system_and(&[self.entra.certificates().pem().to_owned()]).expect("roots");
        let tls = net::Tls::new(net::TlsSettings::default(), roots).expect("TLS");
        let options = net::Options { tls, ..net::Options::default() };
        let transport = Arc::new(Outbound::new(net::ClientSettings::default(), options));
        let authority = self.entra.authority();
        let tenant = self.entra.directory().tenants()[0].id().to_owned();
        let settings = identity::Settings::default();
        let providers = Arc::new(OpenId::new(&settings, authority, transport, Arc::new(Real)));
        let metadata = ["", "v2.0/"]
            .map(|version| format!("{authority}/{tenant}/{version}.well-known/openid-configuration"));
        let trusted = vault::Authority::new(authority, &tenant).with_metadata(metadata.into());
        let tokens = Arc::new(ProviderTokens::new(trusted, providers));
        let settings = ServerSettings::new(self.address, SUFFIX, certificate);
        let server = Server::start(settings, self.vault.vaults(), tokens).await.expect("the address is free");
        self.address = server.address();
        self.server = Some(server);
    }

    /// Tenant and client id of the application `Gateway`.
    pub(crate) fn gateway_app(&self) -> (String, String) {
        let directory = self.entra.directory();
        let tenant = &directory.tenants()[0];
        (tenant.id().to_owned(), tenant.apps()[3].id().to_owned())
    }

    /// Lets the gateway's own identity read all secrets.
    pub(crate) async fn grant(&self) {
        self.grant_to(self.gateway_id()).await;
    }

    /// Lets an identity read all secrets.
    pub(crate) async fn grant_to(&self, identity: String) {
        for permission in [Permission::Get, Permission::List] {
            let grant = Grant {
                vault: self.vault.name().clone(),
                identity: identity.clone(),
                secret: None,
                permission,
            };
            self.vault.grant(&operator(), &grant).await.expect("a grant");
        }
    }

    /// The object id of the gateway's own identity.
    fn gateway_id(&self) -> String {
        let directory = self.entra.directory();
        directory.tenants()[0].managed_identities()[0].object_id()
    }

    /// A token of the application that calls models.
    pub(crate) fn token(&self) -> String {
        self.entra.token(&TokenOrder::new("api://models").by_client("Team")).expect("a token")
    }

    /// `validate-jwt` of such tokens.
    pub(crate) fn validate_jwt(&self) -> String {
        let url = self.entra.metadata_url(self.entra.directory().tenants()[0].id());
        let url = url.replace("/v2.0/", "/");
        format!(
            r#"<validate-jwt header-name="Authorization" require-scheme="Bearer"><openid-config url="{url}" /><audiences><audience>api://models</audience></audiences></validate-jwt>"#
        )
    }

    /// Sets a secret, and gives the id of its new version.
    pub(crate) async fn set(&self, name: &str, value: &str) -> String {
        let name = SecretName::new(name).expect("a name");
        let bundle = self.vault.set(&operator(), &name, NewSecret::new(value)).await.expect("a secret");
        bundle.version.id.to_string()
    }

    /// Host and port, as identifiers of secrets name it.
    pub(crate) fn host(&self) -> String {
        format!("main.{SUFFIX}:{}", self.address.port())
    }

    /// The identifier of a secret.
    pub(crate) fn identifier(&self, name: &str) -> String {
        format!("https://{}/secrets/{name}", self.host())
    }

    /// A folder with a named value whose secret is in the vault.
    pub(crate) fn named_value(&self, folder: Folder, name: &str, identifier: &str) -> Folder {
        let key_vault = json!({ "secretIdentifier": identifier });
        let text = json!({ "properties": { "displayName": name, "secret": true, "keyVault": key_vault } });
        folder.file(&format!("named values/{name}/namedValueInformation.json"), &text.to_string())
    }

    /// A gateway that trusts all of them and has its identity from the machine's endpoint.
    pub(crate) fn gateway(&self, folder: Folder) -> Start {
        let roots = format!("{}{}", self.entra.certificates().pem(), self.authority.pem());
        std::fs::write(folder.beside("roots.pem"), roots).expect("a file");
        let really = format!("[{{ host = \"{}\", base = \"https://{}\" }}]", self.host(), self.address);
        Start::new(folder)
            .set("outbound.extra-roots", "roots.pem")
            .set("identity.authority", self.entra.authority())
            .set("identity.imds", &self.entra.machine())
            .set("vault.allowed-hosts", &self.host())
            .set("vault.overrides", &really)
            .set("vault.retry-seconds", "1")
            .set("vault.wait-seconds", "10")
    }
}

/// A tenant with the identity of the machine, an application that calls models, and the vault by its resource.
fn directory(resource: &str) -> Directory {
    let id = |last: char| format!("cadea000-0000-4000-8000-00000000000{last}");
    let vault = App::new(id('2'), "Vault").identifier_uri(resource);
    let gateway = ManagedIdentity::system(id('3'), "gateway");
    let models = App::new(id('4'), "Models").identifier_uri("api://models").role("Chat.Use");
    let team = App::new(id('5'), "Team").assigned("api://models", "Chat.Use");
    let tenant = Tenant::new(id('1'), "contoso.example").app(vault).app(models).app(team);
    let tenant = tenant.app(App::new(id('6'), "Gateway").secret(CLIENT_SECRET)).managed_identity(gateway);
    Directory::new(tenant).expect("a directory")
}

fn operator() -> Actor {
    Actor::Operator("tester".into())
}
