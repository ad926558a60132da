//! What .NET has and API Management does not allow: types and members that are refused in its words.
//!
//! The names come from .NET's own assemblies (`cargo xtask oracle table`); they are looked at only when a name was not found.

use crate::registry::{bases_of, class_of, registry};
use crate::types::Type;

use super::lookup::member_type;
use super::type_name::is_imported;

/// `System.Globalization: Calendar, CultureInfo, …`, a namespace a line.
const TYPES: &str = include_str!("../../reference/refused-types.txt");
/// `System.DateTime: CompareTo, ParseExact, …`, a type a line.
const MEMBERS: &str = include_str!("../../reference/refused-members.txt");

/// What authors reach for from libraries that expressions have no reference to.
const BEYOND: &str = "\
System.Net.Http: FormUrlEncodedContent, HttpClient, HttpContent, HttpMethod, HttpRequestMessage, HttpResponseMessage, StringContent
System.Runtime.Caching: MemoryCache
System.Text.Json: JsonDocument, JsonElement, JsonSerializer, JsonSerializerOptions
System.Web: HttpContext, HttpUtility
System.Web.Script.Serialization: JavaScriptSerializer";

fn lines(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(": "))
}

fn lists(names: &str, name: &str) -> bool {
    names.split(", ").any(|own| own == name)
}

/// The namespace of a type that expressions may not use: one that is open, or the given one.
pub(super) fn namespace_of(namespace: &str, name: &str) -> Option<&'static str> {
    let reached = |own: &str| if namespace.is_empty() { is_imported(own) } else { own == namespace };
    all_types().find(|(own, names)| reached(own) && lists(names, name)).map(|(own, _)| own)
}

fn all_types() -> impl Iterator<Item = (&'static str, &'static str)> {
    lines(TYPES).chain(lines(BEYOND))
}

/// The namespace of a type that cannot be named without it.
pub(super) fn elsewhere(name: &str) -> Option<&'static str> {
    all_types().find(|(_, names)| lists(names, name)).map(|(own, _)| own)
}

/// Whether a dotted path is a namespace of .NET, or the beginning of one.
pub(super) fn is_namespace(path: &str) -> bool {
    let begins = |own: &str| own == path || own.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
    all_types().any(|(own, _)| begins(own))
}

/// The type that has a member in .NET which expressions may not use: the type itself or one that it derives from.
pub(super) fn owner_of_member(ty: &Type, name: &str) -> Option<String> {
    let own = class_of(&member_type(ty)).map(|id| registry().class(id).full_name());
    let listed = own.filter(|full| lines(MEMBERS).any(|(own, names)| own == full && lists(names, name)));
    listed.or_else(|| bases_of(ty).iter().find_map(|base| owner_of_member(base, name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_dotnet_has_is_known_by_name() {
        assert_eq!(namespace_of("System.Globalization", "CultureInfo"), Some("System.Globalization"));
        assert_eq!(namespace_of("", "Environment"), Some("System"));
        assert_eq!(namespace_of("", "CultureInfo"), None);
        assert!(is_namespace("System.Runtime") && !is_namespace("System.Run"));
    }
}
