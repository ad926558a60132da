//! A request in a file: what expressions are evaluated with when there is no request.
//!
//! ```yaml
//! now: 2024-03-01T12:30:45Z
//! request:
//!   method: POST
//!   url: https://api.contoso.com/echo/resource/7?a=1
//!   headers: { Content-Type: application/json }
//!   body: { json: { model: gpt-4o } }
//! variables:
//!   limit: 5
//!   routes: { json: [ { name: a } ] }
//! ```
//!
//! [`RequestFile::parse`] reads JSON or YAML; [`RequestFile::host`] makes the [`expr::Host`] of it. All fields are told in
//! `docs/request-file.md`. The oracle's model of `context` is filled from the same file ([`RequestFile::json`]).
//!
//! Time stands still at `now`, randomness is a sequence that `seed` decides: a file gives the same values again.

mod file;
mod host;
mod maps;
mod property;
mod variable;

pub use host::FileHost;

use expr::Heap;
use serde_json::Value as Json;

/// A request file that has been read.
#[derive(Clone, Debug)]
pub struct RequestFile {
    json: Json,
    file: file::File,
}

/// What is wrong with a request file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is neither JSON nor YAML, or has a field that there is not, or one of another type.
    #[error("the request file cannot be read: {0}")]
    Content(String),
    /// A URL that is none.
    #[error("`{url}` is no URL: {reason}")]
    Url {
        /// What stands there.
        url: String,
        /// Why.
        reason: String,
    },
    /// A variable that has no value.
    #[error("the variable `{name}`: {reason}")]
    Variable {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// Text that is no base64.
    #[error("`base64` holds no base64: {0}")]
    Base64(#[from] base64::DecodeError),
}

impl RequestFile {
    /// Reads JSON, which is YAML too, or YAML.
    ///
    /// # Errors
    /// When it is neither, or not of this form.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::of(content(text)?)
    }

    /// Reads a file of variables alone: names and values, as `variables` of a request file holds them.
    ///
    /// # Errors
    /// When it is neither JSON nor YAML, or holds something else.
    pub fn variables(text: &str) -> Result<serde_json::Map<String, Json>, Error> {
        match content(text)? {
            Json::Object(variables) => Ok(variables),
            _ => Err(Error::Content("variables are names and values".to_owned())),
        }
    }

    /// A file from its content.
    ///
    /// # Errors
    /// When it is not of this form.
    pub fn of(json: Json) -> Result<Self, Error> {
        let file = serde_json::from_value(json.clone()).map_err(|error| Error::Content(error.to_string()))?;
        Ok(Self { json, file })
    }

    /// The content as JSON.
    #[must_use]
    pub fn json(&self) -> &Json {
        &self.json
    }

    /// The text of a named value, of which documents that are evaluated may hold references.
    #[must_use]
    pub fn named_value(&self, name: &str) -> Option<&str> {
        self.file.named_values.get(name).map(String::as_str)
    }

    /// Adds variables to the file's own; those of the same name are replaced.
    ///
    /// # Errors
    /// When one is not of the form of a variable.
    pub fn with_variables(mut self, variables: &serde_json::Map<String, Json>) -> Result<Self, Error> {
        if let Some(root) = self.json.as_object_mut() {
            let own = root.entry("variables").or_insert_with(|| Json::Object(serde_json::Map::new()));
            if let Some(own) = own.as_object_mut() {
                own.extend(variables.clone());
            }
        }
        Self::of(self.json)
    }

    /// The request, to evaluate with: its variables are made in the heap.
    ///
    /// # Errors
    /// When a URL is none or a variable has no value.
    pub fn host(&self, heap: &mut Heap) -> Result<FileHost, Error> {
        FileHost::new(self.file.clone(), heap)
    }
}

/// JSON, or YAML; nothing is an empty object.
fn content(text: &str) -> Result<Json, Error> {
    match serde_json::from_str(text) {
        Ok(json) => Ok(json),
        Err(_) if text.trim().is_empty() => Ok(Json::Object(serde_json::Map::new())),
        Err(_) => serde_saphyr::from_str(text).map_err(|error| Error::Content(error.to_string())),
    }
}
