//! What programs that drive the demo need to know: addresses, keys, who is who.

use serde_json::{Value, json};

use super::Demo;

/// The facts as JSON.
///
/// # Errors
/// When the directory no longer has somebody.
pub(crate) fn of(demo: &Demo) -> anyhow::Result<Value> {
    let addresses = demo.instance.addresses();
    Ok(json!({
        "gateway": format!("http://{}", addresses.gateway),
        "admin": addresses.admin.map(|admin| format!("http://{admin}")),
        "models": demo.models.base_url(),
        "teamA": demo.callers.team_a,
        "teamB": demo.callers.team_b,
        "teamRed": demo.callers.red_key,
        "identity": identity(demo)?,
        "vault": { "url": demo.parties.vault_url() },
    }))
}

fn identity(demo: &Demo) -> anyhow::Result<Value> {
    let parties = &demo.parties;
    let (client, object) = parties.gateway()?;
    let app = |name| anyhow::Ok(json!(credentials(&parties.app(name)?)));
    let mut operator = app("Operator")?;
    if let Some(operator) = operator.as_object_mut() {
        operator.insert("certificate".to_owned(), json!(parties.operator_certificate));
    }
    Ok(json!({
        "authority": parties.authority(),
        "tenant": parties.tenant()?.id(),
        "ca": parties.trusted(),
        "imds": parties.identity.machine(),
        "appService": {
            "endpoint": parties.identity.identity_endpoint(),
            "header": parties.identity.identity_header(),
        },
        "federatedToken": parties.federated_token(),
        "gateway": { "clientId": client, "objectId": object },
        "apps": {
            "red": app("Team Red")?, "blue": app("Team Blue")?, "stranger": app("Stranger")?, "operator": operator,
        },
    }))
}

fn credentials(app: &simulators::identity::App) -> Value {
    json!({ "clientId": app.id(), "objectId": app.object_id(), "secret": app.secrets().first() })
}
