//! What is held of the texts of files once they have been read: very many files are read, and hardly anybody asks for
//! their lines again.
//!
//! Of an information file nothing is held: whoever has given it gives it again ([`crate::FolderSource::again`]). A definition is
//! deflated, because it is part of what the gateway serves: an export writes it as it was, whatever becomes of the file.
//! Policy documents are held as they are.

use std::io::{Read as _, Write as _};
use std::sync::Arc;

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use model::Api;
use source::{Elsewhere, Location, SourceFile};

use crate::files::Files;

/// Puts files in the place of those whose texts need not be held.
pub(super) struct Rest<'a> {
    files: &'a Files<'a>,
    done: Vec<(Arc<SourceFile>, Arc<SourceFile>)>,
}

impl<'a> Rest<'a> {
    pub(super) fn new(files: &'a Files<'a>) -> Self {
        Self { files, done: Vec::new() }
    }

    /// Everything of an API that nothing is wrong with.
    pub(super) fn api(mut self, api: &mut Api) {
        if let Some(file) = &mut api.definition {
            let rested = self.files.digest(file).and_then(|key| deflated(file, key));
            let rested = rested.unwrap_or_else(|| Arc::clone(file));
            self.done.push((std::mem::replace(file, Arc::clone(&rested)), rested));
        }
        self.maybe(api.origin.as_mut());
        api.operations.iter_mut().for_each(|operation| self.maybe(operation.origin.as_mut()));
        if let Some(kept) = &mut api.kept {
            kept.diagnostics.iter_mut().for_each(|each| self.maybe(each.origin.as_mut()));
            kept.releases.iter_mut().for_each(|each| self.maybe(each.origin.as_mut()));
            kept.schemas.iter_mut().for_each(|each| self.maybe(each.origin.as_mut()));
        }
    }

    /// A place that need not be there.
    pub(super) fn maybe(&mut self, place: Option<&mut Location>) {
        if let Some(place) = place {
            self.place(place);
        }
    }

    /// A place in a file.
    pub(super) fn place(&mut self, place: &mut Location) {
        let known = self.done.iter().find(|(held, _)| Arc::ptr_eq(held, &place.file));
        if let Some((_, rested)) = known {
            place.file = Arc::clone(rested);
            return;
        }
        let elsewhere = self.files.again().zip(self.files.digest(&place.file));
        let rested = match elsewhere {
            Some((again, key)) => SourceFile::elsewhere(place.file.name(), again, key),
            None => Arc::clone(&place.file),
        };
        self.done.push((std::mem::replace(&mut place.file, Arc::clone(&rested)), rested));
    }
}

struct Deflated {
    bytes: Box<[u8]>,
    length: usize,
}

impl Elsewhere for Deflated {
    fn text(&self, _: &str, _: u128) -> Option<String> {
        let mut text = String::with_capacity(self.length);
        DeflateDecoder::new(&*self.bytes).read_to_string(&mut text).ok()?;
        Some(text)
    }
}

fn deflated(file: &SourceFile, key: u128) -> Option<Arc<SourceFile>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(file.text().as_bytes()).ok()?;
    let bytes = encoder.finish().ok()?.into_boxed_slice();
    let place = Arc::new(Deflated { bytes, length: file.text().len() });
    Some(SourceFile::elsewhere(file.name(), place, key))
}
