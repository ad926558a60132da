//! Every setting of the program is used: nothing is read and then ignored.

use crate::Repository;

/// Where settings are declared.
const FILE: &str = "crates/cardea/src/settings/file.rs";

/// The settings whose name occurs nowhere but where they are declared.
///
/// # Errors
/// When the file of the settings is not there.
pub fn check(repository: &Repository) -> anyhow::Result<Vec<String>> {
    let users: Vec<&str> = repository
        .between("crates/cardea/src/", ".rs")
        .filter(|file| file.path != FILE)
        .map(|file| file.text.split("#[cfg(test)]").next().unwrap_or(""))
        .collect();
    let declared = repository.text(FILE)?;
    let unused = |name: &&str| !is_read(declared, name) && !users.iter().any(|text| uses(text, name));
    let problem = |name: &str| format!("{FILE}: nothing uses the setting `{name}`");
    Ok(fields(declared).filter(unused).map(problem).collect())
}

/// The names of public fields.
fn fields(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| Some(line.strip_prefix("    pub ")?.split_once(':')?.0))
}

/// Whether a method beside the declaration hands the setting on.
fn is_read(text: &str, name: &str) -> bool {
    uses(text, &format!("self.{name}"))
}

/// Whether a name occurs as a member, not as a part of a longer one.
fn uses(text: &str, name: &str) -> bool {
    let member = if name.starts_with("self.") { name.to_owned() } else { format!(".{name}") };
    text.match_indices(&member).any(|(at, found)| {
        let next = text.get(at + found.len()..).and_then(|rest| rest.chars().next());
        !next.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_nothing_uses_is_found() {
        let declared = "pub(crate) struct A {\n    pub used: u8,\n    pub used_not: u8,\n    pub handed: u8,\n}\n\
                        fn x(&self) { self.handed; }\n";
        let files = [(FILE, declared), ("crates/cardea/src/main.rs", "a.b.used + 1")];
        let problems = check(&Repository::of(&files)).unwrap();
        assert_eq!(problems, [format!("{FILE}: nothing uses the setting `used_not`")]);
    }
}
