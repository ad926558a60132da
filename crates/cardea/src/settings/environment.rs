//! The environment as settings.

use anyhow::{Context as _, bail};
use toml::{Table, Value};

const PREFIX: &str = "CARDEA_";

/// What a variable that was meant as a setting begins with. Others with our prefix are not for us to judge:
/// `CARDEA_SEALING_KEY` is no setting, and Kubernetes makes `CARDEA_SERVICE_HOST` for a service named `cardea`.
const SECTIONS: [&str; 14] = [
    "admin",
    "configuration",
    "expressions",
    "identity",
    "limits",
    "listen",
    "listeners",
    "log",
    "outbound",
    "runtime",
    "secrets",
    "state",
    "tokens",
    "vault",
];

/// Settings that are lists of words: written with commas.
const LISTS: [&str; 8] = [
    "extra-roots",
    "revocation-lists",
    "allowed-hosts",
    "vaults",
    "openid-configurations",
    "proxy-protocol-from",
    "forwarded-from",
    "client-authorities",
];

/// Settings that are lists of tables: written as in TOML, `[{ host = "…", base = "…" }]`.
const TABLES: [&str; 4] = ["identities", "overrides", "listeners", "more"];

/// Puts a variable over the settings of a file. `fits` says whether settings make sense: a text such as `8080` is a number
/// where a number is wanted, and otherwise text.
///
/// # Errors
/// When a variable begins with the name of a section and goes on wrongly. What is no setting of its section is found
/// when the settings are read.
pub(super) fn put_over(
    table: &mut Table,
    name: &str,
    text: &str,
    fits: &dyn Fn(&Table) -> bool,
) -> anyhow::Result<()> {
    let Some(path) = name.strip_prefix(PREFIX) else { return Ok(()) };
    let path = path.to_ascii_lowercase().replace("__", "\0").replace('_', "-");
    let parts: Vec<&str> = path.split('\0').collect();
    match parts.as_slice() {
        ["strict"] => put(table, "strict", typed("strict", text)),
        [sections @ .., setting] if sections.len() <= 2 && TABLES.contains(setting) => {
            put(innermost(table, sections)?, setting, tables(name, text)?);
        }
        [sections @ .., setting] if (1..=2).contains(&sections.len()) => {
            put_typed(table, sections, (setting, text), fits)?;
        }
        [word] if !SECTIONS.contains(&word.split('-').next().unwrap_or(word)) => {}
        [word] if is_of_kubernetes(word) => {}
        _ => bail!("the environment variable `{name}` names no setting: write `{PREFIX}SECTION__SETTING`"),
    }
    Ok(())
}

fn put_typed(
    table: &mut Table,
    sections: &[&str],
    (setting, text): (&str, &str),
    fits: &dyn Fn(&Table) -> bool,
) -> anyhow::Result<()> {
    let value = typed(setting, text);
    let may_be_text = matches!(value, Value::Integer(_) | Value::Boolean(_));
    put(innermost(table, sections)?, setting, value);
    if may_be_text && !fits(table) {
        let mut with_text = table.clone();
        put(innermost(&mut with_text, sections)?, setting, Value::String(text.to_owned()));
        if fits(&with_text) {
            *table = with_text;
        }
    }
    Ok(())
}

fn innermost<'t>(table: &'t mut Table, sections: &[&str]) -> anyhow::Result<&'t mut Table> {
    sections.iter().try_fold(table, |table, section| section_of(table, section))
}

/// Whether Kubernetes has made the variable for a service whose name begins as a section does: `cardea-vault` gives
/// `CARDEA_VAULT_SERVICE_HOST` and `CARDEA_VAULT_PORT_8443_TCP`.
fn is_of_kubernetes(word: &str) -> bool {
    let parts: Vec<&str> = word.split('-').skip(1).collect();
    match parts.as_slice() {
        [.., "service", "host"] | [.., "port"] | [.., "port", _, "tcp" | "udp"] => true,
        [.., "port", _, "tcp" | "udp", "proto" | "addr"] => true,
        parts => parts.windows(2).any(|pair| pair == ["service", "port"]),
    }
}

fn put(section: &mut Table, setting: &str, value: Value) {
    section.insert(setting.to_owned(), value);
}

fn section_of<'t>(table: &'t mut Table, name: &str) -> anyhow::Result<&'t mut Table> {
    let section = table.entry(name).or_insert_with(|| Value::Table(Table::new()));
    match section {
        Value::Table(section) => Ok(section),
        _ => bail!("`{name}` is not a section of the settings"),
    }
}

/// A list of tables. What is wrong with it is told without the text, which may hold anything.
fn tables(name: &str, text: &str) -> anyhow::Result<Value> {
    let table: Table = format!("list = {text}")
        .parse()
        .map_err(|_| anyhow::anyhow!("the environment variable `{name}` is not a list of tables in TOML"))?;
    table.into_iter().next().map(|(_, value)| value).with_context(|| format!("`{name}` holds no list"))
}

fn typed(setting: &str, text: &str) -> Value {
    if LISTS.contains(&setting) {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        return Value::Array(items.map(|item| Value::String(item.to_owned())).collect());
    }
    value(text)
}

fn value(text: &str) -> Value {
    if let Ok(flag) = text.parse() {
        return Value::Boolean(flag);
    }
    text.parse().map_or_else(|_| Value::String(text.to_owned()), Value::Integer)
}
