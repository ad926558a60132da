//! Names of operations, as API Management's import makes them.

use std::collections::HashSet;

/// Longest name before a number is appended.
const LONGEST: usize = 76;

/// Hands out names of operations, each once.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: HashSet<String>,
}

impl Names {
    /// The name of an operation; `-1` to `-999` tell those apart that would have the same one. None when all of those
    /// are taken.
    pub(super) fn take(&mut self, written: &str) -> Option<String> {
        let name = normalised(written);
        let numbered = (1..1000).map(|number| format!("{name}-{number}"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| !self.taken.contains(name))?;
        self.taken.insert(free.clone());
        Some(free)
    }
}

/// Lower case; runs of anything but letters and digits become one `-`; none at the ends; at most 76 characters
/// (documentation of import, normalisation rules). Letters and digits are those of ASCII.
#[must_use]
pub fn normalised(written: &str) -> String {
    let mut name = String::new();
    for c in written.chars().map(|c| c.to_ascii_lowercase()) {
        match c {
            'a'..='z' | '0'..='9' => name.push(c),
            _ if name.is_empty() || name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    name.truncate(LONGEST);
    let name = name.trim_end_matches('-');
    if name.is_empty() { "operation".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_documented_rules() {
        // The first is the documentation's own example of a name made from method and template.
        assert_eq!(normalised("GET-/foo/{bar}?buzz={quix}"), "get-foo-bar-buzz-quix");
        assert_eq!(normalised("--Create_Chat  Completion!"), "create-chat-completion");
        assert_eq!(normalised(&"ab-".repeat(40)).len(), 76);
        assert_eq!(normalised(&format!("{}-bc", "a".repeat(75))), "a".repeat(75));
    }

    #[test]
    fn names_that_would_be_the_same_get_numbers() {
        let mut names = Names::default();
        assert_eq!(names.take("Get Foo").as_deref(), Some("get-foo"));
        assert_eq!(names.take("get_foo").as_deref(), Some("get-foo-1"));
        assert_eq!(names.take("get foo").as_deref(), Some("get-foo-2"));
    }
}
