//! Directories from files: TOML or JSON of the same members. The example is [`EXAMPLE`].

use super::{Directory, DirectoryError, check};
use crate::random;

/// The directory that `cardea simulate identity` has without a file.
pub(crate) const EXAMPLE: &str = include_str!("example.toml");

impl Directory {
    /// Reads TOML, or JSON if the text begins with a brace.
    ///
    /// # Errors
    /// When the text cannot be read, or contradicts itself.
    pub fn parse(text: &str) -> Result<Self, DirectoryError> {
        let read: Result<Self, String> = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| error.to_string())
        } else {
            toml::from_str(text).map_err(|error| error.to_string())
        };
        check::checked(read.map_err(|error| DirectoryError::one(error.trim_end()))?)
    }

    /// The directory of the example, with its secrets still to be made.
    ///
    /// # Errors
    /// Never, as a test shows.
    pub fn example() -> Result<Self, DirectoryError> {
        Self::parse(EXAMPLE)
    }

    /// Makes the secrets of the applications that want one (`generate_secret`), new ones each time.
    #[must_use]
    pub fn with_generated_secrets(mut self) -> Self {
        let apps = self.tenants.iter_mut().flat_map(|tenant| &mut tenant.apps);
        for app in apps.filter(|app| app.generate_secret) {
            app.generate_secret = false;
            app.secrets.push(random::text());
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_without_contradiction() {
        let directory = Directory::example().unwrap().with_generated_secrets();
        let apps = directory.tenants[0].apps();
        assert!(apps.iter().any(|app| !app.secrets().is_empty()));
        assert!(apps.iter().all(|app| !app.generate_secret));
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let text = r#"{ "tenant": [{ "id": "x", "domain": "a.example", "user": [
            { "id": "2d4f5a1e-0000-4000-8000-000000000001", "name": "ada",
              "assigned": [{ "app": "api://none", "role": "R" }] }] }] }"#;
        let error = Directory::parse(text).unwrap_err();
        let expected = [
            "the tenant `a.example` has the id `x`, which is no GUID",
            "the role `R` is of `api://none`, which is no application",
        ];
        assert_eq!(error.problems(), expected);
    }

    #[test]
    fn a_member_that_is_not_known_is_refused() {
        let error = Directory::parse("[[tenant]]\nid = \"a\"\ndomain = \"b\"\nsecret = \"c\"\n").unwrap_err();
        assert!(error.to_string().contains("unknown field `secret`"), "{error}");
    }
}
