//! Reads a whole folder: every directory of a resource for itself ([`unit`]), then what holds between them
//! ([`assemble`]).

mod apis;
mod assemble;
mod backends;
mod kept;
mod library;
mod named_values;
mod people;
mod products;
mod rest;
mod scope;
mod small;
mod subscriptions;
mod unit;
mod workspace;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use model::{Configuration, VaultHosts};
use source::{Diagnostics, SourceFile};

use crate::files::Files;
use crate::overrides::{OverrideFile, Overrides};
use crate::secrets::SecretSource;
use crate::{FolderSource, Overlay};
use assemble::assemble;
pub(crate) use library::KeptOverlay;

pub(crate) use apis::{ApiRead, Unsaid};
pub use library::Library;
pub(crate) use library::{KeptUnit, Kind, Shelf};
pub use named_values::check_value;
pub(crate) use subscriptions::SubscriptionRead;
pub(crate) use unit::Unit;

/// How a folder is read.
#[derive(Default)]
pub struct Options<'a> {
    /// Files as [`Overlay`] describes them, read after `secrets.toml` and `overlay.toml` of the folder.
    pub overlays: Vec<Arc<SourceFile>>,
    /// The override file of APIOps, which is put over what the folder says and under what `secrets.toml` and
    /// `overlay.toml` say.
    pub overrides: Option<OverrideFile>,
    /// Whether secrets are fetched.
    pub secrets: Secrets<'a>,
    /// The gateway whose APIs are wanted; all APIs when there is none.
    pub gateway: Option<Arc<str>>,
    /// Which vaults may be asked; a reference to another one is an error.
    pub vaults: VaultHosts,
}

/// Whether secrets are fetched.
#[derive(Default)]
pub enum Secrets<'a> {
    /// No: slots stay unset, as when documents are only checked.
    #[default]
    Unread,
    /// Yes; one that cannot be fetched is an error at its reference.
    Read(&'a dyn SecretSource),
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("overlays", &self.overlays).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Secrets<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unread => "Unread",
            Self::Read(_) => "Read",
        })
    }
}

/// Reads a folder. What is wrong is reported and left out; the rest is there.
#[must_use]
pub fn load(folder: &dyn FolderSource, options: &Options<'_>) -> (Configuration, Diagnostics) {
    let (configuration, problems, _) = load_after(Library::default(), folder, options);
    (configuration, problems)
}

/// Reads a folder of which `library` was read before, and takes from that what has not changed: it gives the same as
/// [`load`], with the very same resources where nothing changed, and the library for the next time. It may be used only
/// if all that was read belongs to one moment. Options must be the same each time, but for the override file and what
/// the secrets say.
#[must_use]
pub fn load_after(
    mut library: Library,
    folder: &dyn FolderSource,
    options: &Options<'_>,
) -> (Configuration, Diagnostics, Library) {
    if !same_override(library.overrides.as_ref(), options.overrides.as_ref()) {
        library = Library::default();
    }
    let files = Files::new(folder, Shelf::after(library));
    files.shelf.keep(|library| library.overrides.clone_from(&options.overrides));
    let mut problems = Diagnostics::new();
    let overlay = overlay(&files, &options.overlays, &mut problems);
    let mut overrides = Overrides::default();
    if let Some(file) = &options.overrides {
        overrides = Overrides::read(file, &mut problems);
    }
    let units = scope::read(&files, &overlay, &overrides);
    let (configuration, problems) = assemble(units, (*overlay).clone(), &files.shelf, options, problems);
    (configuration, problems, files.shelf.into_library())
}

fn same_override(one: Option<&OverrideFile>, other: Option<&OverrideFile>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(OverrideFile::Text(one)), Some(OverrideFile::Text(other))) => {
            one.name() == other.name() && one.text() == other.text()
        }
        _ => false,
    }
}

/// What the files of the overlay say, read again only if they changed.
fn overlay(files: &Files<'_>, more: &[Arc<SourceFile>], problems: &mut Diagnostics) -> Arc<Overlay> {
    const FILES: [&str; 2] = ["secrets.toml", "overlay.toml"];
    let stamps = FILES.map(|path| files.stamp(path));
    let known = more.is_empty().then_some(()).and(files.shelf.before().overlay.as_ref());
    if let Some(known) = known.filter(|known| known.stamps == stamps) {
        files.shelf.keep(|library| library.overlay = Some(known.clone()));
        return Arc::clone(&known.overlay);
    }
    let before = problems.len();
    let mut overlay = Overlay::default();
    for path in FILES {
        if let Ok(Some(file)) = files.text(path, problems) {
            overlay.read(&file, problems);
        }
    }
    for file in more {
        overlay.read(file, problems);
    }
    let overlay = Arc::new(overlay);
    // A file that has no stamp is not there, or nobody knows whether it changed.
    let stamped = files.stamp("").is_some() && more.is_empty();
    if stamped && problems.len() == before {
        let kept = KeptOverlay { stamps, overlay: Arc::clone(&overlay) };
        files.shelf.keep(|library| library.overlay = Some(kept));
    }
    overlay
}

/// A moment as API Management writes it: with an offset, or without one for UTC, or a date alone.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    let utc = |moment: DateTime| moment.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
    text.parse::<Timestamp>()
        .or_else(|_| text.parse::<DateTime>().and_then(utc))
        .or_else(|_| {
            text.parse::<Date>().and_then(|date| utc(date.to_datetime(jiff::civil::Time::midnight())))
        })
        .map_err(|_| format!("`{text}` is not a moment such as `2026-01-31T00:00:00Z`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_without_offset_are_utc() {
        let expected: Timestamp = "2026-01-31T00:00:00Z".parse().unwrap();
        for text in ["2026-01-31T00:00:00Z", "2026-01-31T01:00:00+01:00", "2026-01-31T00:00:00", "2026-01-31"]
        {
            assert_eq!(moment(text), Ok(expected), "{text}");
        }
        assert!(moment("soon").is_err());
    }
}
