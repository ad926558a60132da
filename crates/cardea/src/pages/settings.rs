//! `docs/settings.md`: every setting, from the doc comments of the file that declares them.

use std::collections::HashMap;

use super::compare;
use crate::settings::{Settings, parse};

const DECLARED: &str = concat!(
    include_str!("../settings/file.rs"),
    include_str!("../settings/listen.rs"),
    include_str!("../settings/configuration.rs"),
    include_str!("../settings/expressions.rs"),
    include_str!("../settings/outbound.rs"),
    include_str!("../settings/identity.rs"),
    include_str!("../settings/vault_server.rs"),
    include_str!("../settings/web_sockets.rs")
);

const HEAD: &str = "\
# Settings

`cardea serve`, `cardea subscription` and `cardea vault` take settings from a TOML file (`--settings cardea.toml`, or its path in
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
with commas, a list of tables as in TOML. Two more variables are no settings: `CARDEA_SETTINGS`, and `CARDEA_SEALING_KEY`, which may hold the sealing
key itself. Settings are read when a command starts; a [reload](operations.md#reload) reads the artifact folder only.

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
    intro: String,
    settings: Vec<Setting>,
}

#[test]
fn the_page_of_the_settings_is_up_to_date() {
    let mut page = HEAD.to_owned();
    for section in sections() {
        page.push_str(&format!("\n## {}\n\n{}\n\n", section.title, section.intro));
        page.push_str("| setting | default | environment | meaning |\n| --- | --- | --- | --- |\n");
        let is_list = section.title.starts_with("`[[");
        for setting in section.settings {
            let name = setting.path.last().unwrap();
            let whole = if is_list { setting.path.len() - 1 } else { setting.path.len() };
            let from = variable(&setting.path[..whole]);
            let default = setting.default.as_deref().unwrap_or("needed");
            let row = format!("| `{name}` | {default} | `{from}` | {} |\n", setting.meaning);
            page.push_str(&row);
        }
    }
    compare("settings.md", &page);
}

#[test]
fn documented_defaults_are_the_defaults_and_can_come_from_the_environment() {
    let words = ["none", "one a core", "half of the cores"];
    let simple = |setting: &Setting| setting.path.len() < 3 && setting.default.is_some();
    let of_no_list = sections().into_iter().filter(|section| !section.title.starts_with("`[["));
    for setting in of_no_list.flat_map(|section| section.settings).filter(simple) {
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
    let mut intros: HashMap<&str, String> =
        HashMap::from([("Settings", "What stands before the first section.".to_owned())]);
    let mut docs: Vec<&str> = Vec::new();
    for line in DECLARED.lines() {
        let line = line.trim_end_matches(" {");
        if let Some(doc) = line.trim_start().strip_prefix("/// ") {
            docs.push(doc);
            continue;
        }
        if let Some(kind) = line.strip_prefix("pub(crate) struct ") {
            let intro = intros.remove(kind).unwrap_or_default();
            let title = if kind == "Settings" { "At the top".to_owned() } else { docs.join(" ") };
            sections.push(Section { title, intro, settings: Vec::new() });
        } else if let Some((name, kind)) =
            line.strip_prefix("    pub ").and_then(|field| field.split_once(": "))
        {
            let Some(section) = sections.last_mut() else { continue };
            match inner_section(kind) {
                Some(inner) => drop(intros.insert(inner, docs.join(" "))),
                None => section.settings.extend(setting(&section.title, name, &docs.join(" "))),
            }
        } else if line.trim_start().starts_with("#[") {
            continue;
        }
        docs.clear();
    }
    sections
}

/// The struct that a field's type names, if it is declared here: a section of its own.
fn inner_section(kind: &str) -> Option<&str> {
    let kind = kind.trim_end_matches(',').trim_end_matches('>');
    let inner = kind.trim_start_matches("Option<").trim_start_matches("Vec<");
    DECLARED.contains(&format!("\npub(crate) struct {inner} {{")).then_some(inner)
}

/// A field as a setting; the one that is not read from anywhere is none.
fn setting(section: &str, name: &str, doc: &str) -> Option<Setting> {
    if name == "origin" {
        return None;
    }
    let place = section.trim_matches(['`', '[', ']']);
    let place = if place == "At the top" { "" } else { place };
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
