//! The ways that most evaluations take, without detours.
//!
//! A [`Value`] has 24 bytes that are written in parts; to move one right after it was made costs more than to make it. So
//! conditions are evaluated to a `bool`, constants and variables are read in their place, and results are looked at
//! where they were put.

use crate::catalogue::{HostMember, HostObject, HostRef};
use crate::code::{Body, Code, Compare, Function, Index, List, Node, NodeId, Site};
use crate::json::{JsonKind, JsonNode};
use crate::{Exception, Heap, Host, Value};

use super::{Cx, Eval, equal_values, operators};

/// What reads as nothing.
const NULL: Value = Value::Null;

impl Value {
    /// A clone; of small values without a call.
    #[inline(always)]
    pub(crate) fn twin(&self) -> Self {
        match self {
            Self::Ref(id) => Self::Ref(*id),
            Self::Int32(number) => Self::Int32(*number),
            Self::Bool(value) => Self::Bool(*value),
            Self::Host(host) => Self::Host(*host),
            Self::Null => Self::Null,
            other => other.clone(),
        }
    }
}

impl Code {
    /// The value of a program that is one property: nothing has to be prepared for it.
    pub(crate) fn at_once(&self, host: &mut dyn Host, heap: &mut Heap) -> Option<Eval> {
        let Some(Function { slots: 0, body: Body::Expr(node) }) = self.functions.first() else { return None };
        let Node::Path { owner, object, member } = *self.nodes.get(node.0 as usize)? else { return None };
        if member == HostMember::ProductState {
            return None;
        }
        let context = HostRef::of(HostObject::Context);
        Some(match host.property(context, owner, heap) {
            Ok(Value::Null) => Err(Exception::null_reference()),
            Ok(_) => {
                let value = host.property(HostRef::of(object), member, heap);
                if let Ok(value) = &value {
                    heap.admit(value);
                }
                value
            }
            Err(exception) => Err(exception),
        })
    }
}

impl<'a> Cx<'a> {
    /// A constant or a variable in its place; none for what has to be evaluated.
    #[inline(always)]
    pub(super) fn peek(&self, id: NodeId) -> Option<&Value> {
        match self.node(id)? {
            Node::Const(index) => Some(self.code.constants.get(*index as usize).unwrap_or(&NULL)),
            Node::Local(slot) => Some(self.stack.get(self.base + slot.0 as usize).unwrap_or(&NULL)),
            _ => None,
        }
    }

    #[inline(always)]
    fn is_plain(&self, id: NodeId) -> bool {
        matches!(self.node(id), Some(Node::Const(_) | Node::Local(_)))
    }

    /// Evaluates two operands, the left one first, and looks at both.
    #[inline(always)]
    pub(super) fn both<R>(
        &mut self,
        left: NodeId,
        right: NodeId,
        look: impl FnOnce(&Value, &Value) -> R,
    ) -> Result<R, Exception> {
        if self.is_plain(right) {
            // What is plain changes nothing, so that it may be read in its place afterwards.
            if let Some(left) = self.peek(left) {
                return Ok(look(left, self.peek(right).unwrap_or(&NULL)));
            }
            return match self.eval(left) {
                Ok(ref left) => Ok(look(left, self.peek(right).unwrap_or(&NULL))),
                Err(exception) => Err(exception),
            };
        }
        let left = self.operand(left)?;
        match self.eval(right) {
            Ok(ref right) => Ok(look(&left, right)),
            Err(exception) => Err(exception),
        }
    }

    /// Evaluates a condition; a nullable without value does not hold.
    pub(super) fn truth(&mut self, id: NodeId) -> Result<bool, Exception> {
        self.burn(1)?;
        let Some(node) = self.node(id) else { return Ok(false) };
        self.deeper()?;
        let holds = match *node {
            Node::AndAlso(left, right) => match self.truth(left) {
                Ok(true) => self.truth(right),
                other => other,
            },
            Node::OrElse(left, right) => match self.truth(left) {
                Ok(false) => self.truth(right),
                other => other,
            },
            Node::Compare { op, left, right } => self.ordered(op, left, right),
            Node::Equal { negated, left, right } => self.same(left, right).map(|same| same != negated),
            Node::Not(operand) => self.untrue(operand),
            _ => match self.eval(id) {
                Ok(ref value) => Ok(matches!(value, Value::Bool(true))),
                Err(exception) => Err(exception),
            },
        };
        self.depth -= 1;
        holds
    }

    /// `!x` as a condition: null is neither true nor untrue.
    fn untrue(&mut self, operand: NodeId) -> Result<bool, Exception> {
        match self.node(operand) {
            Some(Node::AndAlso(..) | Node::OrElse(..) | Node::Compare { .. } | Node::Equal { .. }) => {
                self.truth(operand).map(|holds| !holds)
            }
            _ => match self.operand(operand) {
                Ok(ref value) => Ok(matches!(value, Value::Bool(false))),
                Err(exception) => Err(exception),
            },
        }
    }

    pub(super) fn ordered(&mut self, op: Compare, left: NodeId, right: NodeId) -> Result<bool, Exception> {
        self.both(left, right, |left, right| match (left, right) {
            (Value::Int32(left), Value::Int32(right)) => match op {
                Compare::Less => left < right,
                Compare::LessOrEqual => left <= right,
                Compare::Greater => left > right,
                Compare::GreaterOrEqual => left >= right,
            },
            _ => operators::compare(op, left, right),
        })
    }

    pub(super) fn same(&mut self, left: NodeId, right: NodeId) -> Result<bool, Exception> {
        self.both(left, right, |left, right| match (left, right) {
            (Value::Int32(left), Value::Int32(right)) => left == right,
            (Value::Text(left), Value::Text(right)) => left == right,
            (Value::Null, right) => right.is_null(),
            (left, Value::Null) => left.is_null(),
            _ => equal_values(left, right),
        })
    }

    /// `token["name"]` of an object; anything else is called.
    #[inline(never)]
    pub(super) fn json_item(&mut self, site: Index, token: NodeId, name: NodeId) -> Eval {
        let token = self.operand(token);
        if let (Ok(Value::Ref(id)), Some(Value::Text(name))) = (&token, self.peek(name))
            && let Some(JsonNode { kind: JsonKind::Object(members), .. }) = self.heap.json(*id)
        {
            return Ok(members.find(name).map_or(Value::Null, Value::Ref));
        }
        let args = [token?, self.operand(name)?];
        let code: &'a Code = self.code;
        code.sites.get(site as usize).map_or(Ok(Value::Null), |site| self.apply(site, &args))
    }

    /// Evaluates for the effect; the value of an assignment is not made twice.
    pub(super) fn effect(&mut self, id: NodeId) -> Result<(), Exception> {
        match self.node(id) {
            Some(Node::SetLocal(slot, value)) => {
                self.burn(1)?;
                let value = self.operand(*value)?;
                self.put(*slot, value);
                Ok(())
            }
            Some(Node::Sequence(list)) => {
                self.burn(1)?;
                self.deeper()?;
                let code = self.code;
                let all = code.list(*list).iter().try_for_each(|&node| self.effect(node));
                self.depth -= 1;
                all
            }
            _ => match self.eval(id) {
                Ok(_) => Ok(()),
                Err(exception) => Err(exception),
            },
        }
    }

    /// Evaluates an argument into its place.
    #[inline(always)]
    fn argument(&mut self, id: NodeId, place: &mut Value) -> Result<(), Exception> {
        if let Some(plain) = self.peek(id) {
            *place = plain.twin();
            return Ok(());
        }
        *place = self.eval(id)?;
        Ok(())
    }

    #[inline(never)]
    pub(super) fn call_one(&mut self, site: &'a Site, only: NodeId) -> Eval {
        let mut args = [NULL];
        let [place] = &mut args;
        self.argument(only, place)?;
        self.apply(site, &args)
    }

    #[inline(never)]
    pub(super) fn call_two(&mut self, site: &'a Site, first: NodeId, second: NodeId) -> Eval {
        let mut args = [NULL, NULL];
        let [one, two] = &mut args;
        self.argument(first, one)?;
        self.argument(second, two)?;
        self.apply(site, &args)
    }

    #[inline(never)]
    pub(super) fn call_three(&mut self, site: &'a Site, nodes: [NodeId; 3]) -> Eval {
        let mut args = [NULL, NULL, NULL];
        for (node, place) in nodes.into_iter().zip(&mut args) {
            self.argument(node, place)?;
        }
        self.apply(site, &args)
    }

    #[inline(never)]
    pub(super) fn call_many(&mut self, site: &'a Site, args: List) -> Eval {
        let args = self.all(args)?;
        self.apply(site, &args)
    }
}
