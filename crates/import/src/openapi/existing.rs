//! The API that is there already.

use artifacts::write::{Object, Value, json, places};
use artifacts::{EntryKind, FolderSource, RequiredQuery, Survey, Syntax, survey};
use model::ApiId;
use source::{Diagnostic, Diagnostics, SourceFile};

use super::unreadable;

/// What is there of an API.
#[derive(Debug)]
pub(super) struct Existing {
    /// The text of `apiInformation.json`.
    pub(super) text: String,
    /// All of what it holds.
    pub(super) information: Object,
    /// The object `properties` of it.
    pub(super) properties: Object,
    /// The paths of its definitions; more than one is a mistake that importing mends.
    pub(super) specifications: Vec<String>,
    /// What the definition says, if there is one that can be read.
    pub(super) definition: Option<Survey>,
    /// The policy of the API.
    pub(super) policy: Option<String>,
    /// The directories of operations that hold a policy, and the policies.
    pub(super) operation_policies: Vec<(String, Vec<u8>)>,
}

impl Existing {
    /// Reads an API; none when it is not there.
    pub(super) fn read(api: &ApiId, folder: &dyn FolderSource) -> Result<Option<Self>, Diagnostic> {
        let path = places::api_information(api);
        let Some(text) = text(folder, &path)? else { return Ok(None) };
        let Value::Object(information) = json::read(&SourceFile::new(path.as_str(), text.as_str()))? else {
            return Err(Diagnostic::error("wrong-type", format!("`{path}` does not hold an object")));
        };
        let properties =
            information.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        refuse_other_kinds(api, &properties)?;
        let mut existing = Self {
            text,
            information,
            properties,
            specifications: Vec::new(),
            definition: None,
            policy: self::text(folder, &places::api_policy(api))?,
            operation_policies: operation_policies(api, folder)?,
        };
        existing.read_definition(api, folder)?;
        Ok(Some(existing))
    }

    fn read_definition(&mut self, api: &ApiId, folder: &dyn FolderSource) -> Result<(), Diagnostic> {
        for extension in ["yaml", "json", "yml"] {
            let path = places::specification(api, extension);
            let Some(text) = text(folder, &path)? else { continue };
            let file = SourceFile::new(path.as_str(), text);
            let syntax = Syntax::of(file.name(), file.text());
            self.definition = survey(&file, syntax, self.required_query(), &mut Diagnostics::new());
            self.specifications.push(path);
        }
        Ok(())
    }

    /// What became of required query parameters when it was imported.
    pub(super) fn required_query(&self) -> RequiredQuery {
        match self.properties.get("translateRequiredQueryParameters").and_then(Value::as_text) {
            Some(word) if word.eq_ignore_ascii_case("query") => RequiredQuery::Query,
            _ => RequiredQuery::Template,
        }
    }

    /// A text among the properties.
    pub(super) fn word(&self, name: &str) -> Option<&str> {
        self.properties.get(name).and_then(Value::as_text)
    }
}

fn refuse_other_kinds(api: &ApiId, properties: &Object) -> Result<(), Diagnostic> {
    let kind = properties.get("type").or_else(|| properties.get("apiType")).and_then(Value::as_text);
    match kind.filter(|kind| !kind.eq_ignore_ascii_case("http")) {
        None => Ok(()),
        Some(kind) => {
            let message = format!("the API `{api}` is there already and is of the type `{kind}`");
            Err(Diagnostic::error("other-kind", message).help("import the definition under another name"))
        }
    }
}

fn operation_policies(api: &ApiId, folder: &dyn FolderSource) -> Result<Vec<(String, Vec<u8>)>, Diagnostic> {
    let directory = format!("{}/operations", places::api(api));
    let mut all = Vec::new();
    for entry in folder.list(&directory).map_err(|error| unreadable(&error))? {
        let path = format!("{directory}/{}/policy.xml", entry.name);
        if entry.kind == EntryKind::Directory
            && let Some(bytes) = folder.read(&path).map_err(|error| unreadable(&error))?
        {
            all.push((entry.name, bytes));
        }
    }
    Ok(all)
}

fn text(folder: &dyn FolderSource, path: &str) -> Result<Option<String>, Diagnostic> {
    let Some(bytes) = folder.read(path).map_err(|error| unreadable(&error))? else { return Ok(None) };
    let text = String::from_utf8(bytes)
        .map_err(|_| Diagnostic::error("not-text", format!("`{path}` is not UTF-8 text")))?;
    Ok(Some(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned)))
}
