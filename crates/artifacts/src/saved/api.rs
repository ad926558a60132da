//! APIs as units.

use std::sync::Arc;

use http::Method;
use model::{
    Api, ApiId, ApiKept, ApiKind, ApiPath, ApiSettings, ApiVersion, BearerKeys, CallerKey, CallerToken,
    DisplayName, ErrorDialect, JsonText, Kept, KeptKind, KeyNames, Operation, OperationId, Parameter,
    PolicyText, Protocol, TagId, UrlTemplate, VersionSetId, WorkspaceId,
};
use url::Url;

use super::places::{Files, Known};
use super::{Damaged, Reader, Writer};
use crate::load::{ApiRead, Unsaid};

type Read<T> = Result<T, Damaged>;

pub(super) fn write(read: &ApiRead, writer: &mut Writer, files: &mut Files) {
    let api = &*read.api;
    writer.text(api.id.as_str());
    writer.maybe(api.workspace.as_ref(), |writer, id| writer.text(id.as_str()));
    writer.text(api.display_name.as_str());
    writer.maybe(api.description.as_deref(), Writer::text);
    writer.text(api.path.as_str());
    writer.list(&api.protocols, |writer, protocol| writer.number(number_of(*protocol)));
    writer.maybe(api.service_url.as_ref(), |writer, url| writer.text(url.as_str()));
    writer.flag(api.subscription_required);
    writer.text(api.key_names.header.as_str());
    writer.text(&api.key_names.query);
    writer.flag(api.kind == ApiKind::WebSocket);
    settings(api.settings, writer);
    writer.maybe(api.version.as_ref(), |writer, version| {
        writer.text(version.set.as_str());
        writer.maybe(version.name.as_deref(), Writer::text);
    });
    writer.text(&api.revision);
    [api.is_current, api.is_online].into_iter().for_each(|each| writer.flag(each));
    writer.list(&api.operations, |writer, each| operation(each, writer, files));
    writer.maybe(api.definition.as_ref(), |writer, file| writer.number(files.number(file)));
    policy(api.policy.as_ref(), writer, files);
    writer.maybe(api.terms_of_service_url.as_deref(), Writer::text);
    writer.maybe(api.kept.as_deref(), |writer, all| kept(all, writer, files));
    writer.maybe(api.rest.as_ref(), |writer, rest| writer.text(rest.as_str()));
    files.maybe(writer, api.origin.as_ref());
    writer.maybe(read.version_set.as_ref(), |writer, (text, at)| {
        writer.text(text);
        files.place(writer, at);
    });
    let Unsaid { protocols, subscription_required, version } = read.unsaid;
    [protocols, subscription_required, version].into_iter().for_each(|each| writer.flag(each));
}

pub(super) fn read(reader: &mut Reader<'_>, files: &Known) -> Read<ApiRead> {
    let id = ApiId::new(reader.text()?).map_err(|_| Damaged)?;
    let workspace = reader.maybe(|reader| WorkspaceId::of(reader.shared()?).map_err(|_| Damaged))?;
    let display_name = DisplayName::of(reader.shared()?).map_err(|_| Damaged)?;
    let description = reader.maybe(Reader::shared)?;
    let mut api = Api::new(id, display_name, ApiPath::new(reader.text()?).map_err(|_| Damaged)?);
    api.workspace = workspace;
    api.description = description;
    api.protocols = reader.list(|reader| protocol(reader.number()?))?;
    api.service_url = reader.maybe(|reader| Url::parse(reader.text()?).map_err(|_| Damaged))?;
    api.subscription_required = reader.flag()?;
    api.key_names = key_names(reader, &api.key_names)?;
    api.kind = if reader.flag()? { ApiKind::WebSocket } else { ApiKind::Http };
    api.settings = read_settings(reader)?;
    api.version = reader.maybe(|reader| {
        let set = VersionSetId::of(reader.shared()?).map_err(|_| Damaged)?;
        Ok(ApiVersion { set, name: reader.maybe(Reader::shared)? })
    })?;
    api.revision = reader.shared()?;
    (api.is_current, api.is_online) = (reader.flag()?, reader.flag()?);
    api.operations = reader.list(|reader| read_operation(reader, files))?;
    api.definition = reader.maybe(|reader| files.file(reader))?;
    api.policy = read_policy(reader, files)?;
    api.terms_of_service_url = reader.maybe(Reader::shared)?;
    api.kept = reader.maybe(|reader| read_kept(reader, files))?.map(Box::new);
    api.rest = reader.maybe(Reader::shared)?.map(JsonText::new);
    api.origin = files.maybe(reader)?;
    let version_set = reader.maybe(|reader| Ok((reader.shared()?, files.place(reader)?)))?;
    let unsaid =
        Unsaid { protocols: reader.flag()?, subscription_required: reader.flag()?, version: reader.flag()? };
    Ok(ApiRead { api: Arc::new(api), version_set, unsaid })
}

fn key_names(reader: &mut Reader<'_>, usual: &KeyNames) -> Read<KeyNames> {
    let (header, query) = (reader.text()?, reader.text()?);
    if header == usual.header.as_str() && query == &*usual.query {
        return Ok(usual.clone());
    }
    KeyNames::new(header, query).map_err(|_| Damaged)
}

fn operation(operation: &Operation, writer: &mut Writer, files: &mut Files) {
    writer.text(operation.id.as_str());
    writer.text(operation.display_name.as_str());
    writer.maybe(operation.description.as_deref(), Writer::text);
    writer.text(operation.method.as_str());
    writer.text(operation.url_template.as_str());
    writer.list(&operation.template_parameters, |writer, parameter| {
        writer.text(&parameter.name);
        writer.text(&parameter.kind);
        writer.maybe(parameter.description.as_deref(), Writer::text);
        writer.flag(parameter.required);
        writer.list(&parameter.values, |writer, value| writer.text(value));
    });
    policy(operation.policy.as_ref(), writer, files);
    files.maybe(writer, operation.origin.as_ref());
}

fn read_operation(reader: &mut Reader<'_>, files: &Known) -> Read<Operation> {
    let id = OperationId::of(reader.shared()?).map_err(|_| Damaged)?;
    let display_name = DisplayName::of(reader.shared()?).map_err(|_| Damaged)?;
    let description = reader.maybe(Reader::shared)?;
    let method = Method::from_bytes(reader.text()?.as_bytes()).map_err(|_| Damaged)?;
    let template = UrlTemplate::of(reader.shared()?).map_err(|_| Damaged)?;
    let mut operation = Operation::new(id, display_name, method, template);
    operation.description = description;
    operation.template_parameters = reader.list(|reader| {
        Ok(Parameter {
            name: reader.shared()?,
            kind: reader.shared()?,
            description: reader.maybe(Reader::shared)?,
            required: reader.flag()?,
            values: reader.list(Reader::shared)?,
        })
    })?;
    operation.policy = read_policy(reader, files)?;
    operation.origin = files.maybe(reader)?;
    Ok(operation)
}

fn policy(policy: Option<&PolicyText>, writer: &mut Writer, files: &mut Files) {
    writer.maybe(policy, |writer, policy| writer.number(files.number(&policy.file)));
}

fn read_policy(reader: &mut Reader<'_>, files: &Known) -> Read<Option<PolicyText>> {
    Ok(reader.maybe(|reader| files.file(reader))?.map(PolicyText::new))
}

fn kept(kept: &ApiKept, writer: &mut Writer, files: &mut Files) {
    kinds(&kept.diagnostics, |id| id.as_str(), writer, files);
    kinds(&kept.releases, |id| id.as_str(), writer, files);
    kinds(&kept.schemas, |id| id.as_str(), writer, files);
    writer.list(&kept.tags, |writer, tag| writer.text(tag.as_str()));
}

fn kinds<I: KeptKind>(list: &[Kept<I>], name: impl Fn(&I) -> &str, writer: &mut Writer, files: &mut Files) {
    writer.list(list, |writer, each| {
        writer.text(name(&each.id));
        writer.text(each.document.as_str());
        files.maybe(writer, each.origin.as_ref());
    });
}

fn read_kept(reader: &mut Reader<'_>, files: &Known) -> Read<ApiKept> {
    Ok(ApiKept {
        diagnostics: read_kinds(reader, files, |text| model::DiagnosticId::of(text).map_err(|_| Damaged))?,
        releases: read_kinds(reader, files, |text| model::ReleaseId::of(text).map_err(|_| Damaged))?,
        schemas: read_kinds(reader, files, |text| model::SchemaId::of(text).map_err(|_| Damaged))?,
        tags: reader.list(|reader| TagId::of(reader.shared()?).map_err(|_| Damaged))?,
    })
}

fn read_kinds<I: KeptKind>(
    reader: &mut Reader<'_>,
    files: &Known,
    id: impl Fn(Arc<str>) -> Read<I>,
) -> Read<Vec<Kept<I>>> {
    reader.list(|reader| {
        let id = id(reader.shared()?)?;
        let document = JsonText::new(reader.shared()?);
        Ok(Kept { id, document, origin: files.maybe(reader)? })
    })
}

const PROTOCOLS: [Protocol; 4] = [Protocol::Http, Protocol::Https, Protocol::Ws, Protocol::Wss];

fn number_of(protocol: Protocol) -> u64 {
    PROTOCOLS.iter().position(|each| *each == protocol).unwrap_or(0) as u64
}

fn protocol(number: u64) -> Read<Protocol> {
    usize::try_from(number).ok().and_then(|at| PROTOCOLS.get(at).copied()).ok_or(Damaged)
}

pub(super) fn settings(settings: ApiSettings, writer: &mut Writer) {
    let ApiSettings { bearer_keys, caller_key, caller_token, errors } = settings;
    writer.flag(bearer_keys == BearerKeys::Accepted);
    writer.flag(caller_key == CallerKey::Forwarded);
    writer.flag(caller_token == CallerToken::Forwarded);
    writer.text(errors.as_str());
}

pub(super) fn read_settings(reader: &mut Reader<'_>) -> Read<ApiSettings> {
    Ok(ApiSettings {
        bearer_keys: if reader.flag()? { BearerKeys::Accepted } else { BearerKeys::Ignored },
        caller_key: if reader.flag()? { CallerKey::Forwarded } else { CallerKey::Removed },
        caller_token: if reader.flag()? { CallerToken::Forwarded } else { CallerToken::Removed },
        errors: error_dialect(reader.text()?)?,
    })
}

fn error_dialect(word: &str) -> Read<ErrorDialect> {
    let found = ErrorDialect::WORDS.into_iter().find(|(each, _)| *each == word);
    found.map(|(_, dialect)| dialect).ok_or(Damaged)
}
