//! The client against real sockets on loopback.

#[cfg(test)]
mod failures;
#[cfg(test)]
mod pooling;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod server;
#[cfg(test)]
mod tls;
