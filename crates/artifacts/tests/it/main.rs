//! Folders as people have them, and what becomes of them: see `tests/folders`.

#[cfg(test)]
mod folders;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod summary;
#[cfg(test)]
mod writing;
