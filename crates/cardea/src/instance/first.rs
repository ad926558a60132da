//! The first configuration of a process: from the folder, from what was saved, or from both.
//!
//! What was saved saves reading (files that look as they did are not read again), stands in for a folder that cannot be
//! read, and is what was good before where the folder now has errors.

use std::sync::Arc;

use anyhow::bail;
use catalog::{Scope, Unreadable};
use source::Diagnostics;
use store::Store;

use super::load::{Before, Loaded, Loader, Taken};
use super::saved::Recalled;
use super::vaults::Wanted;

/// The configuration that a process begins with.
pub(super) struct First {
    pub(super) loaded: Loaded,
    /// Why it is the saved one and not the folder's.
    pub(super) instead: Option<Instead>,
    /// Whether a secret has another value than what was saved has for it.
    pub(super) is_rotated: bool,
}

/// Why the saved configuration is served.
pub(super) enum Instead {
    /// The folder cannot be read.
    Unread(Unreadable),
    /// The folder has errors, and `strict` is set, or it is not what is to be served.
    Refused(Diagnostics),
}

/// What the state directory holds. What cannot be used is as good as not there, but for the operator.
pub(super) fn recall(store: Option<&Store>) -> Option<Recalled> {
    let store = store.filter(|store| store.sealed())?;
    match tokio::task::block_in_place(|| Recalled::read(store)) {
        Ok(recalled) => recalled,
        Err(error) => {
            tracing::error!(%error, "the saved configuration is left aside");
            None
        }
    }
}

impl Loader {
    /// Reads and compiles the first configuration.
    ///
    /// # Errors
    /// When the folder cannot be read or must not be served, and there is nothing saved in its place.
    pub(super) async fn first(&self, recalled: Option<Recalled>, strict: bool) -> anyhow::Result<First> {
        let Some(recalled) = recalled else { return self.first_of_folder(strict).await };
        let recalled = Arc::new(recalled);
        self.catalog.recall(&recalled.packed.moment());
        *self.recalled.lock() = Some(Arc::clone(&recalled));
        let first = self.first_after(&recalled, strict).await;
        *self.recalled.lock() = None;
        let mut first = first?;
        first.is_rotated = tokio::task::block_in_place(|| !recalled.holds(first.loaded.secrets()));
        Ok(first)
    }

    async fn first_of_folder(&self, strict: bool) -> anyhow::Result<First> {
        let loaded = self.load().await?;
        match must_not_be_served(&loaded, strict) {
            None => Ok(First { loaded, instead: None, is_rotated: false }),
            Some(why) => bail!("{why}"),
        }
    }

    async fn first_after(&self, recalled: &Recalled, strict: bool) -> anyhow::Result<First> {
        let taken = match self.take(Scope::Everything, &[]).await {
            Ok(taken) => taken,
            Err(why) => {
                let loaded = self.saved(recalled).await?;
                return match must_not_be_served(&loaded, strict) {
                    None => Ok(First { loaded, instead: Some(Instead::Unread(why)), is_rotated: false }),
                    Some(_) => bail!("{why}"),
                };
            }
        };
        let nothing = Before { snapshot: None, secrets: &[] };
        let loaded = self.compile(taken.clone(), 1, nothing, Wanted::Latest).await;
        if !loaded.problems.has_errors() || loaded.revision.as_str() == recalled.head.revision {
            return match must_not_be_served(&loaded, strict) {
                None => Ok(First { loaded, instead: None, is_rotated: false }),
                Some(why) => bail!("{why}"),
            };
        }
        self.beside_saved(recalled, taken, loaded, strict).await
    }

    /// The folder has errors that what was saved does not have.
    async fn beside_saved(
        &self,
        recalled: &Recalled,
        taken: Taken,
        loaded: Loaded,
        strict: bool,
    ) -> anyhow::Result<First> {
        let library = self.library.lock().clone();
        let saved = self.saved(recalled).await?;
        let refused = must_not_be_served(&loaded, strict);
        if let Some(why) = refused {
            return match must_not_be_served(&saved, strict) {
                None => Ok(First {
                    loaded: saved,
                    instead: Some(Instead::Refused(loaded.problems)),
                    is_rotated: false,
                }),
                Some(_) => bail!("{why}"),
            };
        }
        *self.library.lock() = library;
        let before = Before { snapshot: Some(&saved.built.snapshot), secrets: &[] };
        let loaded = self.compile(taken, 1, before, Wanted::Missing).await;
        Ok(First { loaded, instead: None, is_rotated: false })
    }

    /// What was saved, compiled.
    async fn saved(&self, recalled: &Recalled) -> anyhow::Result<Loaded> {
        let taken = tokio::task::block_in_place(|| self.read_recalled(recalled))?;
        let nothing = Before { snapshot: None, secrets: &[] };
        Ok(self.compile(taken, 1, nothing, Wanted::Latest).await)
    }
}

/// Why a configuration must not be served at all, in the words of its problems.
fn must_not_be_served(loaded: &Loaded, strict: bool) -> Option<String> {
    let problems = || source::render_all(&loaded.problems);
    if loaded.has_no_gateway() {
        return Some(problems());
    }
    let is_refused = strict && loaded.problems.has_errors();
    is_refused.then(|| format!("{}\nthe configuration has errors, and `strict` is set", problems()))
}
