//! Where generated subscription keys get their randomness.
//!
//! Only those: what seals values draws its keys and nonces itself, because one repeated nonce would give the sealed
//! values away.

/// The source of randomness has none to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct NoRandomness;

/// A source of bytes that nobody can guess.
pub trait Rng: Send + Sync {
    /// Fills all of `bytes`.
    ///
    /// # Errors
    /// [`NoRandomness`] when it cannot; `bytes` must not be used then.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness>;
}

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRng;

impl Rng for SystemRng {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        aws_lc_rs::rand::fill(bytes).map_err(|_| NoRandomness)
    }
}
