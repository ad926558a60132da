//! Places in files: each unit names the files that it refers to once.

use std::sync::Arc;

use source::{Elsewhere, Location, SourceFile, Span};

use super::{Damaged, Reader, Writer};

/// Files that are referred to, while a unit is written.
#[derive(Debug, Default)]
pub(super) struct Files {
    files: Vec<Arc<SourceFile>>,
}

impl Files {
    /// The number of a file.
    pub(super) fn number(&mut self, file: &Arc<SourceFile>) -> u64 {
        let known = self.files.iter().position(|known| Arc::ptr_eq(known, file));
        let at = known.unwrap_or_else(|| {
            self.files.push(Arc::clone(file));
            self.files.len() - 1
        });
        at as u64
    }

    /// A place.
    pub(super) fn place(&mut self, writer: &mut Writer, place: &Location) {
        writer.number(self.number(&place.file));
        writer.number(place.span.start.into());
        writer.number(place.span.end.into());
    }

    /// A place that need not be there.
    pub(super) fn maybe(&mut self, writer: &mut Writer, place: Option<&Location>) {
        writer.maybe(place, |writer, place| self.place(writer, place));
    }

    /// The files, then what refers to them.
    pub(super) fn write(&self, writer: &mut Writer, body: Writer) {
        writer.list(&self.files, |writer, file| {
            writer.text(file.name());
            writer.maybe(file.key(), Writer::wide);
            if file.key().is_none() {
                writer.text(file.text());
            }
        });
        writer.bytes(&body.into_bytes());
    }
}

/// The files of a unit that is read.
pub(super) struct Known {
    files: Vec<Arc<SourceFile>>,
}

impl Known {
    pub(super) fn read(reader: &mut Reader<'_>, texts: &Arc<dyn Elsewhere>) -> Result<Self, Damaged> {
        let files = reader.list(|reader| {
            let name = reader.text()?;
            Ok(match reader.maybe(Reader::wide)? {
                Some(key) => SourceFile::elsewhere(name, Arc::clone(texts), key),
                None => SourceFile::new(name, reader.text()?),
            })
        })?;
        Ok(Self { files })
    }

    pub(super) fn file(&self, reader: &mut Reader<'_>) -> Result<Arc<SourceFile>, Damaged> {
        let at = reader.small()? as usize;
        self.files.get(at).cloned().ok_or(Damaged)
    }

    pub(super) fn place(&self, reader: &mut Reader<'_>) -> Result<Location, Damaged> {
        let file = self.file(reader)?;
        Ok(Location { file, span: Span::new(reader.small()?, reader.small()?) })
    }

    pub(super) fn maybe(&self, reader: &mut Reader<'_>) -> Result<Option<Location>, Damaged> {
        reader.maybe(|reader| self.place(reader))
    }
}
