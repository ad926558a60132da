//! Resources that are kept as they are, because nothing acts on them yet: loggers, diagnostics, releases, schemas. And tags
//! and gateways, of which the links are read.

use model::{ApiId, DisplayName, Gateway, GatewayId, Invalid, Kept, KeptKind, ProductId, Tag, TagId};
use source::Diagnostic;

use super::unit::{Reader, Unit};
use crate::fields::{Fields, checked};
use crate::files::Reported;

/// Members in which keys stand; a line with one is not shown.
const SECRETS: [&str; 3] = ["instrumentationKey", "connectionString", "credentials"];

/// Reads a directory whose information file is kept whole.
pub(super) fn unit<I: KeptKind>(
    mut reader: Reader<'_>,
    file: &str,
    parse: impl Fn(&str) -> Result<I, Invalid>,
) -> Unit<Kept<I>> {
    let read = read(&mut reader, file, parse);
    reader.finish(read)
}

fn read<I: KeptKind>(
    reader: &mut Reader<'_>,
    file: &str,
    parse: impl Fn(&str) -> Result<I, Invalid>,
) -> Result<Kept<I>, Reported> {
    let id = reader.id(parse)?;
    let subject = format!("the {} `{id}`", I::KIND);
    let (clear, shown) = reader.sensitive(file, &subject, &SECRETS)?;
    Ok(Kept { id, document: clear.kept(), origin: Some(shown.properties.at) })
}

/// What stands in a directory of an API. A directory without its file is nothing, as for APIOps.
pub(super) fn below<I: KeptKind>(
    reader: &mut Reader<'_>,
    directory: &str,
    file: &str,
    parse: impl Fn(&str) -> Result<I, Invalid>,
) -> Vec<Kept<I>> {
    let mut all = Vec::new();
    let names = reader.names(directory, parse);
    reader.unmatched(directory, names.iter().map(|(name, _)| name.as_str()));
    for (name, id) in names {
        let path = format!("{directory}/{name}/{file}");
        let subject = format!("the {} `{id}`", I::KIND);
        let over = reader.over_child(directory, &name).map(|over| &over.node);
        match reader.overridden(&path, &subject, over) {
            Ok(Some(information)) => {
                let document = information.kept();
                all.push(Kept { id, document, origin: Some(information.properties.at) });
            }
            Ok(None) => {
                let message = format!("{subject} has no `{}` and is not read", reader.path(&path));
                reader.problems.push(Diagnostic::warning("missing-file", message));
            }
            Err(Reported) => {}
        }
    }
    all
}

/// The tags of an API or a product.
///
/// COMPAT: versions of APIOps before the present one linked tags below what has them
/// (`apis/<api>/tags/<tag>/apiTagInformation.json`), not below the tag.
pub(super) fn tags(reader: &mut Reader<'_>) -> Vec<TagId> {
    reader.links("tags", TagId::new)
}

/// Reads `tags/<id>`. That its APIs and products exist is not looked at.
pub(super) fn tag(mut reader: Reader<'_>) -> Unit<Tag> {
    let read = read_tag(&mut reader);
    reader.finish(read)
}

fn read_tag(reader: &mut Reader<'_>) -> Result<Tag, Reported> {
    let id = reader.id(TagId::new)?;
    let subject = format!("the tag `{id}`");
    let entries = reader.entries();
    reader.unread(&entries, &["apis", "products"], &subject);
    let information = reader.information("tagInformation.json", &subject)?;
    let fields = Fields::new(&information.properties, subject);
    let (text, at) = fields.required("displayName", &mut reader.problems)?;
    Ok(Tag {
        display_name: checked(DisplayName::new(text), at, &mut reader.problems)?,
        apis: reader.links("apis", ApiId::new),
        products: reader.links("products", ProductId::new),
        rest: information.rest(&["displayName"]),
        origin: Some(fields.node.at.clone()),
        id,
    })
}

/// Reads `gateways/<id>`. That its APIs exist is not looked at.
pub(super) fn gateway(mut reader: Reader<'_>) -> Unit<Gateway> {
    let read = read_gateway(&mut reader);
    reader.finish(read)
}

fn read_gateway(reader: &mut Reader<'_>) -> Result<Gateway, Reported> {
    let id = reader.id(GatewayId::new)?;
    let subject = format!("the gateway `{id}`");
    let entries = reader.entries();
    reader.unread(&entries, &["apis"], &subject);
    let information = reader.information("gatewayInformation.json", &subject)?;
    let fields = Fields::new(&information.properties, subject);
    Ok(Gateway {
        description: fields.shared("description", &mut reader.problems),
        apis: reader.links("apis", |name| ApiId::new(name).map(|id| id.root())),
        rest: information.rest(&["description"]),
        origin: Some(fields.node.at.clone()),
        id,
    })
}
