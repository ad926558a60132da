//! APIOps artifact folders and API definitions, read into the model.
//!
//! [`load`] reads a folder as the APIOps tool writes it (`apis/<api>/apiInformation.json`, `specification.yaml`,
//! `policy.xml`, `named values/...`, `products/...`) and gives a [`model::Configuration`] with everything that is wrong
//! in the folder, in one pass and with the place in the file:
//!
//! ```
//! use artifacts::{MemoryFolder, Options, load};
//!
//! let folder = MemoryFolder::new([
//!     ("apis/echo/apiInformation.json", r#"{"properties": {"displayName": "Echo", "path": "echo"}}"#),
//!     ("apis/echo/specification.yaml", "openapi: 3.0.1\npaths:\n  /hello:\n    get: {summary: Hello}\n"),
//!     ("apis/echo/policy.xml", "<policies><inbound><base /></inbound></policies>"),
//! ]);
//! let (configuration, problems) = load(&folder, &Options::default());
//! assert!(problems.is_empty());
//! let echo = configuration.apis.iter().next().unwrap();
//! assert_eq!(echo.operations[0].id.as_str(), "get-hello");
//! ```
//!
//! A folder never holds secrets: `secrets.toml` says where they are ([`Overlay`] describes that file and
//! `overlay.toml`), and a [`SecretSource`] fetches them. Secrets of key vaults are only named: whoever called [`load`]
//! fills the slots of [`model::Configuration::secrets`] and says with [`unavailable`] which could not be filled.
//!
//! It does not compile policies and does not decide whether a configuration is good enough to serve: what cannot be
//! read is left out and reported as an error.

mod arm;
mod fields;
mod files;
mod folder;
mod load;
mod openapi;
mod overlay;
mod overrides;
pub mod saved;
mod secrets;
mod tree;
pub mod write;

pub use folder::{DiskFolder, Entry, EntryKind, FolderError, FolderSource, MemoryFolder, Stamp};
pub use load::{Library, Options, Secrets, check_value, load, load_after};
pub use openapi::{
    Definition, RequiredQuery, SecurityKind, SecurityScheme, Server, ServerVariable, Survey, Syntax,
    Unusable, read_definition, read_definition_as, resource_name, service_url, survey,
};
pub use overlay::Overlay;
pub use overrides::OverrideFile;
pub use secrets::{SecretError, SecretSource, unavailable};
pub use tree::{Kind, Member, Node, read_yaml};
