//! The client against real sockets on loopback.

#[cfg(test)]
mod failures;
mod limits;
mod names;
#[cfg(test)]
mod pooling;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod server;
mod timeouts;
#[cfg(test)]
mod tls;
