//! Facts of the reference against the program.

#[cfg(test)]
mod pages;
#[cfg(test)]
mod policies;
#[cfg(test)]
mod resources;
