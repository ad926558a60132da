//! Who may do what.

use anyhow::bail;
use serde_json::{Value, json};
use vault::{Grant, Vault};

use super::{open, operator, print_json, secret_name};
use crate::cli::vault::{Permission, Place};
use crate::console;

pub(super) async fn grant(
    identity: &str,
    permissions: &[Permission],
    secret: Option<&str>,
    place: &Place,
) -> anyhow::Result<()> {
    let vault = open(place).await?;
    for grant in grants(&vault, identity, permissions, secret)? {
        let is_new = vault.grant(&operator(), &grant).await?;
        console::line(&format!("{} {}", sentence(&grant), if is_new { "now" } else { "already" }));
    }
    Ok(())
}

pub(super) async fn revoke(
    identity: &str,
    permissions: &[Permission],
    secret: Option<&str>,
    place: &Place,
) -> anyhow::Result<()> {
    let vault = open(place).await?;
    for grant in grants(&vault, identity, permissions, secret)? {
        if !vault.revoke(&operator(), &grant).await? {
            bail!("that was not granted; `cardea vault access` shows what was, and for which secrets");
        }
        console::line(&format!("{} no more", sentence(&grant)));
    }
    Ok(())
}

pub(super) async fn revoke_all(identity: &str, place: &Place) -> anyhow::Result<()> {
    let vault = open(place).await?;
    let mut all = vault.grants().await?;
    all.retain(|grant| grant.identity.eq_ignore_ascii_case(identity));
    if all.is_empty() {
        bail!("nothing was granted to {identity} in vault {}", vault.name());
    }
    for grant in all {
        vault.revoke(&operator(), &grant).await?;
        console::line(&format!("{} no more", sentence(&grant)));
    }
    Ok(())
}

fn grants(
    vault: &Vault,
    identity: &str,
    permissions: &[Permission],
    secret: Option<&str>,
) -> anyhow::Result<Vec<Grant>> {
    if identity.trim().is_empty() || identity.contains(char::is_whitespace) {
        bail!("an identity is an object id or an application id");
    }
    let secret = secret.map(secret_name).transpose()?;
    let grant = |permission: &Permission| Grant {
        vault: vault.name().clone(),
        identity: identity.to_owned(),
        secret: secret.clone(),
        permission: stored(*permission),
    };
    Ok(permissions.iter().map(grant).collect())
}

fn stored(permission: Permission) -> vault::Permission {
    match permission {
        Permission::Get => vault::Permission::Get,
        Permission::List => vault::Permission::List,
        Permission::Set => vault::Permission::Set,
        Permission::Delete => vault::Permission::Delete,
        Permission::Recover => vault::Permission::Recover,
        Permission::Purge => vault::Permission::Purge,
    }
}

fn sentence(grant: &Grant) -> String {
    let what = grant.secret.as_ref().map_or("all secrets".to_owned(), |name| format!("secret {name}"));
    format!("{} may {} {what} in vault {}", grant.identity, grant.permission.name(), grant.vault)
}

pub(super) async fn list(json: bool, place: &Place) -> anyhow::Result<()> {
    let vault = open(place).await?;
    let all = vault.grants().await?;
    if json {
        return print_json(&all.iter().map(as_json).collect());
    }
    for grant in &all {
        let secret = grant.secret.as_ref().map_or("all secrets", |name| name.as_str());
        console::line(&format!("{:<36}  {:<8}  {secret}", grant.identity, grant.permission.name()));
    }
    if all.is_empty() {
        console::line(&format!("nothing is granted in vault {}", vault.name()));
    }
    Ok(())
}

fn as_json(grant: &Grant) -> Value {
    json!({
        "identity": grant.identity,
        "permission": grant.permission.name(),
        "secret": grant.secret.as_ref().map(|name| name.as_str()),
    })
}
