//! Role assignments: which principal may call which account, or only one deployment of it.
//!
//! A token says who calls. What they may do is decided here, as Azure's role assignments decide it: by the role
//! `Cognitive Services OpenAI User` on a resource, or on one of its deployments. Assignments can be changed while the
//! simulator runs, by [`Roles`] or over HTTP:
//!
//! ```text
//! curl http://127.0.0.1:8401/_simulator/roles
//! curl -X PUT    -d '{"principal":"…","account":"contoso"}' http://127.0.0.1:8401/_simulator/roles
//! curl -X DELETE -d '{"principal":"…","account":"contoso","deployment":"gpt-4o"}' http://127.0.0.1:8401/_simulator/roles
//! ```
//!
//! There is one role; nobody is denied by an assignment, and groups are not looked into.

use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::RwLock;
use serde_json::{Map, Value, json};

/// Assignments that are kept; a simulator of a demo or a test needs a handful.
const MAX_ASSIGNMENTS: usize = 10_000;

/// Where an assignment holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// A whole account, with everything in it.
    Account(String),
    /// One deployment of an account.
    Deployment {
        /// The account's name.
        account: String,
        /// The deployment's name.
        deployment: String,
    },
}

impl Scope {
    /// The whole account.
    #[must_use]
    pub fn account(name: impl Into<String>) -> Self {
        Self::Account(name.into())
    }

    /// One deployment.
    #[must_use]
    pub fn deployment(account: impl Into<String>, deployment: impl Into<String>) -> Self {
        Self::Deployment { account: account.into(), deployment: deployment.into() }
    }

    fn covers(&self, wanted_account: &str, wanted_deployment: Option<&str>) -> bool {
        match self {
            Self::Account(account) => account == wanted_account,
            Self::Deployment { account, deployment } => {
                account == wanted_account && wanted_deployment == Some(deployment)
            }
        }
    }
}

/// The assignments of a simulator. A handle: clones see the same ones.
#[derive(Clone, Debug, Default)]
pub struct Roles(Arc<RwLock<BTreeSet<(String, Scope)>>>);

impl Roles {
    /// Lets a principal call what is in the scope, from now on. Without effect when there are too many assignments.
    pub fn grant(&self, principal: impl Into<String>, scope: Scope) {
        let mut assignments = self.0.write();
        if assignments.len() < MAX_ASSIGNMENTS {
            assignments.insert((principal.into(), scope));
        }
    }

    /// Takes an assignment back. `false` when there was none like it.
    pub fn revoke(&self, principal: &str, scope: &Scope) -> bool {
        self.0.write().remove(&(String::from(principal), scope.clone()))
    }

    /// Whether a principal may call a deployment, or, without one, what belongs to the account as a whole.
    pub(crate) fn allow(&self, principal: &str, account: &str, deployment: Option<&str>) -> bool {
        self.0.read().iter().any(|(holder, scope)| holder == principal && scope.covers(account, deployment))
    }

    /// All of them as JSON.
    pub(crate) fn view(&self) -> Value {
        let assignments = self.0.read();
        let shown = assignments.iter().map(|(principal, scope)| match scope {
            Scope::Account(account) => json!({ "principal": principal, "account": account }),
            Scope::Deployment { account, deployment } => {
                json!({ "principal": principal, "account": account, "deployment": deployment })
            }
        });
        json!({ "roles": shown.collect::<Vec<_>>() })
    }
}

/// An assignment as people write it: `{"principal": …, "account": …}`, and `deployment` for one only.
pub(crate) fn read(body: &[u8]) -> Result<(String, Scope), &'static str> {
    let body: Map<String, Value> =
        serde_json::from_slice(body).map_err(|_| "the body must be a JSON object")?;
    if body.keys().any(|name| !["principal", "account", "deployment"].contains(&name.as_str())) {
        return Err("an assignment has `principal`, `account` and perhaps `deployment`");
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let principal = text("principal").ok_or("`principal` is missing: the object id of an identity")?;
    let account = text("account").ok_or("`account` is missing")?;
    let scope = match (body.get("deployment"), text("deployment")) {
        (None, _) => Scope::account(account),
        (_, Some(deployment)) => Scope::deployment(account, deployment),
        _ => return Err("`deployment` must be a name"),
    };
    Ok((String::from(principal), scope))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_holds_for_its_scope_only() {
        let roles = Roles::default();
        roles.grant("ada", Scope::account("contoso"));
        roles.grant("bob", Scope::deployment("contoso", "gpt-4o"));
        for (principal, account, deployment, expected) in [
            ("ada", "contoso", Some("gpt-4o"), true),
            ("ada", "contoso", None, true),
            ("ada", "fabrikam", Some("gpt-4o"), false),
            ("bob", "contoso", Some("gpt-4o"), true),
            ("bob", "contoso", Some("gpt-4o-mini"), false),
            ("bob", "contoso", None, false),
            ("eve", "contoso", Some("gpt-4o"), false),
        ] {
            let allowed = roles.allow(principal, account, deployment);
            assert_eq!(allowed, expected, "{principal} {account} {deployment:?}");
        }
        assert!(roles.revoke("ada", &Scope::account("contoso")));
        assert!(!roles.revoke("ada", &Scope::account("contoso")));
        assert!(!roles.allow("ada", "contoso", Some("gpt-4o")));
    }

    #[test]
    fn an_assignment_that_is_not_understood_is_refused() {
        assert_eq!(
            read(br#"{"principal":"p","account":"a"}"#).unwrap(),
            (String::from("p"), Scope::account("a"))
        );
        for body in [
            "",
            "[]",
            "{}",
            r#"{"principal":"p"}"#,
            r#"{"principal":"p","account":"a","deployment":1}"#,
            r#"{"principal":"p","account":"a","role":"Owner"}"#,
        ] {
            assert!(read(body.as_bytes()).is_err(), "{body}");
        }
    }
}
