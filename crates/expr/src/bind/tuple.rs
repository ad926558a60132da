//! Tuples: literals, items, equality, and taking them apart.
//!
//! `(a, b) = (b, a)` evaluates what is assigned to, then the values, then assigns (C# specification, 12.21.2 and the
//! deconstruction of C# 7).

use std::sync::Arc;

use csharp::ast::{BinaryOp, Designation, Expr, ExprKind, TupleItem, Type as TypeTree, TypeKind};
use source::Span;

use crate::code::{Index, Node, NodeId, Slot};
use crate::types::{TupleShape, Type, numbered};

use super::assign::Place;
use super::conversion::Conversion;
use super::{Binder, Bound};

/// Where an item of a tuple goes.
enum Target<'t> {
    Place(Box<Place<'t>>),
    /// A variable that is declared when its type is known.
    Declared {
        name: &'t csharp::ast::Name,
        ty: Option<Type>,
    },
    Many(Vec<Target<'t>>, Span),
    Discard,
    /// Reported already.
    Wrong,
}

/// A tuple literal without parentheses around it.
fn literal_items(expr: &Expr) -> Option<&[TupleItem]> {
    match &expr.kind {
        ExprKind::Tuple(items) => Some(items),
        ExprKind::Paren(inner) => literal_items(inner),
        _ => None,
    }
}

impl Binder<'_> {
    /// `(1, name: "a")`.
    pub(super) fn tuple(&mut self, written: &[TupleItem], span: Span) -> Bound {
        let items: Vec<Bound> = written
            .iter()
            .map(|item| {
                let bound = self.expr(&item.value);
                self.something(bound)
            })
            .collect();
        self.tuple_of(written, items, span)
    }

    fn tuple_of(&mut self, written: &[TupleItem], items: Vec<Bound>, span: Span) -> Bound {
        let names = self.tuple_names(written);
        if items.iter().any(|item| item.ty == Type::Error) {
            return self.wrong(span);
        }
        let types = items.iter().map(|item| item.ty.clone()).collect();
        let ty = Type::Tuple(Arc::new(TupleShape { items: types, names }));
        self.new_tuple(&items, ty, span)
    }

    fn new_tuple(&mut self, items: &[Bound], ty: Type, span: Span) -> Bound {
        let nodes: Vec<NodeId> = items.iter().map(|item| item.node).collect();
        let items = self.node_list(&nodes);
        let index = self.type_index(&ty);
        let node = self.emit(Node::NewTuple { ty: index, items });
        self.bound(node, ty, span)
    }

    /// Names that are written, or that values have themselves: `(x, a.b)`.
    fn tuple_names(&mut self, written: &[TupleItem]) -> Vec<Option<Arc<str>>> {
        let mut names: Vec<Option<Arc<str>>> = Vec::new();
        for (at, item) in written.iter().enumerate() {
            let name = item.name.as_ref().map(|name| (super::text_of(name), name.span));
            if let Some((name, span)) = &name {
                self.check_item_name(name, at, &names, *span);
            }
            names.push(name.map(|(name, _)| name));
        }
        for (at, item) in written.iter().enumerate() {
            if names.get(at).is_some_and(Option::is_some) {
                continue;
            }
            let Some(name) = super::create::projected(&item.value) else { continue };
            let same =
                written.iter().filter(|other| super::create::projected(&other.value).as_ref() == Some(&name));
            let taken = names.iter().flatten().any(|own| *own == name) || same.count() > 1;
            if let Some(place) = names.get_mut(at)
                && !taken
                && numbered(&name).is_none()
            {
                *place = Some(name);
            }
        }
        names
    }

    fn check_item_name(&mut self, name: &Arc<str>, at: usize, before: &[Option<Arc<str>>], span: Span) {
        if numbered(name).is_some_and(|number| number != at) {
            let message = format!("the item name `{name}` is allowed at its own position only (CS8125)");
            self.error("csharp-tuple-name", span, message);
        } else if before.iter().flatten().any(|own| own == name) {
            self.error("csharp-tuple-name", span, format!("the tuple has two items named `{name}` (CS8127)"));
        }
    }

    /// The type that `(int, string name)` names.
    pub(super) fn tuple_type(&mut self, written: &[csharp::ast::TupleTypeItem]) -> Type {
        let items: Vec<Type> = written.iter().map(|item| self.ty(&item.ty)).collect();
        let mut names: Vec<Option<Arc<str>>> = Vec::new();
        for (at, item) in written.iter().enumerate() {
            if let Some(name) = &item.name {
                self.check_item_name(&super::text_of(name), at, &names, name.span);
            }
            names.push(item.name.as_ref().map(super::text_of));
        }
        if items.contains(&Type::Error) {
            return Type::Error;
        }
        Type::Tuple(Arc::new(TupleShape { items, names }))
    }

    /// A tuple literal where a tuple type is wanted: each item is converted for itself, so that `null` and lambdas fit.
    pub(super) fn tuple_to(&mut self, expr: &Expr, ty: &Type) -> Option<Bound> {
        let written = literal_items(expr)?;
        let Type::Tuple(shape) = ty.without_nullable() else { return None };
        if shape.items.len() != written.len() {
            return None;
        }
        let items: Vec<Bound> =
            written.iter().zip(&shape.items).map(|(item, ty)| self.typed_value(&item.value, ty)).collect();
        let bound = self.new_tuple(&items, Type::Tuple(Arc::clone(shape)), expr.span);
        Some(self.convert(bound, ty))
    }

    /// A tuple that leaves its type: a default one is made an object.
    pub(super) fn settled(&mut self, value: Bound) -> Bound {
        if matches!(self.code.nodes.get(value.node.0 as usize), Some(Node::NewTuple { .. })) {
            return value;
        }
        let ty = self.type_index(&value.ty);
        let node = self.emit(Node::Settled { value: value.node, ty });
        Bound { node, ..value }
    }

    /// An item of a tuple.
    pub(super) fn item(&mut self, tuple: NodeId, shape: &Arc<TupleShape>, at: usize, span: Span) -> Bound {
        let ty = self.type_index(&Type::Tuple(Arc::clone(shape)));
        let item = Index::try_from(at).unwrap_or(0);
        let node = self.emit(Node::TupleItem { tuple, item, ty });
        let ty = shape.items.get(at).cloned().unwrap_or(Type::Error);
        self.bound(node, ty, span)
    }

    /// Converts a tuple item by item.
    pub(super) fn convert_items(
        &mut self,
        value: NodeId,
        from: &Type,
        items: &[(Type, Conversion)],
        to: &Type,
    ) -> NodeId {
        let Type::Tuple(shape) = from else { return value };
        let slot = self.temporary(from.clone());
        let keep = self.write(slot, value);
        let mut nodes = Vec::new();
        for (at, (ty, conversion)) in items.iter().enumerate() {
            let tuple = self.read(slot);
            let item = self.item(tuple, shape, at, Span::new(0, 0));
            nodes.push(self.apply(item, conversion, ty).node);
        }
        let items = self.node_list(&nodes);
        let ty = self.type_index(to.without_nullable());
        let made = self.emit(Node::NewTuple { ty, items });
        self.sequence(&[keep, made])
    }

    /// `==` and `!=` of tuples: item by item (C# 7.3).
    pub(super) fn tuple_equality(&mut self, op: BinaryOp, left: Bound, right: Bound, span: Span) -> Bound {
        let (Type::Tuple(a), Type::Tuple(b)) = (&left.ty, &right.ty) else { return self.wrong(span) };
        let (a, b) = (Arc::clone(a), Arc::clone(b));
        if a.items.len() != b.items.len() {
            let message = format!(
                "tuples of {} and {} items cannot be compared (CS8384)",
                a.items.len(),
                b.items.len()
            );
            self.error("csharp-operator", span, message);
            return self.wrong(span);
        }
        let (x, keep_x) = self.kept(&left);
        let (y, keep_y) = self.kept(&right);
        let mut result: Option<NodeId> = None;
        for at in 0..a.items.len() {
            let (tuple_x, tuple_y) = (self.read(x), self.read(y));
            let (item_x, item_y) = (self.item(tuple_x, &a, at, span), self.item(tuple_y, &b, at, span));
            let equal = self.operate(op, span, item_x, item_y, span);
            let equal = self.convert(equal, &Type::BOOL).node;
            result = Some(match result {
                None => equal,
                Some(before) if op == BinaryOp::Equal => self.emit(Node::AndAlso(before, equal)),
                Some(before) => self.emit(Node::OrElse(before, equal)),
            });
        }
        let result = result.unwrap_or(keep_x);
        let node = self.sequence(&[keep_x, keep_y, result]);
        self.bound(node, Type::BOOL, span)
    }

    fn kept(&mut self, value: &Bound) -> (Slot, NodeId) {
        let slot = self.temporary(value.ty.clone());
        let keep = self.write(slot, value.node);
        (slot, keep)
    }

    /// `(a, b) = value`, `var (a, b) = value`.
    pub(super) fn deconstruct(&mut self, target: &Expr, value: &Expr, span: Span) -> Bound {
        let mut before = Vec::new();
        let target_tree = target;
        let Some(target) = self.target(target, &mut before) else { return self.wrong(span) };
        let value = match literal_items(value) {
            Some(_) => self.literal_for(&target, value),
            None => {
                let bound = self.expr(value);
                self.something(bound)
            }
        };
        let mut after = Vec::new();
        let Some(result) = self.take_apart(target, value, &mut before, &mut after, target_tree.span) else {
            return self.wrong(span);
        };
        before.append(&mut after);
        before.push(result.node);
        let node = self.sequence(&before);
        self.bound(node, result.ty, span)
    }

    /// A loop's `var (a, b) in …`: what puts an element into its variables.
    pub(super) fn deconstruct_element(&mut self, target: &Expr, element: Bound) -> Vec<NodeId> {
        let mut before = Vec::new();
        let span = target.span;
        let Some(target) = self.target(target, &mut before) else { return before };
        let mut after = Vec::new();
        self.take_apart(target, element, &mut before, &mut after, span);
        before.append(&mut after);
        before
    }

    /// A tuple literal behind `=`: its items take the types of the places that they go to.
    fn literal_for(&mut self, target: &Target<'_>, value: &Expr) -> Bound {
        let (Some(written), Target::Many(targets, _)) = (literal_items(value), target) else {
            let ty = match target {
                Target::Place(place) => Some(place.ty().clone()),
                Target::Declared { ty, .. } => ty.clone(),
                _ => None,
            };
            return match ty {
                Some(ty) => self.typed_value(value, &ty),
                None => {
                    let bound = self.expr(value);
                    self.something(bound)
                }
            };
        };
        if written.len() != targets.len() {
            return self.tuple(written, value.span);
        }
        let items: Vec<Bound> =
            written.iter().zip(targets).map(|(item, target)| self.literal_for(target, &item.value)).collect();
        self.tuple_of(written, items, value.span)
    }

    /// What is assigned to, its parts evaluated.
    fn target<'t>(&mut self, target: &'t Expr, before: &mut Vec<NodeId>) -> Option<Target<'t>> {
        match &target.kind {
            ExprKind::Tuple(items) => {
                let mut all = Vec::new();
                for item in items {
                    all.push(self.target(&item.value, before).unwrap_or(Target::Wrong));
                }
                Some(Target::Many(all, target.span))
            }
            ExprKind::Declare { ty, designation } => Some(self.declared_target(ty, designation)),
            ExprKind::Name(name) if name.text() == "_" && self.find_var("_").is_none() => {
                Some(Target::Discard)
            }
            _ => {
                let place = self.place(target, false)?;
                Some(Target::Place(Box::new(self.pinned(place, before))))
            }
        }
    }

    fn declared_target<'t>(&mut self, ty: &TypeTree, designation: &'t Designation) -> Target<'t> {
        match designation {
            Designation::Variable(name) => {
                let ty = if ty.kind == TypeKind::Var { None } else { Some(self.ty(ty)) };
                Target::Declared { name, ty }
            }
            Designation::Discard(_) => Target::Discard,
            Designation::Tuple(all, span) => {
                let all = all.iter().map(|each| self.declared_target(ty, each)).collect();
                Target::Many(all, *span)
            }
        }
    }

    /// Assigns a value to a target: what is evaluated first goes to `before`, assignments to `after`.
    fn take_apart(
        &mut self,
        target: Target<'_>,
        value: Bound,
        before: &mut Vec<NodeId>,
        after: &mut Vec<NodeId>,
        span: Span,
    ) -> Option<Bound> {
        match target {
            Target::Many(targets, span) => self.take_items(targets, value, before, after, span),
            Target::Discard => Some(value),
            Target::Wrong => None,
            Target::Place(place) => {
                let ty = place.ty().clone();
                let value = self.convert(value, &ty);
                let (slot, keep) = self.kept(&value);
                before.push(keep);
                let read = self.read(slot);
                after.push(self.store(*place, read, false));
                let node = self.read(slot);
                Some(self.bound(node, ty, span))
            }
            Target::Declared { name, ty } => {
                let inferred = matches!(value.ty, Type::Null | Type::Void | Type::Error);
                if ty.is_none() && inferred {
                    if value.ty != Type::Error {
                        self.not_inferred(name);
                    }
                    let slot = self.declare(&name.text, Type::Error, name.span);
                    self.state.assign(slot);
                    return None;
                }
                let ty = ty.unwrap_or_else(|| value.ty.clone());
                let value = self.convert(value, &ty);
                let (kept, keep) = self.kept(&value);
                before.push(keep);
                let slot = self.declare(&name.text, ty.clone(), name.span);
                self.state.assign(slot);
                let read = self.read(kept);
                after.push(self.write(slot, read));
                let node = self.read(kept);
                Some(self.bound(node, ty, span))
            }
        }
    }

    fn take_items(
        &mut self,
        targets: Vec<Target<'_>>,
        value: Bound,
        before: &mut Vec<NodeId>,
        after: &mut Vec<NodeId>,
        span: Span,
    ) -> Option<Bound> {
        let Type::Tuple(shape) = &value.ty else {
            self.not_deconstructable(&value, targets, span);
            return None;
        };
        let shape = Arc::clone(shape);
        if shape.items.len() != targets.len() {
            let message = format!(
                "a tuple of {} items cannot be taken apart into {} variables (CS8132)",
                shape.items.len(),
                targets.len()
            );
            self.error("csharp-deconstruction", span, message);
            self.declare_wrong(targets, value.ty == Type::Null);
            return None;
        }
        let (slot, keep) = self.kept(&value);
        before.push(keep);
        let mut items = Vec::new();
        let mut wrong = false;
        for (at, target) in targets.into_iter().enumerate() {
            let tuple = self.read(slot);
            let item = self.item(tuple, &shape, at, span);
            match self.take_apart(target, item, before, after, span) {
                Some(item) => items.push(item),
                None => wrong = true,
            }
        }
        if wrong {
            return None;
        }
        let types = items.iter().map(|item| item.ty.clone()).collect();
        Some(self.new_tuple(&items, Type::Tuple(Arc::new(TupleShape::unnamed(types))), span))
    }

    fn not_deconstructable(&mut self, value: &Bound, targets: Vec<Target<'_>>, _: Span) {
        match &value.ty {
            Type::Error => {}
            Type::Null => {
                let message = "what stands behind `=` of a deconstruction needs a type (CS8131)";
                self.error("csharp-deconstruction", value.span, message);
            }
            ty => {
                let message = format!(
                    "a value of type `{ty}` cannot be taken apart into {} variables: it has no `Deconstruct` (CS1061, CS8129)",
                    targets.len()
                );
                self.error("csharp-deconstruction", value.span, message);
                if ty.is_class(crate::registry::known().pair) {
                    self.help("read `.Key` and `.Value`");
                }
            }
        }
        self.declare_wrong(targets, value.ty != Type::Error);
    }

    fn not_inferred(&mut self, name: &csharp::ast::Name) {
        let message = format!("the type of the variable `{}` cannot be inferred (CS8130)", name.text);
        self.error("csharp-deconstruction", name.span, message);
        self.help("write its type instead of `var`");
    }

    /// Declares the variables of a deconstruction that failed, so that they are not reported again.
    fn declare_wrong(&mut self, targets: Vec<Target<'_>>, untyped: bool) {
        for target in targets {
            match target {
                Target::Declared { name, ty } => {
                    if untyped && ty.is_none() {
                        self.not_inferred(name);
                    }
                    let slot = self.declare(&name.text, ty.unwrap_or(Type::Error), name.span);
                    self.state.assign(slot);
                }
                Target::Many(targets, _) => self.declare_wrong(targets, untyped),
                _ => {}
            }
        }
    }
}
