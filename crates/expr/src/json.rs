//! JSON as Newtonsoft's Json.NET has it: `JObject`, `JArray`, `JValue`, `JProperty` as shared, mutable nodes.
//!
//! Nodes live in the [`Heap`](crate::Heap), know their parent, and are cloned when they are added to a second
//! container, as `JContainer` does. A member that is missing is C#'s `null`; a JSON `null` is a value of type `Null`.
//! Members of an object are kept as name and value; a `JProperty` is made when somebody asks for one.

mod node;
mod read;

pub use node::JsonType;
pub(crate) use node::{JsonKind, JsonNode, Members, Property};
