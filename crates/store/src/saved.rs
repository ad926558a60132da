//! Files of sealed sections in the state directory: what was good last, for a process that begins while where it came from
//! is away.
//!
//! ```no_run
//! # fn example(store: &store::Store) -> Result<(), store::StoreError> {
//! let mut saving = store.save()?;
//! saving.put(1, b"what is to be kept")?;
//! saving.finish()?;
//! let Some(saved) = store.saved()? else { return Ok(()) };
//! assert_eq!(saved.open(0)?.1.as_slice(), b"what is to be kept");
//! # Ok(())
//! # }
//! ```
//!
//! All of it is sealed, whatever it is: people write keys where they should not. So without a sealing key nothing is kept.
//! Each section is bound to its file, its place in it and its kind; the last one says that it is the last one, so that
//! nothing can be taken away, exchanged or cut off unnoticed. The file is written beside the one before and takes its
//! place at once.
//!
//! What the sections mean is the writer's affair; [`SCHEMA`] counts the versions of that.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::seal::Place;
use crate::{Store, StoreError, files};

/// The version of what is written. One that is newer than this is refused; which older ones are read is said by
/// [`Saved::schema`]'s reader.
pub const SCHEMA: u32 = 1;

/// The files in the state directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SavedFile {
    /// `configuration.saved`: what is served.
    Configuration,
    /// `identity.saved`: keys of OpenID providers, and tokens of the gateway.
    Identity,
}

impl SavedFile {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Configuration => "configuration.saved",
            Self::Identity => "identity.saved",
        }
    }
}

const MAGIC: &[u8; 16] = b"cardea-saved\0\0\0\0";

/// Bytes of the file at most.
const MOST: u64 = 2 * 1024 * 1024 * 1024;

/// Bytes before the first section: magic, schema, the name of this file.
const HEAD: u64 = 16 + 4 + 16;

/// The kind of the section that ends the file.
const END: u8 = 0;

/// A file that is being written. Unless it is finished nothing comes of it.
#[derive(Debug)]
pub struct Saving<'a> {
    store: &'a Store,
    which: SavedFile,
    target: PathBuf,
    beside: PathBuf,
    out: Option<BufWriter<File>>,
    name: [u8; 16],
    sections: u64,
    bytes: u64,
}

/// A file that was written.
#[derive(Debug)]
pub struct Saved {
    store: Store,
    which: SavedFile,
    file: File,
    path: PathBuf,
    schema: u32,
    name: [u8; 16],
    /// Where the sections stand, and how long they are.
    sections: Vec<(u64, usize)>,
}

/// Whether a state directory has a saved configuration, whatever is in it.
#[must_use]
pub fn is_in(state_dir: &Path) -> bool {
    state_dir.join(SavedFile::Configuration.name()).is_file()
}

impl Store {
    /// Begins to write the configuration of this state directory: [`Store::save_in`].
    ///
    /// # Errors
    /// Those of [`Store::save_in`].
    pub fn save(&self) -> Result<Saving<'_>, StoreError> {
        self.save_in(SavedFile::Configuration)
    }

    /// Begins to write a file of this state directory.
    ///
    /// # Errors
    /// [`StoreError::NoSealingKey`] without a sealing key; [`StoreError::NewerSchema`] when a later release has written
    /// the one that is there; [`StoreError::File`].
    pub fn save_in(&self, which: SavedFile) -> Result<Saving<'_>, StoreError> {
        self.keys()?;
        let nowhere = || cannot(Path::new(which.name()), io::ErrorKind::Unsupported.into());
        let target = self.saved_path(which).ok_or_else(nowhere)?;
        if let Ok(mut there) = File::open(&target)
            && let Ok((schema, _)) = head(&mut there)
        {
            not_newer(schema)?;
        }
        let mut name = [0; 16];
        aws_lc_rs::rand::fill(&mut name).map_err(|_| crate::NoRandomness)?;
        let beside = target.with_file_name(format!("{}.new", which.name()));
        let file = files::locked_private_file(&beside).map_err(|source| cannot(&beside, source))?;
        let mut out = BufWriter::with_capacity(1 << 18, file);
        let head = [MAGIC.as_slice(), &SCHEMA.to_le_bytes(), &name].concat();
        out.write_all(&head).map_err(|source| cannot(&beside, source))?;
        Ok(Saving { store: self, which, target, beside, out: Some(out), name, sections: 0, bytes: HEAD })
    }

    /// The configuration of this state directory: [`Store::saved_in`].
    ///
    /// # Errors
    /// Those of [`Store::saved_in`].
    pub fn saved(&self) -> Result<Option<Saved>, StoreError> {
        self.saved_in(SavedFile::Configuration)
    }

    /// A file of this state directory, if there is one that this release can read.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`] when a later release has written it, [`StoreError::Tampered`] when it is cut off or is
    /// something else, [`StoreError::NoSealingKey`] without a sealing key.
    pub fn saved_in(&self, which: SavedFile) -> Result<Option<Saved>, StoreError> {
        let Some(path) = self.saved_path(which) else { return Ok(None) };
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(cannot(&path, source)),
        };
        let (schema, name) = head(&mut file).map_err(|_| damaged(&path))?;
        not_newer(schema)?;
        self.keys()?;
        let sections = sections(&mut file).map_err(|_| damaged(&path))?;
        let saved = Saved { store: self.clone(), which, file, path, schema, name, sections };
        let last = saved.sections.len().checked_sub(1).ok_or_else(|| damaged(&saved.path))?;
        match saved.open(last)? {
            (END, _) => Ok(Some(Saved { sections: saved.sections.split_at(last).0.to_vec(), ..saved })),
            _ => Err(damaged(&saved.path)),
        }
    }
}

impl Store {
    /// Where the file is; none for a store in memory.
    fn saved_path(&self, which: SavedFile) -> Option<PathBuf> {
        (self.path() != Path::new(crate::store::IN_MEMORY)).then(|| self.path().with_file_name(which.name()))
    }
}

impl Saving<'_> {
    /// Adds a section. Its kind is not 0.
    ///
    /// # Errors
    /// [`StoreError::File`] when it cannot be written, or there is too much.
    pub fn put(&mut self, kind: u8, bytes: &[u8]) -> Result<(), StoreError> {
        let value = Zeroizing::new([&[kind], bytes].concat());
        let sealed =
            self.store.keys()?.sealer.seal(&place(self.which, SCHEMA, &self.name, self.sections), &value)?;
        let failed = |source| cannot(&self.beside, source);
        self.sections += 1;
        self.bytes += 8 + sealed.len() as u64;
        let out = self.out.as_mut().filter(|_| self.bytes <= MOST);
        let out = out.ok_or_else(|| failed(io::Error::from(io::ErrorKind::FileTooLarge)))?;
        out.write_all(&(sealed.len() as u64).to_le_bytes()).map_err(failed)?;
        out.write_all(&sealed).map_err(failed)
    }

    /// Ends the file and puts it in the place of the one before; gives its size in bytes.
    ///
    /// # Errors
    /// [`StoreError::File`] when that cannot be done; then the one before stays.
    pub fn finish(mut self) -> Result<u64, StoreError> {
        self.put(END, &[])?;
        let file = self.out.take().map(BufWriter::into_inner);
        let kept = match file {
            Some(Ok(file)) => file.sync_all(),
            Some(Err(error)) => Err(error.into_error()),
            None => Ok(()),
        };
        kept.and_then(|()| std::fs::rename(&self.beside, &self.target))
            .and_then(|()| files::sync_parent(&self.target))
            .map_err(|source| cannot(&self.target, source))?;
        Ok(self.bytes)
    }
}

impl Drop for Saving<'_> {
    fn drop(&mut self) {
        // After `finish` it is no longer there.
        let _removed = std::fs::remove_file(&self.beside);
    }
}

impl Saved {
    /// The version of what its sections mean.
    #[must_use]
    pub fn schema(&self) -> u32 {
        self.schema
    }

    /// How many sections there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sections.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sections.is_empty()
    }

    /// The kind of a section, and what was put in. Several may be opened at once.
    ///
    /// # Errors
    /// [`StoreError::Tampered`] when it is not what was written.
    pub fn open(&self, section: usize) -> Result<(u8, Zeroizing<Vec<u8>>), StoreError> {
        let (at, length) = *self.sections.get(section).ok_or_else(|| damaged(&self.path))?;
        let mut sealed = vec![0; length];
        self.file.read_exact_at(&mut sealed, at).map_err(|_| damaged(&self.path))?;
        let place = place(self.which, self.schema, &self.name, section as u64);
        let mut value = self.store.keys()?.sealer.open(&place, &sealed)?;
        match value.first().copied() {
            Some(kind) => {
                value.drain(..1);
                Ok((kind, value))
            }
            None => Err(damaged(&self.path)),
        }
    }
}

fn place(which: SavedFile, schema: u32, name: &[u8; 16], section: u64) -> Place {
    Place {
        table: which.name(),
        row: format!("{schema}/{:032x}/{section}", u128::from_be_bytes(*name)),
        column: "section",
    }
}

fn head(file: &mut File) -> io::Result<(u32, [u8; 16])> {
    let (mut magic, mut schema, mut name) = ([0; 16], [0; 4], [0; 16]);
    file.read_exact(&mut magic)?;
    file.read_exact(&mut schema)?;
    file.read_exact(&mut name)?;
    if &magic != MAGIC {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok((u32::from_le_bytes(schema), name))
}

/// Where the sections stand. What a length promises has to be there.
fn sections(file: &mut File) -> io::Result<Vec<(u64, usize)>> {
    let size = file.metadata()?.len();
    if size > MOST {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    file.seek(SeekFrom::Start(HEAD))?;
    let mut file = BufReader::with_capacity(64, file);
    let (mut at, mut sections) = (HEAD, Vec::new());
    while at < size {
        let mut length = [0; 8];
        file.read_exact(&mut length)?;
        let length = u64::from_le_bytes(length);
        let end = at.checked_add(8).and_then(|begin| begin.checked_add(length)).filter(|end| *end <= size);
        let end = end.ok_or(io::ErrorKind::InvalidData)?;
        sections.push((at + 8, usize::try_from(length).map_err(|_| io::ErrorKind::InvalidData)?));
        file.seek_relative(i64::try_from(length).map_err(|_| io::ErrorKind::InvalidData)?)?;
        at = end;
    }
    Ok(sections)
}

fn not_newer(schema: u32) -> Result<(), StoreError> {
    if schema > SCHEMA {
        return Err(StoreError::NewerSchema { found: schema.into(), known: SCHEMA.into() });
    }
    Ok(())
}

fn damaged(path: &Path) -> StoreError {
    StoreError::Tampered { place: format!("`{}`", path.display()) }
}

fn cannot(path: &Path, source: io::Error) -> StoreError {
    StoreError::File { path: path.into(), source }
}
