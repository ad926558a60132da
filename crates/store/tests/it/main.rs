//! The store on real files.

#[cfg(test)]
mod crash;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod given;
#[cfg(test)]
mod planted;
#[cfg(test)]
mod saved;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod sealing;
#[cfg(test)]
mod sharing;
#[cfg(test)]
mod subscriptions;
#[cfg(test)]
mod users;
#[cfg(test)]
mod vault;
