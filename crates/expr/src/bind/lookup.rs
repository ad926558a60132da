//! Members of types.

use source::{Span, did_you_mean};

use crate::library::Kind;
use crate::library::signature::MemberKind;
use crate::registry::{Member, bases_of, class_of, known, registry};
use crate::types::{ClassId, Type};

use std::ops::Deref;
use std::sync::Arc;

use super::Binder;

/// A member: of the library, or a function that the author wrote.
#[derive(Clone, Debug)]
pub(super) enum MemberRef {
    Library(&'static Member),
    Own(Arc<Member>),
}

impl Deref for MemberRef {
    type Target = Member;

    fn deref(&self) -> &Member {
        match self {
            Self::Library(member) => member,
            Self::Own(member) => member,
        }
    }
}

/// A member and the type that declares it, with its type arguments.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) owner: Type,
    pub(super) member: MemberRef,
    /// How far up the declaring type is: 0 for the type itself.
    pub(super) level: u32,
}

impl Found {
    /// The type arguments of the declaring type.
    pub(super) fn class_args(&self) -> Vec<Type> {
        match &self.owner {
            Type::Class(_, args) => args.to_vec(),
            _ => Vec::new(),
        }
    }
}

/// The type through which members of a value are found.
pub(super) fn member_type(ty: &Type) -> Type {
    match ty {
        Type::Nullable(inner) => Type::generic(known().nullable, [inner.as_ref().clone()]),
        other => other.clone(),
    }
}

/// Members of a name, of the type and what it derives from, nearest first.
pub(super) fn members(ty: &Type, name: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut seen = Vec::new();
    collect(&member_type(ty), name, 0, &mut seen, &mut found);
    if !seen.contains(&Type::Object) {
        own(&Type::Object, known().object, name, 99, &mut found);
    }
    found
}

fn collect(ty: &Type, name: &str, level: u32, seen: &mut Vec<Type>, found: &mut Vec<Found>) {
    if seen.contains(ty) || level > 20 {
        return;
    }
    seen.push(ty.clone());
    if let Some(class) = class_of(ty) {
        own(ty, class, name, level, found);
    }
    let is_interface = |ty: &Type| matches!(ty, Type::Class(id, _) if matches!(registry().class(*id).kind(), Kind::Interface));
    for base in bases_of(ty) {
        // A class shows what it declares; interfaces it implements add nothing (an array has no `Count`).
        if is_interface(&base) && !is_interface(ty) {
            continue;
        }
        collect(&base, name, level + 1, seen, found);
    }
}

fn own(ty: &Type, class: ClassId, name: &str, level: u32, found: &mut Vec<Found>) {
    let named = registry().class(class).named(name).filter(|member| !member.signature.extension);
    found.extend(named.map(|member| Found { owner: ty.clone(), member: MemberRef::Library(member), level }));
}

/// Extension methods of a name.
pub(super) fn extensions(name: &str) -> Vec<Found> {
    let all = registry().extensions(name);
    all.map(|(id, member)| Found { owner: Type::class(id), member: MemberRef::Library(member), level: 0 })
        .collect()
}

impl Binder<'_> {
    /// Reports that a type has no such member.
    pub(super) fn no_member(&mut self, ty: &Type, name: &str, span: Span, is_static: bool) {
        if let Some(class) = self.unbuilt(ty, name) {
            self.unsupported(span, &format!("the member `{name}` of `{class}`"));
            return;
        }
        // COMPAT: the text of APIM for what .NET has and expressions may not use (`expressions.md` 9).
        if let Some(owner) = super::refused::owner_of_member(ty, name) {
            let message =
                format!("Usage of member '{name}' of type '{owner}' is not supported within expressions");
            self.error("csharp-member-not-allowed", span, message);
            return;
        }
        let message = if is_static {
            format!("`{ty}` does not contain a definition for `{name}` (CS0117)")
        } else {
            format!("`{ty}` does not contain a definition for `{name}` (CS1061)")
        };
        self.error("csharp-unknown-member", span, message);
        let names = member_names(ty, is_static);
        if let Some(near) = did_you_mean(name, names.iter().copied()) {
            self.help(format!("did you mean `{near}`?"));
        } else if matches!(ty, Type::Object) {
            self.help("cast it to the type that it has, for example `((JObject)x)`");
        }
    }

    /// The type that lists a member as allowed by APIM and not built.
    fn unbuilt(&self, ty: &Type, name: &str) -> Option<&'static str> {
        let own = class_of(&member_type(ty)).map(|id| registry().class(id).spec());
        if let Some(spec) = own
            && spec.unbuilt.contains(&name)
        {
            return Some(spec.name);
        }
        if let Some(found) = bases_of(ty).iter().find_map(|base| self.unbuilt(base, name)) {
            return Some(found);
        }
        let linq = registry().find("Enumerable").map(|id| registry().class(id).spec());
        let sequence = crate::registry::as_class(ty, known().enumerable).is_some();
        linq.filter(|spec| sequence && spec.unbuilt.contains(&name)).map(|spec| spec.name)
    }
}

fn member_names(ty: &Type, is_static: bool) -> Vec<&'static str> {
    let mut names = Vec::new();
    let mut types = super::conversion::self_and_bases(&member_type(ty));
    types.push(Type::Object);
    for ty in types {
        let Some(class) = class_of(&ty) else { continue };
        let class = registry().class(class);
        let fits = |member: &&Member| {
            member.signature.is_static == is_static
                && matches!(member.signature.kind, MemberKind::Property | MemberKind::Method)
        };
        names.extend(class.members().iter().filter(fits).map(|member| member.signature.name));
        if is_static {
            names.extend(class.enum_members().iter().map(|(name, _)| *name));
        }
    }
    if !is_static && crate::registry::as_class(ty, known().enumerable).is_some() {
        names.extend(registry().extension_names());
    }
    names
}
