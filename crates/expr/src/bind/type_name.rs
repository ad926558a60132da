//! Types as written, and names of types and namespaces.

use source::{Span, did_you_mean};

use csharp::ast::{self, Predefined, TypeKind};

use crate::library::Kind;
use crate::registry::{known, registry};
use crate::types::{ClassId, Scalar, Type};

use super::Binder;

/// Types that exist in .NET, that authors reach for, and that APIM does not allow.
const REFUSED: &[&str] = &[
    "Activator",
    "AppDomain",
    "Assembly",
    "Console",
    "CultureInfo",
    "DateTimeStyles",
    "Environment",
    "File",
    "Directory",
    "GC",
    "HttpClient",
    "HttpWebRequest",
    "JsonDocument",
    "JsonSerializer",
    "JsonSerializerSettings",
    "MemoryStream",
    "NumberStyles",
    "Path",
    "Process",
    "Stopwatch",
    "Stream",
    "StreamReader",
    "StreamWriter",
    "Task",
    "Thread",
    "Type",
    "WebClient",
    "WebRequest",
];

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

/// Whether a dotted path is the beginning of a namespace.
pub(super) fn is_namespace(path: &str) -> bool {
    const NAMESPACES: &[&str] = &[
        "System",
        "System.Collections",
        "System.Collections.Generic",
        "System.Globalization",
        "System.IO",
        "System.Linq",
        "System.Net",
        "System.Net.Http",
        "System.Reflection",
        "System.Security",
        "System.Security.Cryptography",
        "System.Security.Cryptography.X509Certificates",
        "System.Text",
        "System.Text.RegularExpressions",
        "System.Text.Json",
        "System.Threading",
        "System.Threading.Tasks",
        "System.Xml",
        "System.Xml.Linq",
        "System.Diagnostics",
        "System.Runtime",
        "System.Web",
        "Newtonsoft",
        "Newtonsoft.Json",
        "Newtonsoft.Json.Linq",
    ];
    NAMESPACES.contains(&path)
}

impl Binder<'_> {
    /// The type that a syntax tree names; [`Type::Error`] with a problem reported when there is none.
    pub(super) fn ty(&mut self, ty: &ast::Type) -> Type {
        match &ty.kind {
            TypeKind::Error => Type::Error,
            TypeKind::Predefined(keyword) => predefined(*keyword),
            TypeKind::Nullable(inner) => {
                let inner = self.ty(inner);
                if !inner.is_value_type() && inner != Type::Error {
                    let message = format!(
                        "`{inner}` can be null already; only value types are written with `?` (CS0453)"
                    );
                    self.error("csharp-nullable-reference", ty.span, message);
                    self.help("leave the `?` out");
                }
                Type::nullable(inner)
            }
            TypeKind::Array { element, rank: 1 } => Type::array(self.ty(element)),
            TypeKind::Array { .. } => self.unsupported_type(ty.span, "an array of several dimensions"),
            TypeKind::Name(name) => self.named_type(name, ty.span),
            TypeKind::Tuple(_) => self.unsupported_type(ty.span, "a tuple"),
            TypeKind::Var => {
                self.error("csharp-var", ty.span, "`var` cannot be used here (CS0825)");
                Type::Error
            }
            TypeKind::Omitted => Type::Error,
        }
    }

    fn unsupported_type(&mut self, span: Span, what: &str) -> Type {
        self.unsupported(span, what);
        Type::Error
    }

    fn named_type(&mut self, name: &ast::QualifiedName, span: Span) -> Type {
        let Some((last, path)) = name.parts.split_last() else { return Type::Error };
        let namespace: Vec<&str> = path.iter().map(ast::SimpleName::text).collect();
        let args = self.type_args(last);
        let namespace = namespace.join(".");
        match self.find_type(&namespace, last.text(), args, span) {
            Some(ty) => ty,
            None => self.no_type(&namespace, last.text(), span),
        }
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
        if namespace.is_empty() && name == "dynamic" {
            self.error("csharp-dynamic", span, "Dynamic member invocation is not supported");
            self.help("name the type instead of `dynamic`");
            return Some(Type::Error);
        }
        let id = registry().find(name)?;
        let class = registry().class(id);
        if !namespace.is_empty() && class.namespace() != namespace {
            return None;
        }
        if class.namespace() == "Cardea" || class.name().ends_with('0') {
            return None;
        }
        if matches!(class.kind(), Kind::Unbuilt) {
            self.unsupported(span, &format!("the type `{}`", class.full_name()));
            return Some(Type::Error);
        }
        let expected = class.type_params.len();
        let delegate = id == known().func || id == known().action;
        let fits = if delegate { args.len() <= 5 } else { args.len() == expected };
        if !fits {
            let message =
                format!("using the generic type `{name}` requires {expected} type arguments (CS0305)");
            self.error("csharp-type-arguments", span, message);
            return Some(Type::Error);
        }
        Some(normal(id, args))
    }

    /// Reports that there is no such type.
    pub(super) fn no_type(&mut self, namespace: &str, name: &str, span: Span) -> Type {
        let full = if namespace.is_empty() { name.to_owned() } else { format!("{namespace}.{name}") };
        if (!namespace.is_empty() && is_namespace(namespace)) || REFUSED.contains(&name) {
            self.usage_of_type(&full, span);
            return Type::Error;
        }
        let message = format!("the type or namespace name `{full}` could not be found (CS0246)");
        self.error("csharp-unknown-type", span, message);
        if let Some(near) = did_you_mean(name, registry().type_names()) {
            self.help(format!("did you mean `{near}`?"));
        }
        Type::Error
    }

    /// COMPAT: the text of APIM (observed in public issues).
    pub(super) fn usage_of_type(&mut self, full: &str, span: Span) {
        let message = format!("Usage of type '{full}' is not supported within expressions");
        self.error("csharp-type-not-allowed", span, message);
    }

    pub(super) fn is_refused_type(name: &str) -> bool {
        REFUSED.contains(&name)
    }
}
