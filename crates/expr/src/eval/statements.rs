//! Statements.

use crate::code::{Catch, NodeId, Section, Slot, Stmt, StmtId};
use crate::library::enumerable::Cursor;
use crate::object::Object;
use crate::{Exception, Value};

use super::{Cx, Eval, equal_values};

/// How a statement ended.
pub(super) enum Flow {
    Next,
    Break,
    Continue,
    Return(Value),
}

type Run = Result<Flow, Exception>;

impl<'a> Cx<'a> {
    fn statement(&self, id: StmtId) -> Option<&'a Stmt> {
        let code = self.code;
        code.statements.get(id.0 as usize)
    }

    pub(super) fn exec(&mut self, id: StmtId) -> Run {
        self.burn(1)?;
        let Some(statement) = self.statement(id) else { return Ok(Flow::Next) };
        match statement {
            Stmt::Expr(node) => self.effect(*node).map(|()| Flow::Next),
            Stmt::Return(Some(node)) => self.eval(*node).map(Flow::Return),
            Stmt::Return(None) => Ok(Flow::Return(Value::Null)),
            Stmt::Break => Ok(Flow::Break),
            Stmt::Continue => Ok(Flow::Continue),
            Stmt::Rethrow => Err(self.handling.last().cloned().unwrap_or_else(Exception::null_reference)),
            nested => {
                self.deeper()?;
                let flow = self.nested(nested);
                self.depth -= 1;
                flow
            }
        }
    }

    fn nested(&mut self, statement: &'a Stmt) -> Run {
        match statement {
            Stmt::Block(statements) => self.block(statements),
            Stmt::If { condition, then, otherwise } => {
                if self.truth(*condition)? {
                    return self.exec(*then);
                }
                otherwise.map_or(Ok(Flow::Next), |otherwise| self.exec(otherwise))
            }
            Stmt::Loop { condition, body, steps, test_last } => {
                self.repeat(*condition, *body, steps, *test_last)
            }
            Stmt::Foreach { slot, source, body } => self.foreach(*slot, *source, *body),
            Stmt::Switch { value, sections, default } => self.switch(*value, sections, *default),
            Stmt::Try { body, catches, finally } => self.try_catch(*body, catches, *finally),
            _ => Ok(Flow::Next),
        }
    }

    fn block(&mut self, statements: &[StmtId]) -> Run {
        for &statement in statements {
            match self.exec(statement)? {
                Flow::Next => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Next)
    }

    fn repeat(&mut self, condition: Option<NodeId>, body: StmtId, steps: &[NodeId], test_last: bool) -> Run {
        let mut test = !test_last;
        loop {
            self.burn(1)?;
            if let Some(condition) = condition
                && test
                && !self.truth(condition)?
            {
                return Ok(Flow::Next);
            }
            test = true;
            match self.exec(body)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => return Ok(Flow::Next),
                Flow::Return(value) => return Ok(Flow::Return(value)),
            }
            for &step in steps {
                self.effect(step)?;
            }
        }
    }

    fn foreach(&mut self, slot: Slot, source: NodeId, body: StmtId) -> Run {
        let source = self.eval(source)?;
        if source.is_null() {
            return Err(Exception::null_reference());
        }
        let mut cursor = Cursor::over(self, &source)?;
        while let Some(item) = cursor.next(self)? {
            self.burn(1)?;
            self.put(slot, item);
            match self.exec(body)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => return Ok(Flow::Next),
                Flow::Return(value) => return Ok(Flow::Return(value)),
            }
        }
        Ok(Flow::Next)
    }

    fn switch(&mut self, value: NodeId, sections: &[Section], default: Option<usize>) -> Run {
        self.eval(value)?;
        let section = self.chosen(sections)?.or_else(|| default.and_then(|at| sections.get(at)));
        let Some(section) = section else { return Ok(Flow::Next) };
        match self.exec(section.body)? {
            Flow::Break => Ok(Flow::Next),
            other => Ok(other),
        }
    }

    fn chosen<'s>(&mut self, sections: &'s [Section]) -> Result<Option<&'s Section>, Exception> {
        for section in sections {
            for &test in &section.tests {
                if self.truth(test)? {
                    return Ok(Some(section));
                }
            }
        }
        Ok(None)
    }

    fn try_catch(&mut self, body: StmtId, catches: &[Catch], finally: Option<StmtId>) -> Run {
        let depth = (self.depth, self.base, self.stack.len());
        let mut flow = self.exec(body);
        if let Err(exception) = &flow
            && !exception.is_limit()
        {
            let exception = exception.clone();
            self.unwind(depth);
            if let Some(caught) = self.catch(&exception, catches) {
                flow = caught;
            }
        }
        if flow.as_ref().is_err_and(Exception::is_limit) {
            return flow;
        }
        let Some(finally) = finally else { return flow };
        self.unwind(depth);
        match self.exec(finally)? {
            Flow::Next => flow,
            other => Ok(other),
        }
    }

    /// An exception left frames behind.
    fn unwind(&mut self, (depth, base, stack): (u32, usize, usize)) {
        self.depth = depth;
        self.base = base;
        self.stack.truncate(stack);
    }

    fn catch(&mut self, exception: &Exception, catches: &[Catch]) -> Option<Run> {
        for catch in catches {
            match self.caught(exception, catch) {
                Ok(false) => {}
                Ok(true) => {
                    self.handling.push(exception.clone());
                    let flow = self.exec(catch.body);
                    self.handling.pop();
                    return Some(flow);
                }
                Err(other) => return Some(Err(other)),
            }
        }
        None
    }

    fn caught(&mut self, exception: &Exception, catch: &Catch) -> Result<bool, Exception> {
        if let Some(slot) = catch.slot {
            let object = self.heap.make(Object::Exception(exception.clone()))?;
            self.put(slot, object);
        }
        if let Some(enter) = catch.enter {
            self.eval(enter)?;
        }
        match catch.filter.map_or(Ok(true), |filter| self.truth(filter)) {
            // An exception of a filter means that it is not true.
            Err(exception) if !exception.is_limit() => Ok(false),
            other => other,
        }
    }

    /// `Equals` of two values: by value, also for anonymous objects and JSON values.
    pub(crate) fn equals(&mut self, left: &Value, right: &Value) -> Eval {
        if equal_values(left, right) {
            return Ok(Value::Bool(true));
        }
        let equal = match (left, right) {
            (Value::Ref(_), Value::Ref(_)) => {
                crate::json::equal_tokens(self.heap, left, right)
                    || self.heap.key(left, false) == self.heap.key(right, false)
            }
            _ => false,
        };
        Ok(Value::Bool(equal))
    }
}
