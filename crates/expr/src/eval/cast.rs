//! Which .NET type a value has, and casts that look at it.

use std::sync::Arc;

use crate::catalogue::HostObject;
use crate::heap::Heap;
use crate::json::{JsonKind, JsonNode, JsonType};
use crate::object::Object;
use crate::registry::{derives, known, registry};
use crate::types::{Scalar, Type};
use crate::{Exception, Value};

use super::Eval;

/// The type of a value at run time: `object.GetType()`. [`Type::Null`] for null.
pub(crate) fn runtime_type(heap: &Heap, value: &Value) -> Type {
    let known = known();
    match value {
        Value::Null => Type::Null,
        Value::Bool(_) => Type::BOOL,
        Value::Char(_) => Type::CHAR,
        Value::SByte(_) => Type::Scalar(Scalar::SByte),
        Value::Byte(_) => Type::Scalar(Scalar::Byte),
        Value::Int16(_) => Type::Scalar(Scalar::Int16),
        Value::UInt16(_) => Type::Scalar(Scalar::UInt16),
        Value::Int32(_) => Type::INT,
        Value::UInt32(_) => Type::Scalar(Scalar::UInt32),
        Value::Int64(_) => Type::LONG,
        Value::UInt64(_) => Type::Scalar(Scalar::UInt64),
        Value::Single(_) => Type::Scalar(Scalar::Single),
        Value::Double(_) => Type::DOUBLE,
        Value::Decimal(_) => Type::Scalar(Scalar::Decimal),
        Value::Text(_) => Type::String,
        Value::DateTime(_) => Type::class(known.date_time),
        Value::DateTimeOffset(_) => Type::class(known.date_time_offset),
        Value::TimeSpan(_) => Type::class(known.time_span),
        Value::Guid(_) => Type::class(known.guid),
        Value::Enum(member) => Type::class(member.class),
        Value::Ref(id) => heap.get(*id).map_or(Type::Object, object_type),
        Value::Host(host) => host_type(host.object),
    }
}

fn object_type(object: &Object) -> Type {
    let known = known();
    match object {
        Object::Array { element, .. } => Type::array(element.clone()),
        Object::MultiArray { element, lengths, .. } => {
            Type::MultiArray(Arc::new(element.clone()), u8::try_from(lengths.len()).unwrap_or(u8::MAX))
        }
        Object::Tuple { shape, .. } => Type::Tuple(Arc::clone(shape)),
        Object::Bytes { .. } => Type::bytes(),
        Object::List { element, .. } => Type::generic(known.list, [element.clone()]),
        Object::Dictionary(dictionary) => Type::Class(known.dictionary, Arc::clone(&dictionary.types)),
        Object::Set(set) => Type::generic(known.hash_set, [set.element.clone()]),
        Object::Pair { types, .. } => Type::Class(known.pair, Arc::clone(types)),
        Object::Json(node) => json_type(node),
        Object::Anonymous { shape, .. } => Type::Anonymous(Arc::clone(shape)),
        Object::Builder { .. } => Type::class(known.builder),
        Object::Exception(exception) => exception_type(exception),
        Object::Lambda(lambda) => lambda.ty.clone(),
        Object::Cell(_) | Object::Element { .. } => Type::Object,
        Object::Query(query) => query.ty(),
        Object::Xml(node) => registry().find(node.class()).map_or(Type::Object, Type::class),
        Object::Native(native) => native.class(),
    }
}

/// The type of an exception, as far as expressions know it.
fn exception_type(exception: &Exception) -> Type {
    let short = exception.class().rsplit('.').next().unwrap_or_default();
    let registry = registry();
    let own = registry.find(short).map(Type::class);
    let base = Type::class(registry.known.exception);
    own.filter(|own| derives(own, &base)).unwrap_or(base)
}

fn json_type(node: &JsonNode) -> Type {
    Type::class(json_class(node))
}

fn json_class(node: &JsonNode) -> crate::types::ClassId {
    let known = known();
    match node.kind {
        JsonKind::Value(JsonType::Raw, _) => known.jraw,
        JsonKind::Value(..) => known.jvalue,
        JsonKind::Constructor(..) => known.jconstructor,
        JsonKind::Array(_) => known.jarray,
        JsonKind::Object(_) => known.jobject,
        JsonKind::Property(_) => known.jproperty,
    }
}

fn host_type(object: HostObject) -> Type {
    let (known, registry) = (known(), registry());
    let dictionary = |value: Type| Type::generic(known.read_only_dictionary, [Type::String, value]);
    let named = |name: &str| registry.find(name).map_or(Type::Object, Type::class);
    match object {
        HostObject::Context => Type::class(known.context),
        HostObject::Request => Type::class(known.request),
        HostObject::Response => Type::class(known.response),
        HostObject::RequestBody | HostObject::ResponseBody => Type::class(known.body),
        HostObject::RequestUrl
        | HostObject::RequestOriginalUrl
        | HostObject::ServiceUrl
        | HostObject::ProductApiServiceUrl => Type::class(known.url),
        HostObject::RequestHeaders
        | HostObject::ResponseHeaders
        | HostObject::RequestQuery
        | HostObject::RequestOriginalQuery
        | HostObject::ServiceUrlQuery
        | HostObject::ProductApiServiceUrlQuery => dictionary(Type::array(Type::String)),
        HostObject::MatchedParameters => dictionary(Type::String),
        HostObject::Variables => dictionary(Type::Object),
        HostObject::Api => named("IContextApi"),
        HostObject::ProductApi => named("IApi"),
        HostObject::SubscriptionKeyParameterNames | HostObject::ProductApiKeyParameterNames => {
            named("ISubscriptionKeyParameterNames")
        }
        HostObject::SustainabilityInfo => named("ISustainabilityInfo"),
        HostObject::GraphQl => named("IGraphQL"),
        HostObject::PrivateEndpointConnection => named("IPrivateEndpointConnection"),
        HostObject::AzureVnetInfo => named("IAzureVnetInfo"),
        HostObject::Backend => named("IBackend"),
        HostObject::Deployment => named("IDeployment"),
        HostObject::Gateway => named("IGateway"),
        HostObject::LastError => named("ILastError"),
        HostObject::Operation => named("IOperation"),
        HostObject::Product => named("IProduct"),
        HostObject::Subscription => named("ISubscription"),
        HostObject::User => named("IUser"),
        HostObject::Workspace => named("IWorkspace"),
        HostObject::Group => named("IGroup"),
        HostObject::UserIdentity => named("IUserIdentity"),
    }
}

/// Whether a value is of a type, where that takes no look at other types. May say no of what fits all the same.
pub(crate) fn plainly_fits(heap: &Heap, value: &Value, ty: &Type) -> bool {
    match (value, ty) {
        (Value::Null, _) => false,
        (Value::Text(_), Type::String) | (_, Type::Object) => true,
        (Value::Ref(id), Type::Class(class, _)) => match heap.get(*id) {
            Some(Object::Json(node)) => *class == json_class(node),
            Some(Object::Native(native)) => native.class() == *ty,
            _ => false,
        },
        (Value::Ref(id), Type::Array(element)) => {
            matches!(heap.get(*id), Some(Object::Array { element: own, .. }) if own == element.as_ref())
        }
        (Value::Int32(_), Type::Scalar(Scalar::Int32)) | (Value::Bool(_), Type::Scalar(Scalar::Bool)) => true,
        _ => false,
    }
}

/// `value is T`.
pub(crate) fn is_instance(heap: &Heap, value: &Value, ty: &Type) -> bool {
    // What is asked for most, without building types.
    match (value, ty) {
        (Value::Null, _) => return false,
        (_, Type::Object) | (Value::Text(_), Type::String) => return true,
        (Value::Text(_), Type::Scalar(_)) => return false,
        _ => {}
    }
    let wanted = ty.without_nullable();
    let own = runtime_type(heap, value);
    own == *wanted || reference_converts(&own, wanted)
}

/// Whether an object of a type is an object of another: base types, interfaces, and their variance.
pub(crate) fn reference_converts(own: &Type, wanted: &Type) -> bool {
    if matches!(wanted, Type::Object) || own == wanted || derives(own, wanted) {
        return true;
    }
    match (own, wanted) {
        (Type::Array(own), Type::Array(wanted)) => covariant(own, wanted),
        (Type::Class(a, own), Type::Class(b, wanted))
            if a == b && own.len() == wanted.len() && is_function(*a) =>
        {
            function_converts(*a, own, wanted)
        }
        // A comparer of a base type compares derived ones as well.
        (_, Type::Class(id, args)) if *id == known().equality || *id == known().order => {
            all_bases(own, *id).iter().any(|base| match (base, args.first()) {
                (Type::Class(_, own), Some(wanted)) => own.first().is_some_and(|own| covariant(wanted, own)),
                _ => false,
            })
        }
        (_, Type::Class(id, args)) if is_covariant(*id) => {
            all_bases(own, *id).iter().any(|base| match base {
                Type::Class(_, own) => {
                    own.len() == args.len()
                        && own.iter().zip(args.iter()).all(|(own, wanted)| covariant(own, wanted))
                }
                _ => false,
            })
        }
        _ => false,
    }
}

fn is_function(id: crate::types::ClassId) -> bool {
    id == known().func || id == known().action
}

/// A function that takes more and gives less than is wanted: `Func<object, string>` is a `Func<string, object>` (18.2.3.2).
fn function_converts(id: crate::types::ClassId, own: &[Type], wanted: &[Type]) -> bool {
    let params = if id == known().func { own.len().saturating_sub(1) } else { own.len() };
    own.iter()
        .zip(wanted)
        .enumerate()
        .all(|(at, (own, wanted))| if at < params { covariant(wanted, own) } else { covariant(own, wanted) })
}

fn covariant(own: &Type, wanted: &Type) -> bool {
    own == wanted
        || (!own.is_value_type() && !matches!(own, Type::Nullable(_)) && reference_converts(own, wanted))
}

fn is_covariant(id: crate::types::ClassId) -> bool {
    let known = known();
    [known.enumerable, known.read_only_list, known.read_only_collection, known.ordered, known.grouping, known.enumerator].contains(&id)
        // Arrays are lists of their base types as well.
        || id == known.ilist
        || id == known.collection
}

fn all_bases(ty: &Type, id: crate::types::ClassId) -> Vec<Type> {
    if ty.is_class(id) {
        return vec![ty.clone()];
    }
    crate::registry::bases_of(ty).iter().flat_map(|base| all_bases(base, id)).collect()
}

/// `(T)value` of an `object`: unboxing is exact, references have to be of the type.
pub(crate) fn cast(heap: &Heap, value: Value, ty: &Type) -> Eval {
    if value.is_null() {
        // Unboxing null into a value type.
        return if ty.is_value_type() { Err(Exception::null_reference()) } else { Ok(value) };
    }
    if is_instance(heap, &value, ty) {
        return Ok(value);
    }
    if let (Value::Enum(member), Type::Scalar(Scalar::Int32)) = (&value, ty) {
        return Ok(Value::Int32(member.number));
    }
    // COMPAT: .NET names both types for references, and does not for unboxing.
    if ty.is_value_type() || matches!(ty, Type::Nullable(_)) {
        return Err(Exception::invalid_cast());
    }
    let message = format!(
        "Unable to cast object of type '{}' to type '{}'.",
        runtime_type(heap, &value).net_name(),
        ty.net_name()
    );
    Err(Exception::new("System.InvalidCastException", message))
}

impl Heap {
    /// The type of a value as C# writes it: `int`, `JObject`, `List<string>`.
    #[must_use]
    pub fn type_name(&self, value: &Value) -> String {
        runtime_type(self, value).to_string()
    }
}
