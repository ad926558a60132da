//! Gateways: that their APIs are there.

use std::sync::Arc;

use model::{ApiId, Gateway};
use source::{Diagnostic, did_you_mean};

use super::{Assembly, insert};
use crate::load::unit::Unit;

impl Assembly<'_> {
    pub(super) fn gateways(&mut self, units: Vec<Unit<Gateway>>) {
        for gateway in self.read(units) {
            let known = gateway.apis.iter().filter(|id| self.configuration.apis.contains(id));
            let apis: Vec<ApiId> = known.cloned().collect();
            for id in gateway.apis.iter().filter(|id| !apis.contains(id) && !self.refused_apis.contains(id)) {
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
