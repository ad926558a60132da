//! The gateway's rooms over real sockets on loopback.

#[cfg(test)]
mod admin;
#[cfg(test)]
mod backend_calls;
#[cfg(test)]
mod drain;
#[cfg(test)]
mod forward;
#[cfg(test)]
mod leaving;
#[cfg(test)]
mod limits;
mod long_streams;
#[cfg(test)]
mod pools;
#[cfg(test)]
mod proxies;
#[cfg(test)]
mod serving;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod wire;
