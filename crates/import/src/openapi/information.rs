//! `apiInformation.json`: made for a new API, brought up to date for one that is there.

use artifacts::write::{API_ORDER, Object, Value, api_information, information, json, places};
use artifacts::{FolderSource, RequiredQuery, Survey};
use model::{Api, ApiPath, ApiVersion, DisplayName, KeyNames};
use source::{Diagnostic, Diagnostics, SourceFile};
use url::Url;

use super::calls::url_text;
use super::existing::Existing;
use super::policies::unchanged_or;
use super::server::Chosen;
use super::{Import, found, missing, unreadable};
use crate::{Note, Plan};

/// Longest name for people.
const LONGEST_TITLE: usize = 300;

impl Import<'_> {
    pub(super) fn information(&self, server: &Chosen, plan: &mut Plan, problems: &mut Diagnostics) {
        problems.extend(self.path_taken());
        problems.extend(self.no_version_set());
        let text = match &self.existing {
            Some(existing) => self.merged(existing, server, plan),
            None => self.made(server),
        };
        match text {
            Ok(text) => plan.write(places::api_information(&self.api), text),
            Err(problem) => problems.push(problem),
        }
    }

    /// The name for people: as asked for, else the definition's, else the API's own.
    pub(super) fn title(&self) -> String {
        let asked = self.request.title.as_ref().map(ToString::to_string);
        asked.or_else(|| title_of(&self.survey)).unwrap_or_else(|| self.api.to_string())
    }

    fn made(&self, server: &Chosen) -> Result<String, Diagnostic> {
        let refused = |error: model::Invalid| Diagnostic::error("invalid-value", error.to_string());
        let title = DisplayName::new(&self.title()).map_err(refused)?;
        let path = match &self.request.path {
            Some(path) => path.clone(),
            None => ApiPath::new(self.api.root().as_str()).map_err(refused)?,
        };
        let mut api = Api::new(self.api.clone(), title, path);
        api.description = self.description().map(Into::into);
        api.terms_of_service_url = self.survey.terms_of_service.as_deref().map(Into::into);
        api.service_url.clone_from(&server.url);
        api.subscription_required = self.request.subscription_required.unwrap_or(true);
        let (header, query) = self.key_names();
        let defaults = KeyNames::default();
        let (header, query) = (
            header.as_deref().unwrap_or(defaults.header.as_str()),
            query.as_deref().unwrap_or(&defaults.query),
        );
        api.key_names = KeyNames::new(header, query).map_err(refused)?;
        let version = self.request.version.as_ref();
        api.version =
            version.map(|(set, name)| ApiVersion { set: set.clone(), name: Some(name.as_str().into()) });
        let mut properties = api_information(&api);
        if self.request.required_query == Some(RequiredQuery::Query) {
            properties.set_in_order("translateRequiredQueryParameters", "query", &API_ORDER);
        }
        Ok(information(properties))
    }

    fn description(&self) -> Option<String> {
        self.request.description.clone().or_else(|| self.survey.description.clone())
    }

    /// Header and query parameter that are asked for.
    fn key_names(&self) -> (Option<String>, Option<String>) {
        let choice = &self.request.keys;
        let proposed =
            if choice.of_definition { self.proposed_keys() } else { super::keys::Proposed::default() };
        (choice.header.clone().or(proposed.header), choice.query.clone().or(proposed.query))
    }

    /// The file that is there, with what follows the definition and what is asked for.
    fn merged(&self, existing: &Existing, server: &Chosen, plan: &mut Plan) -> Result<String, Diagnostic> {
        let mut properties = existing.properties.clone();
        let base = existing.definition.as_ref().map(|old| of_definition(old, old.definition.server.as_ref()));
        let theirs = of_definition(&self.survey, self.survey.definition.server.as_ref());
        for (at, (name, theirs)) in theirs.into_iter().enumerate() {
            if self.is_asked_for(name, server) {
                continue;
            }
            let base = base.as_ref().and_then(|base| base.get(at)).and_then(|(_, value)| value.clone());
            follow(&mut properties, name, base, theirs, plan);
        }
        self.put_requested(&mut properties, server)?;
        let file = SourceFile::new(places::api_information(&self.api), existing.text.as_str());
        let mut whole = existing.information.clone();
        whole.set("properties", properties);
        Ok(unchanged_or(&file, whole))
    }

    fn is_asked_for(&self, name: &str, server: &Chosen) -> bool {
        match name {
            "displayName" => self.request.title.is_some(),
            "description" => self.request.description.is_some(),
            "serviceUrl" => server.by_request,
            _ => false,
        }
    }

    fn put_requested(&self, properties: &mut Object, server: &Chosen) -> Result<(), Diagnostic> {
        let request = self.request;
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                properties.set_in_order(name, value, &API_ORDER);
            }
        };
        put("path", request.path.as_ref().map(|path| path.as_str().into()));
        put("displayName", request.title.as_ref().map(|title| title.as_str().into()));
        put("description", request.description.as_deref().map(Value::from));
        put("serviceUrl", server.url.as_ref().filter(|_| server.by_request).map(|url| url_text(url).into()));
        put("subscriptionRequired", request.subscription_required.map(Value::from));
        let set = request.version.as_ref().map(|(set, _)| format!("/apiVersionSets/{set}"));
        put("apiVersionSetId", set.map(Value::from));
        put("apiVersion", request.version.as_ref().map(|(_, name)| name.as_str().into()));
        let words = [(RequiredQuery::Query, "query"), (RequiredQuery::Template, "template")];
        let word = words.into_iter().find(|(each, _)| request.required_query == Some(*each));
        put("translateRequiredQueryParameters", word.map(|(_, word)| word.into()));
        self.put_key_names(properties)
    }

    fn put_key_names(&self, properties: &mut Object) -> Result<(), Diagnostic> {
        let (header, query) = self.key_names();
        if header.is_none() && query.is_none() {
            return Ok(());
        }
        let there = properties.get("subscriptionKeyParameterNames").and_then(Value::as_object).cloned();
        let mut names = there.unwrap_or_default();
        let defaults = KeyNames::default();
        let given = |names: &Object, name: &str| names.get(name).and_then(Value::as_text).map(str::to_owned);
        let header =
            header.or_else(|| given(&names, "header")).unwrap_or(defaults.header.as_str().to_owned());
        let query = query.or_else(|| given(&names, "query")).unwrap_or(defaults.query.to_string());
        KeyNames::new(&header, &query)
            .map_err(|error| Diagnostic::error("invalid-value", error.to_string()))?;
        names.set("header", header);
        names.set("query", query);
        properties.set_in_order("subscriptionKeyParameterNames", names, &API_ORDER);
        Ok(())
    }

    /// Another API under the same path. Versions of one set share theirs.
    fn path_taken(&self) -> Option<Diagnostic> {
        let given = |existing: &Existing| existing.word("path").map(str::to_owned);
        let there = self.existing.as_ref().and_then(given);
        let mine = match (&self.request.path, there) {
            (Some(path), _) => path.as_str().to_owned(),
            (None, Some(_)) => return None,
            (None, None) => self.api.root().to_string(),
        };
        if self.request.version.is_some() {
            return None;
        }
        let (other, path) = other_at(self.folder, &self.api, mine.trim_matches('/'))?;
        let message = format!("the API `{other}` is reached under the path `{path}` already");
        Some(Diagnostic::error("path-taken", message).help("choose another one with `--path`"))
    }

    fn no_version_set(&self) -> Option<Diagnostic> {
        let (set, _) = self.request.version.as_ref()?;
        match found(self.folder, "version sets", set.as_str()) {
            Ok(Some(_)) => None,
            Ok(None) => Some(missing(self.folder, "version set", "version sets", set.as_str())),
            Err(problem) => Some(problem),
        }
    }
}

/// The members that follow a definition, in the order of the file.
fn of_definition(survey: &Survey, server: Option<&Url>) -> Vec<(&'static str, Option<Value>)> {
    vec![
        ("description", survey.description.as_deref().map(Value::from)),
        ("displayName", title_of(survey).map(Value::from)),
        ("serviceUrl", server.map(|url| url_text(url).into())),
        ("termsOfServiceUrl", survey.terms_of_service.as_deref().map(Value::from)),
    ]
}

fn title_of(survey: &Survey) -> Option<String> {
    let title = survey.definition.title.as_deref().map(str::trim).filter(|title| !title.is_empty())?;
    Some(title.chars().take(LONGEST_TITLE).collect())
}

/// Brings one member up to date, unless somebody gave it another value than the definition before had.
fn follow(properties: &mut Object, name: &str, base: Option<Value>, theirs: Option<Value>, plan: &mut Plan) {
    if base == theirs {
        return;
    }
    let mine = properties.get(name);
    if mine != base.as_ref() && mine != theirs.as_ref() {
        let shown = |value: Option<&Value>| match value.and_then(Value::as_text) {
            Some(text) => format!("`{}`", text.chars().take(60).collect::<String>()),
            None => "nothing".to_owned(),
        };
        let text = format!(
            "`{name}` stays as it is, {}: the definition now says {}",
            shown(mine),
            shown(theirs.as_ref())
        );
        plan.note(Note::remark("member-kept", text));
        return;
    }
    match theirs {
        Some(value) => properties.set_in_order(name, value, &API_ORDER),
        None => {
            properties.remove(name);
        }
    }
}

/// Another API without version set that is reached under a path.
fn other_at(folder: &dyn FolderSource, api: &model::ApiId, path: &str) -> Option<(String, String)> {
    let entries = folder.list("apis").map_err(|error| unreadable(&error)).ok()?;
    for entry in entries {
        let root = entry.name.split(";rev=").next().unwrap_or_default();
        if root.eq_ignore_ascii_case(api.root().as_str()) {
            continue;
        }
        let file = format!("apis/{}/apiInformation.json", entry.name);
        let Ok(Some(bytes)) = folder.read(&file) else { continue };
        let file = SourceFile::new(file, String::from_utf8_lossy(&bytes).into_owned());
        let Ok(value) = json::read(&file) else { continue };
        let properties =
            value.as_object().and_then(|whole| whole.get("properties")).and_then(Value::as_object);
        let Some(properties) = properties else { continue };
        let given = properties.get("path").and_then(Value::as_text).unwrap_or_default();
        let versioned = properties.get("apiVersionSetId").or_else(|| properties.get("apiVersionSet"));
        if versioned.is_none() && given.trim_matches('/').eq_ignore_ascii_case(path) {
            return Some((entry.name, given.to_owned()));
        }
    }
    None
}
