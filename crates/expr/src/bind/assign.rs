//! Assignment, compound assignment, `++` and `--`.

use std::sync::Arc;

use csharp::ast::{BinaryOp, Expr, ExprKind, StepOp};
use source::Span;

use crate::Value;
use crate::code::{Index, Node, NodeId, Slot};
use crate::library::Call;
use crate::library::signature::MemberKind;
use crate::registry::{Action, known};
use crate::types::{Scalar, TupleShape, Type};

use super::lookup::{Found, members};
use super::name::Named;
use super::overload::{Argument, ArgumentValue, Candidate};
use super::{Binder, Bound};

/// Something that can be assigned.
pub(super) enum Place<'t> {
    Variable(Slot, Type),
    /// An element of an array of several dimensions.
    MultiElement {
        array: Bound,
        indices: Vec<Bound>,
        ty: Type,
    },
    /// An item of a tuple that stands in a place.
    Item {
        tuple: Box<Place<'t>>,
        shape: Arc<TupleShape>,
        at: usize,
        ty: Type,
    },
    Element {
        array: Bound,
        index: Bound,
        ty: Type,
    },
    Property {
        target: Bound,
        getter: Option<Found>,
        setter: Found,
        ty: Type,
    },
    Indexer {
        target: Bound,
        arguments: Vec<Argument<'t>>,
        getter: Option<Candidate>,
        setter: Candidate,
        ty: Type,
    },
}

impl Place<'_> {
    pub(super) fn ty(&self) -> &Type {
        match self {
            Self::Variable(_, ty)
            | Self::MultiElement { ty, .. }
            | Self::Item { ty, .. }
            | Self::Element { ty, .. }
            | Self::Property { ty, .. }
            | Self::Indexer { ty, .. } => ty,
        }
    }
}

impl Binder<'_> {
    pub(super) fn assign(&mut self, op: Option<BinaryOp>, target: &Expr, value: &Expr, span: Span) -> Bound {
        if matches!(target.kind, ExprKind::Tuple(_) | ExprKind::Declare { .. }) && op.is_none() {
            return self.deconstruct(target, value, span);
        }
        if let ExprKind::Name(name) = &target.kind
            && name.text() == "_"
            && op.is_none()
            && self.find_var("_").is_none()
        {
            return self.untyped_value(value);
        }
        if let (ExprKind::Ref(value), None) = (&value.kind, op) {
            return self.refer(target, value, span);
        }
        let Some(place) = self.place(target, op.is_some()) else {
            if !super::overload::is_lambda(value) {
                self.expr(value);
            }
            return self.wrong(span);
        };
        match op {
            None => self.assign_simple(place, value, span),
            Some(op) => self.assign_compound(op, place, value, span),
        }
    }

    fn assign_simple(&mut self, place: Place<'_>, value: &Expr, span: Span) -> Bound {
        let ty = place.ty().clone();
        let value = self.typed_value(value, &ty);
        let node = self.store(place, value.node, true);
        self.bound(node, ty, span)
    }

    /// `a += b`: what `a` consists of is evaluated once.
    fn assign_compound(&mut self, op: BinaryOp, place: Place<'_>, value: &Expr, span: Span) -> Bound {
        let ty = place.ty().clone();
        let mut nodes = Vec::new();
        let place = self.pinned(place, &mut nodes);
        let Some(old) = self.load(&place, span) else { return self.wrong(span) };
        let value = self.expr(value);
        if !self.goes_back(op, &value, &ty) {
            return self.wrong(span);
        }
        let new = self.operate(op, span, old, value, span);
        let new = self.back(new, &ty, span);
        nodes.push(self.store(place, new.node, true));
        let node = self.sequence(&nodes);
        self.bound(node, ty, span)
    }

    /// `byte += int` is cast back only when the right operand would fit alone (12.21.4).
    fn goes_back(&mut self, op: BinaryOp, value: &Bound, ty: &Type) -> bool {
        let (Type::Scalar(own), Type::Scalar(_)) = (ty.without_nullable(), value.ty.without_nullable())
        else {
            return true;
        };
        let shift = matches!(op, BinaryOp::ShiftLeft | BinaryOp::ShiftRight);
        let fits = super::conversion::implicit(&value.ty, value.constant.as_ref(), ty).is_some();
        if shift || fits || !own.is_numeric() {
            return true;
        }
        let result = match own {
            Scalar::Int64 | Scalar::UInt64 | Scalar::Single | Scalar::Double | Scalar::Decimal => {
                value.ty.clone()
            }
            _ => Type::INT,
        };
        if value.ty == Type::BOOL {
            return true;
        }
        let message = format!(
            "cannot implicitly convert type `{result}` to `{ty}`; an explicit conversion exists (CS0266)"
        );
        self.error("csharp-needs-cast", value.span, message);
        self.help(format!("write it out: `x = ({ty})(x {} …)`", op.text()));
        false
    }

    /// The result of a compound operator in the type of its place: `byte += int` is cast back (12.21.4).
    fn back(&mut self, new: Bound, ty: &Type, span: Span) -> Bound {
        match (new.ty.without_nullable(), ty.without_nullable()) {
            (Type::Scalar(_), Type::Scalar(_)) if new.ty != *ty => {
                let new = Bound { constant: None, ..new };
                self.cast(new, ty, span)
            }
            _ => self.convert(new, ty),
        }
    }

    pub(super) fn step(&mut self, op: StepOp, prefix: bool, operand: &Expr, span: Span) -> Bound {
        if !may_be_place(operand) {
            self.expr(operand);
            let message = format!("`{}` needs a variable, property or indexer (CS1059)", op.text());
            self.error("csharp-not-assignable", operand.span, message);
            return self.wrong(span);
        }
        let Some(place) = self.place(operand, true) else { return self.wrong(span) };
        let ty = place.ty().clone();
        let number = matches!(ty.without_nullable(), Type::Scalar(scalar) if *scalar != Scalar::Bool)
            || super::operator::is_enum(&ty);
        if !number {
            if ty != Type::Error {
                let message = format!(
                    "operator `{}` cannot be applied to an operand of type `{ty}` (CS0023)",
                    op.text()
                );
                self.error("csharp-operator", span, message);
            }
            return self.wrong(span);
        }
        let mut nodes = Vec::new();
        let place = self.pinned(place, &mut nodes);
        let Some(old) = self.load(&place, span) else { return self.wrong(span) };
        let kept = self.temporary(ty.clone());
        nodes.push(self.write(kept, old.node));
        let read = self.read(kept);
        let old = self.bound(read, ty.clone(), span);
        let one = self.literal(Value::Int32(1), Type::INT, span);
        let binary = if op == StepOp::Increment { BinaryOp::Add } else { BinaryOp::Subtract };
        let new = self.operate(binary, span, old, one, span);
        let new = self.back(new, &ty, span);
        nodes.push(self.store(place, new.node, prefix));
        if !prefix {
            nodes.push(self.read(kept));
        }
        let node = self.sequence(&nodes);
        self.bound(node, ty, span)
    }

    /// `x = ref y`: from here on `x` stands for `y`.
    fn refer(&mut self, target: &Expr, value: &Expr, span: Span) -> Bound {
        let slot = match &target.kind {
            ExprKind::Name(name) => self.find_var(name.text()),
            _ => None,
        };
        let var = slot.and_then(|slot| self.var(slot).cloned()).filter(|var| var.by_ref);
        let (Some(slot), Some(var)) = (slot, var) else {
            self.error(
                "csharp-reference",
                target.span,
                "a `ref` variable is wanted on the left of `= ref` (CS8373)",
            );
            return self.wrong(span);
        };
        self.bind_reference(slot, &var.ty, value, span)
    }

    /// Lets a `ref` variable stand for what an expression names.
    pub(super) fn bind_reference(&mut self, slot: Slot, ty: &Type, value: &Expr, span: Span) -> Bound {
        let own = self.reference_type(value);
        if own != *ty && own != Type::Error && *ty != Type::Error {
            let message = format!("the reference must be to a value of type `{ty}`, not `{own}` (CS8173)");
            self.error("csharp-reference", value.span, message);
        }
        let reference = self.reference_to(value, ty, false);
        let keep = self.emit(Node::SetRaw(slot, reference));
        self.state.assign(slot);
        let read = self.read(slot);
        let node = self.sequence(&[keep, read]);
        self.bound(node, ty.clone(), span)
    }

    /// What is assigned to; none with a problem reported when it cannot be.
    pub(super) fn place<'t>(&mut self, target: &'t Expr, reads: bool) -> Option<Place<'t>> {
        match &target.kind {
            ExprKind::Paren(inner) => self.place(inner, reads),
            ExprKind::Name(name) => self.variable_place(name.text(), target, reads),
            ExprKind::Index { target: object, args } => self.index_place(object, args, target.span, reads),
            ExprKind::Member { target: object, name } => self.member_place(object, name, target.span),
            ExprKind::Error => None,
            _ => {
                self.expr(target);
                self.not_assignable(target.span);
                None
            }
        }
    }

    fn not_assignable(&mut self, span: Span) {
        self.error(
            "csharp-not-assignable",
            span,
            "the left side of an assignment must be a variable, property or indexer (CS0131)",
        );
    }

    fn variable_place<'t>(&mut self, name: &str, target: &Expr, reads: bool) -> Option<Place<'t>> {
        let Some(slot) = self.find_var(name) else {
            match self.named(target) {
                Named::Wrong => {}
                _ => self.not_assignable(target.span),
            }
            return None;
        };
        let var = self.var(slot).cloned()?;
        if let Some(what) = var.fixed {
            let code = match what {
                "an `in` parameter" => "CS8331",
                "a constant" => "CS0131",
                _ => "CS1656",
            };
            let message = format!("cannot assign to `{name}` because it is {what} ({code})");
            self.error("csharp-read-only", target.span, message);
            return None;
        }
        if reads {
            self.check_assigned(slot, target.span);
        }
        Some(Place::Variable(slot, var.ty))
    }

    fn index_place<'t>(
        &mut self,
        object: &'t Expr,
        args: &'t csharp::ast::Args,
        span: Span,
        reads: bool,
    ) -> Option<Place<'t>> {
        let object = self.expr(object);
        let object = self.something(object);
        if object.ty == Type::Error {
            self.arguments(args);
            return None;
        }
        if let Type::Array(element) = &object.ty {
            let ty = element.as_ref().clone();
            let index = self.array_index(args, span);
            return Some(Place::Element { array: object, index, ty });
        }
        if let Type::MultiArray(element, rank) = &object.ty {
            let ty = element.as_ref().clone();
            let indices = self.array_indices(args, *rank, span)?;
            return Some(Place::MultiElement { array: object, indices, ty });
        }
        let arguments = self.arguments(args);
        if super::call::has_error(&arguments) {
            return None;
        }
        match self.indexer(&object, &arguments, true) {
            Ok(setter) => {
                let ty = self.indexer_type(&setter);
                let getter = if reads { self.indexer(&object, &arguments, false).ok() } else { None };
                Some(Place::Indexer { target: object, arguments, getter, setter, ty })
            }
            Err(misfit) => {
                if self.indexer(&object, &arguments, false).is_ok() {
                    let message = format!("the indexer of `{}` is read-only (CS0200)", object.ty);
                    self.error("csharp-read-only", span, message);
                    if object.ty.is_class(known().read_only_dictionary) {
                        self.help("variables are set with the `set-variable` policy");
                    }
                } else {
                    self.no_indexer(&object, misfit, &arguments, span);
                }
                None
            }
        }
    }

    /// An item of a tuple: what holds the tuple is assigned a new one.
    fn item_place<'t>(
        &mut self,
        object: &'t Expr,
        shape: &Arc<TupleShape>,
        name: &csharp::ast::SimpleName,
        span: Span,
    ) -> Option<Place<'t>> {
        let Some(at) = shape.position(name.text()) else {
            self.no_member(&Type::Tuple(Arc::clone(shape)), name.text(), name.span, false);
            return None;
        };
        let ty = shape.items.get(at).cloned().unwrap_or(Type::Error);
        let problems = self.problems.len();
        match self.place(object, false) {
            Some(
                tuple @ (Place::Variable(..)
                | Place::Element { .. }
                | Place::MultiElement { .. }
                | Place::Item { .. }),
            ) => Some(Place::Item { tuple: Box::new(tuple), shape: Arc::clone(shape), at, ty }),
            _ => {
                self.problems.truncate(problems);
                let message =
                    "the item cannot be assigned, because what holds the tuple is not a variable (CS1612)";
                self.error("csharp-not-assignable", span, message);
                self.help("put the tuple into a variable, change it there and assign it back");
                None
            }
        }
    }

    fn member_place<'t>(
        &mut self,
        object: &'t Expr,
        name: &csharp::ast::SimpleName,
        span: Span,
    ) -> Option<Place<'t>> {
        let target = match self.named(object) {
            Named::Value(bound) if matches!(bound.ty, Type::Tuple(_)) => {
                let Type::Tuple(shape) = &bound.ty else { return None };
                return self.item_place(object, &Arc::clone(shape), name, span);
            }
            Named::Value(bound) => self.something(bound),
            Named::Wrong => return None,
            Named::Type(ty) => {
                let constant =
                    |found: &Found| matches!(found.member.call, Action::Library(Call::Constant(_)));
                let found = members(&ty, name.text());
                match found.first() {
                    Some(found) if constant(found) => self.not_assignable(span),
                    Some(_) => {
                        let message = format!("`{ty}.{}` is read-only (CS0200)", name.text());
                        self.error("csharp-read-only", name.span, message);
                    }
                    None => self.no_member(&ty, name.text(), name.span, true),
                }
                return None;
            }
            _ => {
                self.error(
                    "csharp-read-only",
                    span,
                    format!("`{}` cannot be assigned (CS0200)", name.text()),
                );
                return None;
            }
        };
        if target.ty == Type::Error {
            return None;
        }
        let found = members(&target.ty, name.text());
        let is_setter = |found: &&Found| matches!(found.member.call, Action::Library(Call::Setter(_)));
        let Some(setter) = found.iter().find(is_setter).cloned() else {
            if found.is_empty() && !matches!(target.ty, Type::Anonymous(_)) {
                self.no_member(&target.ty, name.text(), name.span, false);
            } else {
                let message = format!("`{}.{}` is read-only (CS0200)", target.ty, name.text());
                self.error("csharp-read-only", name.span, message);
            }
            return None;
        };
        let getter = found
            .iter()
            .find(|found| found.member.signature.kind == MemberKind::Property && !is_setter(found));
        let class_args: Vec<Option<Type>> = setter.class_args().into_iter().map(Some).collect();
        let ty = setter.member.signature.result.substitute(&class_args);
        Some(Place::Property { target, getter: getter.cloned(), setter, ty })
    }

    /// A place whose parts are in temporaries, so that it can be read and written.
    pub(super) fn pinned<'t>(&mut self, place: Place<'t>, nodes: &mut Vec<NodeId>) -> Place<'t> {
        match place {
            Place::Variable(..) => place,
            Place::MultiElement { array, indices, ty } => {
                let array = self.pin(array, nodes);
                let indices = indices.into_iter().map(|index| self.pin(index, nodes)).collect();
                Place::MultiElement { array, indices, ty }
            }
            Place::Item { tuple, shape, at, ty } => {
                let tuple = Box::new(self.pinned(*tuple, nodes));
                Place::Item { tuple, shape, at, ty }
            }
            Place::Element { array, index, ty } => {
                let array = self.pin(array, nodes);
                let index = self.pin(index, nodes);
                Place::Element { array, index, ty }
            }
            Place::Property { target, getter, setter, ty } => {
                let target = self.pin(target, nodes);
                Place::Property { target, getter, setter, ty }
            }
            Place::Indexer { target, arguments, getter, setter, ty } => {
                let target = self.pin(target, nodes);
                let mut pinned = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    let value = match argument.value {
                        ArgumentValue::Value(bound) => ArgumentValue::Value(self.pin(bound, nodes)),
                        other => other,
                    };
                    pinned.push(Argument { value, ..argument });
                }
                Place::Indexer { target, arguments: pinned, getter, setter, ty }
            }
        }
    }

    fn pin(&mut self, value: Bound, nodes: &mut Vec<NodeId>) -> Bound {
        if value.constant.is_some() {
            return value;
        }
        let slot = self.temporary(value.ty.clone());
        nodes.push(self.write(slot, value.node));
        Bound { node: self.read(slot), ..value }
    }

    fn load(&mut self, place: &Place<'_>, span: Span) -> Option<Bound> {
        match place {
            Place::Variable(slot, ty) => {
                let node = self.read(*slot);
                Some(self.bound(node, ty.clone(), span))
            }
            Place::MultiElement { array, indices, ty } => {
                let indices = self.index_list(indices);
                let node = self.emit(Node::MultiElement { array: array.node, indices });
                Some(self.bound(node, ty.clone(), span))
            }
            Place::Item { tuple, shape, at, .. } => {
                let tuple = self.load(tuple, span)?;
                Some(self.item(tuple.node, shape, *at, span))
            }
            Place::Element { array, index, ty } => {
                let node = self.emit(Node::Element(array.node, index.node));
                Some(self.bound(node, ty.clone(), span))
            }
            Place::Property { target, getter: Some(getter), .. } => {
                Some(self.read_property(Some(target.clone()), getter, span))
            }
            Place::Indexer { target, arguments, getter: Some(getter), ty, .. } => {
                let (nodes, outs) = self.call_nodes(Some(target), getter, arguments);
                let Action::Library(Call::Function(function)) = getter.found.member.call else { return None };
                let types = Arc::from(getter.types.clone());
                let site = self.site(crate::code::Site { function, instance: true, types, outs });
                let args = self.node_list(&nodes);
                let node = self.emit(Node::Call { site, args });
                Some(self.bound(node, ty.clone(), span))
            }
            Place::Property { .. } | Place::Indexer { .. } => {
                self.error("csharp-write-only", span, "the place cannot be read (CS0154)");
                None
            }
        }
    }

    /// Writes a place; with `wanted` the value of the node is the value written.
    pub(super) fn store(&mut self, place: Place<'_>, value: NodeId, wanted: bool) -> NodeId {
        match place {
            Place::Variable(slot, _) => {
                self.state.assign(slot);
                self.write(slot, value)
            }
            Place::MultiElement { array, indices, .. } => {
                let indices = self.index_list(&indices);
                self.emit(Node::SetMultiElement { array: array.node, indices, value })
            }
            Place::Item { tuple, shape, at, ty } => self.store_item(*tuple, &shape, at, ty, value),
            Place::Element { array, index, .. } => {
                self.emit(Node::SetElement { array: array.node, index: index.node, value })
            }
            Place::Property { target, setter, ty, .. } => {
                self.stored(value, ty, wanted, |binder, value| binder.set_property(&target, &setter, value))
            }
            Place::Indexer { target, arguments, setter, ty, .. } => {
                self.stored(value, ty, wanted, |binder, value| {
                    binder.set_indexer(&target, setter, &arguments, value)
                })
            }
        }
    }

    /// Puts a tuple with another item into the place of the old one.
    fn store_item(
        &mut self,
        tuple: Place<'_>,
        shape: &Arc<TupleShape>,
        at: usize,
        ty: Type,
        value: NodeId,
    ) -> NodeId {
        let mut nodes = Vec::new();
        let tuple = self.pinned(tuple, &mut nodes);
        let kept = self.temporary(ty);
        nodes.push(self.write(kept, value));
        let Some(old) = self.load(&tuple, Span::new(0, 0)) else { return value };
        let index = self.type_index(&Type::Tuple(Arc::clone(shape)));
        let item = Index::try_from(at).unwrap_or(0);
        let value = self.read(kept);
        let new = self.emit(Node::WithItem { tuple: old.node, item, ty: index, value });
        nodes.push(self.store(tuple, new, false));
        nodes.push(self.read(kept));
        self.sequence(&nodes)
    }

    /// A setter gives nothing, so the value is kept aside.
    fn stored(
        &mut self,
        value: NodeId,
        ty: Type,
        wanted: bool,
        set: impl FnOnce(&mut Self, NodeId) -> NodeId,
    ) -> NodeId {
        if !wanted {
            return set(self, value);
        }
        let kept = self.temporary(ty);
        // The value is evaluated where C# does: after the target.
        let keep = self.write(kept, value);
        let node = set(self, keep);
        let read = self.read(kept);
        self.sequence(&[node, read])
    }
}

/// Whether an expression can stand for something that is assigned.
fn may_be_place(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Paren(inner) => may_be_place(inner),
        ExprKind::Error | ExprKind::Name(_) | ExprKind::Index { .. } | ExprKind::Member { .. } => true,
        _ => false,
    }
}
