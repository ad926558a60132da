//! The gateway from outside: the real program over real sockets, in front of the services it is made for.

#[cfg(test)]
mod computed_urls;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod paths;
#[cfg(test)]
mod provider_key;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod subscriptions;
#[cfg(test)]
mod wire;
