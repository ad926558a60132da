//! All types that expressions may name: those of the library and those of the host catalogue.
//!
//! Made from tables of constants: names of types at once, what a type declares when it is asked for ([`class`]).

mod class;
mod functions;
mod names;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, OnceLock};

use crate::catalogue::HOST_TYPES;
use crate::library::signature;
use crate::library::{Call, Kind, LIBRARY, NativeFn};
use crate::types::{ClassId, Scalar, Type};

pub(crate) use class::{Action, Class, Member};
use functions::Functions;
pub(crate) use names::{Entry, Names};

/// All types.
#[derive(Debug)]
pub(crate) struct Registry {
    classes: Vec<Class>,
    names: Names,
    pub(crate) known: Known,
    /// Types that have extension methods, by the names of these.
    extensions: OnceLock<HashMap<&'static str, Vec<ClassId>>>,
    functions: OnceLock<Functions>,
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
        let specs = || LIBRARY.iter().flat_map(|types| types.iter());
        let names = Names::new(specs().map(|spec| spec.name));
        let mut classes: Vec<Class> = specs().map(|spec| Class::new(spec, &names)).collect();
        for host in HOST_TYPES {
            if let Some(class) = names.find_any(host.name).and_then(|id| classes.get_mut(usize::from(id.0))) {
                class.set_host_members(host.members);
            }
        }
        let known = Known::new(&names);
        Self { classes, names, known, extensions: OnceLock::new(), functions: OnceLock::new() }
    }

    fn functions(&self) -> &Functions {
        self.functions.get_or_init(|| Functions::new(&self.classes, &self.known))
    }

    /// Whether a function of the library may change JSON that it is given.
    pub(crate) fn changes_json(&self, function: NativeFn) -> bool {
        self.functions().changes_json(function)
    }

    /// Which argument of a function of the library is a regular expression.
    pub(crate) fn pattern_at(&self, function: NativeFn) -> Option<usize> {
        let rows = self.find("Regex").into_iter().flat_map(|id| self.class(id).rows());
        let is_it = |call: Call| matches!(call, Call::Function(own) if own as usize == function as usize);
        let read = |declaration| signature::parse(declaration, &[], &self.names);
        let found = rows.filter(|row| is_it(row.call)).filter_map(|row| read(row.declaration));
        found.filter_map(|found| found.params.iter().position(|param| param.name == "pattern")).last()
    }

    /// Whether a function of the library is `token[key]`.
    pub(crate) fn is_json_item(&self, function: NativeFn) -> bool {
        self.functions().is_json_item(function)
    }

    /// The function that reads one claim of a token, in place of one that gives its claims and one that reads one of them.
    pub(crate) fn claim_reader(&self, claims: NativeFn, reading: NativeFn) -> Option<NativeFn> {
        self.functions().claim_reader(claims, reading)
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

    fn extensions_by_name(&self) -> &HashMap<&'static str, Vec<ClassId>> {
        self.extensions.get_or_init(|| {
            let mut found: HashMap<&'static str, Vec<ClassId>> = HashMap::new();
            for (class, id) in self.classes.iter().zip(0..) {
                for row in class.rows().filter(|row| functions::is_extension(row)) {
                    let of_name = found.entry(functions::declared_name(row.declaration)).or_default();
                    if of_name.last() != Some(&ClassId(id)) {
                        of_name.push(ClassId(id));
                    }
                }
            }
            found
        })
    }

    /// Extension methods of a name.
    pub(crate) fn extensions(&self, name: &str) -> impl Iterator<Item = (ClassId, &Member)> {
        let found = self.extensions_by_name().get(name).map(Vec::as_slice).unwrap_or_default();
        let of = |&id: &ClassId| self.class(id).named(name).map(move |member| (id, member));
        found.iter().flat_map(of).filter(|(_, member)| member.signature.extension)
    }

    /// Names of all extension methods.
    pub(crate) fn extension_names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.extensions_by_name().keys().copied()
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
            let own = class.bases().iter().map(|base| base.substitute(&args));
            let common = matches!(class.kind(), Kind::Enum(_)).then(|| Type::class(known.enumeration));
            own.chain(common).collect()
        }
        Type::String => registry().class(known.string).bases().to_vec(),
        Type::Scalar(scalar) => registry().class(scalar_class(*scalar)).bases().to_vec(),
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
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_declaration_can_be_read() {
        let registry = registry();
        for class in &registry.classes {
            assert_eq!(class.bases().len(), class.spec().bases.len(), "bases of {}", class.full_name());
            for row in class.rows() {
                let read = signature::parse(row.declaration, class.type_params(), &registry.names);
                assert!(read.is_some(), "{}: {}", class.full_name(), row.declaration);
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
            let full = (class.full_name(), class.type_params().len());
            assert!(names.insert(full.clone()), "{full:?}");
        }
    }

    #[test]
    fn a_nested_type_stands_in_a_type_of_the_list() {
        for class in &registry().classes {
            assert_eq!(
                class.is_nested(),
                class.outer().is_some_and(|id| id != ClassId(u16::MAX)),
                "{}",
                class.full_name()
            );
        }
    }
}
