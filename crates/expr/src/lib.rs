//! Policy expressions: C# typed when a document is loaded, run fast and within bounds when a request comes.
//!
//! [`compile`] turns text into a [`Program`] or into problems; [`Program::eval`] runs it against a [`Host`] (the
//! request in flight), a [`Heap`] (the objects of the request) and [`Limits`].

mod bind;
mod catalogue;
mod code;
mod compile;
#[doc(hidden)]
pub mod dump;
mod eval;
mod exception;
mod facts;
#[doc(hidden)]
pub mod fuzz;
mod heap;
mod host;
mod json;
mod kept;
mod library;
mod limits;
mod number;
mod object;
mod pattern;
mod portable;
mod program;
mod registry;
mod text;
mod tighten;
mod time;
mod types;
mod value;
mod xml;

pub use catalogue::{HOST_TYPES, HostMember, HostObject, HostRef, HostRow, HostType};
pub use compile::{CompileEnv, Compiled, Expected, Form, compile};
pub use csharp::{Problem, code_spans};
pub use exception::Exception;
pub use facts::Facts;
pub use heap::Heap;
pub use host::{BodyKind, Host, Revocation, VarName};
pub use json::{Formatting, JsonType};
pub use library::jwt::{Jwt, claims_elsewhere};
pub use library::x509::Certificate;
pub use library::{ReferenceEntry, reference};
pub use limits::Limits;
pub use portable::Portable;
pub use program::Program;
pub use text::Text;
pub use types::{ClassId, Scalar, Shape, TupleShape, Type};
pub use value::{DateTime, DateTimeKind, DateTimeOffset, EnumValue, HeapId, Value};
