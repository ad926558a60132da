//! The evaluator: walks the typed program, within fuel, depth and memory.

mod cast;
mod compound;
mod concat;
mod defaults;
mod display;
mod fast;
mod operators;
mod statements;

use std::sync::Arc;

use crate::code::{Arithmetic, Body, Code, Function, Index, List, Node, NodeId, Site, Slot};
use crate::heap::Heap;
use crate::object::{Lambda, Object};
use crate::types::Type;
use crate::value::{EnumValue, HeapId};
use crate::{Exception, Host, HostMember, HostObject, HostRef, Limits, Text, Value};

pub(crate) use cast::{cast, is_instance, reference_converts, runtime_type};
pub(crate) use defaults::default_value;
pub(crate) use display::{enum_bits_text, enum_text, plain_text};
pub(crate) use operators::{
    arithmetic, compare as less, complement, convert_number, equal_values, from_integer, in_range,
    integer_overflow, negate,
};
use statements::Flow;

/// Steps between two questions to the host whether the evaluation may go on.
const STRETCH: u64 = 4096;

/// The result of evaluating.
pub(crate) type Eval = Result<Value, Exception>;

/// One evaluation: what library functions get as well.
pub(crate) struct Cx<'a> {
    /// The objects of the request.
    pub(crate) heap: &'a mut Heap,
    /// The request in flight.
    pub(crate) host: &'a mut (dyn Host + 'a),
    /// Type arguments of the library function that is being called: of its type, then its own.
    pub(crate) types: &'a [Type],
    /// Values for the `out` parameters of the library function that is being called, in order.
    pub(crate) outs: Vec<Value>,
    pub(crate) limits: &'a Limits,
    code: &'a Code,
    /// Steps until the host is asked whether to go on.
    fuel: u64,
    /// Steps after that.
    reserve: u64,
    depth: u32,
    stack: Vec<Value>,
    base: usize,
    /// The exception being handled, for `throw;`.
    handling: Vec<Exception>,
}

impl<'a> Cx<'a> {
    pub(crate) fn new(
        code: &'a Code,
        host: &'a mut (dyn Host + 'a),
        heap: &'a mut Heap,
        limits: &'a Limits,
    ) -> Self {
        let stack = heap.take_stack();
        Self {
            heap,
            host,
            types: &[],
            outs: Vec::new(),
            limits,
            code,
            fuel: limits.fuel.min(STRETCH),
            reserve: limits.fuel.saturating_sub(STRETCH),
            depth: 0,
            stack,
            base: 0,
            handling: Vec::new(),
        }
    }

    /// Runs the program.
    pub(crate) fn run(mut self) -> Eval {
        let result = self.main().and_then(|value| self.settled(value));
        self.stack.clear();
        let stack = std::mem::take(&mut self.stack);
        self.heap.return_stack(stack);
        result
    }

    /// The program itself; one without variables needs no frame.
    fn main(&mut self) -> Eval {
        match self.code.functions.first() {
            Some(Function { slots: 0, body: Body::Expr(node) }) => self.eval(*node),
            _ => self.enter(0, &[], &[]),
        }
    }

    /// A sequence that would run later is run now: its lambdas belong to this program.
    fn settled(&mut self, value: Value) -> Eval {
        match self.heap.object(&value) {
            Some(Object::Query(query)) => {
                let element = query.element.clone();
                let items = crate::library::sequence::collect(self, &value)?;
                self.heap.array(element, items)
            }
            _ => Ok(value),
        }
    }

    /// What tells this program's functions from those of others.
    fn program(&self) -> usize {
        std::ptr::from_ref(self.code).addr()
    }

    /// Uses fuel, as library functions do for each element they look at.
    pub(crate) fn burn(&mut self, steps: u64) -> Result<(), Exception> {
        match self.fuel.checked_sub(steps) {
            Some(left) => {
                self.fuel = left;
                Ok(())
            }
            None => self.next_stretch(steps),
        }
    }

    /// The steps of a stretch are used up: the host says whether another begins.
    #[cold]
    fn next_stretch(&mut self, steps: u64) -> Result<(), Exception> {
        let Some(left) = self.fuel_left().checked_sub(steps) else {
            (self.fuel, self.reserve) = (0, 0);
            return Err(Exception::limit("The expression takes more steps than it may."));
        };
        self.fuel = left.min(STRETCH);
        self.reserve = left - self.fuel;
        self.host.may_go_on()
    }

    /// How many steps it may still take.
    pub(crate) fn fuel_left(&self) -> u64 {
        self.fuel.saturating_add(self.reserve)
    }

    /// Checks the length of a text that an operation is about to produce, and counts its memory.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Exception> {
        if bytes > self.limits.text {
            return Err(Exception::limit("The expression makes a longer text than it may."));
        }
        self.burn(bytes as u64 / 64)?;
        self.heap.charge(bytes)
    }

    /// The type argument of the library function that is being called.
    pub(crate) fn type_arg(&self, index: usize) -> Type {
        self.types.get(index).cloned().unwrap_or(Type::Object)
    }

    /// Calls a delegate, as LINQ's methods do.
    pub(crate) fn invoke(&mut self, delegate: &Value, args: &[Value]) -> Eval {
        self.burn(1)?;
        match self.heap.object(delegate) {
            Some(Object::Lambda(lambda)) if lambda.program != self.program() => {
                Err(Exception::invalid_operation("The function belongs to another expression."))
            }
            Some(Object::Lambda(lambda)) => {
                let function = lambda.function;
                if lambda.cells.is_empty() {
                    return self.enter(function, args, &[]);
                }
                let cells = Arc::clone(&lambda.cells);
                self.enter(function, args, &cells)
            }
            _ => Err(Exception::null_reference()),
        }
    }

    fn enter(&mut self, function: Index, args: &[Value], cells: &[HeapId]) -> Eval {
        let code = self.code;
        let Some(function) = code.functions.get(function as usize) else { return Ok(Value::Null) };
        self.deeper()?;
        let base = std::mem::replace(&mut self.base, self.stack.len());
        self.stack.extend_from_slice(args);
        self.stack.extend(cells.iter().map(|&cell| Value::Ref(cell)));
        self.stack.resize(self.base + function.slots as usize, Value::Null);
        let result = match function.body {
            Body::Expr(node) => self.eval(node),
            Body::Block(statement) => self.exec(statement).map(|flow| match flow {
                Flow::Return(value) => value,
                _ => Value::Null,
            }),
        };
        self.stack.truncate(self.base);
        self.base = base;
        self.depth -= 1;
        result
    }

    /// One level deeper; [`Cx::shallower`] is one level back.
    pub(crate) fn deeper(&mut self) -> Result<(), Exception> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(Exception::limit("The expression nests calls more deeply than it may."));
        }
        Ok(())
    }

    pub(crate) fn shallower(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    fn node(&self, id: NodeId) -> Option<&'a Node> {
        let code: &'a Code = self.code;
        code.nodes.get(id.0 as usize)
    }

    /// Evaluates a node. INVARIANT: its frame is small; what needs room is in functions of its own.
    pub(crate) fn eval(&mut self, id: NodeId) -> Eval {
        self.burn(1)?;
        let Some(node) = self.node(id) else { return Ok(Value::Null) };
        match *node {
            Node::Const(index) => Ok(self.constant(index)),
            Node::Local(slot) => Ok(self.local(slot)),
            Node::Cell(slot) => Ok(self.cell(slot)),
            Node::Context(member) => self.host.property(HostRef::of(HostObject::Context), member, self.heap),
            Node::Variable(name) => self.variable(name),
            Node::Path { owner, object, member } => self.path(owner, object, member),
            Node::MapOr { map, name, default } => self.map_or(map, name, default),
            Node::AndAlso(..) | Node::OrElse(..) | Node::Compare { .. } | Node::Equal { .. } => {
                match self.truth(id) {
                    Ok(holds) => Ok(Value::Bool(holds)),
                    Err(exception) => Err(exception),
                }
            }
            _ => {
                self.deeper()?;
                let result = self.operation(node);
                self.depth -= 1;
                result
            }
        }
    }

    /// Evaluates a node: constants and variables at once, without a call.
    #[inline(always)]
    fn operand(&mut self, id: NodeId) -> Eval {
        match self.peek(id) {
            Some(plain) => Ok(plain.twin()),
            None => self.eval(id),
        }
    }

    fn operation(&mut self, node: &'a Node) -> Eval {
        match *node {
            Node::Property(target, member) => self.property(target, member),
            Node::Call { site, args } => self.call(site, args),
            Node::JsonItem { site, token, name } => self.json_item(site, token, name),
            Node::Guard { target, slot, access } => self.guard(target, slot, access),
            Node::Conditional(condition, then, otherwise) => {
                if self.truth(condition)? {
                    self.operand(then)
                } else {
                    self.operand(otherwise)
                }
            }
            Node::Coalesce(left, right) => match self.operand(left)? {
                Value::Null => self.operand(right),
                value => Ok(value),
            },
            Node::Arithmetic { op, checked, left, right } => self.arithmetic(op, checked, left, right),
            Node::Not(operand) => match self.operand(operand)? {
                Value::Bool(value) => Ok(Value::Bool(!value)),
                other => Ok(other),
            },
            Node::Concat(parts) => self.concat(parts),
            Node::Cast { value, ty } => self.cast(value, ty),
            Node::VariableOr { name, default, ty } => self.variable_or(name, default, ty),
            Node::SetLocal(slot, value) => self.set_local(slot, value),
            _ => self.rare(node),
        }
    }

    fn rare(&mut self, node: &'a Node) -> Eval {
        match *node {
            Node::Secret(index) => self.secret(index),
            Node::SetCell(slot, value) => self.set_cell(slot, value),
            Node::Fresh(slot, value) => self.fresh(slot, value),
            Node::Negate { checked, operand } => negate(checked, &self.operand(operand)?),
            Node::Complement(operand) => Ok(complement(&self.operand(operand)?)),
            Node::Number { to, checked, value } => convert_number(&self.operand(value)?, to, checked),
            Node::Is { value, ty } => {
                let value = self.operand(value)?;
                Ok(Value::Bool(self.is(&value, ty)))
            }
            Node::As { value, ty } => {
                let value = self.operand(value)?;
                Ok(if self.is(&value, ty) { value } else { Value::Null })
            }
            Node::NotNull(value) => match self.operand(value)? {
                Value::Null => Err(Exception::invalid_operation("Nullable object must have a value.")),
                value => Ok(value),
            },
            Node::ToEnum { value, ty } => self.enum_of(value, ty),
            Node::NewArray { element, items } => self.new_array(element, items),
            Node::NewArrayOf { element, length } => self.new_array_of(element, length),
            Node::Element(array, index) => self.element(array, index),
            Node::SetElement { array, index, value } => self.set_element(array, index, value),
            Node::NewAnonymous { shape, values } => self.new_anonymous(shape, values),
            Node::Member(target, index) => self.member(target, index),
            Node::Sequence(list) => self.sequence(list),
            Node::Lambda { function, cells, ty } => self.lambda(function, cells, ty),
            Node::Invoke { target, args } => self.invoke_node(target, args),
            Node::Throw(value) => self.throw(value),
            _ => self.compound(node),
        }
    }

    fn constant(&self, index: Index) -> Value {
        self.code.constants.get(index as usize).map_or(Value::Null, Value::twin)
    }

    pub(crate) fn ty(&self, index: Index) -> &'a Type {
        let code: &'a Code = self.code;
        code.types.get(index as usize).unwrap_or(&Type::Object)
    }

    fn local(&self, slot: Slot) -> Value {
        self.stack.get(self.base + slot.0 as usize).map_or(Value::Null, Value::twin)
    }

    fn put(&mut self, slot: Slot, value: Value) {
        if let Some(place) = self.stack.get_mut(self.base + slot.0 as usize) {
            *place = value;
        }
    }

    fn cell(&self, slot: Slot) -> Value {
        match self.heap.object(&self.local(slot)) {
            Some(Object::Cell(value)) => value.clone(),
            Some(Object::Element { array, index }) => self.element_of(*array, *index),
            _ => Value::Null,
        }
    }

    fn set_local(&mut self, slot: Slot, value: NodeId) -> Eval {
        let value = self.operand(value)?;
        self.put(slot, value.clone());
        Ok(value)
    }

    fn set_cell(&mut self, slot: Slot, value: NodeId) -> Eval {
        let value = self.eval(value)?;
        let cell = self.local(slot);
        self.assign_reference(&cell, &value);
        Ok(value)
    }

    fn fresh(&mut self, slot: Slot, value: NodeId) -> Eval {
        let value = self.eval(value)?;
        let cell = self.heap.make(Object::Cell(value.clone()))?;
        self.put(slot, cell);
        Ok(value)
    }

    fn property(&mut self, target: NodeId, member: HostMember) -> Eval {
        match self.operand(target) {
            Ok(Value::Host(object)) => self.member_of(object, member),
            Ok(_) => Err(Exception::null_reference()),
            Err(exception) => Err(exception),
        }
    }

    fn member_of(&mut self, object: HostRef, member: HostMember) -> Eval {
        let value = self.host.property(object, member, self.heap);
        if let Ok(value) = &value {
            self.heap.admit(value);
        }
        value.map(|value| defaults::enum_of_host(member, value))
    }

    /// A property of an object that `context` may have or not.
    fn path(&mut self, owner: HostMember, object: HostObject, member: HostMember) -> Eval {
        match self.host.property(HostRef::of(HostObject::Context), owner, self.heap) {
            Ok(Value::Null) => Err(Exception::null_reference()),
            Ok(_) => self.member_of(HostRef::of(object), member),
            Err(exception) => Err(exception),
        }
    }

    fn variable(&mut self, name: Index) -> Eval {
        let code: &'a Code = self.code;
        let Some(name) = code.names.get(name as usize) else { return Ok(Value::Null) };
        // COMPAT: a variable that is not set reads as null (policy toolkit, its model of `Variables`).
        let value = self.host.variable(name, self.heap)?.unwrap_or(Value::Null);
        self.heap.admit(&value);
        Ok(value)
    }

    /// COMPAT: a variable of another type is an error, not the default (policy expressions article, `GetValueOrDefault`).
    fn variable_or(&mut self, name: Index, default: NodeId, ty: Index) -> Eval {
        let code: &'a Code = self.code;
        let Some(name) = code.names.get(name as usize) else { return Ok(Value::Null) };
        match self.host.variable(name, self.heap)? {
            Some(value) => {
                self.heap.admit(&value);
                cast(self.heap, value, self.ty(ty))
            }
            None => self.eval(default),
        }
    }

    /// COMPAT: all values of the name, joined by commas (policy expressions article, `GetValueOrDefault`).
    fn map_or(&mut self, map: HostObject, name: Index, default: NodeId) -> Eval {
        let code: &'a Code = self.code;
        let Some(name) = code.names.get(name as usize) else { return Ok(Value::Null) };
        match self.host.joined(HostRef::of(map), name.as_str()) {
            Some(text) => {
                if text.is_tainted() {
                    self.heap.note_taint();
                }
                Ok(Value::Text(text))
            }
            None => self.eval(default),
        }
    }

    fn secret(&mut self, index: Index) -> Eval {
        let Some(slot) = self.code.slots.get(index as usize) else { return Ok(Value::Null) };
        self.heap.note_taint();
        match slot.load() {
            Ok(secret) => Ok(Value::Text(Text::copied(secret.expose()).tainted())),
            Err(unset) => {
                let message = format!("The secret named value '{}' has no value.", unset.name);
                Err(Exception::new("System.InvalidOperationException", message))
            }
        }
    }

    fn guard(&mut self, target: NodeId, slot: Slot, access: NodeId) -> Eval {
        match self.operand(target)? {
            Value::Null => Ok(Value::Null),
            value => {
                self.put(slot, value);
                self.operand(access)
            }
        }
    }

    fn cast(&mut self, value: NodeId, ty: Index) -> Eval {
        let value = self.operand(value);
        let ty = self.ty(ty);
        match &value {
            Ok(known) if cast::plainly_fits(self.heap, known, ty) => value,
            Ok(_) => value.and_then(|value| cast(self.heap, value, ty)),
            Err(_) => value,
        }
    }

    fn is(&self, value: &Value, ty: Index) -> bool {
        is_instance(self.heap, value, self.ty(ty))
    }

    fn enum_of(&mut self, value: NodeId, ty: Index) -> Eval {
        let number = self.eval(value)?.as_integer().and_then(|number| i32::try_from(number).ok());
        Ok(match (number, self.ty(ty)) {
            (Some(number), Type::Class(class, _)) => Value::Enum(EnumValue { class: *class, number }),
            _ => Value::Null,
        })
    }

    fn all(&mut self, list: List) -> Result<Vec<Value>, Exception> {
        let code: &'a Code = self.code;
        code.list(list).iter().map(|&id| self.operand(id)).collect()
    }

    fn call(&mut self, site: Index, args: List) -> Eval {
        let code: &'a Code = self.code;
        let Some(site) = code.sites.get(site as usize) else { return Ok(Value::Null) };
        match *code.list(args) {
            [] => self.apply(site, &[]),
            [only] => self.call_one(site, only),
            [first, second] => self.call_two(site, first, second),
            [first, second, third] => self.call_three(site, [first, second, third]),
            _ => self.call_many(site, args),
        }
    }

    fn arithmetic(&mut self, op: Arithmetic, checked: bool, left: NodeId, right: NodeId) -> Eval {
        self.both(left, right, |left, right| match (op, checked, left, right) {
            (Arithmetic::Add, false, Value::Int32(left), Value::Int32(right)) => {
                Ok(Value::Int32(left.wrapping_add(*right)))
            }
            (Arithmetic::Subtract, false, Value::Int32(left), Value::Int32(right)) => {
                Ok(Value::Int32(left.wrapping_sub(*right)))
            }
            _ => arithmetic(op, checked, left, right),
        })?
    }

    fn apply(&mut self, site: &'a Site, args: &[Value]) -> Eval {
        if site.instance && args.first().is_none_or(Value::is_null) {
            return Err(Exception::null_reference());
        }
        self.outs.clear();
        let types = std::mem::replace(&mut self.types, &site.types);
        let result = (site.function)(self, args);
        self.types = types;
        if !self.heap.may_hold_taint() && site.outs.is_empty() {
            return result;
        }
        let result = if self.heap.may_hold_taint() { self.follow_taint(result, args) } else { result };
        let value = result?;
        if !site.outs.is_empty() {
            self.store_outs(site)?;
        }
        Ok(value)
    }

    /// The rule for secrets: whatever a library function makes of tainted text or bytes is tainted.
    fn follow_taint(&mut self, result: Eval, args: &[Value]) -> Eval {
        let tainted = args.iter().any(|arg| self.heap.is_tainted_scalar(arg));
        match result {
            Ok(value) if tainted => {
                for out in &mut self.outs {
                    *out = self.heap.taint(std::mem::replace(out, Value::Null));
                }
                Ok(self.heap.taint(value))
            }
            Err(exception) if tainted => Err(exception.tainted()),
            other => other,
        }
    }

    fn store_outs(&mut self, site: &'a Site) -> Result<(), Exception> {
        let outs = std::mem::take(&mut self.outs);
        for ((_, slot, assign), value) in site.outs.iter().zip(outs) {
            self.put(*slot, value);
            self.eval(*assign)?;
        }
        Ok(())
    }

    fn new_array(&mut self, element: Index, items: List) -> Eval {
        let items = self.all(items)?;
        self.heap.array(self.ty(element).clone(), items)
    }

    fn new_array_of(&mut self, element: Index, length: NodeId) -> Eval {
        let length = self.eval(length)?.as_integer().unwrap_or(0);
        let Ok(length) = usize::try_from(length) else {
            return Err(Exception::new(
                "System.OverflowException",
                Text::from_static("Arithmetic operation resulted in an overflow."),
            ));
        };
        self.heap.charge(length.saturating_mul(24))?;
        let element = self.ty(element).clone();
        let item = self.default_of(&element)?;
        self.heap.array(element, vec![item; length])
    }

    fn element(&mut self, array: NodeId, index: NodeId) -> Eval {
        let array = self.operand(array)?;
        let index = self.operand(index)?;
        let at = index.as_integer().and_then(|index| usize::try_from(index).ok());
        let found = match self.heap.object(&array) {
            Some(Object::Array { items, .. }) => at.and_then(|at| items.get(at)).cloned(),
            Some(Object::Bytes { bytes, .. }) => {
                at.and_then(|at| bytes.get(at)).map(|&byte| Value::Byte(byte))
            }
            _ => return Err(Exception::null_reference()),
        };
        found.ok_or_else(Exception::index_out_of_range)
    }

    fn set_element(&mut self, array: NodeId, index: NodeId, value: NodeId) -> Eval {
        let array = self.eval(array)?;
        let index = self.eval(index)?;
        let value = self.eval(value)?;
        let at = index.as_integer().and_then(|index| usize::try_from(index).ok());
        let place = match self.heap.object_mut(&array) {
            Some(Object::Array { items, .. }) => {
                at.and_then(|at| items.get_mut(at)).map(|item| *item = value.clone())
            }
            Some(Object::Bytes { bytes, .. }) => at.and_then(|at| bytes.get_mut(at)).map(|item| {
                if let Value::Byte(byte) = value {
                    *item = byte;
                }
            }),
            _ => return Err(Exception::null_reference()),
        };
        place.ok_or_else(Exception::index_out_of_range)?;
        Ok(value)
    }

    fn new_anonymous(&mut self, shape: Index, values: List) -> Eval {
        let values = self.all(values)?;
        let code: &'a Code = self.code;
        let Some(shape) = code.shapes.get(shape as usize) else { return Ok(Value::Null) };
        self.heap.make(Object::Anonymous { shape: Arc::clone(shape), values })
    }

    fn member(&mut self, target: NodeId, index: Index) -> Eval {
        let target = self.operand(target)?;
        match self.heap.object(&target) {
            Some(Object::Anonymous { values, .. }) => {
                Ok(values.get(index as usize).cloned().unwrap_or(Value::Null))
            }
            _ => Err(Exception::null_reference()),
        }
    }

    fn sequence(&mut self, list: List) -> Eval {
        let code: &'a Code = self.code;
        let mut last = Value::Null;
        for &node in code.list(list) {
            last = self.eval(node)?;
        }
        Ok(last)
    }

    fn cells(&self, cells: List) -> Vec<HeapId> {
        let code: &'a Code = self.code;
        let cell = |id: &NodeId| match self.node(*id) {
            Some(Node::Local(slot) | Node::Cell(slot)) => match self.local(*slot) {
                Value::Ref(id) => Some(id),
                _ => None,
            },
            _ => None,
        };
        code.list(cells).iter().filter_map(cell).collect()
    }

    fn lambda(&mut self, function: Index, cells: List, ty: Index) -> Eval {
        let cells = self.cells(cells).into();
        let ty = self.ty(ty).clone();
        self.heap.make(Object::Lambda(Lambda { program: self.program(), function, cells, ty }))
    }

    fn invoke_node(&mut self, target: NodeId, args: List) -> Eval {
        let target = self.eval(target)?;
        let args = self.all(args)?;
        self.invoke(&target, &args)
    }

    fn throw(&mut self, value: NodeId) -> Eval {
        let value = self.eval(value)?;
        match self.heap.object(&value) {
            Some(Object::Exception(exception)) => Err(exception.clone()),
            _ => Err(Exception::null_reference()),
        }
    }
}
