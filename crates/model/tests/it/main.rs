//! The pure rules of the model, from tables in data files.

#[cfg(test)]
mod access;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod routing;
#[cfg(test)]
mod routing_properties;
