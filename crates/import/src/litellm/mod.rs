//! `cardea import litellm`: a configuration of LiteLLM's proxy becomes an API with its models behind it, and a report of
//! what has no equivalent.
//!
//! Callers name a model in the body, as before. The API's policy finds the backend for it: one for each deployment, and a
//! pool where several deployments have one name. Keys come from the environment variables that the file names; a key that
//! stands in clear is refused, and no value of the file that could be one is shown.
//!
//! Calls are not translated: a provider is called in OpenAI's form, or its deployment is left out.

mod backends;
mod policy;
mod providers;
mod read;
mod rows;
mod settings;

use std::collections::BTreeSet;
use std::sync::Arc;

use artifacts::write::places;
use artifacts::{FolderSource, read_yaml};
use model::{ApiId, ApiPath, ProductId};
use source::{Diagnostic, Diagnostics, SourceFile};

use crate::openapi::{self, Outcome};
use crate::{Note, overlay, wizard};
use rows::Rows;

pub use rows::{Row, Verdict};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// Name of the API as a resource.
    pub api: ApiId,
    /// The suffix under which it is reached; its name when not given.
    pub path: Option<ApiPath>,
    /// Products that are to hold it.
    pub products: Vec<ProductId>,
}

/// What comes of a file.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The API.
    pub outcome: Outcome,
    /// What became of each setting, in the order of the file.
    pub rows: Vec<Row>,
    /// What callers can name.
    pub models: Vec<String>,
}

/// Makes the plan of an import.
///
/// # Errors
/// Everything that is wrong with the file or with what is asked for.
pub fn plan(
    file: &Arc<SourceFile>,
    request: &Request,
    folder: &dyn FolderSource,
) -> Result<Imported, Diagnostics> {
    // Its lines may hold keys.
    let document = read_yaml(file).map_err(|problem| alone(in_words(problem)))?;
    let (mut rows, mut problems) = (Rows::default(), Diagnostics::new());
    let deployments = read::deployments(&document, &mut rows, &mut problems);
    let settings = settings::read(&document, &mut rows);
    if !problems.has_errors() && deployments.is_empty() {
        problems
            .push(Diagnostic::error("no-models", "no deployment of the file can be called in OpenAI's form"));
    }
    if problems.has_errors() {
        return Err(problems);
    }
    let mut outcome = api(request, folder)?;
    let mut making = backends::Making {
        request,
        folder,
        plan: &mut outcome.plan,
        settings: &settings,
        taken: BTreeSet::new(),
    };
    let mut choices = making.all(&deployments, &mut rows).map_err(alone)?;
    for (name, model) in &settings.aliases {
        choices
            .iter_mut()
            .filter(|each| each.names.first() == Some(model))
            .for_each(|each| each.names.push(name.clone()));
    }
    let text = policy::document(&choices, &settings);
    let path = places::api_policy(&request.api);
    match folder.read(&path).map_err(|error| alone(unreadable(&error)))? {
        Some(there) if there != text.as_bytes() && !is_marked(&there) => {
            let note = Note::warning(
                "policy-kept",
                "the policy of the API stays as it is; the file makes this one of it",
            );
            outcome.plan.note(note.with(text));
        }
        _ => outcome.plan.write(path, text),
    }
    let section = format!("apis.{}", overlay::key(request.api.root().as_str()));
    overlay::put(&mut outcome.plan, folder, overlay::OVERLAY, (&section, "bearer-keys", "true"))
        .map_err(|error| alone(unreadable(&error)))?;
    rows.0.sort_by_key(|row| row.line);
    let models = choices.into_iter().flat_map(|choice| choice.names).collect();
    Ok(Imported { outcome, rows: rows.0, models })
}

/// The API: operations whose body names the model.
fn api(request: &Request, folder: &dyn FolderSource) -> Result<Outcome, Diagnostics> {
    let definition = wizard::by_model("Models");
    let path = request.path.clone().map_or_else(|| ApiPath::new(request.api.root().as_str()), Ok);
    let path = path.map_err(|error| alone(Diagnostic::error("invalid-value", error.to_string())))?;
    let asked = openapi::Request {
        api: Some(request.api.clone()),
        path: Some(path),
        products: request.products.clone(),
        ..openapi::Request::default()
    };
    let mut outcome = openapi::plan(&definition, &asked, folder)?;
    // Each model has a backend.
    outcome.plan.notes.retain(|note| note.code != "no-server");
    Ok(outcome)
}

/// Whether a policy is one of an import before that nobody has taken over.
fn is_marked(text: &[u8]) -> bool {
    String::from_utf8_lossy(text).contains(policy::MARK)
}

fn in_words(mut problem: Diagnostic) -> Diagnostic {
    if let Some(at) = problem.at.take() {
        problem.message = format!("{at}: {}", problem.message);
    }
    problem.labels.clear();
    problem
}

fn unreadable(error: &artifacts::FolderError) -> Diagnostic {
    Diagnostic::error("unreadable", error.to_string())
}

fn alone(problem: Diagnostic) -> Diagnostics {
    std::iter::once(problem).collect()
}
