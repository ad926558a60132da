//! Who asks something of a vault.

use std::fmt;
use std::sync::Arc;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Somebody with a token; what they may do must have been granted.
    Caller(Caller),
    /// Somebody who has the state directory and its key, and hence everything; named in the audit.
    Operator(Arc<str>),
}

/// What a verified token says of its bearer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// `oid`: the user, or the application's principal.
    pub object_id: Option<Arc<str>>,
    /// `appid` or `azp`: the application.
    pub app_id: Option<Arc<str>>,
    /// `iss`.
    pub issuer: Arc<str>,
    /// Who the token stands for.
    pub kind: CallerKind,
}

/// Who a token stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerKind {
    /// The application itself.
    Application,
    /// A user, on whose behalf an application calls.
    User,
}

impl Caller {
    /// The identities whose grants count. What is granted to an application is not granted to every user of it.
    #[must_use]
    pub fn identities(&self) -> Vec<&str> {
        let app = self.app_id.as_deref().filter(|_| self.kind == CallerKind::Application);
        self.object_id.as_deref().into_iter().chain(app).collect()
    }
}

impl fmt::Display for Caller {
    /// COMPAT: as Key Vault names a caller in its 403.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(app) = &self.app_id {
            write!(f, "appid={app};")?;
        }
        if let Some(object) = &self.object_id {
            write!(f, "oid={object};")?;
        }
        write!(f, "iss={}", self.issuer)
    }
}
