//! Records: one row and one line of the log for each call. Neither holds a value.

use jiff::Timestamp;
use store::vault::{AuditRecord, SecretName, VaultWork};

use super::Vault;
use crate::vaults::Shared;
use crate::{Actor, Problem, Reply};

/// Who removes secrets after their time.
const RETENTION: &str = "retention";

const SUCCESS: &str = "Success";

impl Vault {
    /// A record of something that went well.
    pub(super) fn record(
        &self,
        actor: &Actor,
        operation: &str,
        secret: Option<&SecretName>,
        now: Timestamp,
    ) -> AuditRecord {
        let (caller, operator) = match actor {
            Actor::Caller(caller) => (Some(caller), None),
            Actor::Operator(name) => (None, Some(name.to_string())),
        };
        AuditRecord {
            at: now,
            vault: self.name.clone(),
            object_id: caller.and_then(|caller| caller.object_id.as_deref()).map(str::to_owned),
            app_id: caller.and_then(|caller| caller.app_id.as_deref()).map(str::to_owned),
            operator,
            operation: operation.to_owned(),
            secret: secret.map(ToString::to_string),
            version: None,
            status: 200,
            outcome: SUCCESS.to_owned(),
        }
    }
}

/// The record with what came of the call.
pub(super) fn with_outcome(record: AuditRecord, outcome: &Result<Reply, Problem>) -> AuditRecord {
    match outcome {
        Ok(Reply::Secret(bundle)) => AuditRecord { version: Some(bundle.version.id.to_string()), ..record },
        Ok(Reply::List(_)) => record,
        Ok(Reply::Done) => AuditRecord { status: 204, ..record },
        Err(problem) => AuditRecord {
            status: problem.status().as_u16(),
            outcome: problem.inner_code().unwrap_or(problem.code()).to_owned(),
            ..record
        },
    }
}

/// The line of the log.
pub(super) fn tell(record: &AuditRecord) {
    tracing::info!(
        target: "vault::audit",
        vault = %record.vault,
        oid = record.object_id,
        appid = record.app_id,
        operator = record.operator,
        operation = record.operation,
        secret = record.secret,
        version = record.version,
        status = record.status,
        outcome = record.outcome,
        "vault"
    );
}

impl Shared {
    /// Removes deleted secrets whose time is over, with a record of each.
    pub(crate) async fn purge_due(&self, work: &mut VaultWork, now: Timestamp) -> Result<(), Problem> {
        for secret in work.due_to_purge(now.as_second()).await? {
            work.purge(&secret).await?;
            let record = AuditRecord {
                at: now,
                vault: secret.vault.clone(),
                object_id: None,
                app_id: None,
                operator: Some(RETENTION.to_owned()),
                operation: "SecretPurge".to_owned(),
                secret: Some(secret.name.to_string()),
                version: None,
                status: 204,
                outcome: SUCCESS.to_owned(),
            };
            work.record(&record, self.rules.kept(now)).await?;
            tell(&record);
        }
        Ok(())
    }
}
