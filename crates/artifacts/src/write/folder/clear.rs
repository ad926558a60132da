//! Secrets that people wrote into files in clear.

use super::Writer;
use crate::write::{Object, Value, resources};

/// Members of kept resources that hold secrets. API Management itself puts named values there.
const SECRETS: [&str; 3] = ["instrumentationKey", "connectionString", "credentials"];
/// Parts of names of headers and query parameters that carry secrets.
const WORDS: [&str; 12] = [
    "auth",
    "code",
    "cookie",
    "cred",
    "key",
    "pass",
    "pwd",
    "secret",
    "session",
    "sig",
    "token",
    "subscription",
];

/// Whether a header or query parameter of that name carries a secret.
pub(super) fn is_sensitive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    WORDS.iter().any(|word| name.contains(word))
}

impl Writer<'_> {
    /// A text that is a secret unless it is put together of named values: as it is, or a named value in its place that
    /// somebody has to fill.
    pub(super) fn guarded(&mut self, text: &str, path: &str, what: String, name: &str) -> String {
        if text.is_empty() || text.contains("{{") {
            return text.to_owned();
        }
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        let name: String = name.chars().map(|c| if fits(c) { c } else { '-' }).collect();
        self.put(
            format!("named values/{name}/namedValueInformation.json"),
            super::properties::document(resources::secret_named_value(&name), None),
        );
        let help = format!("it is the named value `{name}` now: say in `secrets.toml` where its secret is");
        self.withhold(path, what, help);
        format!("{{{{{name}}}}}")
    }

    /// A kept document without the secrets in it.
    pub(super) fn cleared(&mut self, value: Value, path: &str) -> Value {
        let Value::Object(object) = value else { return value };
        let mut cleared = Object::new();
        for (name, value) in object.into_members() {
            let is_secret = SECRETS.iter().any(|each| each.eq_ignore_ascii_case(&name));
            let value =
                if is_secret { self.without_texts(value, &name, path) } else { self.cleared(value, path) };
            cleared.set(&name, value);
        }
        cleared.into()
    }

    fn without_texts(&mut self, value: Value, name: &str, path: &str) -> Value {
        match value {
            Value::Text(text) if !text.is_empty() && !text.contains("{{") => {
                let what = format!("`{name}` stood in clear");
                self.withhold(path, what, "nothing needs it here; for API Management write a named value");
                Value::Text(String::new())
            }
            Value::Object(object) => {
                let mut cleared = Object::new();
                for (name, value) in object.into_members() {
                    let value = self.without_texts(value, &name, path);
                    cleared.set(&name, value);
                }
                cleared.into()
            }
            Value::List(items) => {
                items.into_iter().map(|item| self.without_texts(item, name, path)).collect::<Vec<_>>().into()
            }
            other => other,
        }
    }
}
