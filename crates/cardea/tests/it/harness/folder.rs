//! A folder of artifacts on disk, built from pieces, with its secrets, settings and state beside it.

use std::path::PathBuf;

use serde_json::{Map, Value, json};
use tempfile::TempDir;
use toml::Table;

/// Everything that a gateway reads and writes, in one temporary directory.
#[derive(Debug)]
pub(crate) struct Folder {
    root: TempDir,
    secrets: Table,
    overlay: Table,
}

impl Default for Folder {
    fn default() -> Self {
        let root = tempfile::tempdir().expect("a temporary directory");
        let folder = Self { root, secrets: Table::new(), overlay: Table::new() };
        std::fs::create_dir_all(folder.artifacts()).expect("a directory");
        folder
    }
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The folder as the program is given it.
    pub(crate) fn artifacts(&self) -> PathBuf {
        self.root.path().join("apim")
    }

    /// A path beside the folder.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Writes a file of the folder, anew if it is there.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.artifacts().join(path);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        std::fs::write(path, text).expect("the file can be written");
    }

    /// A file of the folder.
    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        self.write(path, text);
        self
    }

    fn information(&self, path: &str, properties: &Value) {
        self.write(path, &json!({ "properties": properties }).to_string());
    }

    /// The policy of the service.
    pub(crate) fn policy(self, text: &str) -> Self {
        self.file("policy.xml", text)
    }

    /// An API, under its own name.
    pub(crate) fn api(self, api: &Api) -> Self {
        self.put(api);
        self
    }

    /// Writes an API, anew if it is there.
    pub(crate) fn put(&self, api: &Api) {
        let path = format!("apis/{}", api.name);
        self.information(&format!("{path}/apiInformation.json"), &Value::Object(api.properties.clone()));
        if !api.properties.contains_key("type") {
            self.write(&format!("{path}/specification.json"), &api.specification().to_string());
        }
        if let Some(policy) = &api.policy {
            self.write(&format!("{path}/policy.xml"), policy);
        }
        for (operation, policy) in &api.operation_policies {
            self.write(&format!("{path}/operations/{operation}/policy.xml"), policy);
        }
    }

    /// A product.
    pub(crate) fn product(self, product: &Product) -> Self {
        let path = format!("products/{}", product.name);
        self.information(
            &format!("{path}/productInformation.json"),
            &Value::Object(product.properties.clone()),
        );
        for api in &product.apis {
            self.write(&format!("{path}/apis/{api}/productApiInformation.json"), "{}");
        }
        if let Some(policy) = &product.policy {
            self.write(&format!("{path}/policy.xml"), policy);
        }
        self
    }

    /// A version set.
    pub(crate) fn version_set(self, name: &str, properties: &Value) -> Self {
        let mut properties = properties.clone();
        properties["displayName"] = json!(name);
        self.information(&format!("version sets/{name}/versionSetInformation.json"), &properties);
        self
    }

    /// A backend entity.
    pub(crate) fn backend(self, name: &str, properties: &Value) -> Self {
        self.information(&format!("backends/{name}/backendInformation.json"), properties);
        self
    }

    /// A named value for everybody to see.
    pub(crate) fn named_value(self, name: &str, value: &str) -> Self {
        let properties = json!({ "displayName": name, "value": value });
        self.information(&format!("named values/{name}/namedValueInformation.json"), &properties);
        self
    }

    /// A secret named value, whose text is in a file beside the folder.
    pub(crate) fn secret(mut self, name: &str, text: &str) -> Self {
        let properties = json!({ "displayName": name, "secret": true });
        self.information(&format!("named values/{name}/namedValueInformation.json"), &properties);
        let reference = self.secret_file(name, text);
        self.refer(&["named-values", name], reference)
    }

    /// A subscription with a primary key. `scope` is `/products/…`, `/apis/…` or `/apis`.
    pub(crate) fn subscription(self, name: &str, scope: &str, key: &str) -> Self {
        self.subscription_with(name, &json!({ "displayName": name, "scope": scope }), &[("primary", key)])
    }

    /// A subscription with these properties and keys.
    pub(crate) fn subscription_with(mut self, name: &str, properties: &Value, keys: &[(&str, &str)]) -> Self {
        self.information(&format!("subscriptions/{name}/subscriptionInformation.json"), properties);
        for (which, key) in keys {
            let reference = self.secret_file(&format!("{name}-{which}"), key);
            self = self.refer(&["subscriptions", name, which], reference);
        }
        self
    }

    /// A client certificate that backends can refer to.
    pub(crate) fn certificate(mut self, name: &str, chain: &str, key: &str) -> Self {
        for (part, text) in [("chain", chain), ("key", key)] {
            let reference = self.secret_file(&format!("{name}-{part}"), text);
            self = self.refer(&["certificates", name, part], reference);
        }
        self
    }

    /// Lines of `overlay.toml`.
    pub(crate) fn overlay(mut self, text: &str) -> Self {
        merge(&mut self.overlay, text.parse().expect("TOML"));
        self.write("overlay.toml", &self.overlay.to_string());
        self
    }

    /// Replaces a secret, as whoever rotates it would: the new text appears in the old place at once.
    pub(crate) fn rotate(&self, name: &str, text: &str) {
        let path = self.beside("secrets").join(name);
        let fresh = path.with_extension("new");
        std::fs::write(&fresh, format!("{text}\n")).expect("a file");
        std::fs::rename(fresh, path).expect("a file");
    }

    /// Takes all secrets away.
    pub(crate) fn take_secrets_away(&self) {
        std::fs::remove_dir_all(self.beside("secrets")).expect("removed");
    }

    fn secret_file(&mut self, name: &str, text: &str) -> Value {
        let directory = self.beside("secrets");
        std::fs::create_dir_all(&directory).expect("a directory");
        let path = directory.join(name);
        std::fs::write(&path, format!("{text}\n")).expect("a file");
        json!({ "file": path.to_str().expect("UTF-8") })
    }

    fn refer(mut self, place: &[&str], reference: Value) -> Self {
        let reference = toml::Value::try_from(reference).expect("TOML");
        let nested = place.iter().rev().fold(reference, |inner, name| {
            let mut table = Table::new();
            table.insert((*name).to_owned(), inner);
            toml::Value::Table(table)
        });
        merge(&mut self.secrets, nested.as_table().expect("a table").clone());
        self.write("secrets.toml", &self.secrets.to_string());
        self
    }
}

fn merge(into: &mut Table, from: Table) {
    for (name, value) in from {
        match (into.get_mut(&name), value) {
            (Some(toml::Value::Table(there)), toml::Value::Table(more)) => merge(there, more),
            (_, value) => {
                into.insert(name, value);
            }
        }
    }
}

/// An API. It takes no key unless told to, and speaks http and https.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    name: String,
    properties: Map<String, Value>,
    operations: Vec<(String, String)>,
    policy: Option<String>,
    operation_policies: Vec<(String, String)>,
}

impl Api {
    /// An open API of this name, at the path of the same name, that serves every GET and POST.
    pub(crate) fn new(name: &str) -> Self {
        let api = Self {
            name: name.to_owned(),
            properties: Map::new(),
            operations: Vec::new(),
            policy: None,
            operation_policies: Vec::new(),
        };
        let path = name.split(';').next().unwrap_or(name);
        api.with("displayName", json!(name))
            .with("path", json!(path))
            .with("protocols", json!(["http", "https"]))
            .with("subscriptionRequired", json!(false))
            .serving(&["GET /*", "POST /*"])
    }

    /// An open WebSocket API of this name.
    pub(crate) fn web_socket(name: &str, url: &str) -> Self {
        Self::new(name).with("type", json!("websocket")).with("protocols", json!(["ws", "wss"])).to(url)
    }

    /// The same, for a model's Azure wire.
    pub(crate) fn models(endpoint: &str) -> Self {
        Self::new("openai").to(&format!("{endpoint}/openai"))
    }

    /// A property of `apiInformation.json`.
    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        self.properties.insert(name.to_owned(), value);
        self
    }

    /// Where its calls go.
    pub(crate) fn to(self, url: &str) -> Self {
        self.with("serviceUrl", json!(url))
    }

    /// Where callers find it.
    pub(crate) fn at(self, path: &str) -> Self {
        self.with("path", json!(path))
    }

    /// It takes a subscription key.
    pub(crate) fn with_key(self) -> Self {
        self.with("subscriptionRequired", json!(true))
    }

    /// It takes the key under these names.
    pub(crate) fn with_key_names(self, header: &str, query: &str) -> Self {
        self.with_key().with("subscriptionKeyParameterNames", json!({ "header": header, "query": query }))
    }

    /// Its operations, as `GET /path`; each is named after its method and path.
    pub(crate) fn serving(mut self, operations: &[&str]) -> Self {
        let parts = operations.iter().map(|each| each.split_once(' ').expect("a method and a path"));
        self.operations = parts.map(|(method, path)| (method.to_lowercase(), path.to_owned())).collect();
        self
    }

    /// Its policy.
    pub(crate) fn policy(mut self, text: impl Into<String>) -> Self {
        self.policy = Some(text.into());
        self
    }

    /// The policy of one of its operations.
    pub(crate) fn operation_policy(mut self, operation: &str, text: impl Into<String>) -> Self {
        self.operation_policies.push((operation.to_owned(), text.into()));
        self
    }

    fn specification(&self) -> Value {
        let mut paths = Map::new();
        for (method, path) in &self.operations {
            let names = path.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
            let parameters: Vec<Value> = names
                .map(|(name, _)| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
                .collect();
            let operation = json!({
                "summary": format!("{} {path}", method.to_uppercase()),
                "parameters": parameters,
                "responses": { "200": { "description": "OK" } },
            });
            let item = paths.entry(path.clone()).or_insert_with(|| json!({}));
            item[method.as_str()] = operation;
        }
        json!({ "openapi": "3.0.1", "info": { "title": self.name, "version": "1" }, "paths": paths })
    }
}

/// A published product that takes a key.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    name: String,
    properties: Map<String, Value>,
    apis: Vec<String>,
    policy: Option<String>,
}

impl Product {
    /// A product with these APIs.
    pub(crate) fn new(name: &str, apis: &[&str]) -> Self {
        let product = Self {
            name: name.to_owned(),
            properties: Map::new(),
            apis: apis.iter().map(|api| (*api).to_owned()).collect(),
            policy: None,
        };
        product.with("displayName", json!(name)).with("state", json!("published"))
    }

    /// A property of `productInformation.json`.
    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        self.properties.insert(name.to_owned(), value);
        self
    }

    /// It needs no key.
    pub(crate) fn open(self) -> Self {
        self.with("subscriptionRequired", json!(false))
    }

    /// Its policy.
    pub(crate) fn policy(mut self, text: impl Into<String>) -> Self {
        self.policy = Some(text.into());
        self
    }
}

/// A policy document whose sections begin with `<base />`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    inbound: String,
    outbound: String,
    on_error: String,
}

impl Policy {
    pub(crate) fn inbound(text: &str) -> Self {
        Self::default().and_inbound(text)
    }

    pub(crate) fn and_inbound(mut self, text: &str) -> Self {
        self.inbound.push_str(text);
        self
    }

    pub(crate) fn and_outbound(mut self, text: &str) -> Self {
        self.outbound.push_str(text);
        self
    }

    pub(crate) fn and_on_error(mut self, text: &str) -> Self {
        self.on_error.push_str(text);
        self
    }
}

impl From<Policy> for String {
    fn from(policy: Policy) -> Self {
        let Policy { inbound, outbound, on_error } = policy;
        format!(
            "<policies>\n  <inbound><base />{inbound}</inbound>\n  <backend><base /></backend>\n  \
             <outbound><base />{outbound}</outbound>\n  <on-error><base />{on_error}</on-error>\n</policies>\n"
        )
    }
}
