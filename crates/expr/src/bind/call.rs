//! Calls, indexers and the arguments of both.

use std::sync::Arc;

use csharp::ast::{ArgMode, Args, Expr, ExprKind, TypeKind};
use source::Span;

use crate::catalogue::HostObject;
use crate::code::{Node, NodeId, Site, Slot as VarSlot};
use crate::eval::default_value;
use crate::library::Call;
use crate::library::signature::{DefaultValue, MemberKind, Mode, Param};
use crate::registry::{Action, known};
use crate::types::Type;
use crate::{Facts, Text, Value};

use super::lookup::{Found, extensions, members};
use super::name::{Methods, Named};
use super::overload::{Argument, ArgumentValue, Candidate, Misfit, ParamNodes, Slot, delegate, is_lambda};
use super::{Binder, Bound, Origin};

/// The method that a call means.
pub(super) enum Chosen<'t> {
    Method(Candidate),
    /// An extension method, with the object as its first argument.
    Extension(Candidate, Vec<Argument<'t>>),
}

/// Why a call means no method.
pub(super) enum Failure {
    /// Static members need a type, others an object.
    WrongKind,
    NoMember,
    /// There is an extension method, for values of this type.
    Receiver(Type),
    Misfit(Misfit),
}

impl Binder<'_> {
    /// `target(args)`.
    pub(super) fn call(&mut self, target: &Expr, args: &Args, span: Span) -> Bound {
        let named = match self.invoked(target) {
            Some(named) => named,
            None => self.named_call(target),
        };
        match named {
            Named::Methods(methods) => self.call_methods(methods, args, span),
            Named::Value(value) if delegate(&value.ty).is_none() => {
                self.not_callable(&value, target);
                self.arguments(args);
                self.wrong(span)
            }
            Named::Value(value) => self.call_value(value, args, span),
            Named::Type(ty) => {
                self.error(
                    "csharp-type-as-value",
                    target.span,
                    format!("`{ty}` is a type, which cannot be called (CS1955)"),
                );
                self.help(format!("write `new {ty}(…)`"));
                self.wrong(span)
            }
            Named::Namespace(name) => {
                self.error(
                    "csharp-type-as-value",
                    target.span,
                    format!("`{name}` is a namespace, which cannot be called (CS0118)"),
                );
                self.wrong(span)
            }
            Named::Wrong => {
                // The arguments may hold problems of their own.
                self.arguments(args);
                self.wrong(span)
            }
        }
    }

    fn not_callable(&mut self, value: &Bound, target: &Expr) {
        if value.ty == Type::Error {
            return;
        }
        let code = if matches!(target.kind, ExprKind::Member { .. }) { "CS1955" } else { "CS0149" };
        let message = format!("a value of type `{}` cannot be called ({code})", value.ty);
        self.error("csharp-not-callable", value.span, message);
        if crate::registry::as_class(&value.ty, known().read_only_dictionary).is_some() {
            self.help("use brackets: `dictionary[\"key\"]`");
        }
    }

    /// An argument of a delegate.
    fn passed(&mut self, index: usize, value: &Expr, ty: &Type) -> Bound {
        if is_lambda(value) || super::group::may_be_method(value) && delegate(ty).is_some() {
            return self.typed_value(value, ty);
        }
        if matches!(value.kind, ExprKind::DefaultLiteral | ExprKind::Tuple(_)) {
            return self.typed_value(value, ty);
        }
        let bound = self.expr(value);
        let bound = self.something(bound);
        if super::conversion::implicit(&bound.ty, bound.constant.as_ref(), ty).is_none() {
            let message =
                format!("argument {}: cannot convert from `{}` to `{ty}` (CS1503)", index + 1, bound.ty);
            self.error("csharp-argument-type", value.span, message);
            return self.wrong(value.span);
        }
        self.convert(bound, ty)
    }

    /// `f.Invoke(…)` of a delegate: calls the delegate.
    fn invoked(&mut self, target: &Expr) -> Option<Named> {
        let ExprKind::Member { target, name } = &target.kind else { return None };
        if name.text() != "Invoke" || name.args.is_some() {
            return None;
        }
        let value = self.expr(target);
        if value.ty != Type::Error && delegate(&value.ty).is_none() {
            let ty = value.ty.clone();
            self.no_member(&ty, "Invoke", name.span, false);
            return Some(Named::Wrong);
        }
        Some(Named::Value(value))
    }

    fn call_value(&mut self, value: Bound, args: &Args, span: Span) -> Bound {
        let Some((params, result)) = delegate(&value.ty) else { return self.wrong(span) };
        if args.list.len() != params.len() {
            let code = if args.list.len() < params.len() { "CS7036" } else { "CS1593" };
            let message = format!(
                "the function takes {} arguments, {} are given ({code})",
                params.len(),
                args.list.len()
            );
            self.error("csharp-arguments", span, message);
            return self.wrong(span);
        }
        let mut nodes = Vec::new();
        for (arg, ty) in args.list.iter().zip(&params) {
            let bound = self.passed(nodes.len(), &arg.value, ty);
            nodes.push(bound.node);
        }
        let list = self.node_list(&nodes);
        let node = self.emit(Node::Invoke { target: value.node, args: list });
        self.bound(node, result, span)
    }

    /// Arguments in the order in which they are written.
    pub(super) fn arguments<'t>(&mut self, args: &'t Args) -> Vec<Argument<'t>> {
        let mut list = Vec::with_capacity(args.list.len());
        for arg in &args.list {
            let value = match arg.mode {
                ArgMode::Out => ArgumentValue::Out(&arg.value, self.out_type(&arg.value)),
                ArgMode::Ref => ArgumentValue::Ref(&arg.value, self.reference_type(&arg.value)),
                ArgMode::In | ArgMode::Value if is_lambda(&arg.value) => ArgumentValue::Lambda(&arg.value),
                ArgMode::In | ArgMode::Value if matches!(arg.value.kind, ExprKind::DefaultLiteral) => {
                    ArgumentValue::Default
                }
                ArgMode::In | ArgMode::Value if super::group::may_be_method(&arg.value) => {
                    self.group_or_value(&arg.value)
                }
                ArgMode::In | ArgMode::Value => {
                    let bound = self.expr(&arg.value);
                    ArgumentValue::Value(self.something(bound))
                }
            };
            let name = arg.name.as_ref().map(super::text_of);
            list.push(Argument { name, value, span: arg.value.span });
        }
        list
    }

    /// The type of the variable behind `out`; none for `out var x`.
    fn out_type(&mut self, value: &Expr) -> Option<Type> {
        match &value.kind {
            ExprKind::Declare { ty, .. } if ty.kind == TypeKind::Var => None,
            ExprKind::Declare { ty, .. } => Some(self.ty(ty)),
            ExprKind::Name(name) if name.text() == "_" && self.find_var("_").is_none() => None,
            _ => Some(self.reference_type(value)),
        }
    }

    fn call_methods(&mut self, methods: Methods, args: &Args, span: Span) -> Bound {
        let arguments = self.arguments(args);
        if has_error(&arguments) || methods.type_args.contains(&Type::Error) {
            return self.call_despite_errors(&methods, &arguments, span);
        }
        match self.resolve(&methods, &arguments) {
            Ok(Chosen::Method(candidate)) => self.emit_call(methods.target, candidate, &arguments, span),
            Ok(Chosen::Extension(candidate, all)) => self.emit_call(None, candidate, &all, span),
            Err(failure) => {
                self.report_failure(&methods, &failure, &arguments, span);
                for argument in &arguments {
                    if let ArgumentValue::Out(target, _) = &argument.value {
                        self.declare_out(target, &Type::Error);
                    }
                }
                self.wrong(span)
            }
        }
    }

    /// The method that arguments choose among those of a name: one of the type itself before an extension.
    pub(super) fn resolve<'t>(
        &mut self,
        methods: &Methods,
        arguments: &[Argument<'t>],
    ) -> Result<Chosen<'t>, Failure> {
        let own = match methods.local {
            Some(number) => self.function_member(number),
            None => {
                let mut own = members(&methods.owner, &methods.name);
                own.retain(|found| found.member.signature.kind == MemberKind::Method);
                own
            }
        };
        let mut failure = None;
        if !own.is_empty() {
            let is_static = methods.target.is_none();
            let usable: Vec<Found> =
                own.into_iter().filter(|found| found.member.signature.is_static == is_static).collect();
            if usable.is_empty() {
                failure = Some(Failure::WrongKind);
            } else {
                match self.choose(usable, arguments, &methods.type_args) {
                    Ok(candidate) => return Ok(Chosen::Method(candidate)),
                    Err(misfit) => failure = Some(Failure::Misfit(misfit)),
                }
            }
        }
        match self.resolve_extension(methods, arguments) {
            Ok(chosen) => Ok(chosen),
            Err(Some(misfit))
                if matches!(failure, None | Some(Failure::Misfit(Misfit::Count | Misfit::Missing(_)))) =>
            {
                Err(match misfit {
                    // The extension method is for values of another type.
                    Misfit::Argument { index: 0, to, .. } if methods.target.is_some() => {
                        failure.unwrap_or(Failure::Receiver(to))
                    }
                    misfit => Failure::Misfit(misfit),
                })
            }
            Err(_) => Err(failure.unwrap_or(Failure::NoMember)),
        }
    }

    fn report_failure(
        &mut self,
        methods: &Methods,
        failure: &Failure,
        arguments: &[Argument<'_>],
        span: Span,
    ) {
        match failure {
            Failure::WrongKind if methods.target.is_some() => {
                let message = format!(
                    "`{}.{}` is static: call it with the name of its type (CS0176)",
                    methods.owner, methods.name
                );
                self.error("csharp-static-member", methods.span, message);
                self.help(format!("write `{}.{}(…)`", methods.owner, methods.name));
            }
            Failure::WrongKind => {
                let message = format!("`{}.{}` needs an object (CS0120)", methods.owner, methods.name);
                self.error("csharp-static-member", methods.span, message);
                self.help(format!("call it on a value of type `{}`", methods.owner));
            }
            Failure::NoMember => {
                self.no_member(&methods.owner, &methods.name, methods.span, methods.target.is_none());
            }
            Failure::Receiver(wanted) => {
                let message = format!(
                    "`{}` does not contain a definition for `{}`; the extension method is for values of type `{wanted}` (CS1929)",
                    methods.owner, methods.name
                );
                self.error("csharp-unknown-member", methods.span, message);
            }
            Failure::Misfit(misfit) => self.report_misfit(&methods.name, misfit, arguments, span),
        }
    }

    /// With a wrong argument only the result type is of interest, when all methods agree on it.
    fn call_despite_errors(&mut self, methods: &Methods, arguments: &[Argument<'_>], span: Span) -> Bound {
        for argument in arguments {
            if let ArgumentValue::Out(target, _) = &argument.value {
                self.declare_out(target, &Type::Error);
            }
        }
        let mut bound = self.wrong(span);
        let found = members(&methods.owner, &methods.name);
        if let Some(first) = found.first()
            && found.iter().all(|each| each.member.signature.result == first.member.signature.result)
            && !first.member.signature.result.is_open()
        {
            bound.ty = Type::Error;
        }
        bound
    }

    fn resolve_extension<'t>(
        &mut self,
        methods: &Methods,
        arguments: &[Argument<'t>],
    ) -> Result<Chosen<'t>, Option<Misfit>> {
        if methods.local.is_some() {
            return Err(None);
        }
        let mut found = extensions(&methods.name);
        // `Enumerable.Where(xs, …)` as a static method.
        let Some(target) = &methods.target else {
            found.retain(|each| each.owner == methods.owner);
            if found.is_empty() {
                return Err(None);
            }
            return self.choose(found, arguments, &methods.type_args).map(Chosen::Method).map_err(Some);
        };
        if found.is_empty() {
            return Err(None);
        }
        let this = Argument { name: None, value: ArgumentValue::Value(target.clone()), span: target.span };
        let mut all = vec![this];
        all.extend(arguments.iter().cloned());
        let candidate = self.choose(found, &all, &methods.type_args).map_err(Some)?;
        Ok(Chosen::Extension(candidate, all))
    }

    pub(super) fn report_misfit(
        &mut self,
        name: &str,
        misfit: &Misfit,
        arguments: &[Argument<'_>],
        span: Span,
    ) {
        match misfit {
            Misfit::Mode { index, passed, wanted } => {
                let at = arguments.get(*index).map_or(span, |argument| argument.span);
                let word = |mode: Mode| if mode == Mode::Out { "out" } else { "ref" };
                let message = match (passed, wanted) {
                    (_, Mode::Out | Mode::Ref) => {
                        format!("argument {} must be passed with `{}` (CS1620)", index + 1, word(*wanted))
                    }
                    _ => {
                        format!("argument {} may not be passed with `{}` (CS1615)", index + 1, word(*passed))
                    }
                };
                self.error("csharp-argument-type", at, message);
            }
            Misfit::Missing(parameter) => {
                let message =
                    format!("there is no argument for the parameter `{parameter}` of `{name}` (CS7036)");
                self.error("csharp-arguments", span, message);
            }
            Misfit::Count => {
                let message = format!(
                    "no overload of `{name}` takes {} arguments of these kinds (CS1501)",
                    arguments.len()
                );
                self.error("csharp-arguments", span, message);
            }
            Misfit::Name(parameter) => {
                let message = format!("`{name}` has no parameter named `{parameter}` (CS1739)");
                self.error("csharp-arguments", span, message);
            }
            Misfit::Argument { index, from, to } => {
                let at = arguments.get(*index).map_or(span, |argument| argument.span);
                let message =
                    format!("argument {}: cannot convert from `{from}` to `{to}` (CS1503)", index + 1);
                self.error("csharp-argument-type", at, message);
                if *to == Type::String {
                    self.help("call `.ToString()` on it, or cast it: `(string)x`");
                }
            }
            Misfit::Inference => {
                let message =
                    format!("the type arguments of `{name}` cannot be inferred from its use (CS0411)");
                self.error("csharp-type-inference", span, message);
                self.help(format!("write them: `{name}<T>(…)`"));
            }
            Misfit::Lambda(at) => {
                let message = format!("the lambda does not fit any overload of `{name}` (CS1661)");
                self.error("csharp-lambda-type", *at, message);
            }
            Misfit::Result { at, from, to } => {
                let message = format!("the lambda gives `{from}`, but `{to}` is wanted (CS0029, CS1662)");
                self.error("csharp-lambda-type", *at, message);
            }
            Misfit::Ambiguous => {
                self.error("csharp-ambiguous", span, format!("the call of `{name}` is ambiguous (CS0121)"));
                self.help("cast an argument to the type that is meant");
            }
        }
    }

    /// Writes the call of the chosen method.
    pub(super) fn emit_call(
        &mut self,
        target: Option<Bound>,
        candidate: Candidate,
        arguments: &[Argument<'_>],
        span: Span,
    ) -> Bound {
        if let Action::Local(number) = candidate.found.member.call {
            return self.call_function(number, &candidate, arguments, span);
        }
        let target = target
            .map(|target| if matches!(target.ty, Type::Tuple(_)) { self.settled(target) } else { target });
        let types: Vec<Option<Type>> = candidate.types.iter().cloned().map(Some).collect();
        let ty = candidate.found.member.signature.result.substitute(&types);
        if let Some(bound) = self.special_call(target.as_ref(), &candidate, arguments, &ty, span) {
            return bound;
        }
        self.body_facts(target.as_ref(), &candidate, arguments);
        if !self.body_type_is_built(&candidate, span) {
            return self.wrong(span);
        }
        let nodes = self.call_nodes(target.as_ref(), &candidate, arguments);
        self.call_site(target.as_ref(), &candidate, nodes, ty, span)
    }

    fn call_site(
        &mut self,
        target: Option<&Bound>,
        candidate: &Candidate,
        (nodes, outs): (ParamNodes, Vec<(u32, VarSlot, NodeId)>),
        ty: Type,
        span: Span,
    ) -> Bound {
        self.facts |= candidate.found.member.facts;
        let function = match candidate.found.member.call {
            Action::Library(Call::Function(function) | Call::Setter(function)) => function,
            Action::Library(Call::Constant(_)) | Action::Local(_) => return self.wrong(span),
            Action::Host(member) => {
                return self.host_property(target.cloned(), member, candidate.found.member.facts, ty, span);
            }
        };
        let instance = target.is_some_and(|target| !matches!(target.ty, Type::Nullable(_)));
        let types = Arc::from(candidate.types.clone());
        let site = self.site(Site { function, instance, types, outs });
        let args = self.node_list(&nodes);
        let node = self.emit(Node::Call { site, args });
        self.bound(node, ty, span)
    }

    /// The nodes of the parameters and what happens to `out` arguments.
    pub(super) fn call_nodes(
        &mut self,
        target: Option<&Bound>,
        candidate: &Candidate,
        arguments: &[Argument<'_>],
    ) -> (ParamNodes, Vec<(u32, VarSlot, NodeId)>) {
        let types: Vec<Option<Type>> = candidate.types.iter().cloned().map(Some).collect();
        let mut nodes: ParamNodes = target.iter().map(|target| target.node).collect();
        let mut outs = Vec::new();
        let params = &candidate.found.member.signature.params;
        let local = matches!(candidate.found.member.call, Action::Local(_));
        for (slot, param) in candidate.slots.iter().zip(params) {
            let wanted = param.ty.substitute(&types);
            let node = match slot {
                Slot::Argument(index) => match arguments.get(*index) {
                    Some(argument) if matches!(param.mode, Mode::Out | Mode::Ref) && local => {
                        self.reference_argument(argument, &wanted)
                    }
                    Some(argument) if matches!(param.mode, Mode::Out | Mode::Ref) => {
                        let at = u32::try_from(nodes.len()).unwrap_or(0);
                        let (before, slot, assign) = self.out_argument(argument, &wanted);
                        outs.push((at, slot, assign));
                        before
                    }
                    Some(argument) => self.argument_node(argument, &wanted),
                    None => self.constant_node(Value::Null),
                },
                Slot::Default => self.constant_node(default_of(param, &wanted)),
                Slot::Elements(indices) => self.params_array(indices, arguments, &wanted),
            };
            nodes.push(node);
        }
        (nodes, outs)
    }

    pub(super) fn argument_node(&mut self, argument: &Argument<'_>, wanted: &Type) -> NodeId {
        match &argument.value {
            ArgumentValue::Value(bound) => self.convert(bound.clone(), wanted).node,
            ArgumentValue::Lambda(lambda) => match self.lambda_to(lambda, wanted) {
                Some(bound) => bound.node,
                None => self.constant_node(Value::Null),
            },
            ArgumentValue::Group(methods) => self.group_to(methods, wanted, argument.span).node,
            ArgumentValue::Default | ArgumentValue::Out(..) | ArgumentValue::Ref(..) => {
                self.default_literal(wanted, argument.span).node
            }
        }
    }

    fn params_array(&mut self, indices: &[usize], arguments: &[Argument<'_>], wanted: &Type) -> NodeId {
        let element = match wanted {
            Type::Array(element) => element.as_ref().clone(),
            other => other.clone(),
        };
        let mut nodes = Vec::with_capacity(indices.len());
        for index in indices {
            if let Some(argument) = arguments.get(*index) {
                nodes.push(self.argument_node(argument, &element));
            }
        }
        let items = self.node_list(&nodes);
        let element = self.type_index(&element);
        self.emit(Node::NewArray { element, items })
    }

    /// Calls that have a node of their own: variables with a constant name.
    fn special_call(
        &mut self,
        target: Option<&Bound>,
        candidate: &Candidate,
        arguments: &[Argument<'_>],
        ty: &Type,
        span: Span,
    ) -> Option<Bound> {
        let (receiver, rest) = match target {
            Some(target) => (target.clone(), arguments),
            None => match arguments.split_first()? {
                (Argument { value: ArgumentValue::Value(bound), .. }, rest) => (bound.clone(), rest),
                _ => return None,
            },
        };
        if candidate.found.member.signature.name != "GetValueOrDefault" {
            return None;
        }
        let name = constant_text(rest.first()?)?;
        if let Some(map) = self.map_of(&receiver).filter(|_| *ty == Type::String) {
            let default = match rest.get(1) {
                Some(argument) => self.argument_node(argument, ty),
                None => self.constant_node(Value::Null),
            };
            let name = self.name_index(name.as_str());
            let node = self.emit(Node::MapOr { map, name, default });
            return Some(self.bound(node, ty.clone(), span));
        }
        if !self.is_variables(&receiver) {
            return None;
        }
        let default = match rest.get(1) {
            Some(argument) => self.argument_node(argument, ty),
            None => self.constant_node(default_value(ty)),
        };
        let name = self.name_index(name.as_str());
        let index = self.type_index(ty);
        let node = self.emit(Node::VariableOr { name, default, ty: index });
        let mut bound = self.bound(node, ty.clone(), span);
        bound.origin = Origin::Stored;
        Some(bound)
    }

    pub(super) fn is_variables(&self, bound: &Bound) -> bool {
        self.constant_host(bound) == Some(HostObject::Variables)
    }

    /// The object of the request that a node stands for, when it is always the same.
    pub(super) fn constant_host(&self, bound: &Bound) -> Option<HostObject> {
        let Some(Node::Const(index)) = self.code.nodes.get(bound.node.0 as usize) else { return None };
        match self.code.constants.get(*index as usize) {
            Some(Value::Host(host)) if host.handle == 0 => Some(host.object),
            _ => None,
        }
    }

    /// The dictionary of texts that a node stands for.
    fn map_of(&self, bound: &Bound) -> Option<HostObject> {
        let object = self.constant_host(bound)?;
        let maps = [
            HostObject::RequestHeaders,
            HostObject::MatchedParameters,
            HostObject::RequestQuery,
            HostObject::RequestOriginalQuery,
        ];
        maps.contains(&object).then_some(object)
    }

    /// What reading a body means for the request: `As` without `preserveContent` consumes it.
    fn body_facts(&mut self, target: Option<&Bound>, candidate: &Candidate, arguments: &[Argument<'_>]) {
        let Some(target) = target.filter(|target| target.ty.is_class(known().body)) else { return };
        if !candidate.found.member.signature.name.starts_with("As") {
            return;
        }
        let keeps = arguments.first().is_some_and(|argument| {
            matches!(&argument.value, ArgumentValue::Value(bound) if bound.constant == Some(Value::Bool(true)))
        });
        let request =
            if keeps { Facts::REQUEST_BODY } else { Facts::REQUEST_BODY.and(Facts::CONSUMES_REQUEST_BODY) };
        let response = if keeps {
            Facts::RESPONSE_BODY
        } else {
            Facts::RESPONSE_BODY.and(Facts::CONSUMES_RESPONSE_BODY)
        };
        self.facts |= match target.origin {
            Origin::Request => request,
            Origin::Response => response,
            Origin::Stored => Facts::NONE,
            Origin::Unknown => request | response,
        };
    }

    /// `As<XDocument>()` and the like are APIM's, and not built.
    fn body_type_is_built(&mut self, candidate: &Candidate, span: Span) -> bool {
        if candidate.found.member.signature.name != "As" || !candidate.found.owner.is_class(known().body) {
            return true;
        }
        let Some(ty) = candidate.types.first() else { return true };
        if crate::library::context::kind_of(ty).is_some() {
            return true;
        }
        let message = format!("a body cannot be read as `{ty}`");
        self.error("csharp-body-type", span, message);
        self.help("use `string`, `byte[]`, `JObject`, `JArray` or `JToken`");
        false
    }
}

pub(super) fn has_error(arguments: &[Argument<'_>]) -> bool {
    arguments.iter().any(|argument| match &argument.value {
        ArgumentValue::Value(bound) => bound.ty == Type::Error,
        ArgumentValue::Out(_, ty) => *ty == Some(Type::Error),
        ArgumentValue::Ref(_, ty) => *ty == Type::Error,
        _ => false,
    })
}

pub(super) fn constant_text(argument: &Argument<'_>) -> Option<Text> {
    match &argument.value {
        ArgumentValue::Value(Bound { constant: Some(Value::Text(text)), .. }) => Some(text.clone()),
        _ => None,
    }
}

/// The value of a parameter that was left out.
fn default_of(param: &Param, wanted: &Type) -> Value {
    match &param.default {
        Some(DefaultValue::Bool(value)) => Value::Bool(*value),
        Some(DefaultValue::Int(number)) => match wanted.without_nullable() {
            Type::Class(class, _) => Value::Enum(crate::value::EnumValue { class: *class, number: *number }),
            Type::Scalar(scalar) => {
                crate::eval::convert_number(&Value::Int32(*number), *scalar, false).unwrap_or(Value::Null)
            }
            _ => Value::Int32(*number),
        },
        Some(DefaultValue::Value(value)) => value.clone(),
        Some(DefaultValue::Null) | None => default_value(wanted),
    }
}
