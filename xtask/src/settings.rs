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

/// Whether a method beside the declaration hands the setting on: `self.setting`, `self.table.setting`.
fn is_read(text: &str, name: &str) -> bool {
    let path = |before: &str| {
        let start = before.rfind(|c: char| !(is_of_name(c) || c == '.')).map_or(0, |at| at + 1);
        before.get(start..).is_some_and(|path| path == "self" || path.starts_with("self."))
    };
    members(text, name).any(path)
}

/// Whether a name occurs as a member, not as a part of a longer one.
fn uses(text: &str, name: &str) -> bool {
    members(text, name).next().is_some()
}

/// What stands before each place where a name occurs as a member.
fn members<'a>(text: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let member = format!(".{name}");
    let places: Vec<usize> = text.match_indices(&member).map(|(at, _)| at).collect();
    places.into_iter().filter_map(move |at| {
        let next = text.get(at + member.len()..).and_then(|rest| rest.chars().next());
        if next.is_some_and(is_of_name) { None } else { text.get(..at) }
    })
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_nothing_uses_is_found() {
        let declared = "pub(crate) struct A {\n    pub used: u8,\n    pub used_not: u8,\n    pub handed: u8,\n    pub inside: u8,\n}\n\
                        fn x(&self) { self.handed; self.table.inside; }\n";
        let files = [(FILE, declared), ("crates/cardea/src/main.rs", "a.b.used + 1")];
        let problems = check(&Repository::of(&files)).unwrap();
        assert_eq!(problems, [format!("{FILE}: nothing uses the setting `used_not`")]);
    }
}
