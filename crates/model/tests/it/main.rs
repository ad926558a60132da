//! The pure rules of the model, from tables in data files.

mod access;
mod keys;
mod routing;
mod routing_properties;
