//! Names of resources inside documents: `/apis/echo`, or the same at the end of a full Azure Resource Manager id.

const PROVIDER: &str = "Microsoft.ApiManagement";

/// The path of a reference from the service on, in parts: `/subscriptions/.../service/x/products/p` and `/products/p`
/// and `products/p` all give `products`, `p`; the service itself gives nothing.
pub(crate) fn parts(reference: &str) -> Vec<&str> {
    let parts: Vec<&str> = reference.split('/').filter(|part| !part.is_empty()).collect();
    let provider = parts.iter().position(|part| part.eq_ignore_ascii_case(PROVIDER));
    match provider {
        // provider / "service" / name / ...
        Some(at) => parts.into_iter().skip(at + 3).collect(),
        None => parts,
    }
}

fn is_full(reference: &str) -> bool {
    reference.split('/').any(|part| part.eq_ignore_ascii_case(PROVIDER))
}

/// Where references stand: in a workspace, `/workspaces/<own>/backends/x` and `/backends/x` are the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// The workspace; none for the service itself.
    pub(crate) workspace: Option<&'a str>,
}

impl Place<'_> {
    /// The path of a reference from the service, or its workspace, on; none when it leads into another one.
    pub(crate) fn parts(self, reference: &str) -> Option<Vec<&str>> {
        let parts = parts(reference);
        match (self.workspace, parts.as_slice()) {
            (Some(own), [word, name, rest @ ..]) if word.eq_ignore_ascii_case("workspaces") => {
                name.eq_ignore_ascii_case(own).then(|| rest.to_vec())
            }
            (None, [word, ..]) if word.eq_ignore_ascii_case("workspaces") => None,
            // A full id says where it is from.
            (Some(_), _) if is_full(reference) => None,
            _ => Some(parts),
        }
    }

    /// The name in a reference to a resource of one kind; none for a reference to anything else. A bare name will do.
    pub(crate) fn name_of<'r>(self, reference: &'r str, kind: &str) -> Option<&'r str> {
        match self.parts(reference)?.as_slice() {
            [name] if !reference.starts_with('/') => Some(name),
            [found, name] if found.eq_ignore_ascii_case(kind) => Some(name),
            _ => None,
        }
    }
}

/// The name in a reference to a resource of one kind, of the service or of whichever workspace.
pub(crate) fn name_of<'a>(reference: &'a str, kind: &str) -> Option<&'a str> {
    match parts(reference).as_slice() {
        [word, workspace, ..] if word.eq_ignore_ascii_case("workspaces") => {
            Place { workspace: Some(workspace) }.name_of(reference, kind)
        }
        _ => Place { workspace: None }.name_of(reference, kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str =
        "/subscriptions/0/resourceGroups/g/providers/Microsoft.ApiManagement/service/x/apiVersionSets/v1";

    #[test]
    fn a_reference_may_be_relative_or_full() {
        assert_eq!(name_of(FULL, "apiVersionSets"), Some("v1"));
        assert_eq!(name_of("/apiVersionSets/v1", "apiversionsets"), Some("v1"));
        assert_eq!(name_of("v1", "apiVersionSets"), Some("v1"));
        assert_eq!(name_of("/products/v1", "apiVersionSets"), None);
        assert_eq!(name_of("/v1", "apiVersionSets"), None);
    }

    #[test]
    fn a_reference_in_a_workspace_may_name_its_workspace_and_no_other() {
        let inside = Place { workspace: Some("team") };
        let full = "/subscriptions/0/providers/Microsoft.ApiManagement/service/x/workspaces/Team/apis/a";
        for reference in [full, "/workspaces/team/apis/a", "/apis/a", "a"] {
            assert_eq!(inside.name_of(reference, "apis"), Some("a"), "{reference}");
        }
        assert_eq!(inside.name_of("/workspaces/other/apis/a", "apis"), None);
        let of_the_service = "/subscriptions/0/providers/Microsoft.ApiManagement/service/x/apis/a";
        assert_eq!(inside.name_of(of_the_service, "apis"), None);
        assert_eq!(inside.parts("/workspaces/team"), Some(Vec::new()));
        assert_eq!(Place { workspace: None }.name_of("/workspaces/team/apis/a", "apis"), None);
        assert_eq!(name_of("/workspaces/team/backends/b", "backends"), Some("b"));
    }
}
