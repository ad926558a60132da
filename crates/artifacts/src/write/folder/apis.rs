//! APIs with their definitions, operations and what is kept of them.

use model::{Api, JsonText};

use super::Writer;
use super::properties::{document, value};
use crate::write::{API_ORDER, api_information, json, places, product_api};

impl Writer<'_> {
    pub(super) fn api(&mut self, api: &Api) {
        let properties = api_information(api).maybe("isOnline", (!api.is_online).then_some(false));
        let text = document(properties.ordered(&API_ORDER), api.rest.as_ref());
        self.put(places::api_information(&api.id), text);
        if let Some(definition) = &api.definition {
            let name = definition.name().rsplit('/').next().unwrap_or_default();
            self.put(format!("{}/{name}", places::api(&api.id)), definition.text());
        }
        self.policy(places::api_policy(&api.id), api.policy.as_ref());
        for operation in &api.operations {
            self.policy(places::operation_policy(&api.id, &operation.id), operation.policy.as_ref());
        }
        let Some(kept) = &api.kept else { return };
        let directory = places::api(&api.id);
        for each in &kept.diagnostics {
            let path = format!("{directory}/diagnostics/{}/diagnosticInformation.json", each.id);
            self.kept(path, &each.document);
        }
        for each in &kept.releases {
            self.kept(format!("{directory}/releases/{}/apiReleaseInformation.json", each.id), &each.document);
        }
        for tag in &kept.tags {
            self.put(format!("{directory}/tags/{tag}/apiTagInformation.json"), product_api());
        }
        for each in &kept.schemas {
            self.kept(format!("{directory}/schemas/{}/apiSchemaInformation.json", each.id), &each.document);
        }
    }

    /// A resource that is kept whole.
    pub(super) fn kept(&mut self, path: String, text: &JsonText) {
        let cleared = self.cleared(value(text), &path);
        self.put(path, json::text(&cleared));
    }
}
