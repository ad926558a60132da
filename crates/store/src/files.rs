//! Directories and files that only their owner can read.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes the directory and its parents with mode 0700; one that is there already stays as it is.
pub(crate) fn private_directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes sure that the file is there and has mode 0600. SQLite gives its other files the mode of the database.
pub(crate) fn private_file(path: &Path) -> io::Result<()> {
    let file = private(OpenOptions::new().append(true).create(true)).open(path)?;
    restrict(&file)
}

/// Opens a file for writing that must not be there yet, with mode 0600.
pub(crate) fn new_private_file(path: &Path) -> io::Result<File> {
    private(OpenOptions::new().write(true).create_new(true)).open(path)
}

/// Opens a file for writing that this process alone writes, with mode 0600; what is left in it of a process that was
/// killed is gone.
pub(crate) fn locked_private_file(path: &Path) -> io::Result<File> {
    let file = private(OpenOptions::new().write(true).create(true).truncate(false)).open(path)?;
    file.try_lock().map_err(io::Error::from)?;
    // Whoever had the lock before may have renamed the file meanwhile.
    let number = |about: std::fs::Metadata| std::os::unix::fs::MetadataExt::ino(&about);
    if std::fs::metadata(path).map(number)? != number(file.metadata()?) {
        return Err(io::ErrorKind::ResourceBusy.into());
    }
    file.set_len(0)?;
    Ok(file)
}

/// Asks the system to keep the entry of a new file, so that the file is found after a loss of power.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Takes group and others off a file that came with more, as a restored copy may.
fn restrict(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mut permissions = file.metadata()?.permissions();
        if permissions.mode() & 0o077 != 0 {
            permissions.set_mode(0o600);
            file.set_permissions(permissions)?;
        }
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}
