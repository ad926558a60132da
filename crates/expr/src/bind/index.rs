//! Indexers, elements of arrays, and operators that types define.

use csharp::ast::{Arg, Args, Expr};
use source::Span;

use crate::code::{List, Node, NodeId};
use crate::library::Call;
use crate::library::signature::MemberKind;
use crate::registry::Action;
use crate::types::Type;

use super::call::{constant_text, has_error};
use super::lookup::{Found, members};
use super::overload::{Argument, ArgumentValue, Candidate, Misfit};
use super::{Binder, Bound};

impl Binder<'_> {
    /// `target[args]`.
    pub(super) fn index(&mut self, target: &Expr, args: &Args, span: Span) -> Bound {
        let target = self.expr(target);
        let target = self.something(target);
        if target.ty == Type::Error {
            self.arguments(args);
            return self.wrong(span);
        }
        if let Type::Array(element) = &target.ty {
            let element = element.as_ref().clone();
            let index = self.array_index(args, span);
            let node = self.emit(Node::Element(target.node, index.node));
            return self.bound(node, element, span);
        }
        if let Type::MultiArray(element, rank) = &target.ty {
            let element = element.as_ref().clone();
            let Some(indices) = self.array_indices(args, *rank, span) else { return self.wrong(span) };
            let indices = self.index_list(&indices);
            let node = self.emit(Node::MultiElement { array: target.node, indices });
            return self.bound(node, element, span);
        }
        let arguments = self.arguments(args);
        if has_error(&arguments) {
            return self.wrong(span);
        }
        if self.is_variables(&target)
            && let Some(name) = arguments.first().and_then(constant_text)
        {
            let name = self.name_index(name.as_str());
            let node = self.emit(Node::Variable(name));
            return self.bound(node, Type::Object, span);
        }
        match self.indexer(&target, &arguments, false) {
            Ok(candidate) => self.emit_call(Some(target), candidate, &arguments, span),
            Err(misfit) => self.no_indexer(&target, misfit, &arguments, span),
        }
    }

    /// The indexer for the arguments; for assignment, the one that can be set.
    pub(super) fn indexer(
        &mut self,
        target: &Bound,
        arguments: &[Argument<'_>],
        set: bool,
    ) -> Result<Candidate, Option<Misfit>> {
        let found: Vec<Found> = members(&target.ty, "this")
            .into_iter()
            .filter(|found| matches!(found.member.call, Action::Library(Call::Setter(_))) == set)
            .collect();
        if found.is_empty() {
            return Err(None);
        }
        self.choose(found, arguments, &[]).map_err(Some)
    }

    pub(super) fn no_indexer(
        &mut self,
        target: &Bound,
        misfit: Option<Misfit>,
        arguments: &[Argument<'_>],
        span: Span,
    ) -> Bound {
        match misfit {
            Some(misfit) => self.report_misfit("this[]", &misfit, arguments, span),
            None => {
                let message =
                    format!("cannot apply indexing with `[]` to a value of type `{}` (CS0021)", target.ty);
                self.error("csharp-no-indexer", span, message);
                if target.ty == Type::Object {
                    self.help("cast it to the type that it has: `((JObject)x)[\"name\"]`");
                }
            }
        }
        self.wrong(span)
    }

    /// The index of an array.
    pub(super) fn array_index(&mut self, args: &Args, span: Span) -> Bound {
        let [arg] = args.list.as_slice() else {
            self.error("csharp-array-index", span, "the array has one index (CS0022)");
            return self.wrong(span);
        };
        self.array_position(arg)
    }

    /// The indices of an array of several dimensions.
    pub(super) fn array_indices(&mut self, args: &Args, rank: u8, span: Span) -> Option<Vec<Bound>> {
        if args.list.len() != usize::from(rank) {
            self.error("csharp-array-index", span, format!("the array has {rank} indices (CS0022)"));
            return None;
        }
        Some(args.list.iter().map(|arg| self.array_position(arg)).collect())
    }

    pub(super) fn index_list(&mut self, indices: &[Bound]) -> List {
        let nodes: Vec<NodeId> = indices.iter().map(|index| index.node).collect();
        self.node_list(&nodes)
    }

    fn array_position(&mut self, arg: &Arg) -> Bound {
        let index = self.expr(&arg.value);
        let index = self.something(index);
        let integral =
            matches!(index.ty, Type::Scalar(scalar) if scalar.is_integral()) && index.ty != Type::CHAR;
        if integral { index } else { self.convert(index, &Type::INT) }
    }

    /// An operator that one of the operands' types defines.
    pub(super) fn defined_operator(
        &mut self,
        operator: &str,
        operands: &[&Bound],
        span: Span,
    ) -> Option<Bound> {
        let mut found: Vec<Found> = Vec::new();
        for operand in operands {
            if !matches!(operand.ty.without_nullable(), Type::Class(..)) {
                continue;
            }
            for each in members(operand.ty.without_nullable(), operator) {
                let fits = each.member.signature.kind == MemberKind::Operator
                    && each.member.signature.params.len() == operands.len()
                    && !found.iter().any(|other| std::ptr::eq(&*other.member, &*each.member));
                if fits {
                    found.push(Found { level: 0, ..each });
                }
            }
        }
        if found.is_empty() {
            return None;
        }
        let arguments: Vec<Argument<'_>> = operands
            .iter()
            .map(|operand| Argument {
                name: None,
                value: ArgumentValue::Value((*operand).clone()),
                span: operand.span,
            })
            .collect();
        let candidate = self.choose(found, &arguments, &[]).ok()?;
        Some(self.emit_call(None, candidate, &arguments, span))
    }
}
