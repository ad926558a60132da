//! `cardea import openapi`: a definition of OpenAPI 3.0 or 3.1 or Swagger 2.0 becomes an API.
//!
//! The definition is written as it came; `apiInformation.json` says the rest. What API Management's import decides is
//! decided as there: the first HTTPS server, names of operations, required query parameters. What it ignores is told.
//!
//! An API of the same name that is there already is brought up to date: policies stay, and a member of
//! `apiInformation.json` follows the definition only as long as nobody has given it another value than the definition
//! before had. [`Outcome::calls`] says what changes for callers.

mod calls;
mod existing;
mod information;
mod keys;
mod policies;
mod request;
mod server;

use std::sync::Arc;

use artifacts::write::{Value, json, places, yaml};
use artifacts::{FolderError, FolderSource, RequiredQuery, Survey, Syntax, resource_name, survey};
use model::{Api, ApiId, ApiPath, Collection, DisplayName, ProductId, routing::RouteTable};
use source::{Diagnostic, Diagnostics, SourceFile};

use crate::{Note, Plan};
use existing::Existing;

pub use calls::{CallChange, CallChangeKind, SettingChange};
pub use request::{KeyChoice, Request, ServerChoice, Target};

/// What comes of a definition.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The API's name.
    pub api: ApiId,
    /// Whether it was not there before.
    pub is_new: bool,
    /// The suffix under which it is reached.
    pub path: String,
    /// Where calls go unless a policy says otherwise, if its file says so.
    pub server: Option<String>,
    /// The files.
    pub plan: Plan,
    /// How many operations it has now.
    pub operations: usize,
    /// What changes about its operations, in the order of the definition.
    pub calls: Vec<CallChange>,
    /// What changes about the API itself that callers notice.
    pub settings: Vec<SettingChange>,
    /// Policies of operations that the definition does not have any more. Their files stay.
    pub orphans: Vec<String>,
}

/// Makes the plan of an import.
///
/// # Errors
/// Everything that is wrong with the definition or with what is asked for; nothing of it can then be used.
pub fn plan(
    file: &Arc<SourceFile>,
    request: &Request,
    folder: &dyn FolderSource,
) -> Result<Outcome, Diagnostics> {
    let syntax = Syntax::of(file.name(), file.text());
    let read = |required| {
        let mut problems = Diagnostics::new();
        let read = survey(file, syntax, required, &mut problems);
        read.filter(|_| !problems.has_errors()).ok_or(problems)
    };
    let mut survey = read(RequiredQuery::Template)?;
    let api = api_id(request, survey.definition.title.as_deref(), folder).map_err(alone)?;
    let existing = Existing::read(&api, folder).map_err(alone)?;
    let required = request.required_query.or_else(|| existing.as_ref().map(Existing::required_query));
    if let Some(RequiredQuery::Query) = required {
        survey = read(RequiredQuery::Query)?;
    }
    let import = Import { request, folder, survey, syntax, api, existing };
    import.outcome(file)
}

/// One import under way.
struct Import<'a> {
    request: &'a Request,
    folder: &'a dyn FolderSource,
    survey: Survey,
    syntax: Syntax,
    api: ApiId,
    existing: Option<Existing>,
}

impl Import<'_> {
    fn outcome(self, file: &SourceFile) -> Result<Outcome, Diagnostics> {
        let mut plan = Plan::default();
        let mut problems = self.ambiguous();
        self.remarks(&mut plan);
        let server = self.server(&mut plan).unwrap_or_else(|problem| {
            problems.push(problem);
            server::Chosen::default()
        });
        self.backend(&mut plan, &mut problems);
        self.specification(file, &mut plan);
        self.information(&server, &mut plan, &mut problems);
        self.api_policy(&mut plan);
        let orphans = self.operation_policies(&mut plan);
        self.products(&mut plan, &mut problems);
        if problems.has_errors() {
            return Err(problems);
        }
        let planned = self.planned(&plan);
        Ok(Outcome {
            path: calls::text_of(&planned, "path").unwrap_or_default(),
            server: calls::text_of(&planned, "serviceUrl"),
            is_new: self.existing.is_none(),
            operations: self.survey.definition.operations.len(),
            calls: calls::changes(self.old_operations(), &self.survey.definition.operations),
            settings: self.settings(&planned),
            orphans,
            plan,
            api: self.api,
        })
    }

    fn old_operations(&self) -> &[model::Operation] {
        let old = self.existing.as_ref().and_then(|existing| existing.definition.as_ref());
        old.map(|survey| survey.definition.operations.as_slice()).unwrap_or_default()
    }

    /// Operations that no call could tell apart.
    fn ambiguous(&self) -> Diagnostics {
        let (Ok(title), Ok(path)) = (DisplayName::new("API"), ApiPath::new("")) else {
            return Diagnostics::new();
        };
        let mut api = Api::new(self.api.clone(), title, path);
        api.operations.clone_from(&self.survey.definition.operations);
        RouteTable::new([&Arc::new(api)], &Collection::default()).1
    }

    fn remarks(&self, plan: &mut Plan) {
        plan.notes.extend(self.survey.remarks.iter().map(Note::from));
        if self.survey.definition.operations.is_empty() {
            plan.note(Note::warning(
                "no-operations",
                "the definition has no operations: nothing can be called",
            ));
        }
        self.key_notes(plan);
    }

    /// The definition, as it came or in the format that is asked for.
    fn specification(&self, file: &SourceFile, plan: &mut Plan) {
        let format = self.request.format.unwrap_or(self.syntax);
        let text = match format {
            same if same == self.syntax => file.text().to_owned(),
            Syntax::Json => json::text(&Value::from(&self.survey.document)),
            Syntax::Yaml => yaml::text(&Value::from(&self.survey.document)),
        };
        let path = places::specification(&self.api, format.extension());
        let others = self.existing.iter().flat_map(|existing| &existing.specifications);
        plan.removed.extend(others.filter(|other| **other != path).cloned());
        plan.write(path, text);
    }

    fn products(&self, plan: &mut Plan, problems: &mut Diagnostics) {
        for product in &self.request.products {
            match found(self.folder, "products", product.as_str()) {
                Ok(Some(name)) => match ProductId::new(&name) {
                    Ok(id) => {
                        plan.write(places::product_api(&id, &self.api), artifacts::write::product_api())
                    }
                    Err(error) => problems.push(Diagnostic::error("invalid-name", error.to_string())),
                },
                Ok(None) => problems.push(missing(self.folder, "product", "products", product.as_str())),
                Err(problem) => problems.push(problem),
            }
        }
    }
}

/// The name that is asked for, or that the title makes; as it is written in the folder when it is there.
fn api_id(request: &Request, title: Option<&str>, folder: &dyn FolderSource) -> Result<ApiId, Diagnostic> {
    let name = match (&request.api, title.filter(|title| title.chars().any(|c| c.is_ascii_alphanumeric()))) {
        (Some(id), _) => id.to_string(),
        (None, Some(title)) => resource_name(title),
        (None, None) => {
            let problem = Diagnostic::error(
                "no-title",
                "the definition has no title with letters or digits of ASCII to make a name of",
            );
            return Err(problem.help("say how the API is to be named, with `--api-id`"));
        }
    };
    let name = found(folder, "apis", &name)?.unwrap_or(name);
    if name.starts_with('.') {
        let message = format!("the API name `{name}` begins with a dot: such directories are not read");
        return Err(Diagnostic::error("invalid-name", message));
    }
    ApiId::new(&name).map_err(|error| Diagnostic::error("invalid-name", error.to_string()))
}

/// A directory's name as it is written; names are the same in any case.
fn found(folder: &dyn FolderSource, directory: &str, name: &str) -> Result<Option<String>, Diagnostic> {
    let entries = folder.list(directory).map_err(|error| unreadable(&error))?;
    Ok(entries.into_iter().map(|entry| entry.name).find(|entry| entry.eq_ignore_ascii_case(name)))
}

fn missing(folder: &dyn FolderSource, what: &str, directory: &str, name: &str) -> Diagnostic {
    let entries = folder.list(directory).unwrap_or_default();
    let near = source::did_you_mean(name, entries.iter().map(|entry| entry.name.as_str()));
    let help = near.map_or_else(
        || format!("it belongs in `{directory}/{name}` of the folder"),
        |near| format!("did you mean `{near}`?"),
    );
    Diagnostic::error("unknown-resource", format!("there is no {what} `{name}` in the folder")).help(help)
}

fn alone(problem: Diagnostic) -> Diagnostics {
    std::iter::once(problem).collect()
}

fn unreadable(error: &FolderError) -> Diagnostic {
    Diagnostic::error("unreadable", error.to_string())
}
