//! A folder that others write to, as whoever reads it sees it.

#[cfg(test)]
mod consistency;
#[cfg(test)]
mod links;
#[cfg(test)]
mod packed;
#[cfg(test)]
mod revisions;
#[cfg(test)]
mod stamps;
#[cfg(test)]
mod support;
#[cfg(test)]
mod watching;
