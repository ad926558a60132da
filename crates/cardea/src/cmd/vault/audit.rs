//! What was done.

use serde_json::{Value, json};
use vault::{AuditFilter, AuditRecord};

use super::{open, secret_name};
use crate::cli::vault::Place;
use crate::console;

pub(super) async fn list(
    secret: Option<&str>,
    who: Option<String>,
    limit: u32,
    json: bool,
    place: &Place,
) -> anyhow::Result<()> {
    let vault = open(place).await?;
    let secret = secret.map(secret_name).transpose()?;
    let filter = AuditFilter { vault: vault.name().clone(), secret, who, limit };
    let records = vault.records(&filter).await?;
    for record in &records {
        console::line(&if json { as_json(record).to_string() } else { as_line(record) });
    }
    if records.is_empty() && !json {
        console::line("no such record");
    }
    Ok(())
}

fn as_line(record: &AuditRecord) -> String {
    let who = match (&record.operator, &record.object_id, &record.app_id) {
        (Some(operator), ..) => operator.clone(),
        (None, Some(object), _) => object.clone(),
        (None, None, Some(app)) => format!("appid {app}"),
        (None, None, None) => "nobody".to_owned(),
    };
    let secret = record.secret.as_deref().unwrap_or("-");
    let AuditRecord { at, operation, status, outcome, .. } = record;
    format!("{at:<24}  {who:<36}  {status}  {outcome:<12}  {operation}  {secret}")
}

fn as_json(record: &AuditRecord) -> Value {
    json!({
        "time": record.at.to_string(),
        "vault": record.vault.as_str(),
        "oid": record.object_id,
        "appid": record.app_id,
        "operator": record.operator,
        "operation": record.operation,
        "secret": record.secret,
        "version": record.version,
        "status": record.status,
        "outcome": record.outcome,
    })
}
