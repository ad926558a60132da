//! Tokens of RFCs, of other implementations, and of people who mean harm.

#[cfg(test)]
mod cases;
#[cfg(test)]
mod flips;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod lifetime;
#[cfg(test)]
mod making;
#[cfg(test)]
mod vectors;
