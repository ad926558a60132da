//! A caller's body that ended wrongly while the caller is still there, so that it can be told.

use std::error::Error;
use std::time::Duration;

use crate::{Fault, FaultKind};

/// What a caller did wrong with its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallerBroke {
    /// It took longer than it may.
    #[error("the caller's body took longer than {allowed:?}")]
    Slow {
        /// The whole of it, or the next piece.
        is_total: bool,
        /// How long it may take.
        allowed: Duration,
    },
    /// Its chunks do not follow RFC 9112 7.1.
    #[error("the caller's body is not framed as HTTP says")]
    Malformed,
}

impl CallerBroke {
    /// Looks for one among the causes of an error.
    #[must_use]
    pub fn among(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut cause = Some(error);
        while let Some(each) = cause {
            if let Some(found) = each.downcast_ref::<Self>() {
                return Some(*found);
            }
            cause = each.source();
        }
        None
    }

    /// What the caller is told: 408 (RFC 9110 15.5.9), 400.
    #[must_use]
    pub fn fault(self) -> Fault {
        let (status, message) = match self {
            Self::Slow { is_total: true, allowed } => {
                (408, format!("The request body took longer than {} seconds.", allowed.as_secs_f64()))
            }
            Self::Slow { is_total: false, allowed } => {
                (408, format!("No more of the request body came for {} seconds.", allowed.as_secs_f64()))
            }
            Self::Malformed => (400, "The request body is not framed as HTTP says.".to_owned()),
        };
        Fault::with_message(FaultKind::BadRequest, message).status(status)
    }
}
