//! Files that could not be read as they were meant.
//!
//! What is wrong with a file is not only a sentence for its author: what the file stands for must not be served as if
//! the file said nothing. An API whose policy is not text would otherwise be forwarded without it.

use std::collections::HashSet;
use std::sync::Arc;

use model::Api;
use source::{Diagnostics, Severity};

/// The files of a folder that have errors.
#[derive(Debug, Default)]
pub(crate) struct Broken {
    files: HashSet<String>,
    /// Directories of APIs, in lower case.
    apis: HashSet<String>,
    /// Names of workspaces of which nothing could be read, in lower case.
    workspaces: HashSet<String>,
}

impl Broken {
    /// The files that these problems point at, and directories in which something is wrong that may be written elsewhere.
    pub(crate) fn of(problems: &Diagnostics, directories: &[Arc<str>]) -> Self {
        let errors = problems.iter().filter(|each| each.severity == Severity::Error);
        let files: HashSet<String> =
            errors.filter_map(|each| Some(each.at.as_ref()?.file.name().to_owned())).collect();
        let all = || files.iter().map(String::as_str).chain(directories.iter().map(AsRef::as_ref));
        let apis = all().filter_map(api_directory).collect();
        let workspaces = all().filter_map(workspace_directory).collect();
        Self { files, apis, workspaces }
    }

    /// Whether a file has errors.
    pub(crate) fn has(&self, file: &str) -> bool {
        self.files.contains(file)
    }

    /// Whether anything of any API has errors.
    pub(crate) fn any_api(&self) -> bool {
        !self.apis.is_empty() || !self.workspaces.is_empty()
    }

    /// Whether anything of an API has errors, or its workspace as such. Their directories are named like them.
    pub(crate) fn is_of_api(&self, api: &Api) -> bool {
        if !self.any_api() {
            return false;
        }
        let id = api.id.as_str().to_ascii_lowercase();
        match &api.workspace {
            None => self.apis.contains(&format!("apis/{id}")),
            Some(workspace) => {
                let workspace = workspace.as_str().to_ascii_lowercase();
                self.apis.contains(&format!("workspaces/{workspace}/apis/{id}"))
                    || self.workspaces.contains(&workspace)
            }
        }
    }
}

/// The directory of an API that a path begins with, in lower case.
fn api_directory(path: &str) -> Option<String> {
    let mut parts = path.split('/');
    let depth = match parts.next()? {
        "apis" => 2,
        "workspaces" => parts.nth(1).filter(|kind| *kind == "apis").map(|_| 4)?,
        _ => return None,
    };
    let directory: Vec<&str> = path.split('/').take(depth).collect();
    (directory.len() == depth).then(|| directory.join("/").to_ascii_lowercase())
}

/// The workspace whose own directory or file a path is, in lower case.
fn workspace_directory(path: &str) -> Option<String> {
    let (name, file) = match path.strip_prefix("workspaces/")?.split_once('/') {
        Some((name, file)) => (name, file),
        None => return Some(path.strip_prefix("workspaces/")?.to_ascii_lowercase()),
    };
    (file == "workspaceInformation.json").then(|| name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use source::{Diagnostic, Location, SourceFile, Span};

    #[test]
    fn an_api_is_broken_when_a_file_below_its_directory_is() {
        let at = |file: &str| Location::new(&SourceFile::new(file, ""), Span::default());
        let mut problems = Diagnostics::new();
        problems.push(Diagnostic::error("a", "a").at(at("apis/chat;rev=2/operations/x/policy.xml")));
        problems.push(Diagnostic::warning("b", "b").at(at("apis/mild/policy.xml")));
        let broken = Broken::of(&problems, &["apis/Overridden".into(), "products/p".into()]);
        let is_of = |id| broken.is_of_api(&api(None, id));
        assert!(is_of("chat;rev=2") && is_of("Chat;rev=2"));
        assert!(is_of("overridden") && !is_of("p"));
        assert!(!is_of("chat") && !is_of("mild"));
        assert!(!broken.has("apis/mild/policy.xml"));
        assert!(!broken.is_of_api(&api(Some("team"), "overridden")));
    }

    #[test]
    fn an_api_of_a_workspace_is_broken_with_its_directory_or_its_workspace() {
        let directories = ["workspaces/Team/apis/chat".into(), "workspaces/lost".into()];
        let broken = Broken::of(&Diagnostics::new(), &directories);
        assert!(broken.is_of_api(&api(Some("team"), "chat")) && broken.is_of_api(&api(Some("Lost"), "any")));
        assert!(!broken.is_of_api(&api(Some("team"), "other")) && !broken.is_of_api(&api(None, "chat")));
    }

    fn api(workspace: Option<&str>, id: &str) -> Api {
        let path = model::ApiPath::new("p").unwrap();
        let mut api = Api::new(model::ApiId::new(id).unwrap(), model::DisplayName::new(id).unwrap(), path);
        api.workspace = workspace.map(|id| model::WorkspaceId::new(id).unwrap());
        api
    }
}
