//! `context.LastError`.

use std::sync::Arc;

use crate::{Fault, Scope, Section, StepMeta};

/// What went wrong, as policies see it.
#[derive(Clone, Debug)]
pub struct LastError {
    /// The policy or built-in step.
    pub source: Arc<str>,
    /// Machine-readable code.
    pub reason: &'static str,
    /// Text.
    pub message: Arc<str>,
    /// Scope of the document, when a policy failed.
    pub scope: Option<Scope>,
    /// Section in which it happened.
    pub section: Option<Section>,
    /// Nesting of the policy in its section.
    pub path: Option<Arc<str>>,
    /// The policy's `id` attribute.
    pub policy_id: Option<Arc<str>>,
    /// Status of the default answer.
    pub status: u16,
}

impl LastError {
    /// The error of a policy.
    #[must_use]
    pub fn of_step(fault: &Fault, meta: &StepMeta) -> Self {
        Self {
            scope: Some(meta.scope),
            section: Some(meta.section),
            path: Some(Arc::clone(&meta.path)),
            policy_id: meta.id.clone(),
            ..Self::of_gateway(fault, Some(meta.policy))
        }
    }

    /// The error of a built-in step; `policy` names the policy on whose behalf it ran, if any.
    #[must_use]
    pub fn of_gateway(fault: &Fault, policy: Option<&str>) -> Self {
        Self {
            source: fault.source_name(policy).into(),
            reason: fault.kind().row().reason,
            message: fault.message().into(),
            scope: None,
            section: None,
            path: None,
            policy_id: None,
            status: fault.response_status(),
        }
    }

    /// In a section.
    #[must_use]
    pub fn in_section(mut self, section: Section) -> Self {
        self.section = Some(section);
        self
    }
}
