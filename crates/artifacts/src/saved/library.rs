//! The library as bytes, in sections that are written and read on all cores.

use std::sync::Arc;

use model::ApiSettings;
use rayon::prelude::*;
use source::{Diagnostics, Elsewhere, SourceFile};

use super::places::{Files, Known};
use super::{Damaged, Reader, Writer, api, overlay, subscription};
use crate::load::{ApiRead, KeptOverlay, KeptUnit, Kind, Library, SubscriptionRead, Unit};
use crate::overrides::OverrideFile;
use crate::{Overlay, Stamp};

/// Units in one section at most.
const APIS: usize = 256;
const SUBSCRIPTIONS: usize = 4096;

/// Sections that are made at once, and so held at once.
const AT_ONCE: usize = 8;

/// What a section holds.
const OVERLAY: u64 = 1;
const OF_APIS: u64 = 2;
const OF_SUBSCRIPTIONS: u64 = 3;

type ApiUnits = Kind<ApiRead, ApiSettings>;
type SubscriptionUnits = Kind<SubscriptionRead, ()>;

impl Library {
    /// Gives what it holds of what there may be very much of to `put`, section by section; how many there were.
    ///
    /// # Errors
    /// What `put` says.
    pub fn write<E>(&self, mut put: impl FnMut(Vec<u8>) -> Result<(), E>) -> Result<usize, E> {
        let mut count = 0;
        let mut put = |section: Vec<u8>| {
            count += 1;
            put(section)
        };
        // Under an override file that could not be read everything is read again.
        let Some(overlay) = self.write_overlay() else { return Ok(0) };
        put(overlay)?;
        for (parent, units) in self.all::<ApiUnits>() {
            let write = |unit: &Kept<ApiRead, ApiSettings>, writer: &mut Writer, files: &mut Files| {
                api::settings(unit.said, writer);
                unit.unit.read.iter().for_each(|read| api::write(read, writer, files));
            };
            write_units(&Head::of(OF_APIS, parent, &units), &units, APIS, write, &mut put)?;
        }
        for (parent, units) in self.all::<SubscriptionUnits>() {
            let write = |unit: &Kept<SubscriptionRead, ()>, writer: &mut Writer, files: &mut Files| {
                unit.unit.read.iter().for_each(|read| subscription::write(read, writer, files));
            };
            let head = Head::of(OF_SUBSCRIPTIONS, parent, &units);
            write_units(&head, &units, SUBSCRIPTIONS, write, &mut put)?;
        }
        Ok(count)
    }

    /// The library that was written. `open` gives each of that many sections, `texts` the texts of files by their names and
    /// digests.
    ///
    /// # Errors
    /// [`Damaged`] when the bytes are not what [`Library::write`] of this version of the program gave.
    pub fn read<S: AsRef<[u8]>>(
        sections: usize,
        open: impl Fn(usize) -> Result<S, Damaged> + Sync,
        texts: &Arc<dyn Elsewhere>,
    ) -> Result<Self, Damaged> {
        let part = |section| Part::read(open(section)?.as_ref(), texts);
        let parts: Vec<Part> = (0..sections).into_par_iter().map(part).collect::<Result<_, _>>()?;
        let mut library = Self::default();
        let mut apis = Gathered::default();
        let mut subscriptions = Gathered::default();
        for part in parts {
            match part {
                Part::Overlay(overlay, overrides) => {
                    library.overlay = overlay;
                    library.overrides = overrides;
                }
                Part::Apis(head, units) => apis.add(head, units),
                Part::Subscriptions(head, units) => subscriptions.add(head, units),
            }
        }
        apis.end(&mut library);
        subscriptions.end(&mut library);
        Ok(library)
    }

    fn write_overlay(&self) -> Option<Vec<u8>> {
        let mut writer = Writer::default();
        writer.number(OVERLAY);
        match &self.overrides {
            Some(OverrideFile::Unreadable { .. }) => return None,
            Some(OverrideFile::Text(file)) => writer.maybe(Some(file), |writer, file| {
                writer.text(file.name());
                writer.text(file.text());
            }),
            None => writer.flag(false),
        }
        writer.maybe(self.overlay.as_ref(), |writer, kept| {
            writer.list(&kept.stamps, |writer, each| stamp(*each, writer));
            let (mut body, mut files) = (Writer::default(), Files::default());
            overlay::write(&kept.overlay, &mut body, &mut files);
            files.write(writer, body);
        });
        Some(writer.into_bytes())
    }
}

type Kept<R, K> = KeptUnit<R, K>;

/// What the sections of one kind of unit begin with.
struct Head {
    section: u64,
    parent: Arc<str>,
    stamp: Option<Stamp>,
}

impl Head {
    /// The stamp counts only if all units are kept.
    fn of<R, K: PartialEq>(section: u64, parent: &str, kind: &Kind<R, K>) -> Self {
        let stamp = kind.stamp().filter(|_| kind.units.iter().all(is_plain));
        Self { section, parent: parent.into(), stamp }
    }
}

/// Whether there is nothing to say about a unit.
fn is_plain<R, K>(kept: &Kept<R, K>) -> bool {
    kept.stamp.is_some() && kept.unit.read.is_some() && kept.unit.problems.is_empty() && !kept.unit.is_broken
}

fn write_units<R: Sync + Send, K: Sync + Send, E>(
    head: &Head,
    kind: &Kind<R, K>,
    most: usize,
    write: impl Fn(&Kept<R, K>, &mut Writer, &mut Files) + Sync,
    put: &mut dyn FnMut(Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    let plain: Vec<&Kept<R, K>> = kind.units.iter().filter(|unit| is_plain(unit)).collect();
    let section = |units: &[&Kept<R, K>]| {
        let mut writer = Writer::default();
        writer.number(head.section);
        writer.text(&head.parent);
        stamp(head.stamp, &mut writer);
        writer.list(units, |writer, kept| {
            writer.text(&kept.unit.directory);
            stamp(kept.stamp, writer);
            let (mut body, mut files) = (Writer::default(), Files::default());
            write(kept, &mut body, &mut files);
            files.write(writer, body);
        });
        writer.into_bytes()
    };
    if plain.is_empty() {
        // That there are none need not be found out again.
        return put(section(&[]));
    }
    for some in plain.chunks(most * AT_ONCE) {
        let sections: Vec<Vec<u8>> = some.par_chunks(most).map(section).collect();
        sections.into_iter().try_for_each(&mut *put)?;
    }
    Ok(())
}

/// What a section held.
enum Part {
    Overlay(Option<KeptOverlay>, Option<OverrideFile>),
    Apis(Head, Vec<Kept<ApiRead, ApiSettings>>),
    Subscriptions(Head, Vec<Kept<SubscriptionRead, ()>>),
}

impl Part {
    fn read(bytes: &[u8], texts: &Arc<dyn Elsewhere>) -> Result<Self, Damaged> {
        let reader = &mut Reader::new(bytes);
        let part = match reader.number()? {
            OVERLAY => read_overlay(reader, texts),
            OF_APIS => {
                let (head, units) = read_units(OF_APIS, reader, texts, |reader, files| {
                    Ok((api::read_settings(reader)?, api::read(reader, files)?))
                })?;
                Ok(Self::Apis(head, units))
            }
            OF_SUBSCRIPTIONS => {
                let (head, units) = read_units(OF_SUBSCRIPTIONS, reader, texts, |reader, files| {
                    Ok(((), subscription::read(reader, files)?))
                })?;
                Ok(Self::Subscriptions(head, units))
            }
            _ => Err(Damaged),
        }?;
        if reader.left() > 0 { Err(Damaged) } else { Ok(part) }
    }
}

fn read_overlay(reader: &mut Reader<'_>, texts: &Arc<dyn Elsewhere>) -> Result<Part, Damaged> {
    let overrides =
        reader.maybe(|reader| Ok(OverrideFile::Text(SourceFile::new(reader.text()?, reader.text()?))))?;
    let overlay = reader.maybe(|reader| {
        let stamps = reader.list(read_stamp)?.try_into().map_err(|_| Damaged)?;
        let files = Known::read(reader, texts)?;
        let overlay: Overlay = inside(reader, |reader| overlay::read(reader, &files))?;
        Ok(KeptOverlay { stamps, overlay: Arc::new(overlay) })
    })?;
    Ok(Part::Overlay(overlay, overrides))
}

fn read_units<R, K>(
    section: u64,
    reader: &mut Reader<'_>,
    texts: &Arc<dyn Elsewhere>,
    read: impl Fn(&mut Reader<'_>, &Known) -> Result<(K, R), Damaged>,
) -> Result<(Head, Vec<Kept<R, K>>), Damaged> {
    let head = Head { section, parent: reader.shared()?, stamp: read_stamp(reader)? };
    let units = reader.list(|reader| {
        let directory: Arc<str> = reader.text()?.into();
        let stamp = read_stamp(reader)?;
        let files = Known::read(reader, texts)?;
        let (said, read) = inside(reader, |reader| read(reader, &files))?;
        let problems = Diagnostics::new();
        let unit = Unit { directory, read: Some(Arc::new(read)), problems, is_broken: false };
        Ok(KeptUnit { stamp, said, unit })
    })?;
    Ok((head, units))
}

/// What was written as bytes behind their length. Texts are shared with what stands around them.
fn inside<T>(
    reader: &mut Reader<'_>,
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, Damaged>,
) -> Result<T, Damaged> {
    let length = reader.count()?;
    let left = reader.left();
    let value = read(reader)?;
    if left - reader.left() == length { Ok(value) } else { Err(Damaged) }
}

/// The units of each parent, one section after the other.
struct Gathered<R, K>(Vec<(Head, Vec<Kept<R, K>>)>);

impl<R, K> Default for Gathered<R, K> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<R: Send + Sync + 'static, K: PartialEq + Send + Sync + 'static> Gathered<R, K> {
    fn add(&mut self, head: Head, mut units: Vec<Kept<R, K>>) {
        match self.0.last_mut().filter(|(last, _)| last.parent == head.parent) {
            Some((_, all)) => all.append(&mut units),
            None => self.0.push((head, units)),
        }
    }

    fn end(self, library: &mut Library) {
        for (head, units) in self.0 {
            library.put(&head.parent, Arc::new(Kind::new(head.stamp, units)));
        }
    }
}

fn stamp(stamp: Option<Stamp>, writer: &mut Writer) {
    writer.maybe(stamp, |writer, stamp| writer.wide(stamp.value()));
}

fn read_stamp(reader: &mut Reader<'_>) -> Result<Option<Stamp>, Damaged> {
    Ok(reader.maybe(Reader::wide)?.map(Stamp::new))
}
