//! All types that expressions may name.

use std::sync::LazyLock;

use crate::types::ClassId;

/// The types.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    classes: Vec<Class>,
}

/// A type.
#[derive(Debug)]
pub(crate) struct Class {
    name: &'static str,
    value: bool,
}

static NONE: Class = Class { name: "?", value: false };

static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::default);

/// The registry.
pub(crate) fn registry() -> &'static Registry {
    &REGISTRY
}

impl Registry {
    pub(crate) fn class(&self, id: ClassId) -> &Class {
        self.classes.get(usize::from(id.0)).unwrap_or(&NONE)
    }
}

impl Class {
    pub(crate) fn is_value(&self) -> bool {
        self.value
    }
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }
    pub(crate) fn full_name(&self) -> String {
        self.name.to_owned()
    }
}
