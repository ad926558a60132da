//! Version sets and policy fragments.

use model::{
    DisplayName, Fragment, FragmentId, HeaderText, PolicyText, VersionSet, VersionSetId, VersioningScheme,
};
use source::Diagnostic;

use super::unit::{Reader, Unit, overridden_policy};
use crate::fields::{Fields, checked};
use crate::files::{Reported, report};

const VERSION_SET: [&str; 5] =
    ["displayName", "description", "versioningScheme", "versionQueryName", "versionHeaderName"];

/// Reads `version sets/<id>`.
pub(super) fn version_set(mut reader: Reader<'_>) -> Unit<VersionSet> {
    let read = read_version_set(&mut reader);
    reader.finish(read)
}

fn read_version_set(reader: &mut Reader<'_>) -> Result<VersionSet, Reported> {
    let id = reader.id(VersionSetId::new)?;
    let subject = format!("the version set `{id}`");
    // COMPAT: first versions of APIOps called the file `apiVersionSetInformation.json`.
    let information = match reader.information_if_there("apiVersionSetInformation.json", &subject)? {
        Some(information) => information,
        None => reader.information("versionSetInformation.json", &subject)?,
    };
    let fields = Fields::new(&information.properties, subject);
    let problems = &mut reader.problems;
    let (text, at) = fields.required("displayName", problems)?;
    let display_name = checked(DisplayName::new(text), at, problems)?;
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
    let rest = information.rest(&VERSION_SET);
    Ok(VersionSet { id, display_name, description, scheme, rest, origin: Some(fields.node.at.clone()) })
}

/// Reads `policy fragments/<id>`.
pub(super) fn fragment(mut reader: Reader<'_>) -> Unit<Fragment> {
    let read = read_fragment(&mut reader);
    reader.finish(read)
}

fn read_fragment(reader: &mut Reader<'_>) -> Result<Fragment, Reported> {
    let id = reader.id(FragmentId::new)?;
    let Some(file) = reader.text("policy.xml")? else {
        let message = format!("the policy fragment `{id}` has no `{}`", reader.path("policy.xml"));
        return Err(report(&mut reader.problems, Diagnostic::error("missing-file", message)));
    };
    let path = reader.path("policy.xml");
    let policy = match reader.over {
        Some(over) => overridden_policy(file, &path, over, &mut reader.problems),
        None => PolicyText::new(file),
    };
    // The information file holds a description only, and may be missing.
    let subject = format!("the policy fragment `{id}`");
    let information = reader.information_if_there("policyFragmentInformation.json", &subject)?;
    let Some(information) = information else {
        return Ok(Fragment { id, description: None, policy, rest: None, origin: None });
    };
    let fields = Fields::new(&information.properties, subject);
    Ok(Fragment {
        id,
        description: fields.shared("description", &mut reader.problems),
        policy,
        // COMPAT: of its file, APIOps writes neither `value` nor `format`, and puts the document over them (its publisher).
        rest: information.rest(&["description", "value", "format"]),
        origin: Some(fields.node.at.clone()),
    })
}
