//! Which revision of an API is the current one, and what the others may not change.
//!
//! COMPAT: the directory without `;rev=` holds the current revision, whose number stands in `apiRevision`; `;rev=<n>`
//! directories hold the others (APIOps: its publisher makes the revision of the plain directory the current one, and
//! ignores `isCurrent` of overrides; its extractor writes no `;rev=` directory for the current one). After a revision was
//! made current and extracted anew, its `;rev=` directory may be left behind.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use model::{Api, ApiId, PolicyText};
use source::{Diagnostic, Severity};

use super::Assembly;
use crate::load::apis::Unsaid;

impl Assembly<'_> {
    /// Gives revisions what their files leave out, from the current one: that is where API Management takes it from when
    /// a revision is made.
    pub(super) fn inherit(&mut self, unsaid: &HashMap<ApiId, Unsaid>) {
        let apis = &mut self.configuration.apis;
        for (id, unsaid) in unsaid {
            let (Some(api), Some(current)) = (apis.get(id), apis.get(&id.root())) else { continue };
            let mut api = (**api).clone();
            if unsaid.protocols {
                api.protocols.clone_from(&current.protocols);
            }
            if unsaid.subscription_required {
                api.subscription_required = current.subscription_required;
            }
            if unsaid.version {
                api.version.clone_from(&current.version);
            }
            apis.replace(api);
        }
    }

    /// Refuses revisions that cannot be served beside the others.
    pub(super) fn revisions(&mut self) {
        let apis = &self.configuration.apis;
        let refused: Vec<(ApiId, Diagnostic)> = apis
            .iter()
            .filter(|api| api.id.revision().is_some())
            .filter_map(|api| {
                let root = api.id.root();
                let problem = match apis.get(&root) {
                    Some(current) => clash(api, current)?,
                    // What is wrong with the current one has been said.
                    None if self.refused_apis.contains(&root) => return None,
                    None => no_current(api),
                };
                Some((api.id.clone(), placed(problem, api)))
            })
            .collect();
        if refused.is_empty() {
            return;
        }
        let names: HashSet<ApiId> = refused.iter().map(|(id, _)| id.clone()).collect();
        self.configuration.apis.retain(|api| !names.contains(&api.id));
        for (id, problem) in refused {
            let left_out = problem.severity == Severity::Warning;
            self.problems.push(problem);
            if left_out {
                continue;
            }
            self.configuration.broken.push(Arc::from(format!("{}apis/{id}", self.prefix)));
            let root = id.root();
            if !self.configuration.apis.contains(&root) {
                self.refused_apis.insert(root);
            }
        }
    }
}

fn placed(problem: Diagnostic, api: &Api) -> Diagnostic {
    match &api.origin {
        Some(at) => problem.at(at.clone()),
        None => problem,
    }
}

fn no_current(api: &Api) -> Diagnostic {
    let root = api.id.root();
    let message = format!("the API `{root}` has the revision `{}`, but no current revision", api.revision);
    Diagnostic::error("no-current-revision", message)
        .help(format!("the current revision belongs in `apis/{root}`, without `;rev=`"))
}

/// Whether two revisions answer calls in the same way.
fn is_same(one: &Api, other: &Api) -> bool {
    let text = |policy: &Option<PolicyText>| policy.as_ref().map(|policy| policy.file.text().to_owned());
    let same_operations = || {
        let pairs = one.operations.iter().zip(&other.operations);
        one.operations.len() == other.operations.len()
            && pairs.into_iter().all(|(one, other)| {
                (&one.id, &one.method, one.url_template.to_string())
                    == (&other.id, &other.method, other.url_template.to_string())
                    && text(&one.policy) == text(&other.policy)
            })
    };
    (&one.path, &one.protocols, &one.service_url, &one.version)
        == (&other.path, &other.protocols, &other.service_url, &other.version)
        && one.subscription_required == other.subscription_required
        && text(&one.policy) == text(&other.policy)
        && same_operations()
}

/// What of a revision does not go with the current one.
///
/// COMPAT: API Management refuses to change these of a revision that is not current: "Can't change property for
/// non-current revision" (documentation of revisions).
fn clash(api: &Api, current: &Api) -> Option<Diagnostic> {
    let root = api.id.root();
    if api.revision == current.revision && is_same(api, current) {
        let message =
            format!("`apis/{}` is left out: it is the current revision, which `apis/{root}` holds", api.id);
        return Some(Diagnostic::warning("duplicate-revision", message).help("remove the directory"));
    }
    if api.revision == current.revision {
        let message = format!("the revision `{}` of the API `{root}` is there twice", api.revision);
        let help = format!(
            "`apis/{root}` is that revision, too, and the current one; remove one of the directories"
        );
        return Some(Diagnostic::error("duplicate-revision", message).help(help));
    }
    let differs = if api.path != current.path {
        "path"
    } else if api.protocols != current.protocols {
        "protocols"
    } else if api.subscription_required != current.subscription_required {
        "subscriptionRequired"
    } else if api.version != current.version {
        "apiVersion"
    } else {
        return None;
    };
    let message = format!("`{differs}` of the revision `{}` differs from that of the current one", api.id);
    let help = format!("API Management keeps it the same in all revisions; write it as in `apis/{root}`");
    Some(Diagnostic::error("revision-differs", message).help(help))
}
