//! Functions that the author declares among statements: `int Twice(int x) => 2 * x;`.
//!
//! A function is a closure in a variable of its block, made when the block begins. One with type parameters is checked
//! once with the parameters as types of their own, and made once for each set of types that it is called with. What
//! is passed by reference is passed as the cell of the variable.

use std::borrow::Cow;
use std::sync::Arc;

use csharp::ast::{LocalFunction, Param, ParamMode};
use source::Span;

use crate::Facts;
use crate::Value;
use crate::code::{Node, NodeId, Slot};
use crate::library::signature::{DefaultValue, MemberKind, Mode, Param as Declaration, Signature};
use crate::registry::{Action, Member, known};
use crate::types::Type;

use super::lookup::{Found, MemberRef};
use super::overload::{Argument, ArgumentValue, Candidate};
use super::scope::{FunctionKind, Parameter, Returns};
use super::{Binder, Bound};

/// Most sets of types that the functions of one program are made for.
const INSTANCES: usize = 64;
/// Deepest nesting of type arguments of such a set.
const TYPE_DEPTH: u32 = 12;

/// A declared function.
#[derive(Debug)]
pub(super) struct Declared {
    member: Arc<Member>,
    type_params: Vec<Arc<str>>,
    /// Which function it is declared in, and in which of its scopes.
    function: u32,
    scope: usize,
    /// For each set of types the variable that holds the function; one without types when it has no type parameters.
    instances: Vec<Instance>,
}

#[derive(Clone, Debug)]
struct Instance {
    types: Vec<Type>,
    slot: Slot,
    made: bool,
}

impl Binder<'_> {
    /// The function of a name, unless a variable further in has it.
    pub(super) fn find_function(&mut self, name: &str) -> Option<u32> {
        if self.locals.is_empty() {
            return None;
        }
        let mut scopes = self.functions.iter().rev().flat_map(|function| function.scopes.iter().rev());
        let slot = scopes.find_map(|scope| scope.names.get(name).copied())?;
        self.var(slot)?.function_of
    }

    /// Declares a function when its block begins; its number.
    pub(super) fn declare_function(&mut self, tree: &LocalFunction) -> Option<u32> {
        let name = super::text_of(&tree.name);
        let type_params: Vec<Arc<str>> = tree.type_params.iter().map(super::text_of).collect();
        let outer = self.type_names.len();
        for (index, name) in type_params.iter().enumerate() {
            self.type_names.push((Arc::clone(name), Type::Param(u8::try_from(index).unwrap_or(u8::MAX))));
        }
        let params = self.declared_params(&tree.params);
        let result = self.ty(&tree.result);
        self.type_names.truncate(outer);
        let number = u32::try_from(self.locals.len()).unwrap_or(u32::MAX);
        let signature = Signature {
            name: "",
            kind: MemberKind::Method,
            is_static: true,
            extension: false,
            type_params: vec![""; type_params.len()],
            constraints: Vec::new(),
            params: params?,
            result,
        };
        let slot = self.declare(&name, Type::Object, tree.name.span);
        if let Some(var) = self.var_mut(slot) {
            var.function_of = Some(number);
        }
        let function = self.functions.last();
        let scope = function.map_or(0, |function| function.scopes.len().saturating_sub(1));
        let function = function.map_or(0, |function| function.id);
        let member = Arc::new(Member { signature, call: Action::Local(number), facts: Facts::NONE });
        self.locals.push(Declared { member, type_params, function, scope, instances: Vec::new() });
        if tree.type_params.is_empty() {
            self.instance(number, Vec::new(), tree.name.span);
        }
        Some(number)
    }

    fn declared_params(&mut self, params: &[Param]) -> Option<Vec<Declaration>> {
        let mut all: Vec<Declaration> = Vec::new();
        for param in params {
            let ty = param.ty.as_ref().map_or(Type::Error, |ty| self.ty(ty));
            let mode = match param.mode {
                ParamMode::Value | ParamMode::In => Mode::Value,
                ParamMode::Out => Mode::Out,
                ParamMode::Ref => Mode::Ref,
                ParamMode::Params => Mode::Params,
            };
            let default = self.declared_default(param, &ty);
            let optional = default.is_some() || mode == Mode::Params;
            if !optional && all.last().is_some_and(|before| before.default.is_some()) {
                let message = "parameters that can be left out stand behind all others (CS1737)";
                self.error("csharp-parameter", param.span, message);
            }
            let name = Cow::Owned(param.name.text.to_string());
            all.push(Declaration { name, ty, mode, default });
        }
        Some(all)
    }

    fn declared_default(&mut self, param: &Param, ty: &Type) -> Option<DefaultValue> {
        let value = self.typed_value(param.default.as_ref()?, ty);
        if value.constant.is_none() && value.ty != Type::Error {
            let message = format!("the default of `{}` must be a constant (CS1736)", param.name.text);
            self.error("csharp-const", value.span, message);
        }
        Some(value.constant.map_or(DefaultValue::Null, DefaultValue::Value))
    }

    /// The function as overload resolution sees it.
    pub(super) fn function_member(&self, number: u32) -> Vec<Found> {
        let declared = self.locals.get(number as usize);
        let found = |declared: &Declared| Found {
            owner: Type::Object,
            member: MemberRef::Own(Arc::clone(&declared.member)),
            level: 0,
        };
        declared.map(found).into_iter().collect()
    }

    /// The variable that holds a function made for a set of types.
    fn instance(&mut self, number: u32, types: Vec<Type>, span: Span) -> Option<Slot> {
        if types.iter().any(is_opaque) {
            return Some(self.temporary(Type::Object));
        }
        let declared = self.locals.get(number as usize)?;
        if let Some(instance) = declared.instances.iter().find(|instance| instance.types == types) {
            return Some(instance.slot);
        }
        let total: usize = self.locals.iter().map(|declared| declared.instances.len()).sum();
        if total >= INSTANCES || types.iter().any(|ty| depth_of(ty) > TYPE_DEPTH) {
            self.error(
                "csharp-too-complex",
                span,
                "functions with type parameters are used with too many types",
            );
            self.help("write a function for each type that is needed");
            return None;
        }
        let (function, scope) = (declared.function, declared.scope);
        let slot = self.variable_in(function, scope);
        if let Some(declared) = self.locals.get_mut(number as usize) {
            declared.instances.push(Instance { types, slot, made: false });
        }
        Some(slot)
    }

    /// Binds the functions of a block, whose variables all are declared by now: the nodes that make them.
    pub(super) fn make_functions(&mut self, functions: &[(&LocalFunction, u32)]) -> Vec<NodeId> {
        let mut made = Vec::new();
        for &(tree, number) in functions {
            if !tree.type_params.is_empty() {
                self.check_generic(tree, number);
            }
        }
        // Making one may ask for another one.
        while let Some((tree, number, instance)) = self.next_instance(functions) {
            let outer = self.type_names.len();
            let names = self.type_params(number);
            self.type_names.extend(names.into_iter().zip(instance.types.iter().cloned()));
            let problems = self.problems.len();
            let node = self.make_function(tree, number, &instance);
            if !instance.types.is_empty() {
                // Reported when it was checked with its type parameters.
                let more = self.problems.split_off(problems);
                self.problems.extend(more.into_iter().filter(|problem| problem.code == "csharp-too-complex"));
            }
            self.type_names.truncate(outer);
            made.push(node);
        }
        made
    }

    fn type_params(&self, number: u32) -> Vec<Arc<str>> {
        self.locals.get(number as usize).map(|declared| declared.type_params.clone()).unwrap_or_default()
    }

    fn next_instance<'t>(
        &mut self,
        functions: &[(&'t LocalFunction, u32)],
    ) -> Option<(&'t LocalFunction, u32, Instance)> {
        functions.iter().find_map(|&(tree, number)| {
            let declared = self.locals.get_mut(number as usize)?;
            let instance = declared.instances.iter_mut().find(|instance| !instance.made)?;
            instance.made = true;
            Some((tree, number, instance.clone()))
        })
    }

    /// Checks a function with type parameters: each is a type about which nothing is known.
    fn check_generic(&mut self, tree: &LocalFunction, number: u32) {
        let outer = self.type_names.len();
        let names = self.type_params(number);
        let opaque: Vec<Type> = names.iter().map(|name| Type::Opaque(Arc::clone(name))).collect();
        self.type_names.extend(names.into_iter().zip(opaque.iter().cloned()));
        let state = self.state.clone();
        self.state.dead = false;
        let (params, result) = self.instantiated(tree, number, &opaque);
        self.function_body(params, &tree.body, Returns::Typed(result), FunctionKind::Local);
        self.state = state;
        self.type_names.truncate(outer);
    }

    fn instantiated(&self, tree: &LocalFunction, number: u32, types: &[Type]) -> (Vec<Parameter>, Type) {
        let Some(declared) = self.locals.get(number as usize) else { return (Vec::new(), Type::Error) };
        let signature = &declared.member.signature;
        let types: Vec<Option<Type>> = types.iter().cloned().map(Some).collect();
        let params = tree.params.iter().zip(&signature.params).map(|(param, declaration)| Parameter {
            name: super::text_of(&param.name),
            ty: declaration.ty.substitute(&types),
            mode: param.mode,
            span: param.name.span,
        });
        (params.collect(), signature.result.substitute(&types))
    }

    fn make_function(&mut self, tree: &LocalFunction, number: u32, instance: &Instance) -> NodeId {
        let (params, result) = self.instantiated(tree, number, &instance.types);
        let plain = params.iter().all(|param| !matches!(param.mode, ParamMode::Ref | ParamMode::Out));
        let types = params.iter().map(|param| param.ty.clone()).collect();
        let ty = if plain { delegate_type(types, &result) } else { Type::Object };
        let state = self.state.clone();
        self.state.dead = false;
        let made = self.function_body(params, &tree.body, Returns::Typed(result), FunctionKind::Local);
        self.state = state;
        let closure = self.closure(&made, &ty, tree.name.span);
        self.write(instance.slot, closure.node)
    }

    /// Calls a function that the author wrote.
    pub(super) fn call_function(
        &mut self,
        number: u32,
        candidate: &Candidate,
        arguments: &[Argument<'_>],
        span: Span,
    ) -> Bound {
        self.facts |= Facts::HEAVY;
        let types: Vec<Option<Type>> = candidate.types.iter().cloned().map(Some).collect();
        let ty = candidate.found.member.signature.result.substitute(&types);
        let Some(slot) = self.instance(number, candidate.types.clone(), span) else {
            return self.wrong(span);
        };
        let slot = self.captured(slot);
        let target = self.read(slot);
        let (nodes, _) = self.call_nodes(None, candidate, arguments);
        let args = self.node_list(&nodes);
        let node = self.emit(Node::Invoke { target, args });
        self.bound(node, ty, span)
    }

    /// The function itself as a value of a delegate type that is exactly its own; none when it is not.
    pub(super) fn function_value(
        &mut self,
        number: u32,
        candidate: &Candidate,
        ty: &Type,
        span: Span,
    ) -> Option<Bound> {
        let signature = &candidate.found.member.signature;
        let types: Vec<Option<Type>> = candidate.types.iter().cloned().map(Some).collect();
        let plain = signature.params.iter().all(|param| param.mode == Mode::Value);
        let params = signature.params.iter().map(|param| param.ty.substitute(&types)).collect();
        let own = delegate_type(params, &signature.result.substitute(&types));
        if !plain || own != *ty {
            return None;
        }
        let slot = self.instance(number, candidate.types.clone(), span)?;
        let slot = self.captured(slot);
        let node = self.read(slot);
        Some(self.bound(node, ty.clone(), span))
    }

    /// What is passed for a `ref` or `out` parameter of a function that the author wrote.
    pub(super) fn reference_argument(&mut self, argument: &Argument<'_>, ty: &Type) -> NodeId {
        match &argument.value {
            ArgumentValue::Out(target, _) => self.reference_to(target, ty, true),
            ArgumentValue::Ref(target, _) => self.reference_to(target, ty, false),
            _ => self.constant_node(Value::Null),
        }
    }

    /// Reports `out` parameters that have no value where the function ends.
    pub(super) fn check_outs(&mut self, span: Span) {
        if self.state.dead {
            return;
        }
        let outs = self.functions.last().map(|function| function.outs.clone()).unwrap_or_default();
        for slot in outs {
            if !self.state.is_assigned(slot) {
                let name = self.var(slot).map(|var| Arc::clone(&var.name)).unwrap_or_default();
                let message = format!(
                    "the `out` parameter `{name}` must be assigned before the function ends (CS0177)"
                );
                self.error("csharp-unassigned", span, message);
            }
        }
    }
}

/// `Func<…>` or `Action<…>`.
pub(super) fn delegate_type(mut params: Vec<Type>, result: &Type) -> Type {
    if params.len() > 16 {
        return Type::Object;
    }
    if *result == Type::Void {
        return Type::generic(known().action, params);
    }
    params.push(result.clone());
    Type::generic(known().func, params)
}

/// Whether a type mentions a type parameter of a function that is only checked.
fn is_opaque(ty: &Type) -> bool {
    match ty {
        Type::Opaque(_) => true,
        Type::Nullable(inner) | Type::Array(inner) | Type::MultiArray(inner, _) => is_opaque(inner),
        Type::Class(_, args) => args.iter().any(is_opaque),
        Type::Tuple(shape) => shape.items.iter().any(is_opaque),
        Type::Anonymous(shape) => shape.members.iter().any(|(_, ty)| is_opaque(ty)),
        _ => false,
    }
}

fn depth_of(ty: &Type) -> u32 {
    let inner = match ty {
        Type::Nullable(inner) | Type::Array(inner) | Type::MultiArray(inner, _) => depth_of(inner),
        Type::Class(_, args) => args.iter().map(depth_of).max().unwrap_or(0),
        Type::Tuple(shape) => shape.items.iter().map(depth_of).max().unwrap_or(0),
        Type::Anonymous(shape) => shape.members.iter().map(|(_, ty)| depth_of(ty)).max().unwrap_or(0),
        _ => 0,
    };
    inner + 1
}
