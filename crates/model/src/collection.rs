//! Resources of one kind, found by name, in the order in which they were put in.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use indexmap::IndexMap;
use indexmap::map::Entry;

/// Something with a name.
pub trait Resource {
    /// The type of its name.
    type Id: Clone + Eq + Hash + fmt::Display;

    /// What people call this kind of resource.
    const KIND: &'static str;

    /// Its name.
    fn id(&self) -> &Self::Id;
}

/// Two resources of one kind have one name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {kind} `{name}` is there already")]
pub struct Duplicate {
    /// The kind of resource.
    pub kind: &'static str,
    /// The name.
    pub name: String,
}

/// Resources of one kind. Cloning shares them: it costs the same however many there are.
pub struct Collection<T: Resource> {
    map: Arc<IndexMap<T::Id, Arc<T>>>,
}

impl<T: Resource> Collection<T> {
    /// No resources.
    #[must_use]
    pub fn new() -> Self {
        Self { map: Arc::default() }
    }

    /// Adds a resource.
    ///
    /// # Errors
    /// [`Duplicate`] when its name is taken; the first one stays.
    pub fn insert(&mut self, resource: T) -> Result<(), Duplicate> {
        self.insert_shared(Arc::new(resource))
    }

    /// Adds a resource that others may share.
    ///
    /// # Errors
    /// [`Duplicate`] when its name is taken; the first one stays.
    pub fn insert_shared(&mut self, resource: Arc<T>) -> Result<(), Duplicate> {
        match Arc::make_mut(&mut self.map).entry(resource.id().clone()) {
            Entry::Occupied(taken) => Err(Duplicate { kind: T::KIND, name: taken.key().to_string() }),
            Entry::Vacant(free) => {
                free.insert(resource);
                Ok(())
            }
        }
    }

    /// Whether it is the same in memory as another one, and so has the very same resources.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.map, &other.map)
    }

    /// Puts a resource in the place of one of the same name, or adds it.
    pub fn replace(&mut self, resource: T) {
        Arc::make_mut(&mut self.map).insert(resource.id().clone(), Arc::new(resource));
    }

    /// Leaves out what `keep` does not hold for.
    pub fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        Arc::make_mut(&mut self.map).retain(|_, resource| keep(resource));
    }

    /// The resource of that name.
    #[must_use]
    pub fn get(&self, id: &T::Id) -> Option<&Arc<T>> {
        self.map.get(id)
    }

    /// Whether there is one of that name.
    #[must_use]
    pub fn contains(&self, id: &T::Id) -> bool {
        self.map.contains_key(id)
    }

    /// In the order in which they were put in.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<T>> {
        self.map.values()
    }

    /// The names, in the order in which they were put in.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = &T::Id> {
        self.map.keys()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }
}

impl<T: Resource> Default for Collection<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Resource> Clone for Collection<T> {
    fn clone(&self) -> Self {
        Self { map: Arc::clone(&self.map) }
    }
}

impl<T: Resource + fmt::Debug> fmt::Debug for Collection<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.map.values()).finish()
    }
}
