//! What is known of a call: where it goes, which deployment its URL names, and whether it gets there.

use std::collections::BTreeMap;
use std::fmt;

use source::Location;

/// The ways of operations, and how sure each is. What is not in it is not reached.
pub(crate) type Table = BTreeMap<(String, Way), Certainty>;

/// A row of the table of access.
#[derive(Clone, Debug)]
pub struct Row {
    /// Who calls, for people.
    pub caller: String,
    /// The API, for people.
    pub api: String,
    /// The operations, for people.
    pub operations: String,
    /// Where the calls go.
    pub backend: String,
    /// Which deployment their URLs name.
    pub deployment: Deployment,
    /// How sure that is.
    pub certainty: Certainty,
}

/// Where a call goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Way {
    /// The backend's name or URL.
    pub(crate) backend: String,
    /// The deployment.
    pub(crate) deployment: Deployment,
}

impl Way {
    /// Whether whoever can go this way can go the other: a caller who may choose can choose that, too.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let deployments = match (&self.deployment, &other.deployment) {
            (one, other) if one == other => true,
            (Deployment::AnyPath, _) => true,
            (Deployment::Chosen, Deployment::Named(_) | Deployment::Computed) => true,
            _ => false,
        };
        self.backend == other.backend && deployments
    }
}

/// Which deployment the URL of a call to a backend names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deployment {
    /// This one.
    Named(String),
    /// Whichever the caller writes.
    Chosen,
    /// Whichever a policy computes.
    Computed,
    /// The caller chooses all of the path or its end, and with it any deployment that there may be.
    AnyPath,
    /// None: the service has none, or the body says which.
    Unnamed,
}

impl fmt::Display for Deployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => write!(f, "deployment `{name}`"),
            Self::Chosen => f.write_str("any deployment, chosen by the caller"),
            Self::Computed => f.write_str("a deployment that a policy computes"),
            Self::AnyPath => f.write_str("any path, chosen by the caller"),
            Self::Unnamed => f.write_str("no deployment in the URL"),
        }
    }
}

/// How sure it is that a call arrives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// No policy keeps it back.
    Yes,
    /// Policies decide for each call; where they are, in the order in which they run.
    Decided(Vec<Spot>),
}

impl Certainty {
    /// The greater of two: what one way lets through, is let through.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            // One of them must hold. The shorter says enough.
            (Self::Decided(one), Self::Decided(other)) => {
                Self::Decided(if (other.len(), &other) < (one.len(), &one) { other } else { one })
            }
        }
    }
}

impl fmt::Display for Certainty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yes => f.write_str("yes"),
            Self::Decided(spots) => {
                let spots: Vec<String> = spots.iter().map(ToString::to_string).collect();
                write!(f, "decided by {}", spots.join(" and "))
            }
        }
    }
}

/// A policy and where it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The policy's name.
    pub policy: String,
    /// The file that it stands in.
    pub file: String,
    /// The line.
    pub line: u32,
}

impl Spot {
    pub(crate) fn new(policy: &str, at: &Location) -> Self {
        let line = at.file.line_column(at.span.start).line;
        Self { policy: policy.to_owned(), file: at.file.name().to_owned(), line }
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` at {}:{}", self.policy, self.file, self.line)
    }
}
