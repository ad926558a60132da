//! Artifact files, written: the counterpart of [`crate::load`].
//!
//! [`places`] says where a resource's files belong, [`Object`] holds the members of an information file in order, and
//! [`json`], [`yaml`] and [`Document`] make text. The same values always give the same bytes, with the members in the
//! order in which the APIOps extractor writes them, so that a folder under version control changes only where its
//! meaning changes.
//!
//! ```
//! use artifacts::write::{Object, information, single_backend};
//!
//! let backend = single_backend("Models", "https://models.example.com/openai");
//! assert_eq!(
//!     information(backend),
//!     "{\n  \"properties\": {\n    \"protocol\": \"http\",\n    \"title\": \"Models\",\n    \"url\": \
//!      \"https://models.example.com/openai\"\n  }\n}\n"
//! );
//! assert_eq!(information(Object::new().maybe("tags", None::<String>)), "{\n  \"properties\": {}\n}\n");
//! ```
//!
//! Nothing here touches a disk, and nothing here writes a secret: information files hold `{{names}}` of named values.

pub mod json;
pub mod places;
pub mod yaml;

mod document;
mod folder;
mod resources;
mod value;

pub use document::{Document, attribute};
pub use folder::{Withheld, Written, folder};
pub use resources::{
    API_ORDER, BACKEND_ORDER, api_information, named_value, product, product_api, secret_named_value,
    single_backend, vault_named_value,
};
pub use value::{Object, Value};

/// An information file: an object `properties`, as the extractor writes it.
#[must_use]
pub fn information(properties: Object) -> String {
    json::text(&Object::new().with("properties", properties).into())
}
