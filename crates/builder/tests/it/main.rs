//! Configurations compiled, as an operator sees them: what is reported, and what requests would use.

#[cfg(test)]
mod backends;
#[cfg(test)]
mod caller_tokens;
#[cfg(test)]
mod incremental;
#[cfg(test)]
mod pools;
#[cfg(test)]
mod vaults;
#[cfg(test)]
mod world;
