//! Which of several methods a call means, and its type arguments.
//!
//! Source: C# specification, 12.6.3 (inference) and 12.6.4 (overload resolution).

use std::rc::Rc;
use std::sync::Arc;

use csharp::ast::{Expr, ExprKind};
use source::Span;

use crate::code::NodeId;
use crate::library::signature::{Mode, Param};
use crate::registry::{as_class, known, registry};
use crate::types::{Scalar, Type};

use super::conversion::{Conversion, implicit, is_reference, widens};
use super::lookup::Found;
use super::name::Methods;
use super::{Binder, Bound};

/// An argument as written.
#[derive(Clone, Debug)]
pub(super) struct Argument<'t> {
    pub(super) name: Option<Arc<str>>,
    pub(super) value: ArgumentValue<'t>,
    pub(super) span: Span,
}

/// What is passed.
#[derive(Clone, Debug)]
pub(super) enum ArgumentValue<'t> {
    Value(Bound),
    /// Its type comes from the parameter.
    Lambda(&'t Expr),
    /// `default`.
    Default,
    /// `out x`: the type of the variable; none for `out var x`.
    Out(&'t Expr, Option<Type>),
    /// `ref x`.
    Ref(&'t Expr, Type),
    /// A method, whose overload the parameter's type chooses.
    Group(Rc<Methods>),
}

/// A method that the arguments fit.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) found: Found,
    /// Type arguments of the declaring type, then of the method.
    pub(super) types: Vec<Type>,
    /// For each parameter: which argument it gets.
    pub(super) slots: Vec<Slot>,
    /// `params` is written as single elements.
    pub(super) expanded: bool,
    /// How many parameters got their default.
    defaults: usize,
    /// Parameter type for each argument.
    wanted: Vec<Type>,
}

/// What a parameter gets.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Slot {
    Argument(usize),
    Default,
    /// The elements of an expanded `params`.
    Elements(Vec<usize>),
}

/// Why nothing fits, for the message.
#[derive(Clone, Debug)]
pub(super) enum Misfit {
    Count,
    /// A parameter got no argument.
    Missing(String),
    Name(Arc<str>),
    /// `out` or `ref` is missing, or is not wanted.
    Mode {
        index: usize,
        passed: Mode,
        wanted: Mode,
    },
    Argument {
        index: usize,
        from: String,
        to: Type,
    },
    Inference,
    Lambda(Span),
    /// A lambda gives something else than is wanted.
    Result {
        at: Span,
        from: Type,
        to: Type,
    },
    Ambiguous,
}

impl Binder<'_> {
    /// The best method for the arguments. A lambda is bound on trial once for each list of parameter types.
    pub(super) fn choose(
        &mut self,
        methods: Vec<Found>,
        arguments: &[Argument<'_>],
        type_args: &[Type],
    ) -> Result<Candidate, Misfit> {
        let before = std::mem::take(&mut self.lambda_types);
        let chosen = self.choose_fitting(methods, arguments, type_args);
        self.lambda_types = before;
        chosen
    }

    fn choose_fitting(
        &mut self,
        methods: Vec<Found>,
        arguments: &[Argument<'_>],
        type_args: &[Type],
    ) -> Result<Candidate, Misfit> {
        let mut misfit = Misfit::Count;
        let single = methods.len() == 1;
        let mut fitting: Vec<Candidate> = Vec::new();
        for found in methods {
            // A method of a derived type hides what its bases offer, once it fits.
            if fitting.iter().any(|other| other.found.level < found.level) {
                continue;
            }
            for expanded in [false, true] {
                match self.fit(&found, arguments, type_args, expanded) {
                    Ok(candidate) => {
                        fitting.push(candidate);
                        break;
                    }
                    Err(reason) => {
                        let missing = single && !expanded && matches!(reason, Misfit::Missing(_));
                        if missing || better_reason(&reason, &misfit) {
                            misfit = reason;
                        }
                    }
                }
            }
        }
        match fitting.len() {
            0 => Err(misfit),
            1 => fitting.pop().ok_or(misfit),
            _ => best(fitting, arguments).ok_or(Misfit::Ambiguous),
        }
    }

    fn fit(
        &mut self,
        found: &Found,
        arguments: &[Argument<'_>],
        type_args: &[Type],
        expanded: bool,
    ) -> Result<Candidate, Misfit> {
        let signature = &found.member.signature;
        let has_params = signature.params.last().is_some_and(|param| param.mode == Mode::Params);
        if expanded && !has_params {
            return Err(Misfit::Count);
        }
        let slots = place(&signature.params, arguments, expanded)?;
        let wanted = wanted_types(&signature.params, &slots, arguments.len(), expanded);
        let mut types: Vec<Option<Type>> = found.class_args().into_iter().map(Some).collect();
        let own = types.len();
        if !type_args.is_empty() {
            if type_args.len() != signature.type_params.len() {
                return Err(Misfit::Count);
            }
            types.extend(type_args.iter().cloned().map(Some));
        } else {
            types.resize(own + signature.type_params.len(), None);
            self.infer(&wanted, arguments, &mut types)?;
        }
        let wanted: Vec<Type> = wanted.iter().map(|ty| ty.substitute(&types)).collect();
        for (index, (argument, ty)) in arguments.iter().zip(&wanted).enumerate() {
            self.accepts(argument, ty)
                .map_err(|reason| reason.unwrap_or_else(|| mismatch(index, argument, ty)))?;
        }
        if let Some((index, ty)) = unconstrained(&signature.constraints, &types) {
            let from = types.get(usize::from(index)).cloned().flatten().unwrap_or(Type::Object).to_string();
            return Err(Misfit::Argument { index: 0, from, to: ty });
        }
        let defaults = slots.iter().filter(|slot| **slot == Slot::Default).count();
        let types = types.into_iter().map(|ty| ty.unwrap_or(Type::Object)).collect();
        Ok(Candidate { found: found.clone(), types, slots, expanded, defaults, wanted })
    }

    /// Whether an argument can be passed for a parameter of a type.
    fn accepts(&mut self, argument: &Argument<'_>, ty: &Type) -> Result<(), Option<Misfit>> {
        match &argument.value {
            ArgumentValue::Value(bound) => {
                let fits =
                    implicit(&bound.ty, bound.constant.as_ref(), ty).is_some() && bound.ty != Type::Void;
                fits.then_some(()).ok_or(None)
            }
            ArgumentValue::Default => Ok(()),
            ArgumentValue::Out(_, own) => {
                own.as_ref().is_none_or(|own| own == ty || *own == Type::Error).then_some(()).ok_or(None)
            }
            ArgumentValue::Ref(_, own) => (own == ty || *own == Type::Error).then_some(()).ok_or(None),
            ArgumentValue::Lambda(lambda) => self.lambda_fits(lambda, ty).map_err(Some),
            ArgumentValue::Group(methods) => self.group_fits(methods, ty).then_some(()).ok_or(None),
        }
    }

    /// Finds the type arguments of a generic method.
    fn infer(
        &mut self,
        wanted: &[Type],
        arguments: &[Argument<'_>],
        types: &mut [Option<Type>],
    ) -> Result<(), Misfit> {
        if types.iter().all(Option::is_some) {
            return Ok(());
        }
        for (argument, ty) in arguments.iter().zip(wanted) {
            match &argument.value {
                ArgumentValue::Value(bound) => unify(ty, &bound.ty, types),
                ArgumentValue::Out(_, Some(own)) | ArgumentValue::Ref(_, own) => unify(ty, own, types),
                ArgumentValue::Lambda(lambda) => self.infer_written(lambda, ty, types),
                _ => {}
            }
        }
        // An argument waits until the types of its parameters are known, which others may give (12.6.3.3).
        let functions = |argument: &&(&Argument<'_>, &Type)| {
            matches!(argument.0.value, ArgumentValue::Lambda(_) | ArgumentValue::Group(_))
        };
        let all: Vec<_> = arguments.iter().zip(wanted).collect();
        let mut waiting: Vec<_> = all.iter().filter(functions).copied().collect();
        while !waiting.is_empty() {
            let before = waiting.len();
            let mut later = Vec::new();
            for (argument, ty) in waiting {
                let known = match &argument.value {
                    ArgumentValue::Lambda(lambda) => self.infer_lambda(lambda, ty, types)?,
                    ArgumentValue::Group(methods) => self.infer_group(methods, ty, types),
                    _ => true,
                };
                if !known {
                    later.push((argument, ty));
                }
            }
            if later.len() == before {
                break;
            }
            waiting = later;
        }
        if types.iter().all(Option::is_some) { Ok(()) } else { Err(Misfit::Inference) }
    }

    /// What the written parameter types of a lambda say: `(int x) => …`.
    fn infer_written(&mut self, lambda: &Expr, ty: &Type, types: &mut [Option<Type>]) {
        let Some((params, _)) = delegate(ty) else { return };
        let Some(written) = self.written_params(lambda) else { return };
        for (param, written) in params.iter().zip(&written) {
            unify(param, written, types);
        }
    }

    /// The result type of a lambda; false when the types of its parameters are not known yet.
    fn infer_lambda(&mut self, lambda: &Expr, ty: &Type, types: &mut [Option<Type>]) -> Result<bool, Misfit> {
        let Some((params, result)) = delegate(&ty.substitute(types)) else { return Ok(true) };
        if params.iter().any(Type::is_open) {
            return Ok(false);
        }
        if !result.is_open() {
            return Ok(true);
        }
        let found = self.lambda_result(lambda, &params)?;
        let declared = delegate(ty).map(|(_, result)| result).unwrap_or(result);
        if found == Type::Error {
            // What is wrong in it is reported when it is bound for good.
            give_up(&declared, types);
        }
        unify(&declared, &found, types);
        Ok(true)
    }

    /// The result type of a method; false when the types of its parameters are not known yet.
    fn infer_group(&mut self, methods: &Methods, ty: &Type, types: &mut [Option<Type>]) -> bool {
        let Some((params, result)) = delegate(&ty.substitute(types)) else { return true };
        if params.iter().any(Type::is_open) {
            return false;
        }
        if result.is_open()
            && let Some(found) = self.group_result(methods, &params)
        {
            let declared = delegate(ty).map(|(_, result)| result).unwrap_or(result);
            unify(&declared, &found, types);
        }
        true
    }

    /// A lambda is bound on trial: whether it has the parameters, binds, and gives the result.
    fn lambda_fits(&mut self, lambda: &Expr, ty: &Type) -> Result<(), Misfit> {
        let Some((params, result)) = delegate(ty) else { return Err(Misfit::Lambda(lambda.span)) };
        self.trial_lambda(lambda, &params, &result)
    }
}

/// The first type argument that does not keep its constraint (CS0311).
fn unconstrained(constraints: &[(u8, Type)], types: &[Option<Type>]) -> Option<(u8, Type)> {
    let broken = |(index, ty): &&(u8, Type)| {
        let given = types.get(usize::from(*index)).cloned().flatten();
        given.is_some_and(|given| given != Type::Error && !crate::eval::reference_converts(&given, ty))
    };
    constraints.iter().find(broken).cloned()
}

/// The parameters and the result of a delegate type.
pub(super) fn delegate(ty: &Type) -> Option<(Vec<Type>, Type)> {
    let known = known();
    let Type::Class(id, args) = ty else { return None };
    if *id == known.func {
        let (result, params) = args.split_last()?;
        return Some((params.to_vec(), result.clone()));
    }
    if *id == known.action {
        return Some((args.to_vec(), Type::Void));
    }
    let invoke = registry().class(*id).invoke()?;
    let args: Vec<Option<Type>> = args.iter().cloned().map(Some).collect();
    let params = invoke.params.iter().map(|param| param.ty.substitute(&args)).collect();
    Some((params, invoke.result.substitute(&args)))
}

fn better_reason(new: &Misfit, old: &Misfit) -> bool {
    let rank = |reason: &Misfit| match reason {
        Misfit::Count | Misfit::Missing(_) => 0,
        Misfit::Name(_) => 1,
        Misfit::Mode { .. } | Misfit::Inference => 2,
        Misfit::Argument { .. } => 3,
        Misfit::Lambda(_) => 4,
        Misfit::Result { .. } | Misfit::Ambiguous => 5,
    };
    rank(new) > rank(old)
}

fn mismatch(index: usize, argument: &Argument<'_>, to: &Type) -> Misfit {
    let from = match &argument.value {
        ArgumentValue::Value(bound) => bound.ty.to_string(),
        ArgumentValue::Lambda(_) => "lambda expression".to_owned(),
        ArgumentValue::Default => "default".to_owned(),
        ArgumentValue::Out(_, ty) => format!("out {}", ty.as_ref().map_or("var".to_owned(), Type::to_string)),
        ArgumentValue::Ref(_, ty) => format!("ref {ty}"),
        ArgumentValue::Group(_) => "method group".to_owned(),
    };
    Misfit::Argument { index, from, to: to.clone() }
}

/// Which parameter gets which argument.
fn place(params: &[Param], arguments: &[Argument<'_>], expanded: bool) -> Result<Vec<Slot>, Misfit> {
    let mut slots: Vec<Option<Slot>> = vec![None; params.len()];
    let fixed = if expanded { params.len().saturating_sub(1) } else { params.len() };
    let mut elements = Vec::new();
    for (index, argument) in arguments.iter().enumerate() {
        let at = match &argument.name {
            Some(name) => params
                .iter()
                .position(|param| *param.name == **name)
                .ok_or_else(|| Misfit::Name(Arc::clone(name)))?,
            None => index,
        };
        if expanded && at >= fixed && argument.name.is_none() {
            elements.push(index);
            continue;
        }
        let place = slots.get_mut(at).ok_or(Misfit::Count)?;
        let mode = params.get(at).map_or(Mode::Value, |param| param.mode);
        let passed = match argument.value {
            ArgumentValue::Out(..) => Mode::Out,
            ArgumentValue::Ref(..) => Mode::Ref,
            _ => Mode::Value,
        };
        if place.is_some() {
            return Err(Misfit::Count);
        }
        if passed != mode && (passed != Mode::Value || mode != Mode::Params) {
            return Err(Misfit::Mode { index, passed, wanted: mode });
        }
        *place = Some(Slot::Argument(index));
    }
    if expanded && let Some(last) = slots.last_mut() {
        *last = Some(Slot::Elements(elements));
    }
    let filled = slots.into_iter().zip(params).map(|(slot, param)| match slot {
        Some(slot) => Ok(slot),
        None if param.default.is_some() => Ok(Slot::Default),
        None => Err(Misfit::Missing(param.name.to_string())),
    });
    filled.collect()
}

/// The parameter type that each argument is for.
fn wanted_types(params: &[Param], slots: &[Slot], count: usize, expanded: bool) -> Vec<Type> {
    let mut wanted = vec![Type::Error; count];
    for (slot, param) in slots.iter().zip(params) {
        match slot {
            Slot::Argument(index) => {
                if let Some(place) = wanted.get_mut(*index) {
                    *place = param.ty.clone();
                }
            }
            Slot::Elements(indices) if expanded => {
                let element = match &param.ty {
                    Type::Array(element) => element.as_ref().clone(),
                    other => other.clone(),
                };
                for index in indices {
                    if let Some(place) = wanted.get_mut(*index) {
                        *place = element.clone();
                    }
                }
            }
            _ => {}
        }
    }
    wanted
}

/// Finds type arguments by laying a parameter's type over an argument's.
fn unify(param: &Type, given: &Type, types: &mut [Option<Type>]) {
    match (param, given) {
        // Reported already: whatever depends on it is not reported again.
        (param, Type::Error) => give_up(param, types),
        (_, Type::Null | Type::Void) => {}
        (Type::Param(index), given) => bind_param(*index, given, types),
        (Type::Nullable(param), Type::Nullable(given)) => unify(param, given, types),
        (Type::Nullable(param), given) => unify(param, given, types),
        (Type::Array(param), Type::Array(given)) => unify(param, given, types),
        (Type::MultiArray(param, a), Type::MultiArray(given, b)) if a == b => unify(param, given, types),
        (Type::Tuple(param), Type::Tuple(given)) if param.items.len() == given.items.len() => {
            for (param, given) in param.items.iter().zip(&given.items) {
                unify(param, given, types);
            }
        }
        (Type::Class(id, params), given) if param.is_open() => {
            if let Some(Type::Class(_, args)) = sequence_of(given, *id) {
                for (param, arg) in params.iter().zip(args.iter()) {
                    unify(param, arg, types);
                }
            }
        }
        _ => {}
    }
}

fn give_up(param: &Type, types: &mut [Option<Type>]) {
    match param {
        Type::Param(index) => {
            if let Some(place @ None) = types.get_mut(usize::from(*index)) {
                *place = Some(Type::Error);
            }
        }
        Type::Nullable(inner) | Type::Array(inner) => give_up(inner, types),
        Type::Class(_, args) => args.iter().for_each(|arg| give_up(arg, types)),
        Type::Tuple(shape) => shape.items.iter().for_each(|item| give_up(item, types)),
        _ => {}
    }
}

/// A `JObject` is two sequences; as elements of LINQ it counts as tokens.
fn sequence_of(given: &Type, id: crate::types::ClassId) -> Option<Type> {
    if given.is_class(known().jobject) && id == known().enumerable {
        return Some(Type::generic(id, [Type::class(known().jtoken)]));
    }
    as_class(given, id)
}

fn bind_param(index: u8, given: &Type, types: &mut [Option<Type>]) {
    let Some(place) = types.get_mut(usize::from(index)) else { return };
    match place {
        None => *place = Some(given.clone()),
        // Two candidates: the one that the other converts to.
        Some(own) => {
            if implicit(own, None, given).is_some() && implicit(given, None, own).is_none() {
                *place = Some(given.clone());
            }
        }
    }
}

/// The candidate that is better than every other; none when there is no such.
fn best(candidates: Vec<Candidate>, arguments: &[Argument<'_>]) -> Option<Candidate> {
    let beats = |a: &Candidate, b: &Candidate| compare(a, b, arguments) == Some(true);
    let winner = candidates
        .iter()
        .position(|one| candidates.iter().all(|other| std::ptr::eq(one, other) || beats(one, other)));
    let at = winner?;
    candidates.into_iter().nth(at)
}

/// Whether `a` is better than `b`; none when neither is.
fn compare(a: &Candidate, b: &Candidate, arguments: &[Argument<'_>]) -> Option<bool> {
    let mut a_better = false;
    let mut b_better = false;
    for ((argument, x), y) in arguments.iter().zip(&a.wanted).zip(&b.wanted) {
        match better_conversion(argument, x, y) {
            Some(true) => a_better = true,
            Some(false) => b_better = true,
            None => {}
        }
    }
    if a_better != b_better {
        return Some(a_better);
    }
    if a_better {
        return None;
    }
    tie(a, b)
}

fn tie(a: &Candidate, b: &Candidate) -> Option<bool> {
    let generic = |candidate: &Candidate| !candidate.found.member.signature.type_params.is_empty();
    if generic(a) != generic(b) {
        return Some(!generic(a));
    }
    if a.expanded != b.expanded {
        return Some(!a.expanded);
    }
    if a.defaults != b.defaults {
        return Some(a.defaults < b.defaults);
    }
    let specific = |candidate: &Candidate| {
        let params = candidate.found.member.signature.params.iter();
        params.map(|param| depth_of(&param.ty)).sum::<u32>()
    };
    match specific(a).cmp(&specific(b)) {
        std::cmp::Ordering::Greater => Some(true),
        std::cmp::Ordering::Less => Some(false),
        std::cmp::Ordering::Equal => {
            (a.found.level != b.found.level).then_some(a.found.level < b.found.level)
        }
    }
}

/// A type with fewer type parameters is more specific.
fn depth_of(ty: &Type) -> u32 {
    match ty {
        Type::Param(_) => 0,
        Type::Nullable(inner) | Type::Array(inner) => 1 + depth_of(inner),
        Type::Class(_, args) => 1 + args.iter().map(depth_of).sum::<u32>(),
        _ => 1,
    }
}

/// Whether an argument converts better to `x` than to `y`.
fn better_conversion(argument: &Argument<'_>, x: &Type, y: &Type) -> Option<bool> {
    if x == y {
        return None;
    }
    match &argument.value {
        ArgumentValue::Value(bound) => {
            if bound.ty == *x {
                return Some(true);
            }
            if bound.ty == *y {
                return Some(false);
            }
            better_target(x, y).or_else(|| {
                // A conversion that a type defines is no worse in C#, but one without is what authors mean.
                let defined = |ty: &Type| {
                    matches!(
                        implicit(&bound.ty, bound.constant.as_ref(), ty),
                        Some(Conversion::Operator { .. })
                    )
                };
                (defined(x) != defined(y)).then(|| defined(y))
            })
        }
        ArgumentValue::Lambda(lambda) => better_lambda(lambda, x, y),
        _ => better_target(x, y),
    }
}

/// Better conversion target (12.6.4.7).
fn better_target(x: &Type, y: &Type) -> Option<bool> {
    let to_y = implicit(x, None, y).is_some();
    let to_x = implicit(y, None, x).is_some();
    match (to_y, to_x) {
        (true, false) => return Some(true),
        (false, true) => return Some(false),
        _ => {}
    }
    let signed =
        |ty: &Type| matches!(ty, Type::Scalar(Scalar::SByte | Scalar::Int16 | Scalar::Int32 | Scalar::Int64));
    let unsigned = |ty: &Type| {
        matches!(ty, Type::Scalar(Scalar::Byte | Scalar::UInt16 | Scalar::UInt32 | Scalar::UInt64))
    };
    if signed(x) && unsigned(y) {
        return Some(true);
    }
    if unsigned(x) && signed(y) {
        return Some(false);
    }
    None
}

/// Delegates with the same parameters: the better result wins (`Func<T, int>` over `Func<T, long>` for an `int`).
fn better_lambda(_: &Expr, x: &Type, y: &Type) -> Option<bool> {
    let ((params_x, x), (params_y, y)) = (delegate(x)?, delegate(y)?);
    if params_x != params_y || x == y {
        return None;
    }
    match (&x, &y) {
        (Type::Void, _) => Some(false),
        (_, Type::Void) => Some(true),
        (Type::Scalar(a), Type::Scalar(b)) if widens(*a, *b) => Some(true),
        (Type::Scalar(a), Type::Scalar(b)) if widens(*b, *a) => Some(false),
        (x, y) if is_reference(x) && is_reference(y) => better_target(x, y),
        _ => better_target(&x, &y),
    }
}

/// Whether an expression is a lambda, in parentheses or not.
pub(super) fn is_lambda(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Lambda(_) => true,
        ExprKind::Paren(inner) => is_lambda(inner),
        _ => false,
    }
}

/// Nodes for the parameters of a call, in order.
pub(super) type ParamNodes = Vec<NodeId>;
