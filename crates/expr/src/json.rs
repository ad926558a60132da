//! JSON as Newtonsoft's Json.NET has it: `JObject`, `JArray`, `JValue`, `JProperty` as shared, mutable nodes.
//!
//! Nodes live in the [`Heap`](crate::Heap), know their parent, and are cloned when they are added to a second
//! container, as `JContainer` does. A member that is missing is C#'s `null`; a JSON `null` is a value of type `Null`.
//! Members of an object are kept as name and value; a `JProperty` is made when somebody asks for one.

mod compare;
mod convert;
mod date;
mod node;
mod read;
mod select;
mod write;

pub use node::JsonType;
pub use write::Formatting;

pub(crate) use compare::{compare_scalars, deep_equals, deep_key, equal_tokens, order};
pub(crate) use convert::{
    from_scalar, from_value, inner_value, is_token_class, to_scalar, type_name, uri_text, value_as,
};
pub(crate) use node::{JsonKind, JsonNode, Members};
pub(crate) use read::{Places, Want, append_name, read, read_placed, unquoted};
pub(crate) use select::{children, select};
pub(crate) use write::write;
