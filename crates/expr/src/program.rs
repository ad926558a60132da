//! A compiled expression.

use secret::SecretSlot;

use crate::code::Code;
use crate::eval::Cx;
use crate::types::Type;
use crate::{Exception, Facts, Heap, Host, Limits, Value};

/// An expression, typed and ready to run: immutable, shared between threads.
#[derive(Debug)]
pub struct Program {
    pub(crate) code: Code,
    pub(crate) facts: Facts,
    pub(crate) ty: Type,
    pub(crate) constant: Option<Value>,
}

impl Program {
    /// What it touches.
    #[must_use]
    pub fn facts(&self) -> Facts {
        self.facts
    }

    /// Its static type, as written: the type wanted by its place may be one that it converts to.
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
        &self.code.slots
    }

    /// Runs it.
    ///
    /// # Errors
    /// The exception that leaves the expression, or the limit that it exceeded.
    pub fn eval(&self, host: &mut dyn Host, heap: &mut Heap, limits: &Limits) -> Result<Value, Exception> {
        if let Some(constant) = &self.constant {
            return Ok(constant.clone());
        }
        if let Some(value) = self.code.at_once(host, heap) {
            return value;
        }
        heap.begin(self.facts.contains(Facts::CHANGES_JSON));
        let result = Cx::new(&self.code, host, heap, limits).run();
        if let Ok(value) = &result {
            heap.end(value);
        }
        result
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn programs_are_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<super::Program>();
    }
}
