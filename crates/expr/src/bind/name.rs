//! Names: variables, types, namespaces, members.

use std::sync::Arc;

use csharp::ast::{Expr, ExprKind, SimpleName};
use source::{Span, did_you_mean};

use crate::catalogue::{HostMember, HostObject, HostRef};
use crate::code::{Index, Node, Site};
use crate::library::Call;
use crate::library::signature::MemberKind;
use crate::registry::{Action, known, registry};
use crate::types::Type;
use crate::value::EnumValue;
use crate::{Facts, Value};

use super::lookup::{Found, members};
use super::type_name::{is_namespace, predefined};
use super::{Binder, Bound, Origin};

/// What a name stands for.
#[derive(Debug)]
pub(super) enum Named {
    Value(Bound),
    Type(Type),
    Namespace(String),
    /// Methods of a name: of a value, or of a type.
    Methods(Methods),
    /// Nothing; reported.
    Wrong,
}

/// Methods of a name.
#[derive(Clone, Debug)]
pub(super) struct Methods {
    /// The value they are called on.
    pub(super) target: Option<Bound>,
    pub(super) owner: Type,
    pub(super) name: Arc<str>,
    pub(super) type_args: Vec<Type>,
    pub(super) span: Span,
    /// A function that the author wrote, by its number.
    pub(super) local: Option<u32>,
}

impl Binder<'_> {
    /// A name used as a value.
    pub(super) fn named_value(&mut self, expr: &Expr) -> Bound {
        let named = self.named(expr);
        self.value_of(named, expr)
    }

    /// What a name stands for, as a value.
    pub(super) fn value_of(&mut self, named: Named, expr: &Expr) -> Bound {
        match named {
            Named::Value(bound) => bound,
            Named::Wrong => self.wrong(expr.span),
            Named::Type(ty) => {
                self.error(
                    "csharp-type-as-value",
                    expr.span,
                    format!("`{ty}` is a type, but a value is wanted (CS0119)"),
                );
                self.wrong(expr.span)
            }
            Named::Namespace(name) => {
                self.error(
                    "csharp-type-as-value",
                    expr.span,
                    format!("`{name}` is a namespace, but a value is wanted (CS0118)"),
                );
                self.wrong(expr.span)
            }
            Named::Methods(methods) => {
                let message = format!("`{}` is a method, but a value is wanted (CS0428)", methods.name);
                self.error("csharp-method-as-value", expr.span, message);
                self.help("call it with `()`; a method can be passed where a `Func<…>` is wanted");
                self.wrong(expr.span)
            }
        }
    }

    /// What an expression that may be a name stands for.
    pub(super) fn named(&mut self, expr: &Expr) -> Named {
        match &expr.kind {
            ExprKind::Name(name) => self.simple_name(name),
            ExprKind::Predefined(keyword) => Named::Type(predefined(*keyword)),
            ExprKind::Alias { name, .. } => self.simple_name(name),
            ExprKind::Member { target, name } => {
                let bind = |binder: &mut Self| {
                    let target = binder.named(target);
                    binder.member(target, name, expr.span, false)
                };
                self.deeper(expr.span, bind, |_| Named::Wrong)
            }
            _ => {
                let bound = self.expr(expr);
                Named::Value(bound)
            }
        }
    }

    /// What is called: a property that cannot be called gives way to a method of the same name (`list.Count(x => …)`).
    pub(super) fn named_call(&mut self, expr: &Expr) -> Named {
        let ExprKind::Member { target, name } = &expr.kind else { return self.named(expr) };
        let bind = |binder: &mut Self| {
            let target = binder.named(target);
            binder.member(target, name, expr.span, true)
        };
        self.deeper(expr.span, bind, |_| Named::Wrong)
    }

    fn simple_name(&mut self, name: &SimpleName) -> Named {
        let text = name.text();
        let span = name.span;
        if let Some(function) = self.find_function(text) {
            let type_args = self.type_args(name);
            let name = super::text_of(&name.name);
            let local = Some(function);
            return Named::Methods(Methods {
                target: None,
                owner: Type::Object,
                name,
                type_args,
                span,
                local,
            });
        }
        if name.args.is_none() {
            if let Some(slot) = self.find_var(text) {
                return Named::Value(self.variable(slot, span));
            }
            if text == "context" {
                let node = self.constant_node(Value::Host(HostRef::of(HostObject::Context)));
                return Named::Value(self.bound(node, Type::class(known().context), span));
            }
        }
        let args = self.type_args(name);
        if let Some(ty) = self.find_type("", text, args, span) {
            return if ty == Type::Error { Named::Wrong } else { Named::Type(ty) };
        }
        if is_namespace(text) {
            return Named::Namespace(text.to_owned());
        }
        if self.usage_of_known_type("", text, span) {
            return Named::Wrong;
        }
        if self.is_declared_later(text) {
            let message = format!("the variable `{text}` cannot be used before it is declared (CS0841)");
            self.error("csharp-unknown-name", span, message);
            self.help("move the declaration up");
            return Named::Wrong;
        }
        self.error(
            "csharp-unknown-name",
            span,
            format!("the name `{text}` does not exist in the current context (CS0103)"),
        );
        let mut names: Vec<Arc<str>> = self.names_in_scope();
        names.push("context".into());
        names.extend(registry().type_names().map(Arc::from));
        if let Some(near) = did_you_mean(text, names.iter().map(AsRef::as_ref)) {
            self.help(format!("did you mean `{near}`?"));
        } else {
            self.help_with_type(text);
        }
        Named::Wrong
    }

    /// Reads a local variable.
    fn variable(&mut self, slot: crate::code::Slot, span: Span) -> Bound {
        let Some(var) = self.var(slot).cloned() else { return self.wrong(span) };
        if let Some(constant) = var.constant {
            return self.literal(constant, var.ty, span);
        }
        self.check_assigned(slot, span);
        if var.by_ref && self.is_outer(slot) {
            let message =
                format!("`{}` is passed by reference, so no other function can use it (CS1628)", var.name);
            self.error("csharp-reference", span, message);
            self.help("copy it into a variable of its own");
        }
        let node = self.read(slot);
        let mut bound = self.bound(node, var.ty, span);
        if bound.ty.is_class(known().response) {
            bound.origin = self.origin_of_stored();
        }
        bound
    }

    /// Whose a response is that was put aside: one kept in a variable, or, once the response in flight was spoken of,
    /// perhaps that one. INVARIANT: facts never say less than what a program reads.
    pub(super) fn origin_of_stored(&self) -> Origin {
        if self.facts.contains(Facts::RESPONSE_STATUS) { Origin::Unknown } else { Origin::Stored }
    }

    /// `target.name`.
    fn member(&mut self, target: Named, name: &SimpleName, span: Span, called: bool) -> Named {
        match target {
            Named::Wrong => Named::Wrong,
            Named::Namespace(path) => self.in_namespace(&path, name, span),
            Named::Type(ty) => self.static_member(&ty, name, span),
            Named::Value(value) => self.instance_member(value, name, span, called),
            Named::Methods(methods) => {
                let message = format!("`{}` is a method, which has no members (CS0119)", methods.name);
                self.error("csharp-method-as-value", methods.span, message);
                self.help("call it with `()`");
                Named::Wrong
            }
        }
    }

    fn in_namespace(&mut self, path: &str, name: &SimpleName, span: Span) -> Named {
        let full = format!("{path}.{}", name.text());
        let args = self.type_args(name);
        if let Some(ty) = self.find_type(path, name.text(), args, span) {
            return if ty == Type::Error { Named::Wrong } else { Named::Type(ty) };
        }
        if is_namespace(&full) {
            return Named::Namespace(full);
        }
        self.no_type(path, name.text(), span);
        Named::Wrong
    }

    fn static_member(&mut self, ty: &Type, name: &SimpleName, span: Span) -> Named {
        let text = name.text();
        if let Type::Class(class, _) = ty
            && let Some(number) = registry().class(*class).enum_number(text)
        {
            let value = Value::Enum(EnumValue { class: *class, number });
            return Named::Value(self.literal(value, ty.clone(), span));
        }
        let args = self.type_args(name);
        if let Some(nested) = self.nested_type(ty, text, &args) {
            return Named::Type(nested);
        }
        let found = members(ty, text);
        if found.iter().any(|each| each.member.signature.kind == MemberKind::Method)
            || super::lookup::extensions(text).iter().any(|each| each.owner == *ty)
        {
            return self.methods(None, ty.clone(), name, span);
        }
        if !found.is_empty() && found.iter().all(|each| !each.member.signature.is_static) {
            let message = format!("`{ty}.{text}` needs an object: it is not static (CS0120)");
            self.error("csharp-static-member", name.span, message);
            self.help(format!("read it of a value of type `{ty}`"));
            return Named::Wrong;
        }
        match found.into_iter().find(|each| each.member.signature.is_static) {
            Some(found) => Named::Value(self.read_property(None, &found, span)),
            None => {
                self.no_member(ty, text, name.span, true);
                Named::Wrong
            }
        }
    }

    fn instance_member(&mut self, value: Bound, name: &SimpleName, span: Span, called: bool) -> Named {
        if value.ty == Type::Error {
            return Named::Wrong;
        }
        if matches!(value.ty, Type::Null | Type::Void) {
            let message =
                format!("operator `.` cannot be applied to an operand of type `{}` (CS0023)", value.ty);
            self.error("csharp-operator", span, message);
            return Named::Wrong;
        }
        let text = name.text();
        if let Type::Tuple(shape) = &value.ty
            && let Some(at) = shape.position(text)
        {
            let shape = Arc::clone(shape);
            return Named::Value(self.item(value.node, &shape, at, span));
        }
        if let Type::Anonymous(shape) = &value.ty {
            let at = shape.members.iter().position(|(own, _)| own.as_ref() == text);
            if let Some((at, ty)) = at.and_then(|at| Some((at, shape.members.get(at)?.1.clone()))) {
                let node = self.emit(Node::Member(value.node, Index::try_from(at).unwrap_or(0)));
                return Named::Value(self.bound(node, ty, span));
            }
        }
        let found = members(&value.ty, text);
        let property = found.iter().find(|each| {
            each.member.signature.kind == MemberKind::Property
                && !matches!(each.member.call, Action::Library(Call::Setter(_)))
        });
        let methods = found.iter().any(|each| each.member.signature.kind == MemberKind::Method);
        let property = property.filter(|found| {
            let callable = super::overload::delegate(&found.member.signature.result).is_some();
            !called || callable || super::lookup::extensions(text).is_empty()
        });
        match property {
            Some(found) if found.member.signature.is_static => {
                let message =
                    format!("`{}.{text}` is static: access it with the name of its type (CS0176)", value.ty);
                self.error("csharp-static-member", name.span, message);
                Named::Wrong
            }
            Some(found) if !methods || found.level == 0 => {
                let found = found.clone();
                Named::Value(self.read_property(Some(value), &found, span))
            }
            _ if methods || !super::lookup::extensions(text).is_empty() => {
                let owner = value.ty.clone();
                self.methods(Some(value), owner, name, span)
            }
            _ => {
                self.no_member(&value.ty, text, name.span, false);
                Named::Wrong
            }
        }
    }

    fn methods(&mut self, target: Option<Bound>, owner: Type, name: &SimpleName, span: Span) -> Named {
        let type_args = self.type_args(name);
        let name = super::text_of(&name.name);
        Named::Methods(Methods { target, owner, name, type_args, span, local: None })
    }

    /// Reads a property, field or constant.
    pub(super) fn read_property(&mut self, target: Option<Bound>, found: &Found, span: Span) -> Bound {
        let class_args: Vec<Option<Type>> = found.class_args().into_iter().map(Some).collect();
        let ty = found.member.signature.result.substitute(&class_args);
        match found.member.call {
            Action::Library(Call::Constant(value)) => self.literal(value(), ty, span),
            Action::Library(Call::Function(function) | Call::Setter(function)) => {
                self.facts |= found.member.facts;
                let instance = target.as_ref().is_some_and(|target| !matches!(target.ty, Type::Nullable(_)));
                let types = found.class_args().into();
                let site = self.site(Site { function, instance, types, outs: Vec::new() });
                let args: Vec<_> = target.iter().map(|target| target.node).collect();
                let args = self.node_list(&args);
                let node = self.emit(Node::Call { site, args });
                self.bound(node, ty, span)
            }
            Action::Host(member) => self.host_property(target, member, found.member.facts, ty, span),
            Action::Local(_) => self.wrong(span),
        }
    }

    pub(super) fn host_property(
        &mut self,
        target: Option<Bound>,
        member: HostMember,
        facts: Facts,
        ty: Type,
        span: Span,
    ) -> Bound {
        let Some(target) = target else { return self.wrong(span) };
        let origin = match member {
            HostMember::ContextRequest => Origin::Request,
            HostMember::ContextResponse => Origin::Response,
            _ => target.origin,
        };
        // What a kept response is asked for says nothing about the response in flight.
        if origin != Origin::Stored {
            self.facts |= facts;
        }
        if let Some(always) = self.constant_host(&target).and_then(|of| always(of, member)) {
            let node = self.constant_node(Value::Host(HostRef::of(always)));
            return Bound { origin, ..self.bound(node, ty, span) };
        }
        let node = if target.ty.is_class(known().context) {
            Node::Context(member)
        } else {
            Node::Property(target.node, member)
        };
        let node = self.emit(node);
        let mut bound = self.bound(node, ty, span);
        bound.origin = origin;
        bound
    }
}

/// Objects that are always there: the host is not asked for them.
fn always(of: HostObject, member: HostMember) -> Option<HostObject> {
    Some(match (of, member) {
        (HostObject::Context, HostMember::ContextRequest) => HostObject::Request,
        (HostObject::Context, HostMember::ContextVariables) => HostObject::Variables,
        (HostObject::Request, HostMember::RequestHeaders) => HostObject::RequestHeaders,
        (HostObject::Request, HostMember::RequestMatchedParameters) => HostObject::MatchedParameters,
        (HostObject::Request, HostMember::RequestUrl) => HostObject::RequestUrl,
        (HostObject::Request, HostMember::RequestOriginalUrl) => HostObject::RequestOriginalUrl,
        (HostObject::RequestUrl, HostMember::UrlQuery) => HostObject::RequestQuery,
        (HostObject::RequestOriginalUrl, HostMember::UrlQuery) => HostObject::RequestOriginalQuery,
        _ => return None,
    })
}
