//! Names of resources inside documents: `/apis/echo`, or the same at the end of a full Azure Resource Manager id.

/// The path of a reference from the service on, in parts: `/subscriptions/.../service/x/products/p` and `/products/p`
/// and `products/p` all give `products`, `p`; the service itself gives nothing.
pub(crate) fn parts(reference: &str) -> Vec<&str> {
    let parts: Vec<&str> = reference.split('/').filter(|part| !part.is_empty()).collect();
    let provider = parts.iter().position(|part| part.eq_ignore_ascii_case("Microsoft.ApiManagement"));
    match provider {
        // provider / "service" / name / ...
        Some(at) => parts.into_iter().skip(at + 3).collect(),
        None => parts,
    }
}

/// The name in a reference to a resource of one kind; none for a reference to anything else. A bare name will do.
pub(crate) fn name_of<'a>(reference: &'a str, kind: &str) -> Option<&'a str> {
    match parts(reference).as_slice() {
        [name] if !reference.starts_with('/') => Some(name),
        [found, name] if found.eq_ignore_ascii_case(kind) => Some(name),
        _ => None,
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
}
