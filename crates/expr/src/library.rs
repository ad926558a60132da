//! The .NET library that policies may use: one file per type (or small family), each a table of C# declarations with
//! the function that does it.
//!
//! ```text
//! pub(super) const TYPES: &[TypeSpec] = &[TypeSpec {
//!     members: &[
//!         member("int Length", length),
//!         member("static bool IsNullOrEmpty(string value)", is_null_or_empty),
//!     ],
//!     ..TypeSpec::class("System.String", "api/system.string")
//! }];
//!
//! fn length(_: &mut Cx<'_>, args: &[Value]) -> Eval { ... }
//! ```
//!
//! **To add a type**: a file with `TYPES`, and its name in the list below. To add a member: a row. The binder finds members
//! by type and name and chooses between overloads as C# does, so a function gets arguments of exactly the declared types: the
//! object first for instance and extension methods, `params` as an array, parameters that were left out as their
//! defaults, `null` for each `out` parameter (its value goes into [`Cx::outs`], in order). It is never called with a null
//! object unless it is an extension method. Type arguments are in [`Cx::types`].
//!
//! What declarations can say besides: types of one name with different numbers of type parameters (`System.Tuple`,
//! `System.Tuple<A, B>`) are types of their own; a nested type is written with a plus sign
//! (`System.TimeZoneInfo+AdjustmentRule`, `System.Collections.Generic.List<T>+Enumerator`) and mentioned with a dot
//! (`AdjustmentRule`, `List<T>.Enumerator`); a delegate type is [`TypeSpec::delegate`] and an enum of bits
//! [`TypeSpec::flags`]; `ref T x` gets the variable's value and puts the new one into [`Cx::outs`], in order with `out`
//! ones; conversions are `static implicit operator T(U value)`; defaults are `null`, `true`, a number.
//!
//! Rules for functions: exceptions are .NET's by class and text; text that grows is announced with [`Cx::grow`], work that
//! depends on the size of data with [`Cx::burn`]; the evaluator taints results of tainted text and bytes by itself, so a
//! function only cares for taint when it looks into a container. Types that APIM does not list are not added; what it
//! lists and we have not built is named in `unbuilt`, so that the author reads "not yet supported".

mod annotations;
pub(crate) mod arguments;
pub(crate) mod format;
mod json_content;
mod json_deserialize;
mod json_serialize;
mod json_xml;
pub(crate) mod natives;
pub(crate) mod numeral;
pub(crate) mod sequence;
pub(crate) mod signature;
pub(crate) mod unicode;
mod xml_content;

use crate::Facts;
use crate::Value;
use crate::eval::{Cx, Eval};

/// A function of the library.
pub(crate) type NativeFn = fn(&mut Cx<'_>, &[Value]) -> Eval;

/// A type of the library.
#[derive(Debug)]
pub(crate) struct TypeSpec {
    /// Full name with type parameters: `System.Collections.Generic.List<T>`.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// The members of the enum are bits that can be combined: `[Flags]`.
    pub(crate) flags: bool,
    /// Base types and interfaces, as C# writes them.
    pub(crate) bases: &'static [&'static str],
    pub(crate) members: &'static [Row],
    /// More members, of a type whose table is spread over several files.
    pub(crate) more: &'static [&'static [Row]],
    /// Members that APIM allows and that are not built.
    pub(crate) unbuilt: &'static [&'static str],
    /// Its page below <https://learn.microsoft.com/dotnet/>, or another source.
    pub(crate) source: &'static str,
}

/// What kind of type.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Class,
    Struct,
    Interface,
    /// Its members and their numbers.
    Enum(&'static [(&'static str, i32)]),
    /// Only static members.
    Static,
    /// A delegate type, with what calling it takes and gives: `int Invoke(T x, T y)`.
    Delegate(&'static str),
}

/// A member.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) declaration: &'static str,
    pub(crate) call: Call,
    pub(crate) facts: Facts,
}

/// What a member does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Call {
    Function(NativeFn),
    /// A constant of the type.
    Constant(fn() -> Value),
    /// `context.Variables[name]`, `As<T>` and others that the binder treats by itself when it can.
    Setter(NativeFn),
}

impl TypeSpec {
    /// All its members.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &'static Row> + use<> {
        self.members.iter().chain(self.more.iter().flat_map(|rows| rows.iter()))
    }

    const fn new(name: &'static str, kind: Kind, source: &'static str) -> Self {
        Self { name, kind, flags: false, bases: &[], members: &[], more: &[], unbuilt: &[], source }
    }

    pub(crate) const fn class(name: &'static str, source: &'static str) -> Self {
        Self::new(name, Kind::Class, source)
    }

    pub(crate) const fn structure(name: &'static str, source: &'static str) -> Self {
        Self::new(name, Kind::Struct, source)
    }

    pub(crate) const fn interface(name: &'static str, source: &'static str) -> Self {
        Self::new(name, Kind::Interface, source)
    }

    pub(crate) const fn statics(name: &'static str, source: &'static str) -> Self {
        Self::new(name, Kind::Static, source)
    }

    pub(crate) const fn enumeration(
        name: &'static str,
        members: &'static [(&'static str, i32)],
        source: &'static str,
    ) -> Self {
        Self::new(name, Kind::Enum(members), source)
    }

    /// An enum whose members are bits that can be combined.
    pub(crate) const fn flags(
        name: &'static str,
        members: &'static [(&'static str, i32)],
        source: &'static str,
    ) -> Self {
        Self { flags: true, ..Self::new(name, Kind::Enum(members), source) }
    }

    pub(crate) const fn delegate(name: &'static str, invoke: &'static str, source: &'static str) -> Self {
        Self::new(name, Kind::Delegate(invoke), source)
    }
}

/// A member that a function does.
pub(crate) const fn member(declaration: &'static str, function: NativeFn) -> Row {
    Row { declaration, call: Call::Function(function), facts: Facts::NONE }
}

/// A member that touches something: the time, randomness.
pub(crate) const fn touching(facts: Facts, declaration: &'static str, function: NativeFn) -> Row {
    Row { declaration, call: Call::Function(function), facts }
}

/// A constant.
pub(crate) const fn constant(declaration: &'static str, value: fn() -> Value) -> Row {
    Row { declaration, call: Call::Constant(value), facts: Facts::NONE }
}

/// Assignment to a property or indexer: the object, the arguments of the indexer, the value.
pub(crate) const fn setter(declaration: &'static str, function: NativeFn) -> Row {
    Row { declaration, call: Call::Setter(function), facts: Facts::NONE }
}

macro_rules! library {
    ($($module:ident),* $(,)?) => {
        $(pub(crate) mod $module;)*

        /// The types of all files.
        pub(crate) const LIBRARY: &[&[TypeSpec]] = &[$($module::TYPES),*];
    };
}

library! {
    array, bit_converter, boolean, character, collections, context, convert, credentials, dates, decimal, dictionary, double,
    encoding, enumerable, enumeration, exception, guid, hashing, integers, jwt,
    address, io, list, math, object, queues, random, reflection, regex, sets, string, string_builder, symmetric, tuple,
    value_tuple, views, web, zones,
    json_containers, json_convert, json_extensions, json_objects, json_tokens, json_values,
    xml_containers, xml_elements, xml_extensions, xml_names, xml_nodes, xml_reader, xml_document,
    oid, random_bytes, rsa, x509,
}

/// Conversion operators of types that have one for each scalar type.
pub(crate) fn operators(class: &str) -> &'static [Row] {
    match class {
        "JToken" => json_tokens::OPERATORS,
        "XElement" => xml_elements::ELEMENT_OPERATORS,
        "XAttribute" => xml_elements::ATTRIBUTE_OPERATORS,
        _ => &[],
    }
}

/// One type of the library as documentation shows it.
#[derive(Clone, Debug)]
pub struct ReferenceEntry {
    /// Full name.
    pub name: &'static str,
    /// Base types and interfaces, as C# writes them.
    pub bases: &'static [&'static str],
    /// Declarations of its members, in C#.
    pub members: Vec<&'static str>,
    /// Declarations of the properties and indexers that can be set.
    pub setters: Vec<&'static str>,
    /// Members that APIM allows and that are not built.
    pub unbuilt: &'static [&'static str],
    /// Where its behaviour is documented: a page below <https://learn.microsoft.com/dotnet/>, or of Json.NET.
    pub source: &'static str,
}

/// All types that expressions may name, for the pages under `docs/`.
#[must_use]
pub fn reference() -> Vec<ReferenceEntry> {
    let entry = |spec: &TypeSpec| ReferenceEntry {
        name: spec.name,
        members: match spec.kind {
            Kind::Enum(members) => members.iter().map(|(name, _)| *name).collect(),
            _ => spec.rows().filter(|row| !is_setter(row)).map(|row| row.declaration).collect(),
        },
        setters: spec.rows().filter(|row| is_setter(row)).map(|row| row.declaration).collect(),
        bases: spec.bases,
        unbuilt: spec.unbuilt,
        source: spec.source,
    };
    LIBRARY.iter().flat_map(|types| types.iter()).map(entry).collect()
}

fn is_setter(row: &Row) -> bool {
    matches!(row.call, Call::Setter(_))
}

#[cfg(test)]
mod tests;
