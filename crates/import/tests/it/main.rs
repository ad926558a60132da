//! Imports from outside: text in, files, notes and changes out.

#[cfg(test)]
mod again;
#[cfg(test)]
mod first;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod support;
