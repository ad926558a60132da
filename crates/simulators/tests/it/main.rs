//! The simulator over real sockets on loopback.

#[cfg(test)]
mod behaviour;
#[cfg(test)]
mod chat;
#[cfg(test)]
mod client;
#[cfg(test)]
mod embeddings;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod models;
#[cfg(test)]
mod provider;
#[cfg(test)]
mod realtime;
#[cfg(test)]
mod record;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod responses;
#[cfg(test)]
mod vendors;
