//! Version sets and policy fragments.

use model::{Fragment, FragmentId, HeaderText, PolicyText, VersionSet, VersionSetId, VersioningScheme};
use source::Diagnostic;

use super::{Loader, insert};
use crate::fields::{Fields, checked};
use crate::files::{Reported, report};

impl Loader<'_> {
    pub(super) fn version_sets(&mut self) {
        for name in self.files.directories("version sets", &mut self.problems) {
            let path = format!("version sets/{name}");
            let Some(id) = self.directory_id(VersionSetId::new, &name, &path) else { continue };
            if let Ok(set) = self.version_set(id, &path) {
                insert(&mut self.configuration.version_sets, set, &mut self.problems);
            }
        }
    }

    fn version_set(&mut self, id: VersionSetId, path: &str) -> Result<VersionSet, Reported> {
        let subject = format!("the version set `{id}`");
        let node = self.properties(&format!("{path}/versionSetInformation.json"), &subject)?;
        let fields = Fields::new(&node, subject);
        let problems = &mut self.problems;
        let (text, at) = fields.required("displayName", problems)?;
        let display_name = checked(model::DisplayName::new(text), at, problems)?;
        fields.required("versioningScheme", problems)?;
        let words = [("Segment", "Segment"), ("Query", "Query"), ("Header", "Header")];
        let scheme = match fields.choice("versioningScheme", &words, problems).ok_or(Reported)? {
            "Query" => VersioningScheme::Query(fields.required("versionQueryName", problems)?.0.into()),
            "Header" => {
                let (text, at) = fields.required("versionHeaderName", problems)?;
                VersioningScheme::Header(checked(HeaderText::new(text), at, problems)?)
            }
            _ => VersioningScheme::Segment,
        };
        let description = fields.shared("description", problems);
        Ok(VersionSet { id, display_name, description, scheme, origin: Some(node.at) })
    }

    pub(super) fn fragments(&mut self) {
        for name in self.files.directories("policy fragments", &mut self.problems) {
            let path = format!("policy fragments/{name}");
            let Some(id) = self.directory_id(FragmentId::new, &name, &path) else { continue };
            if let Ok(fragment) = self.fragment(id, &path) {
                insert(&mut self.configuration.fragments, fragment, &mut self.problems);
            }
        }
    }

    fn fragment(&mut self, id: FragmentId, path: &str) -> Result<Fragment, Reported> {
        let Some(file) = self.files.text(&format!("{path}/policy.xml"), &mut self.problems)? else {
            let message = format!("the policy fragment `{id}` has no `{path}/policy.xml`");
            return Err(report(&mut self.problems, Diagnostic::error("missing-file", message)));
        };
        // The information file holds a description only, and may be missing.
        let information = format!("{path}/policyFragmentInformation.json");
        let document = self.files.json(&information, &mut self.problems)?;
        let subject = format!("the policy fragment `{id}`");
        let properties = document.as_ref().and_then(|node| node.get("properties"));
        let fields = properties.map(|node| Fields::new(node, subject));
        let description = fields.and_then(|fields| fields.shared("description", &mut self.problems));
        Ok(Fragment { id, description, policy: PolicyText::new(file), origin: document.map(|node| node.at) })
    }
}
