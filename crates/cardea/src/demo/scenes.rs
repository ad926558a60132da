//! What changes while the gateway runs: roles at the model, secrets in the vault, the vault itself.

use futures_util::future::join_all;
use simulators::{KeyName, Scope};

use super::calls::{AtModel, COHERE, Call, HELLO, HELLO_COHERE, KEY_FROM_VAULT, LAYERS, LAYERS_LARGE};
use super::check::{Row, row, status};
use super::{Demo, ROTATED, WITHHELD, models};

/// Calls at once while a key is rotated.
const CALLS: usize = 20;

/// Plays all scenes, and leaves everything as it was.
///
/// # Errors
/// When the gateway cannot be called, or a party does not do what it is told.
pub(super) async fn play(demo: &mut Demo) -> anyhow::Result<Vec<Row>> {
    let mut rows = roles(demo).await?;
    rows.extend(grant(demo).await?);
    rows.extend(rotation(demo).await?);
    rows.extend(vault_away(demo).await?);
    Ok(rows)
}

/// A call of the API with three layers, which must give this.
fn layered(demo: &Demo, title: &'static str, path: &'static str, status: u16) -> Call {
    let headers = vec![
        ("api-key", demo.callers.red_key.clone()),
        ("Authorization", format!("Bearer {}", demo.callers.red)),
    ];
    let (holds, at_model) = match status {
        200 => ("\"usage\"", AtModel::Identity),
        // The model was called, and refused the gateway's identity: the policy says so in its own words.
        _ => ("GatewayNotAllowed", AtModel::Identity),
    };
    Call { title, path, headers, body: HELLO, streamed: false, status, holds, at_model, printed: false }
}

async fn roles(demo: &Demo) -> anyhow::Result<Vec<Row>> {
    let (_, gateway) = demo.parties.gateway()?;
    let (account, one) = (Scope::account(models::AZURE), Scope::deployment(models::AZURE, "gpt-4o-mini"));
    let roles = demo.models.roles();
    let _had = roles.revoke(&gateway, &account);
    let mut rows = vec![row(demo, &layered(demo, "the gateway's identity has no role", LAYERS, 403)).await?];
    roles.grant(gateway.as_str(), one.clone());
    rows.push(row(demo, &layered(demo, "granted for one deployment", LAYERS, 200)).await?);
    rows.push(row(demo, &layered(demo, "another deployment", LAYERS_LARGE, 403)).await?);
    let _had = roles.revoke(&gateway, &one);
    roles.grant(gateway, account);
    rows.push(row(demo, &layered(demo, "granted for all", LAYERS_LARGE, 200)).await?);
    Ok(rows)
}

/// A call of Cohere's model, whose key the gateway may not read at first.
async fn grant(demo: &Demo) -> anyhow::Result<Vec<Row>> {
    let call = |title, status, holds, at_model| Call {
        title,
        path: COHERE,
        headers: vec![("Authorization", format!("Bearer {}", demo.callers.blue))],
        body: HELLO_COHERE,
        streamed: false,
        status,
        holds,
        at_model,
        printed: false,
    };
    let refused = call("a secret of the vault that is not granted", 500, "activityId", AtModel::Nothing);
    let mut rows = vec![row(demo, &refused).await?];
    let (_, gateway) = demo.parties.gateway()?;
    demo.parties.grant_reading(&gateway, WITHHELD).await?;
    demo.instance.reload().await;
    rows.push(row(demo, &call("granted", 200, "COMPLETE", AtModel::Key("cohere"))).await?);
    Ok(rows)
}

fn by_vault_key(demo: &Demo, title: &'static str) -> Call {
    Call {
        title,
        path: KEY_FROM_VAULT,
        headers: vec![("Authorization", format!("Bearer {}", demo.callers.red))],
        body: HELLO,
        streamed: false,
        status: 200,
        holds: "\"usage\"",
        at_model: AtModel::Key(models::AZURE),
        printed: false,
    }
}

/// The model's key is made anew and put into the vault; the gateway finds out by the model's 401.
async fn rotation(demo: &Demo) -> anyhow::Result<Vec<Row>> {
    let title = "the model's key rotated during calls";
    let call = by_vault_key(demo, title);
    let gateway = demo.instance.addresses().gateway;
    let Some(fresh) = demo.models.accounts().regenerate(models::AZURE, KeyName::Key2) else {
        return Ok(vec![Row::of(title, "a new key", "no such account")]);
    };
    demo.parties.set_secret(ROTATED, &fresh).await?;
    let statuses = join_all((0..CALLS).map(|_| status(gateway, &call))).await;
    let good = statuses.iter().filter(|status| matches!(status, Ok(200))).count();
    Ok(vec![Row::of(title, &format!("{CALLS} of {CALLS} answered"), &format!("{good} of {CALLS} answered"))])
}

async fn vault_away(demo: &mut Demo) -> anyhow::Result<Vec<Row>> {
    demo.parties.close_vault().await;
    demo.instance.reload().await;
    let rows = vec![row(demo, &by_vault_key(demo, "the vault is away, and the folder read anew")).await?];
    demo.parties.open_vault().await?;
    Ok(rows)
}
