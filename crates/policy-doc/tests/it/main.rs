//! What the reader does with documents: see `tests/cases`, and the modules here for what is not data.

#[cfg(test)]
mod cases;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod formats;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod howto;
#[cfg(test)]
mod outline;
