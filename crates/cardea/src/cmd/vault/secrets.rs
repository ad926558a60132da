//! Secrets: set, listed, shown, switched, deleted.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Read as _};

use anyhow::{Context as _, bail};
use secret::Secret;
use serde_json::{Value, json};
use vault::{Bundle, Call, NewSecret, Reply, SecretChange};

use super::{moment, open, operator, print_json, secret_name, version_id};
use crate::cli::vault::{OneSecret, OneVersion, Place, SetSecret};
use crate::console;

/// A value that is read from standard input at most; the vault's own limit is lower.
const LONGEST_INPUT: u64 = 64 * 1024;

pub(super) async fn set(args: SetSecret) -> anyhow::Result<()> {
    let name = secret_name(&args.name)?;
    let about = SecretChange {
        content_type: args.content_type.clone(),
        enabled: None,
        not_before: args.not_before.as_deref().map(seconds).transpose()?,
        expires: args.expires.as_deref().map(seconds).transpose()?,
        tags: Some(tags(&args.tag)?),
    };
    let vault = open(&args.place).await?;
    let value = value_of_input()?;
    let made = vault.set(&operator(), &name, NewSecret { value, about }).await?;
    console::line(&format!(
        "secret {} in vault {} has the new version {}",
        made.name,
        vault.name(),
        made.version.id
    ));
    Ok(())
}

fn seconds(text: &str) -> anyhow::Result<i64> {
    let at: jiff::Timestamp =
        text.parse().with_context(|| format!("`{text}` is not a time; write it as 2026-12-01T00:00:00Z"))?;
    Ok(at.as_second())
}

fn tags(given: &[String]) -> anyhow::Result<BTreeMap<String, String>> {
    let split = |tag: &String| {
        let (name, text) =
            tag.split_once('=').with_context(|| format!("write the tag `{tag}` as NAME=TEXT"))?;
        Ok((name.to_owned(), text.to_owned()))
    };
    given.iter().map(split).collect()
}

/// Standard input to its end, without one line break there, which `echo` and editors put.
fn value_of_input() -> anyhow::Result<Secret> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        console::err("type the value and end it with Ctrl-D; it is shown while you type\n");
    }
    let mut text = String::new();
    let read = stdin.lock().take(LONGEST_INPUT + 1).read_to_string(&mut text);
    let length = read.context("the value cannot be read from standard input as UTF-8 text")?;
    if length as u64 > LONGEST_INPUT {
        bail!("the value has more than {LONGEST_INPUT} bytes");
    }
    let text = Secret::new(text);
    let whole = text.expose();
    let trimmed = whole.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    if trimmed.is_some() {
        console::err("the line break at the end of the value was left off\n");
    }
    match trimmed.unwrap_or(whole) {
        "" => bail!("there is no value on standard input"),
        value => Ok(Secret::new(value)),
    }
}

pub(super) async fn list(deleted: bool, json: bool, place: &Place) -> anyhow::Result<()> {
    let vault = open(place).await?;
    let call = if deleted { Call::ListDeleted } else { Call::List };
    let all = vault.all(&operator(), call).await?;
    if json {
        return print_json(&all.iter().map(as_json).collect());
    }
    for each in &all {
        let gone = each.deletion.map(|deletion| format!("  gone for good at {}", moment(deletion.purge)));
        let (name, about) = (each.name.to_string(), about(each));
        console::line(&format!("{name:<32} {about}{}", gone.unwrap_or_default()));
    }
    if all.is_empty() {
        let what = if deleted { "no deleted secrets" } else { "no secrets" };
        console::line(&format!("{what} in vault {}", vault.name()));
    }
    Ok(())
}

pub(super) async fn show(name: &str, place: &Place) -> anyhow::Result<()> {
    let (vault, name) = (open(place).await?, secret_name(name)?);
    let versions = vault.all(&operator(), |page| Call::ListVersions(name.clone(), page)).await?;
    for each in versions.iter().rev() {
        console::line(&format!("{}  {}", each.version.id, about(each)));
    }
    Ok(())
}

/// A version in a few words, without its value.
fn about(bundle: &Bundle) -> String {
    let version = &bundle.version;
    let mut words = vec![if version.enabled { "enabled " } else { "disabled" }.to_owned()];
    words.push(format!("made {}", moment(version.created)));
    words.extend(version.not_before.map(|at| format!("from {}", moment(at))));
    words.extend(version.expires.map(|at| format!("until {}", moment(at))));
    words.extend(version.content_type.clone());
    words.extend(version.tags.iter().map(|(name, text)| format!("{name}={text}")));
    words.join("  ")
}

fn as_json(bundle: &Bundle) -> Value {
    let version = &bundle.version;
    json!({
        "name": bundle.name.as_str(),
        "version": version.id.as_str(),
        "enabled": version.enabled,
        "contentType": version.content_type,
        "notBefore": version.not_before.map(moment),
        "expires": version.expires.map(moment),
        "created": moment(version.created),
        "updated": moment(version.updated),
        "tags": version.tags,
        "deleted": bundle.deletion.map(|deletion| moment(deletion.deleted)),
        "scheduledPurge": bundle.deletion.map(|deletion| moment(deletion.purge)),
    })
}

pub(super) async fn reveal(name: &str, version: Option<&str>, place: &Place) -> anyhow::Result<()> {
    let (vault, name, version) = (open(place).await?, secret_name(name)?, version_id(version)?);
    let read = vault.get(&operator(), &name, version.as_ref()).await?;
    if let Some(value) = read.value {
        console::line(value.expose());
    }
    Ok(())
}

pub(super) async fn enable(args: &OneVersion, enabled: bool) -> anyhow::Result<()> {
    let (vault, name) = (open(&args.place).await?, secret_name(&args.name)?);
    let change = SecretChange { enabled: Some(enabled), ..SecretChange::default() };
    let call = Call::Update(name, version_id(args.version.as_deref())?, change);
    if let Reply::Secret(changed) = vault.perform(&operator(), call).await? {
        let state = if enabled { "enabled" } else { "disabled" };
        console::line(&format!("version {} of {} is {state}", changed.version.id, changed.name));
    }
    Ok(())
}

pub(super) async fn delete(args: &OneSecret) -> anyhow::Result<()> {
    let reply = perform(args, Call::Delete).await?;
    if let Reply::Secret(Bundle { name, deletion: Some(deletion), .. }) = reply {
        let until = moment(deletion.purge);
        console::line(&format!("secret {name} is deleted; it can be recovered until {until}"));
    }
    Ok(())
}

pub(super) async fn recover(args: &OneSecret) -> anyhow::Result<()> {
    perform(args, Call::Recover).await?;
    console::line(&format!("secret {} is back", args.name));
    Ok(())
}

pub(super) async fn purge(args: &OneSecret) -> anyhow::Result<()> {
    perform(args, Call::Purge).await?;
    console::line(&format!("secret {} is gone for good", args.name));
    Ok(())
}

async fn perform(args: &OneSecret, call: impl FnOnce(vault::SecretName) -> Call) -> anyhow::Result<Reply> {
    let (vault, name) = (open(&args.place).await?, secret_name(&args.name)?);
    Ok(vault.perform(&operator(), call(name)).await?)
}
