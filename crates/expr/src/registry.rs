//! All types that expressions may name: those of the library and those of the host catalogue.
//!
//! Built once from tables of constants, then only read.

mod names;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use crate::Facts;
use crate::catalogue::{HOST_TYPES, HostMember};
use crate::library::signature::{self, MemberKind, Param, Signature};
use crate::library::{Call, Kind, LIBRARY, NativeFn, TypeSpec};
use crate::types::{ClassId, Scalar, Type};

pub(crate) use names::{Entry, Names, TypeName};

/// All types.
#[derive(Debug)]
pub(crate) struct Registry {
    classes: Vec<Class>,
    names: Names,
    extensions: HashMap<&'static str, Vec<(ClassId, usize)>>,
    pub(crate) known: Known,
    /// Where the functions are that may change JSON.
    changes_json: HashSet<usize>,
    /// Where the indexers of JSON are.
    json_items: HashSet<usize>,
    /// Where the functions are that take a regular expression, and which of their arguments it is.
    patterns: HashMap<usize, usize>,
}

/// A type.
#[derive(Debug)]
pub(crate) struct Class {
    spec: &'static TypeSpec,
    name: TypeName,
    /// The type that it stands in.
    outer: Option<ClassId>,
    /// What it derives from and implements, with its own type parameters.
    pub(crate) bases: Vec<Type>,
    members: Vec<Member>,
    by_name: HashMap<&'static str, Vec<usize>>,
    /// Of a delegate type.
    invoke: Option<Signature>,
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

/// Types that the binder or the evaluator mention themselves.
macro_rules! known {
    ($($field:ident = $name:literal),* $(,)?) => {
        #[derive(Debug)]
        pub(crate) struct Known { $(pub(crate) $field: ClassId),* }

        impl Known {
            fn new(names: &Names) -> Self {
                let find = |name: &str| names.find_any(name).unwrap_or(ClassId(u16::MAX));
                Self { $($field: find($name)),* }
            }

            #[cfg(test)]
            fn all(&self) -> Vec<(&'static str, ClassId)> {
                vec![$(($name, self.$field)),*]
            }
        }
    };
}

known! {
    object = "Object", string = "String", array = "Array", multi_array = "MultiArray", type_object = "Type", enumerable = "IEnumerable`1", sequence = "IEnumerable`0", collection = "ICollection`1",
    ilist = "IList`1", read_only_list = "IReadOnlyList", read_only_collection = "IReadOnlyCollection", list = "List",
    dictionary = "Dictionary", read_only_dictionary = "IReadOnlyDictionary", idictionary = "IDictionary`2",
    hash_set = "HashSet", pair = "KeyValuePair", context = "IProxyContext", request = "IRequest",
    response = "IResponse", body = "IMessageBody", url = "IUrl", jtoken = "JToken", jobject = "JObject",
    jarray = "JArray", jvalue = "JValue", jproperty = "JProperty", jcontainer = "JContainer", jraw = "JRaw", jconstructor = "JConstructor",
    jtoken_type = "JTokenType", exception = "Exception", date_time = "DateTime",
    date_time_offset = "DateTimeOffset", time_span = "TimeSpan", guid = "Guid", func = "Func",
    comparer = "StringComparer", enumeration = "Enum",
    builder = "StringBuilder", ordered = "IOrderedEnumerable", grouping = "IGrouping", nullable = "Nullable`1",
    action = "Action", equality = "IEqualityComparer", order = "IComparer", enumerator = "IEnumerator`1",
    product_state = "ProductState", backend_type = "BackendType", carbon_intensity = "CarbonIntensityCategory",
}

static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::build);

/// The registry.
pub(crate) fn registry() -> &'static Registry {
    &REGISTRY
}

/// The types that the binder or the evaluator mention themselves.
pub(crate) fn known() -> &'static Known {
    &registry().known
}

impl Registry {
    fn build() -> Self {
        let specs: Vec<&'static TypeSpec> = LIBRARY.iter().flat_map(|types| types.iter()).collect();
        let names = Names::new(specs.iter().map(|spec| spec.name));
        let mut classes: Vec<Class> = specs.iter().map(|spec| Class::read(spec, &names)).collect();
        for host in HOST_TYPES {
            if let Some(class) = names.find_any(host.name).and_then(|id| classes.get_mut(usize::from(id.0))) {
                class.add_host_members(host.members, &names);
            }
        }
        let mut extensions: HashMap<&'static str, Vec<(ClassId, usize)>> = HashMap::new();
        for (class, id) in classes.iter().zip(0..) {
            for (index, member) in class.members.iter().enumerate() {
                if member.signature.extension {
                    extensions.entry(member.signature.name).or_default().push((ClassId(id), index));
                }
            }
        }
        let known = Known::new(&names);
        let changes_json = classes.iter().flat_map(Class::changing_json).collect();
        let json_items = [known.jtoken, known.jobject]
            .into_iter()
            .filter_map(|id| classes.get(usize::from(id.0)))
            .flat_map(Class::indexers)
            .collect();
        let patterns = classes.iter().flat_map(Class::patterns).collect();
        Self { classes, names, extensions, known, changes_json, json_items, patterns }
    }

    /// Whether a function of the library may change JSON that it is given.
    pub(crate) fn changes_json(&self, function: NativeFn) -> bool {
        self.changes_json.contains(&(function as usize))
    }

    /// Which argument of a function of the library is a regular expression.
    pub(crate) fn pattern_at(&self, function: NativeFn) -> Option<usize> {
        self.patterns.get(&(function as usize)).copied()
    }

    /// Whether a function of the library is `token[key]`.
    pub(crate) fn is_json_item(&self, function: NativeFn) -> bool {
        self.json_items.contains(&(function as usize))
    }

    /// A type by id.
    pub(crate) fn class(&self, id: ClassId) -> &Class {
        self.classes.get(usize::from(id.0)).unwrap_or_else(|| self.missing())
    }

    fn missing(&self) -> &Class {
        static NONE: LazyLock<Class> = LazyLock::new(Class::none);
        &NONE
    }

    /// A type by its short name: the one without type parameters where there are several. A number behind a backtick
    /// says how many it has: `` Tuple`2 ``.
    pub(crate) fn find(&self, name: &str) -> Option<ClassId> {
        self.names.find_any(name)
    }

    /// All types of a short name.
    pub(crate) fn named(&self, name: &str) -> &[Entry] {
        self.names.all(name)
    }

    /// A type that stands in another one.
    pub(crate) fn nested(&self, outer: ClassId, name: &str, arity: usize) -> Option<ClassId> {
        self.names.nested(outer, name, arity)
    }

    /// Names of all types.
    pub(crate) fn type_names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.names.short()
    }

    /// Extension methods of a name.
    pub(crate) fn extensions(&self, name: &str) -> impl Iterator<Item = (ClassId, &Member)> {
        let found = self.extensions.get(name).map(Vec::as_slice).unwrap_or_default();
        found.iter().filter_map(|&(id, index)| Some((id, self.class(id).members.get(index)?)))
    }

    /// Names of all extension methods.
    pub(crate) fn extension_names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.extensions.keys().copied()
    }
}

impl Class {
    fn none() -> Self {
        static NONE: TypeSpec = TypeSpec::class("?", "");
        Self {
            spec: &NONE,
            name: TypeName::read("?"),
            outer: None,
            bases: Vec::new(),
            members: Vec::new(),
            by_name: HashMap::new(),
            invoke: None,
        }
    }

    fn read(spec: &'static TypeSpec, names: &Names) -> Self {
        let name = TypeName::read(spec.name);
        let base = |text: &&'static str| signature::parse_type(text, &name.params, names);
        let bases = spec.bases.iter().filter_map(base).collect();
        let invoke = match spec.kind {
            Kind::Delegate(declaration) => signature::parse(declaration, &name.params, names),
            _ => None,
        };
        let outer = names.all(name.name).iter().find_map(|entry| {
            let own = name.outer.is_some() && entry.arity == name.arity && entry.namespace == name.namespace;
            entry.outer.filter(|_| own)
        });
        let mut class = Self { bases, spec, outer, name, invoke, ..Self::none() };
        let operators = crate::library::operators(class.name.name);
        for row in spec.rows().chain(operators) {
            let facts = row.facts;
            if let Some(signature) = signature::parse(row.declaration, &class.name.params, names) {
                class.add(Member { signature, call: Action::Library(row.call), facts });
            }
        }
        class
    }

    fn add_host_members(&mut self, rows: &'static [crate::catalogue::HostRow], names: &Names) {
        for row in rows {
            if let Some(signature) = signature::parse(row.declaration, &[], names) {
                self.add(Member { signature, call: Action::Host(row.member), facts: row.facts });
            }
        }
    }

    fn add(&mut self, member: Member) {
        self.by_name.entry(member.signature.name).or_default().push(self.members.len());
        self.members.push(member);
    }

    /// Where the functions are of members that may change JSON: setters, and what is named like them. Collections count
    /// as their interfaces, behind which a `JArray` may stand.
    fn changing_json(&self) -> impl Iterator<Item = usize> + '_ {
        const BEGINNINGS: [&str; 7] = ["Add", "Remove", "Replace", "Insert", "Merge", "Clear", "Populate"];
        let namespace = self.namespace();
        let may = namespace.starts_with("Newtonsoft") || matches!(self.spec.kind, Kind::Interface);
        self.members.iter().filter(move |_| may).filter_map(|member| match member.call {
            Action::Library(Call::Setter(function)) => Some(function as usize),
            Action::Library(Call::Function(function)) => {
                let name = member.signature.name;
                BEGINNINGS.iter().any(|begin| name.starts_with(begin)).then_some(function as usize)
            }
            _ => None,
        })
    }

    /// Where the functions are that take a regular expression.
    fn patterns(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let named = self.name.name == "Regex";
        self.members.iter().filter(move |_| named).filter_map(|member| match member.call {
            Action::Library(Call::Function(function)) => {
                let is_pattern = |param: &Param| param.name == "pattern";
                Some((function as usize, member.signature.params.iter().position(is_pattern)?))
            }
            _ => None,
        })
    }

    /// Where the functions are that read by an index.
    fn indexers(&self) -> impl Iterator<Item = usize> + '_ {
        let indexers = self.members.iter().filter(|member| member.signature.kind == MemberKind::Indexer);
        indexers.filter_map(|member| match member.call {
            Action::Library(Call::Function(function)) => Some(function as usize),
            _ => None,
        })
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

    /// What calling a value of this delegate type takes and gives.
    pub(crate) fn invoke(&self) -> Option<&Signature> {
        self.invoke.as_ref()
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
        let found = self.by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        found.iter().filter_map(|&index| self.members.get(index))
    }

    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    /// Conversions and operators declared by the type itself.
    pub(crate) fn conversions(&self, kind: MemberKind) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(move |member| member.signature.kind == kind)
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

/// The registry's row for a type, through which its members are found.
pub(crate) fn class_of(ty: &Type) -> Option<ClassId> {
    let registry = registry();
    Some(match ty {
        Type::Object => registry.known.object,
        Type::String => registry.known.string,
        Type::Scalar(scalar) => scalar_class(*scalar),
        Type::Array(_) => registry.known.array,
        Type::Class(id, _) => *id,
        Type::Anonymous(_) | Type::Tuple(_) | Type::Opaque(_) => registry.known.object,
        Type::MultiArray(..) => registry.known.multi_array,
        _ => return None,
    })
}

fn scalar_class(scalar: Scalar) -> ClassId {
    static IDS: LazyLock<HashMap<Scalar, ClassId>> = LazyLock::new(|| {
        let find = |scalar: Scalar| registry().find(scalar.class()).unwrap_or(ClassId(u16::MAX));
        Scalar::ALL.into_iter().map(|scalar| (scalar, find(scalar))).collect()
    });
    IDS.get(&scalar).copied().unwrap_or(ClassId(u16::MAX))
}

/// What a type derives from and implements directly, with its type arguments put in.
pub(crate) fn bases_of(ty: &Type) -> Vec<Type> {
    let known = known();
    match ty {
        Type::Array(element) => {
            let of = |id| Type::Class(id, Arc::from([element.as_ref().clone()]));
            vec![of(known.ilist), of(known.read_only_list), Type::class(known.array)]
        }
        Type::MultiArray(..) => vec![Type::class(known.array), Type::class(known.sequence)],
        Type::Class(id, args) => {
            let args: Vec<Option<Type>> = args.iter().cloned().map(Some).collect();
            let class = registry().class(*id);
            let own = class.bases.iter().map(|base| base.substitute(&args));
            let common = matches!(class.kind(), Kind::Enum(_)).then(|| Type::class(known.enumeration));
            own.chain(common).collect()
        }
        Type::String => registry().class(known.string).bases.clone(),
        Type::Scalar(scalar) => registry().class(scalar_class(*scalar)).bases.clone(),
        _ => Vec::new(),
    }
}

/// The type itself or the base of it that is of a registered type: `IEnumerable<char>` of `string`.
pub(crate) fn as_class(ty: &Type, id: ClassId) -> Option<Type> {
    if ty.is_class(id) {
        return Some(ty.clone());
    }
    bases_of(ty).iter().find_map(|base| as_class(base, id))
}

/// Whether a type is or derives from another, type arguments included.
pub(crate) fn derives(ty: &Type, base: &Type) -> bool {
    ty == base || bases_of(ty).iter().any(|own| derives(own, base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_declaration_can_be_read() {
        let registry = registry();
        for class in &registry.classes {
            assert_eq!(class.bases.len(), class.spec.bases.len(), "bases of {}", class.spec.name);
            for row in class.spec.rows() {
                let read = signature::parse(row.declaration, class.type_params(), &registry.names);
                assert!(read.is_some(), "{}: {}", class.spec.name, row.declaration);
            }
        }
        for host in HOST_TYPES {
            assert!(registry.find(host.name).is_some(), "{} is not in the library's list", host.name);
            for row in host.members {
                let read = signature::parse(row.declaration, &[], &registry.names);
                assert!(read.is_some(), "{}: {}", host.name, row.declaration);
            }
        }
    }

    #[test]
    fn every_type_that_the_binder_mentions_exists() {
        for (name, id) in known().all() {
            assert_ne!(id, ClassId(u16::MAX), "{name}");
        }
    }

    #[test]
    fn no_name_is_registered_twice() {
        let mut names = HashSet::new();
        for class in &registry().classes {
            let full = (class.full_name(), class.name.params.len());
            assert!(names.insert(full.clone()), "{full:?}");
        }
    }

    #[test]
    fn a_nested_type_stands_in_a_type_of_the_list() {
        for class in &registry().classes {
            assert_eq!(
                class.name.outer.is_some(),
                class.outer.is_some_and(|id| id != ClassId(u16::MAX)),
                "{}",
                class.spec.name
            );
        }
    }
}
