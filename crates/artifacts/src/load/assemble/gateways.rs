//! Gateways: that their APIs are there.

use std::collections::HashSet;
use std::sync::Arc;

use model::{ApiId, Collection, Gateway, GatewayId};
use source::{Diagnostic, did_you_mean};

use super::{Assembly, insert};
use crate::load::unit::Unit;

/// API Management's own gateway, which serves every API unless the folder says otherwise.
///
/// COMPAT: `managed` is what `context.Deployment.GatewayId` says there (documentation of `context`).
const MANAGED: &str = "managed";

impl Assembly<'_> {
    /// Leaves the APIs of the wanted gateway, of which `context.Deployment.GatewayId` then tells.
    pub(super) fn select(&mut self) {
        let Some(name) = &self.options.gateway else { return };
        let gateways = &self.configuration.gateways;
        let gateway = GatewayId::new(name).ok().and_then(|id| gateways.get(&id)).cloned();
        let apis = match &gateway {
            Some(gateway) => gateway.apis.as_slice(),
            None if name.eq_ignore_ascii_case(MANAGED) => return,
            None => {
                let near = did_you_mean(name, gateways.ids().map(GatewayId::as_str));
                let problem = Diagnostic::error("unknown-gateway", format!("there is no gateway `{name}`"));
                self.problems.push(problem.maybe_help(near.map(|near| format!("did you mean `{near}`?"))));
                &[]
            }
        };
        let wanted: HashSet<&ApiId> = apis.iter().collect();
        self.configuration.apis.retain(|api| wanted.contains(&api.id.root()));
        let service = &mut self.configuration.service;
        if let Some(gateway) = gateway.as_deref().filter(|_| &*service.gateway_id == MANAGED) {
            service.gateway_id = gateway.id.as_str().into();
        }
        self.configuration.gateway = gateway;
        // A gateway of the service serves no API of a workspace: those have gateways of their own.
        self.configuration.workspaces = Collection::new();
    }

    /// Whether there is an API of that name. One that is refused stays linked, so that its last good version goes on.
    fn is_api(&self, id: &ApiId) -> bool {
        self.configuration.apis.contains(id) || self.refused_apis.contains(id)
    }

    pub(super) fn gateways(&mut self, units: Vec<Unit<Gateway>>) {
        for gateway in self.read(units) {
            let known = gateway.apis.iter().filter(|id| self.is_api(id));
            let apis: Vec<ApiId> = known.cloned().collect();
            for id in gateway.apis.iter().filter(|id| !apis.contains(id)) {
                let near = did_you_mean(id.as_str(), self.configuration.apis.ids().map(ApiId::as_str));
                let message =
                    format!("the gateway `{}` has the API `{id}`, which does not exist", gateway.id);
                let problem = Diagnostic::error("unknown-api", message);
                let problem = problem.maybe_help(near.map(|near| format!("did you mean `{near}`?")));
                self.problems.push(match &gateway.origin {
                    Some(at) => problem.at(at.clone()),
                    None => problem,
                });
            }
            let same = apis.len() == gateway.apis.len();
            let gateway = if same { gateway } else { Arc::new(Gateway { apis, ..(*gateway).clone() }) };
            insert(&mut self.configuration.gateways, gateway, &mut self.problems);
        }
    }
}
