//! A compiled expression.

use secret::SecretSlot;

use crate::types::Type;
use crate::{Exception, Facts, Heap, Host, Limits, Value};

/// An expression, typed and ready to run: immutable, shared between threads.
#[derive(Debug)]
pub struct Program {
    pub(crate) facts: Facts,
    pub(crate) ty: Type,
    pub(crate) constant: Option<Value>,
    pub(crate) slots: Vec<SecretSlot>,
}

impl Program {
    /// What it touches.
    #[must_use]
    pub fn facts(&self) -> Facts {
        self.facts
    }

    /// Its static type.
    #[must_use]
    pub fn result_type(&self) -> &Type {
        &self.ty
    }

    /// Its value, when it is the same for every request.
    #[must_use]
    pub fn constant(&self) -> Option<&Value> {
        self.constant.as_ref()
    }

    /// The secrets that it reads.
    #[must_use]
    pub fn slots_used(&self) -> &[SecretSlot] {
        &self.slots
    }

    /// Runs it.
    ///
    /// # Errors
    /// The exception that leaves the expression, or the limit that it exceeded.
    pub fn eval(&self, host: &mut dyn Host, heap: &mut Heap, limits: &Limits) -> Result<Value, Exception> {
        let _ = (host, heap, limits);
        self.constant.clone().ok_or_else(|| Exception::invalid_operation("The evaluator follows."))
    }
}
