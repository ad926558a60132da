//! The ports of identity against answers that the tests give: over sockets where sockets matter, otherwise without, so
//! that time can stand still.

#[cfg(test)]
mod openid;
#[cfg(test)]
mod renewal;
#[cfg(test)]
mod simulated;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod sources;
#[cfg(test)]
mod vault;
#[cfg(test)]
mod verified;
#[cfg(test)]
mod world;
