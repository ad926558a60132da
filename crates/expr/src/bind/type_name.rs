//! Types as written, and names of types and namespaces.

use std::sync::Arc;

use source::{Span, did_you_mean};

use csharp::ast::{self, Predefined, TypeKind};

use crate::registry::{Entry, known, registry};
use crate::types::{ClassId, Scalar, TupleShape, Type};

use super::Binder;

/// The type of a keyword.
pub(super) fn predefined(keyword: Predefined) -> Type {
    Type::Scalar(match keyword {
        Predefined::Bool => Scalar::Bool,
        Predefined::Byte => Scalar::Byte,
        Predefined::SByte => Scalar::SByte,
        Predefined::Short => Scalar::Int16,
        Predefined::UShort => Scalar::UInt16,
        Predefined::Int => Scalar::Int32,
        Predefined::UInt => Scalar::UInt32,
        Predefined::Long => Scalar::Int64,
        Predefined::ULong => Scalar::UInt64,
        Predefined::Char => Scalar::Char,
        Predefined::Float => Scalar::Single,
        Predefined::Double => Scalar::Double,
        Predefined::Decimal => Scalar::Decimal,
        Predefined::String => return Type::String,
        Predefined::Object => return Type::Object,
        Predefined::Void => return Type::Void,
    })
}

/// A registered type as the binder writes it: `System.Int32` is `int`.
pub(super) fn normal(id: ClassId, args: Vec<Type>) -> Type {
    let known = known();
    if id == known.string {
        return Type::String;
    }
    if id == known.object {
        return Type::Object;
    }
    if id == known.nullable {
        return args.into_iter().next().map_or(Type::Error, Type::nullable);
    }
    let class = registry().class(id);
    if class.namespace() == "System"
        && let Some(scalar) = Scalar::ALL.into_iter().find(|scalar| scalar.class() == class.name())
    {
        return Type::Scalar(scalar);
    }
    Type::generic(id, args)
}

/// Whether types of a namespace are written without it.
///
/// COMPAT: the namespaces whose short names the survey saw in use, and `System.Net` (`expressions.md` 6).
pub(super) fn is_imported(namespace: &str) -> bool {
    const IMPORTED: &[&str] = &[
        "",
        "System",
        "System.Collections.Generic",
        "System.IO",
        "System.Linq",
        "System.Net",
        "System.Security.Cryptography",
        "System.Security.Cryptography.X509Certificates",
        "System.Text",
        "System.Text.RegularExpressions",
        "System.Xml",
        "System.Xml.Linq",
        "Newtonsoft.Json",
        "Newtonsoft.Json.Linq",
    ];
    IMPORTED.contains(&namespace)
}

/// Whether a dotted path is a namespace or the beginning of one.
pub(super) fn is_namespace(path: &str) -> bool {
    path == "Newtonsoft" || super::refused::is_namespace(path)
}

impl Binder<'_> {
    /// The type that a syntax tree names; [`Type::Error`] with a problem reported when there is none.
    pub(super) fn ty(&mut self, ty: &ast::Type) -> Type {
        match &ty.kind {
            TypeKind::Error => Type::Error,
            TypeKind::Predefined(keyword) => predefined(*keyword),
            TypeKind::Nullable(inner) => {
                let inner = self.ty(inner);
                if !inner.is_value_type() && !matches!(inner, Type::Error | Type::Param(_)) {
                    let message = format!(
                        "`{inner}` can be null already; only value types are written with `?` (CS0453)"
                    );
                    self.error("csharp-nullable-reference", ty.span, message);
                    self.help("leave the `?` out");
                }
                Type::nullable(inner)
            }
            TypeKind::Array { element, rank: 1 } => Type::array(self.ty(element)),
            TypeKind::Array { element, rank } => match self.ty(element) {
                Type::Error => Type::Error,
                element => Type::MultiArray(Arc::new(element), *rank),
            },
            TypeKind::Name(name) => self.named_type(name, ty.span),
            TypeKind::Tuple(items) => self.tuple_type(items),
            TypeKind::Var => {
                self.error("csharp-var", ty.span, "`var` cannot be used here (CS0825)");
                Type::Error
            }
            TypeKind::Omitted => {
                self.error(
                    "csharp-refused",
                    ty.span,
                    "a generic type needs its type arguments in expressions (CS7003)",
                );
                Type::Error
            }
        }
    }

    /// A dotted name: namespaces, then a type, then types that stand in it.
    fn named_type(&mut self, name: &ast::QualifiedName, span: Span) -> Type {
        let mut found: Option<Type> = None;
        let mut namespace = String::new();
        for part in &name.parts {
            let args = self.type_args(part);
            let next = match &found {
                Some(outer) => self.nested_type(outer, part.text(), &args),
                None => self.find_type(&namespace, part.text(), args, span),
            };
            match next {
                Some(Type::Error) => return Type::Error,
                Some(ty) => found = Some(ty),
                None if found.is_some() => {
                    let outer = found.unwrap_or(Type::Error);
                    let name = part.text();
                    let message =
                        format!("the type name `{name}` does not exist in the type `{outer}` (CS0426)");
                    self.error("csharp-unknown-type", span, message);
                    return Type::Error;
                }
                None => {
                    if !namespace.is_empty() {
                        namespace.push('.');
                    }
                    namespace.push_str(part.text());
                    continue;
                }
            }
        }
        let last = name.parts.last().map_or("", ast::SimpleName::text);
        match found {
            Some(ty) => ty,
            None => {
                let path = namespace.rsplit_once('.').map_or("", |(path, _)| path);
                self.no_type(path, last, span)
            }
        }
    }

    /// A type that stands in another one: `TimeZoneInfo.AdjustmentRule`.
    pub(super) fn nested_type(&mut self, outer: &Type, name: &str, args: &[Type]) -> Option<Type> {
        let Type::Class(id, outer_args) = outer else { return None };
        let nested = registry().nested(*id, name, args.len())?;
        let all: Vec<Type> = outer_args.iter().chain(args).cloned().collect();
        Some(Type::generic(nested, all))
    }

    pub(super) fn type_args(&mut self, name: &ast::SimpleName) -> Vec<Type> {
        let args = name.args.as_deref().unwrap_or_default();
        args.iter().map(|arg| self.ty(arg)).collect()
    }

    /// A type by namespace (empty for the short name) and name; none when there is no such type.
    pub(super) fn find_type(
        &mut self,
        namespace: &str,
        name: &str,
        args: Vec<Type>,
        span: Span,
    ) -> Option<Type> {
        if namespace.is_empty()
            && args.is_empty()
            && let Some((_, ty)) = self.type_names.iter().rev().find(|(own, _)| **own == *name)
        {
            return Some(ty.clone());
        }
        if name == "ValueTuple" && matches!(namespace, "" | "System") && args.len() > 1 {
            return Some(Type::Tuple(Arc::new(TupleShape::unnamed(args))));
        }
        if namespace.is_empty() && name == "dynamic" {
            self.error("csharp-dynamic", span, "Dynamic member invocation is not supported");
            self.help("name the type instead of `dynamic`");
            return Some(Type::Error);
        }
        let open = |entry: &&Entry| {
            let own = registry().class(entry.id);
            let reached = if namespace.is_empty() {
                is_imported(own.namespace())
            } else {
                own.namespace() == namespace
            };
            entry.outer.is_none() && reached
        };
        let entries: Vec<&Entry> = registry().named(name).iter().filter(open).collect();
        let fitting: Vec<&&Entry> = entries.iter().filter(|entry| entry.takes(args.len())).collect();
        let known = known();
        match fitting.as_slice() {
            [] => self.wrong_arity(&entries, name, args.len(), span),
            [entry] if args.is_empty() && entry.id == known.func => self.wrong_arity(&entries, name, 0, span),
            [entry] => Some(normal(entry.id, args)),
            [first, second, ..] => {
                let full = |entry: &Entry| registry().class(entry.id).full_name();
                let message = format!(
                    "`{name}` is an ambiguous reference between `{}` and `{}` (CS0104)",
                    full(first),
                    full(second)
                );
                self.error("csharp-ambiguous", span, message);
                self.help("write it with its namespace");
                Some(Type::Error)
            }
        }
    }

    /// The name has types, but none with that many type arguments.
    fn wrong_arity(&mut self, entries: &[&Entry], name: &str, count: usize, span: Span) -> Option<Type> {
        let entry = entries.first()?;
        let message = match entry.arity {
            0 => format!("the non-generic type `{name}` cannot be used with {count} type arguments (CS0308)"),
            wanted => format!("using the generic type `{name}` requires {wanted} type arguments (CS0305)"),
        };
        self.error("csharp-type-arguments", span, message);
        if entry.arity > 0 && count == 0 {
            self.help(format!("write `{name}<…>` with the types that it is of"));
        }
        Some(Type::Error)
    }

    /// Reports that there is no such type.
    pub(super) fn no_type(&mut self, namespace: &str, name: &str, span: Span) -> Type {
        if self.usage_of_known_type(namespace, name, span) {
            return Type::Error;
        }
        if !namespace.is_empty() && is_namespace(namespace) {
            let message = format!("there is no type `{name}` in the namespace `{namespace}` (CS0234)");
            self.error("csharp-unknown-type", span, message);
        } else {
            let full = if namespace.is_empty() { name.to_owned() } else { format!("{namespace}.{name}") };
            let message = format!("the type or namespace name `{full}` could not be found (CS0246)");
            self.error("csharp-unknown-type", span, message);
        }
        self.help_with_type(name);
        Type::Error
    }

    /// Refuses a type that .NET has and API Management does not allow; false when there is no such type.
    pub(super) fn usage_of_known_type(&mut self, namespace: &str, name: &str, span: Span) -> bool {
        let Some(namespace) = super::refused::namespace_of(namespace, name) else { return false };
        self.usage_of_type(&format!("{namespace}.{name}"), span);
        true
    }

    /// What may have been meant by a name that is none.
    pub(super) fn help_with_type(&mut self, name: &str) {
        if let Some(near) = did_you_mean(name, registry().type_names()) {
            self.help(format!("did you mean `{near}`?"));
        } else if let Some(namespace) = super::refused::elsewhere(name) {
            self.help(format!("API Management does not allow `{namespace}.{name}` in expressions"));
        }
    }

    /// COMPAT: the text of APIM (observed in public issues).
    pub(super) fn usage_of_type(&mut self, full: &str, span: Span) {
        let message = format!("Usage of type '{full}' is not supported within expressions");
        self.error("csharp-type-not-allowed", span, message);
    }
}
