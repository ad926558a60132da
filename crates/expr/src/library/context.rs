//! The host interfaces: their properties come from the catalogue, their methods are here.

use crate::catalogue::HostRef;
use crate::eval::{Cx, Eval};
use crate::host::BodyKind;
use crate::json::JsonType;
use crate::object::{Dictionary, Object};
use crate::registry::known;
use crate::types::{Scalar, Type};
use crate::{Exception, Facts, Text, Value};

use crate::xml::Wanted;

use super::arguments::{arg, boolean, text};
use super::natives::named;
use super::{TypeSpec, member, touching};

/// The article "API Management policy expressions".
const SOURCE: &str = "azure/api-management/api-management-policy-expressions";

pub(super) const TYPES: &[TypeSpec] = &[
    TypeSpec {
        members: &[touching(Facts::TRACE, "void Trace(string message)", |cx, a| {
            let message = text(a, 1, "message")?.clone();
            cx.host.trace(message);
            Ok(Value::Null)
        })],
        ..TypeSpec::interface("IProxyContext", SOURCE)
    },
    TypeSpec::interface("IApi", SOURCE),
    TypeSpec { bases: &["IApi"], ..TypeSpec::interface("IContextApi", SOURCE) },
    TypeSpec::interface("ISubscriptionKeyParameterNames", SOURCE),
    TypeSpec::interface("IBackend", SOURCE),
    TypeSpec::interface("IDeployment", SOURCE),
    TypeSpec::interface("ISustainabilityInfo", SOURCE),
    TypeSpec::interface("IGraphQL", SOURCE),
    TypeSpec::interface("IPrivateEndpointConnection", SOURCE),
    TypeSpec::interface("IAzureVnetInfo", SOURCE),
    TypeSpec::interface("IGateway", SOURCE),
    TypeSpec::interface("ILastError", SOURCE),
    TypeSpec::interface("IOperation", SOURCE),
    TypeSpec::interface("IProduct", SOURCE),
    TypeSpec::interface("IGroup", SOURCE),
    TypeSpec::interface("IUserIdentity", SOURCE),
    TypeSpec::interface("IUser", SOURCE),
    TypeSpec::interface("ISubscription", SOURCE),
    TypeSpec::interface("IWorkspace", SOURCE),
    TypeSpec::interface("IRequest", SOURCE),
    TypeSpec::interface("IResponse", SOURCE),
    TypeSpec::interface("IUrl", SOURCE),
    TypeSpec::enumeration("ProductState", &[("NotPublished", 0), ("Published", 1)], SOURCE),
    TypeSpec::enumeration("BackendType", &[("Single", 0), ("Pool", 1)], SOURCE),
    TypeSpec::enumeration("CarbonIntensityCategory", CARBON_INTENSITY, SOURCE),
    TypeSpec {
        members: &[
            member("T As<T>(bool preserveContent = false)", body_as),
            member("IDictionary<string, IList<string>> AsFormUrlEncodedContent(bool preserveContent = false)", body_form),
        ],
        ..TypeSpec::interface("IMessageBody", SOURCE)
    },
    TypeSpec {
        members: &[
            member("static string ToQueryString(this IDictionary<string, IList<string>> dictionary)", |cx, a| {
                form_text(cx, a, "?")
            }),
            member(
                "static string ToFormUrlEncodedContent(this IDictionary<string, IList<string>> dictionary)",
                |cx, a| form_text(cx, a, ""),
            ),
        ],
        ..TypeSpec::statics("Cardea.FormExtensions", SOURCE)
    },
];

/// The categories of the article "Environmentally sustainable APIs in API Management", lowest first.
const CARBON_INTENSITY: &[(&str, i32)] =
    &[("NotAvailable", 0), ("VeryLow", 1), ("Low", 2), ("Medium", 3), ("High", 4), ("VeryHigh", 5)];

fn body_of(args: &[Value]) -> Result<HostRef, Exception> {
    match arg(args, 0) {
        Value::Host(body) => Ok(*body),
        _ => Err(Exception::null_reference()),
    }
}

fn body_as(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let body = body_of(args)?;
    let ty = cx.type_arg(0);
    let kind = kind_of(&ty).ok_or_else(Exception::invalid_cast)?;
    let value = cx.host.body(body, kind, boolean(args, 1), cx.heap)?;
    cx.heap.admit(&value);
    match kind {
        BodyKind::Json => json_as(cx, value, &ty),
        BodyKind::Xml => xml_as(cx, &value, &ty),
        _ => Ok(value),
    }
}

/// Which form of a body a type is.
pub(crate) fn kind_of(ty: &Type) -> Option<BodyKind> {
    let known = known();
    match ty {
        Type::String => Some(BodyKind::Text),
        Type::Array(element) if **element == Type::Scalar(Scalar::Byte) => Some(BodyKind::Bytes),
        Type::Class(id, _) if [known.jobject, known.jarray, known.jtoken].contains(id) => Some(BodyKind::Json),
        _ if [named("XDocument"), named("XElement"), named("XNode")].contains(ty) => Some(BodyKind::Xml),
        _ => None,
    }
}

/// The text of a body as XML. An `XNode` is the root of the document.
fn xml_as(cx: &mut Cx<'_>, value: &Value, ty: &Type) -> Eval {
    let Value::Text(text) = value else { return Ok(value.clone()) };
    cx.burn(text.len() as u64 / 16)?;
    cx.heap.charge(text.len())?;
    let wanted = if *ty == named("XDocument") { Wanted::Document } else { Wanted::Element };
    // A byte order mark is no part of the document when bytes are read.
    let plain = text.as_str().strip_prefix('\u{feff}');
    let text = plain.map_or_else(|| text.clone(), |plain| Text::copied(plain).tainted_if(text.is_tainted()));
    crate::xml::read(cx.heap, &text, wanted, false).map(Value::Ref)
}

fn json_as(cx: &mut Cx<'_>, value: Value, ty: &Type) -> Eval {
    let known = known();
    let found = cx.heap.json_type(&value);
    let (wanted, name, a_thing) = match ty {
        Type::Class(id, _) if *id == known.jobject => (JsonType::Object, "JObject", "an object"),
        Type::Class(id, _) if *id == known.jarray => (JsonType::Array, "JArray", "an array"),
        _ => return Ok(value),
    };
    match found {
        None => Ok(value),
        Some(found) if found == wanted => Ok(value),
        Some(found) => {
            let item = match found {
                JsonType::Object => "StartObject",
                JsonType::Array => "StartArray",
                JsonType::String => "String",
                JsonType::Boolean => "Boolean",
                JsonType::Null => "Null",
                JsonType::Date => "Date",
                JsonType::Float => "Float",
                _ => "Integer",
            };
            let message = format!(
                "Error reading {name} from JsonReader. Current JsonReader item is not {a_thing}: {item}. Path '', line 1, position 1."
            );
            Err(Exception::new("Newtonsoft.Json.JsonReaderException", message))
        }
    }
}

fn body_form(cx: &mut Cx<'_>, args: &[Value]) -> Eval {
    let body = body_of(args)?;
    let value = cx.host.body(body, BodyKind::Text, boolean(args, 1), cx.heap)?;
    cx.heap.admit(&value);
    let text = value.as_text().cloned().unwrap_or(Text::EMPTY);
    let list = Type::generic(known().ilist, [Type::String]);
    let mut dictionary = Dictionary::new(Type::String, list);
    for pair in text.as_str().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = |part: &str| Text::from(form_decoded(part)).tainted_if(text.is_tainted());
        let (name, value) = (decoded(name), Value::Text(decoded(value)));
        add_to_list(cx, &mut dictionary, name, value)?;
    }
    cx.heap.make(Object::Dictionary(Box::new(dictionary)))
}

/// The pairs of a form as text, each value with its name.
///
/// COMPAT: null when there are none; a blank is `%20` (policy toolkit, `UrlContentEncoder`).
fn form_text(cx: &mut Cx<'_>, args: &[Value], prefix: &str) -> Eval {
    let Some(Object::Dictionary(dictionary)) = cx.heap.object(arg(args, 0)) else { return Ok(Value::Null) };
    let mut text = String::from(prefix);
    let mut tainted = false;
    for (name, values) in dictionary.iter() {
        for value in super::arguments::items(cx.heap, values) {
            let (Value::Text(name), Value::Text(value)) = (name, value) else { continue };
            tainted |= name.is_tainted() || value.is_tainted();
            text.push_str(if text.len() > prefix.len() { "&" } else { "" });
            let encoded = |part: &Text| {
                percent_encoding::utf8_percent_encode(part.as_str(), UNRESERVED).to_string()
            };
            text.push_str(&format!("{}={}", encoded(name), encoded(value)));
        }
    }
    if text.len() == prefix.len() {
        return Ok(Value::Null);
    }
    cx.grow(text.len())?;
    Ok(Value::Text(Text::from(text).tainted_if(tainted)))
}

/// What stays as it is in a URL (RFC 3986, 2.3).
const UNRESERVED: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn add_to_list(cx: &mut Cx<'_>, to: &mut Dictionary, name: Text, value: Value) -> Result<(), Exception> {
    let key = cx.heap.key(&Value::Text(name.clone()), false);
    cx.heap.charge(48)?;
    if let Some(list) = to.get(&key).cloned() {
        if let Some(Object::List { items, .. }) = cx.heap.object_mut(&list) {
            items.push(value);
        }
        return Ok(());
    }
    let list = cx.heap.make(Object::List { element: Type::String, items: vec![value] })?;
    to.insert(key, Value::Text(name), list);
    Ok(())
}

/// `application/x-www-form-urlencoded`: plus is a blank, `%xx` is a byte of UTF-8.
fn form_decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}
