//! `application/x-www-form-urlencoded` text: of bodies and of queries.

use percent_encoding::percent_decode_str;

/// Names and values in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    pub(crate) fn parse(text: &str) -> Self {
        Self(text.split('&').filter(|part| !part.is_empty()).map(pair).collect())
    }

    /// The first value of that name that is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(key, value)| key == name && !value.is_empty());
        values.next().map(|(_, value)| value.as_str())
    }

    /// Whether there is such a name, with or without a value.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }
}

fn pair(part: &str) -> (String, String) {
    let (name, value) = part.split_once('=').unwrap_or((part, ""));
    (decoded(name), decoded(value))
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::Form;

    #[test]
    fn names_and_values_are_decoded() {
        let form = Form::parse("scope=api%3A%2F%2Fa%2F.default+openid&empty=&flag");
        assert_eq!(form.get("scope"), Some("api://a/.default openid"));
        assert_eq!((form.get("empty"), form.get("flag"), form.get("other")), (None, None, None));
        assert!(form.has("flag") && form.has("empty") && !form.has("other"));
    }
}
