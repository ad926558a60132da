//! `new`: objects, initialisers, arrays, anonymous objects.

use std::sync::Arc;

use csharp::ast::{AnonymousMember, Args, Element, Expr, ExprKind, Init, Initializer, New, NewArray};
use source::Span;

use crate::Value;
use crate::code::{Node, NodeId, Site};
use crate::library::signature::MemberKind;
use crate::library::{Call, Kind};
use crate::registry::{Action, class_of, registry};
use crate::types::{Shape, TupleShape, Type};

use super::lookup::{Found, MemberRef, members};
use super::overload::{Argument, ArgumentValue, Candidate, Misfit};
use super::{Binder, Bound};

impl Binder<'_> {
    pub(super) fn new_object(&mut self, new: &New, span: Span) -> Bound {
        let ty = self.ty(&new.ty);
        let empty = Args { list: Vec::new(), span };
        let arguments = self.arguments(new.args.as_ref().unwrap_or(&empty));
        if ty == Type::Error || super::call::has_error(&arguments) {
            self.walk_initializer(new.init.as_ref());
            return self.wrong(span);
        }
        let object = self.construct(&ty, &arguments, span);
        match &new.init {
            Some(init) if object.ty != Type::Error => self.initialize(object, init, span),
            Some(init) => {
                self.walk_initializer(Some(init));
                object
            }
            None => object,
        }
    }

    /// Binds what an initialiser holds for its problems only.
    fn walk_initializer(&mut self, init: Option<&Initializer>) {
        for element in init.iter().flat_map(|init| &init.elements) {
            match element {
                Element::Value(value) | Element::Member { value: Init::Expr(value), .. } => {
                    if !super::overload::is_lambda(value) {
                        self.expr(value);
                    }
                }
                Element::Index { args, value } => {
                    self.arguments(args);
                    if let Init::Expr(value) = value {
                        self.expr(value);
                    }
                }
                Element::Group(group) => self.walk_initializer(Some(group)),
                Element::Member { .. } => {}
            }
        }
    }

    fn construct(&mut self, ty: &Type, arguments: &[Argument<'_>], span: Span) -> Bound {
        if let Type::Tuple(shape) = ty {
            return self.construct_tuple(shape, arguments, span);
        }
        if super::overload::delegate(ty).is_some() {
            return self.construct_delegate(ty, arguments, span);
        }
        if let Type::Nullable(inner) = ty {
            return self.construct_nullable(inner, ty, arguments, span);
        }
        let Some(class) = class_of(ty) else { return self.wrong(span) };
        let class = registry().class(class);
        if matches!(class.kind(), Kind::Interface | Kind::Static) {
            let code = if matches!(class.kind(), Kind::Static) { "CS0712" } else { "CS0144" };
            self.error("csharp-abstract", span, format!("cannot create an instance of `{ty}` ({code})"));
            return self.wrong(span);
        }
        let constructors: Vec<Found> = class
            .conversions(MemberKind::Constructor)
            .map(|member| Found { owner: ty.clone(), member: MemberRef::Library(member), level: 0 })
            .collect();
        // A value type can always be made without arguments.
        if arguments.is_empty() && ty.is_value_type() {
            return self.literal(crate::eval::default_value(ty), ty.clone(), span);
        }
        if constructors.is_empty() {
            self.error("csharp-no-constructor", span, format!("`{ty}` has no public constructor (CS0143)"));
            return self.wrong(span);
        }
        match self.choose(constructors, arguments, &[]) {
            Ok(candidate) => self.emit_constructor(ty, candidate, arguments, span),
            Err(misfit) => {
                self.report_constructor(ty, &misfit, arguments, span);
                self.wrong(span)
            }
        }
    }

    /// `new int?(5)`, which is the value, and `new int?()`, which is none.
    fn construct_nullable(
        &mut self,
        inner: &Type,
        ty: &Type,
        arguments: &[Argument<'_>],
        span: Span,
    ) -> Bound {
        match arguments {
            [] => self.default_literal(ty, span),
            [argument] => {
                let value = self.argument_node(argument, inner);
                self.bound(value, ty.clone(), span)
            }
            _ => {
                self.report_constructor(ty, &Misfit::Count, arguments, span);
                self.wrong(span)
            }
        }
    }

    /// `new ValueTuple<int, string>(1, "a")`.
    fn construct_tuple(&mut self, shape: &Arc<TupleShape>, arguments: &[Argument<'_>], span: Span) -> Bound {
        let ty = Type::Tuple(Arc::clone(shape));
        if arguments.is_empty() {
            return self.default_literal(&ty, span);
        }
        if arguments.len() != shape.items.len() {
            let misfit = Misfit::Count;
            self.report_constructor(&ty, &misfit, arguments, span);
            return self.wrong(span);
        }
        let nodes: Vec<NodeId> = arguments
            .iter()
            .zip(&shape.items)
            .map(|(argument, ty)| self.argument_node(argument, ty))
            .collect();
        let items = self.node_list(&nodes);
        let index = self.type_index(&ty);
        let node = self.emit(Node::NewTuple { ty: index, items });
        self.bound(node, ty, span)
    }

    /// `new Func<int, int>(x => x + 1)`.
    fn construct_delegate(&mut self, ty: &Type, arguments: &[Argument<'_>], span: Span) -> Bound {
        match arguments {
            [argument] => {
                let node = self.argument_node(argument, ty);
                self.bound(node, ty.clone(), span)
            }
            _ => {
                self.error("csharp-arguments", span, format!("`{ty}` is made of one function (CS0149)"));
                self.wrong(span)
            }
        }
    }

    fn report_constructor(&mut self, ty: &Type, misfit: &Misfit, arguments: &[Argument<'_>], span: Span) {
        match misfit {
            Misfit::Argument { index, from, to } => {
                let at = arguments.get(*index).map_or(span, |argument| argument.span);
                let message =
                    format!("argument {}: cannot convert from `{from}` to `{to}` (CS1503)", index + 1);
                self.error("csharp-argument-type", at, message);
            }
            Misfit::Missing(parameter) => {
                let message =
                    format!("there is no argument for the parameter `{parameter}` of `{ty}` (CS7036)");
                self.error("csharp-arguments", span, message);
            }
            Misfit::Ambiguous => {
                self.error(
                    "csharp-ambiguous",
                    span,
                    format!("the constructor of `{ty}` is ambiguous here (CS0121)"),
                );
            }
            _ => {
                let message = format!(
                    "`{ty}` has no constructor that takes {} such arguments (CS1729)",
                    arguments.len()
                );
                self.error("csharp-arguments", span, message);
            }
        }
    }

    fn emit_constructor(
        &mut self,
        ty: &Type,
        candidate: Candidate,
        arguments: &[Argument<'_>],
        span: Span,
    ) -> Bound {
        let (nodes, outs) = self.call_nodes(None, &candidate, arguments);
        self.facts |= candidate.found.member.facts;
        let Action::Library(Call::Function(function)) = candidate.found.member.call else {
            return self.wrong(span);
        };
        let site = self.site(Site { function, instance: false, types: Arc::from(candidate.types), outs });
        let args = self.node_list(&nodes);
        let node = self.emit(Node::Call { site, args });
        self.bound(node, ty.clone(), span)
    }

    /// `new T { … }`: the object in a temporary, the members one by one, the object.
    fn initialize(&mut self, object: Bound, init: &Initializer, span: Span) -> Bound {
        let slot = self.temporary(object.ty.clone());
        let mut nodes = vec![self.write(slot, object.node)];
        let ty = object.ty.clone();
        let read = self.read(slot);
        let target = self.bound(read, ty.clone(), span);
        self.initializer(&target, init, &mut nodes);
        nodes.push(self.read(slot));
        let node = self.sequence(&nodes);
        self.bound(node, ty, span)
    }

    fn initializer(&mut self, target: &Bound, init: &Initializer, nodes: &mut Vec<NodeId>) {
        let adds = |element: &Element| matches!(element, Element::Value(_) | Element::Group(_));
        let mixed = init.elements.iter().any(adds) && !init.elements.iter().all(adds);
        if mixed {
            let message = "an initialiser either adds elements or sets members, not both (CS0747)";
            self.error("csharp-initializer", init.span, message);
            self.help("write `[\"key\"] = value` for all, or `{ \"key\", value }` for all");
            return self.walk_initializer(Some(init));
        }
        let mut set: Vec<&str> = Vec::new();
        for element in &init.elements {
            if let Element::Member { name, .. } = element {
                if set.contains(&&*name.text) {
                    let message =
                        format!("the member `{}` is initialised more than once (CS1912)", name.text);
                    self.error("csharp-initializer", name.span, message);
                }
                set.push(&name.text);
            }
            match element {
                Element::Value(value) => {
                    let values = [value];
                    self.add_element(target, &values, value.span, nodes);
                }
                Element::Group(group) => {
                    let values: Vec<&Expr> = group
                        .elements
                        .iter()
                        .filter_map(
                            |element| if let Element::Value(value) = element { Some(value) } else { None },
                        )
                        .collect();
                    self.add_element(target, &values, group.span, nodes);
                }
                Element::Member { name, value } => self.set_member(target, name, value, nodes),
                Element::Index { args, value } => self.set_index(target, args, value, nodes),
            }
        }
    }

    /// `{ x }` and `{ k, v }` call `Add`.
    fn add_element(&mut self, target: &Bound, values: &[&Expr], span: Span, nodes: &mut Vec<NodeId>) {
        let mut arguments = Vec::new();
        for value in values {
            let argument = if super::overload::is_lambda(value) {
                ArgumentValue::Lambda(value)
            } else {
                let bound = self.expr(value);
                ArgumentValue::Value(self.something(bound))
            };
            arguments.push(Argument { name: None, value: argument, span: value.span });
        }
        if super::call::has_error(&arguments) {
            return;
        }
        let adds: Vec<Found> = members(&target.ty, "Add")
            .into_iter()
            .filter(|found| found.member.signature.kind == MemberKind::Method)
            .collect();
        if adds.is_empty() {
            let message = format!(
                "cannot initialise `{}` with a collection initialiser: it has no `Add` (CS1922)",
                target.ty
            );
            self.error("csharp-initializer", span, message);
            return;
        }
        match self.choose(adds, &arguments, &[]) {
            Ok(candidate) => nodes.push(self.emit_method(target, candidate, &arguments)),
            Err(Misfit::Argument { index, from, to }) => {
                let at = arguments.get(index).map_or(span, |argument| argument.span);
                self.error(
                    "csharp-argument-type",
                    at,
                    format!("argument {}: cannot convert from `{from}` to `{to}` (CS1950)", index + 1),
                );
            }
            Err(misfit) => self.report_misfit("Add", &misfit, &arguments, span),
        }
    }

    /// A call of an instance method whose result is not of interest.
    fn emit_method(&mut self, target: &Bound, candidate: Candidate, arguments: &[Argument<'_>]) -> NodeId {
        let (nodes, outs) = self.call_nodes(Some(target), &candidate, arguments);
        let Action::Library(Call::Function(function) | Call::Setter(function)) = candidate.found.member.call
        else {
            return target.node;
        };
        let site = self.site(Site { function, instance: true, types: Arc::from(candidate.types), outs });
        let args = self.node_list(&nodes);
        self.emit(Node::Call { site, args })
    }

    fn set_member(
        &mut self,
        target: &Bound,
        name: &csharp::ast::Name,
        value: &Init,
        nodes: &mut Vec<NodeId>,
    ) {
        let setter = members(&target.ty, &name.text)
            .into_iter()
            .find(|found| matches!(found.member.call, Action::Library(Call::Setter(_))));
        let value = match value {
            Init::Expr(value) => value,
            Init::List(init) => {
                let object = self.property_of(target, name);
                self.nested(object, init, nodes);
                return;
            }
        };
        let Some(setter) = setter else {
            self.expr(value);
            let exists = !members(&target.ty, &name.text).is_empty();
            if exists {
                self.error(
                    "csharp-read-only",
                    name.span,
                    format!("`{}.{}` cannot be assigned (CS0200)", target.ty, name.text),
                );
            } else {
                self.no_member(&target.ty, &name.text, name.span, true);
            }
            return;
        };
        let node = self.assign_property(target, &setter, value);
        nodes.push(node);
    }

    /// A call of a property's setter.
    pub(super) fn assign_property(&mut self, target: &Bound, setter: &Found, value: &Expr) -> NodeId {
        let class_args: Vec<Option<Type>> = setter.class_args().into_iter().map(Some).collect();
        let ty = setter.member.signature.result.substitute(&class_args);
        let value = self.typed_value(value, &ty);
        self.set_property(target, setter, value.node)
    }

    /// Reads a property of the object that is being filled.
    fn property_of(&mut self, target: &Bound, name: &csharp::ast::Name) -> Bound {
        let getter = members(&target.ty, &name.text).into_iter().find(|found| {
            found.member.signature.kind == MemberKind::Property
                && !matches!(found.member.call, Action::Library(Call::Setter(_)))
        });
        match getter {
            Some(getter) => self.read_property(Some(target.clone()), &getter, name.span),
            None => {
                self.no_member(&target.ty, &name.text, name.span, true);
                self.wrong(name.span)
            }
        }
    }

    pub(super) fn set_property(&mut self, target: &Bound, setter: &Found, value: NodeId) -> NodeId {
        let Action::Library(Call::Setter(function)) = setter.member.call else { return value };
        let site =
            self.site(Site { function, instance: true, types: setter.class_args().into(), outs: Vec::new() });
        let args = self.node_list(&[target.node, value]);
        self.emit(Node::Call { site, args })
    }

    /// `[k] = v` in an initialiser.
    fn set_index(&mut self, target: &Bound, args: &Args, value: &Init, nodes: &mut Vec<NodeId>) {
        let arguments = self.arguments(args);
        let value = match value {
            Init::Expr(value) => value,
            Init::List(init) => {
                let object = match self.indexer(target, &arguments, false) {
                    Ok(candidate) => self.emit_call(Some(target.clone()), candidate, &arguments, args.span),
                    Err(misfit) => self.no_indexer(target, misfit, &arguments, args.span),
                };
                self.nested(object, init, nodes);
                return;
            }
        };
        if super::call::has_error(&arguments) {
            self.expr(value);
            return;
        }
        match self.indexer(target, &arguments, true) {
            Ok(candidate) => {
                let ty = self.indexer_type(&candidate);
                let value = self.typed_value(value, &ty);
                let node = self.set_indexer(target, candidate, &arguments, value.node);
                nodes.push(node);
            }
            Err(misfit) => {
                self.expr(value);
                self.no_indexer(target, misfit, &arguments, args.span);
            }
        }
    }

    pub(super) fn indexer_type(&self, candidate: &Candidate) -> Type {
        let types: Vec<Option<Type>> = candidate.types.iter().cloned().map(Some).collect();
        candidate.found.member.signature.result.substitute(&types)
    }

    pub(super) fn set_indexer(
        &mut self,
        target: &Bound,
        candidate: Candidate,
        arguments: &[Argument<'_>],
        value: NodeId,
    ) -> NodeId {
        let Action::Library(Call::Setter(function)) = candidate.found.member.call else { return value };
        let (mut nodes, outs) = self.call_nodes(Some(target), &candidate, arguments);
        nodes.push(value);
        let site = self.site(Site { function, instance: true, types: Arc::from(candidate.types), outs });
        let args = self.node_list(&nodes);
        self.emit(Node::Call { site, args })
    }

    pub(super) fn new_array(&mut self, new: &NewArray, span: Span) -> Bound {
        let element = self.ty(&new.element);
        if new.rank != 1 {
            return self.new_multi_array(new, &element, span);
        }
        if element == Type::Error {
            self.walk_initializer(new.init.as_ref());
            return self.wrong(span);
        }
        let length = new.lengths.first().map(|length| {
            let length = self.expr(length);
            self.convert(length, &Type::INT)
        });
        if let Some(Bound { constant: Some(Value::Int32(..0)), span, .. }) = &length {
            self.error("csharp-array-length", *span, "an array cannot have a negative length (CS0248)");
            return self.wrong(*span);
        }
        match (&new.init, length) {
            (Some(init), length) => {
                let bound = self.array_of(&element, init, span);
                if let Some(Value::Int32(length)) = length.and_then(|length| length.constant)
                    && usize::try_from(length).ok() != Some(init.elements.len())
                {
                    self.error(
                        "csharp-array-length",
                        span,
                        format!("an array initialiser of length `{length}` is expected (CS0847)"),
                    );
                }
                bound
            }
            (None, Some(length)) => {
                let index = self.type_index(&element);
                let node = self.emit(Node::NewArrayOf { element: index, length: length.node });
                self.bound(node, Type::array(element), span)
            }
            (None, None) => self.wrong(span),
        }
    }

    /// `{ 1, 2 }` as an array of a type.
    pub(super) fn array_of(&mut self, element: &Type, init: &Initializer, span: Span) -> Bound {
        let mut nodes = Vec::new();
        for item in &init.elements {
            let Element::Value(value) = item else {
                let message =
                    "`{ … }` inside of an array initialiser needs an array of several dimensions (CS0623)";
                self.error("csharp-initializer", init.span, message);
                self.help("write `new[] { … }` for each inner array");
                return self.wrong(span);
            };
            let bound = self.typed_value(value, element);
            nodes.push(bound.node);
        }
        let items = self.node_list(&nodes);
        let index = self.type_index(element);
        let node = self.emit(Node::NewArray { element: index, items });
        self.bound(node, Type::array(element.clone()), span)
    }

    /// `new[] { … }`: the elements' best common type.
    pub(super) fn implicit_array(&mut self, init: &Initializer, span: Span) -> Bound {
        let mut items = Vec::new();
        for element in &init.elements {
            if let Element::Value(value) = element {
                let bound = self.expr(value);
                items.push(self.something(bound));
            }
        }
        let Some(element) = self.best_common(&items, span) else { return self.wrong(span) };
        let nodes: Vec<NodeId> = items.into_iter().map(|item| self.convert(item, &element).node).collect();
        let items = self.node_list(&nodes);
        let index = self.type_index(&element);
        let node = self.emit(Node::NewArray { element: index, items });
        self.bound(node, Type::array(element), span)
    }

    /// The type that the elements of an array without a written one have in common.
    pub(super) fn best_common(&mut self, items: &[Bound], span: Span) -> Option<Type> {
        let mut common: Option<Bound> = None;
        for item in items {
            common = match common {
                None => Some(item.clone()),
                Some(so_far) => self.common(&so_far, item).map(|ty| Bound { ty, constant: None, ..so_far }),
            };
            if common.is_none() {
                break;
            }
        }
        match common.map(|bound| bound.ty) {
            Some(Type::Error) => None,
            Some(ty) if !matches!(ty, Type::Null | Type::Void) => Some(ty),
            _ => {
                self.error(
                    "csharp-array-type",
                    span,
                    "no best type found for the implicitly typed array (CS0826)",
                );
                self.help("write the element type: `new string[] { … }`");
                None
            }
        }
    }

    /// `Name = { … }` and `[k] = { … }`: the object that is there is filled.
    fn nested(&mut self, object: Bound, init: &Initializer, nodes: &mut Vec<NodeId>) {
        if object.ty == Type::Error {
            self.walk_initializer(Some(init));
            return;
        }
        if object.ty.is_value_type() {
            let message =
                format!("members of `{}` cannot be filled: it is a value, not an object (CS1918)", object.ty);
            self.error("csharp-initializer", init.span, message);
            return;
        }
        let slot = self.temporary(object.ty.clone());
        nodes.push(self.write(slot, object.node));
        let node = self.read(slot);
        let target = Bound { node, ..object };
        self.initializer(&target, init, nodes);
    }

    pub(super) fn new_anonymous(&mut self, written: &[AnonymousMember], span: Span) -> Bound {
        let mut shape: Vec<(Arc<str>, Type)> = Vec::new();
        let mut nodes = Vec::new();
        let mut wrong = false;
        for member in written {
            let bound = self.expr(&member.value);
            let bound = self.something(bound);
            let Some(name) = member.name.as_ref().map(super::text_of).or_else(|| projected(&member.value))
            else {
                self.error(
                    "csharp-anonymous-name",
                    member.value.span,
                    "the member of the anonymous type needs a name: `Name = …` (CS0746)",
                );
                wrong = true;
                continue;
            };
            if shape.iter().any(|(own, _)| *own == name) {
                self.error(
                    "csharp-duplicate-name",
                    member.value.span,
                    format!("the anonymous type has two members named `{name}` (CS0833)"),
                );
            }
            wrong |= bound.ty == Type::Error;
            if bound.ty == Type::Null {
                self.error(
                    "csharp-anonymous-null",
                    bound.span,
                    "cannot assign null to a member of an anonymous type (CS0828)",
                );
                self.help("cast it: `(string)null`");
                wrong = true;
            }
            nodes.push(bound.node);
            shape.push((name, bound.ty));
        }
        if wrong {
            return self.wrong(span);
        }
        let shape = Arc::new(Shape { members: shape });
        let values = self.node_list(&nodes);
        let index = self.shape_index(Arc::clone(&shape));
        let node = self.emit(Node::NewAnonymous { shape: index, values });
        self.bound(node, Type::Anonymous(shape), span)
    }
}

/// The name that a member takes from its value: `x`, `a.x`, `a?.x`.
pub(super) fn projected(value: &Expr) -> Option<Arc<str>> {
    match &value.kind {
        ExprKind::Name(name) | ExprKind::Member { name, .. } => Some(super::text_of(&name.name)),
        ExprKind::NullConditional { access, .. } => projected(access),
        _ => None,
    }
}
