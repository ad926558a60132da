//! APIs: their information file, their definition, the policies of the API and its operations.

use std::sync::Arc;

use model::{
    Api, ApiId, ApiKept, ApiKind, ApiPath, ApiSettings, ApiVersion, DiagnosticId, DisplayName, KeyNames,
    Operation, OperationId, PolicyText, Protocol, ReleaseId, SchemaId, VersionSetId, WorkspaceId,
};
use source::{Diagnostic, Diagnostics, Location, SourceFile, did_you_mean};

use super::backends::base_url;
use super::kept;
use super::unit::{Reader, Unit};
use crate::Entry;
use crate::arm::Place;
use crate::fields::{Fields, checked};
use crate::files::{Reported, report};
use crate::openapi::{Definition, RequiredQuery, read_definition_as};
use crate::overrides::{Item, without};
use crate::tree::{Kind, Node};

const KINDS: [(&str, ApiKind); 8] = [
    ("http", ApiKind::Http),
    ("soap", ApiKind::Soap),
    ("websocket", ApiKind::WebSocket),
    ("graphql", ApiKind::GraphQl),
    ("odata", ApiKind::OData),
    ("grpc", ApiKind::Grpc),
    ("mcp", ApiKind::Mcp),
    ("a2a", ApiKind::A2a),
];
const PROTOCOLS: [(&str, Protocol); 4] =
    [("http", Protocol::Http), ("https", Protocol::Https), ("ws", Protocol::Ws), ("wss", Protocol::Wss)];
/// Directories of an API that are read.
const READ: [&str; 5] = ["diagnostics", "operations", "releases", "schemas", "tags"];

/// Members that the model has a place for.
const KNOWN: [&str; 16] = [
    "path",
    "displayName",
    "description",
    "termsOfServiceUrl",
    "subscriptionRequired",
    "isOnline",
    "isCurrent",
    "apiRevision",
    "protocols",
    "serviceUrl",
    "subscriptionKeyParameterNames.header",
    "subscriptionKeyParameterNames.query",
    "apiVersionSetId",
    "apiVersion",
    "type",
    "apiType",
];

/// An API, and where it names its version set.
#[derive(Debug)]
pub(crate) struct ApiRead {
    pub(crate) api: Arc<Api>,
    /// The reference to the version set as it was written, and where.
    pub(crate) version_set: Option<(Arc<str>, Location)>,
    /// What the file leaves out, so that a revision has it from the current one.
    pub(crate) unsaid: Unsaid,
}

/// What all revisions of an API share, and the file of this one does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unsaid {
    pub(crate) protocols: bool,
    pub(crate) subscription_required: bool,
    pub(crate) version: bool,
}

/// Reads `apis/<id>` or `apis/<id>;rev=<n>`. That its version set exists is not looked at.
pub(super) fn unit(mut reader: Reader<'_>, settings: ApiSettings) -> Unit<ApiRead> {
    let read = read(&mut reader, settings);
    reader.finish(read)
}

fn read(reader: &mut Reader<'_>, settings: ApiSettings) -> Result<ApiRead, Reported> {
    let id = reader.id(ApiId::new)?;
    let subject = format!("the API `{id}`");
    let over = reader.over.map(|over| without_revision(over, reader.place));
    let information = reader.overridden("apiInformation.json", &subject, over.as_ref())?;
    let information = information.ok_or_else(|| reader.no_file("apiInformation.json", &subject))?;
    let fields = Fields::new(&information.properties, subject);
    let entries = reader.entries();
    let kind = kind(&id, &fields, &entries, &mut reader.problems)?;
    let required = required_query(&fields, &mut reader.problems);
    let read = match kind {
        ApiKind::WebSocket => None,
        _ => definition(&id, &entries, required, reader)?,
    };
    let nothing = read.is_none() && kind != ApiKind::WebSocket;
    let (file, definition) = read.map_or_else(Default::default, |(file, read)| (Some(file), read));
    let mut api = base(id, &fields, &definition, &mut reader.problems)?;
    api.workspace = workspace(reader);
    api.kind = kind;
    api.settings = settings;
    api.operations = definition.operations.clone();
    if kind == ApiKind::WebSocket {
        api.operations.extend(Operation::on_handshake());
        api.protocols = vec![Protocol::Wss];
        no_definition(&api.id, &entries, &mut reader.problems);
    }
    api.definition = file;
    details(&mut api, &fields, &definition, &mut reader.problems)?;
    let mut version_set = version(&mut api, &fields, reader)?;
    api.rest = information.rest(&KNOWN);
    api.policy = reader.policy("", reader.over.map(|over| &over.below));
    if nothing {
        reader.problems.push(no_specification(&api.id, &reader.directory));
    }
    operation_policies(&mut api, &definition, reader);
    api.kept = kept(reader);
    reader.unread(&entries, &READ, &format!("the API `{}`", api.id));
    let unsaid = Unsaid {
        protocols: fields.any("protocols").is_none(),
        subscription_required: fields.any("subscriptionRequired").is_none(),
        version: api.version.is_none(),
    };
    if reader.problems.is_empty() {
        let mut rest = reader.rest();
        rest.maybe(version_set.as_mut().map(|(_, at)| at));
        rest.api(&mut api);
    }
    Ok(ApiRead { api: api.into(), version_set, unsaid })
}

/// The workspace that the API is in. Its name was looked at where the workspace was read.
fn workspace(reader: &Reader<'_>) -> Option<WorkspaceId> {
    WorkspaceId::new(reader.place.workspace?).ok()
}

/// COMPAT: which revision an API is cannot be overridden (`ConfigurationModule` of the publisher removes `apiRevision` and
/// `isCurrent` for `ApiResource`, and does not for `WorkspaceApiResource`).
fn without_revision(over: &Item, place: Place<'_>) -> Node {
    let mut node = over.node.clone();
    if let (None, Kind::Table(members)) = (place.workspace, &mut node.kind) {
        for member in members.iter_mut().filter(|member| matches!(member.value.kind, Kind::Table(_))) {
            member.value = without(&member.value, |name| matches!(name, "apiRevision" | "isCurrent"));
        }
    }
    node
}

/// The kind of the API, if it is one that is served.
fn kind(
    id: &ApiId,
    fields: &Fields<'_>,
    entries: &[Entry],
    problems: &mut Diagnostics,
) -> Result<ApiKind, Reported> {
    let name = if fields.any("type").is_some() { "type" } else { "apiType" };
    let kind = match fields.any(name) {
        None => ApiKind::Http,
        Some(_) => fields.choice(name, &KINDS, problems).ok_or(Reported)?,
    };
    let foreign = entries.iter().find_map(|each| match each.name.as_str() {
        "specification.graphql" => Some("GraphQL"),
        "specification.wsdl" => Some("WSDL"),
        "specification.wadl" => Some("WADL"),
        _ => None,
    });
    let what = match (kind, foreign) {
        (ApiKind::Http | ApiKind::WebSocket, None) => return Ok(kind),
        (ApiKind::Http | ApiKind::WebSocket, Some(foreign)) => format!("its definition is {foreign}"),
        (kind, _) => format!("its type is `{}`", kind.as_str()),
    };
    let message = format!("the API `{id}` is not served: {what}, which is not yet supported");
    let at = fields.any(name).unwrap_or(fields.node).at.clone();
    Err(report(problems, Diagnostic::error("not-yet-supported", message).at(at)))
}

/// COMPAT: the member of API Management's import that says what becomes of required query parameters. The APIOps tool
/// hands it on with the definition.
fn required_query(fields: &Fields<'_>, problems: &mut Diagnostics) -> RequiredQuery {
    let words = [("template", RequiredQuery::Template), ("query", RequiredQuery::Query)];
    fields.choice("translateRequiredQueryParameters", &words, problems).unwrap_or_default()
}

fn definition(
    id: &ApiId,
    entries: &[Entry],
    required: RequiredQuery,
    reader: &mut Reader<'_>,
) -> Result<Option<(Arc<SourceFile>, Definition)>, Reported> {
    // COMPAT: of several, the publisher of APIOps takes the first in this order (`ApiSpecificationModule.specifications`);
    // it knows no `.yml`.
    const NAMES: [&str; 3] = ["specification.json", "specification.yaml", "specification.yml"];
    let found: Vec<&str> =
        NAMES.into_iter().filter(|name| entries.iter().any(|each| each.name == *name)).collect();
    let name = match found.as_slice() {
        [] => return Ok(None),
        [name] => *name,
        [first, second, ..] => {
            let message = format!("the API `{id}` has both `{first}` and `{second}`; `{first}` is read");
            let problem = Diagnostic::warning("two-specifications", message);
            reader.problems.push(problem.help("keep one of them"));
            *first
        }
    };
    let file = reader.text(name)?.ok_or(Reported)?;
    let read = read_definition_as(&file, required, &mut reader.problems).ok_or(Reported)?;
    Ok(Some((file, read)))
}

/// What an API cannot be without.
fn base(
    id: ApiId,
    fields: &Fields<'_>,
    definition: &Definition,
    problems: &mut Diagnostics,
) -> Result<Api, Reported> {
    let (path, at) = fields.required("path", problems)?;
    let path = checked(ApiPath::new(path), at, problems)?;
    let display_name = match (fields.any("displayName"), &definition.title) {
        (None, Some(title)) => checked(DisplayName::new(title), fields.node, problems)?,
        _ => {
            let (text, at) = fields.required("displayName", problems)?;
            checked(DisplayName::new(text), at, problems)?
        }
    };
    Ok(Api::new(id, display_name, path))
}

fn details(
    api: &mut Api,
    fields: &Fields<'_>,
    definition: &Definition,
    problems: &mut Diagnostics,
) -> Result<(), Reported> {
    api.origin = Some(fields.node.at.clone());
    api.description = fields.shared("description", problems);
    api.terms_of_service_url = fields.shared("termsOfServiceUrl", problems);
    api.subscription_required = fields.flag("subscriptionRequired", true, problems);
    api.is_online = fields.flag("isOnline", true, problems);
    let revision = api.id.revision().map(Arc::from);
    if let Some(revision) = revision.or_else(|| fields.shared("apiRevision", problems)) {
        api.revision = revision;
    }
    let mut protocols = Vec::new();
    for (text, node) in fields.texts("protocols", problems) {
        let known = PROTOCOLS.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
        let known = known.map(|(_, protocol)| *protocol).ok_or(format!("`{text}` is not a protocol"));
        protocols.push(checked(known, node, problems)?);
    }
    if !protocols.is_empty() {
        api.protocols = protocols;
    }
    api.service_url = match fields.text("serviceUrl", problems).filter(|(text, _)| !text.is_empty()) {
        Some((text, node)) => Some(checked(base_url(text), node, problems)?),
        None => {
            problems.extend(definition.no_server.clone());
            definition.server.clone()
        }
    };
    if let Some(names) = fields.object("subscriptionKeyParameterNames", problems) {
        let header = names.shared("header", problems).unwrap_or_else(|| api.key_names.header.as_str().into());
        let query = names.shared("query", problems).unwrap_or_else(|| Arc::clone(&api.key_names.query));
        api.key_names = checked(KeyNames::new(&header, &query), names.node, problems)?;
    }
    Ok(())
}

/// The version set that the API names, as it was written.
fn version(
    api: &mut Api,
    fields: &Fields<'_>,
    reader: &mut Reader<'_>,
) -> Result<Option<(Arc<str>, Location)>, Reported> {
    let place = reader.place;
    let problems = &mut reader.problems;
    let inline = fields.object("apiVersionSet", problems);
    let given = fields.text("apiVersionSetId", problems);
    let given = given.or_else(|| inline.and_then(|inline| inline.text("id", problems)));
    let name = fields.shared("apiVersion", problems).filter(|name| !name.is_empty());
    let Some((text, node)) = given.filter(|(text, _)| !text.is_empty()) else { return Ok(None) };
    let set = place.name_of(text, "apiVersionSets").and_then(|name| VersionSetId::new(name).ok());
    let Some(set) = set else {
        let message = format!("{} is in the version set `{text}`, which does not exist", fields.subject);
        return Err(report(problems, Diagnostic::error("unknown-version-set", message).at(node.at.clone())));
    };
    api.version = Some(ApiVersion { set, name });
    Ok(Some((text.into(), node.at.clone())))
}

fn operation_policies(api: &mut Api, definition: &Definition, reader: &mut Reader<'_>) {
    let names = reader.directories("operations");
    reader.unmatched("operations", names.iter().map(String::as_str));
    for name in names {
        let over = reader.over_child("operations", &name).map(|over| &over.below);
        let Some(policy) = reader.policy(&format!("operations/{name}"), over) else { continue };
        match operation_place(api, definition, &name) {
            Some(place) => attach(api, place, &name, policy),
            None => reader.problems.push(no_operation(api, &name, &policy)),
        }
    }
}

/// What belongs to the API and is kept as it is.
fn kept(reader: &mut Reader<'_>) -> Option<Box<ApiKept>> {
    let kept = ApiKept {
        diagnostics: kept::below(reader, "diagnostics", "diagnosticInformation.json", DiagnosticId::new),
        releases: kept::below(reader, "releases", "apiReleaseInformation.json", ReleaseId::new),
        schemas: kept::below(reader, "schemas", "apiSchemaInformation.json", SchemaId::new),
        tags: kept::tags(reader),
    };
    (!kept.is_empty()).then(|| Box::new(kept))
}

fn no_specification(id: &ApiId, path: &str) -> Diagnostic {
    let message = format!("the API `{id}` has no specification, so that nothing in it can be called");
    let help = format!("put the definition next to it as `{path}/specification.yaml` or `.json`");
    Diagnostic::warning("no-specification", message).help(help)
}

/// COMPAT: a WebSocket API has one operation, which API Management makes ("Import a WebSocket API"): there is no format
/// in which it could be described.
fn no_definition(id: &ApiId, entries: &[Entry], problems: &mut Diagnostics) {
    if let Some(found) = entries.iter().find(|each| each.name.starts_with("specification.")) {
        let message = format!("`{}` of the WebSocket API `{id}` is not read", found.name);
        let help = "the one operation of a WebSocket API is `onHandshake`: remove the file";
        problems.push(Diagnostic::warning("unused-specification", message).help(help));
    }
}

/// The operation that a directory is named after: by its name as a resource, else by the `operationId` as it stands
/// in the definition (re-import matches that with the name; documentation of import).
fn operation_place(api: &Api, definition: &Definition, name: &str) -> Option<usize> {
    let id = OperationId::new(name).ok()?;
    let by_id = api.operations.iter().position(|operation| operation.id == id);
    by_id.or_else(|| definition.written_ids.iter().position(|written| written.as_deref() == Some(name)))
}

fn attach(api: &mut Api, place: usize, name: &str, policy: PolicyText) {
    if let (Some(operation), Ok(id)) = (api.operations.get_mut(place), OperationId::new(name)) {
        operation.id = id;
        operation.policy = Some(policy);
    }
}

fn no_operation(api: &Api, name: &str, policy: &PolicyText) -> Diagnostic {
    let near = did_you_mean(name, api.operations.iter().map(|operation| operation.id.as_str()));
    let message = format!("the API `{}` has no operation `{name}`, for which there is a policy", api.id);
    Diagnostic::error("unknown-operation", message)
        .at(Location::new(&policy.file, source::Span::default()))
        .maybe_help(near.map(|near| format!("did you mean `{near}`?")))
}
