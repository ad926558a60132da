//! `GET …/models` and `GET …/models/{id}`.

use serde_json::{Value, json};

use crate::account::{Deployment, Kind, Resource};
use crate::reply::Reply;
use crate::wire::errors::{Refusal, no_such_deployment};
use crate::wire::{Call, Wire};

/// All models of the account, each once.
pub(crate) fn list(call: &Call, resource: &Resource, now: u64) -> Reply {
    let mut shown: Vec<&str> = Vec::new();
    let mut data = Vec::new();
    for deployment in &resource.deployments {
        let id = id(call.wire, deployment);
        if !shown.contains(&id) {
            shown.push(id);
            data.push(model(call.wire, deployment, now));
        }
    }
    Reply::json(json!({ "object": "list", "data": data }))
}

/// One model.
pub(crate) fn get(call: &Call, resource: &Resource, wanted: &str, now: u64) -> Result<Reply, Refusal> {
    let found = resource.deployments.iter().find(|deployment| id(call.wire, deployment) == wanted);
    let found = found.ok_or_else(|| no_such_deployment(Wire::OpenAi, wanted))?;
    Ok(Reply::json(model(call.wire, found, now)))
}

/// COMPAT: Azure lists the base models that a resource can use, not its deployments; on OpenAI's wire a caller can use
/// the ids that are listed.
fn id(wire: Wire, deployment: &Deployment) -> &str {
    if wire.is_azure() { &deployment.model } else { &deployment.name }
}

fn model(wire: Wire, deployment: &Deployment, now: u64) -> Value {
    let id = id(wire, deployment);
    if wire == Wire::AzureDated {
        return azure_model(id, deployment, now);
    }
    json!({ "id": id, "object": "model", "created": now, "owned_by": "simulator" })
}

/// The form of the dated API, as its specification (`Models_List`) has it.
fn azure_model(id: &str, deployment: &Deployment, now: u64) -> Value {
    let chat = deployment.kind == Kind::Chat;
    json!({
        "id": id,
        "object": "model",
        "created_at": now,
        "updated_at": now,
        "status": "succeeded",
        "lifecycle_status": "generally-available",
        "capabilities": {
            "fine_tune": false,
            "inference": true,
            "completion": chat,
            "chat_completion": chat,
            "embeddings": !chat,
        },
        "deprecation": {},
    })
}
