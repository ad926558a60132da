//! `docs/settings.md`: every setting, from the doc comments of the file that declares them.

use super::compare;
use crate::settings::{Settings, parse};

const DECLARED: &str = include_str!("../settings/file.rs");

const HEAD: &str = "\
# Settings

`cardea serve` and `cardea subscription` take settings from a TOML file (`--settings cardea.toml`, or its path in
`CARDEA_SETTINGS`) and from the environment, which comes over the file. All of them have defaults: without a file and
without variables, `cardea serve` runs. A setting that does not exist is refused.

```toml
[listen]
address = \"0.0.0.0:8080\"

[state]
dir = \"/var/lib/cardea\"
sealing-key-file = \"/run/secrets/cardea-sealing-key\"
```

Relative paths are relative to the settings file; without one, to the working directory. In a variable, a list is written
with commas. Two more variables are no settings: `CARDEA_SETTINGS`, and `CARDEA_SEALING_KEY`, which may hold the sealing
key itself.

What belongs to a configuration rather than to a process (which key names an API has, where secrets are) stands in the
[artifact folder](artifact-folder.md).
";

/// One setting.
struct Setting {
    path: Vec<String>,
    meaning: String,
    default: Option<String>,
}

/// A section and its settings.
struct Section {
    title: String,
    settings: Vec<Setting>,
}

#[test]
fn the_page_of_the_settings_is_up_to_date() {
    let mut page = HEAD.to_owned();
    for section in sections() {
        page.push_str(&format!("\n## {}\n\n", section.title));
        page.push_str("| setting | default | environment | meaning |\n| --- | --- | --- | --- |\n");
        for setting in section.settings {
            let name = setting.path.last().unwrap();
            let default = setting.default.as_deref().unwrap_or("needed");
            let row = format!("| `{name}` | {default} | `{}` | {} |\n", variable(&setting.path), setting.meaning);
            page.push_str(&row);
        }
    }
    compare("settings.md", &page);
}

#[test]
fn documented_defaults_are_the_defaults_and_can_come_from_the_environment() {
    let words = ["none", "one a core"];
    let simple = |setting: &Setting| setting.path.len() < 3 && setting.default.is_some();
    for setting in sections().into_iter().flat_map(|section| section.settings).filter(simple) {
        let default = setting.default.unwrap();
        let value = default.split(';').next().unwrap().trim_matches('`');
        if words.contains(&value) {
            continue;
        }
        let variables = [(variable(&setting.path), value.to_owned())];
        let given = parse(toml::Table::new(), variables.into_iter()).unwrap();
        assert_eq!(format!("{given:?}"), format!("{:?}", Settings::default()), "{:?}", setting.path);
    }
}

fn sections() -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut docs: Vec<&str> = Vec::new();
    for line in DECLARED.lines() {
        if let Some(doc) = line.trim_start().strip_prefix("/// ") {
            docs.push(doc);
        } else if line.contains("struct ") {
            sections.push(Section { title: docs.join(" "), settings: Vec::new() });
            docs.clear();
        } else if let Some((name, kind)) = line.strip_prefix("    pub ").and_then(|field| field.split_once(": ")) {
            let section = sections.last_mut().unwrap();
            section.settings.extend(setting(&section.title, name, kind, &docs.join(" ")));
            docs.clear();
        } else if !line.trim_start().starts_with("#[") {
            docs.clear();
        }
    }
    sections.retain(|section| !section.settings.is_empty());
    if let Some(first) = sections.first_mut() {
        first.title = "At the top".to_owned();
    }
    sections
}

/// A field as a setting; one that is a section of its own, or no setting, is none.
fn setting(section: &str, name: &str, kind: &str, doc: &str) -> Option<Setting> {
    let own = kind.trim_end_matches(',');
    if own.contains("TlsFiles") || doc.starts_with("The file they were read from") {
        return None;
    }
    if DECLARED.contains(&format!("\npub(crate) struct {own} {{")) {
        return None;
    }
    let place = section.trim_matches(['`', '[', ']']);
    let place = if place == "All settings." { "" } else { place };
    let path = place.split('.').filter(|part| !part.is_empty()).map(str::to_owned);
    let (meaning, default) = match doc.split_once(" Default: ") {
        Some((meaning, default)) => (meaning, Some(default.trim_end_matches('.').to_owned())),
        None => (doc, None),
    };
    let path = path.chain([name.replace('_', "-")]).collect();
    Some(Setting { path, meaning: meaning.to_owned(), default })
}

fn variable(path: &[String]) -> String {
    let parts: Vec<String> = path.iter().map(|part| part.to_uppercase().replace('-', "_")).collect();
    format!("CARDEA_{}", parts.join("__"))
}
