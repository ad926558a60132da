//! The example of identity (`examples/identity`) with everybody in it: the tenant, the models, the folder, the gateway.
//! The parties are real servers on loopback; the gateway is the real program.

use std::path::Path;

use serde_json::Value;
use simulators::identity::{Directory, IdentityProvider, RunningIdentity, TokenOrder};
use simulators::{Account, Deployment, ModelSimulator, Roles, Running, Scope, Vendor};

use super::folder::Folder;
use super::gateway::{Gateway, Start};
use super::{Answer, MODEL_KEY, MODEL_KEY2};

/// The subscription key of the API with three layers.
pub(crate) const RED_KEY: &str = "subscription-key-of-team-red";
/// The keys at other vendors.
const MISTRAL_KEY: &str = "key-at-mistral-0d5e";
const COHERE_KEY: &str = "key-at-cohere-77a1";

/// Everybody but the gateway.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) entra: RunningIdentity,
    pub(crate) models: Running,
}

fn example(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/identity").join(path)
}

fn now() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_second()).expect("a clock")
}

impl Tenant {
    /// Starts the tenant of the example, and models that the gateway's identity may call.
    pub(crate) async fn start() -> Self {
        let tenant = Self::without_roles().await;
        tenant.grant(Scope::account("contoso"));
        tenant
    }

    /// The same, but nobody has a role at the models.
    pub(crate) async fn without_roles() -> Self {
        let text = std::fs::read_to_string(example("directory.toml")).expect("the example");
        let directory = Directory::parse(&text).expect("a directory").with_generated_secrets();
        let entra = IdentityProvider::builder(directory).clock(now).start_on_loopback(0, 0).await;
        let entra = entra.expect("a free port");
        let azure = Account::new("contoso", MODEL_KEY, MODEL_KEY2)
            .with(Deployment::chat("gpt-4o-mini", "gpt-4o-mini-2024-07-18"))
            .with(Deployment::chat("gpt-4o", "gpt-4o-2024-08-06"))
            .with(Deployment::embedding("text-embedding-3-small", "text-embedding-3-small"));
        let mistral = Account::new("mistral", MISTRAL_KEY, "mistral-second")
            .at(Vendor::Mistral)
            .with(Deployment::chat("mistral-small-latest", "mistral-small-latest"));
        let cohere = Account::new("cohere", COHERE_KEY, "cohere-second")
            .at(Vendor::Cohere)
            .with(Deployment::chat("command-a-03-2025", "command-a-03-2025"));
        let models = ModelSimulator::builder()
            .account(azure)
            .account(mistral)
            .account(cohere)
            .token_verifier(entra.verifier())
            .roles(Roles::default())
            .start_on_loopback(0)
            .await
            .expect("a free port");
        Self { entra, models }
    }

    /// The object id of the gateway's own identity.
    pub(crate) fn gateway_id(&self) -> String {
        let directory = self.entra.directory();
        directory.tenants()[0].managed_identities()[0].object_id()
    }

    /// Gives the gateway's identity the role at the models.
    pub(crate) fn grant(&self, scope: Scope) {
        self.models.roles().grant(self.gateway_id(), scope);
    }

    /// A token for the models of an application (`Team Red`) or of a user (`ada@…`).
    pub(crate) fn token(&self, who: &str) -> String {
        self.order(who, |order| order)
    }

    /// The same with something about it changed.
    pub(crate) fn order(&self, who: &str, change: impl FnOnce(TokenOrder) -> TokenOrder) -> String {
        let order = TokenOrder::new("api://models");
        let order =
            if who.contains('@') { order.by_client("Console").about_user(who) } else { order.by_client(who) };
        self.entra.token(&change(order)).expect("a token")
    }

    /// The example's folder with the addresses of these parties. Secrets of the vault come from files instead, by what
    /// `secrets.toml` says; see [`super::Vault`] for the vault itself.
    pub(crate) fn folder(&self) -> Folder {
        let folder = self.folder_with_vault("https://contoso.vault.azure.net");
        for (name, text) in [
            ("azure-openai-key-in-vault", MODEL_KEY),
            ("mistral-key-in-vault", MISTRAL_KEY),
            ("cohere-key-in-vault", COHERE_KEY),
        ] {
            std::fs::create_dir_all(folder.beside("secrets")).expect("a directory");
            folder.rotate(name, text);
        }
        let files = ["azure-openai", "mistral", "cohere"].map(|vendor| {
            let name = format!("{vendor}-key-in-vault");
            let path = folder.beside("secrets").join(&name);
            format!("{name} = {{ file = {:?} }}\n", path.to_str().expect("UTF-8"))
        });
        let secrets = std::fs::read_to_string(folder.artifacts().join("secrets.toml")).expect("a file");
        folder.write("secrets.toml", &format!("{secrets}\n[named-values]\n{}", files.concat()));
        folder
    }

    /// The example's folder with the addresses of these parties and of a vault.
    pub(crate) fn folder_with_vault(&self, vault: &str) -> Folder {
        let folder = Folder::new();
        copy(&example("apim"), &folder, "");
        let mut replaced = vec![
            ("model-endpoint", "http://127.0.0.1:8401", self.models.base_url()),
            ("entra", "https://localhost:8403", self.entra.authority().to_owned()),
        ];
        for vendor in ["azure-openai-key-in-vault", "mistral-key-in-vault", "cohere-key-in-vault"] {
            replaced.push((vendor, "https://contoso.vault.azure.net", vault.to_owned()));
        }
        for (name, from, to) in replaced {
            let path = format!("named values/{name}/namedValueInformation.json");
            let text = std::fs::read_to_string(folder.artifacts().join(&path)).expect("the example");
            assert!(text.contains(from), "{path} names {from}");
            folder.write(&path, &text.replace(from, &to));
        }
        std::fs::write(folder.beside("ca.pem"), self.entra.certificates().pem()).expect("a file");
        folder
    }

    /// A gateway about to start: it trusts the tenant's authority and takes its identity from the machine's endpoint.
    pub(crate) fn gateway(&self, folder: Folder) -> Start {
        Start::new(folder)
            .variable("TEAM_RED_KEY", RED_KEY)
            .set("identity.authority", self.entra.authority())
            .set("identity.imds", &self.entra.machine())
            .set("outbound.extra-roots", "ca.pem")
    }

    /// A gateway that serves the example.
    pub(crate) async fn serving(&self) -> Gateway {
        self.gateway(self.folder()).start().await
    }
}

fn copy(from: &Path, folder: &Folder, path: &str) {
    for entry in std::fs::read_dir(from).expect("the example") {
        let entry = entry.expect("the example");
        let name = entry.file_name().into_string().expect("UTF-8");
        let inner = if path.is_empty() { name } else { format!("{path}/{name}") };
        if entry.file_type().expect("the example").is_dir() {
            copy(&entry.path(), folder, &inner);
        } else {
            folder.write(&inner, &std::fs::read_to_string(entry.path()).expect("text"));
        }
    }
}

/// A call with a token.
pub(crate) async fn ask(gateway: &Gateway, target: &str, token: &str, body: &Value) -> Answer {
    gateway.call("POST", target).header("authorization", &format!("Bearer {token}")).json(body).send().await
}
