//! A type of the registry.
//!
//! Its declarations are read when somebody asks for them for the first time: of some hundred types an expression mentions
//! a few, and reading all of them took half of a gateway's start and most of what the registry held.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::names::{Names, TypeName};
use super::registry;
use crate::Facts;
use crate::catalogue::{HostMember, HostRow};
use crate::library::signature::{self, MemberKind, Signature};
use crate::library::{Call, Kind, Row, TypeSpec};
use crate::types::{ClassId, Type};

/// A type.
#[derive(Debug)]
pub(crate) struct Class {
    spec: &'static TypeSpec,
    name: TypeName,
    /// The type that it stands in.
    outer: Option<ClassId>,
    /// Properties that the host answers for.
    host: &'static [HostRow],
    bases: OnceLock<Box<[Type]>>,
    members: OnceLock<Box<Members>>,
    /// Of a delegate type.
    invoke: OnceLock<Option<Box<Signature>>>,
}

/// A member.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) signature: Signature,
    pub(crate) call: Action,
    pub(crate) facts: Facts,
}

/// What a member does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    /// A function of the library.
    Library(Call),
    /// A property that the host answers for.
    Host(HostMember),
    /// A function that the author wrote, by its number while binding.
    Local(u32),
}

/// Members in the order of their declarations, and where those of a name are.
#[derive(Debug, Default)]
struct Members {
    list: Vec<Member>,
    by_name: HashMap<&'static str, Vec<usize>>,
}

impl Members {
    fn of(class: &Class, names: &Names) -> Self {
        let library = class.rows().map(|row| (row.declaration, Action::Library(row.call), row.facts));
        let host = class.host.iter().map(|row| (row.declaration, Action::Host(row.member), row.facts));
        let mut members = Self::default();
        for (declaration, call, facts) in library.chain(host) {
            if let Some(signature) = signature::parse(declaration, &class.name.params, names) {
                members.add(Member { signature, call, facts });
            }
        }
        members.list.shrink_to_fit();
        members
    }

    fn add(&mut self, member: Member) {
        self.by_name.entry(member.signature.name).or_default().push(self.list.len());
        self.list.push(member);
    }
}

impl Class {
    pub(super) fn none() -> Self {
        static NONE: TypeSpec = TypeSpec::class("?", "");
        Self::new(&NONE, &Names::default())
    }

    pub(super) fn new(spec: &'static TypeSpec, names: &Names) -> Self {
        let name = TypeName::read(spec.name);
        let outer = names.all(name.name).iter().find_map(|entry| {
            let own = name.outer.is_some() && entry.arity == name.arity && entry.namespace == name.namespace;
            entry.outer.filter(|_| own)
        });
        let (bases, members, invoke) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { spec, name, outer, host: &[], bases, members, invoke }
    }

    /// The properties that the host answers for.
    pub(super) fn set_host_members(&mut self, rows: &'static [HostRow]) {
        self.host = rows;
    }

    /// Declarations of the library: its own, and conversions that several types share.
    pub(super) fn rows(&self) -> impl Iterator<Item = &'static Row> + use<> {
        self.spec.rows().chain(crate::library::operators(self.name.name))
    }

    fn read(&self) -> &Members {
        self.members.get_or_init(|| Box::new(Members::of(self, &registry().names)))
    }

    /// `List`.
    pub(crate) fn name(&self) -> &'static str {
        self.name.name
    }

    /// Names of its type parameters, those of the type it stands in first.
    #[cfg(test)]
    pub(crate) fn type_params(&self) -> &[&'static str] {
        &self.name.params
    }

    /// How many type parameters are its own.
    pub(crate) fn arity(&self) -> usize {
        self.name.arity
    }

    /// The type that it stands in.
    pub(crate) fn outer(&self) -> Option<ClassId> {
        self.outer
    }

    /// Whether its full name says that it stands in another type.
    #[cfg(test)]
    pub(super) fn is_nested(&self) -> bool {
        self.name.outer.is_some()
    }

    /// `System.Collections.Generic.List`, `System.TimeZoneInfo+AdjustmentRule`.
    pub(crate) fn full_name(&self) -> String {
        self.named_with(|_| String::new())
    }

    /// The full name as reflection writes it: ``System.Collections.Generic.List`1+Enumerator``.
    pub(crate) fn net_name(&self, args: usize) -> String {
        let variadic = args < self.name.params.len();
        self.named_with(|arity| match if variadic { args } else { arity } {
            0 => String::new(),
            arity => format!("`{arity}"),
        })
    }

    fn named_with(&self, arity: impl Fn(usize) -> String) -> String {
        let mut parts = Vec::new();
        for part in self.spec.name.split('+') {
            let name = TypeName::read(part);
            parts.push(format!("{}{}", part.split('<').next().unwrap_or(part), arity(name.arity)));
        }
        parts.join("+")
    }

    /// `System.Collections.Generic`.
    pub(crate) fn namespace(&self) -> &'static str {
        self.name.namespace
    }

    /// What it derives from and implements, with its own type parameters.
    pub(crate) fn bases(&self) -> &[Type] {
        self.bases.get_or_init(|| {
            let names = &registry().names;
            let read = |text: &&'static str| signature::parse_type(text, &self.name.params, names);
            self.spec.bases.iter().filter_map(read).collect()
        })
    }

    /// What calling a value of this delegate type takes and gives.
    pub(crate) fn invoke(&self) -> Option<&Signature> {
        let Kind::Delegate(declaration) = self.spec.kind else { return None };
        let read = || signature::parse(declaration, &self.name.params, &registry().names).map(Box::new);
        self.invoke.get_or_init(read).as_deref()
    }

    /// Whether an enum's members are bits that can be combined.
    pub(crate) fn is_flags(&self) -> bool {
        self.spec.flags
    }

    pub(crate) fn kind(&self) -> Kind {
        self.spec.kind
    }

    pub(crate) fn is_value(&self) -> bool {
        matches!(self.spec.kind, Kind::Struct | Kind::Enum(_))
    }

    /// Whether expressions may name it: some types exist only as results.
    pub(crate) fn spec(&self) -> &'static TypeSpec {
        self.spec
    }

    /// Members of a name declared by the type itself.
    pub(crate) fn named(&self, name: &str) -> impl Iterator<Item = &Member> {
        let members = self.read();
        let found = members.by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        found.iter().filter_map(|&index| members.list.get(index))
    }

    pub(crate) fn members(&self) -> &[Member] {
        &self.read().list
    }

    /// Conversions and operators declared by the type itself.
    pub(crate) fn conversions(&self, kind: MemberKind) -> impl Iterator<Item = &Member> {
        self.members().iter().filter(move |member| member.signature.kind == kind)
    }

    /// The number of an enum's member.
    pub(crate) fn enum_number(&self, name: &str) -> Option<i32> {
        self.enum_members().iter().find(|(own, _)| *own == name).map(|(_, number)| *number)
    }

    /// Names and numbers of an enum's members.
    pub(crate) fn enum_members(&self) -> &'static [(&'static str, i32)] {
        match self.spec.kind {
            Kind::Enum(members) => members,
            _ => &[],
        }
    }
}
